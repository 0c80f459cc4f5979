//! Paths among a command's words.

use super::At;
use crate::policy::ground::Lies;
use std::path::PathBuf;

/// A path that is read. `-` is standard input.
pub(super) fn read(path: &str, at: &At<'_>) -> Result<(), String> {
    if matches!(path, "-" | "/dev/null") {
        return Ok(());
    }
    real(path, at).map(drop)
}

/// A path that is written; the workspace itself is not.
pub(super) fn write(path: &str, at: &At<'_>) -> Result<(), String> {
    if at.ground.holds_home() {
        return Err("the workspace holds your home, where many files are run by themselves".to_owned());
    }
    real(path, at).map(drop)
}

/// The real path below the root.
pub(super) fn real(path: &str, at: &At<'_>) -> Result<PathBuf, String> {
    if path.starts_with('~') {
        return Err(format!("`{path}` may be a home"));
    }
    match at.ground.locate(at.cwd, path) {
        Lies::Inside(real) => Ok(real),
        Lies::Guarded(_, name) => Err(format!("`{path}` goes through `{name}`, which is protected")),
        Lies::Outside => Err(format!("`{path}` lies outside the workspace")),
    }
}

/// A revision, a range, `revision:path` or a path.
pub(super) fn revision(word: &str, at: &At<'_>) -> Result<(), String> {
    let ends = word.split("...").flat_map(|part| part.split(".."));
    ends.chain(word.split(':')).filter(|part| !part.is_empty()).try_for_each(|part| read(part, at))?;
    read(word, at)
}

/// Whether a path that lies inside is a folder.
pub(super) fn is_folder(path: &str, at: &At<'_>) -> bool {
    at.ground.disk.is_some_and(|disk| real(path, at).is_ok_and(|real| disk.join(real).is_dir()))
}
