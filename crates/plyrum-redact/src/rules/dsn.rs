//! Connection strings of `key=value` pairs with blanks between, as libpq reads them:
//! `host=db user=app password=… dbname=app`.

use super::check::Check;
use super::class::Class;
use super::cursor::{Cursor, Found, Stop};
use super::token::{self, Run};

/// From the lead to the password.
const PAIRS_MAX_BYTES: usize = 256;
const VALUE: Run = Run { class: Class::Password, min: 3, max: 256, check: Check::Any };

/// From behind `host=` and its like: the lead's own value, then pairs until the one of the password.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    while text.at() < PAIRS_MAX_BYTES {
        let value = text.run(PAIRS_MAX_BYTES, |b| Class::Password.contains(b) && b != b'=')?;
        let blanks = text.run(2, |b| b == b' ')?;
        let key = text.run(24, |b| Class::Word.contains(b))?;
        if value.is_empty() || blanks.is_empty() || key.is_empty() {
            return Err(Stop::No);
        }
        text.literal(b"=", false)?;
        if key.eq_ignore_ascii_case(b"password") || key.eq_ignore_ascii_case(b"pwd") {
            text.optional(|b| b == b'\'')?;
            return Ok(Found { keep: text.at(), len: token::bounded(&VALUE, text)? });
        }
    }
    Err(Stop::No)
}
