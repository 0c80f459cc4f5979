//! Outlines of the sessions that are in use, so that a long log is read once and then only what was appended.

use plyrum_protocol::SessionId;
use plyrum_sessions::Outline;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Outlines that are kept; a turn of one takes about 300 bytes.
const MAX_KEPT: usize = 32;

/// See the module.
#[derive(Debug)]
pub(crate) struct Outlines {
    dir: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    uses: u64,
    outlines: HashMap<SessionId, (u64, Arc<Mutex<Outline>>)>,
}

impl Outlines {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a session's outline as its log is now. Reads files.
    pub(crate) fn with<T>(&self, session: &SessionId, look: impl FnOnce(&Outline) -> T) -> io::Result<T> {
        let outline = self.lock().of(session);
        let mut outline = outline.lock().unwrap_or_else(PoisonError::into_inner);
        outline.advance(&self.dir, session)?;
        Ok(look(&outline))
    }

    pub(super) fn forget(&self, session: &SessionId) {
        self.lock().outlines.remove(session);
    }
}

impl Kept {
    fn of(&mut self, session: &SessionId) -> Arc<Mutex<Outline>> {
        self.uses += 1;
        let uses = self.uses;
        if let Some((used, outline)) = self.outlines.get_mut(session) {
            *used = uses;
            return Arc::clone(outline);
        }
        if self.outlines.len() >= MAX_KEPT {
            let oldest = self.outlines.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| id.clone());
            oldest.and_then(|oldest| self.outlines.remove(&oldest));
        }
        let outline = Arc::default();
        self.outlines.insert(session.clone(), (uses, Arc::clone(&outline)));
        outline
    }
}
