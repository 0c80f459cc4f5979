//! What can go wrong, sorted by what its reader can do about it.
//!
//! Two families. A *logical* error concerns one request (an id used twice, an attempt already resolved):
//! its neighbours in the same commit go through. A *storage* error means that the whole commit did not
//! happen, so everyone in it gets one. [`LedgerError::Stopped`] is the fail-stop: after a failed COMMIT
//! or fsync nobody knows what the disk holds, and only a restart (recovery) finds out.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why storage did not take a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageKind {
    /// No space left. A clean refusal: nothing of the commit is there, a later one may succeed.
    Full,
    /// Reading or writing failed, or the file is not accessible.
    Io,
    /// Another process holds the database.
    Busy,
    /// The file is damaged or not a database.
    Corrupt,
    /// A statement broke one of the schema's rules: a fault of this crate, not of the disk.
    Internal,
}

impl StorageKind {
    /// The word used in JSON and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Io => "io",
            Self::Busy => "busy",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }
}

/// What the ledger answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Nothing of this request, or of any other in the same commit, was written.
    #[error("the ledger could not be written or read ({}): {message}", .kind.as_str())]
    Storage {
        /// What to do about it depends on this.
        kind: StorageKind,
        /// SQLite's own words.
        message: String,
    },
    /// An earlier commit failed in a way that leaves the disk's state unknown: every later request is
    /// refused. A restart recovers.
    #[error("the ledger has stopped: {why}; restart the daemon, which recovers it")]
    Stopped {
        /// The first failure.
        why: String,
    },
    /// The ledger was shut down.
    #[error("the ledger is shut down")]
    Closed,
    /// The file was written by a newer Plyrum.
    #[error(
        "the ledger has schema {found}, newer than the {supported} that this build knows: use the newer plyrum again"
    )]
    NewerSchema {
        /// The file's schema.
        found: i64,
        /// The newest that this build can use.
        supported: i64,
    },
    /// A reader found a file that no daemon of this version has opened yet.
    #[error(
        "the ledger has schema {found}, older than {supported}: `plyrum daemon start` brings it up to date"
    )]
    OlderSchema {
        /// The file's schema.
        found: i64,
        /// The one that this build reads.
        supported: i64,
    },
    /// The linked SQLite can corrupt a database in WAL mode.
    #[error("SQLite {found} is too old: before 3.51.3 it can corrupt a database in WAL mode")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// The file is a database, but not one of ours.
    #[error("{} is not a Plyrum ledger", .path.display())]
    NotALedger {
        /// Which file.
        path: PathBuf,
    },
    /// The ledger lies on a file system of other hosts.
    #[error(
        "{} is on a network file system ({kind}), where SQLite's write-ahead log does not work: set PLYRUM_HOME to a local directory",
        .path.display()
    )]
    NetworkFileSystem {
        /// Which ledger.
        path: PathBuf,
        /// The file system's name.
        kind: String,
    },
    /// Another process has the ledger open for writing.
    #[error("another process has the ledger {} open for writing: is a second daemon running?", .path.display())]
    Locked {
        /// Which ledger.
        path: PathBuf,
    },
    /// A copy with a write-ahead log lies where that log cannot be read.
    #[error("{} has a write-ahead log beside it, but its directory is read-only: copy both to a writable place", .path.display())]
    NeedsWritableDirectory {
        /// Which ledger.
        path: PathBuf,
    },
    /// No such run.
    #[error("no run `{run}` in the ledger")]
    UnknownRun {
        /// As asked for.
        run: String,
    },
    /// A prefix fits several runs.
    #[error("`{prefix}` fits several runs: {}", .candidates.join(", "))]
    AmbiguousRun {
        /// As asked for.
        prefix: String,
        /// The first of them.
        candidates: Vec<String>,
    },
    /// The run has ended.
    #[error("run `{run}` has ended ({status})")]
    RunEnded {
        /// Which run.
        run: String,
        /// How it ended.
        status: String,
    },
    /// The run's total is not final while these are open.
    #[error("run `{run}` still has unresolved attempts: {}", .attempts.join(", "))]
    RunUnresolved {
        /// Which run.
        run: String,
        /// The first of them.
        attempts: Vec<String>,
    },
    /// No such approval.
    #[error("no approval `{approval}` in the ledger")]
    UnknownApproval {
        /// As asked for.
        approval: String,
    },
    /// No such attempt.
    #[error("no attempt `{attempt}` in the ledger")]
    UnknownAttempt {
        /// As asked for.
        attempt: String,
    },
    /// The attempt is past that.
    #[error("attempt `{attempt}` is {state}: it cannot be {wanted}")]
    WrongState {
        /// Which attempt.
        attempt: String,
        /// Where it is.
        state: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// An id that has been used came with other content.
    #[error("{what} `{id}` was used before with other content")]
    IdReused {
        /// What kind of thing the id names.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// The request breaks a bound of this crate.
    #[error("the ledger refuses a request: {what}")]
    Invalid {
        /// Which field, and why.
        what: String,
    },
}

impl LedgerError {
    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Storage { kind: StorageKind::Internal, message: message.into() }
    }

    pub(crate) fn io(error: &std::io::Error, what: &str) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::StorageFull => StorageKind::Full,
            _ => StorageKind::Io,
        };
        Self::Storage { kind, message: format!("{what}: {error}") }
    }

    /// True where the commit as a whole failed, not one request in it.
    pub(crate) fn is_storage(&self) -> bool {
        matches!(self, Self::Storage { .. } | Self::Stopped { .. })
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        if is_fail_stop(&error) {
            return Self::Stopped { why: error.to_string() };
        }
        Self::Storage { kind: kind_of(&error), message: error.to_string() }
    }
}

