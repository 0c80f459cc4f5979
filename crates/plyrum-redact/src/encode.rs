//! The forms in which a known secret can appear in text: what JSON writers, URL encoders, `curl -u`,
//! hex dumps and `base64` make of it.
//!
//! Base64 has three forms, since a secret can start at any of three positions within the encoder's
//! 3-byte groups. The characters at either end that also depend on the neighbours are left out of the
//! pattern (and so stay in the text): each carries less than 6 bits of the secret.
//!
//! Not searched for: base64 or hex with something in between, as line breaks after 76 columns or `ab:cd:ef`;
//! and forms of forms other than JSON in JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::SECRET_MIN_BYTES;

/// Bytes of one searched piece. A longer secret is searched as overlapping pieces, which bounds both the
/// hold-back and the automaton.
const PIECE_BYTES: usize = 1024;
/// Bytes shared by neighbouring pieces, so that no encoded character at a seam escapes both.
const PIECE_OVERLAP_BYTES: usize = 16;
/// The longest encoded form of a piece: JSON within JSON makes up to 7 bytes of one.
pub(crate) const ENCODED_MAX_BYTES: usize = PIECE_BYTES * 7;

/// Every encoded form of `secret` (of its pieces, if it is long), without duplicates.
pub(crate) fn variants(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for piece in pieces(secret) {
        forms.insert(piece.to_owned());
        json_forms(piece, &mut forms);
        url_forms(piece, &mut forms);
        hex_forms(piece, &mut forms);
        base64_forms(piece, &mut forms);
    }
    forms.retain(|form| form.len() >= SECRET_MIN_BYTES && form.len() <= ENCODED_MAX_BYTES);
    forms
}

fn pieces(secret: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while secret.len() - start > PIECE_BYTES {
        let end = secret.floor_char_boundary(start + PIECE_BYTES);
        pieces.push(secret.get(start..end).unwrap_or_default());
        start = secret.floor_char_boundary(end - PIECE_OVERLAP_BYTES);
    }
    pieces.push(secret.get(start..).unwrap_or_default());
    pieces
}

/// As serde writes it; with `\/`; with `<`, `>`, `&` as Go and Rails write them; in ASCII as Python
/// does; and the first form escaped once more (JSON inside JSON).
fn json_forms(piece: &str, forms: &mut BTreeSet<String>) {
    let plain = json_escape(piece);
    forms.insert(plain.replace('/', r"\/"));
    forms.insert(plain.replace('<', r"\u003c").replace('>', r"\u003e").replace('&', r"\u0026"));
    forms.insert(plain.replace('<', r"\u003C").replace('>', r"\u003E").replace('&', r"\u0026"));
    forms.insert(ascii_escape(&plain, |out, unit| write!(out, r"\u{unit:04x}")));
    forms.insert(ascii_escape(&plain, |out, unit| write!(out, r"\u{unit:04X}")));
    forms.insert(json_escape(&plain));
    forms.insert(plain);
}

fn json_escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

fn ascii_escape(text: &str, write_unit: impl Fn(&mut String, u16) -> std::fmt::Result) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write_unit(&mut out, *unit);
            }
        }
    }
    out
}

/// Percent-encoded with upper and lower hex, by the three common choices of what may stay as it is:
/// RFC 3986 unreserved, HTML forms (space as `+`), and whole-URL encoders that keep reserved characters.
fn url_forms(piece: &str, forms: &mut BTreeSet<String>) {
    for upper in [true, false] {
        forms.insert(percent(piece, upper, is_unreserved));
        forms.insert(percent(piece, upper, |b| is_unreserved(b) || b == b' ').replace(' ', "+"));
        forms.insert(percent(piece, upper, |b| is_unreserved(b) || b";,/?:@&=+$#!*'()".contains(&b)));
    }
}

fn percent(piece: &str, upper: bool, keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::new();
    for b in piece.bytes() {
        if keep(b) {
            out.push(char::from(b));
        } else {
            let _infallible = if upper { write!(out, "%{b:02X}") } else { write!(out, "%{b:02x}") };
        }
    }
    out
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

fn hex_forms(piece: &str, forms: &mut BTreeSet<String>) {
    let lower = piece.bytes().fold(String::new(), |mut out, b| {
        let _infallible = write!(out, "{b:02x}");
        out
    });
    forms.insert(lower.to_ascii_uppercase());
    forms.insert(lower);
}

fn base64_forms(piece: &str, forms: &mut BTreeSet<String>) {
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(piece.as_bytes());
        let first = (before * 8).div_ceil(6); // characters that depend on what stands before
        let last = bytes.len() * 8 / 6; // characters that do not depend on what comes after
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.insert(encoded.get(first..last).unwrap_or_default().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_at_every_alignment() {
        let secret = "p@ss/w0rd+key?";
        let forms = variants(secret);
        for before in ["", "a", "ab", "abc", "user:", "кто-то:"] {
            for after in ["", "!", "??", "\n"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
                assert!(forms.iter().any(|f| text.contains(f)), "{before:?} {after:?} {text}");
            }
        }
    }

    #[test]
    fn a_long_secret_is_searched_in_bounded_overlapping_pieces() {
        let secret = "ключ\u{1}".repeat(2_000);
        let all = pieces(&secret);
        assert!(all.len() > 10 && all.iter().all(|p| p.len() <= PIECE_BYTES && p.len() >= SECRET_MIN_BYTES));
        assert!(variants(&secret).iter().all(|v| v.len() <= ENCODED_MAX_BYTES));
    }

    #[test]
    fn a_plain_key_has_few_distinct_forms() {
        assert!(variants("sk-abcdefghij0123456789").len() <= 12);
    }
}
