//! Ordered, redacted, hash-chained JSONL, and its verifier.
//!
//! The audit answers "what happened, and has the record been touched since?". One writer appends lines
//! `{"v","seq","ts","boot","kind","body","prev","hash"}`; `hash` is SHA-256 over `plyrum-audit-v1\0` and
//! the exact bytes before `,"hash"`, and `prev` is the `hash` of the line before, across files. So no
//! line can be changed, dropped, moved or inserted without breaking the chain at a nameable place. What
//! a chain alone cannot show is a cut at its end: for that a [`Witness`], the ledger, keeps the last durable
//! hash (the *anchor*), and the user may keep a head of his own (`--expect-head`).
//!
//! A crash can only tear what was not flushed. [`AuditLog::open`] sets a torn end aside and says so in a
//! record; damage elsewhere is left as it is, as evidence, and the log goes on in a new file that begins
//! with a `chain_break` record. [`verify`] repairs nothing.
//!
//! Files are `<first seq>-<date>.jsonl`, at most 64 MiB and a day each, 0600 in a 0700 directory. Each but
//! the first begins with a `checkpoint` of the one before it, so that a file can be checked with `sha256sum`
//! alone; old ones may be retired, which leaves a tombstone (`retention.rs`). This crate knows nothing of its
//! callers, of tokio or of clocks: the time comes in.

mod error;
#[cfg(test)]
mod faults;
mod files;
mod filter;
mod follow;
mod log;
mod outbox;
pub mod own;
mod read;
mod record;
mod recover;
mod retention;
#[cfg(test)]
mod states;
mod tally;
mod verify;
mod witness;

pub use error::AuditError;
pub use filter::Filter;
pub use follow::Follower;
pub use log::{Appended, AuditLog, Head, Opening};
pub use outbox::CarriedOver;
pub use own::Tombstone;
pub use read::{ExportError, Matches, RESULT_MAX, each, export, search, tail};
pub use record::{GENESIS, LINE_MAX_BYTES};
pub use retention::{Retirable, retirable};
pub use tally::FileSummary;
pub use verify::{Problem, VerifyReport, verify, verify_file, verify_telling};
pub use witness::{Anchor, Witness};

/// Bytes after which a file is full and the next record begins a new one.
pub const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;