/// A value of ours that does not go into JSON or come out of it: a fault of this crate or a tampered row.
impl From<serde_json::Error> for LedgerError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("stored JSON: {error}"))
    }
}

fn kind_of(error: &rusqlite::Error) -> StorageKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            StorageKind::Busy
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StorageKind::Corrupt,
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::NoLargeFileSupport,
        ) => StorageKind::Io,
        _ => StorageKind::Internal,
    }
}

/// True where a statement's failure already means that what is on disk is unknown: a failed fsync must
/// never be tried again, because the kernel may have dropped the pages that it could not write.
pub(crate) fn is_fail_stop(error: &rusqlite::Error) -> bool {
    let Some(code) = error.sqlite_error() else { return false };
    matches!(code.extended_code, rusqlite::ffi::SQLITE_IOERR_FSYNC | rusqlite::ffi::SQLITE_IOERR_DIR_FSYNC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn codes_are_sorted_by_what_can_be_done() {
        let kind = |code| kind_of(&failure(code));
        assert_eq!(kind(rusqlite::ffi::SQLITE_FULL), StorageKind::Full);
        assert_eq!(kind(rusqlite::ffi::SQLITE_BUSY_SNAPSHOT), StorageKind::Busy);
        assert_eq!(kind(rusqlite::ffi::SQLITE_IOERR_WRITE), StorageKind::Io);
        assert_eq!(kind(rusqlite::ffi::SQLITE_READONLY), StorageKind::Io);
        assert_eq!(kind(rusqlite::ffi::SQLITE_NOTADB), StorageKind::Corrupt);
        assert_eq!(kind(rusqlite::ffi::SQLITE_CONSTRAINT), StorageKind::Internal);
    }

    #[test]
    fn a_failed_fsync_stops_and_a_full_disk_does_not() {
        assert!(is_fail_stop(&failure(rusqlite::ffi::SQLITE_IOERR_FSYNC)));
        assert!(!is_fail_stop(&failure(rusqlite::ffi::SQLITE_FULL)));
        assert!(!is_fail_stop(&failure(rusqlite::ffi::SQLITE_IOERR_READ)));
    }
}
