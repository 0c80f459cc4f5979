//! Reading forward through text that may not all be there yet.

/// What people put between the words of a name.
pub(super) const SEPARATORS: &[u8] = b"_-. ";

/// Why a rule has no match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It does not match, whatever follows.
    No,
    /// What follows decides.
    Need,
}

/// A match: `keep` bytes stay, the `len` bytes after them are the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) keep: usize,
    pub(super) len: usize,
}

/// A position in the bytes from the lead on.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
    end_of_text: bool,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(bytes: &'t [u8], end_of_text: bool) -> Self {
        Self { bytes, at: 0, end_of_text }
    }

    /// Bytes passed.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The bytes from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'t [u8] {
        &self.bytes[start..self.at]
    }

    /// The next byte; `None` at the end of the text.
    pub(super) fn peek(&self) -> Result<Option<u8>, Stop> {
        match self.bytes.get(self.at) {
            Some(&byte) => Ok(Some(byte)),
            None if self.end_of_text => Ok(None),
            None => Err(Stop::Need),
        }
    }

    /// Passes bytes while `accept` says so, at most `max`, and returns them.
    pub(super) fn run(&mut self, max: usize, accept: impl Fn(u8) -> bool) -> Result<&'t [u8], Stop> {
        let start = self.at;
        while self.at - start < max && self.peek()?.is_some_and(&accept) {
            self.at += 1;
        }
        Ok(self.since(start))
    }

    /// Passes one byte if `accept` says so.
    pub(super) fn optional(&mut self, accept: impl Fn(u8) -> bool) -> Result<(), Stop> {
        self.run(1, accept).map(|_| ())
    }

    /// Passes `literal` or refuses.
    pub(super) fn literal(&mut self, literal: &[u8], any_case: bool) -> Result<(), Stop> {
        for &wanted in literal {
            let byte = self.peek()?.ok_or(Stop::No)?;
            if byte != wanted && !(any_case && byte.eq_ignore_ascii_case(&wanted)) {
                return Err(Stop::No);
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Passes a name in lower case, in any case and spelling: its `_` stands for `_`, `-`, `.`, a blank, or
    /// nothing (but for something at its end).
    pub(super) fn name(&mut self, name: &[u8]) -> Result<(), Stop> {
        for (at, &wanted) in name.iter().enumerate() {
            if wanted != b'_' {
                self.literal(&[wanted], true)?;
            } else if self.run(1, |b| SEPARATORS.contains(&b))?.is_empty() && at + 1 == name.len() {
                return Err(Stop::No);
            }
        }
        Ok(())
    }

    /// Whether a marker may begin here: `«`.
    pub(super) fn at_marker(&self) -> Result<bool, Stop> {
        let mut ahead = *self;
        match ahead.literal("«".as_bytes(), false) {
            Err(Stop::No) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// Moves forward without looking; the bytes must have been seen.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.bytes.len());
    }
}
