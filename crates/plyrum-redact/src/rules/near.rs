//! Secrets without a shape of their own, known by the vendor's name before them: `ALGOLIA_API_KEY=…`,
//! `"algoliaApiKey": "…"`, `algolia key => '…'`, `ключ Algolia: …`.
//!
//! The table knows the form that the vendor publishes. Forms change, so where the name also says that a
//! secret follows (`key`, `token` …), any text that looks random counts.

use super::check::Check;
use super::class::{Class, is_word};
use super::cursor::{Cursor, Found, Stop};
use super::token::{self, Run};

/// What may follow the vendor's name before the sign: the rest of the identifier, or a word or two.
const REST_MAX_BYTES: usize = 32;
const RANDOM: Run = Run { class: Class::Token68, min: 16, max: 512, check: Check::Token };

/// From behind the vendor's name.
pub(super) fn find(run: &Run, mut text: Cursor<'_>) -> Result<Found, Stop> {
    let rest = text.run(REST_MAX_BYTES, |b| is_word(b) || b"-. ".contains(&b))?;
    assignment(&mut text)?;
    let len = match token::whole_run(run, text) {
        Err(Stop::No) if is_secret(rest) => token::whole_run(&RANDOM, text)?,
        found => found?,
    };
    Ok(Found { keep: text.at(), len })
}

fn is_secret(rest: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"key", b"token", b"secret", b"passw", b"credential", b"pat"];
    let rest = rest.to_ascii_lowercase();
    NAMES.iter().any(|name| rest.windows(name.len()).any(|window| window == *name))
}

/// Closing quotes, a sign that gives a value (`=`, `:`, `=>`, `:=`, `—`, `,` of a call, `|` of a table, `>`
/// of a tag), opening quotes.
pub(super) fn assignment(text: &mut Cursor<'_>) -> Result<(), Stop> {
    let closed = text.run(3, |b| b"\"'`\\]".contains(&b))?;
    text.run(4, is_blank)?;
    match text.run(2, |b| b"=:>,|".contains(&b))? {
        b"==" | b"::" | b"||" => return Err(Stop::No),
        b"," if closed.is_empty() => return Err(Stop::No), // `connect(user, password, 42)`
        b"" => text.literal("—".as_bytes(), false)?,
        _ => {}
    }
    text.run(4, is_blank)?;
    text.run(3, |b| b"\"'`\\".contains(&b))?;
    guillemet(text)
}

/// Passes `«`, unless it begins a marker.
fn guillemet(text: &mut Cursor<'_>) -> Result<(), Stop> {
    let mut ahead = *text;
    match ahead.literal("«".as_bytes(), false) {
        Err(Stop::No) => return Ok(()),
        other => other?,
    }
    *text = ahead;
    match ahead.literal(b"redacted:", false) {
        Err(Stop::No) => Ok(()),
        other => other.and(Err(Stop::No)),
    }
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}
