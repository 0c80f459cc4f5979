//! What a server can do in a reply: words of an answer, which each dialect writes in its own way, and deeds
//! on the socket, which are the same everywhere.

use serde::Deserialize;
use serde_json::Value;

/// One thing the server does.
///
/// The first group are *words*: they are written in the dialect of the path that was asked, as events of a
/// stream or, if no stream was wanted, as parts of one JSON body. The second group are bytes as they stand,
/// the third are deeds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// What a dialect says before the answer, if it says anything; the first other word says it by itself.
    Begin,
    /// A piece of the answer.
    Text(String),
    /// A piece of reasoning.
    Reasoning(String),
    /// One call of a tool.
    Call {
        /// Its place among the answer's calls.
        #[serde(default)]
        index: u64,
        /// What its result will refer to.
        id: String,
        /// The tool's name.
        name: String,
        /// JSON text, or whatever a broken model says in its place. Where a dialect carries an object, text
        /// that is no JSON is sent as a string.
        arguments: String,
    },
    /// A call that breaks off in its arguments; nothing in a dialect that sends calls whole.
    HalfCall {
        /// As in [`Step::Call`].
        #[serde(default)]
        index: u64,
        /// As in [`Step::Call`].
        id: String,
        /// As in [`Step::Call`].
        name: String,
        /// As in [`Step::Call`]; half of it is sent.
        arguments: String,
    },
    /// Why the model stopped: `stop`, `length`, `tool_calls` and `content_filter` are translated, any other
    /// word is sent as it stands.
    Finish(String),
    /// Tokens, in the dialect's fields and by its convention. A wire that tells the request's tokens before
    /// the answer (Anthropic's, Gemini's) tells them there too, from the first counts of the script.
    Counts(Counts),
    /// Usage, this JSON as it stands in the place where the dialect keeps it. Right after [`Step::Finish`]
    /// it shares that event where the wire has one for both; before any other word it is what Anthropic's
    /// `message_start` tells.
    Usage(Value),
    /// An error in the middle of a stream; without a stream, the error is the whole body.
    Error {
        /// What went wrong.
        kind: Fault,
        /// For people.
        message: String,
    },
    /// What ends a stream: `data: [DONE]`, `message_stop`, the terminal event, the last line. Gemini has none.
    Done,

    /// The body of a refusal, in the dialect's shape; the status is the reply's.
    Refusal {
        /// What went wrong.
        kind: Fault,
        /// For people.
        message: String,
    },
    /// One event with this data: `data: …` and an empty line, or a line of NDJSON.
    Event(String),
    /// `: …` and an empty line; in NDJSON, and before a whole JSON body, an empty line.
    Comment(String),
    /// These bytes as body, whatever they are.
    Body(String),
    /// These bytes as body.
    Bytes(Vec<u8>),
    /// `count` times the same text as body, as fast as it is read; nothing is stored, so it may be huge (a
    /// thousand million times at most).
    Repeat {
        /// What is repeated.
        text: String,
        /// How often.
        count: u64,
    },
    /// The same text as body again and again, with a pause before each.
    Every {
        /// Between two of them, milliseconds.
        pause_ms: u64,
        /// What is repeated.
        text: String,
        /// How often; left out, until the client hangs up (a million times at most).
        #[serde(default)]
        count: Option<u64>,
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

/// Tokens of an answer, every token in exactly one of the counts: the dialect adds them up as its wire does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counts {
    /// Of the request, neither read from nor written to a cache.
    pub input: u64,
    /// Of the answer, without reasoning.
    pub output: u64,
    /// Of the request, read from a cache.
    pub cache_read: u64,
    /// Of the request, written to a cache.
    pub cache_write: u64,
    /// Of the answer, spent on reasoning.
    pub reasoning: u64,
}

impl Counts {
    /// All of the request.
    pub(crate) fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// All of the answer.
    pub(crate) fn all_output(&self) -> u64 {
        self.output.saturating_add(self.reasoning)
    }

    /// Both.
    pub(crate) fn total(&self) -> u64 {
        self.all_input().saturating_add(self.all_output())
    }
}

/// What went wrong, in words that every dialect has some code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The request makes no sense.
    Invalid,
    /// The key is wrong.
    Unauthorized,
    /// The key is right and may not do this.
    Forbidden,
    /// Nothing is left to pay with.
    NoCredit,
    /// Too many requests.
    RateLimited,
    /// There is no such model.
    NotFound,
    /// The request is too long.
    TooLarge,
    /// The provider has too much to do.
    Overloaded,
    /// The provider broke.
    Server,
    /// The provider gave up waiting for itself.
    Timeout,
}

impl Fault {
    /// The usual HTTP status, for dialects that repeat it in the body.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthorized => 401,
            Self::NoCredit => 402,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::Server => 500,
            Self::Overloaded => 503,
            Self::Timeout => 504,
        }
    }
}
