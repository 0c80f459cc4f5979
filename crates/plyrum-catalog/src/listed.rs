//! `models.toml`: the models of providers' own lists, written by a program as entries like the user's own.
//!
//! What a list says is not trusted to be sane: a model whose name makes no id or no TOML is left out. No list says a price, so a
//! hosted model of one costs what was imported for it, or its price is unknown; and it serves only where somebody names it, since
//! nothing is known of its worth. A model that runs on this machine is free and may be chosen.

use std::fmt::Write as _;

use crate::id::{ModelId, ProviderId};
use crate::model::MAX_NAME_BYTES;
use crate::text::check_label;

/// What stands at the head of the file.
const HEAD: &str = "# Kept by `plyrum models list --refresh` and for an Ollama that is found: do not edit. An entry of the same name in\n\
                    # config.toml takes the place of one here.\n";

/// Input and output of a hosted model whose list says nothing: what even small models of today take.
const HOSTED_CONTEXT: u64 = 32_768;
/// What a model of this machine is asked to keep where its server keeps what it is asked to: memory for more may not be there.
pub const LOCAL_CONTEXT: u64 = 8192;

/// A model of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Its provider.
    pub provider: ProviderId,
    /// Its name on the wire.
    pub name: String,
    /// Input and output together, in tokens, where it is told.
    pub context_tokens: Option<u64>,
    /// The longest answer, in tokens, where it is told.
    pub max_output_tokens: Option<u64>,
    /// Whether it can call tools, where it is told.
    pub tools: Option<bool>,
    /// Whether it thinks before it answers, where it is told.
    pub thinks: Option<bool>,
    /// Whether it takes pictures, where it is told.
    pub images: Option<bool>,
    /// Runs on this machine, and so costs nothing.
    pub is_local: bool,
}

impl ListedModel {
    /// Its id: the provider and the name, without what only the wire needs (`gpt://folder/`); none where that makes no id.
    fn id(&self) -> Option<ModelId> {
        let name = self
            .name
            .strip_prefix("gpt://")
            .and_then(|rest| rest.split_once('/'))
            .map_or(self.name.as_str(), |(_, name)| name);
        ModelId::new(format!("{}/{name}", self.provider)).ok()
    }

    fn write(&self, id: &ModelId, out: &mut String) -> Option<()> {
        let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
        check_label("name", &self.name, MAX_NAME_BYTES).ok()?;
        let usual = if self.is_local { LOCAL_CONTEXT } else { HOSTED_CONTEXT };
        let told = self.context_tokens.filter(|tokens| *tokens > 0);
        let context = told.unwrap_or(usual).min(plyrum_billing_client::MAX_TOKENS);
        let mut entry = format!(
            "\n[models.{}]\nprovider = {}\nname = {}\ncontext_tokens = {context}\n",
            text(id.as_str()),
            text(self.provider.as_str()),
            text(&self.name)
        );
        if let Some(longest) = self.max_output_tokens.filter(|tokens| (1..=context).contains(tokens)) {
            writeln!(entry, "max_output_tokens = {longest}").ok()?;
        }
        for (key, value) in [("tools", self.tools), ("reasoning", self.thinks), ("images", self.images)] {
            if let Some(value) = value {
                writeln!(entry, "{key} = {value}").ok()?;
            }
        }
        let last = if self.is_local {
            "price = { currency = \"RUB\", input = \"0\", output = \"0\" }"
        } else {
            "only_when_named = true"
        };
        writeln!(entry, "{last}").ok()?;
        // What would not be read again is not written.
        toml::from_str::<crate::Sections>(&entry).ok()?;
        out.push_str(&entry);
        Some(())
    }
}

/// The text of the file; how many were left out, being no names or the same one again.
pub fn listed_text(models: &[ListedModel]) -> (String, usize) {
    let mut text = HEAD.to_owned();
    let mut named: Vec<(ModelId, &ListedModel)> =
        models.iter().filter_map(|model| Some((model.id()?, model))).collect();
    named.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
    named.dedup_by(|a, b| a.0 == b.0);
    let written = named.iter().filter(|(id, model)| model.write(id, &mut text).is_some()).count();
    (text, models.len() - written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Origin, PriceState, Sections};

    fn model(provider: &str, name: &str) -> ListedModel {
        ListedModel {
            provider: ProviderId::new(provider).unwrap(),
            name: name.to_owned(),
            context_tokens: None,
            max_output_tokens: None,
            tools: None,
            thinks: None,
            images: None,
            is_local: false,
        }
    }

    #[test]
    fn a_list_becomes_entries_that_the_catalogue_takes() {
        let local = ListedModel {
            context_tokens: Some(8192),
            tools: Some(false),
            images: Some(true),
            is_local: true,
            ..model("ollama", "llama3.2:3b")
        };
        let folder = model("yandex", "gpt://b1g/yandexgpt/latest");
        let again = model("yandex", "gpt://other/yandexgpt/latest");
        let (text, left_out) = listed_text(&[
            again,
            local,
            folder,
            model("openai", "gpt-x"),
            model("openai", "a b\n"),
            model("openai", "q\"uote"),
        ]);
        assert_eq!(left_out, 2, "{text}");
        let listed: Sections = toml::from_str(&text).unwrap();
        let shipped = Sections::shipped().unwrap();
        let catalog =
            Catalog::build_with(&shipped, &listed, &Sections::default(), &crate::PriceBook::default())
                .unwrap();
        let llama = catalog.model("ollama/llama3.2:3b").unwrap();
        assert_eq!(
            (llama.context_tokens, llama.tools, llama.images, llama.only_when_named, llama.origin),
            (8192, false, Some(true), false, Origin::Listed)
        );
        assert!(matches!(llama.price, PriceState::Known(_)));
        let gpt = catalog.model("openai/gpt-x").unwrap();
        assert_eq!(
            (gpt.context_tokens, gpt.images, gpt.only_when_named, &gpt.price),
            (32_768, None, true, &PriceState::Unknown)
        );
        assert_eq!(catalog.model("yandex/yandexgpt/latest").unwrap().name, "gpt://b1g/yandexgpt/latest");
        assert!(catalog.model("openai/q\"uote").is_some());
    }
}
