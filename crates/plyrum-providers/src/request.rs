//! What is asked of a provider, in the words of the domain. Wire formats translate it; none of their own
//! types leak out of `wire`.

use std::io;
use std::sync::Arc;

use serde_json::Value;

/// One conversation to continue. It is sent exactly once; a repeat is another request of the engine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRequest {
    /// The model's name on the wire, without our provider prefix.
    pub model: String,
    /// The conversation, oldest message first.
    pub messages: Vec<ChatMessage>,
    /// Upper bound of generated tokens, reasoning included: the hold was sized for it.
    pub max_output_tokens: u64,
    /// Sampling temperature as decimal text (`"0.7"`), so that no float rounding enters a request.
    pub temperature: Option<String>,
    /// Texts at which the model stops.
    pub stop: Vec<String>,
    /// The attempt this request belongs to; appears in logs only, never on the wire.
    pub attempt: String,
    /// Seed of the offline provider; hosted wires do not send it.
    pub seed: u64,
    /// The tools that the model may call; if there is none, nothing about tools goes on the wire.
    pub tools: Vec<ToolSpec>,
}

/// A tool as it is offered to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolSpec {
    /// The name by which the model calls it.
    pub name: String,
    /// What it does and when to use it, in words for the model.
    pub description: String,
    /// JSON Schema of its arguments. Shared: every request of a run offers the same tools.
    pub schema: Arc<Value>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// The text, whole; of a [`Role::Tool`] message what the tool gave.
    pub content: String,
    /// The tools that an assistant's message asked for, in its order; none for other roles.
    pub calls: Vec<ToolCall>,
    /// Of a [`Role::Tool`] message, the id of the call that it answers.
    pub call: Option<String>,
}

/// A model's wish to have a tool run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// What its result refers to. Unique within the conversation: where the provider sent none, or one that
    /// was there before, it is ours.
    pub id: String,
    /// The tool's name as the model wrote it: it may be none that was offered.
    pub name: String,
    /// The arguments as the model wrote them: JSON text if all is well, and possibly broken. Never empty.
    pub arguments: String,
}

/// Who speaks in a [`ChatMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Standing instructions.
    System,
    /// The person, or whoever asks for them.
    User,
    /// An earlier answer of a model.
    Assistant,
    /// What a tool gave for a call of an assistant's message before it.
    Tool,
}

impl ChatMessage {
    /// A message of text alone.
    pub fn text(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), calls: Vec::new(), call: None }
    }

    /// A model's answer that calls tools, with the text it said before, if any.
    pub fn calling(content: impl Into<String>, calls: Vec<ToolCall>) -> Self {
        Self { calls, ..Self::text(Role::Assistant, content) }
    }

    /// What a tool gave for the call of this id.
    pub fn result(call: impl Into<String>, content: impl Into<String>) -> Self {
        Self { call: Some(call.into()), ..Self::text(Role::Tool, content) }
    }

    fn text_bytes(&self) -> u64 {
        let calls = self.calls.iter().flat_map(|call| [&call.id, &call.name, &call.arguments]);
        total([&self.content].into_iter().chain(calls).chain(&self.call).map(|text| text.len() as u64))
    }
}

/// Arguments of a call that has none.
const NO_ARGUMENTS: &str = "{}";

impl ToolCall {
    /// A call; arguments without a text become `{}`, which is what a model means by writing none.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let arguments = Some(arguments.into()).filter(|text| !text.trim().is_empty());
        let arguments = arguments.unwrap_or_else(|| NO_ARGUMENTS.to_owned());
        Self { id: id.into(), name: name.into(), arguments }
    }

    /// The arguments as a wire writes them: never an empty text, which servers refuse.
    pub(crate) fn sent_arguments(&self) -> &str {
        if self.arguments.trim().is_empty() { NO_ARGUMENTS } else { &self.arguments }
    }
}

impl ToolSpec {
    fn text_bytes(&self) -> u64 {
        total([self.name.len() as u64, self.description.len() as u64, json_bytes(&self.schema)])
    }
}

impl Role {
    /// The role's usual wire name.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

impl ChatRequest {
    /// UTF-8 bytes of all texts that every wire must carry: of the messages with their calls and the ids that
    /// results refer to, and of the tools, whose schemas count as compact JSON.
    pub fn text_bytes(&self) -> u64 {
        let messages = self.messages.iter().map(ChatMessage::text_bytes);
        total(messages.chain(self.tools.iter().map(ToolSpec::text_bytes)))
    }
}

fn total(bytes: impl IntoIterator<Item = u64>) -> u64 {
    bytes.into_iter().fold(0, u64::saturating_add)
}

/// Bytes of a value as compact JSON, without keeping them.
fn json_bytes(value: &Value) -> u64 {
    let mut count = ByteCount(0);
    // Counting cannot fail, nor can writing a value: its keys are texts.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// Counts what is written to it.
pub(crate) struct ByteCount(pub(crate) u64);

impl io::Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_that_a_wire_must_carry_is_counted_once() {
        let call = ToolCall::new("c1", "read", "{\"a\":1}");
        let tool = ToolSpec {
            name: "read".to_owned(),
            description: "Reads.".to_owned(),
            schema: Arc::new(serde_json::json!({ "type": "object" })),
        };
        let text = ChatMessage::text(Role::User, "Да");
        for (messages, tools, bytes) in [
            (vec![], vec![], 0),
            (vec![text.clone()], vec![], 4),
            (vec![ChatMessage::calling("", vec![call.clone()])], vec![], 2 + 4 + 7),
            (vec![ChatMessage::calling("ok", vec![call.clone(), call])], vec![], 2 + 2 * (2 + 4 + 7)),
            (vec![text, ChatMessage::result("c1", "text")], vec![], 4 + 2 + 4),
            (vec![], vec![tool], 4 + 6 + "{\"type\":\"object\"}".len() as u64),
        ] {
            let request = ChatRequest {
                model: "not counted".to_owned(),
                messages,
                max_output_tokens: 1,
                temperature: None,
                stop: Vec::new(),
                attempt: String::new(),
                seed: 0,
                tools,
            };
            assert_eq!(request.text_bytes(), bytes, "{request:?}");
        }
    }
}
