//! Money and counts as people read them live with the other words.

pub(crate) use plyrum_words::money::count;

/// Milliseconds as people feel them.
pub(crate) fn seconds(ms: u64) -> String {
    crate::text::words().seconds(ms)
}
