//! Markers of an earlier redaction: passed as they are, so that no rule takes a rule's name or a
//! fingerprint for part of a secret. Nothing can hide in one: lower-case words with two digits at most, and
//! eight hex digits.

use super::class::Class;
use super::cursor::{Cursor, Found, Stop};

pub(super) const LEAD: &str = "«redacted:";
const NAME_MAX_BYTES: usize = 32;
const NAME_MAX_DIGITS: usize = 2;
const FINGERPRINT_BYTES: usize = 8;

/// From behind `«redacted:`.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    let name = text.run(NAME_MAX_BYTES, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')?;
    let digits = name.iter().filter(|b| b.is_ascii_digit()).count();
    if name.is_empty() || digits > NAME_MAX_DIGITS {
        return Err(Stop::No);
    }
    text.literal(b":", false)?;
    if text.run(FINGERPRINT_BYTES, |b| Class::Hex.contains(b))?.len() < FINGERPRINT_BYTES {
        return Err(Stop::No);
    }
    text.literal("»".as_bytes(), false)?;
    Ok(Found { keep: text.at(), len: 0 })
}
