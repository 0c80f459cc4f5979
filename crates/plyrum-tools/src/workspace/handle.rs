//! The opened workspace: every path is opened beneath its directory handle by the kernel.
//!
//! `openat2` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS` is the only way in. Links
//! are not followed even where they stay inside: a policy speaks about the path that was approved, and a link
//! would make it another one. There is no weaker way for systems without that call.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::FileError;
use super::path::RelPath;

/// How often an opening is tried again that a rename elsewhere disturbed.
const TRIES: u32 = 64;

/// A workspace directory, held open.
#[derive(Debug)]
pub struct Workspace {
    dir: OwnedFd,
    root: PathBuf,
    given: PathBuf,
}

impl Workspace {
    /// Opens a directory as a workspace. Links in `root` itself are followed: it is the user's own word.
    pub fn open(root: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Root { root: root.display().to_string(), source };
        let canonical = fs::canonicalize(root).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let dir = rustix::fs::open(&canonical, flags, Mode::empty()).map_err(|e| failed(e.into()))?;
        let workspace = Self { dir, root: canonical, given: root.to_path_buf() };
        workspace.open_at(&RelPath::root(), OFlags::PATH | OFlags::DIRECTORY)?;
        Ok(workspace)
    }

    /// Where it is, for the daemon's own records; not for models.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads a path as a model gave it.
    pub fn relative(&self, given: &str) -> Result<RelPath, FileError> {
        RelPath::parse(given, &[&self.root, &self.given])
    }

    /// Opens something that exists. The error says which link or file stood in the way.
    pub(crate) fn open_at(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd, FileError> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        beneath(self.dir.as_fd(), path.as_path(), flags).map_err(|errno| match errno {
            Errno::LOOP => self.link_in(path),
            errno => FileError::of(errno, "open", path.display()),
        })
    }

    /// Opens a folder so that names in it can be used.
    pub(crate) fn folder(&self, path: &RelPath) -> Result<OwnedFd, FileError> {
        self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// The folder of a path, opened, and the name in it.
    pub(crate) fn parent<'p>(&self, path: &'p RelPath) -> Result<(OwnedFd, &'p OsStr), FileError> {
        let (folder, _) =
            path.split().ok_or(FileError::NotAFile { path: ".".to_owned(), kind: "the workspace itself" })?;
        let name = path.inner().file_name().unwrap_or_default();
        Ok((self.folder(&folder)?, name))
    }

    /// What is at the path, the link itself if it is one; none where nothing is.
    pub(crate) fn stat(&self, path: &RelPath) -> Result<Option<Stat>, FileError> {
        if path.is_root() {
            let stat = rustix::fs::fstat(&self.dir);
            return stat.map(Some).map_err(|e| FileError::of(e, "look at", path.display()));
        }
        let (dir, name) = match self.parent(path) {
            Err(FileError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        stat_in(dir.as_fd(), name).map_err(|e| FileError::of(e, "look at", path.display()))
    }

    /// Which link made an opening fail.
    fn link_in(&self, path: &RelPath) -> FileError {
        let mut prefixes: Vec<RelPath> = path.above().collect();
        prefixes.reverse();
        prefixes.push(path.clone());
        let link = prefixes.into_iter().find(|prefix| {
            let stat = self.stat(prefix).ok().flatten();
            stat.is_some_and(|stat| kind(&stat) == FileType::Symlink)
        });
        // A link that is gone again by now: the race itself is told.
        let link = link.unwrap_or_else(|| path.clone());
        let target = self.link_target(&link).map(|target| {
            let rest = path.inner().strip_prefix(link.inner()).unwrap_or(Path::new(""));
            if rest.as_os_str().is_empty() { target } else { target.join(rest.as_os_str()) }
        });
        let target = target.map(|target| target.display());
        FileError::Link { path: path.display(), link: link.display(), target }
    }

    /// Where a link leads, by its words, if that is inside.
    fn link_target(&self, link: &RelPath) -> Option<RelPath> {
        let (dir, name) = self.parent(link).ok()?;
        let target = rustix::fs::readlinkat(&dir, name, Vec::new()).ok()?;
        let target = PathBuf::from(bytes_path(target.as_bytes()));
        if target.is_absolute() {
            return RelPath::normal(target.strip_prefix(&self.root).ok()?);
        }
        let (folder, _) = link.split()?;
        RelPath::normal(&folder.inner().join(target))
    }
}

/// What is under the name, links not followed.
pub(crate) fn stat_in(dir: BorrowedFd<'_>, name: &OsStr) -> Result<Option<Stat>, Errno> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// The kind of what was looked at.
pub(crate) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// The kind in words.
pub(crate) fn kind_words(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice => "a character device",
        FileType::BlockDevice => "a block device",
        FileType::Unknown => "something unknown",
    }
}

/// Bytes as a path of the system.
pub(crate) fn bytes_path(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// The one opening of paths. `EAGAIN` is the kernel's word for "something was renamed just now".
#[cfg(target_os = "linux")]
pub(crate) fn beneath(dir: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::ResolveFlags;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let mut last = Errno::AGAIN;
    for _ in 0..TRIES {
        match rustix::fs::openat2(dir, path, flags, Mode::empty(), resolve) {
            Err(errno @ (Errno::AGAIN | Errno::INTR)) => last = errno,
            other => return other,
        }
    }
    Err(last)
}

/// Other systems have no such call, and nothing weaker is used.
#[cfg(not(target_os = "linux"))]
pub(crate) fn beneath(_: BorrowedFd<'_>, _: &Path, _: OFlags) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}
