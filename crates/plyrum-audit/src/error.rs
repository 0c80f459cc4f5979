//! What can go wrong with the audit, and what to try.

use std::io;
use std::path::PathBuf;

/// Why the audit could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An operation on a file or directory failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another process writes this audit.
    #[error("the audit in {} is in use by another daemon: stop it first (`plyrum daemon stop`)", dir.display())]
    Busy {
        /// The directory.
        dir: PathBuf,
    },
    /// What was asked for needs an unbroken chain.
    #[error("the chain is broken at {}:{}: {}", problem.file, problem.line, problem.what)]
    Broken {
        /// Where.
        problem: Box<crate::Problem>,
    },
    /// Files cannot be retired.
    #[error("{why}")]
    Retention {
        /// Why not.
        why: String,
    },
    /// The record does not fit on a line.
    #[error("a `{kind}` record of {bytes} bytes is longer than {max} bytes: shorten its body")]
    TooLong {
        /// Kind of the record.
        kind: String,
        /// Its length.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The kind is not a short word.
    #[error("`{kind}` is not a kind: use 1 to 64 of a-z, 0-9, `.`, `_` and `-`")]
    Kind {
        /// As given, shortened.
        kind: String,
    },
    /// The clock returned something that is no RFC 3339 time.
    #[error("the clock says `{ts}`, which is no RFC 3339 time")]
    Clock {
        /// As returned, shortened.
        ts: String,
    },
    /// The body could not be written as JSON.
    #[error("the body is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl AuditError {
    /// Adds what was done to what.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
