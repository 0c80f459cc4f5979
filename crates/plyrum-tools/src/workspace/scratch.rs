//! A scratch copy of a workspace, for a command that must leave the workspace as it is: shown to it in the workspace's place,
//! and removed with everything that it did there.
//!
//! A plain copy, bounded in files and bytes. bubblewrap can lay a folder over another one only from 0.11 on, and systems
//! in use have 0.8. What is not copied: version control and what build tools make again ([`CLOSED_FOLDERS`]); files that
//! usually hold a secret, and what commands do not see; what nobody may read; sockets, FIFOs and devices. Dependencies that
//! were installed inside (`node_modules`, `.venv`, `venv`) are lent: shown read-only where they are. Links are copied as links
//! and never followed.
//!
//! All scratch copies of a daemon lie in one folder, so that a start takes away what a crash left ([`clean_up_scratch`]).

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::error::FileError;
use super::handle::Workspace;
use super::path::RelPath;
use super::reading::{mode, size};
use super::removal::remove_all;
use super::undo::CLOSED_FOLDERS;
use super::writing::temp_name;
use crate::policy::holds_keys;

/// Folders that are shown as they are, read-only.
const LENT: &[&str] = &["node_modules", ".venv", "venv"];
/// Most of them.
const MAX_LENT: usize = 64;
/// Deepest folder.
const DEPTH: usize = 128;
/// Names of one folder.
const FOLDER_ENTRIES: usize = 200_000;

/// How much is copied at most. A workspace with more is not copied at all.
#[derive(Debug, Clone, Copy)]
pub struct ScratchBounds {
    /// Files, folders and links.
    pub entries: usize,
    /// All contents together, in bytes.
    pub bytes: u64,
}

impl Default for ScratchBounds {
    /// 20 000 entries, 256 MiB in all.
    fn default() -> Self {
        Self { entries: 20_000, bytes: 256 << 20 }
    }
}

/// A scratch copy; removed when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    lent: Vec<PathBuf>,
    /// The workspace's root, and what commands do not see.
    root: PathBuf,
    hidden: Vec<PathBuf>,
}

