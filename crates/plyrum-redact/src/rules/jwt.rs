//! JSON Web Tokens: three base64url parts or more (an encrypted one has five), joined by dots, the first of
//! them an object. Read part by part, so that a text of nothing but beginnings is given up early.

use super::class::Class;
use super::cursor::{Cursor, Found, Stop};

/// Every object in base64 begins so: `{"`.
pub(super) const LEAD: &str = "eyJ";
const PART_MIN_BYTES: usize = 10;
const HEADER_MAX_BYTES: usize = 1024;
const TOKEN_MAX_BYTES: usize = 8 * 1024;

/// From behind `eyJ`.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    let header = text.run(HEADER_MAX_BYTES, |b| Class::Dash.contains(b))?;
    if LEAD.len() + header.len() < PART_MIN_BYTES {
        return Err(Stop::No);
    }
    text.literal(b".", false)?;
    if text.run(TOKEN_MAX_BYTES, |b| Class::Dash.contains(b))?.len() < PART_MIN_BYTES {
        return Err(Stop::No);
    }
    text.literal(b".", false)?;
    let start = text.at();
    let mut rest = text.run(TOKEN_MAX_BYTES, |b| Class::Dotted.contains(b))?;
    while let [before @ .., b'.'] = rest {
        rest = before; // the sentence's
    }
    let signature = rest.split(|b| *b == b'.').next().unwrap_or_default();
    if signature.len() < PART_MIN_BYTES {
        Err(Stop::No)
    } else {
        Ok(Found { keep: 0, len: start + rest.len() })
    }
}
