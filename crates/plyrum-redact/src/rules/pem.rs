//! PEM private keys: from the begin line to the end line.
//!
//! A block without its end line (cut off, or longer than the bound) goes up to where the key material
//! stops, if a line of it follows the begin line closely: so prose and code that merely mention the begin
//! line stay whole.

use super::cursor::{Cursor, Found, Stop};

/// Bytes between the begin and the end line; a key of 8192 bits takes 6.4 KB.
pub(super) const BODY_MAX_BYTES: usize = 16 * 1024;
const LABEL_MAX_BYTES: usize = 48;
const DASHES: &[u8] = b"-----";
/// Letters on end that are key material rather than words.
const KEY_LINE_MIN: usize = 32;
/// The same where an end line follows.
const SHORT_LINE_MIN: usize = 16;
/// The most bytes of headers before the first line of key material, if there is no end line.
const HEADERS_MAX_BYTES: usize = 256;

/// From behind `-----BEGIN `.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    let label = text.run(LABEL_MAX_BYTES, is_label)?;
    if !is_private(label) {
        return Err(Stop::No);
    }
    text.literal(DASHES, false)?;
    let body = text.at();
    let (mut line, mut longest) = (0, 0);
    let mut key_end = None;
    while text.at() - body < BODY_MAX_BYTES {
        let Some(byte) = text.peek()?.filter(|b| is_body(*b)) else { break };
        if byte == b'-' {
            match boundary(text)? {
                Boundary::End(_) if longest < SHORT_LINE_MIN => break, // text about keys
                Boundary::End(end) => return Ok(Found { keep: 0, len: end }),
                Boundary::Other => break,
                Boundary::None => {}
            }
        }
        text.skip(1);
        line = if is_base64(byte) { line + 1 } else { 0 };
        longest = longest.max(line);
        if line >= KEY_LINE_MIN && (key_end.is_some() || text.at() - body <= HEADERS_MAX_BYTES) {
            key_end = Some(text.at());
        }
    }
    // Without an end line: up to where the key material stops.
    let end = key_end.ok_or(Stop::No)?;
    Ok(Found { keep: 0, len: end + short_last_line(text.since(end)) })
}

/// What a dash begins.
enum Boundary {
    /// `-----END … PRIVATE KEY-----`, and the position behind it.
    End(usize),
    /// Another begin or end line, or a rule of dashes.
    Other,
    None,
}

fn boundary(mut text: Cursor<'_>) -> Result<Boundary, Stop> {
    match text.literal(DASHES, false) {
        Err(Stop::No) => return Ok(Boundary::None),
        other => other?,
    }
    match end_label(&mut text) {
        Err(Stop::No) => Ok(Boundary::Other),
        other => other.map(|()| Boundary::End(text.at())),
    }
}

fn end_label(text: &mut Cursor<'_>) -> Result<(), Stop> {
    text.literal(b"END ", false)?;
    let label = text.run(LABEL_MAX_BYTES, is_label)?;
    if is_private(label) { text.literal(DASHES, false) } else { Err(Stop::No) }
}

fn is_private(label: &[u8]) -> bool {
    label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK")
}

/// The last line of a key may be short: line break, then base64.
fn short_last_line(after: &[u8]) -> usize {
    let breaks = after.iter().take_while(|b| b"\r\n\\\"".contains(b)).count();
    let rest = after.get(breaks..).unwrap_or_default();
    let letters = rest.iter().take_while(|b| is_base64(**b)).count();
    if letters == 0 { 0 } else { breaks + letters }
}

fn is_label(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' '
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/=".contains(&b)
}

/// Key material, line breaks (also escaped), quotes, and headers such as `Proc-Type: 4,ENCRYPTED`.
fn is_body(b: u8) -> bool {
    is_base64(b) || b.is_ascii_whitespace() || b"\\\"',:-.".contains(&b)
}
