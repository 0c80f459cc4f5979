//! How many columns a terminal gives to a text: by grapheme, as the screen's cells are filled.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// The columns a text takes.
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.graphemes(true).map(of_grapheme).sum() }
}

/// A text that takes at most so many columns, cut with `…` at a grapheme's border.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += of_grapheme(grapheme);
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    out
}

/// A text that takes exactly so many columns: cut, or filled up with spaces on the right.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    let missing = columns.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// The pieces that a line is made of, with the columns each takes; none is wider than `room`, unless one character is.
pub(crate) fn atoms(text: &str, room: usize) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).flat_map(move |grapheme| {
        let columns = of_grapheme(grapheme);
        let whole = (columns <= room).then_some((grapheme, columns));
        let broken = whole.is_none().then(|| characters(grapheme));
        whole.into_iter().chain(broken.into_iter().flatten())
    })
}

fn characters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.char_indices().filter_map(move |(at, c)| {
        let character = text.get(at..at + c.len_utf8())?;
        Some((character, c.width().unwrap_or(0)))
    })
}

/// Tabs as spaces to the next stop; `column` is where the text begins.
pub(crate) fn untabbed(text: &str, column: usize) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + TAB);
    let mut used = column;
    for piece in text.split_inclusive('\t') {
        let said = piece.trim_end_matches('\t');
        out.push_str(said);
        used += width(said);
        if said.len() < piece.len() {
            let stop = to_stop(used);
            out.extend(std::iter::repeat_n(' ', stop));
            used += stop;
        }
    }
    out
}

/// Columns from here to the next tab stop.
pub(crate) const fn to_stop(column: usize) -> usize {
    TAB - column % TAB
}

fn of_grapheme(grapheme: &str) -> usize {
    if is_plain(grapheme) { grapheme.len() } else { grapheme.width() }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_what_a_terminal_shows() {
        for (text, columns) in [
            ("", 0),
            ("plain", 5),
            ("Привет", 6),
            ("漢字", 4),
            ("e\u{301}", 1),
            ("👩\u{200d}👩\u{200d}👧", 2),
            ("🇷🇺", 2),
            ("❤\u{fe0f}", 2),
        ] {
            assert_eq!(width(text), columns, "{text:?}");
        }
    }

    #[test]
    fn a_cut_is_at_a_grapheme_and_says_so() {
        for (text, columns, cut) in [
            ("short", 5, "short"),
            ("longer", 4, "lon…"),
            ("漢字漢字", 4, "漢…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("any", 0, ""),
            ("any", 1, "…"),
        ] {
            assert_eq!(fit(text, columns), cut, "{text:?} in {columns}");
            assert_eq!(width(&pad(text, columns)), columns, "{text:?} in {columns}");
        }
    }

    #[test]
    fn a_tab_goes_to_the_next_stop() {
        for (text, column, spaces) in
            [("\tx", 0, "    x"), ("ab\tx", 0, "ab  x"), ("\t\tx", 1, "       x"), ("漢\tx", 0, "漢  x")]
        {
            assert_eq!(untabbed(text, column), spaces);
        }
    }
}
