//! What the audit's commands print with `--json`. The records themselves are printed as they are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `audit verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerdict {
    /// Whether every record is where and what it was.
    pub ok: bool,
    /// Records checked.
    pub records: u64,
    /// Files checked.
    pub files: u64,
    /// Number of the first record that is there; above 1 where older ones were retired, null where none is.
    pub first_seq: Option<u64>,
    /// Hash of the last record.
    pub head: Option<String>,
    /// What is wrong and where.
    pub problem: Option<String>,
}

/// A file of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditFile {
    /// Its name.
    pub file: String,
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// Its records.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of it, in hex.
    pub sha256: String,
}

/// `audit prune`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPruned {
    /// The day before which all records of a file must be.
    pub before: String,
    /// Whether the files are gone; false where this only says what would go.
    pub done: bool,
    /// Records in them.
    pub records: u64,
    /// Their size.
    pub bytes: u64,
    /// The files, oldest first.
    pub files: Vec<AuditFile>,
}
