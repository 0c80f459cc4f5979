//! Why a home or a file cannot be used.
//!
//! Callers map [`ConfigError::failure`] to an exit code and print [`ConfigError::hint`] on
//! a line of its own, so a reason never has to be guessed from text.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::Diagnostic;

/// The two ways in which configuration ends a command (exit codes in `protocol.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Home refused or file broken: kind `config`, exit 3.
    Config,
    /// Disk full, unwritable, unreadable: kind `storage`, exit 1.
    Storage,
}

/// Why a directory is not trusted with keys, money and a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is a symbolic link, so that somebody else may decide where it leads.
    Symlink,
    /// Something else than a directory has its name.
    NotADirectory,
    /// Its owner is another user: owner's uid, our uid.
    OtherOwner {
        /// The uid that owns the directory.
        owner: u32,
        /// The uid that we run as.
        ours: u32,
    },
    /// Its group or everybody may write to it: permission bits.
    WritableByOthers {
        /// The permission bits, as `chmod` takes them.
        mode: u32,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symlink => f.write_str("it is a symbolic link"),
            Self::NotADirectory => f.write_str("it is not a directory"),
            Self::OtherOwner { owner, ours } => {
                write!(f, "it belongs to another user (uid {owner}, not {ours})")
            }
            Self::WritableByOthers { mode } => write!(f, "it is writable by others (mode {mode:04o})"),
        }
    }
}

/// What went wrong while finding, preparing or reading files.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// `PLYRUM_HOME` is set to nothing, which could mean any directory.
    #[error("PLYRUM_HOME is set but empty")]
    EmptyHome,
    /// The passwd database names no usable home directory for this user.
    #[error("no home directory: {why}")]
    NoHome {
        /// What the passwd database said, with the uid.
        why: String,
    },
    /// A directory of ours is one that others could change.
    #[error("refusing {}: {why}", path.display())]
    HomeRefused {
        /// The directory.
        path: PathBuf,
        /// The exact reason.
        why: Refusal,
    },
    /// A file is too long, not text, or not a regular file.
    #[error("{0}")]
    BrokenFile(Diagnostic),
    /// The file system said no.
    #[error("cannot {action} {}: {cause}", path.display())]
    Storage {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, as in "cannot … PATH".
        action: &'static str,
        /// The answer of the operating system.
        cause: io::Error,
    },
}

impl ConfigError {
    /// Decides the exit code.
    pub fn failure(&self) -> Failure {
        match self {
            Self::EmptyHome | Self::NoHome { .. } | Self::HomeRefused { .. } | Self::BrokenFile(_) => {
                Failure::Config
            }
            Self::Storage { .. } => Failure::Storage,
        }
    }

    /// What the user can do about it, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::EmptyHome => "set PLYRUM_HOME to a directory, or unset it".to_owned(),
            Self::NoHome { .. } => "set PLYRUM_HOME to a directory of yours".to_owned(),
            Self::HomeRefused { path, why } => refusal_hint(path, why),
            Self::BrokenFile(_) => "correct the file and try again".to_owned(),
            Self::Storage { path, cause, .. } => storage_hint(path, cause),
        }
    }

    pub(crate) fn storage(path: &Path, action: &'static str, cause: io::Error) -> Self {
        Self::Storage { path: path.to_owned(), action, cause }
    }
}

fn refusal_hint(path: &Path, why: &Refusal) -> String {
    let shell = shell_word(path);
    match why {
        Refusal::Symlink => format!(
            "name the directory itself: set PLYRUM_HOME to what `readlink -f {shell}` prints, or move it here"
        ),
        Refusal::NotADirectory => format!("move {shell} away, or set PLYRUM_HOME to another directory"),
        Refusal::OtherOwner { .. } => {
            "set PLYRUM_HOME to a directory of yours, or run as its owner".to_owned()
        }
        Refusal::WritableByOthers { .. } => format!("chmod go-w {shell}"),
    }
}

fn storage_hint(path: &Path, cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("give yourself access to {}, or set PLYRUM_HOME to another directory", shell_word(path))
        }
        io::ErrorKind::ReadOnlyFilesystem => "set PLYRUM_HOME to a directory that can be written".to_owned(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and try again".to_owned()
        }
        _ => format!("look at {}", shell_word(path)),
    }
}

/// `path` as a word that a shell reads back unchanged.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_can_be_pasted_into_a_shell() {
        let refused = |path: &str| ConfigError::HomeRefused {
            path: path.into(),
            why: Refusal::WritableByOthers { mode: 0o775 },
        };
        assert_eq!(refused("/home/ann/p").hint(), "chmod go-w /home/ann/p");
        assert_eq!(refused("/home/ann/it's p").hint(), r"chmod go-w '/home/ann/it'\''s p'");
    }

    #[test]
    fn a_full_disk_is_storage_and_a_refused_home_is_config() {
        let full = ConfigError::storage(Path::new("/x"), "create", io::ErrorKind::StorageFull.into());
        assert_eq!(full.failure(), Failure::Storage);
        assert_eq!(full.hint(), "free some space and try again");
        let link = ConfigError::HomeRefused { path: "/x".into(), why: Refusal::Symlink };
        assert_eq!(link.failure(), Failure::Config);
        assert_eq!(link.to_string(), "refusing /x: it is a symbolic link");
    }
}
