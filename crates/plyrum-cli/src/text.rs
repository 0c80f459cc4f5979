//! Small words that several commands share.

use plyrum_protocol::Timestamp;

/// A time as people read it in lists: local to nobody, so UTC and said so.
pub(crate) fn time(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, rest) = text.split_once('T').unwrap_or((&text, ""));
    let clock: String = rest.chars().take(8).collect();
    format!("{date} {clock}Z")
}

/// An id as lists show it: enough to be found by.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// At most so many characters of one line, with a sign where there are more.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).collect();
    if shown.len() < text.len() {
        shown.pop();
        shown.push('…');
    }
    shown
}
