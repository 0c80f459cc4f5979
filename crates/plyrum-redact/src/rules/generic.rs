//! Values behind a secret's name, whoever issued them: `DB_PASSWORD=…`, `"token": "…"`, `пароль от почты: …`.
//! For records only: what a person reads while it streams should not lose a word to a guess.
//!
//! A password may be short and chosen by a person; a token, key or secret counts only if it looks random.
//! Words, types, calls, paths and placeholders are neither.

use super::check::Check;
use super::class::{Class, is_word};
use super::cursor::{Cursor, Found, Stop};
use super::near;
use super::token::{self, Run};

/// Between the name and the sign: the rest of the identifier or some words.
const REST_MAX_BYTES: usize = 48;
const PASSWORD: Run = Run { class: Class::Visible, min: 6, max: 128, check: Check::Password };
const TOKEN: Run = Run { class: Class::Token68, min: 16, max: 512, check: Check::Token };

/// What a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    Password,
    Token,
}

/// From behind the name.
pub(super) fn find(promise: Promise, mut text: Cursor<'_>) -> Result<Found, Stop> {
    let rest = text.run(REST_MAX_BYTES, is_name)?;
    near::assignment(&mut text)?;
    let run = match promise {
        Promise::Password if is_about(rest) => return Err(Stop::No),
        Promise::Password => PASSWORD,
        Promise::Token => TOKEN,
    };
    Ok(Found { keep: text.at(), len: token::whole_run(&run, text)? })
}

/// Letters of any alphabet; 0xC2 begins `«`, 0xE2 dashes.
fn is_name(b: u8) -> bool {
    is_word(b) || b == b'-' || b == b' ' || (b >= 0x80 && b != 0xC2 && b != 0xE2)
}

/// `password_length`, `pass_rate`, `passwordChangedAt`: what is told is about the password, or nothing of it.
fn is_about(rest: &[u8]) -> bool {
    const ABOUT: [&[u8]; 14] = [
        b"len", b"min", b"max", b"rate", b"change", b"hash", b"count", b"age", b"expir", b"updat", b"valid",
        b"file", b"path", b"policy",
    ];
    let rest = rest.to_ascii_lowercase();
    ABOUT.iter().any(|word| rest.windows(word.len()).any(|window| window == *word))
}
