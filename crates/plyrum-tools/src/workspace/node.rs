//! What stands at a path, as far as undo must know it.

use std::path::PathBuf;

use rustix::fs::{FileType, OFlags, Stat};
use serde::{Deserialize, Serialize};

use super::error::FileError;
use super::handle::{Workspace, bytes_path, kind};
use super::path::{RelPath, restore, store};
use super::reading::{int, mode, sha256, size};

/// Files above this are told apart by size and time, not by content (bytes).
pub(crate) const HASHED_BYTES: u64 = 64 * 1024 * 1024;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Node {
    /// A regular file.
    File { sha256: String, bytes: u64, mode: u32 },
    /// A regular file that is not read: too large, or beyond a snapshot's bounds.
    Unread { bytes: u64, stamp: String },
    /// A symbolic link.
    Link {
        #[serde(serialize_with = "store_target", deserialize_with = "restore")]
        target: PathBuf,
    },
    /// A directory.
    Dir { mode: u32 },
    /// A folder that is not looked into, with its extent where a run created it.
    Closed { extent: Option<Extent> },
    /// A FIFO, a socket, a device.
    Other,
}

/// How much lies in a folder; tells whether somebody worked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Extent {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) newest_ns: i64,
}

#[expect(clippy::ptr_arg, reason = "serde hands the field's own type over")]
fn store_target<S: serde::Serializer>(target: &PathBuf, to: S) -> Result<S::Ok, S::Error> {
    store(target, to)
}

impl Node {
    /// Whether both are the same to a reader: the permissions do not count.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { sha256: a, .. }, Self::File { sha256: b, .. }) => a == b,
            (Self::Dir { .. }, Self::Dir { .. }) => true,
            (a, b) => a == b,
        }
    }

    /// Whether both are of one kind, so that one can take the other's place by a rename.
    pub(crate) fn is_kin(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::File { .. } | Self::Unread { .. }, Self::File { .. } | Self::Unread { .. })
                | (Self::Dir { .. }, Self::Dir { .. })
                | (Self::Closed { .. }, Self::Closed { .. })
        )
    }

    /// A hash to show: of the content, or of a link's target.
    pub(crate) fn shown_hash(&self) -> Option<String> {
        match self {
            Self::File { sha256, .. } => Some(sha256.clone()),
            Self::Link { target } => Some(sha256_of_path(target)),
            Self::Unread { .. } | Self::Dir { .. } | Self::Closed { .. } | Self::Other => None,
        }
    }
}

fn sha256_of_path(path: &std::path::Path) -> String {
    sha256(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
}

/// What tells a file apart without reading it. A write changes the time of change, which no program can set.
pub(crate) fn stamp(stat: &Stat) -> String {
    format!("{}:{}:{}", int(stat.st_dev), int(stat.st_ino), change_ns(stat))
}

/// When the file's content or attributes changed last, in nanoseconds.
pub(crate) fn change_ns(stat: &Stat) -> i64 {
    int(stat.st_ctime).saturating_mul(1_000_000_000).saturating_add(int(stat.st_ctime_nsec))
}

impl Workspace {
    /// What stands at the path now. A file is read and hashed.
    pub(crate) fn node(&self, path: &RelPath) -> Result<Option<Node>, FileError> {
        let Some(stat) = self.stat(path)? else { return Ok(None) };
        Ok(Some(match kind(&stat) {
            FileType::RegularFile if size(&stat) <= HASHED_BYTES => {
                match self.hold(path, HASHED_BYTES, "a file that is compared")? {
                    Some(held) => {
                        Node::File { sha256: held.sha256, bytes: held.content.len() as u64, mode: held.mode }
                    }
                    None => return Ok(None),
                }
            }
            FileType::RegularFile => Node::Unread { bytes: size(&stat), stamp: stamp(&stat) },
            FileType::Symlink => self.link_node(path)?,
            FileType::Directory => Node::Dir { mode: mode(&stat) },
            _ => Node::Other,
        }))
    }

    /// A link and its target.
    pub(crate) fn link_node(&self, path: &RelPath) -> Result<Node, FileError> {
        let (dir, name) = self.parent(path)?;
        let target = rustix::fs::readlinkat(&dir, name, Vec::new())
            .map_err(|e| FileError::of(e, "read the link", path.display()))?;
        Ok(Node::Link { target: PathBuf::from(bytes_path(target.as_bytes())) })
    }

    /// Makes a directory's permissions what they were.
    pub(crate) fn chmod(&self, path: &RelPath, mode: u32) -> Result<(), FileError> {
        let fd = self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
        rustix::fs::fchmod(&fd, rustix::fs::Mode::from_raw_mode(mode))
            .map_err(|e| FileError::of(e, "set the permissions of", path.display()))
    }
}
