//! Directories that only their owner can change.
//!
//! The socket, the ledger and the configuration decide who may spend money and run
//! commands, so each directory is looked at without following a link, and the checks run
//! on the opened directory itself: what is checked is what is used. The road not taken:
//! trusting the umask, which the user's shell, cron and systemd all set differently.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::libc::{O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW};
use nix::unistd::{AccessFlags, Uid, faccessat};

use crate::{ConfigError, Refusal};

/// Owner only.
const PRIVATE: u32 = 0o700;
/// Bits that let others write.
const OTHERS_WRITE: u32 = 0o022;
/// Bits that let others in at all.
const OTHERS: u32 = 0o077;

/// What may be done about a directory that others can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is the user's own directory: its read bits are theirs to choose.
    Leave,
    /// It is one of ours: close it.
    Close,
}

/// Creates `dir` with mode 0700 (missing parents too), or checks the one that is there.
pub(crate) fn ensure(dir: &Path, reading: Reading) -> Result<(), ConfigError> {
    create_private(dir)?;
    let opened = open_checked(dir)?;
    match reading {
        Reading::Leave => Ok(()),
        Reading::Close => close_to_others(dir, &opened),
    }
}

/// Refuses what [`ensure`] would refuse, and changes nothing. A missing directory is fine.
pub(crate) fn check(dir: &Path) -> Result<(), ConfigError> {
    match dir.symlink_metadata() {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(ConfigError::storage(dir, "look at", cause)),
        Ok(found) => check_metadata(dir, &found),
    }
}

/// Whether we can create files in `dir`, by effective uid.
pub(crate) fn check_writable(dir: &Path) -> Result<(), ConfigError> {
    faccessat(AT_FDCWD, dir, AccessFlags::W_OK | AccessFlags::X_OK, AtFlags::AT_EACCESS)
        .map_err(|errno| ConfigError::storage(dir, "write in", errno.into()))
}

fn create_private(dir: &Path) -> Result<(), ConfigError> {
    match DirBuilder::new().mode(PRIVATE).create(dir) {
        Ok(()) => give_private_mode(dir),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => match dir.parent() {
            Some(parent) if parent != dir => {
                create_private(parent)?;
                create_leaf(dir)
            }
            _ => Err(ConfigError::storage(dir, "create", cause)),
        },
        // A read-only file system answers before it looks whether the directory is there.
        Err(_) if dir.symlink_metadata().is_ok() => Ok(()),
        Err(cause) => Err(ConfigError::storage(dir, "create", cause)),
    }
}

/// Without a second look at the parents, so that a dangling link among them ends here.
fn create_leaf(dir: &Path) -> Result<(), ConfigError> {
    match DirBuilder::new().mode(PRIVATE).create(dir) {
        Ok(()) => give_private_mode(dir),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(ConfigError::storage(dir, "create", cause)),
    }
}

/// The umask can take bits away from `mkdir`; our own directory needs all three.
fn give_private_mode(dir: &Path) -> Result<(), ConfigError> {
    let found = dir.symlink_metadata().map_err(|cause| ConfigError::storage(dir, "look at", cause))?;
    check_metadata(dir, &found)?;
    if found.mode() & 0o777 == PRIVATE {
        return Ok(());
    }
    std::fs::set_permissions(dir, Permissions::from_mode(PRIVATE))
        .map_err(|cause| ConfigError::storage(dir, "set the mode of", cause))
}

fn open_checked(dir: &Path) -> Result<File, ConfigError> {
    check(dir)?;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        .open(dir)
        .map_err(|cause| ConfigError::storage(dir, "open", cause))?;
    check_metadata(dir, &metadata(dir, &opened)?)?;
    Ok(opened)
}

fn close_to_others(dir: &Path, opened: &File) -> Result<(), ConfigError> {
    let mode = metadata(dir, opened)?.mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    opened
        .set_permissions(Permissions::from_mode(mode & !OTHERS))
        .map_err(|cause| ConfigError::storage(dir, "set the mode of", cause))
}

fn metadata(dir: &Path, opened: &File) -> Result<Metadata, ConfigError> {
    opened.metadata().map_err(|cause| ConfigError::storage(dir, "look at", cause))
}

fn check_metadata(dir: &Path, found: &Metadata) -> Result<(), ConfigError> {
    let facts = Facts {
        is_symlink: found.is_symlink(),
        is_dir: found.is_dir(),
        owner: found.uid(),
        mode: found.mode() & 0o7777,
    };
    match facts.refusal(Uid::effective().as_raw()) {
        Some(why) => Err(ConfigError::HomeRefused { path: dir.to_owned(), why }),
        None => Ok(()),
    }
}

/// What decides, apart from where it came from.
struct Facts {
    is_symlink: bool,
    is_dir: bool,
    owner: u32,
    mode: u32,
}

