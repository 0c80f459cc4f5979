//! Credentials in headers: `Authorization: Bearer …`, `"x-api-key": "…"`, `authorization=…`.

use super::check::Check;
use super::class::Class;
use super::cursor::{Cursor, Found, Stop};
use super::token::{self, Run};

const SCHEMES: [&[u8]; 7] = [b"bearer", b"basic", b"token", b"api-key", b"apikey", b"digest", b"oauth"];
const VALUE: Run = Run { class: Class::Token68, min: 8, max: 4096, check: Check::Mixed };

/// From behind the header's name: separator, quotes, an optional scheme, the value.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    quote(&mut text)?;
    text.run(4, is_blank)?;
    if !text.run(1, |b| b == b':' || b == b'=')?.is_empty() {
        text.run(4, is_blank)?;
        quote(&mut text)?;
        scheme(&mut text)?;
        return Ok(Found { keep: text.at(), len: token::bounded(&VALUE, text)? });
    }
    Err(Stop::No)
}

/// A quote, or a quote escaped within JSON.
fn quote(text: &mut Cursor<'_>) -> Result<(), Stop> {
    text.optional(|b| b == b'\\')?;
    text.optional(|b| b == b'"' || b == b'\'')
}

/// Passes `Bearer ` and its like; stays where it is if there is none.
fn scheme(text: &mut Cursor<'_>) -> Result<(), Stop> {
    let mut ahead = *text;
    let word = ahead.run(8, |b| Class::Dash.contains(b))?;
    let blanks = ahead.run(4, is_blank)?.len();
    if blanks > 0 && SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)) {
        text.skip(word.len() + blanks);
    }
    Ok(())
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}
