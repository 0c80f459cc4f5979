//! What happens to a session beside its runs: where it began, its name, how far it was taken back.
//!
//! Events are lines of the same log as the runs, so that one file says everything about a conversation. None
//! of them takes anything away: a rewind or a compaction only says what is sent from then on.

use plyrum_protocol::{RunId, SessionId, Timestamp};
use plyrum_redact::Redactor;
use serde::{Deserialize, Serialize};

/// The longest title, in bytes; the rest is cut off.
pub const TITLE_MAX_BYTES: usize = 200;

/// Something that happened to the session as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first line of a session that began with a prompt.
    Opened {
        /// When.
        at: Timestamp,
        /// The project that it was submitted from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
    },
    /// The first line of a session that continues a copy of another one.
    Forked {
        /// When.
        at: Timestamp,
        /// The project of the original.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
        /// The original.
        from: SessionId,
        /// Its last run that was copied.
        through: RunId,
        /// So many bytes behind this line are the copy: runs that were asked and paid in the original.
        bytes: u64,
    },
    /// It has a name now.
    Renamed {
        /// When.
        at: Timestamp,
        /// The name; empty takes the name away.
        title: String,
    },
    /// Runs behind `to` are not sent any more.
    Rewound {
        /// When.
        at: Timestamp,
        /// The last run that still counts; none takes back everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<RunId>,
    },
    /// It was made the latest session.
    Resumed {
        /// When.
        at: Timestamp,
    },
}

impl Event {
    /// When it happened.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Opened { at, .. }
            | Self::Forked { at, .. }
            | Self::Renamed { at, .. }
            | Self::Rewound { at, .. }
            | Self::Resumed { at } => *at,
        }
    }

    /// With redacted texts, and a title that is not too long.
    pub(crate) fn redacted(&self, redactor: &Redactor) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::Renamed { title, .. } => {
                let mut clean = redactor.redact(title).into_owned();
                clean.truncate(clean.floor_char_boundary(TITLE_MAX_BYTES));
                *title = clean;
            }
            Self::Opened { project: Some(project), .. } | Self::Forked { project: Some(project), .. } => {
                *project = redactor.redact(project).into_owned();
            }
            Self::Opened { project: None, .. }
            | Self::Forked { project: None, .. }
            | Self::Rewound { .. }
            | Self::Resumed { .. } => {}
        }
        event
    }
}
