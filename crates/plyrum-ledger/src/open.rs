//! Opening the file: the right one, ours alone to write, with a schema that we know.
//!
//! Checked before anything is trusted: SQLite's version (before 3.51.3 a WAL reset can corrupt the
//! database), that it is a Plyrum ledger, that no newer Plyrum wrote it, and that no other process writes
//! it (an advisory lock on a file of its own: closing any descriptor of the database itself would drop
//! SQLite's locks on it).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::backup;
use crate::error::{LedgerError, StorageKind};
use crate::place;

/// The first version without the WAL-reset corruption.
const MIN_SQLITE: i32 = 3_051_003;
/// "PLYR": tells a ledger from any other database.
pub(crate) const APPLICATION_ID: i64 = 0x504C_5952;
/// One file per schema version, applied in order.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];
/// How long to wait for another process's lock before saying `busy`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than this crate has statements, so that each is prepared once.
const STATEMENTS: usize = 128;

/// The newest schema that this build knows.
pub(crate) fn supported_schema() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// A writable database of the newest schema, with the lock that makes it ours.
pub(crate) struct Opened {
    pub conn: Connection,
    /// Held for life; `None` in memory.
    pub lock: Option<File>,
}

pub(crate) fn file(path: &Path) -> Result<Opened, LedgerError> {
    check_sqlite_version()?;
    place::check(path)?;
    let lock = lock(path)?;
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn, path)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let message = format!("{} cannot use a write-ahead log (mode `{mode}`)", path.display());
        return Err(LedgerError::Storage { kind: StorageKind::Io, message });
    }
    // Checkpoints fsync: they wait for an idle moment (writer.rs) instead of a commit.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    place::note(&conn, path)?;
    Ok(Opened { conn, lock: Some(lock) })
}

pub(crate) fn in_memory() -> Result<Opened, LedgerError> {
    check_sqlite_version()?;
    let conn = Connection::open_in_memory()?;
    prepare(&conn, Path::new(":memory:"))?;
    Ok(Opened { conn, lock: None })
}

fn prepare(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    // A flush that reaches the medium on macOS; without effect elsewhere.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "synchronous", "full")?;
    // Off while tables are built anew: the one way in which SQLite lets a referenced table be replaced.
    conn.pragma_update(None, "foreign_keys", false)?;
    migrate(conn, path, MIGRATIONS)?;
    Ok(conn.pragma_update(None, "foreign_keys", true)?)
}

fn check_sqlite_version() -> Result<(), LedgerError> {
    if rusqlite::version_number() < MIN_SQLITE {
        return Err(LedgerError::OldSqlite { found: rusqlite::version().to_owned() });
    }
    Ok(())
}

/// The file's schema version; an error for a database that is not ours or newer than this build.
pub(crate) fn schema_of(conn: &Connection, path: &Path) -> Result<i64, LedgerError> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (version, tables) != (0, 0) {
        return Err(LedgerError::NotALedger { path: path.to_owned() });
    }
    if version > supported_schema() {
        return Err(LedgerError::NewerSchema { found: version, supported: supported_schema() });
    }
    Ok(version)
}

/// Brings the schema up to date in one transaction, all steps or none, after a copy of what is there.
fn migrate(conn: &Connection, path: &Path, migrations: &[&str]) -> Result<(), LedgerError> {
    let version = schema_of(conn, path)?;
    let done = usize::try_from(version).unwrap_or(0);
    let steps = migrations.get(done..).unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    if version > 0 {
        backup::before_migration(conn, path, version)?;
    }
    let (steps, supported) = (steps.concat(), migrations.len());
    let script = format!(
        "BEGIN IMMEDIATE; {steps} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {supported};"
    );
    // Where a step fails, the transaction goes with the connection.
    conn.execute_batch(&script)?;
    let astray: Option<String> = conn
        .query_row("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", [], |row| row.get(0))
        .optional()?;
    if let Some(table) = astray {
        let message =
            format!("{} has rows in `{table}` that lead nowhere; nothing is changed", path.display());
        return Err(LedgerError::Storage { kind: StorageKind::Corrupt, message });
    }
    Ok(conn.execute_batch("COMMIT")?)
}

fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock_path = beside(path, ".lock");
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&lock_path);
    let file = file.map_err(|error| LedgerError::io(&error, &format!("open {}", lock_path.display())))?;
    match try_for_a_moment(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => {
            Err(LedgerError::io(&error, &format!("lock {}", lock_path.display())))
        }
    }
}

