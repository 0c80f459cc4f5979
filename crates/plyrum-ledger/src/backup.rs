//! A copy of the ledger before its schema changes: `ledger.sqlite.schema-1.bak`, beside it.
//!
//! A migration runs in one transaction, so a failed one leaves the file as it was. The copy is for what a
//! transaction cannot take back: a migration that went through and was wrong, or a person who wants the
//! older Plyrum again. It is made by SQLite itself (`VACUUM INTO`), so it is consistent and has no log
//! beside it, and it is on disk, whole, under its name before the first statement of the migration runs.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::LedgerError;
use crate::open::beside;

/// Copies kept of one schema: a migration that fails at each start must not fill the disk.
const MAX_OF_A_SCHEMA: u32 = 3;

/// Copies the database of schema `version` beside itself and returns where. Of several copies the first
/// ones are kept, and the newest.
pub(crate) fn before_migration(conn: &Connection, path: &Path, version: i64) -> Result<PathBuf, LedgerError> {
    let names: Vec<PathBuf> = (0..MAX_OF_A_SCHEMA)
        .map(|nth| if nth == 0 { String::new() } else { format!(".{nth}") })
        .map(|nth| beside(path, &format!(".schema-{version}{nth}.bak")))
        .collect();
    let free = names.iter().find(|name| !name.exists()).or(names.last());
    let target = free.cloned().unwrap_or_else(|| beside(path, ".bak"));
    let fresh = beside(&target, ".new");
    let made = make(conn, &fresh, version).and_then(|()| {
        let kept = fs::rename(&fresh, &target).and_then(|()| sync_directory_of(&target));
        kept.map_err(|error| LedgerError::io(&error, "name it"))
    });
    if let Err(error) = made {
        let _what_there_is_of_it = fs::remove_file(&fresh);
        return Err(named(error, &target));
    }
    Ok(target)
}

fn make(conn: &Connection, fresh: &Path, version: i64) -> Result<(), LedgerError> {
    let io = |error: std::io::Error| LedgerError::io(&error, "write it");
    // An earlier one that was cut off.
    if fresh.exists() {
        fs::remove_file(fresh).map_err(io)?;
    }
    // SQLite fills an empty file and leaves its mode.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh).map_err(io)?;
    let Some(name) = fresh.to_str() else {
        return Err(LedgerError::invalid("the ledger's path is not UTF-8"));
    };
    conn.execute("VACUUM INTO ?1", [name])?;
    file.sync_all().map_err(io)?;
    drop(file);
    let copy = Connection::open_with_flags(fresh, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let copied: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let sound: String = copy.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if (copied, sound.as_str()) != (version, "ok") {
        return Err(LedgerError::internal(format!("it has schema {copied} and is: {sound}")));
    }
    Ok(())
}

fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| parent.as_os_str() != OsStr::new(""));
    File::open(parent.unwrap_or(Path::new("."))).and_then(|dir| dir.sync_all())
}

/// Says in front of an error what was to be done, and that nothing was changed.
fn named(error: LedgerError, target: &Path) -> LedgerError {
    let before = format!(
        "before its schema is changed the ledger is copied to {}, and that failed (nothing is changed)",
        target.display()
    );
    match error {
        LedgerError::Storage { kind, message } => {
            LedgerError::Storage { kind, message: format!("{before}: {message}") }
        }
        other => LedgerError::internal(format!("{before}: {other}")),
    }
}
