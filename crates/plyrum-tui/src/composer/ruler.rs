//! Where characters as people see them begin and end in a text with chips, and how wide they are. Each question looks at
//! a few bytes around, however long the text is.

use super::chip::{Chips, is_mark};
use unicode_segmentation::GraphemeCursor;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

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
        if stand_apart(first, second) {
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
        if stand_apart(last, before) {
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
            c if end == at + c.len_utf8() => c.width().unwrap_or_default(),
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

/// Whether there is a border between two characters, as far as that can be told by a glance: a chip joins nothing, and a
/// letter no letter. Most text is of these, and asking Unicode's tables costs ten times as much.
fn stand_apart(c: char, neighbour: Option<char>) -> bool {
    is_mark(c)
        || neighbour.is_none_or(|neighbour| is_mark(neighbour) || (is_letter(c) && is_letter(neighbour)))
}

/// Latin, Greek, Cyrillic, kana, ideographs: without marks, jamo and signs that join.
const fn is_letter(c: char) -> bool {
    matches!(c, '\0'..='\u{7f}' | '\u{c0}'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}')
}
