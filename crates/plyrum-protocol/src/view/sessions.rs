//! Sessions as lists and searches show them.

use crate::{ContextMeter, RunId, SessionId, Timestamp};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A row of `sessions list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    /// The session.
    pub session: SessionId,
    /// Its title, or the first words of its first prompt.
    pub title: String,
    /// The project that it was begun in.
    pub project: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
    /// Prompts that were asked in it; what a copy has of its original is not counted.
    pub turns: u64,
    /// What its runs cost: the ledger's sum.
    pub cost_micro_rub: MicroRub,
    /// How many of their requests are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unpriced: u32,
    /// The session that it is a copy of.
    pub forked_from: Option<SessionId>,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionPage {
    /// The last used first.
    pub rows: Vec<SessionRow>,
    /// Where the next page begins; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Sessions that are not in the index yet: 0 but for a moment after a first start.
    pub behind: u64,
}

/// `sessions show`, and the answer to what changes a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionDetail {
    /// What lists show.
    #[serde(flatten)]
    pub row: SessionRow,
    /// The last run of the original that it is a copy of.
    pub forked_through: Option<RunId>,
    /// Its turns, oldest first, at most the latest 1 000.
    pub turn_list: Vec<SessionTurn>,
    /// What a model would be told now; null where no model can be asked.
    pub context: Option<ContextMeter>,
    /// Size of its log.
    pub bytes: u64,
}

/// What becomes of a turn when the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnState {
    /// It is sent word for word.
    Sent,
    /// The summary stands for it.
    Summarised,
    /// It does not fit.
    LeftOut,
    /// It has no answer, so it is not told again.
    Unanswered,
    /// It was taken back.
    Rewound,
    /// It is the summary that holds.
    Summary,
    /// It is a summary that does not hold: a later one replaced it, or it was cut short.
    OldSummary,
}

impl TurnState {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Summarised => "summarised",
            Self::LeftOut => "left_out",
            Self::Unanswered => "unanswered",
            Self::Rewound => "rewound",
            Self::Summary => "summary",
            Self::OldSummary => "old_summary",
        }
    }
}

/// A turn without its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTurn {
    /// The run.
    pub run: RunId,
    /// When it was accepted.
    pub at: Option<Timestamp>,
    /// What becomes of it.
    pub state: TurnState,
    /// Whether it was asked in the session that this one is a copy of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    /// Bytes of its prompt and what came with it.
    pub asked_bytes: u64,
    /// Bytes of its answer.
    pub answer_bytes: u64,
}

/// `sessions search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionHits {
    /// The newest first.
    pub hits: Vec<SessionHit>,
    /// None on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Sessions that are not in the index yet: 0 but for a moment after a first start.
    pub behind: u64,
}

/// A message that matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionHit {
    /// Its session.
    pub session: SessionId,
    /// The session's title.
    pub title: String,
    /// The session's project.
    pub project: Option<String>,
    /// Its run.
    pub run: RunId,
    /// `user`, `attachment` or `answer`.
    pub role: String,
    /// When.
    pub at: Timestamp,
    /// The words around the first match, on one line.
    pub snippet: String,
    /// Where the matches are in the snippet.
    pub marks: Vec<SessionMark>,
}

/// A match in a snippet, in bytes of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionMark {
    /// Its first byte.
    pub from: u32,
    /// The byte behind its last one.
    pub to: u32,
}

/// `sessions delete`: what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionDeleted {
    /// Which session.
    pub session: SessionId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Size of the log that is gone.
    pub bytes: u64,
    /// SHA-256 of the log that is gone, in hex.
    pub sha256: String,
    /// Copies of it, which still have its words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<SessionId>,
}
