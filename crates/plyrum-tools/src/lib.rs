//! Tool actions: who may do what, the file tools, commands in a sandbox, and undo.
//!
//! No run is offered a tool yet. What is here is what everything else will stand on: policies with their verdicts,
//! which are deterministic and explain themselves, and where no rule speaks ask or deny, never allow; a workspace
//! whose files are only reached beneath its opened directory; tools that read, search, write and patch there, with a
//! preview to which an approval can be bound; commands that run in a sandbox which is probed and
//! bounded; and a journal from which what a run changed is put back.
//!
//! Knows no models and no money.

pub mod commands;
pub mod fetch;
pub mod files;
pub mod policies;
mod policy;
pub mod sandbox;
mod workspace;

pub use policy::{
    Class, Decided, Layer, NewRule, POLICIES, Place, Policy, PolicyError, Question, Refusal, RemoveError,
    Rules, Simple, Verdict, What, Why, Word, hardened, host, only_reads, recognise, secrets_below, strictest,
    unix_seconds, without_rule,
};
pub use workspace::{
    CLOSED_FOLDERS, ChangedSince, CleanedUp, FileError, Journal, JournalBounds, Observed, PROTECTED, RelPath,
    Scratch, ScratchBounds, Snapshot, SnapshotBounds, Uncovered, UndoReport, Workspace, clean_up_scratch,
    protected, runs_code, undo,
};
