//! The file of the user's own rules, changed as a whole: written beside it, to the disk, then renamed.

use super::{MAX_BYTES, PoliciesError, broken, user_rules};
use crate::policy::{Layer, Rules};
use plyrum_config::{Paths, read_bounded, replace_file};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Changes the file while nobody else does; `change` gets its text, or an empty one.
pub fn change<T, E: From<PoliciesError>>(
    path: &Path,
    change: impl FnOnce(&str) -> Result<(String, T), E>,
) -> Result<T, E> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = |source: io::Error| PoliciesError::Storage { path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let directory = File::open(dir).map_err(failed)?;
    directory.lock().map_err(failed)?; // until it is closed
    let text = read_bounded(path, MAX_BYTES)
        .map_err(PoliciesError::Unreadable)?
        .map_or_else(String::new, |file| file.text);
    let (next, told) = change(&text)?;
    if next.len() as u64 > MAX_BYTES {
        return Err(PoliciesError::TooLarge(path.to_owned()).into());
    }
    replace_file(&directory, path, &next).map_err(failed)?;
    Ok(told)
}

/// Adds a rule, as a block of text, behind the others. Returns the file.
pub fn add(paths: &Paths, block: &str) -> Result<PathBuf, PoliciesError> {
    let (path, _) = user_rules(paths)?; // a file that is broken is corrected first
    change(&path, |text| {
        let gap = match text {
            "" => "",
            text if text.ends_with("\n\n") => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let next = format!("{text}{gap}{block}");
        Rules::parse(&next, "", Layer::User).map_err(|e| broken(&path, &next, &e))?;
        Ok((next, ()))
    })?;
    Ok(path)
}
