//! `list_dir`: names, kinds and sizes of what is in a folder.

use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::FileType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Outcome;
use super::text::{Bounded, size_words};
use crate::workspace::{FileError, RelPath, Workspace, escape, kind_words, size, stat_in};

/// The tool's name.
pub const NAME: &str = "list_dir";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Lists a folder of the workspace with kinds and sizes, hidden files included, down to a depth of 3. \
     At most 2000 entries; the inside of .git is not listed.";

/// Most entries of a listing.
const ENTRIES: usize = 2000;
/// Longest text, in bytes, without the note at its end.
const TEXT_BYTES: usize = 64 * 1024 - 512;
/// Deepest listing.
const DEPTH: u8 = 3;

/// Arguments of `list_dir`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Folder to list, relative to the workspace; `.` is the workspace.
    pub path: String,
    /// How deep to look, from 1 (the folder alone) to 3. 1 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    pub depth: Option<u8>,
}

/// Lists the folder.
pub fn execute(workspace: &Workspace, args: &Args) -> Result<Outcome, FileError> {
    let path = workspace.relative(&args.path)?;
    let depth = args.depth.unwrap_or(1).clamp(1, DEPTH);
    let mut listing = Listing { workspace, out: Bounded::new(TEXT_BYTES), entries: 0, cut: false, unread: 0 };
    listing.folder(&path, depth, "")?;
    let mut note = String::new();
    if listing.entries == 0 {
        note.push_str(&format!("[{} is empty]\n", path.display()));
    }
    if listing.cut {
        note.push_str("[there is more; list a folder in it, or less deep]\n");
    }
    if listing.unread > 0 {
        note.push_str(&format!("[{} folders could not be read]\n", listing.unread));
    }
    Ok(Outcome { text: listing.out.end(&note), changed: Vec::new(), cut: listing.cut })
}

struct Listing<'w> {
    workspace: &'w Workspace,
    out: Bounded,
    entries: usize,
    cut: bool,
    unread: usize,
}

impl Listing<'_> {
    fn folder(&mut self, path: &RelPath, depth: u8, indent: &str) -> Result<(), FileError> {
        let folder = self.workspace.read_folder(path, ENTRIES)?;
        self.cut |= folder.cut;
        for entry in &folder.entries {
            let name = escape(entry.name.as_bytes());
            let line = match entry.kind {
                FileType::Directory => format!("{indent}{name}/"),
                FileType::RegularFile => {
                    let stat = stat_in(folder.dir.as_fd(), &entry.name).ok().flatten();
                    let size = stat.map_or("gone".to_owned(), |stat| size_words(size(&stat)));
                    format!("{indent}{name}  {size}")
                }
                other => format!("{indent}{name}  ({})", kind_words(other)),
            };
            self.cut |= self.entries >= ENTRIES;
            if self.cut && self.entries >= ENTRIES || !self.out.line(&line) {
                self.cut = true;
                return Ok(());
            }
            self.entries += 1;
            if entry.kind == FileType::Directory && depth > 1 && entry.name != ".git" {
                let inner = self.folder(&path.join(&entry.name), depth - 1, &format!("{indent}  "));
                // A folder that vanished or may not be read is a line in the listing, no failure of it.
                self.unread += usize::from(inner.is_err());
            }
        }
        Ok(())
    }
}
