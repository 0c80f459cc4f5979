//! Passwords of a command line: `curl … -u user:password …`, quoted or not.
//!
//! Read word by word, so that prose about curl is let go at its next word rather than held until its end.

use super::check::Check;
use super::class::Class;
use super::cursor::{Cursor, Found, Stop};
use super::token::{self, Run};

/// From the command's name to its option.
const WORDS_MAX_BYTES: usize = 512;
const USER_MAX_BYTES: usize = 64;
const PASSWORD: Run = Run { class: Class::Password, min: 3, max: 256, check: Check::Any };

/// From behind `curl `.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    let end = text.at() + WORDS_MAX_BYTES;
    let mut is_value = false;
    while text.at() < end {
        blanks(&mut text)?;
        match user_option(&mut text) {
            Err(Stop::No) => is_value = word(&mut text, is_value)?,
            other => return other.and_then(|()| user_and_password(text)),
        }
    }
    Err(Stop::No)
}

/// Blanks, and line breaks behind a backslash.
fn blanks(text: &mut Cursor<'_>) -> Result<(), Stop> {
    text.run(16, |b| b == b' ')?;
    while text.peek()? == Some(b'\\') {
        text.skip(1);
        text.run(2, |b| b == b'\r' || b == b'\n')?;
        text.run(16, |b| b == b' ')?;
    }
    Ok(())
}

/// Passes `-u ` or `--user `; stays where it is if there is none.
fn user_option(text: &mut Cursor<'_>) -> Result<(), Stop> {
    for option in [&b"-u "[..], b"--user ", b"--user="] {
        let mut ahead = *text;
        match ahead.literal(option, false) {
            Err(Stop::No) => {}
            found => {
                *text = ahead;
                return found;
            }
        }
    }
    Err(Stop::No)
}

/// Passes an option, an address, a quoted text or, behind an option, any word. Says whether the next one may
/// be an option's value.
fn word(text: &mut Cursor<'_>, is_value: bool) -> Result<bool, Stop> {
    let first = text.peek()?.filter(|b| !b"|;&\n".contains(b)).ok_or(Stop::No)?;
    if !is_value && !b"-\"'$h".contains(&first) {
        return Err(Stop::No);
    }
    if first == b'"' || first == b'\'' {
        text.skip(1);
        text.run(WORDS_MAX_BYTES, |b| b != first && b != b'\n')?;
        text.run(1, |b| b == first)?;
    } else {
        text.run(WORDS_MAX_BYTES, |b| b.is_ascii_graphic() && b != b'\\')?;
    }
    let ends = text.peek()?.is_some_and(|b| b == b' ' || b == b'\\');
    if ends { Ok(first == b'-') } else { Err(Stop::No) }
}

/// Keeps the user's name.
fn user_and_password(mut text: Cursor<'_>) -> Result<Found, Stop> {
    text.run(2, |b| b"\"'\\".contains(&b))?;
    let user = text.run(USER_MAX_BYTES, |b| Class::Password.contains(b) && b != b':')?;
    text.literal(b":", false)?;
    if user.is_empty() || text.peek()?.is_some_and(|b| b"*%".contains(&b)) {
        return Err(Stop::No);
    }
    Ok(Found { keep: text.at(), len: token::bounded(&PASSWORD, text)? })
}
