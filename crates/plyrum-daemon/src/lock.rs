//! One daemon per home: an advisory lock held for life. The process id in the file is information for
//! people; the lock is what counts, and the system lets it go however the process ends.

use plyrum_protocol::{ErrorKind, Fault, LockNote, MAX_LOCK_NOTE};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

/// Who only looks whether it is taken has it for less than this.
const LOOKED_AT_WITHIN: Duration = Duration::from_millis(2);

/// The lock of this home, while it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    held: File,
}

impl Lock {
    /// Tells whoever finds it taken that this is not for long. In one write, over what is there: a reader finds
    /// the process at any moment.
    pub(crate) fn tell_ending(&self) {
        let note = LockNote { pid: std::process::id(), ending: true };
        if let Err(e) = self.held.write_all_at(format!("{note}\n").as_bytes(), 0) {
            crate::log::line(&format!("cannot write to the lock file: {e}"));
        }
    }
}

/// Whether who has the lock says that it is ending.
pub(crate) fn says_ending(path: &Path) -> bool {
    let mut text = String::new();
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NOFOLLOW).open(path);
    let read = file.and_then(|file| file.take(MAX_LOCK_NOTE).read_to_string(&mut text));
    read.is_ok() && text.parse().is_ok_and(|note: LockNote| note.ending)
}

/// Takes the lock. `None`: another daemon has it.
pub(crate) fn take(path: &Path) -> Result<Option<Lock>, Fault> {
    let wrong = |e: std::io::Error| {
        Fault::new(ErrorKind::Storage, format!("cannot lock {}: {e}", path.display())).hint("plyrum doctor")
    };
    refuse_others(path)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)
        .map_err(wrong)?;
    let mut tried = file.try_lock();
    if matches!(tried, Err(TryLockError::WouldBlock)) {
        std::thread::sleep(LOOKED_AT_WITHIN);
        tried = file.try_lock();
    }
    match tried {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(e)) => return Err(wrong(e)),
    }
    let note = LockNote { pid: std::process::id(), ending: false };
    file.set_len(0).and_then(|()| writeln!(file, "{note}")).map_err(wrong)?;
    Ok(Some(Lock { held: file }))
}

/// A lock file of somebody else's is theirs to hold: waiting for it would be waiting for ever.
fn refuse_others(path: &Path) -> Result<(), Fault> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    let why = if !found.is_file() {
        "is not a regular file"
    } else if found.uid() != nix::unistd::Uid::effective().as_raw() {
        "belongs to another user"
    } else {
        return Ok(());
    };
    Err(Fault::new(ErrorKind::Config, format!("the lock file {} {why}", path.display()))
        .hint("find out who put it there, then remove it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_taken_once_and_a_link_or_directory_in_its_place_never() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("daemon.lock");
        let lock = take(&path).unwrap().unwrap();
        assert!(take(&path).unwrap().is_none() && !says_ending(&path));
        lock.tell_ending();
        assert!(says_ending(&path));
        drop(lock);
        assert!(
            take(&path).unwrap().is_some() && !says_ending(&path),
            "the next one says nothing of the kind"
        );
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for wrong in [link.as_path(), dir.path()] {
            let fault = take(wrong).unwrap_err();
            assert!(
                fault.kind == ErrorKind::Config && fault.message.contains("not a regular file"),
                "{fault}"
            );
        }
    }
}
