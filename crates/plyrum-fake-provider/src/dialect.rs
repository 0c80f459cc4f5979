//! How each wire writes the words of a script. One file a dialect: its stream, its whole JSON answer, its
//! errors and its usage. A dialect's writer is told one word after another and keeps what its wire makes it
//! keep: open blocks, numbers of events, what is only told at the end.

mod anthropic;
mod gemini;
mod gigachat;
mod ollama;
mod openai_chat;
mod openai_responses;

use serde_json::Value;

use crate::step::{Counts, Fault};

/// The wire format of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAiChat,
    GigaChat,
    OpenAiResponses,
    Anthropic,
    Gemini,
    Ollama,
}

impl Dialect {
    /// What is spoken at this path (without its query), if anything is. Where tokens are given out, the path
    /// of OpenAI's chat is GigaChat's.
    pub(crate) fn of(path: &str, gives_tokens: bool) -> Option<Self> {
        let method = path.rsplit_once(':').map_or("", |(_, method)| method);
        Some(match path {
            _ if path.ends_with("/chat/completions") && gives_tokens => Self::GigaChat,
            _ if path.ends_with("/chat/completions") => Self::OpenAiChat,
            _ if path.ends_with("/responses") => Self::OpenAiResponses,
            _ if path.ends_with("/messages") => Self::Anthropic,
            _ if path.ends_with("/api/chat") => Self::Ollama,
            _ if matches!(method, "generateContent" | "streamGenerateContent") => Self::Gemini,
            _ => return None,
        })
    }

    /// A writer for one answer.
    pub(crate) fn writer(self, asked: &Asked) -> Box<dyn Speak> {
        match self {
            Self::OpenAiChat => Box::new(openai_chat::OpenAiChat),
            Self::GigaChat => Box::new(gigachat::GigaChat::new(asked)),
            Self::OpenAiResponses => Box::new(openai_responses::OpenAiResponses::new(asked)),
            Self::Anthropic => Box::new(anthropic::Anthropic::new(asked)),
            Self::Gemini => Box::new(gemini::Gemini::new(asked)),
            Self::Ollama => Box::new(ollama::Ollama::new(asked)),
        }
    }
}

/// What a writer must know of the request and of the script before it writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The model's name, as asked.
    pub(crate) model: String,
    /// The request's body.
    pub(crate) body: Value,
    /// Whether the answer is to be one JSON body.
    pub(crate) whole: bool,
    /// Whether that body is a list of answers: Gemini's stream for a client that asked for no `alt=sse`.
    pub(crate) listed: bool,
    /// The counts that the script will tell: some wires tell those of the request first.
    pub(crate) ahead: Option<Counts>,
}

/// One call of a tool.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) index: u64,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

impl Call {
    /// The first half of the arguments, whole letters.
    pub(crate) fn half(&self) -> String {
        self.arguments.chars().take(self.arguments.chars().count().div_ceil(2)).collect()
    }

    /// The arguments as wires that carry objects have them; broken text stays text.
    pub(crate) fn object(&self) -> Value {
        serde_json::from_str(&self.arguments).unwrap_or_else(|_| self.arguments.clone().into())
    }
}

/// A piece of a whole answer, neighbours of a kind joined.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Reasoning(String),
    Text(String),
    Call(Call),
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    pub(crate) finish: Option<String>,
    /// In the dialect's own fields.
    pub(crate) usage: Option<Value>,
}

impl Answer {
    pub(crate) fn text(&mut self, piece: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push_str(piece),
            _ => self.parts.push(Part::Text(piece.to_owned())),
        }
    }

    pub(crate) fn reasoning(&mut self, piece: &str) {
        match self.parts.last_mut() {
            Some(Part::Reasoning(text)) => text.push_str(piece),
            _ => self.parts.push(Part::Reasoning(piece.to_owned())),
        }
    }

    /// All text, for wires that have one field for it.
    pub(crate) fn all_text(&self) -> String {
        let of = |part: &Part| if let Part::Text(text) = part { Some(text.clone()) } else { None };
        self.parts.iter().filter_map(of).collect()
    }

    /// All reasoning, likewise.
    pub(crate) fn all_reasoning(&self) -> String {
        let of = |part: &Part| if let Part::Reasoning(text) = part { Some(text.clone()) } else { None };
        self.parts.iter().filter_map(of).collect()
    }

    /// The calls in order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.parts.iter().filter_map(|part| if let Part::Call(call) = part { Some(call) } else { None })
    }
}

/// A dialect at work on one answer: the body bytes of each word.
pub(crate) trait Speak {
    /// What comes before the answer. Writers that have such a thing say it before their first word by
    /// themselves.
    fn begin(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn text(&mut self, text: &str) -> Vec<u8>;

    fn reasoning(&mut self, text: &str) -> Vec<u8>;

    fn call(&mut self, call: &Call) -> Vec<u8>;

    /// A call that breaks off; nothing where a call is one piece.
    fn half_call(&mut self, _call: &Call) -> Vec<u8> {
        Vec::new()
    }

    /// Why the model stopped, with the usage if it [`Speak::joins_usage`] and usage comes next in the script.
    fn finish(&mut self, reason: &str, usage: Option<&Value>) -> Vec<u8>;

    /// Whether the reason of stopping and the usage share an event.
    fn joins_usage(&self) -> bool {
        false
    }

    fn usage(&mut self, usage: &Value) -> Vec<u8>;

    fn error(&mut self, kind: Fault, message: &str) -> Vec<u8>;

    fn done(&mut self) -> Vec<u8>;

    /// An event with this data.
    fn event(&self, data: &str) -> Vec<u8> {
        data_event(data)
    }

    /// What keeps a stream alive and says nothing.
    fn comment(&self, text: &str) -> Vec<u8> {
        format!(": {text}\n\n").into_bytes()
    }

    /// The content type of the stream.
    fn stream_type(&self) -> &'static str {
        crate::reply::EVENT_STREAM
    }

    /// Counts in the dialect's fields, by its convention.
    fn counts(&self, counts: &Counts) -> Value;

    /// The one JSON body of an answer.
    fn whole(&self, answer: &Answer) -> Value;

    /// The JSON body of an error.
    fn refusal(&self, status: u16, kind: Fault, message: &str) -> Value;
}

/// A `data:` line with its empty line.
fn data_event(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// An event whose name is also the `type` in its data.
fn typed_event(kind: &str, mut data: Value) -> Vec<u8> {
    if let Value::Object(fields) = &mut data {
        fields.insert("type".to_owned(), kind.into());
    }
    format!("event: {kind}\ndata: {data}\n\n").into_bytes()
}

/// Puts a field into an object if there is something to put.
fn put(object: &mut Value, name: &str, value: Option<Value>) {
    if let (Value::Object(fields), Some(value)) = (object, value) {
        fields.insert(name.to_owned(), value);
    }
}
