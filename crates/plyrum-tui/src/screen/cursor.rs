//! A mark in a list, and the part of the list that is seen: shared by the screens that are lists.

use crate::keymap::Action;

/// The row that is chosen, and the first that is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    at: usize,
    top: usize,
    /// How many rows are seen at once, as the last picture had them.
    rows: usize,
}

impl Cursor {
    pub(crate) const fn at(self) -> usize {
        self.at
    }

    pub(crate) const fn top(self) -> usize {
        self.top
    }

    /// Moves in a list of so many rows; false where the action is no move.
    pub(crate) fn press(&mut self, action: Action, len: usize) -> bool {
        let page = self.rows.saturating_sub(1).max(1);
        let at = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at + 1,
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => self.at + page,
            Action::Top => 0,
            Action::Bottom => len,
            _ => return false,
        };
        self.go(at, len);
        true
    }

    /// Chooses a row, or the last where there are fewer.
    pub(crate) fn go(&mut self, at: usize, len: usize) {
        self.at = at.min(len.saturating_sub(1));
        let lowest = (self.at + 1).saturating_sub(self.rows.max(1));
        let fill = len.saturating_sub(self.rows);
        self.top = self.top.clamp(lowest, self.at).min(fill.max(lowest));
    }

    /// So many rows are seen from now on.
    pub(crate) fn resize(&mut self, rows: usize, len: usize) {
        self.rows = rows;
        self.go(self.at, len);
    }
}

/// Moves in a text of `len` rows of which `rows` are seen; the row at the top from then on.
pub(crate) fn scrolled(top: usize, action: Action, rows: usize, len: usize) -> usize {
    let page = rows.saturating_sub(1).max(1);
    let moved = match action {
        Action::Up => top.saturating_sub(1),
        Action::Down => top + 1,
        Action::PageUp => top.saturating_sub(page),
        Action::PageDown => top + page,
        Action::Top => 0,
        Action::Bottom => len,
        _ => top,
    };
    moved.min(len.saturating_sub(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_always_seen_and_the_list_moves_no_more_than_it_must() {
        let mut cursor = Cursor::default();
        cursor.resize(3, 10);
        let mut seen = Vec::new();
        for action in [
            Action::Down,
            Action::Down,
            Action::Down,
            Action::Up,
            Action::Bottom,
            Action::PageUp,
            Action::Top,
        ] {
            assert!(cursor.press(action, 10));
            seen.push((cursor.at(), cursor.top()));
        }
        assert_eq!(seen, [(1, 0), (2, 0), (3, 1), (2, 1), (9, 7), (7, 7), (0, 0)]);
        assert!(!cursor.press(Action::Open, 10));
    }

    #[test]
    fn a_shorter_list_or_a_larger_screen_leaves_no_hole() {
        let mut cursor = Cursor::default();
        cursor.resize(3, 10);
        cursor.press(Action::Bottom, 10);
        cursor.resize(6, 10);
        assert_eq!((cursor.at(), cursor.top()), (9, 4));
        cursor.go(9, 2);
        assert_eq!((cursor.at(), cursor.top()), (1, 0));
        cursor.go(5, 0);
        assert_eq!((cursor.at(), cursor.top()), (0, 0));
    }

    #[test]
    fn a_text_scrolls_to_its_end_and_no_further() {
        assert_eq!(scrolled(0, Action::Bottom, 4, 10), 6);
        assert_eq!(scrolled(6, Action::Down, 4, 10), 6);
        assert_eq!(scrolled(6, Action::PageUp, 4, 10), 3);
        assert_eq!(scrolled(0, Action::Down, 4, 2), 0);
    }
}
