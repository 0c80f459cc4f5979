//! One line that is typed: a filter, a name, a reason. The same keys as in a prompt, without its lines and past.

use super::buffer::{Buffer, Joining};
use super::edit::Kills;
use super::{clean_text, is_mark};
use crate::keymap::Action;

/// A longer text is refused: no filter, name or reason needs more.
const MAX_BYTES: usize = 4 * 1024;
/// It scrolls, and is never wrapped.
const COLUMNS: usize = usize::MAX;

/// A line that is being typed, of at most four KiB.
#[derive(Debug, Clone)]
pub struct Line {
    pub(super) buffer: Buffer,
    kills: Kills,
}

impl Default for Line {
    fn default() -> Self {
        let mut buffer = Buffer::default();
        buffer.set_columns(COLUMNS);
        Self { buffer, kills: Kills::default() }
    }
}

impl Line {
    /// A line that says something already; the cursor is behind it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut line = Self::default();
        line.paste(text);
        line
    }

    /// Does an edit or a move; false where the action is none of them.
    pub fn press(&mut self, action: Action) -> bool {
        self.kills.press(&mut self.buffer, action)
    }

    /// Takes a typed character.
    pub fn typed(&mut self, c: char) {
        if !c.is_control() && !is_mark(c) {
            self.insert(c.encode_utf8(&mut [0; 4]), Joining::Typed);
        }
    }

    /// Takes a pasted text, its lines in a row.
    pub fn paste(&mut self, text: &str) {
        let text = clean_text(text).replace(['\n', '\t'], " ");
        self.insert(text.trim_end(), Joining::Alone);
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        self.buffer.text()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    fn insert(&mut self, text: &str, joining: Joining) {
        self.kills.rest();
        if self.text().len() + text.len() <= MAX_BYTES {
            let _shorter_than_a_prompt = self.buffer.insert(text, joining);
        }
    }
}
