//! Which conversation is meant.

use super::Sessions;
use crate::ids;
use plyrum_ledger::{LedgerError, LedgerReader};
use plyrum_protocol::{ErrorKind, Fault, SessionId};
use std::path::Path;
use std::sync::PoisonError;

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
        if asked == "last" {
            return self.last();
        }
        let known = plyrum_sessions::list(&self.dir).map_err(|e| unreadable(&e))?;
        let mut fits = known.into_iter().map(|known| known.id).filter(|id| id.as_str().starts_with(asked));
        match (fits.next(), fits.next()) {
            (Some(one), None) => Ok(one),
            (Some(one), Some(other)) => {
                let message = format!("`{asked}` fits several sessions: {one}, {other}");
                Err(Fault::new(ErrorKind::Ambiguous, message).hint("type more of the id"))
            }
            (None, _) => self.of_run(asked, ledger),
        }
    }

    fn last(&self) -> Result<SessionId, Fault> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(latest) = latest {
            return Ok(latest);
        }
        let newest = plyrum_sessions::list(&self.dir).map_err(|e| unreadable(&e))?.into_iter().next();
        newest.map(|newest| newest.id).ok_or_else(|| {
            Fault::new(ErrorKind::NotFound, "there is no session yet").hint("plyrum ask \"your question\"")
        })
    }

    fn of_run(&self, asked: &str, ledger: &Path) -> Result<SessionId, Fault> {
        let none = |id: &str| match SessionId::new(id).map(|id| plyrum_sessions::tombstone(&self.dir, &id)) {
            Ok(Ok(Some(stone))) => {
                let message = format!("session {} was deleted on {}", stone.session, stone.deleted_at);
                Fault::new(ErrorKind::NotFound, message)
                    .hint("what it cost is still in plyrum usage --by session")
            }
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

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the sessions cannot be read: {error}")).hint("plyrum doctor")
}
