//! What a tool is going to change, and what came of it.

use serde::{Deserialize, Serialize};

use super::diff::unified;
use crate::workspace::{FileError, Journal, Planned, Workspace, sha256};

/// Longest diff of one file, in bytes.
const DIFF_BYTES: usize = 256 * 1024;

/// A file before a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreImage {
    /// SHA-256 of its content, 64 lower-case hex digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Its permission bits (0o777).
    pub mode: u32,
}

/// A file after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// SHA-256 of its content, 64 lower-case hex digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// One file that a tool is going to change: what an approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Relative to the workspace.
    pub path: String,
    /// None where it will be created.
    pub before: Option<PreImage>,
    /// None where it will be removed.
    pub after: Option<After>,
    /// For people: a unified diff of at most 256 KiB, with a note where it was cut. Not compared.
    pub diff: String,
}

/// A file that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Relative to the workspace; bytes that are not UTF-8 as `\xNN`.
    pub path: String,
    /// SHA-256 of the content before; none where there was none, or it is not known.
    pub before: Option<String>,
    /// SHA-256 of the content after; none where it was removed, or it is not known.
    pub after: Option<String>,
}

/// What came of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// For the model, bounded.
    pub text: String,
    /// Files that were changed.
    pub changed: Vec<ChangedFile>,
    /// Whether something was left out of the text for its length; the text says what.
    pub cut: bool,
}

impl Change {
    pub(crate) fn of(planned: &Planned) -> Self {
        let before = planned.before.as_ref();
        let path = planned.path.display();
        let diff =
            unified(&path, before.map(|held| held.content.as_slice()), planned.after.as_deref(), DIFF_BYTES);
        Self {
            path,
            before: before.map(|held| PreImage {
                sha256: held.sha256.clone(),
                bytes: held.content.len() as u64,
                mode: held.mode,
            }),
            after: planned
                .after
                .as_ref()
                .map(|content| After { sha256: sha256(content), bytes: content.len() as u64 }),
            diff,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.path, &self.before, &self.after) == (&other.path, &other.before, &other.after)
    }
}

/// Carries a plan out if it is the one that was approved.
pub(crate) fn carry_out(
    workspace: &Workspace,
    planned: &[Planned],
    expected: &[Change],
    journal: &mut Journal,
) -> Result<Vec<ChangedFile>, FileError> {
    let now: Vec<Change> = planned.iter().map(Change::of).collect();
    let pairs = now.iter().zip(expected.iter().map(Some).chain(std::iter::repeat(None)));
    for (now, expected) in pairs {
        if !expected.is_some_and(|expected| now.is_same(expected)) {
            return Err(FileError::ChangedMeanwhile { path: now.path.clone() });
        }
    }
    if let Some(missing) = expected.get(now.len()) {
        return Err(FileError::ChangedMeanwhile { path: missing.path.clone() });
    }
    workspace.carry_out(planned, journal)?;
    let changes = planned.iter().zip(now).filter(|(planned, _)| planned.is_change());
    Ok(changes.map(|(_, change)| ChangedFile::from(change)).collect())
}

impl From<Change> for ChangedFile {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            before: change.before.map(|before| before.sha256),
            after: change.after.map(|after| after.sha256),
        }
    }
}
