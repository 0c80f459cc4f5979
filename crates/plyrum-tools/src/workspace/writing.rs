//! Writing beneath the handle: temp file, exchange, look at what came out, and only then let it go.
//!
//! A file is replaced by *exchanging* it with the temp file in its folder. What came out is hashed: if it is
//! not what was expected, the exchange is taken back, so an edit made in the last instant is not lost. A new
//! file is put in place without replacing, a removed one is renamed aside first. Nothing is ever written in
//! place, so a hard link elsewhere keeps its content.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::FileError;
use super::handle::{Workspace, kind, stat_in};
use super::node::HASHED_BYTES;
use super::path::RelPath;
use super::reading::{mode, read_to, sha256, size};

const TEMP_START: &str = ".plyrum-";
const TEMP_END: &str = ".tmp";

/// A name for a temp file, not used before.
pub(crate) fn temp_name() -> String {
    format!("{TEMP_START}{:016x}{TEMP_END}", RandomState::new().build_hasher().finish())
}

/// The temp file's name by which undo works at a path: always the same, so that a cut off undo is cleaned up.
pub(crate) fn undo_temp_name(path: &RelPath) -> String {
    let hash = sha256(path.inner().as_os_str().as_bytes());
    format!("{TEMP_START}{}{TEMP_END}", hash.get(..16).unwrap_or_default())
}

/// Whether a name is one of ours.
pub(crate) fn is_temp_name(name: &str) -> bool {
    let digits = name.strip_prefix(TEMP_START).and_then(|rest| rest.strip_suffix(TEMP_END));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A path's folder, opened, with the names used in it.
struct Place<'p> {
    dir: OwnedFd,
    name: &'p OsStr,
    temp: &'p str,
    path: &'p RelPath,
}

impl Workspace {
    /// Creates a file that is not there.
    pub(crate) fn create(
        &self,
        path: &RelPath,
        content: &[u8],
        mode: Option<u32>,
        temp: &str,
    ) -> Result<(), FileError> {
        let place = self.place(path, temp)?;
        place.write_temp(content, mode, None)?;
        place.or_clean_up(place.put_in_place())
    }

    /// Replaces a file whose content has the hash; it keeps its permissions, or gets the mode.
    pub(crate) fn replace(
        &self,
        path: &RelPath,
        content: &[u8],
        expected: &str,
        new_mode: Option<u32>,
        temp: &str,
    ) -> Result<(), FileError> {
        let place = self.place(path, temp)?;
        let old = stat_in(place.dir.as_fd(), place.name).map_err(|e| place.failed(e, "look at"))?;
        let Some(old) = old.filter(|old| kind(old) == FileType::RegularFile) else {
            return Err(place.changed());
        };
        place.write_temp(content, Some(new_mode.unwrap_or_else(|| mode(&old))), Some(&old))?;
        place.or_clean_up(place.exchange(expected))
    }

    /// Removes a file whose content has the hash.
    pub(crate) fn remove(&self, path: &RelPath, expected: &str, temp: &str) -> Result<(), FileError> {
        let place = self.place(path, temp)?;
        match rename_new(place.dir.as_fd(), place.name, OsStr::new(temp)) {
            Ok(()) if place.holds(OsStr::new(temp), expected) => place.unlink(OsStr::new(temp)),
            Ok(()) => {
                rename_new(place.dir.as_fd(), OsStr::new(temp), place.name)
                    .map_err(|e| place.failed(e, "put back"))?;
                Err(place.changed())
            }
            Err(Errno::INVAL) if place.holds(place.name, expected) => place.unlink(place.name),
            Err(Errno::INVAL | Errno::NOENT) => Err(place.changed()),
            Err(errno) => Err(place.failed(errno, "remove")),
        }
    }

    /// Removes a file, a link or something else that is not a directory, whatever it holds.
    pub(crate) fn unlink(&self, path: &RelPath) -> Result<(), FileError> {
        self.place(path, "")?.unlink(path.inner().file_name().unwrap_or_default())
    }

    /// Creates a directory.
    pub(crate) fn mkdir(&self, path: &RelPath) -> Result<(), FileError> {
        let (dir, name) = self.parent(path)?;
        rustix::fs::mkdirat(&dir, name, Mode::from_raw_mode(0o777))
            .map_err(|e| FileError::of(e, "create the directory", path.display()))
    }

    /// Removes a directory if it is empty; says whether it was.
    pub(crate) fn rmdir(&self, path: &RelPath) -> Result<bool, FileError> {
        let (dir, name) = self.parent(path)?;
        match rustix::fs::unlinkat(&dir, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(errno) => Err(FileError::of(errno, "remove the directory", path.display())),
        }
    }

    /// Creates a link where nothing is.
    pub(crate) fn symlink(&self, path: &RelPath, target: &Path) -> Result<(), FileError> {
        let (dir, name) = self.parent(path)?;
        rustix::fs::symlinkat(target, &dir, name)
            .map_err(|e| FileError::of(e, "create the link", path.display()))
    }

    /// Removes a folder with all that is in it, links not followed.
    pub(crate) fn remove_tree(&self, path: &RelPath) -> Result<(), FileError> {
        let mut open = vec![(path.clone(), false)];
        while let Some((path, is_emptied)) = open.pop() {
            if is_emptied {
                self.rmdir(&path)?;
                continue;
            }
            open.push((path.clone(), true));
            for entry in self.read_folder(&path, usize::MAX)?.entries {
                let inner = path.join(&entry.name);
                match entry.kind {
                    FileType::Directory => open.push((inner, false)),
                    _ => self.unlink(&inner)?,
                }
            }
        }
        Ok(())
    }

