//! One daemon per home: an advisory lock held for life. The process id in the file is information for
//! people; the lock is what counts, and the system lets it go however the process ends.

use plyrum_protocol::{ErrorKind, Fault};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The lock of this home, while it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _held: File,
}

/// Takes the lock. `None`: another daemon has it.
pub(crate) fn take(path: &Path) -> Result<Option<Lock>, Fault> {
    let wrong = |e: std::io::Error| {
        Fault::new(ErrorKind::Storage, format!("cannot lock {}: {e}", path.display())).hint("plyrum doctor")
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(e)) => return Err(wrong(e)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(wrong)?;
    Ok(Some(Lock { _held: file }))
}
