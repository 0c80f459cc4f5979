//! Taking away a tree that a command was free to build: deeper than any path is long, closed to its own owner, as large as
//! it likes.
//!
//! Every step goes by a folder's handle, at most five are open, and nothing recurses: a folder below the root gives its own
//! folders to the root and goes, until the root is empty. Links are removed, never followed. What cannot be removed keeps
//! nothing else from going.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::handle::{bytes_path, kind, stat_in};
use super::reading::mode;
use super::writing::temp_name;

/// What its owner may do in a folder that is emptied.
const OWN: u32 = 0o700;

/// Removes what has this name in a folder, with all that is in it; nothing there is no error. Blocks.
///
/// # Errors
///
/// The first thing that the system refused; all else is gone.
pub(super) fn remove_all(holder: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let Some(root) = folder(holder, name)? else { return Ok(unlink(holder, name, AtFlags::empty())?) };
    loop {
        let mut pass = Pass { root: &root, done: 0, failed: None };
        pass.run()?;
        if pass.done == 0 {
            return match pass.failed {
                Some(errno) => Err(errno.into()),
                None => Ok(unlink(holder, name, AtFlags::REMOVEDIR)?),
            };
        }
    }
}

/// One time through the root. A listing that changes while it is read may leave names out, so there is another one after it.
struct Pass<'r> {
    root: &'r OwnedFd,
    /// What was removed or moved up.
    done: usize,
    failed: Option<Errno>,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), Errno> {
        for entry in Dir::read_from(self.root)? {
            let entry = entry?;
            let name = bytes_path(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                let gone = self.take(name);
                self.note(gone);
            }
        }
        Ok(())
    }

    /// Removes what lies in the root: a folder gives its own folders to the root first.
    fn take(&mut self, name: &OsStr) -> Result<(), Errno> {
        let Some(inner) = folder(self.root.as_fd(), name)? else {
            return unlink(self.root.as_fd(), name, AtFlags::empty());
        };
        for entry in Dir::read_from(&inner)? {
            let entry = entry?;
            let name = bytes_path(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                let gone = self.lift(&inner, name);
                self.note(gone);
            }
        }
        unlink(self.root.as_fd(), name, AtFlags::REMOVEDIR)
    }

    /// A folder is opened before it is moved: to move one needs leave to write in it.
    fn lift(&self, inner: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
        match folder(inner.as_fd(), name)? {
            None => unlink(inner.as_fd(), name, AtFlags::empty()),
            Some(_) => rustix::fs::renameat(inner, name, self.root, temp_name()),
        }
    }

    fn note(&mut self, gone: Result<(), Errno>) {
        match gone {
            Ok(()) => self.done += 1,
            Err(errno) => {
                self.failed.get_or_insert(errno);
            }
        }
    }
}

/// A folder, opened to be emptied even where it was closed to its owner; none: it is something else.
fn folder(holder: BorrowedFd<'_>, name: &OsStr) -> Result<Option<OwnedFd>, Errno> {
    let found = stat_in(holder, name)?;
    if found.is_none_or(|found| kind(&found) != FileType::Directory) {
        return Ok(None);
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = rustix::fs::openat(holder, name, flags, Mode::empty())?;
    if mode(&rustix::fs::fstat(&held)?) & OWN != OWN {
        // A handle without leave to read has no other way to its own permissions.
        rustix::fs::chmod(format!("/proc/self/fd/{}", held.as_raw_fd()), Mode::from_raw_mode(OWN))?;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(&held, ".", flags, Mode::empty()).map(Some)
}

fn unlink(holder: BorrowedFd<'_>, name: &OsStr, flags: AtFlags) -> Result<(), Errno> {
    match rustix::fs::unlinkat(holder, name, flags) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    fn open(path: &Path) -> OwnedFd {
        fs::File::open(path).unwrap().into()
    }

    /// `d/d/d…`, each with a file and a link, and each third closed when all is made.
    fn chain(root: &Path, depth: usize) {
        let mut made = vec![open(root)];
        for level in 0..depth {
            let above = made.last().unwrap();
            rustix::fs::mkdirat(above, "d", Mode::from_raw_mode(0o700)).unwrap();
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let inner = rustix::fs::openat(above, "d", flags, Mode::empty()).unwrap();
            let flags = OFlags::CREATE | OFlags::WRONLY;
            rustix::fs::openat(&inner, "file", flags, Mode::empty()).unwrap();
            rustix::fs::symlinkat("/etc", &inner, "link").unwrap();
            if level % 3 == 2 {
                rustix::fs::fchmod(above, Mode::empty()).unwrap();
            }
            made.push(inner);
            if made.len() > 4 {
                made.remove(0);
            }
        }
    }

    #[test]
    fn what_is_deeper_than_a_path_and_closed_to_its_owner_goes() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("wide/a/b")).unwrap();
        fs::create_dir_all(tree.join("closed/inner")).unwrap();
        chain(&tree, 3_000);
        for folder in ["closed/inner", "closed", "wide/a"] {
            fs::set_permissions(tree.join(folder), fs::Permissions::from_mode(0o000)).unwrap();
        }
        remove_all(open(dir.path()).as_fd(), OsStr::new("tree")).unwrap();
        assert!(!tree.exists());
        assert!(Path::new("/etc/passwd").exists());
    }

    #[test]
    fn a_file_and_a_link_go_themselves_and_nothing_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("kept")).unwrap();
        fs::write(dir.path().join("kept/file"), "x").unwrap();
        std::os::unix::fs::symlink("kept", dir.path().join("link")).unwrap();
        fs::write(dir.path().join("file"), "x").unwrap();
        for name in ["link", "file", "none"] {
            remove_all(open(dir.path()).as_fd(), OsStr::new(name)).unwrap();
            assert!(dir.path().join(name).symlink_metadata().is_err(), "{name}");
        }
        assert!(dir.path().join("kept/file").exists());
    }
}