    fn place<'p>(&self, path: &'p RelPath, temp: &'p str) -> Result<Place<'p>, FileError> {
        let (dir, name) = self.parent(path)?;
        Ok(Place { dir, name, temp, path })
    }
}

impl Place<'_> {
    /// The content in the temp file, durable.
    fn write_temp(&self, content: &[u8], mode: Option<u32>, like: Option<&Stat>) -> Result<(), FileError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Without a wanted mode the umask decides.
        let first = Mode::from_raw_mode(if mode.is_some() { 0o600 } else { 0o666 });
        let file = rustix::fs::openat(&self.dir, self.temp, flags, first)
            .map_err(|e| self.failed(e, "create a file beside"))?;
        self.or_clean_up(fill(&File::from(file), content, mode, like).map_err(|error| self.failed_io(error)))
    }

    fn put_in_place(&self) -> Result<(), FileError> {
        match rename_new(self.dir.as_fd(), OsStr::new(self.temp), self.name) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(self.changed()),
            Err(Errno::INVAL) => self.link_in_place(),
            Err(errno) => Err(self.failed(errno, "put in place")),
        }
    }

    /// For file systems that cannot rename without replacing: a hard link does not replace either.
    fn link_in_place(&self) -> Result<(), FileError> {
        match rustix::fs::linkat(&self.dir, self.temp, &self.dir, self.name, AtFlags::empty()) {
            Ok(()) => self.unlink(OsStr::new(self.temp)),
            Err(Errno::EXIST) => Err(self.changed()),
            Err(errno) => Err(self.failed(errno, "put in place")),
        }
    }

    fn exchange(&self, expected: &str) -> Result<(), FileError> {
        let temp = OsStr::new(self.temp);
        match swap(self.dir.as_fd(), temp, self.name) {
            Ok(()) if self.holds(temp, expected) => self.unlink(temp),
            Ok(()) => {
                swap(self.dir.as_fd(), temp, self.name).map_err(|e| self.failed(e, "put back"))?;
                Err(self.changed())
            }
            // The file system cannot exchange: looked at just before, then renamed over.
            Err(Errno::INVAL) if self.holds(self.name, expected) => {
                rustix::fs::renameat(&self.dir, temp, &self.dir, self.name)
                    .map_err(|e| self.failed(e, "put in place"))
            }
            Err(Errno::INVAL | Errno::NOENT) => Err(self.changed()),
            Err(errno) => Err(self.failed(errno, "put in place")),
        }
    }

    /// Whether the name is a regular file of that content.
    fn holds(&self, name: &OsStr, expected: &str) -> bool {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let Ok(file) = rustix::fs::openat(&self.dir, name, flags, Mode::empty()).map(File::from) else {
            return false;
        };
        let Ok(stat) = rustix::fs::fstat(&file) else { return false };
        let is_file = kind(&stat) == FileType::RegularFile;
        let content = || read_to(&file, HASHED_BYTES, size(&stat)).ok().flatten();
        is_file && content().is_some_and(|content| sha256(&content) == expected)
    }

    fn unlink(&self, name: &OsStr) -> Result<(), FileError> {
        match rustix::fs::unlinkat(&self.dir, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.failed(errno, "remove")),
        }
    }

    /// After a failure the temp file goes; that it may be gone already does not matter.
    fn or_clean_up(&self, done: Result<(), FileError>) -> Result<(), FileError> {
        if done.is_err() {
            let _gone_already = rustix::fs::unlinkat(&self.dir, self.temp, AtFlags::empty());
        }
        done
    }

    fn failed(&self, errno: Errno, what: &'static str) -> FileError {
        FileError::of(errno, what, self.path.display())
    }

    fn failed_io(&self, error: std::io::Error) -> FileError {
        FileError::of_io(error, "write", self.path.display())
    }

    fn changed(&self) -> FileError {
        FileError::ChangedMeanwhile { path: self.path.display() }
    }
}

fn fill(mut file: &File, content: &[u8], mode: Option<u32>, like: Option<&Stat>) -> std::io::Result<()> {
    file.write_all(content)?;
    if let Some(like) = like {
        keep_owner(file, like)?;
    }
    if let Some(mode) = mode {
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?;
    }
    file.sync_data()
}

/// Owner and group as before, where the daemon's user may set them; else they are its own.
fn keep_owner(file: &File, like: &Stat) -> std::io::Result<()> {
    let now = rustix::fs::fstat(file)?;
    if (now.st_uid, now.st_gid) != (like.st_uid, like.st_gid) {
        let (user, group) = (rustix::fs::Uid::from_raw(like.st_uid), rustix::fs::Gid::from_raw(like.st_gid));
        let _not_allowed = rustix::fs::fchown(file, Some(user), Some(group));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn rename_new(dir: BorrowedFd<'_>, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, from, dir, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(target_os = "linux")]
fn swap(dir: BorrowedFd<'_>, a: &OsStr, b: &OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, a, dir, b, rustix::fs::RenameFlags::EXCHANGE)
}

#[cfg(not(target_os = "linux"))]
fn rename_new(_: BorrowedFd<'_>, _: &OsStr, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::INVAL)
}

#[cfg(not(target_os = "linux"))]
fn swap(_: BorrowedFd<'_>, _: &OsStr, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::INVAL)
}
