//! What a server says besides answers: lists of models, each in the words of its wire, the version by which
//! an Ollama is known, and tokens. Only servers that were set up so say it; to others these paths are
//! unknown, so that a search for servers can also find nothing.

use serde_json::{Value, json};

use crate::log::Request;
use crate::oauth::OAuth;
use crate::reply::Reply;

/// What a server answers without a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    pub(crate) models: Option<Vec<String>>,
    pub(crate) oauth: Option<OAuth>,
}

impl Routes {
    /// The answer of a route of ours; `number` counts requests for tokens.
    pub(crate) fn answer(&self, request: &Request, number: impl FnOnce() -> u64) -> Option<Reply> {
        let path = request.path_alone();
        if request.method == "POST" && path.ends_with("/oauth") {
            return self.oauth.as_ref().map(|oauth| oauth.answer(request, number));
        }
        if request.method == "POST" && path.ends_with("/api/show") {
            return self.models.as_ref().map(|_| Reply::json(&shown().to_string()));
        }
        let models = self.models.as_ref().filter(|_| request.method == "GET")?;
        let body = match path {
            _ if path.ends_with("/api/version") => json!({ "version": "0.0.0-fake" }),
            _ if path.ends_with("/api/tags") => json!({ "models": each(models, ollama) }),
            _ if path.ends_with("/v1beta/models") => json!({ "models": each(models, gemini) }),
            _ if path.ends_with("/models") && request.header("anthropic-version").is_some() => json!({
                "data": each(models, anthropic), "has_more": false,
                "first_id": models.first(), "last_id": models.last(),
            }),
            _ if path.ends_with("/models") => json!({ "object": "list", "data": each(models, openai) }),
            _ => return None,
        };
        Some(Reply::json(&body.to_string()))
    }
}

fn each(models: &[String], entry: fn(&str) -> Value) -> Vec<Value> {
    models.iter().map(|model| entry(model)).collect()
}

fn openai(model: &str) -> Value {
    json!({ "id": model, "object": "model", "created": 0, "owned_by": "fake" })
}

fn anthropic(model: &str) -> Value {
    json!({ "type": "model", "id": model, "display_name": model, "created_at": "1970-01-01T00:00:00Z" })
}

fn gemini(model: &str) -> Value {
    json!({
        "name": format!("models/{model}"), "displayName": model,
        "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    })
}

fn ollama(model: &str) -> Value {
    json!({
        "name": model, "model": model, "modified_at": "2024-01-01T00:00:00Z", "size": 1, "digest": "fake",
        "details": { "format": "gguf", "family": "fake", "parameter_size": "1B", "quantization_level": "Q4_0" },
    })
}

/// What every model of an Ollama says of itself.
fn shown() -> Value {
    json!({
        "capabilities": ["completion", "tools"],
        "model_info": { "general.architecture": "fake", "fake.context_length": 131_072 },
    })
}
