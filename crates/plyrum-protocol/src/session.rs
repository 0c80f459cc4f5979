//! What clients ask about conversations.

use crate::method::methods;
use crate::{Empty, Method, RunId, view};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// The sessions, the last used first.
    SessionList "session/list" SessionQuery => view::SessionPage;
    /// A session, and what of it a model would be told now.
    SessionShow "session/show" SessionRef => view::SessionDetail;
    /// Looks for words in what was said.
    SessionSearch "session/search" SessionSearchQuery => view::SessionHits;
    /// Makes a session the latest one.
    SessionResume "session/resume" SessionRef => view::SessionDetail;
    /// Copies a session up to a run.
    SessionFork "session/fork" SessionForkOrder => view::SessionDetail;
    /// Names a session.
    SessionRename "session/rename" SessionRenameOrder => Empty;
    /// Takes runs back: they stay on record and are not told to a model any more.
    SessionRewind "session/rewind" SessionRewindOrder => view::SessionDetail;
    /// Takes a session's texts off the disk.
    SessionDelete "session/delete" SessionDeleteOrder => view::SessionDeleted;
}

/// Which sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionQuery {
    /// Only those of the project of this directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Where the last page ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A session: an id, its beginning, the id of one of its runs, or `last`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRef {
    /// Which.
    pub session: String,
    /// The client's working directory: its configuration says which model the context is measured for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// Words to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionSearchQuery {
    /// Words that must all occur, `"phrases"`, `-not`, `beginnings*`. At most 1 024 bytes.
    pub text: String,
    /// Only in sessions of the project of this directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Only in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// At most so many hits, at most 256; 0 takes 20.
    #[serde(default)]
    pub limit: u32,
    /// Where the last page ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Parameters of `session/fork`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionForkOrder {
    /// Which.
    pub session: String,
    /// The last run to copy: an id or its beginning; none copies all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}

/// Parameters of `session/rename`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRenameOrder {
    /// Which.
    pub session: String,
    /// Its name; empty takes the name away. At most 200 bytes are kept.
    pub title: String,
}

/// How far a session is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rewind {
    /// By so many turns.
    Turns(u32),
    /// To this run, which still counts: an id or its beginning.
    To(String),
}

/// Parameters of `session/rewind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRewindOrder {
    /// Which.
    pub session: String,
    /// How far.
    pub back: Rewind,
}

/// Parameters of `session/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionDeleteOrder {
    /// Which.
    pub session: String,
    /// Program and version of the client, for the record.
    pub client: String,
}

/// Makes a submit summarise the session's older turns instead of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compact {
    /// So many of the latest turns stay as they are.
    pub keep_turns: u32,
}

/// What of the session a run was told, and how full its model's context is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextMeter {
    /// The model that it is measured for (catalogue id).
    pub model: String,
    /// The declared size of its context, in tokens.
    pub context_tokens: u64,
    /// Estimated tokens of what is sent before the new prompt: system prompt, project files, summary, turns.
    pub used_tokens: u64,
    /// Estimated tokens of the summary and the turns alone.
    #[serde(default)]
    pub history_tokens: u64,
    /// The most that these may take; above it the oldest turns are left out.
    pub history_limit_tokens: u64,
    /// Turns that are sent word for word.
    pub sent_turns: u32,
    /// Of these, turns that are too large as a whole: what came with them is not sent again, or they are cut.
    #[serde(default)]
    pub shortened_turns: u32,
    /// Turns that the session's summary stands for.
    pub summarised_turns: u32,
    /// Turns that do not fit and are not sent.
    pub left_out_turns: u32,
    /// The run whose answer is the summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<RunId>,
}

impl ContextMeter {
    /// How full the context is, in whole percent, upward.
    pub fn percent(&self) -> u64 {
        self.used_tokens.saturating_mul(100).div_ceil(self.context_tokens.max(1))
    }

    /// Whether turns will be left out soon: four fifths of what is for them are used.
    pub fn is_nearly_full(&self) -> bool {
        self.history_tokens.saturating_mul(5) >= self.history_limit_tokens.saturating_mul(4)
    }
}
