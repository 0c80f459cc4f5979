//! The common shape: a lead and a run of characters.

use super::check::Check;
use super::class::{Class, is_word};
use super::cursor::{Cursor, Found, Stop};

/// A run of characters of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) class: Class,
    pub(super) min: usize,
    /// Characters of a longer run beyond `max` are not part of the match.
    pub(super) max: usize,
    pub(super) check: Check,
}

/// A run of exactly `max` characters with no letter, digit or underscore behind it.
pub(super) fn exact(run: &Run, text: Cursor<'_>) -> Result<usize, Stop> {
    let mut text = text;
    let body = text.run(run.max, |b| run.class.contains(b))?;
    let ends = !text.peek()?.is_some_and(is_word);
    if body.len() == run.max && ends && run.check.accepts(body) { Ok(body.len()) } else { Err(Stop::No) }
}

/// A run of `min` to `max` characters; dots at its end belong to the sentence.
pub(super) fn bounded(run: &Run, text: Cursor<'_>) -> Result<usize, Stop> {
    let mut text = text;
    let mut body = text.run(run.max, |b| run.class.contains(b))?;
    while let [rest @ .., b'.'] = body {
        body = rest;
    }
    if body.len() >= run.min && run.check.accepts(body) { Ok(body.len()) } else { Err(Stop::No) }
}

/// A run of `min` to `max` characters that ends there: no further character of the class or of a word
/// follows, no call or index, and no marker, which would mean that the run once was longer.
pub(super) fn whole_run(run: &Run, text: Cursor<'_>) -> Result<usize, Stop> {
    let mut text = text;
    let body = text.run(run.max, |b| run.class.contains(b))?;
    let goes_on = text.peek()?.is_some_and(|b| run.class.contains(b) || is_word(b) || b"([".contains(&b));
    let body = body.strip_suffix(b".").unwrap_or(body);
    let accepted = body.len() >= run.min && !goes_on && run.check.accepts(body);
    if accepted && !text.at_marker()? { Ok(body.len()) } else { Err(Stop::No) }
}

/// The lead is part of the secret.
pub(super) fn whole(lead: usize, body: usize) -> Found {
    Found { keep: 0, len: lead + body }
}

/// The lead stays.
pub(super) fn value(lead: usize, body: usize) -> Found {
    Found { keep: lead, len: body }
}
