//! `plyrum sessions`: find, continue, copy, shorten and delete conversations.
//!
//! The daemon owns the conversations and their index; these commands ask it. Only `export` reads by itself.
//!
//! Reading order: this file (what can be said) → `list`, `search`, `show` (looking) → `change` (copies, names,
//! taking back, deleting) → `compact` and `resume` (going on).

mod change;
mod compact;
mod list;
mod resume;
mod search;
mod show;

use super::transcript::{self, Export};
use super::{connected, paths, runtime};
use crate::fault;
use crate::text::say;
use plyrum_protocol::{Fault, Method};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The conversations, the last used first
    List(list::Args),
    /// A conversation: its turns, what it cost, how full the context is
    Show(show::Args),
    /// Look for words in everything that was said
    Search(search::Args),
    /// Make a conversation the latest one, or ask in it
    Resume(resume::Args),
    /// Copy a conversation, to go on from there in another direction
    Fork(change::Fork),
    /// Name a conversation
    Rename(change::Rename),
    /// Take turns back: they stay on record and are not told to a model any more
    Rewind(change::Rewind),
    /// Put a summary in the place of the older turns; this asks a model
    Compact(Box<compact::Args>),
    /// Take a conversation off the disk; what it cost stays in the books
    Delete(change::Delete),
    /// A conversation as a document
    Export(Export),
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let outcome = match command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(args),
        Command::Search(args) => search::run(args),
        Command::Resume(args) => return resume::run(args),
        Command::Fork(args) => change::fork(args),
        Command::Rename(args) => change::rename(args),
        Command::Rewind(args) => change::rewind(args),
        Command::Compact(args) => return compact::run(args),
        Command::Delete(args) => change::delete(args),
        Command::Export(args) => transcript::export(args),
    };
    outcome.unwrap_or_else(|fault| fault::tell(&fault))
}

/// One call to the daemon.
fn call<M: Method>(params: &M::Params) -> Result<M::Reply, Fault> {
    let paths = paths()?;
    runtime()?.block_on(async { connected(&paths).await?.call::<M>(params).await })
}

/// A directory as the daemon takes it: the one named, or the working directory where none is.
fn directory(named: Option<&str>) -> Result<String, Fault> {
    let unusable = |what: String| fault::wrong_use(what).hint(say!("hint-dir"));
    let dir = named.filter(|dir| !dir.is_empty()).unwrap_or(".");
    let path = std::path::Path::new(dir)
        .canonicalize()
        .map_err(|e| unusable(say!("fault-dir-look", dir = dir, why = e.to_string())))?;
    path.into_os_string().into_string().map_err(|_| unusable(say!("fault-dir-utf8", dir = dir)))
}
