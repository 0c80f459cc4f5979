//! One response and how a test writes it down.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::step::{Counts, Fault, Step};

/// The content type of [`Reply::sse`]; a dialect that streams otherwise puts its own in its place.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

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
    /// The body goes byte by byte with this pause before each, milliseconds; 0 writes each step at once.
    pub pace_ms: u64,
    /// Whether the words of the answer are a stream or one JSON body.
    pub shape: Shape,
    /// Whether the body is sent as real gzip, with the header that says so.
    pub gzip: bool,
    /// Whether the route answers as if nothing were scripted; everything else here is ignored then.
    pub usual: bool,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::from([("content-type".to_owned(), EVENT_STREAM.to_owned())]),
            framing: Framing::Chunked,
            before: Vec::new(),
            head: true,
            steps: Vec::new(),
            pace_ms: 0,
            shape: Shape::Asked,
            gzip: false,
            usual: false,
        }
    }
}

/// What the words of an answer become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A stream or one JSON body, as the request wants it.
    #[default]
    Asked,
    /// One JSON body, even for a request that wants a stream.
    Whole,
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// `Transfer-Encoding: chunked`, one chunk a step. An answer that is one JSON body gets a length instead.
    Chunked,
    /// `Content-Length` of all byte steps together.
    Length,
    /// The connection's end.
    Close,
}

/// Whole replies.
impl Reply {
    /// A 200 with a stream of events, to be filled by the steps below; one JSON body where the request wants
    /// no stream.
    pub fn sse() -> Self {
        Self::default()
    }

    /// A whole good answer: one piece a word, then stop, usage and the stream's end.
    pub fn answer(text: &str, input_tokens: u64, output_tokens: u64) -> Self {
        text.split_inclusive(' ').fold(Self::sse(), Self::text).end(input_tokens, output_tokens)
    }

    /// A whole good answer that calls tools, each by its id, its name and the text of its arguments.
    pub fn calls(calls: &[(&str, &str, &str)], input_tokens: u64, output_tokens: u64) -> Self {
        let steps = (0..).zip(calls).map(|(index, (id, name, arguments))| Step::Call {
            index,
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
        });
        steps.fold(Self::sse(), Self::step).finish("tool_calls").usage(input_tokens, output_tokens).done()
    }

    /// A JSON body with this status, the same in every dialect.
    pub fn error(status: u16, body: &str) -> Self {
        Self { status, framing: Framing::Length, ..Self::default() }
            .header("content-type", "application/json")
            .body(body)
    }

    /// An error status with a body as the dialect words it.
    pub fn refuses(status: u16, kind: Fault, message: &str) -> Self {
        Self { status, framing: Framing::Length, ..Self::default() }
            .header("content-type", "application/json")
            .step(Step::Refusal { kind, message: message.to_owned() })
    }

    /// A 200 with a JSON body instead of a stream.
    pub fn json(body: &str) -> Self {
        Self::error(200, body)
    }

    /// Sends the client elsewhere.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self { status, headers: BTreeMap::new(), framing: Framing::Length, ..Self::default() }
            .header("location", location)
    }

    /// No status line: the steps write to the bare socket.
    pub fn bare() -> Self {
        Self { head: false, framing: Framing::Close, ..Self::default() }
    }

    /// What the route says when nothing is scripted for it, e.g. a token after a scripted failure.
    pub fn usual() -> Self {
        Self { usual: true, ..Self::default() }
    }
}

/// How it is sent.
impl Reply {
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

    /// Sends the body byte by byte, with this pause before each.
    #[must_use]
    pub fn pace(mut self, pause_ms: u64) -> Self {
        self.pace_ms = pause_ms;
        self
    }

    /// Answers with one JSON body, whatever was asked for.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.shape = Shape::Whole;
        self
    }

    /// Sends the body as real gzip. [`Reply::fin`] or [`Reply::bytes`] in it make it bad.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
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
}

/// Words of an answer.
impl Reply {
    /// What the dialect says before the answer.
    #[must_use]
    pub fn begin(self) -> Self {
        self.step(Step::Begin)
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

    /// A call that breaks off in its arguments.
    #[must_use]
    pub fn half_call(self, id: &str, name: &str, arguments: &str) -> Self {
        self.step(Step::HalfCall {
            index: 0,
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        })
    }

    /// Why the model stopped.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        self.step(Step::Finish(reason.to_owned()))
    }

    /// Usage with plain counts.
    #[must_use]
    pub fn usage(self, input_tokens: u64, output_tokens: u64) -> Self {
        self.counts(Counts { input: input_tokens, output: output_tokens, ..Counts::default() })
    }

    /// Usage with caches and reasoning told apart.
    #[must_use]
    pub fn counts(self, counts: Counts) -> Self {
        self.step(Step::Counts(counts))
    }

    /// Usage with this JSON.
    #[must_use]
    pub fn usage_json(self, usage: Value) -> Self {
        self.step(Step::Usage(usage))
    }

    /// An error in the middle of the stream.
    #[must_use]
    pub fn fails(self, kind: Fault, message: &str) -> Self {
        self.step(Step::Error { kind, message: message.to_owned() })
    }

    /// What ends a stream.
    #[must_use]
    pub fn done(self) -> Self {
        self.step(Step::Done)
    }

    /// The usual end: `stop`, usage, the stream's end.
    #[must_use]
    pub fn end(self, input_tokens: u64, output_tokens: u64) -> Self {
        self.finish("stop").usage(input_tokens, output_tokens).done()
    }
}

/// Bytes and deeds.
impl Reply {
    /// One event with this data.
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

    /// The same body text again and again until the client hangs up, with a pause before each.
    #[must_use]
    pub fn every(self, pause_ms: u64, text: &str) -> Self {
        self.step(Step::Every { pause_ms, text: text.to_owned(), count: None })
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
