//! Why a command could not be run at all. A command that ran and failed is no error.

use std::io;
use std::path::PathBuf;

use crate::sandbox::{Level, PlaceError};

/// What kept a command from running.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no word to run.
    #[error("the command is empty: give at least the program's name")]
    Empty,
    /// No such program, neither by path nor in `PATH`.
    #[error("the program `{}` was not found; give the name of one that is installed, or its path", .0.display())]
    NotFound(PathBuf),
    /// A word holds a zero byte, which no program can be given.
    #[error("a word of the command holds a zero byte")]
    ZeroByte,
    /// The sandbox that was asked for is not to be had, or cannot do this.
    #[error("this needs the sandbox level `{needed}`, and `{offered}` is what there is: {why}")]
    Level {
        /// Asked for.
        needed: Level,
        /// To be had.
        offered: Level,
        /// What cannot be done.
        why: &'static str,
    },
    /// The place does not do.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A file of ours could not be made.
    #[error("{what}: {error}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// The sandbox could not be built around the command; it did not run.
    #[error("the sandbox could not be set up, the command did not run: {0}")]
    Sandbox(String),
}

impl CommandError {
    pub(crate) fn io(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io { what, error }
    }
}
