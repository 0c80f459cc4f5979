//! A file of the user's is changed as a whole: whoever reads it gets the old text or the new one, also after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Puts a text in the place of a file, for its owner alone: written beside it as `NAME.new`, to the disk, then renamed.
/// The caller holds the lock of the directory. What an interrupted change left is replaced.
pub fn replace_file(directory: &File, path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    match fs::remove_file(&beside) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    directory.sync_all()
}
