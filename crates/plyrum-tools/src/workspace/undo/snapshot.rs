//! What a workspace looked like at a moment, so that what a command changed can be told.
//!
//! A file whose size, inode and time of change are as before is not read again. The time of change is set by
//! the kernel alone, but in steps: a file that changed within the last step before it was read may change
//! again without a new time, so it is read again the next time.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsFd as _;

use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use crate::workspace::error::FileError;
use crate::workspace::handle::{Workspace, beneath, kind, stat_in};
use crate::workspace::node::{Extent, Node, change_ns, stamp};
use crate::workspace::path::RelPath;
use crate::workspace::reading::{mode, read_to, sha256, size};
use crate::workspace::walk::Entry;

/// Folders that are not looked into, at any depth: version control keeps its own history, and what build tools
/// and package managers put there can be made again. One that a run *created* goes as a whole.
pub const CLOSED_FOLDERS: &[&str] =
    &[".git", ".hg", ".jj", ".svn", ".tox", ".venv", "__pycache__", "node_modules", "target", "venv"];

/// Longest step of the kernel's file times (jiffies of 10 ms), twice, in nanoseconds.
const STEP_NS: i64 = 20_000_000;
/// Names of one folder that are looked at.
const FOLDER_ENTRIES: usize = 200_000;
/// Entries of a closed folder that are counted.
const EXTENT_ENTRIES: u64 = 500_000;
/// Deepest folder.
const DEPTH: usize = 128;

/// How much a snapshot may read.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotBounds {
    /// Files whose content is kept.
    pub files: usize,
    /// Largest file whose content is kept, in bytes.
    pub file_bytes: u64,
    /// All contents together, in bytes.
    pub total_bytes: u64,
    /// Entries that are looked at in all.
    pub entries: usize,
}

impl Default for SnapshotBounds {
    /// 20 000 files, 16 MiB each, 256 MiB in all, 200 000 entries.
    fn default() -> Self {
        Self { files: 20_000, file_bytes: 16 << 20, total_bytes: 256 << 20, entries: 200_000 }
    }
}

/// What undo cannot restore, of what was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Uncovered {
    /// Files whose content is not kept, for their size or number.
    pub files: u64,
    /// Folders that were there and are not looked into.
    pub folders: Vec<String>,
    /// The workspace has more entries than are looked at: what a command creates is not removed either.
    pub is_incomplete: bool,
}

/// One entry of a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) node: Node,
    stamp: String,
    is_fresh: bool,
}

/// Something that wants to have contents when they are read anyway; it may decline.
pub(crate) type Keep<'k> = &'k mut dyn FnMut(&RelPath, &Node, &[u8]) -> Result<(), FileError>;

/// What a workspace looked like.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(crate) entries: BTreeMap<RelPath, Seen>,
    uncovered: Uncovered,
}

