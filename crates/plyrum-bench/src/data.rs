//! Files of the data pack: JSON Lines, read whole, each row checked.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Why a file of the pack could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It could not be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is larger than any file of the pack.
    #[error("{}: {bytes} bytes, at most {MAX_FILE_BYTES} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A row is not what the pack's description says.
    #[error("{}:{line}: {source}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from one.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The rows of one file of the pack, in its order. Empty lines count for nothing.
pub fn lines<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Vec<T>, DataError> {
    let path = dir.join(name);
    let unreadable = |source| DataError::Unreadable { path: path.clone(), source };
    let bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(DataError::TooLarge { path, bytes });
    }
    let text = std::fs::read_to_string(&path).map_err(unreadable)?;
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(at, line)| {
        serde_json::from_str(line).map_err(|source| DataError::Row {
            path: path.clone(),
            line: at + 1,
            source,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_row_that_is_wrong_is_told_with_file_and_line() {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::write(dir.path().join("a.jsonl"), "1\n\n2\nx\n").unwrap();
        let told = lines::<u32>(dir.path(), "a.jsonl").unwrap_err().to_string();
        assert!(told.contains("a.jsonl:4: "), "{told}");
        std::fs::write(dir.path().join("a.jsonl"), "1\n\n2\n").unwrap();
        assert_eq!(lines::<u32>(dir.path(), "a.jsonl").unwrap(), [1, 2]);
        assert!(lines::<u32>(dir.path(), "b.jsonl").unwrap_err().to_string().contains("b.jsonl"));
    }
}
