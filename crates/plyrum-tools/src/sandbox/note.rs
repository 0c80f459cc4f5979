//! A note about one mount point: what was going to be made, and what was made, so that whoever finds the note
//! after a crash takes away that and nothing else.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of a note.
const MAX_NOTE: u64 = 16 * 1024;

/// Tells one file or folder from another that took its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    /// Nanoseconds; changes when something is written or put in.
    modified: i128,
}

impl Identity {
    /// Of what the path names, if it is an empty file or a folder.
    pub(super) fn of_empty(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        let empty = found.is_dir() || (found.is_file() && found.len() == 0);
        if !empty {
            return Err(io::Error::other("no longer an empty file or a folder"));
        }
        let modified = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
        Ok(Self { device: found.dev(), inode: found.ino(), modified })
    }
}

/// One mount point's note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// Where the mount point stands.
    pub(super) path: PathBuf,
    /// The name that it is made and unmade under, beside `path`; no one else's.
    pub(super) temporary: PathBuf,
    /// None until it was made.
    pub(super) identity: Option<Identity>,
}

impl Note {
    /// Replaces the note's file as a whole.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        for path in [&self.path, &self.temporary] {
            bytes.extend(path.as_os_str().as_bytes());
            bytes.push(0);
        }
        if let Some(Identity { device, inode, modified }) = self.identity {
            bytes.extend(format!("{device} {inode} {modified}\0").into_bytes());
        }
        let beside = file.with_extension("new");
        fs::write(&beside, bytes)?;
        fs::rename(beside, file)
    }

    /// Reads a note; none where it is damaged.
    pub(super) fn read(file: &Path) -> Option<Self> {
        if fs::metadata(file).ok()?.len() > MAX_NOTE {
            return None;
        }
        let bytes = fs::read(file).ok()?;
        let mut parts = bytes.split(|byte| *byte == 0);
        let mut path = || Some(PathBuf::from(OsString::from_vec(parts.next()?.to_vec())));
        let (point, temporary) = (path()?, path()?);
        let identity = parts.next().and_then(|text| identity(std::str::from_utf8(text).ok()?));
        let beside = point.parent().is_some() && point.parent() == temporary.parent();
        (beside && point.is_absolute()).then_some(Self { path: point, temporary, identity })
    }
}

fn identity(text: &str) -> Option<Identity> {
    let mut words = text.split(' ');
    Some(Identity {
        device: words.next()?.parse().ok()?,
        inode: words.next()?.parse().ok()?,
        modified: words.next()?.parse().ok()?,
    })
}
