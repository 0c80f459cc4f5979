//! The records that the audit makes about itself. Their bodies hold names, numbers and hashes only, so
//! they are written as they are, past the redactor.

use serde::{Deserialize, Serialize};

use crate::tally::FileSummary;

/// A torn last line was set aside at a start.
pub const TORN_TAIL: &str = "torn_tail";
/// A start found the chain damaged, or cut behind what the witness had seen.
pub const CHAIN_BREAK: &str = "chain_break";
/// What the file before this one holds, or this one up to here.
pub const CHECKPOINT: &str = "checkpoint";
/// Old files were removed on purpose: the tombstone.
pub const RETENTION: &str = "retention";

/// The kinds that this crate itself records; callers must not.
pub const OWN_KINDS: [&str; 4] = [TORN_TAIL, CHAIN_BREAK, CHECKPOINT, RETENTION];

/// Body of [`CHECKPOINT`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    #[serde(flatten)]
    pub(crate) of: FileSummary,
    /// The highest `outbox` of all records so far.
    pub(crate) last_outbox: Option<i64>,
}

/// Body of [`RETENTION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The files that go, oldest first.
    pub files: Vec<FileSummary>,
    /// Number of the last record that goes.
    pub last_seq: u64,
    /// Its hash, which the first record that stays names as its `prev`.
    pub last_hash: String,
    /// The highest `outbox` of what goes and went before.
    pub last_outbox: Option<i64>,
    /// What the caller wants to remember of the records that went, now and before.
    #[serde(default)]
    pub told: serde_json::Value,
}

impl Tombstone {
    /// Whether a chain may begin behind this record: something that the tombstone names ended there.
    pub(crate) fn covers(&self, seq: u64, hash: &str) -> bool {
        self.files.iter().any(|file| file.last_seq == seq && file.last_hash == hash)
    }
}

/// What of these bodies a start and a verifier need beside the files themselves.
#[derive(Deserialize)]
struct CarriedOutbox {
    last_outbox: Option<i64>,
}

/// The highest outbox id that a record of our own repeats from records before it.
pub(crate) fn carried_outbox(kind: &str, body: &str) -> Option<i64> {
    if kind != CHECKPOINT && kind != RETENTION {
        return None;
    }
    serde_json::from_str::<CarriedOutbox>(body).ok()?.last_outbox
}
