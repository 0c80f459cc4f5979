//! Reading configuration text: bounded, regular files only, with what tells a change.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::libc::{O_CLOEXEC, O_NONBLOCK};

use crate::{ConfigError, Diagnostic, Paths};

/// No configuration written by a person is longer than this (1 MiB); a longer one is refused.
pub const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// What tells one state of a file from the next without reading it.
///
/// The inode catches editors that write a new file and rename it, the change time catches
/// tools that set the modification time back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStamp {
    modified: Option<SystemTime>,
    changed: (i64, i64),
    length: u64,
    inode: u64,
}

impl FileStamp {
    /// The stamp of the file at `path`, or none where there is no file to look at.
    pub fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|found| Self::from_metadata(&found))
    }

    fn from_metadata(found: &Metadata) -> Self {
        Self {
            modified: found.modified().ok(),
            changed: (found.ctime(), found.ctime_nsec()),
            length: found.len(),
            inode: found.ino(),
        }
    }
}

/// A configuration file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is, for diagnostics.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
    /// Taken from the opened file before reading, so a later change shows.
    pub stamp: FileStamp,
}

impl SourceFile {
    /// Its modification time, where the file system has one.
    pub fn modified(&self) -> Option<SystemTime> {
        self.stamp.modified
    }
}

/// Reads a regular UTF-8 file of at most `max` bytes. A missing file is `None`.
pub fn read_bounded(path: &Path, max: u64) -> Result<Option<SourceFile>, ConfigError> {
    // Without O_NONBLOCK a named pipe would wait for its writer.
    let opened = OpenOptions::new().read(true).custom_flags(O_NONBLOCK | O_CLOEXEC).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(cause) if is_missing(&cause) => return Ok(None),
        Err(cause) => return Err(ConfigError::storage(path, "open", cause)),
    };
    let found = file.metadata().map_err(|cause| ConfigError::storage(path, "look at", cause))?;
    if !found.is_file() {
        return Err(broken(path, "it is not a regular file"));
    }
    let bytes = read_at_most(file, path, max)?;
    let text = String::from_utf8(bytes).map_err(|error| not_text(path, &error))?;
    Ok(Some(SourceFile { path: path.to_owned(), text, stamp: FileStamp::from_metadata(&found) }))
}

fn is_missing(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The user's `config.toml`; `None` where there is none, which is fine.
pub fn user_file(paths: &Paths) -> Result<Option<SourceFile>, ConfigError> {
    read_bounded(&paths.config_file(), MAX_CONFIG_BYTES)
}

fn read_at_most(file: File, path: &Path, max: u64) -> Result<Vec<u8>, ConfigError> {
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|cause| ConfigError::storage(path, "read", cause))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= max) {
        Ok(bytes)
    } else {
        Err(broken(path, &format!("it is longer than {max} bytes")))
    }
}

fn not_text(path: &Path, error: &std::string::FromUtf8Error) -> ConfigError {
    let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
    let line = good.filter(|byte| **byte == b'\n').count() + 1;
    ConfigError::BrokenFile(Diagnostic {
        file: path.to_owned(),
        line,
        column: 0,
        message: "it is not UTF-8 text".to_owned(),
        nearest: None,
    })
}

pub(crate) fn broken(path: &Path, message: &str) -> ConfigError {
    ConfigError::BrokenFile(Diagnostic::of_file(path, message))
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_missing_file_is_no_error() {
        let home = TempDir::new().unwrap();
        assert_eq!(read_bounded(&home.path().join("x"), 10).unwrap(), None);
        assert_eq!(user_file(&Paths::under(home.path())).unwrap(), None);
    }

    #[test]
    fn a_file_of_exactly_the_bound_is_read_and_one_byte_more_is_refused() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("c.toml");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(read_bounded(&path, 10).unwrap().unwrap().text, "0123456789");
        let error = read_bounded(&path, 9).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: it is longer than 9 bytes", path.display()));
    }

    #[test]
    fn bytes_that_are_not_text_name_their_line() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("c.toml");
        std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
        let error = read_bounded(&path, 100).unwrap_err();
        assert_eq!(error.to_string(), format!("{}:2: it is not UTF-8 text", path.display()));
    }

    #[test]
    fn a_pipe_or_directory_is_refused_without_waiting() {
        let home = TempDir::new().unwrap();
        let pipe = home.path().join("pipe");
        nix::unistd::mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        for path in [&pipe, &home.path().to_owned()] {
            let error = read_bounded(path, 100).unwrap_err();
            assert!(error.to_string().ends_with("it is not a regular file"), "{error}");
        }
    }

    #[test]
    fn a_rewrite_of_the_same_length_changes_the_stamp() {
        let home = TempDir::new().unwrap();
        let (path, next) = (home.path().join("c.toml"), home.path().join("next"));
        std::fs::write(&path, "a = 1").unwrap();
        let before = FileStamp::of(&path);
        std::fs::write(&next, "a = 2").unwrap();
        std::fs::rename(&next, &path).unwrap();
        assert_ne!(FileStamp::of(&path), before);
        assert_eq!(read_bounded(&path, 10).unwrap().map(|file| file.stamp), FileStamp::of(&path));
    }
}
