//! What was typed before: a line of JSON each, in a private file of the user's.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Its name in the state folder.
pub const HISTORY_FILE: &str = "history.jsonl";
/// How much of its end is read.
const READ: u64 = 512 * 1024;
/// Longest text that is kept.
const MAX_TEXT: usize = 16 * 1024;

/// The latest texts, oldest first. A file that is not there is an empty one.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let Ok(text) = end_of(path) else { return Vec::new() };
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(READ)))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    Ok(bytes.utf8_chunks().map(|chunk| chunk.valid()).collect())
}

/// Adds a text. One that begins with a blank was meant for nobody's memory.
pub(super) fn add(path: &Path, text: &str) -> io::Result<()> {
    if text.starts_with(' ') || text.trim().is_empty() || text.len() > MAX_TEXT {
        return Ok(());
    }
    let mut line = serde_json::to_string(text).map_err(io::Error::other)?;
    line.push('\n');
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_and_a_blank_in_front_keeps_it_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(HISTORY_FILE);
        assert!(read(&path).is_empty());
        for text in ["раз\nдва", " тайна", "three", "  "] {
            add(&path, text).unwrap();
        }
        assert_eq!(read(&path), ["раз\nдва", "three"]);
    }
}
