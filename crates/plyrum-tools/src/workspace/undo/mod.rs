//! Undo: a journal of what a run changed, by tools and by commands, and the way back.

mod command;
mod journal;
mod record;
mod restore;
mod snapshot;

pub use command::Observed;
pub use journal::{Journal, JournalBounds};
pub(crate) use record::{By, Record};
pub use restore::{ChangedSince, UndoReport, undo};
pub use snapshot::{CLOSED_FOLDERS, Snapshot, SnapshotBounds, Uncovered};
