//! Figures without the writer: beside a running daemon, or with none.
//!
//! A reader never changes a figure and never waits for the writer: WAL gives it a snapshot. It works on a
//! faithful copy too, in a read-only directory as long as the copy has no write-ahead log beside it (then
//! nothing could tell it that the database is being written).

mod balance;
pub(crate) mod dashboard;
pub(crate) mod explain;
mod gather;
pub(crate) mod runs;
pub(crate) mod sums;
pub(crate) mod usage;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::LedgerError;
use crate::open;

/// Prepared statements that a reader keeps: the dashboard has some eighty.
const STATEMENTS: usize = 128;
/// How long a reader waits for a recovering or closing writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The ledger, open for reading.
pub struct LedgerReader {
    pub(crate) conn: Connection,
    path: PathBuf,
}

impl LedgerReader {
    /// Opens the ledger at `path` for reading; it must exist and have this build's schema.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let conn = match connect(path) {
            Err(error) if cannot_share(&error) && path.exists() => unshared(path)?,
            connection => connection?,
        };
        let schema = open::schema_of(&conn, path)?;
        if schema < open::supported_schema() {
            return Err(LedgerError::OlderSchema { found: schema, supported: open::supported_schema() });
        }
        Ok(Self { conn, path: path.to_owned() })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    settings(conn)
}

fn settings(conn: Connection) -> rusqlite::Result<Connection> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    // The first real read: only here does SQLite open the log and its index.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

/// True where the files that readers and writers share could not be made: a read-only directory.
fn cannot_share(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// Reads the database as a file that nobody writes: right only where no log holds newer pages.
pub(crate) fn unshared(path: &Path) -> Result<Connection, LedgerError> {
    let log = open::beside(path, "-wal").metadata();
    if log.is_ok_and(|log| log.len() > 0) {
        return Err(LedgerError::NeedsWritableDirectory { path: path.to_owned() });
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Ok(settings(Connection::open_with_flags(immutable_uri(path), flags)?)?)
}

/// `file:/path?immutable=1`, with what a URI would read otherwise escaped.
fn immutable_uri(path: &Path) -> PathBuf {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let mut uri = b"file:".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend(format!("%{byte:02X}").into_bytes()),
            _ => uri.push(byte),
        }
    }
    uri.extend(b"?immutable=1");
    PathBuf::from(std::ffi::OsString::from_vec(uri))
}

impl fmt::Debug for LedgerReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerReader").field("path", &self.path).finish_non_exhaustive()
    }
}
