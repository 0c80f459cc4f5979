//! Conversations as the daemon has them: which one is meant (`choose`), what of it a model is told (`past`,
//! `window`), how its older turns become a summary (`compact`), and the search index over all of them
//! (`indexer`).
//!
//! The log of a session is the truth about it; everything here is read from logs and can be made again.

mod choose;
pub(crate) mod compact;
mod indexer;
mod outlines;
pub(crate) mod past;
pub(crate) mod pictures;
mod window;

pub(crate) use choose::{Chosen, gone};
pub(crate) use indexer::Indexer;

use outlines::Outlines;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, SessionId};
use std::path::PathBuf;
use tokio::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What all parts of the daemon share of the conversations.
#[derive(Debug)]
pub(crate) struct Sessions {
    pub(crate) dir: PathBuf,
    pub(crate) outlines: Outlines,
    pub(crate) indexer: Indexer,
    /// Held while a session is taken back: what is read before it is written must not change in between.
    pub(crate) rewinding: Mutex<()>,
    /// Held for reading while something is written to a session, for writing while one is deleted: so that a
    /// prompt never goes into a log that is being taken away.
    deleting: RwLock<()>,
}

impl Sessions {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self {
            dir: paths.sessions_dir(),
            outlines: Outlines::new(paths.sessions_dir()),
            indexer: Indexer::start(paths.sessions_index_path(), paths.sessions_dir()),
            rewinding: Mutex::default(),
            deleting: RwLock::default(),
        }
    }

    /// Something was written to this session.
    pub(crate) fn touched(&self, session: &SessionId) {
        self.indexer.touch(session);
    }

    /// This is the session that `last` means from now on. Writes a small file.
    pub(crate) fn used(&self, session: &SessionId) {
        if let Err(e) = plyrum_sessions::set_last(&self.dir, session) {
            crate::log::line(&format!("session {session} is not noted as the last one: {e}"));
        }
        self.touched(session);
    }

    /// The session is gone.
    pub(crate) async fn forgotten(&self, session: &SessionId) {
        self.outlines.forget(session);
        self.indexer.forget(session).await;
    }

    /// While this is held no session goes away.
    pub(crate) async fn writing(&self) -> RwLockReadGuard<'_, ()> {
        self.deleting.read().await
    }

    /// While this is held nothing is written to any session.
    pub(crate) async fn deleting(&self) -> RwLockWriteGuard<'_, ()> {
        self.deleting.write().await
    }
}

/// A log that cannot be read or written, as the user meets it.
pub(crate) fn storage(error: &std::io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, error.to_string()).hint("free some space or mend the disk; plyrum doctor")
}
