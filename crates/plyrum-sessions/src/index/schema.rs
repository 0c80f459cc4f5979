//! The tables, and opening them: a file that cannot be used is made anew.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::of_sql;
use crate::log::open_private;

/// Version of the tables and of the stemming; another one is rebuilt.
const VERSION: i64 = 2;
/// Longest wait for another connection.
const BUSY: Duration = Duration::from_secs(5);

/// What the writer keeps of the file.
const CACHE_KIB: i64 = 256;

const TABLES: &str = "
CREATE TABLE projects (
    id      INTEGER PRIMARY KEY,
    path    TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY,
    session     TEXT NOT NULL UNIQUE,
    project     INTEGER REFERENCES projects (id),
    title       TEXT,               -- given by somebody
    first_words TEXT,               -- of the first prompt
    created_at  INTEGER,
    updated_at  INTEGER,
    turns       INTEGER NOT NULL,   -- asked here, copied ones not counted
    forked_from TEXT,
    scanned     INTEGER NOT NULL,   -- bytes of the log that are in here
    copied_to   INTEGER NOT NULL,   -- bytes of the log that are a copy of another session
    head        BLOB NOT NULL       -- how the log begins, to know another one
) STRICT;
CREATE INDEX sessions_by_time ON sessions (updated_at, id);
CREATE TABLE messages (
    id      INTEGER PRIMARY KEY,    -- its time in milliseconds x 4096, and a number
    session INTEGER NOT NULL REFERENCES sessions (id),
    run     TEXT NOT NULL,
    role    INTEGER NOT NULL,
    offset  INTEGER NOT NULL,       -- place of its line in the log
    bytes   INTEGER NOT NULL,
    UNIQUE (session, offset)
) STRICT;
-- Stems of the text; the words as they stand, for searches by their beginning; and one word each for session,
-- project and role: a search within a project then intersects two lists instead of looking at every match.
CREATE VIRTUAL TABLE words USING fts5 (
    text, forms, scope, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
";

/// Opens the index for writing, or begins a new one where there is none that can be used.
pub(super) fn open_or_begin(path: &Path) -> io::Result<Connection> {
    match open(path) {
        Ok(Some(conn)) => return Ok(conn),
        Ok(None) => {}
        // Disk full or no permission would not be mended by starting over.
        Err(error) if !is_damage(&error) => return Err(of_sql(path)(error)),
        Err(_) => {}
    }
    begin_anew(path)
}

/// Throws away what is there and begins a new index.
pub(super) fn begin_anew(path: &Path) -> io::Result<Connection> {
    remove(path)?;
    begin(path).map_err(of_sql(path))
}

/// Opens the index for reading. One that is not there is as good as a damaged one.
pub(super) fn open_to_read(path: &Path) -> io::Result<Connection> {
    if !path.exists() {
        let what = format!("the search index {} is gone", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(BUSY)?;
        conn.pragma_update(None, "cache_size", -16_384)?;
        Ok(conn)
    };
    open().map_err(of_sql(path))
}

/// Whether starting over would help.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown};
    match error {
        rusqlite::Error::SqliteFailure(code, _) => {
            matches!(code.code, DatabaseCorrupt | NotADatabase | Unknown)
        }
        _ => true, // a value of another type, a missing column: not our tables
    }
}

/// `None`: there is nothing, or something of another version.
fn open(path: &Path) -> rusqlite::Result<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let conn = Connection::open(path)?;
    configure(&conn)?;
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Ok(None);
    }
    for table in ["sessions", "projects", "messages"] {
        conn.query_row(&format!("SELECT count(*) FROM {table} WHERE id < 0"), [], |_| Ok(()))?;
    }
    conn.query_row("SELECT count(*) FROM words WHERE words MATCH 'scope:s0'", [], |_| Ok(()))?;
    Ok(Some(conn))
}

fn begin(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(dir) = path.parent() {
        let _the_next_call_tells = fs::create_dir_all(dir);
    }
    let _private = open_private(path);
    let conn = Connection::open(path)?;
    configure(&conn)?;
    conn.execute_batch("BEGIN")?;
    conn.execute_batch(TABLES)?;
    conn.pragma_update(None, "user_version", VERSION)?;
    conn.execute_batch("COMMIT")?;
    Ok(conn)
}

/// A cache needs no flush: what a power cut takes from it, the next start makes again.
fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "OFF")?;
    // What was deleted must not stay behind in free pages.
    conn.pragma_update(None, "secure_delete", true)?;
    // A daemon that has run for months has filled it.
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
