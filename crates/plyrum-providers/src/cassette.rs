//! Cassettes: what a provider answered, byte for byte and with its timing, kept in a file and played again.
//!
//! A cassette is a file of JSON lines, any number of exchanges behind each other. Each exchange is a head, the response's status
//! with the few headers that mean something, the body in pieces, and how it ended:
//!
//! ```text
//! {"v":1,"wire":"openai-chat","model":"fast","key":"9f…","prompt_sha256":"27…","seed":4711}
//! {"us":184012,"status":200,"headers":{"content-type":"text/event-stream"}}
//! {"us":184950,"text":"data: {…}\n\n"}
//! {"us":201333,"end":"clean"}
//! ```
//!
//! Times are microseconds since the request was sent. Pieces are text where they are UTF-8 (a letter that came in two pieces
//! belongs to the later one) and `b64` where not. The request is not kept, only its key (see [`key`]): a cassette may be shown
//! to others, so what was asked stays out, and what was answered passes the redactor first (see [`clean`]).
//!
//! Reading order: this file (what an exchange is, and the file read), `line` (the file's words), `key`, `tape` (recording),
//! `clean` and `literals` (nothing secret reaches the file), `replay` (a provider that plays one); bytes are played in
//! `transport/playback`, through the same code that reads them from a socket.

mod clean;
mod key;
mod line;
mod literals;
mod replay;
mod tape;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::call_ids::CallIds;
use crate::{ProviderError, ProviderStream, Timeouts, Wire, transport};

pub use replay::Replay;
pub use tape::Tape;

pub(crate) use key::key;
pub(crate) use tape::{Masks, Notes, Take};

/// Bytes of a cassette; what would make it larger is not recorded, and a larger file is not read.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Headers of a response that are kept: the others say nothing about the answer, and some are secrets.
const KEPT_HEADERS: [&str; 4] = ["content-type", "date", "retry-after", "retry-after-ms"];

/// A cassette that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cassette {
    /// In the order of the file.
    pub exchanges: Vec<Recorded>,
    /// Bytes of the file up to the end of its last whole exchange; whatever broke a recording off left more.
    pub whole_bytes: u64,
    /// Bytes behind it that are part of an exchange: what a recording that was broken off left.
    pub torn_bytes: u64,
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The wire that its bytes speak.
    pub wire: Wire,
    /// The model's name on the wire.
    pub model: String,
    /// What was asked: SHA-256 over model, messages and parameters, in hex.
    pub key: String,
    /// The run that asked, where one did.
    pub run: Option<OfRun>,
    /// The response's head; none where no response came, or none that could be read.
    pub response: Option<Head>,
    /// The body. Never an empty piece.
    pub pieces: Vec<Piece>,
    /// How it ended.
    pub ended: Ended,
    /// When that was, in microseconds since the request was sent.
    pub ended_us: u64,
}

/// What a run was asked, and with which seed: a mixture shows proposals in an order, and between marks, that follow from the
/// seed, so only with it the same requests come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfRun {
    /// SHA-256 of the prompt with what came with it, in hex.
    pub prompt_sha256: String,
    /// The run's seed.
    pub seed: u64,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// When it came, in microseconds since the request was sent.
    pub us: u64,
    /// The HTTP status.
    pub status: u16,
    /// The headers that are kept.
    pub headers: BTreeMap<String, String>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it came, in microseconds since the request was sent.
    pub us: u64,
    /// What came.
    pub bytes: Vec<u8>,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The body came to its end, or the wire's terminal event did.
    Clean,
    /// The connection ended in the middle of the body: where.
    Cut(String),
    /// A limit passed, the connection broke, or there never was a response.
    Failed(ProviderError),
    /// Whoever asked hung up.
    Left,
    /// The body held a secret that could not be taken out of it without changing what it says: it is not kept.
    Withheld,
}

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    permille: u32,
}

impl Pace {
    /// Without any wait.
    pub const AT_ONCE: Self = Self::permille(0);
    /// With the waits that were recorded.
    pub const AS_RECORDED: Self = Self::permille(1000);

    /// With this many thousandths of the recorded waits.
    #[must_use]
    pub const fn permille(permille: u32) -> Self {
        Self { permille }
    }

    /// A recorded time in microseconds as it is played.
    pub(crate) fn of(self, us: u64) -> std::time::Duration {
        std::time::Duration::from_micros(us.saturating_mul(u64::from(self.permille)) / 1000)
    }
}

/// Why a cassette cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The file itself.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is over [`MAX_BYTES`].
    #[error("it is over 64 MiB")]
    TooLarge,
    /// It is something else.
    #[error("line {line} is no line of a cassette: {why}")]
    NotOne {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Another recording goes on.
    #[error("another run records to it")]
    Busy,
}

impl Cassette {
    /// Reads a file.
    ///
    /// # Errors
    /// What the file system says, a file over [`MAX_BYTES`], and lines that are none of a cassette.
    pub fn read(path: &Path) -> Result<Self, CassetteError> {
        Self::read_from(std::fs::File::open(path)?)
    }

    pub(crate) fn read_from(file: impl Read) -> Result<Self, CassetteError> {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(CassetteError::TooLarge);
        }
        line::read(&bytes)
    }
}

impl Recorded {
    /// Plays it as if a provider sent it now: its bytes, cut anew at random from the seed, through the decoder of its wire.
    #[must_use]
    pub fn play(&self, seed: u64, pace: Pace) -> ProviderStream {
        let take = transport::Playing { seed, pace, timeouts: Timeouts::default() };
        transport::play("cassette", std::sync::Arc::new(self.clone()), CallIds::default(), take)
    }

    /// When the first byte of the body came, in microseconds since the request was sent; none where none did.
    #[must_use]
    pub fn first_byte_us(&self) -> Option<u64> {
        self.pieces.first().map(|piece| piece.us)
    }
}
