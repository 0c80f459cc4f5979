//! What is asked of a provider, in the words of the domain. Wire formats translate it; none of their own
//! types leak out of `wire`.

use std::io;
use std::sync::Arc;

use serde_json::Value;

use crate::Wire;

/// One conversation to continue. It is sent exactly once; a repeat is another request of the engine's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatRequest {
    /// The model's name on the wire, without our provider prefix.
    pub model: String,
    /// The conversation, oldest message first.
    pub messages: Vec<ChatMessage>,
    /// Upper bound of generated tokens, reasoning included: the hold was sized for it.
    pub max_output_tokens: u64,
    /// Tokens that the model's context holds, where that is known: servers that cut silently have to be told.
    pub context_tokens: Option<u64>,
    /// The model thinks before it answers: its first piece of text may be long in coming.
    pub thinks: bool,
    /// Sampling temperature as decimal text (`"0.7"`), so that no float rounding enters a request.
    pub temperature: Option<String>,
    /// Texts at which the model stops.
    pub stop: Vec<String>,
    /// How hard the model should think; none leaves it to the model.
    pub effort: Option<Effort>,
    /// The form that the answer must have; none is any text.
    pub form: Option<AnswerForm>,
    /// Messages after which the conversation's beginning will be sent again as it is, by their places: where wires have
    /// marks for a prompt cache, the last of these get one.
    pub stable_after: Vec<usize>,
    /// The attempt this request belongs to; appears in logs only, never on the wire.
    pub attempt: String,
    /// Seed of the offline provider; hosted wires do not send it.
    pub seed: u64,
    /// The tools that the model may call; if there is none, nothing about tools goes on the wire.
    pub tools: Vec<ToolSpec>,
}

/// How hard a reasoning model should think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effort {
    /// As little as it can.
    Low,
    /// In between.
    Medium,
    /// As much as it can.
    High,
}

impl Effort {
    /// The word that most wires have for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The form of an answer: JSON that fits a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerForm {
    /// A name for it, of letters, digits, `-` and `_`, at most 64.
    pub name: String,
    /// The JSON Schema. Shared: every request of a run has the same.
    pub schema: Arc<Value>,
}

/// A picture for the model.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// What its bytes are.
    pub media: MediaType,
    /// The file's bytes. Shared: every request of a run has the same.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}, {} bytes)", self.media.name(), self.bytes.len())
    }
}

impl Image {
    /// Its bytes as wires carry them.
    pub(crate) fn base64(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&self.bytes)
    }

    /// The same as a `data:` URL.
    pub(crate) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media.name(), self.base64())
    }
}

/// Pictures that models read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/png`.
    Png,
    /// `image/jpeg`.
    Jpeg,
    /// `image/webp`.
    Webp,
    /// `image/gif`.
    Gif,
}

impl MediaType {
    /// Its name (RFC 6838).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// By a file's first bytes; none for what no wire takes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// What a model thought, in a form that only its provider reads: it has to come back unchanged with the calls that followed
/// from it, and is never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thought {
    /// The wire that it belongs to; others leave it out.
    pub wire: Wire,
    /// JSON, as the provider sent it.
    pub json: Arc<str>,
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
    /// Pictures of a user's message.
    pub images: Vec<Image>,
    /// Of an assistant's message with calls, the thoughts that they followed from.
    pub thoughts: Vec<Thought>,
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
        Self {
            role,
            content: content.into(),
            calls: Vec::new(),
            call: None,
            images: Vec::new(),
            thoughts: Vec::new(),
        }
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
        let thoughts = self.thoughts.iter().map(|thought| thought.json.len() as u64);
        let texts = [&self.content].into_iter().chain(calls).chain(&self.call).map(|text| text.len() as u64);
        total(texts.chain(thoughts))
    }

    /// Its thoughts of a wire.
    pub(crate) fn thoughts_of(&self, wire: Wire) -> impl Iterator<Item = &str> {
        self.thoughts.iter().filter(move |thought| thought.wire == wire).map(|thought| thought.json.as_ref())
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
    /// The tool that the call of an id is of; wires that refer to results by name ask for it.
    pub(crate) fn tool_of(&self, call: &str) -> Option<&str> {
        let calls = self.messages.iter().rev().flat_map(|message| &message.calls);
        calls.into_iter().find(|known| known.id == call).map(|call| call.name.as_str())
    }

    /// UTF-8 bytes of all texts that every wire must carry: of the messages with their calls and the ids that
    /// results refer to, of the tools and the answer's form, whose schemas count as compact JSON. Pictures are no text.
    pub fn text_bytes(&self) -> u64 {
        let messages = self.messages.iter().map(ChatMessage::text_bytes);
        let form = self.form.iter().map(|form| json_bytes(&form.schema));
        total(messages.chain(self.tools.iter().map(ToolSpec::text_bytes)).chain(form))
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
            let model = "not counted".to_owned();
            let request = ChatRequest { model, messages, tools, ..ChatRequest::default() };
            assert_eq!(request.text_bytes(), bytes, "{request:?}");
        }
    }
}
