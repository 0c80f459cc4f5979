//! What changes a session: copies, names, taking back, deleting.

use super::{call, show};
use crate::command::{Outcome, workspace};
use crate::fault::wrong_use;
use crate::sanitize::cell;
use crate::text::say;
use crate::{out, text};
use plyrum_protocol::{
    Fault, Rewind as Back, SessionDelete, SessionDeleteOrder, SessionFork, SessionForkOrder, SessionRef,
    SessionRename, SessionRenameOrder, SessionRewind, SessionRewindOrder, SessionShow,
};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Fork {
    /// A session or run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    id: String,
    /// Copy up to this run, which is copied too
    #[arg(long, value_name = "RUN")]
    at: Option<String>,
    /// The copy as one line of JSON
    #[arg(long)]
    json: bool,
}

/// Prints the copy's id: the next `ask -c` goes on in it.
pub(super) fn fork(args: &Fork) -> Outcome {
    let order = SessionForkOrder { session: args.id.clone(), through: args.at.clone() };
    let copy = call::<SessionFork>(&order)?;
    if args.json {
        return show::print(&copy, true);
    }
    out::print(&format!("{}\n", copy.row.session))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rename {
    /// A session or run: an id, its beginning, or `last`
    id: String,
    /// Its name; "" takes the name away
    #[arg(required = true)]
    title: Vec<String>,
}

pub(super) fn rename(args: &Rename) -> Outcome {
    call::<SessionRename>(&SessionRenameOrder { session: args.id.clone(), title: args.title.join(" ") })?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rewind {
    /// A session or run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    id: String,
    /// Take back so many turns
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
    turns: u32,
    /// Take back everything behind this run
    #[arg(long, value_name = "RUN")]
    to: Option<String>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn rewind(args: &Rewind) -> Outcome {
    let back = args.to.clone().map_or(Back::Turns(args.turns), Back::To);
    let detail = call::<SessionRewind>(&SessionRewindOrder { session: args.id.clone(), back })?;
    show::print(&detail, args.json)
}

/// A script whose variable is empty, or nearly, must not delete what it did not mean.
const ID_LEAST_CHARS: usize = 4;

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// A session or run: an id, its beginning, or `last`
    id: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// What is left, as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn delete(args: &Delete) -> Outcome {
    if args.yes && args.id.len() < ID_LEAST_CHARS {
        return Err(wrong_use(say!("fault-short-id", id = &args.id)).hint(say!("hint-short-id")));
    }
    let asked = SessionRef { session: args.id.clone(), workspace: workspace() };
    let row = call::<SessionShow>(&asked)?.row;
    if !args.yes {
        let title = text::shortened(&cell(&row.title), 60);
        let what = say!("sessions-what", session = row.session.as_str(), turns = row.turns, title = title);
        confirm(&what)?;
    }
    let order = SessionDeleteOrder {
        session: row.session.to_string(),
        client: format!("plyrum sessions {}", env!("CARGO_PKG_VERSION")),
    };
    let gone = call::<SessionDelete>(&order)?;
    if args.json {
        out::print_json(&gone)?;
    } else {
        out::err(&say!("sessions-deleted", session = gone.session.as_str()));
        if !gone.copies.is_empty() {
            let copies: Vec<&str> = gone.copies.iter().map(plyrum_protocol::SessionId::as_str).collect();
            out::note(&say!("sessions-copies", copies = copies.join(", ")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A yes at the terminal, or in the command.
fn confirm(what: &str) -> Result<(), Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(wrong_use(say!("fault-nothing-deleted-terminal")).hint(say!("hint-say-yes")));
    }
    out::err(&say!("sessions-confirm", what = what));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| wrong_use(say!("fault-answer", why = e.to_string())))?;
    match answer.trim() {
        "y" | "Y" | "yes" | "да" => Ok(()),
        _ => Err(wrong_use(say!("fault-nothing-deleted"))),
    }
}
