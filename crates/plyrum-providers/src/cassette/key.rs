//! What makes two requests the same: model, messages and parameters. Not who asked (attempt), not the seed, which hosted wires do
//! not send, nor how much a model holds and where a prompt cache may begin, which do not change what is asked.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{ChatMessage, ChatRequest, Role};

/// Keys of another version are others.
const VERSION: &str = "plyrum-cassette-key-v1";

/// SHA-256 of a request, in hex.
pub(crate) fn key(request: &ChatRequest) -> String {
    use std::fmt::Write as _;
    let mut hash = Framed(Sha256::new());
    hash.text(VERSION);
    hash.text(&request.model);
    hash.count(request.messages.len());
    for message in &request.messages {
        hash.message(message);
    }
    hash.text(&request.max_output_tokens.to_string());
    hash.option(request.temperature.as_deref());
    hash.texts(&request.stop);
    hash.option(request.effort.map(crate::Effort::word));
    hash.count(usize::from(request.form.is_some()));
    if let Some(form) = &request.form {
        hash.text(&form.name);
        hash.json(&form.schema);
    }
    hash.count(request.tools.len());
    for tool in &request.tools {
        hash.text(&tool.name);
        hash.text(&tool.description);
        hash.json(&tool.schema);
    }
    hash.0.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// A hash of parts, each with its length before it, so that no two lists of parts read alike.
struct Framed(Sha256);

impl Framed {
    fn count(&mut self, n: usize) {
        self.0.update((n as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }

    fn option(&mut self, text: Option<&str>) {
        self.count(usize::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    fn message(&mut self, message: &ChatMessage) {
        self.text(match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        });
        self.text(&message.content);
        self.count(message.calls.len());
        for call in &message.calls {
            for part in [&call.id, &call.name, &call.arguments] {
                self.text(part);
            }
        }
        self.option(message.call.as_deref());
        self.count(message.images.len());
        for image in &message.images {
            self.text(image.media.name());
            self.bytes(&image.bytes);
        }
        self.count(message.thoughts.len());
        for thought in &message.thoughts {
            self.text(thought.wire.name());
            self.text(&thought.json);
        }
    }

    /// Whatever the order of an object's members.
    fn json(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| *name);
                self.text("{");
                self.count(sorted.len());
                for (name, value) in sorted {
                    self.text(name);
                    self.json(value);
                }
            }
            Value::Array(values) => {
                self.text("[");
                self.count(values.len());
                for value in values {
                    self.json(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.text(&value.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{AnswerForm, Effort, Image, MediaType, Thought, ToolCall, ToolSpec, Wire};

    fn asked() -> ChatRequest {
        ChatRequest {
            model: "fast".to_owned(),
            messages: vec![ChatMessage::text(Role::User, "Привет")],
            max_output_tokens: 100,
            ..ChatRequest::default()
        }
    }

    #[test]
    fn whatever_changes_what_is_asked_changes_the_key() {
        let with = |change: fn(&mut ChatRequest)| {
            let mut request = asked();
            change(&mut request);
            key(&request)
        };
        let mut keys = vec![
            with(|_| {}),
            with(|r| r.model.push('x')),
            with(|r| r.messages[0].content.push('x')),
            with(|r| r.messages[0].role = Role::System),
            with(|r| r.messages.push(ChatMessage::text(Role::User, ""))),
            with(|r| r.messages[0].calls.push(ToolCall::new("i", "n", "{}"))),
            with(|r| r.messages[0].call = Some(String::new())),
            with(|r| {
                r.messages[0].images.push(Image { media: MediaType::Png, bytes: Arc::from([1].as_slice()) });
            }),
            with(|r| r.messages[0].thoughts.push(Thought { wire: Wire::Anthropic, json: Arc::from("{}") })),
            with(|r| r.max_output_tokens += 1),
            with(|r| r.temperature = Some("0.5".to_owned())),
            with(|r| r.stop.push("x".to_owned())),
            with(|r| r.effort = Some(Effort::Low)),
            with(|r| r.form = Some(AnswerForm { name: "f".to_owned(), schema: Arc::new(Value::Null) })),
            with(|r| {
                r.tools.push(ToolSpec {
                    name: "t".to_owned(),
                    description: String::new(),
                    schema: Arc::new(Value::Null),
                });
            }),
        ];
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
        assert!(keys.iter().all(|key| key.len() == 64));
    }

    #[test]
    fn who_asks_and_what_only_the_catalogue_knows_does_not() {
        let other = ChatRequest {
            attempt: "a2".to_owned(),
            seed: 7,
            context_tokens: Some(5),
            stable_after: vec![0],
            ..asked()
        };
        assert_eq!(key(&other), key(&asked()));
    }

    #[test]
    fn the_order_of_a_schemas_members_does_not() {
        let of = |text: &str| {
            let schema = Arc::new(serde_json::from_str(text).unwrap());
            key(&ChatRequest { form: Some(AnswerForm { name: "f".to_owned(), schema }), ..asked() })
        };
        assert_eq!(of(r#"{"a":1,"b":[{"c":2,"d":3}]}"#), of(r#"{"b":[{"d":3,"c":2}],"a":1}"#));
        assert_ne!(of(r#"{"a":[1,2]}"#), of(r#"{"a":[2,1]}"#));
    }
}
