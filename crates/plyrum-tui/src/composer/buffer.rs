//! The text of a prompt, its cursor, and its past states.

use super::chip::{Chip, Chips, is_mark};
use super::ruler::Ruler;
use super::wrap::{Change, Wrap};
use plyrum_protocol::MAX_PROMPT_BYTES;
use std::collections::VecDeque;
use std::ops::Range;

/// Edits that can be undone; older ones are forgotten.
const MAX_UNDO: usize = 1_000;
/// Bytes that undoing may bring back or take away, together.
const MAX_UNDO_BYTES: usize = 1 << 20;
/// Before a view has said how wide it is.
const FIRST_COLUMNS: usize = 77;

/// An edit that can be undone.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    removed: String,
    inserted: String,
    cursor: usize,
}

/// Whether an edit is undone together with the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joining {
    /// Typed letters of a word are one edit.
    Typed,
    /// It stands alone.
    Alone,
}

/// The text does not fit into a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// A text of at most [`MAX_PROMPT_BYTES`] with a cursor that never splits a character as people see it.
#[derive(Debug, Clone)]
pub(super) struct Buffer {
    text: String,
    cursor: usize,
    /// The column that moving up and down keeps.
    goal: Option<usize>,
    chips: Chips,
    wrap: Wrap,
    /// At most [`MAX_UNDO`] and [`MAX_UNDO_BYTES`].
    undo: VecDeque<Edit>,
    undo_bytes: usize,
    joins: Joining,
}

impl Default for Buffer {
    fn default() -> Self {
        let chips = Chips::default();
        let wrap = Wrap::whole(Ruler { text: "", chips: &chips }, FIRST_COLUMNS);
        Self {
            text: String::new(),
            cursor: 0,
            goal: None,
            chips,
            wrap,
            undo: VecDeque::new(),
            undo_bytes: 0,
            joins: Joining::Alone,
        }
    }
}