impl Facts {
    fn refusal(&self, ours: u32) -> Option<Refusal> {
        if self.is_symlink {
            Some(Refusal::Symlink)
        } else if !self.is_dir {
            Some(Refusal::NotADirectory)
        } else if self.owner != ours {
            Some(Refusal::OtherOwner { owner: self.owner, ours })
        } else if self.mode & OTHERS_WRITE != 0 {
            Some(Refusal::WritableByOthers { mode: self.mode })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    fn dir_with_mode(home: &TempDir, name: &str, mode: u32) -> std::path::PathBuf {
        let dir = home.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, Permissions::from_mode(mode)).unwrap();
        dir
    }

    fn mode_of(dir: &Path) -> u32 {
        dir.metadata().unwrap().mode() & 0o7777
    }

    fn refusal(result: Result<(), ConfigError>) -> Refusal {
        match result {
            Err(ConfigError::HomeRefused { why, .. }) => why,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn another_owner_is_refused_even_with_a_private_mode() {
        let facts = Facts { is_symlink: false, is_dir: true, owner: 1001, mode: 0o700 };
        assert_eq!(facts.refusal(1000), Some(Refusal::OtherOwner { owner: 1001, ours: 1000 }));
        assert_eq!(facts.refusal(1001), None);
    }

    #[test]
    fn a_directory_of_another_user_is_refused_on_disk_too() {
        let home = TempDir::new().unwrap();
        let dir = dir_with_mode(&home, "theirs", 0o700);
        if !Uid::effective().is_root() {
            return; // only root can give a directory away
        }
        std::os::unix::fs::chown(&dir, Some(65_534), None).unwrap();
        assert_eq!(refusal(ensure(&dir, Reading::Close)), Refusal::OtherOwner { owner: 65_534, ours: 0 });
        assert_eq!(refusal(check(&dir)), Refusal::OtherOwner { owner: 65_534, ours: 0 });
    }

    #[test]
    fn write_bits_of_group_or_others_are_refused_and_not_repaired() {
        let home = TempDir::new().unwrap();
        for mode in [0o770, 0o720, 0o702, 0o777, 0o1777] {
            let dir = dir_with_mode(&home, &format!("d{mode:o}"), mode);
            assert_eq!(refusal(ensure(&dir, Reading::Close)), Refusal::WritableByOthers { mode });
            assert_eq!(mode_of(&dir), mode);
        }
    }

    #[test]
    fn read_bits_are_closed_below_our_root_only() {
        let home = TempDir::new().unwrap();
        let ours = dir_with_mode(&home, "ours", 0o755);
        let theirs = dir_with_mode(&home, "theirs", 0o755);
        ensure(&ours, Reading::Close).unwrap();
        ensure(&theirs, Reading::Leave).unwrap();
        assert_eq!((mode_of(&ours), mode_of(&theirs)), (0o700, 0o755));
    }

    #[test]
    fn a_mode_without_our_own_write_bit_is_kept() {
        let home = TempDir::new().unwrap();
        let dir = dir_with_mode(&home, "frozen", 0o555);
        ensure(&dir, Reading::Close).unwrap();
        assert_eq!(mode_of(&dir), 0o500);
    }

    #[test]
    fn links_files_and_dangling_links_are_refused() {
        let home = TempDir::new().unwrap();
        let real = dir_with_mode(&home, "real", 0o700);
        let link = home.path().join("link");
        symlink(&real, &link).unwrap();
        assert_eq!(refusal(ensure(&link, Reading::Close)), Refusal::Symlink);
        assert_eq!(refusal(check(&link)), Refusal::Symlink);
        let dangling = home.path().join("dangling");
        symlink(home.path().join("nowhere"), &dangling).unwrap();
        assert_eq!(refusal(ensure(&dangling, Reading::Close)), Refusal::Symlink);
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(refusal(ensure(&file, Reading::Close)), Refusal::NotADirectory);
    }

    #[test]
    fn missing_parents_are_created_private_too() {
        let home = TempDir::new().unwrap();
        let deep = home.path().join("a/b/c");
        ensure(&deep, Reading::Close).unwrap();
        for dir in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode_of(&home.path().join(dir)), 0o700);
        }
    }

    #[test]
    fn a_parent_that_is_a_file_is_a_storage_error_with_its_reason() {
        let home = TempDir::new().unwrap();
        std::fs::write(home.path().join("file"), "").unwrap();
        let error = ensure(&home.path().join("file/sub"), Reading::Close).unwrap_err();
        assert!(error.to_string().starts_with("cannot create /"), "{error}");
        assert_eq!(error.failure(), crate::Failure::Storage);
    }

    #[test]
    fn checking_creates_nothing() {
        let home = TempDir::new().unwrap();
        let missing = home.path().join("missing");
        check(&missing).unwrap();
        assert!(!missing.exists());
    }
}
