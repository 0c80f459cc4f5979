//! Reading folders beneath the handle, in the order of names and without following links.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::fs::{Dir, FileType};

use super::error::FileError;
use super::handle::{Workspace, bytes_path, kind, stat_in};
use super::path::RelPath;

/// A folder that was read.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) dir: OwnedFd,
    pub(crate) entries: Vec<Entry>,
    /// More names are in it than were wanted.
    pub(crate) cut: bool,
}

/// A name in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) kind: FileType,
}

impl Workspace {
    /// Reads a folder, at most so many names of it.
    pub(crate) fn read_folder(&self, path: &RelPath, max_entries: usize) -> Result<Folder, FileError> {
        let dir = self.folder(path)?;
        let failed = |e| FileError::of(e, "list", path.display());
        let (mut entries, mut cut) = (Vec::new(), false);
        for entry in Dir::read_from(&dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = bytes_path(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() >= max_entries {
                cut = true;
                break;
            }
            entries.push(Entry { name: name.to_owned(), kind: entry.file_type() });
        }
        for entry in &mut entries {
            if entry.kind == FileType::Unknown {
                entry.kind = kind_in(&dir, &entry.name);
            }
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Folder { dir, entries, cut })
    }
}

/// For file systems that do not say it in their listings.
fn kind_in(dir: &OwnedFd, name: &OsStr) -> FileType {
    stat_in(dir.as_fd(), name).ok().flatten().map_or(FileType::Unknown, |stat| kind(&stat))
}