impl Buffer {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) const fn chips(&self) -> &Chips {
        &self.chips
    }

    pub(super) const fn wrap(&self) -> &Wrap {
        &self.wrap
    }

    pub(super) fn ruler(&self) -> Ruler<'_> {
        Ruler { text: &self.text, chips: &self.chips }
    }

    /// The text as it is sent.
    pub(super) fn unfolded(&self) -> String {
        self.chips.unfold(&self.text)
    }

    /// Wraps at another width.
    pub(super) fn set_columns(&mut self, columns: usize) {
        if columns.max(1) != self.wrap.columns() {
            self.wrap = Wrap::whole(self.ruler(), columns);
        }
    }

    /// Puts a text at the cursor.
    pub(super) fn insert(&mut self, text: &str, joining: Joining) -> Result<(), TooLong> {
        self.replace(self.cursor..self.cursor, text, joining)
    }

    /// Folds a text into a chip at the cursor; a text that no chip is left for is put as it is.
    pub(super) fn insert_chip(&mut self, chip: Chip) -> Result<(), TooLong> {
        self.check(0, chip.text.len())?;
        let text = chip.text.clone();
        match self.chips.add(chip) {
            Some(mark) => self.insert(mark.encode_utf8(&mut [0; 4]), Joining::Alone),
            None => self.insert(&text, Joining::Alone),
        }
    }

    /// Keeps a chip that is about to be put somewhere; its mark, where there is room for one more. One that is there
    /// already keeps its mark.
    pub(super) fn keep_chip(&mut self, chip: &Chip) -> Option<char> {
        self.chips.mark_of(chip).or_else(|| self.chips.add(chip.clone()))
    }

    /// Puts a text in the place of another. The cursor is behind it then.
    pub(super) fn replace(
        &mut self,
        range: Range<usize>,
        text: &str,
        joining: Joining,
    ) -> Result<(), TooLong> {
        let range = range.start.min(range.end)..range.end.min(self.text.len());
        let Some(removed) = self.text.get(range.clone()).map(str::to_owned) else { return Ok(()) };
        if removed.is_empty() && text.is_empty() {
            return Ok(());
        }
        self.check(self.chips.unfolded_len(&removed), self.chips.unfolded_len(text))?;
        self.remember(
            Edit { at: range.start, removed, inserted: text.to_owned(), cursor: self.cursor },
            joining,
        );
        self.splice(range, text);
        Ok(())
    }

    /// Takes back the last edit.
    pub(super) fn undo(&mut self) -> bool {
        let Some(edit) = self.undo.pop_back() else { return false };
        self.undo_bytes -= edit.bytes();
        self.splice(edit.at..edit.at + edit.inserted.len(), &edit.removed);
        self.move_to(edit.cursor);
        true
    }

    /// Empty as at first, with nothing to undo.
    pub(super) fn clear(&mut self) {
        let columns = self.wrap.columns();
        *self = Self::default();
        self.set_columns(columns);
    }

    /// Puts the cursor to a place, or to the border behind it.
    pub(super) fn move_to(&mut self, place: usize) {
        self.cursor = self.ruler().border(place);
        self.goal = None;
        self.joins = Joining::Alone;
    }

    /// A row up; false in the first one.
    pub(super) fn up(&mut self) -> bool {
        let row = self.wrap.row_of(self.cursor);
        row.checked_sub(1).is_some_and(|row| self.enter_row(row))
    }

    /// A row down; false in the last one.
    pub(super) fn down(&mut self) -> bool {
        self.enter_row(self.wrap.row_of(self.cursor) + 1)
    }

    /// The chip beside the cursor, else the last of the text.
    pub(super) fn chip_near(&self) -> Option<(Range<usize>, &Chip)> {
        let before = self.ruler().char_before(self.cursor).filter(|c| is_mark(*c));
        let after = self.ruler().char_at(self.cursor).filter(|c| is_mark(*c));
        let (start, mark) = match (before, after) {
            (Some(mark), _) => (self.cursor - mark.len_utf8(), mark),
            (None, Some(mark)) => (self.cursor, mark),
            (None, None) => self.text.char_indices().rfind(|(_, c)| is_mark(*c))?,
        };
        Some((start..start + mark.len_utf8(), self.chips.get(mark)?))
    }

    fn enter_row(&mut self, row: usize) -> bool {
        let Some(start) = self.wrap.start(row) else { return false };
        let from = self.wrap.start(self.wrap.row_of(self.cursor)).unwrap_or_default();
        let goal = self.goal.unwrap_or_else(|| self.ruler().column(from, self.cursor));
        let place = self.place_in_row(row, start, goal);
        self.move_to(place);
        self.goal = Some(goal);
        true
    }

    /// The last place in a row that is not behind a column.
    fn place_in_row(&self, row: usize, start: usize, goal: usize) -> usize {
        let ruler = self.ruler();
        let after = self.wrap.start(row + 1);
        let mut at = start;
        let mut column = 0;
        while let Some(end) = ruler.next(at) {
            column += ruler.width(at, end, column);
            let is_last = after == Some(end);
            if column > goal || is_last || ruler.char_at(at) == Some('\n') {
                break;
            }
            at = end;
        }
        at
    }

    /// Whether the unfolded text stays within a prompt.
    fn check(&self, fewer: usize, more: usize) -> Result<(), TooLong> {
        let len = self.chips.unfolded_len(&self.text).saturating_sub(fewer) + more;
        if more > fewer && len > MAX_PROMPT_BYTES { Err(TooLong) } else { Ok(()) }
    }

    fn splice(&mut self, range: Range<usize>, text: &str) {
        let change = Change { at: range.start, removed: range.len(), inserted: text.len() };
        self.text.replace_range(range, text);
        self.wrap.change(Ruler { text: &self.text, chips: &self.chips }, change);
        self.cursor = self.ruler().border(change.at + change.inserted);
        self.goal = None;
    }

    fn remember(&mut self, edit: Edit, joining: Joining) {
        let joins = self.joins == Joining::Typed && joining == Joining::Typed;
        self.joins = joining;
        self.undo_bytes += edit.removed.len() + edit.inserted.len();
        match self.undo.back_mut().filter(|last| joins && last.goes_on_with(&edit)) {
            Some(last) => last.inserted.push_str(&edit.inserted),
            None => self.undo.push_back(edit),
        }
        while self.undo.len() > MAX_UNDO || self.undo_bytes > MAX_UNDO_BYTES {
            let Some(oldest) = self.undo.pop_front() else { break };
            self.undo_bytes -= oldest.bytes();
        }
    }
}

impl Edit {
    fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }

    /// Whether `next` types on in the word of this edit.
    fn goes_on_with(&self, next: &Self) -> bool {
        let is_here = self.at + self.inserted.len() == next.at;
        let is_word = !next.inserted.starts_with(char::is_whitespace);
        is_here && is_word && self.removed.is_empty() && next.removed.is_empty()
    }
}
