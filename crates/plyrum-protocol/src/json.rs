//! JSON as Plyrum writes it: one line, and nothing a terminal could act on.
//!
//! `serde_json` escapes C0 controls; DEL and the C1 controls (which some terminals obey, U+009B is a
//! one-character CSI) are left raw by the standard's rules, so they are escaped here as `\u00xx`.

use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};

#[derive(Debug, Clone, Copy)]
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_hidden_control) {
            let (clean, tail) = rest.split_at(at);
            out.write_all(clean.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(control) = chars.next() {
                write!(out, "\\u{:04x}", u32::from(control))?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

fn is_hidden_control(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}')
}

/// One line of JSON, without the newline; C0, DEL and C1 controls are escaped.
///
/// # Errors
/// Only for values that JSON cannot express (a map with keys that are not strings).
pub fn to_line<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = Vec::with_capacity(256);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, TerminalSafe))?;
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped_and_the_value_survives() {
        let text = "a\u{1b}[31mb\u{7f}c\u{9b}2Jd\u{85}e Привет\n";
        let line = to_line(text).unwrap();
        assert_eq!(line, "\"a\\u001b[31mb\\u007fc\\u009b2Jd\\u0085e Привет\\n\"");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
