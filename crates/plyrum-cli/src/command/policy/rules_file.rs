//! The file of the user's own rules, changed as a whole: written beside it, to the disk, then renamed.

use super::load::MAX_BYTES;
use crate::fault;
use plyrum_config::read_bounded;
use plyrum_protocol::{ErrorKind, Fault};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Changes the file while nobody else does; `change` gets its text, or an empty one.
pub(super) fn change<T>(
    path: &Path,
    change: impl FnOnce(&str) -> Result<(String, T), Fault>,
) -> Result<T, Fault> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = |e: io::Error| Fault::new(ErrorKind::Storage, format!("{}: {e}", path.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let directory = File::open(dir).map_err(failed)?;
    directory.lock().map_err(failed)?; // until it is closed
    let text = read_bounded(path, MAX_BYTES)
        .map_err(|e| plyrum_client::of_config(&e))?
        .map_or_else(String::new, |file| file.text);
    let (next, told) = change(&text)?;
    if next.len() as u64 > MAX_BYTES {
        return Err(fault::wrong_use(format!("{} would be over 256 KiB", path.display()))
            .hint("remove rules that are over"));
    }
    let beside = path.with_extension("toml.new");
    write_new(&beside, &next)
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| directory.sync_all())
        .map_err(failed)?;
    Ok(told)
}

/// Writes a file that only its owner can read. What an interrupted change left is replaced.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
