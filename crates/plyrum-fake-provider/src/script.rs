//! What the server will say: replies chosen by model or by order, each a list of steps. The same types are
//! built in code by tests and read from TOML or JSON by the binary.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::Value;

use crate::chunk;

/// Replies, and which request gets which.
///
/// A request takes the next reply of its model's list, else the next of the common list; the last reply of a
/// *model's* list repeats for ever. When nothing is left, [`Script::always`] answers, else a 500 that says so.
#[derive(Clone, Debug, Default)]
pub struct Script {
    common: VecDeque<Reply>,
    by_model: BTreeMap<String, VecDeque<Reply>>,
    always: Option<Reply>,
}

impl Script {
    /// A script without replies.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next reply in order, for a request of any model.
    #[must_use]
    pub fn then(mut self, reply: Reply) -> Self {
        self.common.push_back(reply);
        self
    }

    /// The next reply for requests of this model; the last one given repeats.
    #[must_use]
    pub fn for_model(mut self, model: &str, reply: Reply) -> Self {
        self.by_model.entry(model.to_owned()).or_default().push_back(reply);
        self
    }

    /// The reply for whatever is left.
    #[must_use]
    pub fn always(mut self, reply: Reply) -> Self {
        self.always = Some(reply);
        self
    }

    /// Reads a script from TOML: `[[reply]]` tables with the fields of [`Reply`], `always = true` for the
    /// one that answers whatever is left.
    pub fn from_toml(text: &str) -> Result<Self, ScriptError> {
        Ok(Self::from_file(toml::from_str(text).map_err(|error| ScriptError(error.to_string()))?))
    }

    /// Reads a script from JSON: `{"reply": [ … ]}`, with the same fields.
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        Ok(Self::from_file(serde_json::from_str(text).map_err(|error| ScriptError(error.to_string()))?))
    }

    fn from_file(file: File) -> Self {
        file.reply.into_iter().fold(Self::new(), |script, entry| {
            let (model, always, reply) = entry.split();
            match model {
                Some(model) => script.for_model(&model, reply),
                None if always => script.always(reply),
                None => script.then(reply),
            }
        })
    }

    pub(crate) fn take(&mut self, model: Option<&str>) -> Reply {
        if let Some(replies) = model.and_then(|model| self.by_model.get_mut(model)) {
            let next = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
            if let Some(reply) = next {
                return reply;
            }
        }
        self.common.pop_front().or_else(|| self.always.clone()).unwrap_or_else(|| {
            Reply::error(500, r#"{"error":{"message":"fake provider: the script has no reply left"}}"#)
        })
    }
}

/// A script file that does not parse; the text names the place.
#[derive(Clone, Debug)]
pub struct ScriptError(String);

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the script does not parse: {}", self.0)
    }
}

impl std::error::Error for ScriptError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reply: Vec<FileReply>,
}

/// A [`Reply`] as a file spells it; what is left out is as in [`Reply::sse`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileReply {
    model: Option<String>,
    #[serde(default)]
    always: bool,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    framing: Option<Framing>,
    #[serde(default)]
    before: Vec<Step>,
    head: Option<bool>,
    #[serde(default)]
    steps: Vec<Step>,
}

impl FileReply {
    /// For which model, whether for whatever is left, and the reply itself.
    fn split(self) -> (Option<String>, bool, Reply) {
        let usual = Reply::sse();
        let mut headers = usual.headers;
        headers.extend(self.headers);
        let reply = Reply {
            status: self.status.unwrap_or(usual.status),
            headers,
            framing: self.framing.unwrap_or(usual.framing),
            before: self.before,
            head: self.head.unwrap_or(usual.head),
            steps: self.steps,
        };
        (self.model, self.always, reply)
    }
}

/// One response, from the status line to the end of the connection.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Response headers beside those of the framing.
    pub headers: BTreeMap<String, String>,
    /// How the body's end is marked.
    pub framing: Framing,
    /// Steps before the status line: gates, stalls, resets, raw bytes.
    pub before: Vec<Step>,
    /// Whether a status line and headers are sent at all.
    pub head: bool,
    /// Steps of the body.
    pub steps: Vec<Step>,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::from([("content-type".to_owned(), "text/event-stream".to_owned())]),
            framing: Framing::Chunked,
            before: Vec::new(),
            head: true,
            steps: Vec::new(),
        }
    }
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// `Transfer-Encoding: chunked`, one chunk a step.
    Chunked,
    /// `Content-Length` of all byte steps together.
    Length,
    /// The connection's end.
    Close,
}

/// One thing the server does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A chunk with a piece of the answer.
    Text(String),
    /// A chunk with a piece of reasoning.
    Reasoning(String),
    /// Chunks with one call of a tool.
    Call {
        /// Its place among the answer's calls.
        #[serde(default)]
        index: u64,
        /// What its result will refer to.
        id: String,
        /// The tool's name.
        name: String,
        /// JSON text, or whatever a broken model says in its place.
        arguments: String,
    },
    /// A chunk with a `finish_reason`.
    Finish(String),
    /// A usage chunk, this JSON as it stands.
    Usage(Value),
    /// `data: …` and an empty line.
    Event(String),
    /// `: …` and an empty line.
    Comment(String),
    /// These bytes as body, whatever they are.
    Body(String),
    /// These bytes as body.
    Bytes(Vec<u8>),
    /// `data: [DONE]`.
    Done,
    /// `count` times the same text as body; nothing is stored, so it may be huge.
    Repeat {
        /// What is repeated.
        text: String,
        /// How often.
        count: u64,
    },
    /// Bytes on the socket past all framing.
    Raw(String),
    /// Waits until the test releases the gate of this name; a released gate stays open.
    Gate(String),
    /// Waits in real time, milliseconds: for trying things by hand; tests use gates.
    DelayMs(u64),
    /// Waits until the client hangs up.
    Stall,
    /// Breaks the connection with a TCP reset.
    Reset,
    /// Ends the connection at once, whatever the framing still owes.
    Fin,
}

