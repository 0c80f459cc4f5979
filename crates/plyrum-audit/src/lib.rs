//! Ordered, redacted, hash-chained JSONL, and its verifier.
//!
//! The audit answers "what happened, and has the record been touched since?". One writer appends lines
//! `{"v","seq","ts","boot","kind","body","prev","hash"}`; `hash` is SHA-256 over `plyrum-audit-v1\0` and
//! the exact bytes before `,"hash"`, and `prev` is the `hash` of the line before, across files. So no
//! line can be changed, dropped, moved or inserted without breaking the chain at a nameable place. What
//! a chain alone cannot show is a cut at its end: for that the ledger keeps the last durable hash (the
//! *anchor*) and the user may keep a head of his own (`--expect-head`).
//!
//! A crash can only tear the last line. [`AuditLog::open`] moves a torn line aside and says so in a
//! record; damage elsewhere is left as it is, as evidence, and the log goes on in a new file that begins
//! with a `chain_break` record. [`verify`] repairs nothing.
//!
//! Files are `<first seq>-<date>.jsonl`, at most 64 MiB and a day each, 0600 in a 0700 directory. This
//! crate knows nothing of its callers, of tokio or of clocks: the time comes in.

mod disk;
mod error;
#[cfg(test)]
mod faults;
mod files;
mod lines;
mod log;
mod read;
mod record;
mod recover;
mod verify;

pub use error::AuditError;
pub use log::{Appended, AuditLog, Head};
pub use read::{Filter, each, search, tail};
pub use record::{GENESIS, LINE_MAX_BYTES};
pub use verify::{Problem, VerifyReport, verify};

/// Bytes after which a file is full and the next record begins a new one.
pub const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;
