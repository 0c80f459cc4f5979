//! `apply_patch`: changes in one or more files, all or none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Outcome, carry_out};
use super::patch::{Action, FilePatch, Hunk, apply, parse};
use super::text::Bounded;
use super::write_file::REPLACED_BYTES;
use crate::workspace::{FileError, Journal, Planned, RelPath, Workspace};

/// The tool's name.
pub const NAME: &str = "apply_patch";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Changes files of the workspace by a patch: all of it is applied or nothing. Either\n\
*** Begin Patch\n*** Update File: src/a.rs\n@@ fn main() {\n context line\n-old line\n+new line\n*** Add File: b.txt\n+its lines\n\
*** Delete File: c.txt\n*** End Patch\n(`*** Move to: PATH` may follow an Update line), or a unified diff with ---, +++ and @@. \
Give three lines of context; where that is not unique, name the enclosing line behind @@.";

/// Largest file that is patched, in bytes.
const PATCHED_BYTES: u64 = 8 << 20;
/// Longest text for the model, in bytes.
const TEXT_BYTES: usize = 16 * 1024;

/// Arguments of `apply_patch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The patch, at most 1 MiB: `*** Begin Patch` … `*** End Patch`, or a unified diff.
    pub patch: String,
}

/// What would change, for an approval.
pub fn preview(workspace: &Workspace, args: &Args) -> Result<Vec<Change>, FileError> {
    Ok(plan(workspace, args)?.planned.iter().map(Change::of).collect())
}

/// Applies the patch if the files still are what the approval was given for.
pub fn execute(
    workspace: &Workspace,
    args: &Args,
    expected: &[Change],
    undo: &mut Journal,
) -> Result<Outcome, FileError> {
    let plan = plan(workspace, args)?;
    let changed = carry_out(workspace, &plan.planned, expected, undo)?;
    let mut out = Bounded::new(TEXT_BYTES);
    for file in &changed {
        let what = match (&file.before, &file.after) {
            (None, _) => "created",
            (_, None) => "removed",
            _ => "changed",
        };
        out.line(&format!("{}: {what}", file.path));
    }
    if changed.is_empty() {
        out.line("the files have this content already, nothing was written");
    }
    for note in &plan.notes {
        out.line(note);
    }
    let cut = !out.line("");
    let text = out.end(if cut { "… (more files and notes)\n" } else { "" });
    Ok(Outcome { text: text.trim_end().to_owned(), changed, cut })
}

#[derive(Debug, Default)]
struct Plan {
    planned: Vec<Planned>,
    notes: Vec<String>,
}

fn plan(workspace: &Workspace, args: &Args) -> Result<Plan, FileError> {
    let mut plan = Plan::default();
    for file in parse(&args.patch)? {
        plan.add(workspace, file)?;
    }
    Ok(plan)
}

impl Plan {
    fn add(&mut self, workspace: &Workspace, file: FilePatch) -> Result<(), FileError> {
        let path = workspace.relative(&file.path)?;
        let at = self.look(workspace, &path)?;
        let exists = self.content(at).is_some();
        match file.action {
            Action::Add { .. } if exists => Err(FileError::Exists { path: path.display() }),
            Action::Add { content } => {
                self.set(at, Some(content.into_bytes()));
                Ok(())
            }
            _ if !exists => Err(FileError::Missing { path: path.display() }),
            Action::Delete { hunks } => {
                if !hunks.is_empty() && !self.patched(at, &path, &hunks)?.is_empty() {
                    let why = "the patch removes the file, but more is in it than the patch shows".to_owned();
                    return Err(FileError::Hunk { path: path.display(), hunk: hunks.len(), why });
                }
                self.set(at, None);
                Ok(())
            }
            Action::Update { move_to, hunks } => {
                let content = self.patched(at, &path, &hunks)?;
                match move_to {
                    None => self.set(at, Some(content)),
                    Some(to) => self.put_elsewhere(workspace, at, &to, content)?,
                }
                Ok(())
            }
        }
    }

    /// The file's place in the plan; its content is read at the first mention.
    fn look(&mut self, workspace: &Workspace, path: &RelPath) -> Result<usize, FileError> {
        if let Some(at) = self.planned.iter().position(|planned| planned.path == *path) {
            return Ok(at);
        }
        if path.is_root() {
            return Err(FileError::NotAFile { path: path.display(), kind: "a directory" });
        }
        let before = workspace.hold_to_write(path, REPLACED_BYTES)?;
        let after = before.as_ref().map(|held| held.content.clone());
        self.planned.push(Planned { path: path.clone(), before, after, mode: None });
        Ok(self.planned.len() - 1)
    }

    fn content(&self, at: usize) -> Option<&[u8]> {
        self.planned.get(at)?.after.as_deref()
    }

    fn set(&mut self, at: usize, content: Option<Vec<u8>>) {
        if let Some(planned) = self.planned.get_mut(at) {
            planned.after = content;
        }
    }

    fn patched(&mut self, at: usize, path: &RelPath, hunks: &[Hunk]) -> Result<Vec<u8>, FileError> {
        let content = self.content(at).unwrap_or_default();
        if hunks.is_empty() {
            return Ok(content.to_vec());
        }
        let path = path.display();
        let bytes = content.len() as u64;
        if bytes > PATCHED_BYTES {
            let (max_bytes, what) = (PATCHED_BYTES, "a file that is patched");
            return Err(FileError::TooLarge { path, bytes, max_bytes, what });
        }
        let Ok(text) = str::from_utf8(content) else { return Err(FileError::NotText { path }) };
        match apply(text, hunks) {
            Ok(applied) => {
                self.notes.extend(applied.notes.iter().map(|note| format!("{path}: {note}")));
                Ok(applied.text.into_bytes())
            }
            Err(error) => Err(FileError::Hunk { path, hunk: error.hunk, why: error.why }),
        }
    }

    /// Moves a file; it keeps its permissions.
    fn put_elsewhere(
        &mut self,
        workspace: &Workspace,
        from: usize,
        to: &str,
        content: Vec<u8>,
    ) -> Result<(), FileError> {
        let path = workspace.relative(to)?;
        let at = self.look(workspace, &path)?;
        if at != from && self.content(at).is_some() {
            return Err(FileError::Exists { path: path.display() });
        }
        self.set(from, None);
        self.set(at, Some(content));
        let source = self.planned.get(from);
        let mode = source.and_then(|source| source.before.as_ref().map(|held| held.mode).or(source.mode));
        if let Some(planned) = self.planned.get_mut(at) {
            planned.mode = mode;
        }
        Ok(())
    }
}
