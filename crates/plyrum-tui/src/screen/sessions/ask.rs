//! What the screen wants, and what comes back.

use super::Whose;
use plyrum_protocol::view::{SessionHits, SessionPage};
use plyrum_protocol::{Fault, SessionId};

/// What the screen wants to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsAsk {
    /// A page of sessions, the last used first.
    Load {
        /// Where the last page ended; none for the first.
        cursor: Option<String>,
        /// Whose.
        whose: Whose,
    },
    /// Messages in which these words occur.
    Search {
        /// The words.
        words: String,
        /// Whose.
        whose: Whose,
        /// Where the last page ended; none for the first.
        cursor: Option<String>,
    },
    /// What was said in a session, in short.
    Preview(SessionId),
    /// Go on with a session.
    Open(SessionId),
    /// Copy a session, and go on with the copy.
    Fork(SessionId),
    /// Name a session.
    Rename {
        /// Which.
        session: SessionId,
        /// Its name; empty takes it away.
        title: String,
    },
    /// Take a session's texts off the disk.
    Delete(SessionId),
}

/// What came back.
#[derive(Debug)]
pub enum SessionsReply {
    /// A page.
    Page {
        /// Where the page before it ended; none for the first.
        cursor: Option<String>,
        /// Whose.
        whose: Whose,
        /// It.
        outcome: Result<SessionPage, Fault>,
    },
    /// Messages.
    Hits {
        /// The words that they match.
        words: String,
        /// Whose.
        whose: Whose,
        /// Where the page before them ended; none for the first.
        cursor: Option<String>,
        /// They.
        outcome: Result<SessionHits, Fault>,
    },
    /// What was said.
    Preview {
        /// In which session.
        session: SessionId,
        /// It.
        outcome: Result<Box<Preview>, Fault>,
    },
    /// This session is to be opened.
    Opened(Result<SessionId, Fault>),
    /// It has a name now.
    Renamed {
        /// Which.
        session: SessionId,
        /// Its name.
        title: String,
    },
    /// It is gone.
    Deleted(SessionId),
    /// Something could not be done.
    Failed(Fault),
}

/// What was said in a session, in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The latest prompts, each with the beginning of its answer; oldest first.
    pub turns: Vec<(String, String)>,
}
