//! What was sent before: a private file of the user's, a line each, as the composer writes and reads them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Its name in the state folder.
pub const HISTORY_FILE: &str = "history.jsonl";
/// How much of its end is read.
const READ: u64 = 512 * 1024;

/// The latest lines, oldest first. A file that is not there is an empty one.
#[must_use]
pub fn read(path: &Path) -> Vec<String> {
    let Ok(text) = end_of(path) else { return Vec::new() };
    text.lines().map(str::to_owned).collect()
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(READ)))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    Ok(bytes.utf8_chunks().map(|chunk| chunk.valid()).collect())
}

/// Adds a line.
pub(super) fn add(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(HISTORY_FILE);
        assert!(read(&path).is_empty());
        for line in ["\"раз\"", "\"two\""] {
            add(&path, line).unwrap();
        }
        assert_eq!(read(&path), ["\"раз\"", "\"two\""]);
    }
}
