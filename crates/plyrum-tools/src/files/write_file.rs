//! `write_file`: a whole file, created or replaced.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Outcome, carry_out};
use super::text::size_words;
use crate::workspace::{FileError, Journal, Planned, Workspace};

/// The tool's name.
pub const NAME: &str = "write_file";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Creates a text file in the workspace or replaces it as a whole. Missing folders are created. \
     To change a part of a file use apply_patch. Files that run code or hold keys (.git, .bashrc, .ssh, …) cannot be written.";

/// Largest content, in bytes.
const CONTENT_BYTES: u64 = 8 << 20;
/// Largest file that is replaced, in bytes: it is kept for undo.
pub(crate) const REPLACED_BYTES: u64 = 64 << 20;

/// Arguments of `write_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// File to write, relative to the workspace.
    pub path: String,
    /// The whole new content, at most 8 MiB.
    pub content: String,
}

/// What would change, for an approval.
pub fn preview(workspace: &Workspace, args: &Args) -> Result<Vec<Change>, FileError> {
    Ok(vec![Change::of(&plan(workspace, args)?)])
}

/// Writes the file if it still is what the approval was given for.
pub fn execute(
    workspace: &Workspace,
    args: &Args,
    expected: &[Change],
    undo: &mut Journal,
) -> Result<Outcome, FileError> {
    let planned = plan(workspace, args)?;
    let created = planned.before.is_none();
    let path = planned.path.display();
    let changed = carry_out(workspace, &[planned], expected, undo)?;
    let size = size_words(args.content.len() as u64);
    let text = match (changed.is_empty(), created) {
        (true, _) => format!("{path}: has this content already, nothing was written"),
        (_, true) => format!("{path}: created, {size}"),
        (_, false) => format!("{path}: replaced, now {size}"),
    };
    Ok(Outcome { text, changed, cut: false })
}

fn plan(workspace: &Workspace, args: &Args) -> Result<Planned, FileError> {
    let path = workspace.relative(&args.path)?;
    if path.is_root() {
        return Err(FileError::NotAFile { path: path.display(), kind: "a directory" });
    }
    let bytes = args.content.len() as u64;
    if bytes > CONTENT_BYTES {
        let (max_bytes, what) = (CONTENT_BYTES, "a file that is written");
        return Err(FileError::TooLarge { path: path.display(), bytes, max_bytes, what });
    }
    let before = workspace.hold_to_write(&path, REPLACED_BYTES)?;
    Ok(Planned { path, before, after: Some(args.content.clone().into_bytes()), mode: None })
}
