//! A directory that tools act in, opened once, and nothing outside of it.
//!
//! Paths come from models and from patches, so they are hostile: they are parsed into [`RelPath`], opened by
//! the kernel beneath the directory's handle, and never follow a link. Writing replaces whole files, checks
//! what it replaces, and is entered into an undo [`Journal`] before it happens.
//!
//! All of it blocks: call it from a thread that may.

mod change;
mod error;
mod handle;
mod node;
mod path;
mod protected;
mod reading;
mod removal;
mod scratch;
mod undo;
mod walk;
mod writing;

pub(crate) use change::Planned;
pub use error::FileError;
pub use handle::Workspace;
pub(crate) use handle::{kind, kind_words, stat_in};
pub use path::RelPath;
pub(crate) use path::escape;
pub(crate) use protected::protected_name;
pub use protected::{PROTECTED, protected, runs_code};
pub(crate) use reading::{read_to, sha256, size};
pub use scratch::{CleanedUp, Scratch, ScratchBounds, clean_up_scratch};
pub use undo::{
    CLOSED_FOLDERS, ChangedSince, Journal, JournalBounds, Observed, Snapshot, SnapshotBounds, Uncovered,
    UndoReport, undo,
};
