//! `POST {base}/api/show`: what a model can do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::not_json;
use crate::{Listed, ProviderError};

#[derive(Deserialize)]
struct Show {
    /// Absent from servers before 0.6.4.
    #[serde(default)]
    capabilities: Option<Vec<String>>,
    #[serde(default)]
    model_info: BTreeMap<String, Value>,
}

/// The same with what is told; none where the model completes no text.
pub(super) fn read(listed: Listed, body: &str) -> Result<Option<Listed>, ProviderError> {
    let show: Show =
        serde_json::from_str(body).map_err(|error| not_json("ollama", "the model", body, &error))?;
    let can = |what: &str| show.capabilities.as_ref().map(|all| all.iter().any(|one| one == what));
    if can("completion") == Some(false) {
        return Ok(None);
    }
    // Under the name of the architecture: `llama.context_length`.
    let context = show.model_info.iter().find(|(key, _)| key.ends_with(".context_length"));
    Ok(Some(Listed {
        context_tokens: context.and_then(|(_, value)| value.as_u64()).or(listed.context_tokens),
        tools: can("tools"),
        thinks: can("thinking"),
        images: can("vision"),
        ..listed
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_can_do_is_read_of_old_servers_too() {
        let named = || Listed { name: "m".to_owned(), ..Listed::default() };
        let read = |body| read(named(), body).unwrap();
        let new = r#"{"capabilities":["completion","tools"],"model_info":{"general.architecture":"llama","llama.context_length":131072}}"#;
        let whole = Listed {
            context_tokens: Some(131_072),
            tools: Some(true),
            thinks: Some(false),
            images: Some(false),
            ..named()
        };
        assert_eq!(read(new), Some(whole));
        let sees = read(r#"{"capabilities":["completion","vision"]}"#).unwrap();
        assert_eq!(sees.images, Some(true));
        assert_eq!(read(r#"{"license":"x"}"#), Some(named()));
        assert_eq!(read(r#"{"capabilities":["embedding"]}"#), None);
        assert!(super::read(named(), "nope").unwrap_err().message.contains("the model"));
    }
}
