//! What a model is offered: names, what they are for, and the JSON Schemas of their arguments.

use super::call::Todo;
use plyrum_engine::ToolOffer;
use plyrum_tools::commands::{Run, Shell};
use plyrum_tools::{fetch, files};
use schemars::{JsonSchema, schema_for};
use std::sync::{Arc, LazyLock};

/// Everything, and what only looks.
static ALL: LazyLock<Arc<[ToolOffer]>> = LazyLock::new(|| all().into());
static LOOKING: LazyLock<Arc<[ToolOffer]>> = LazyLock::new(|| {
    let looks = |offer: &ToolOffer| {
        [files::read_file::NAME, files::list_dir::NAME, files::search::NAME, fetch::NAME, Todo::NAME]
            .contains(&offer.name.as_str())
    };
    all().into_iter().filter(looks).collect::<Vec<_>>().into()
});

/// The tools of a run; in plan mode those that change nothing.
pub(crate) fn offered(plan_mode: bool) -> Arc<[ToolOffer]> {
    Arc::clone(if plan_mode { &LOOKING } else { &ALL })
}

fn all() -> Vec<ToolOffer> {
    vec![
        offer::<files::read_file::Args>(files::read_file::NAME, files::read_file::DESCRIPTION),
        offer::<files::list_dir::Args>(files::list_dir::NAME, files::list_dir::DESCRIPTION),
        offer::<files::search::Args>(files::search::NAME, files::search::DESCRIPTION),
        offer::<files::write_file::Args>(files::write_file::NAME, files::write_file::DESCRIPTION),
        offer::<files::apply_patch::Args>(files::apply_patch::NAME, files::apply_patch::DESCRIPTION),
        offer::<Run>(Run::NAME, Run::DESCRIPTION),
        offer::<Shell>(Shell::NAME, Shell::DESCRIPTION),
        offer::<fetch::Args>(fetch::NAME, fetch::DESCRIPTION),
        offer::<Todo>(Todo::NAME, Todo::DESCRIPTION),
    ]
}

fn offer<Arguments: JsonSchema>(name: &str, description: &str) -> ToolOffer {
    let mut schema = schema_for!(Arguments).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema"); // wires want the bare schema
        object.remove("title");
    }
    ToolOffer { name: name.to_owned(), description: description.to_owned(), schema: Arc::new(schema) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_an_object_of_described_arguments_that_takes_nothing_else() {
        for offer in offered(false).iter() {
            assert_eq!(offer.schema["type"], "object", "{}", offer.name);
            assert_eq!(offer.schema["additionalProperties"], false, "{}", offer.name);
            for (key, argument) in offer.schema["properties"].as_object().unwrap() {
                let described = argument["description"].is_string() || argument["$ref"].is_string();
                assert!(described, "{}.{key}: {argument}", offer.name);
            }
            assert!(!offer.description.is_empty());
        }
        let bytes: u64 = offered(false).iter().map(ToolOffer::bytes).sum();
        assert!(bytes < 9_000, "each request of an acting step carries {bytes} bytes of tools");
        assert_eq!(offered(false).len(), 9);
        assert!(
            offered(true).iter().all(|offer| !["run", "shell", "write_file"].contains(&offer.name.as_str()))
        );
    }
}
