//! What was said earlier, page by page from the end: a session of any size opens at once.

use plyrum_protocol::{Fault, Frame, FrameBody, RunId, SessionId};

/// Where older turns end, as whoever reads them knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Where the older part of the log ends.
    pub before: u64,
    /// Turns were taken back to this one, which still counts and is older than this place; none: no such, or all.
    pub taken_back: TakenBack,
}

/// How far older turns were taken back by what is told later in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TakenBack {
    /// Not at all.
    #[default]
    Nothing,
    /// Down to this one, which still counts.
    To(RunId),
    /// All of them.
    Everything,
}

/// A turn of an earlier time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTurn {
    /// Its run.
    pub run: RunId,
    /// What was asked.
    pub prompt: String,
    /// Names of what came with it.
    pub attachments: Vec<String>,
    /// Its durable frames.
    pub frames: Vec<Frame>,
    /// It was taken back.
    pub is_rewound: bool,
}

impl PastTurn {
    /// What was answered; nothing where it goes on.
    #[must_use]
    pub fn answer(&self) -> &str {
        let ended = self.frames.iter().rev().find_map(|frame| match &frame.body {
            FrameBody::RunFinished { result } => Some(result.answer.as_str()),
            _ => None,
        });
        ended.unwrap_or_default()
    }
}

/// Some turns of a session, and where the older ones are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptPage {
    /// The session.
    pub session: SessionId,
    /// Its name, where this page tells it.
    pub title: Option<String>,
    /// Its turns, oldest first.
    pub turns: Vec<PastTurn>,
    /// Where older turns are; none at the beginning.
    pub older: Option<Cursor>,
}

/// Where turns come from. It blocks: the runtime calls it away from the keys.
pub trait TranscriptSource: Send + Sync {
    /// The latest turns of a session: an id, its beginning, the id of one of its runs, or `last`.
    fn open(&self, asked: &str) -> Result<TranscriptPage, Fault>;

    /// The latest prompts of all sessions, oldest first, as they are on record: redacted.
    fn prompts(&self) -> Result<Vec<String>, Fault>;

    /// The turns before a place.
    fn before(&self, session: &SessionId, cursor: &Cursor) -> Result<TranscriptPage, Fault>;
}