impl Scratch {
    /// Copies a workspace into a new folder in `below`. `hidden` are absolute paths that commands do not see; `stop` is
    /// asked at each entry. Blocks.
    ///
    /// # Errors
    ///
    /// Where there is more than the bounds allow, the disk is full, or `stop` says so. Nothing is left then.
    pub fn copy(
        workspace: &Workspace,
        below: &Path,
        hidden: &[PathBuf],
        bounds: ScratchBounds,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, FileError> {
        let failed = |e| FileError::of_io(e, "make", "a scratch copy".to_owned());
        let folder = below.join(temp_name());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(below).map_err(failed)?;
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(failed)?;
        let root = workspace.root().to_owned();
        let mut scratch = Self { folder, lent: Vec::new(), root, hidden: hidden.to_vec() };
        let to = Some(scratch.folder.as_path());
        scratch.lent = Walk::over(workspace, to, hidden, bounds, stop)?;
        Ok(scratch)
    }

    /// Whether a workspace is within the bounds of a copy, without making one. Blocks.
    ///
    /// # Errors
    ///
    /// As of [`Scratch::copy`].
    pub fn fits(
        workspace: &Workspace,
        hidden: &[PathBuf],
        bounds: ScratchBounds,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), FileError> {
        Walk::over(workspace, None, hidden, bounds, stop).map(|_lent| ())
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Folders of the workspace that are shown in it as they are, relative to it.
    pub fn lent(&self) -> &[PathBuf] {
        &self.lent
    }

    /// Whether a copy of the workspace can have a file of its own at a path. `hidden` are absolute paths that commands do
    /// not see.
    ///
    /// # Errors
    ///
    /// Where the path goes through what is lent to copies, what they leave out, or what is hidden: a command would find what
    /// the workspace has there, or nothing, and never what was written.
    pub fn can_hold(workspace: &Workspace, path: &RelPath, hidden: &[PathBuf]) -> Result<(), FileError> {
        can_hold(workspace.root(), path, hidden)
    }

    /// Writes a file of the copy, whatever was there, with the permissions that it had; missing folders are made. No link is
    /// followed.
    ///
    /// # Errors
    ///
    /// Where the path is protected, passes through a link or through what a copy has none of its own of
    /// ([`Scratch::can_hold`]), or the disk is full.
    pub fn write(&self, path: &RelPath, content: &[u8]) -> Result<(), FileError> {
        can_hold(&self.root, path, &self.hidden)?;
        let copy = Workspace::open(&self.folder)?;
        let mut above: Vec<RelPath> = path.above().collect();
        above.reverse();
        for folder in above {
            match copy.mkdir(&folder) {
                Ok(()) | Err(FileError::Exists { .. }) => {}
                Err(e) => return Err(e),
            }
        }
        let old = copy.hold_to_write(path, u64::MAX)?;
        if old.is_some() {
            copy.unlink(path)?;
        }
        copy.create(path, content, old.map(|old| old.mode), &temp_name())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is by the next start.
        let _later = remove(&self.folder);
    }
}

/// What became of the scratch copies that a crashed daemon left.
#[derive(Debug, Default)]
pub struct CleanedUp {
    /// Copies that are gone.
    pub removed: usize,
    /// Copies of which something is still there.
    pub left: usize,
    /// What kept the first of those.
    pub why: Option<io::Error>,
}

/// Removes what scratch copies of a crashed daemon left; to be called when the daemon starts. One that stays keeps no other
/// from going. Blocks.
///
/// # Errors
///
/// Where the folder of the copies cannot be read.
pub fn clean_up_scratch(below: &Path) -> io::Result<CleanedUp> {
    clean_up_with(below, remove_all)
}

fn clean_up_with(
    below: &Path,
    mut remove: impl FnMut(BorrowedFd<'_>, &OsStr) -> io::Result<()>,
) -> io::Result<CleanedUp> {
    let holder = match fs::File::open(below) {
        Ok(holder) => holder,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(CleanedUp::default()),
        Err(e) => return Err(e),
    };
    let mut cleaned = CleanedUp::default();
    // Read whole before anything goes: a listing that changes leaves names out.
    let names: io::Result<Vec<_>> = fs::read_dir(below)?.map(|entry| Ok(entry?.file_name())).collect();
    for name in names? {
        match remove(holder.as_fd(), &name) {
            Ok(()) => cleaned.removed += 1,
            Err(e) => {
                cleaned.left += 1;
                cleaned.why.get_or_insert(e);
            }
        }
    }
    Ok(cleaned)
}

/// Removes a copy with all that a command did in it.
fn remove(copy: &Path) -> io::Result<()> {
    let (Some(below), Some(name)) = (copy.parent(), copy.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    remove_all(fs::File::open(below)?.as_fd(), name)
}

fn can_hold(root: &Path, path: &RelPath, hidden: &[PathBuf]) -> Result<(), FileError> {
    let mut folders: Vec<RelPath> = path.above().collect();
    folders.reverse();
    let parts = folders.into_iter().map(|folder| (folder, FileType::Directory));
    let mut parts = parts.chain([(path.clone(), FileType::RegularFile)]);
    match parts.find(|(part, kind)| is_closed(root, hidden, part, *kind)) {
        Some((part, _)) => Err(FileError::NotCopied { path: path.display(), part: part.display() }),
        None => Ok(()),
    }
}

/// Whether a copy has nothing of its own at a path: it is made anew by tools, usually holds a secret, or is hidden from
/// commands.
fn is_closed(root: &Path, hidden: &[PathBuf], path: &RelPath, kind: FileType) -> bool {
    let name = path.inner().file_name().unwrap_or_default();
    let is_made = kind == FileType::Directory && CLOSED_FOLDERS.iter().any(|closed| name == *closed);
    let is_secret = std::str::from_utf8(name.as_bytes()).is_ok_and(holds_keys);
    is_made || is_secret || hidden.contains(&root.join(path.inner()))
}

/// A walk over what is copied.
struct Walk<'w> {
    workspace: &'w Workspace,
    hidden: &'w [PathBuf],
    stop: &'w dyn Fn() -> bool,
    /// Where the copy is made; none only counts.
    to: Option<&'w Path>,
    lent: Vec<PathBuf>,
    /// Left of both.
    entries: usize,
    bytes: u64,
    bounds: ScratchBounds,
}

impl<'w> Walk<'w> {
    /// The whole workspace; what is lent of it.
    fn over(
        workspace: &'w Workspace,
        to: Option<&'w Path>,
        hidden: &'w [PathBuf],
        bounds: ScratchBounds,
        stop: &'w dyn Fn() -> bool,
    ) -> Result<Vec<PathBuf>, FileError> {
        let (entries, bytes, lent) = (bounds.entries, bounds.bytes, Vec::new());
        let mut walk = Self { workspace, hidden, stop, to, lent, entries, bytes, bounds };
        walk.folder(&RelPath::root())?;
        Ok(walk.lent)
    }

    fn folder(&mut self, first: &RelPath) -> Result<(), FileError> {
        let mut open = vec![first.clone()];
        while let Some(path) = open.pop() {
            let folder = match self.workspace.read_folder(&path, FOLDER_ENTRIES) {
                Err(FileError::Denied { .. }) if !path.is_root() => continue,
                other => other?,
            };
            if folder.cut || path.depth() > DEPTH {
                return Err(self.too_much());
            }
            for entry in folder.entries {
                if (self.stop)() {
                    return Err(FileError::Stopped);
                }
                let inner = path.join(&entry.name);
                if self.is_left_out(&inner, entry.kind) {
                    continue;
                }
                self.entries = self.entries.checked_sub(1).ok_or_else(|| self.too_much())?;
                match entry.kind {
                    FileType::Directory => {
                        self.make_folder(&inner)?;
                        if LENT.iter().any(|name| entry.name == *name) {
                            self.lent.push(inner.inner().to_owned());
                        } else {
                            open.push(inner);
                        }
                    }
                    FileType::RegularFile => self.file(&inner)?,
                    FileType::Symlink => self.link(&inner)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn is_left_out(&self, path: &RelPath, kind: FileType) -> bool {
        let name = path.inner().file_name().unwrap_or_default();
        let is_lent = LENT.iter().any(|lent| name == *lent) && self.lent.len() < MAX_LENT;
        let place = self.workspace.root().join(path.inner());
        let may_lend = kind == FileType::Directory && is_lent && !self.hidden.contains(&place);
        !may_lend && is_closed(self.workspace.root(), self.hidden, path, kind)
    }

    fn place(&self, path: &RelPath) -> Option<PathBuf> {
        self.to.map(|to| to.join(path.inner()))
    }

    fn make_folder(&self, path: &RelPath) -> Result<(), FileError> {
        let Some(place) = self.place(path) else { return Ok(()) };
        fs::create_dir(place).map_err(|e| FileError::of_io(e, "copy", path.display()))
    }

    fn link(&self, path: &RelPath) -> Result<(), FileError> {
        let Some(place) = self.place(path) else { return Ok(()) };
        let (dir, name) = self.workspace.parent(path)?;
        let target = rustix::fs::readlinkat(&dir, name, Vec::new())
            .map_err(|e| FileError::of(e, "copy", path.display()))?;
        let target = OsStr::from_bytes(target.as_bytes());
        std::os::unix::fs::symlink(target, place).map_err(|e| FileError::of_io(e, "copy", path.display()))
    }

    fn file(&mut self, path: &RelPath) -> Result<(), FileError> {
        let failed = |e| FileError::of_io(e, "copy", path.display());
        let (from, stat) = match self.workspace.open_file(path) {
            // What nobody may read, a command could not read either.
            Err(FileError::Denied { .. } | FileError::Missing { .. } | FileError::NotAFile { .. }) => {
                return Ok(());
            }
            other => other?,
        };
        if size(&stat) > self.bytes {
            return Err(self.too_much());
        }
        let Some(place) = self.place(path) else {
            self.bytes -= size(&stat);
            return Ok(());
        };
        let mut options = fs::OpenOptions::new();
        let mut to = options.write(true).create_new(true).mode(mode(&stat)).open(place).map_err(failed)?;
        // It may grow while it is read.
        let copied = io::copy(&mut from.take(self.bytes.saturating_add(1)), &mut to).map_err(failed)?;
        self.bytes = self.bytes.checked_sub(copied).ok_or_else(|| self.too_much())?;
        Ok(())
    }

    fn too_much(&self) -> FileError {
        FileError::TooMuch { entries: self.bounds.entries, mebibytes: self.bounds.bytes >> 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn tree() -> (tempfile::TempDir, tempfile::TempDir, Workspace) {
        let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (name, content) in [
            ("a.py", "one"),
            ("src/b.py", "two"),
            (".git/config", "x"),
            ("target/debug/x", "x"),
            ("node_modules/p/index.js", "x"),
            ("web/.venv/bin/x", "x"),
            (".env", "KEY=1"),
            ("own/state", "x"),
        ] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        std::os::unix::fs::symlink("/etc", root.path().join("out")).unwrap();
        let workspace = Workspace::open(root.path()).unwrap();
        (root, state, workspace)
    }

    fn copied(workspace: &Workspace, below: &Path, bounds: ScratchBounds) -> Result<Scratch, FileError> {
        let hidden = [workspace.root().join("own")];
        Scratch::copy(workspace, &below.join("scratch"), &hidden, bounds, &|| false)
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_the_projects_own_is_copied_and_nothing_else() {
        let (root, state, workspace) = tree();
        let scratch = copied(&workspace, state.path(), ScratchBounds::default()).unwrap();
        assert_eq!(names(scratch.folder()), ["a.py", "node_modules", "out", "src", "web"]);
        assert_eq!(fs::read_to_string(scratch.folder().join("src/b.py")).unwrap(), "two");
        assert!(names(&scratch.folder().join("node_modules")).is_empty(), "lent, not copied");
        let mut lent = scratch.lent().to_vec();
        lent.sort();
        assert_eq!(lent, ["node_modules", "web/.venv"].map(PathBuf::from));
        assert_eq!(fs::read_link(scratch.folder().join("out")).unwrap(), Path::new("/etc"));
        let path = |name: &str| workspace.relative(name).unwrap();
        scratch.write(&path("a.py"), b"new").unwrap();
        scratch.write(&path("deep/er/c.py"), b"new").unwrap();
        assert_eq!(fs::read_to_string(scratch.folder().join("deep/er/c.py")).unwrap(), "new");
        assert_eq!(fs::read_to_string(root.path().join("a.py")).unwrap(), "one", "the workspace stays");
        for refused in ["out/passwd", ".git/config", "src"] {
            assert!(scratch.write(&path(refused), b"x").is_err(), "{refused}");
        }
    }

    #[test]
    fn what_a_copy_has_none_of_its_own_of_is_not_written() {
        let (_root, state, workspace) = tree();
        let scratch = copied(&workspace, state.path(), ScratchBounds::default()).unwrap();
        let hidden = [workspace.root().join("own")];
        let before = names(scratch.folder());
        for (refused, told) in [
            ("node_modules/p/index.js", "node_modules"),
            ("node_modules/new.js", "node_modules"),
            ("web/.venv/bin/x", "web/.venv"),
            ("a/venv/x.py", "a/venv"),
            ("target/debug/x", "target"),
            ("src/__pycache__/x.pyc", "src/__pycache__"),
            (".tox/x", ".tox"),
            (".git/config", ".git"),
            (".env", ".env"),
            ("own/state", "own"),
            ("own/new/x", "own"),
        ] {
            let path = workspace.relative(refused).unwrap();
            for refusal in [scratch.write(&path, b"x"), Scratch::can_hold(&workspace, &path, &hidden)]
                .map(Result::unwrap_err)
            {
                assert!(
                    matches!(&refusal, FileError::NotCopied { part, .. } if part == told),
                    "{refused}: {refusal}"
                );
            }
        }
        assert_eq!(names(scratch.folder()), before, "no folder was made on the way");
        for taken in ["a.py", "target.py", "docs/venv", "owner/x"] {
            Scratch::can_hold(&workspace, &workspace.relative(taken).unwrap(), &hidden).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions() {
        let (root, state, workspace) = tree();
        fs::set_permissions(root.path().join("a.py"), fs::Permissions::from_mode(0o750)).unwrap();
        let scratch = copied(&workspace, state.path(), ScratchBounds::default()).unwrap();
        let path = |name: &str| workspace.relative(name).unwrap();
        let mode =
            |name: &str| fs::metadata(scratch.folder().join(name)).unwrap().permissions().mode() & 0o777;
        scratch.write(&path("a.py"), b"new").unwrap();
        scratch.write(&path("new.py"), b"new").unwrap();
        assert_eq!((mode("a.py") & 0o700, mode("new.py") & 0o111), (0o700, 0));
    }

    #[test]
    fn one_that_stays_keeps_no_other_from_going() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::create_dir_all(dir.path().join(name).join("inner")).unwrap();
        }
        fs::write(dir.path().join("d"), "no copy, but left there").unwrap();
        let cleaned = clean_up_with(dir.path(), |holder, name| {
            if name == "b" { Err(io::ErrorKind::ResourceBusy.into()) } else { remove_all(holder, name) }
        });
        let cleaned = cleaned.unwrap();
        assert_eq!((cleaned.removed, cleaned.left), (3, 1));
        assert_eq!(cleaned.why.unwrap().kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(names(dir.path()), ["b"]);
    }

    #[test]
    fn it_is_gone_when_it_is_dropped_or_after_the_next_start() {
        let (_root, state, workspace) = tree();
        let scratch = copied(&workspace, state.path(), ScratchBounds::default()).unwrap();
        let folder = scratch.folder().to_owned();
        fs::set_permissions(folder.join("src"), fs::Permissions::from_mode(0o000)).unwrap();
        drop(scratch);
        assert!(!folder.exists());
        std::mem::forget(copied(&workspace, state.path(), ScratchBounds::default()).unwrap());
        let cleaned = clean_up_scratch(&state.path().join("scratch")).unwrap();
        assert_eq!((cleaned.removed, cleaned.left), (1, 0));
        assert!(names(&state.path().join("scratch")).is_empty());
        assert_eq!(clean_up_scratch(&state.path().join("never")).unwrap().removed, 0);
    }

    #[test]
    fn more_than_the_bounds_is_not_copied_and_leaves_nothing() {
        let (_root, state, workspace) = tree();
        for bounds in [
            ScratchBounds { entries: 4, ..ScratchBounds::default() },
            ScratchBounds { bytes: 5, ..ScratchBounds::default() },
        ] {
            let told = copied(&workspace, state.path(), bounds).unwrap_err();
            assert!(matches!(told, FileError::TooMuch { .. }), "{told}");
            let hidden = [workspace.root().join("own")];
            let told = Scratch::fits(&workspace, &hidden, bounds, &|| false).unwrap_err();
            assert!(matches!(told, FileError::TooMuch { .. }), "known before one is made: {told}");
        }
        Scratch::fits(&workspace, &[], ScratchBounds::default(), &|| false).unwrap();
        let told =
            Scratch::copy(&workspace, &state.path().join("scratch"), &[], ScratchBounds::default(), &|| true);
        assert!(matches!(told, Err(FileError::Stopped)));
        assert!(names(&state.path().join("scratch")).is_empty());
    }
}
