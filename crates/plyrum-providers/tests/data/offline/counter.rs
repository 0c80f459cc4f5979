//! Counts words in a text without allocating.
//!
//! The counter treats a run of letters as a word. It is used by the status bar.

use std::str::Chars;

/// How many words there are in `text`.
pub fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/* Splits a line at the first colon.
 * Returns None when there is no colon. */
pub fn key(line: &str) -> Option<&str> {
    line.split_once(':').map(|(key, _)| key)
}
