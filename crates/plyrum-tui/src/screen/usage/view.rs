//! How the dashboard is laid out.

use super::UsageScreen;
use crate::screen::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Widget};

/// The dashboard as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct UsageView<'a> {
    /// What is shown.
    pub screen: &'a UsageScreen,
    /// How things look and read.
    pub look: Look<'a>,
}

impl Widget for UsageView<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        Paragraph::new(self.look.words.say("usage-title")).render(area, buf);
    }
}
