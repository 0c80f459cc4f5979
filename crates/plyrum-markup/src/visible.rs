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
        if is_ignorable(c)
            || behind.starts_with("\\u{")
            || behind.starts_with("\\r")
            || behind.starts_with("\\0")
        {
            let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that count as marks or letters, and show nothing: variation selectors, fillers, the grapheme joiner.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}