impl Step {
    /// The body bytes of a step that has some.
    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Text(text) => chunk::text(text),
            Self::Reasoning(text) => chunk::reasoning(text),
            Self::Call { index, id, name, arguments } => chunk::call(*index, id, name, arguments),
            Self::Finish(reason) => chunk::finish(reason),
            Self::Usage(usage) => chunk::usage(usage),
            Self::Event(data) => chunk::event(data),
            Self::Comment(text) => format!(": {text}\n\n").into_bytes(),
            Self::Body(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Done => chunk::event("[DONE]"),
            Self::Repeat { .. }
            | Self::Raw(_)
            | Self::Gate(_)
            | Self::DelayMs(_)
            | Self::Stall
            | Self::Reset
            | Self::Fin => return None,
        })
    }
}

impl Reply {
    /// A 200 with an event stream, to be filled by the steps below.
    pub fn sse() -> Self {
        Self::default()
    }

    /// A whole good answer: one chunk a word, then stop, usage and `[DONE]`.
    pub fn answer(text: &str, prompt_tokens: u64, completion_tokens: u64) -> Self {
        text.split_inclusive(' ').fold(Self::sse(), Self::text).end(prompt_tokens, completion_tokens)
    }

    /// A whole good answer that calls tools, each by its id, its name and the text of its arguments.
    pub fn calls(calls: &[(&str, &str, &str)], prompt_tokens: u64, completion_tokens: u64) -> Self {
        let steps = (0..).zip(calls).map(|(index, (id, name, arguments))| Step::Call {
            index,
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
        });
        steps
            .fold(Self::sse(), Self::step)
            .finish("tool_calls")
            .usage(prompt_tokens, completion_tokens)
            .done()
    }

    /// A JSON body with this status.
    pub fn error(status: u16, body: &str) -> Self {
        Self { status, framing: Framing::Length, ..Self::default() }
            .header("content-type", "application/json")
            .body(body)
    }

    /// A 200 with a JSON body instead of a stream.
    pub fn json(body: &str) -> Self {
        Self::error(200, body)
    }

    /// No status line: the steps write to the bare socket.
    pub fn bare() -> Self {
        Self { head: false, framing: Framing::Close, ..Self::default() }
    }

    /// Adds or replaces a response header (name in lower case).
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Chooses how the body's end is marked.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// A step before the status line.
    #[must_use]
    pub fn first(mut self, step: Step) -> Self {
        self.before.push(step);
        self
    }

    /// Any step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// A piece of the answer.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.step(Step::Text(text.to_owned()))
    }

    /// A piece of reasoning.
    #[must_use]
    pub fn reasoning(self, text: &str) -> Self {
        self.step(Step::Reasoning(text.to_owned()))
    }

    /// The chunk that says why the model stopped.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        self.step(Step::Finish(reason.to_owned()))
    }

    /// A usage chunk with plain counts.
    #[must_use]
    pub fn usage(self, prompt_tokens: u64, completion_tokens: u64) -> Self {
        self.step(Step::Usage(chunk::counts(prompt_tokens, completion_tokens)))
    }

    /// A usage chunk with this JSON.
    #[must_use]
    pub fn usage_json(self, usage: Value) -> Self {
        self.step(Step::Usage(usage))
    }

    /// One `data:` event.
    #[must_use]
    pub fn event(self, data: &str) -> Self {
        self.step(Step::Event(data.to_owned()))
    }

    /// A keep-alive comment.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.step(Step::Comment(text.to_owned()))
    }

    /// Body text as it stands.
    #[must_use]
    pub fn body(self, text: &str) -> Self {
        self.step(Step::Body(text.to_owned()))
    }

    /// Body bytes as they stand.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.step(Step::Bytes(bytes.to_vec()))
    }

    /// `data: [DONE]`.
    #[must_use]
    pub fn done(self) -> Self {
        self.step(Step::Done)
    }

    /// The usual end: `stop`, usage, `[DONE]`.
    #[must_use]
    pub fn end(self, prompt_tokens: u64, completion_tokens: u64) -> Self {
        self.finish("stop").usage(prompt_tokens, completion_tokens).done()
    }

    /// Holds the reply until the test releases this gate.
    #[must_use]
    pub fn gate(self, name: &str) -> Self {
        self.step(Step::Gate(name.to_owned()))
    }

    /// Says nothing more until the client hangs up.
    #[must_use]
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Breaks the connection.
    #[must_use]
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Ends the connection at once.
    #[must_use]
    pub fn fin(self) -> Self {
        self.step(Step::Fin)
    }
}
