//! Where characters as people see them begin and end in a text with chips, and how wide they are. Each question looks at
//! a few bytes around, however long the text is.

use super::chip::{Chips, is_mark};
use unicode_segmentation::GraphemeCursor;
use unicode_width::UnicodeWidthStr;

/// A tab reaches to the next column that this divides.
const TAB: usize = 4;

/// A text to measure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruler<'t> {
    pub(super) text: &'t str,
    pub(super) chips: &'t Chips,
}

impl Ruler<'_> {
    /// The character (in bytes) at a border.
    pub(super) fn char_at(self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    pub(super) fn char_before(self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    /// The border after this one.
    pub(super) fn next(self, at: usize) -> Option<usize> {
        let first = self.char_at(at)?;
        let end = at + first.len_utf8();
        let second = self.char_at(end);
        // A chip joins nothing, and plain letters join plain letters never: the usual case, and a fast one.
        if is_mark(first)
            || second.is_none_or(is_mark)
            || (first.is_ascii() && second.is_some_and(|c| c.is_ascii()))
        {
            return Some(end);
        }
        let end = GraphemeCursor::new(at, self.text.len(), true).next_boundary(self.text, 0).ok()??;
        let mark = self.text.get(at..end)?.find(is_mark);
        Some(mark.map_or(end, |mark| at + mark))
    }

    /// The border before this one.
    pub(super) fn previous(self, at: usize) -> Option<usize> {
        let last = self.char_before(at)?;
        let start = at - last.len_utf8();
        let before = self.char_before(start);
        if is_mark(last)
            || before.is_none_or(is_mark)
            || (last.is_ascii() && before.is_some_and(|c| c.is_ascii()))
        {
            return Some(start);
        }
        let start = GraphemeCursor::new(at, self.text.len(), true).prev_boundary(self.text, 0).ok()??;
        let mark = self.text.get(start..at)?.char_indices().rfind(|(_, c)| is_mark(*c));
        Some(mark.map_or(start, |(mark, c)| start + mark + c.len_utf8()))
    }

    /// This place, or the border after it.
    pub(super) fn border(self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.text.len();
        }
        let at = self.text.ceil_char_boundary(at);
        let touches = |c: Option<char>| c.is_none_or(is_mark);
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let is_border = touches(self.char_at(at))
            || touches(self.char_before(at))
            || cursor.is_boundary(self.text, 0).unwrap_or(true);
        if is_border { at } else { self.next(at).unwrap_or(self.text.len()) }
    }

    /// How many columns a character takes at a column.
    pub(super) fn width(self, at: usize, end: usize, column: usize) -> usize {
        let Some(first) = self.char_at(at) else { return 0 };
        match first {
            '\n' => 0,
            '\t' => TAB - column % TAB,
            c if is_mark(c) => self.chips.width(c),
            c if c.is_ascii() && end == at + 1 => 1,
            _ => self.text.get(at..end).map_or(0, UnicodeWidthStr::width),
        }
    }

    /// The column of a place in a row that begins at `start`.
    pub(super) fn column(self, start: usize, place: usize) -> usize {
        let mut column = 0;
        let mut at = start;
        while let Some(end) = self.next(at).filter(|_| at < place) {
            column += self.width(at, end, column);
            at = end;
        }
        column
    }
}
