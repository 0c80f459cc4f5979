//! Writing into a row of the screen.

use ratatui::buffer::Buffer as Screen;
use ratatui::style::Style;

/// Writes from left to right, up to a border.
pub(super) struct Pen<'s> {
    pub(super) screen: &'s mut Screen,
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) right: u16,
}

impl Pen<'_> {
    pub(super) fn put(&mut self, text: &str, style: Style) {
        if self.x >= self.right || text.is_empty() {
            return;
        }
        let room = usize::from(self.right - self.x);
        let (x, _) = self.screen.set_stringn(self.x, self.y, text, room, style);
        self.x = x;
    }
}

/// A number of rows or columns; more than a screen has is as good as the most.
pub(super) fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
