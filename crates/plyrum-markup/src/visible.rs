//! Untrusted text where every character counts: a person decides by it, so nothing may hide or reorder.

use std::fmt::Write as _;

/// Untrusted text with everything invisible or reordering written as `\u{…}`; newlines and tabs stay.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || c == '\t' || c.is_ascii_graphic() || c == ' ' {
            out.push(c);
            continue;
        }
        // Behind a letter, so that combining marks, which belong to a text, are not taken for something strange.
        let behind: String = format!("a{c}").escape_debug().skip(1).collect();
        if behind.starts_with("\\u{") || behind.starts_with("\\r") || behind.starts_with("\\0") {
            let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