impl Snapshot {
    /// Looks at the whole workspace. `stop` is asked at each folder and file.
    pub fn take(
        workspace: &Workspace,
        bounds: &SnapshotBounds,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, FileError> {
        Self::take_after(workspace, bounds, None, &mut |_, _, _| Ok(()), stop)
    }

    /// The same, reading again only what changed since an earlier one.
    pub(crate) fn take_after(
        workspace: &Workspace,
        bounds: &SnapshotBounds,
        earlier: Option<&Self>,
        keep: Keep<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, FileError> {
        let now_ns = now_ns();
        let snapshot = Self::default();
        let mut walk = Walk { workspace, bounds, earlier, keep, stop, now_ns, files: 0, bytes: 0, snapshot };
        walk.folder(&RelPath::root())?;
        Ok(walk.snapshot)
    }

    /// What undo could not restore after a command that begins now.
    pub fn uncovered(&self) -> &Uncovered {
        &self.uncovered
    }

    /// Whether a folder stands there that is not looked into.
    pub(crate) fn has_closed(&self, path: &RelPath) -> bool {
        self.entries.get(path).is_some_and(|seen| matches!(seen.node, Node::Closed { .. }))
    }

    /// A closed folder turns out to be the run's own.
    pub(crate) fn measured(&mut self, path: &RelPath, node: &Node) {
        if let Some(seen) = self.entries.get_mut(path) {
            seen.node = node.clone();
        }
        self.uncovered.folders.retain(|folder| *folder != path.display());
    }

    /// Paths that are not now as they were, with what was there and what is.
    pub(crate) fn differences(&self, earlier: &Self) -> Vec<(RelPath, Option<Node>, Option<Node>)> {
        let mut paths: Vec<&RelPath> = earlier.entries.keys().chain(self.entries.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        let node = |of: &Self, path| of.entries.get(path).map(|seen: &Seen| seen.node.clone());
        let pairs = paths.into_iter().map(|path| (path, node(earlier, path), node(self, path)));
        pairs.filter(|(_, a, b)| a != b).map(|(path, a, b)| (path.clone(), a, b)).collect()
    }

    /// Files that were changed, created or removed since an earlier snapshot.
    pub fn changes_since(&self, earlier: &Self) -> Vec<crate::files::ChangedFile> {
        let changed = self.differences(earlier).into_iter();
        changed.map(|(path, before, after)| changed_file(&path, before.as_ref(), after.as_ref())).collect()
    }
}

pub(crate) fn changed_file(
    path: &RelPath,
    before: Option<&Node>,
    after: Option<&Node>,
) -> crate::files::ChangedFile {
    let folder = |node: Option<&Node>| matches!(node, Some(Node::Dir { .. } | Node::Closed { .. }));
    let slash = if folder(before) || folder(after) { "/" } else { "" };
    crate::files::ChangedFile {
        path: format!("{}{slash}", path.display()),
        before: before.and_then(Node::shown_hash),
        after: after.and_then(Node::shown_hash),
    }
}

/// The clock that file times are taken from; compared with those alone.
fn now_ns() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec.saturating_mul(1_000_000_000).saturating_add(now.tv_nsec)
}

struct Walk<'w, 'k> {
    workspace: &'w Workspace,
    bounds: &'w SnapshotBounds,
    earlier: Option<&'w Snapshot>,
    keep: Keep<'k>,
    stop: &'w dyn Fn() -> bool,
    now_ns: i64,
    files: usize,
    bytes: u64,
    snapshot: Snapshot,
}

impl Walk<'_, '_> {
    fn folder(&mut self, path: &RelPath) -> Result<(), FileError> {
        let folder = match self.workspace.read_folder(path, FOLDER_ENTRIES) {
            Err(error) if path.is_root() => return Err(error),
            // Gone, or not to be read: what is in it is not known.
            Err(_) => {
                self.snapshot.uncovered.is_incomplete = true;
                return Ok(());
            }
            Ok(folder) => folder,
        };
        self.snapshot.uncovered.is_incomplete |= folder.cut;
        for entry in &folder.entries {
            if (self.stop)() {
                return Err(FileError::Stopped);
            }
            if self.snapshot.entries.len() >= self.bounds.entries {
                self.snapshot.uncovered.is_incomplete = true;
                return Ok(());
            }
            let Ok(Some(stat)) = stat_in(folder.dir.as_fd(), &entry.name) else { continue };
            self.entry(path.join(&entry.name), entry, &folder.dir, &stat)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: RelPath,
        entry: &Entry,
        dir: &std::os::fd::OwnedFd,
        stat: &Stat,
    ) -> Result<(), FileError> {
        let mut is_fresh = false;
        let node = match kind(stat) {
            FileType::Directory if CLOSED_FOLDERS.iter().any(|name| entry.name == *name) => {
                self.closed(&path)?
            }
            FileType::Directory => {
                self.snapshot.entries.insert(path.clone(), seen(Node::Dir { mode: mode(stat) }, stat, false));
                if path.depth() >= DEPTH {
                    self.snapshot.uncovered.is_incomplete = true;
                    return Ok(());
                }
                return self.folder(&path);
            }
            FileType::RegularFile => {
                is_fresh = change_ns(stat) > self.now_ns.saturating_sub(STEP_NS);
                match self.file(&path, entry, dir, stat)? {
                    Some(node) => node,
                    None => return Ok(()),
                }
            }
            FileType::Symlink => match self.workspace.link_node(&path) {
                Ok(node) => node,
                Err(_) => return Ok(()),
            },
            _ => Node::Other,
        };
        self.snapshot.entries.insert(path, seen(node, stat, is_fresh));
        Ok(())
    }

    /// A folder that is not looked into; one that was not there before is measured.
    fn closed(&mut self, path: &RelPath) -> Result<Node, FileError> {
        let earlier = self.earlier.map(|earlier| earlier.entries.get(path));
        let is_old = earlier
            .is_none_or(|seen| seen.is_some_and(|seen| matches!(seen.node, Node::Closed { extent: None })));
        if is_old {
            self.snapshot.uncovered.folders.push(path.display());
            return Ok(Node::Closed { extent: None });
        }
        Ok(Node::Closed { extent: Some(self.workspace.extent(path, self.stop)?) })
    }

    fn file(
        &mut self,
        path: &RelPath,
        entry: &Entry,
        dir: &std::os::fd::OwnedFd,
        stat: &Stat,
    ) -> Result<Option<Node>, FileError> {
        let bytes = size(stat);
        let fits = self.files < self.bounds.files
            && bytes <= self.bounds.file_bytes
            && self.bytes + bytes <= self.bounds.total_bytes;
        if !fits {
            self.snapshot.uncovered.files += 1;
            return Ok(Some(Node::Unread { bytes, stamp: stamp(stat) }));
        }
        self.files += 1;
        self.bytes += bytes;
        if let Some(node) = self.unchanged(path, stat) {
            return Ok(Some(node));
        }
        // Opened in the folder that is open: one name, so nothing before it can be swapped.
        let flags = rustix::fs::OFlags::RDONLY
            | rustix::fs::OFlags::NOFOLLOW
            | rustix::fs::OFlags::NONBLOCK
            | rustix::fs::OFlags::NOCTTY
            | rustix::fs::OFlags::CLOEXEC;
        let Ok(file) = beneath(dir.as_fd(), entry.name.as_ref(), flags).map(File::from) else {
            self.snapshot.uncovered.files += 1;
            return Ok(Some(Node::Unread { bytes, stamp: stamp(stat) }));
        };
        let content = read_to(&file, self.bounds.file_bytes, bytes);
        let Some(content) = content.map_err(|e| FileError::of_io(e, "read", path.display()))? else {
            self.snapshot.uncovered.files += 1;
            return Ok(Some(Node::Unread { bytes, stamp: stamp(stat) }));
        };
        let node = Node::File { sha256: sha256(&content), bytes: content.len() as u64, mode: mode(stat) };
        (self.keep)(path, &node, &content)?;
        Ok(Some(node))
    }

    /// The earlier node, where nothing says that the file changed.
    fn unchanged(&self, path: &RelPath, stat: &Stat) -> Option<Node> {
        let seen = self.earlier?.entries.get(path)?;
        let same = !seen.is_fresh && seen.stamp == stamp(stat);
        let node = &seen.node;
        (same && matches!(node, Node::File { bytes, .. } if *bytes == size(stat))).then(|| node.clone())
    }
}

fn seen(node: Node, stat: &Stat, is_fresh: bool) -> Seen {
    Seen { node, stamp: stamp(stat), is_fresh }
}

impl Workspace {
    /// How much lies in a folder, links not followed.
    pub(crate) fn extent(&self, path: &RelPath, stop: &dyn Fn() -> bool) -> Result<Extent, FileError> {
        let mut extent = Extent::default();
        let mut open = vec![path.clone()];
        while let Some(path) = open.pop() {
            let Ok(folder) = self.read_folder(&path, FOLDER_ENTRIES) else { continue };
            for entry in &folder.entries {
                if stop() {
                    return Err(FileError::Stopped);
                }
                if extent.entries >= EXTENT_ENTRIES {
                    return Ok(extent);
                }
                let Ok(Some(stat)) = stat_in(folder.dir.as_fd(), &entry.name) else { continue };
                extent.entries += 1;
                if kind(&stat) == FileType::Directory {
                    open.push(path.join(&entry.name));
                } else {
                    extent.bytes = extent.bytes.saturating_add(size(&stat));
                }
                extent.newest_ns = extent.newest_ns.max(change_ns(&stat));
            }
        }
        Ok(extent)
    }
}
