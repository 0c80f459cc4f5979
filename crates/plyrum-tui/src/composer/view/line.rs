//! A line that is typed, scrolled to its cursor.

use super::CURSOR;
use super::pen::{Pen, short};
use crate::composer::Line;
use plyrum_markup::cell;
use ratatui::buffer::Buffer as Screen;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

/// Draws a line that is being typed, scrolled so that the cursor is on it.
#[derive(Debug, Clone, Copy)]
pub struct LineView<'a> {
    line: &'a Line,
    style: Style,
}

impl<'a> LineView<'a> {
    /// A view of a line.
    #[must_use]
    pub const fn new(line: &'a Line, style: Style) -> Self {
        Self { line, style }
    }

    /// Where the terminal's cursor belongs.
    #[must_use]
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        let buffer = &self.line.buffer;
        let column = buffer.ruler().column(self.first(area.width), buffer.cursor());
        let x = area.x.saturating_add(short(column)).min(area.right().saturating_sub(1));
        (!area.is_empty()).then_some(Position::new(x, area.y))
    }

    /// The first character that is shown: the cursor must fit behind what follows it.
    fn first(&self, width: u16) -> usize {
        let ruler = self.line.buffer.ruler();
        let mut first = self.line.buffer.cursor();
        let mut room = usize::from(width.saturating_sub(CURSOR));
        while let Some(before) = ruler.previous(first) {
            let Some(less) = room.checked_sub(ruler.width(before, first, 0)) else { break };
            (first, room) = (before, less);
        }
        first
    }
}

impl Widget for LineView<'_> {
    fn render(self, area: Rect, screen: &mut Screen) {
        let area = area.intersection(screen.area);
        if area.is_empty() {
            return;
        }
        let text = self.line.text().get(self.first(area.width)..).unwrap_or_default();
        let mut pen = Pen { screen, x: area.x, y: area.y, right: area.right() };
        pen.put(&cell(text), self.style);
    }
}
