//! `plyrum transcript`: what was said in a session, from its log, with or without a daemon.
//!
//! Reading order: this file (arguments) → `read` (turns from a log) → `text` (for people) → `export`
//! (Markdown and JSON) → `tail` (the end first, and what comes next).

mod export;
mod read;
mod tail;
mod text;

pub(super) use export::{Export, export};
pub(crate) use read::broken;

use super::{Outcome, ledger, of_ledger, paths};
use crate::out;
use crate::range::within;
use crate::sanitize::clean;
use crate::text::say;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, SessionId};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Prompts and answers, oldest first
    Show {
        /// A session or run: an id, its beginning, or `last`
        #[arg(default_value = "last")]
        id: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The latest turns; read from the end, so that a log of any size opens at once
    Tail {
        /// A session or run: an id, its beginning, or `last`
        #[arg(default_value = "last")]
        id: String,
        /// So many turns
        #[arg(short = 'n', long, default_value_t = 3, value_parser = within(0..=1000_u16))]
        turns: u16,
        /// Go on with what is said next, until Ctrl-C
        #[arg(short, long, conflicts_with = "json")]
        follow: bool,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The whole session as a document
    Export(Export),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Show { id, json } => show(id, *json),
        Command::Tail { id, turns, follow, json } => tail::run(id, usize::from(*turns), *follow, *json),
        Command::Export(args) => export(args),
    }
}

fn show(id: &str, json: bool) -> Outcome {
    let paths = paths()?;
    let session = find(&paths, id)?;
    let transcript = read::whole(&paths, session, read::Attached::Names)?;
    if json {
        out::print_json(&transcript)?;
    } else {
        out::print(&clean(&text::transcript(&transcript)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The session that an id names, directly or through one of its runs.
pub(crate) fn find(paths: &Paths, asked: &str) -> Result<SessionId, Fault> {
    let dir = paths.sessions_dir();
    if asked.is_empty() {
        return Err(crate::fault::wrong_use(say!("fault-empty-id")).hint("plyrum sessions list"));
    }
    let unreadable = |e: std::io::Error| Fault::new(ErrorKind::Storage, e.to_string()).hint("plyrum doctor");
    let none = || {
        let deleted = plyrum_sessions::tombstones_matching(&dir, asked, 1).unwrap_or_default();
        match deleted.first() {
            Some(stone) => gone(stone),
            None => Fault::new(ErrorKind::NotFound, say!("fault-no-session", id = asked))
                .hint("plyrum sessions list"),
        }
    };
    if asked == "last" {
        return plyrum_sessions::last(&dir).map_err(unreadable)?.ok_or_else(super::nothing_yet);
    }
    let fits = plyrum_sessions::matching(&dir, asked, 2).map_err(unreadable)?;
    match fits.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let reader = ledger(paths)?.ok_or_else(none)?;
            let row = reader.run_by_prefix(asked).map_err(|e| match e {
                plyrum_ledger::LedgerError::UnknownRun { .. } => none(),
                other => of_ledger(&other),
            })?;
            let session = SessionId::new(row.session).map_err(|_| none())?;
            match plyrum_sessions::tombstone(&dir, &session) {
                Ok(Some(stone)) if !dir.join(format!("{session}.jsonl")).exists() => Err(gone(&stone)),
                _ => Ok(session),
            }
        }
        [one, other, ..] => {
            let (one, other) = (one.as_str(), other.as_str());
            let message = say!("fault-several-sessions", id = asked, one = one, other = other);
            Err(Fault::new(ErrorKind::Ambiguous, message).hint(say!("hint-more-of-id")))
        }
    }
}

/// The same for what outlives a deletion: money.
pub(super) fn find_also_deleted(paths: &Paths, asked: &str) -> Result<SessionId, Fault> {
    find(paths, asked).or_else(|fault| {
        let stones =
            plyrum_sessions::tombstones_matching(&paths.sessions_dir(), asked, 2).unwrap_or_default();
        match stones.as_slice() {
            [only] if !asked.is_empty() => Ok(only.session.clone()),
            _ => Err(fault),
        }
    })
}

/// The session was deleted.
pub(in crate::command) fn gone(stone: &plyrum_sessions::Tombstone) -> Fault {
    let (session, at) = (stone.session.as_str(), stone.deleted_at.to_string());
    let message = say!("fault-deleted", session = session, at = at);
    Fault::new(ErrorKind::NotFound, message).hint(say!("hint-deleted"))
}

/// What is told of a log that cannot be read.
pub(super) fn unreadable(session: &SessionId, error: &std::io::Error) -> String {
    say!("fault-session-unreadable", session = session.as_str(), why = error.to_string())
}
