//! Which conversation is meant.

use super::Sessions;
use crate::ids;
use plyrum_ledger::{LedgerError, LedgerReader};
use plyrum_protocol::{ErrorKind, Fault, SessionId};
use std::path::Path;

/// A conversation that a run joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) id: SessionId,
    pub(crate) is_new: bool,
}

const HINT: &str = "plyrum sessions list";

impl Sessions {
    /// A new conversation, or the one that an id, its beginning, one of its runs or `last` names.
    pub(crate) fn choose(&self, asked: Option<&str>, ledger: &Path) -> Result<Chosen, Fault> {
        if let Some(asked) = asked {
            return Ok(Chosen { id: self.find(asked, ledger)?, is_new: false });
        }
        let id = ids::session().map_err(|e| unreadable(&e))?;
        Ok(Chosen { id, is_new: true })
    }

    /// The session that an id, its beginning, one of its runs or `last` names.
    pub(crate) fn find(&self, asked: &str, ledger: &Path) -> Result<SessionId, Fault> {
        if asked.is_empty() {
            return Err(Fault::new(ErrorKind::Usage, "an empty id names no session").hint(HINT));
        }
        if asked == "last" {
            let last = plyrum_sessions::last(&self.dir).map_err(|e| unreadable(&e))?;
            return last.ok_or_else(|| {
                Fault::new(ErrorKind::NotFound, "there is no session yet")
                    .hint("plyrum ask \"your question\"")
            });
        }
        let fits = plyrum_sessions::matching(&self.dir, asked, 2).map_err(|e| unreadable(&e))?;
        match fits.as_slice() {
            [one] => Ok(one.clone()),
            [] => self.of_run(asked, ledger),
            [one, other, ..] => {
                let message = format!("`{asked}` fits several sessions: {one}, {other}");
                Err(Fault::new(ErrorKind::Ambiguous, message).hint("type more of the id"))
            }
        }
    }

    fn of_run(&self, asked: &str, ledger: &Path) -> Result<SessionId, Fault> {
        let none = |id: &str| match plyrum_sessions::tombstones_matching(&self.dir, id, 1) {
            Ok(ref stones) if let Some(stone) = stones.first() => gone(stone),
            _ => Fault::new(ErrorKind::NotFound, format!("there is no session or run `{asked}`")).hint(HINT),
        };
        let row = match LedgerReader::open(ledger).and_then(|reader| reader.run_by_prefix(asked)) {
            Ok(row) => row,
            Err(LedgerError::AmbiguousRun { .. }) => {
                let message = format!("`{asked}` fits several runs");
                return Err(Fault::new(ErrorKind::Ambiguous, message).hint("type more of the id"));
            }
            Err(_) => return Err(none(asked)),
        };
        let session = SessionId::new(row.session).map_err(|_| none(asked))?;
        if self.dir.join(format!("{session}.jsonl")).exists() {
            Ok(session)
        } else {
            Err(none(session.as_str()))
        }
    }
}

/// The session was deleted.
pub(crate) fn gone(stone: &plyrum_sessions::Tombstone) -> Fault {
    let message = format!("session {} was deleted on {}", stone.session, stone.deleted_at);
    Fault::new(ErrorKind::NotFound, message).hint("what it cost is still in plyrum usage --by session")
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the sessions cannot be read: {error}")).hint("plyrum doctor")
}
