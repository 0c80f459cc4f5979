//! The daemon's own log: one line per event on standard error, which the launcher points at a file. It
//! names runs, states and errors, never prompts or answers.

use crate::clock;
use std::io::Write as _;

/// Size at which the log of an earlier life is set aside.
const MAX_LOG_BYTES: u64 = 4 * 1024 * 1024;

/// Writes a line. A log that cannot be written must not stop a run, so a failure is dropped.
pub(crate) fn line(text: &str) {
    let _unwritable_log = writeln!(std::io::stderr().lock(), "{} {text}", clock::now());
}

/// Keeps one old log: called before the daemon says its first word.
pub(crate) fn cap(path: &std::path::Path) {
    if std::fs::metadata(path).is_ok_and(|m| m.len() > MAX_LOG_BYTES) {
        let old = path.with_extension("log.old");
        if let Err(e) = std::fs::copy(path, &old)
            .and_then(|_| std::fs::OpenOptions::new().write(true).truncate(true).open(path))
        {
            line(&format!("cannot rotate the log: {e}"));
        }
    }
}
