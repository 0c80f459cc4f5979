//! Characters that have no place in a command that nobody looks at.

/// Characters that show nothing, or that turn text around: zero-width, formatting and filling ones.
pub(in crate::policy) const fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character may not appear anywhere, quoted or not: control characters but the tab, spaces beyond
/// ASCII, invisible ones.
pub(super) fn strange(c: char) -> bool {
    (c.is_control() && c != '\t') || (!c.is_ascii() && c.is_whitespace()) || invisible(c)
}
