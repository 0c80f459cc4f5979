//! Redaction of text that arrives in pieces: the same scan, stopped at the first byte that is open.

use std::fmt;
use std::sync::Arc;

use crate::encode::ENCODED_MAX_BYTES;
use crate::redactor::Inner;
use crate::rules::{Context, RULE_MAX_BYTES, Strength};

/// The most bytes a stream ever holds back: one encoded piece of a known secret (7 KiB) in the first
/// pass and one shape in the second (8 KiB; a PEM block up to 16 KiB).
pub const HOLD_BACK_MAX: usize = ENCODED_MAX_BYTES + RULE_MAX_BYTES;

/// A running redaction. Text that cannot begin a secret comes back from the same [`push`](Self::push).
pub struct RedactStream {
    inner: Arc<Inner>,
    strength: Strength,
    /// Input that may begin a known secret.
    raw: String,
    /// Bytes at the start of `raw` that belong to a known secret already replaced.
    covered: usize,
    /// Output of the first pass that may begin a shape.
    shaped: String,
    /// What stood before `shaped`.
    context: Context,
}

impl RedactStream {
    pub(crate) fn new(inner: Arc<Inner>, strength: Strength) -> Self {
        let (raw, shaped) = (String::new(), String::new());
        Self { inner, strength, raw, covered: 0, shaped, context: Context::default() }
    }

    /// Takes the next piece, returns the text that is decided: possibly empty, never more than is safe.
    #[must_use = "the text that is decided is returned once"]
    pub fn push(&mut self, chunk: &str) -> String {
        self.advance(chunk, false)
    }

    /// The end of the text: returns what was held back, redacted.
    #[must_use = "the rest of the text is returned once"]
    pub fn finish(mut self) -> String {
        self.advance("", true)
    }

    /// Bytes held back now, at most [`HOLD_BACK_MAX`].
    pub fn held_bytes(&self) -> usize {
        self.raw.len() + self.shaped.len()
    }

    fn advance(&mut self, chunk: &str, end_of_text: bool) -> String {
        self.raw.push_str(chunk);
        let done = self.inner.known.advance(&self.raw, &mut self.covered, end_of_text, &mut self.shaped);
        self.raw.drain(..done);
        let mut out = String::with_capacity(self.shaped.len());
        let (marker, context) = (&self.inner.marker, &mut self.context);
        let done = self.strength.advance(&self.shaped, marker, context, end_of_text, &mut out);
        self.shaped.drain(..done);
        out
    }
}

impl fmt::Debug for RedactStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactStream").field("held_bytes", &self.held_bytes()).finish_non_exhaustive()
    }
}