/// A process that was just started by the last holder has its descriptors until it becomes another program, and
/// with them its lock: that is over in milliseconds.
fn try_for_a_moment(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 50;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
    file.try_lock()
}

/// Makes the file ours alone before SQLite writes to it; `-wal` and `-shm` take over its mode. An existing
/// file is never opened here (see the module's header).
fn create_private(path: &Path) -> Result<(), LedgerError> {
    let wrap = |error: std::io::Error| LedgerError::io(&error, &format!("create {}", path.display()));
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => {
            file.sync_all().map_err(wrap)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new("."))).and_then(|dir| dir.sync_all()).map_err(wrap)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(wrap)
        }
        Err(error) => Err(wrap(error)),
    }
}

/// `ledger.sqlite` → `ledger.sqlite-wal`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temp() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        (dir, path)
    }

    #[test]
    fn the_linked_sqlite_is_new_enough() {
        assert!(check_sqlite_version().is_ok(), "{}", rusqlite::version());
    }

    #[test]
    fn all_files_are_private_whatever_was_there() {
        let (dir, path) = temp();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let opened = file(&path).unwrap();
        opened.conn.execute("INSERT INTO meta VALUES ('k', 'v')", []).unwrap();
        let modes: Vec<u32> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().permissions().mode() & 0o777)
            .collect();
        assert_eq!(modes, [0o600; 4], "database, wal, shm and lock");
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let (_dir, path) = temp();
        drop(file(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = fs::read(&path).unwrap();
        let refused = file(&path).err().unwrap();
        assert_eq!(refused, LedgerError::NewerSchema { found: 99, supported: supported_schema() });
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_file_and_its_copies_are_bounded() {
        let (dir, path) = temp();
        drop(file(&path).unwrap());
        let steps = [MIGRATIONS, &["CREATE TABLE new (x); INSERT INTO nowhere VALUES (1);"]].concat();
        for _ in 0..6 {
            let conn = Connection::open(&path).unwrap();
            let failed = migrate(&conn, &path, &steps).unwrap_err();
            assert!(failed.to_string().contains("nowhere"), "{failed}");
        }
        let is_copy = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|end| end == "bak");
        let copies: Vec<_> = fs::read_dir(dir.path()).unwrap().map(Result::unwrap).filter(is_copy).collect();
        assert_eq!(copies.len(), 3);
        assert!(copies.iter().all(|copy| copy.metadata().unwrap().permissions().mode() & 0o777 == 0o600));
        let again = file(&path).unwrap();
        assert_eq!(schema_of(&again.conn, &path), Ok(supported_schema()));
        assert!(again.conn.prepare("SELECT * FROM new").is_err(), "nothing of the failed step is there");
    }

    #[test]
    fn a_migration_without_room_for_its_copy_does_not_begin() {
        let (_dir, path) = temp();
        drop(file(&path).unwrap());
        let in_the_way = beside(&path, &format!(".schema-{}.bak.new", supported_schema()));
        fs::create_dir(in_the_way).unwrap();
        let conn = Connection::open(&path).unwrap();
        let steps = [MIGRATIONS, &["CREATE TABLE new (x);"]].concat();
        let failed = migrate(&conn, &path, &steps).unwrap_err();
        assert!(failed.to_string().contains("nothing is changed"), "{failed}");
        assert_eq!(schema_of(&conn, &path), Ok(supported_schema()));
    }

    #[test]
    fn another_database_is_not_taken_for_a_ledger() {
        let (_dir, path) = temp();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE cats (name TEXT)").unwrap();
        assert_eq!(file(&path).err(), Some(LedgerError::NotALedger { path: path.clone() }));
        fs::write(&path, "not a database at all, but long enough to look at".repeat(100)).unwrap();
        let damaged = file(&path).err().unwrap();
        assert!(matches!(damaged, LedgerError::Storage { kind: StorageKind::Corrupt, .. }), "{damaged}");
    }

    #[test]
    fn two_writers_never_have_it_at_once() {
        let (_dir, path) = temp();
        let first = file(&path).unwrap();
        assert_eq!(file(&path).err(), Some(LedgerError::Locked { path: path.clone() }));
        drop(first);
        assert!(file(&path).is_ok());
    }

    #[test]
    fn a_directory_that_is_not_there_is_a_clean_error() {
        let missing = file(Path::new("/nonexistent/ledger.sqlite")).err().unwrap();
        assert!(matches!(missing, LedgerError::Storage { kind: StorageKind::Io, .. }), "{missing}");
    }
}
