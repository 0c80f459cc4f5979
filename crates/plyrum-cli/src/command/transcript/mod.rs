//! `plyrum transcript`: what was said in a session, from its log, with or without a daemon.
//!
//! Reading order: this file (arguments) → `read` (turns from a log) → `text` (for people) → `export`
//! (Markdown and JSON) → `tail` (the end first, and what comes next).

mod export;
mod read;
mod tail;
mod text;

pub(super) use export::{Export, export};

use super::{Outcome, ledger, of_ledger, paths};
use crate::out;
use crate::sanitize::clean;
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
        #[arg(short = 'n', long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=1000))]
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
pub(super) fn find(paths: &Paths, asked: &str) -> Result<SessionId, Fault> {
    let known = plyrum_sessions::list(&paths.sessions_dir()).unwrap_or_default();
    let none = || {
        let deleted = SessionId::new(asked)
            .ok()
            .and_then(|id| plyrum_sessions::tombstone(&paths.sessions_dir(), &id).ok().flatten());
        let message = match deleted {
            Some(stone) => format!("session {} was deleted on {}", stone.session, stone.deleted_at),
            None => format!("there is no session or run `{asked}`"),
        };
        Fault::new(ErrorKind::NotFound, message).hint("plyrum sessions list")
    };
    if asked == "last" {
        return known.into_iter().next().map(|session| session.id).ok_or_else(super::nothing_yet);
    }
    let fits: Vec<SessionId> =
        known.into_iter().map(|session| session.id).filter(|id| id.as_str().starts_with(asked)).collect();
    match fits.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let reader = ledger(paths)?.ok_or_else(none)?;
            let row = reader.run_by_prefix(asked).map_err(|e| match e {
                plyrum_ledger::LedgerError::UnknownRun { .. } => none(),
                other => of_ledger(&other),
            })?;
            SessionId::new(row.session).map_err(|_| none())
        }
        [one, other, ..] => {
            let message = format!("`{asked}` fits several sessions: {one}, {other}");
            Err(Fault::new(ErrorKind::Ambiguous, message).hint("type more of the id"))
        }
    }
}
