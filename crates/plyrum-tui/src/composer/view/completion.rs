//! The menu of completions, above the composer.

use super::pen::{Pen, short};
use crate::composer::{Completion, Composer};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup::cell;
use ratatui::buffer::Buffer as Screen;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr as _;

/// Columns between a command and what it does.
const GAP: usize = 2;

/// Draws the menu of completions. It covers what is under it.
#[derive(Debug, Clone, Copy)]
pub struct CompletionView<'a> {
    menu: &'a Completion,
    look: Look<'a>,
}

impl<'a> CompletionView<'a> {
    /// A view of the menu, while there is one.
    #[must_use]
    pub fn new(composer: &'a Composer, look: Look<'a>) -> Option<Self> {
        composer.completion().map(|menu| Self { menu, look })
    }

    /// The place for it above the composer's, within `around`.
    #[must_use]
    pub fn area(&self, composer: Rect, around: Rect) -> Rect {
        let height = short(self.menu.rows().0.len()).min(composer.y.saturating_sub(around.y));
        Rect { y: composer.y - height, height, ..composer }
    }
}

impl Widget for CompletionView<'_> {
    fn render(self, area: Rect, screen: &mut Screen) {
        let area = area.intersection(screen.area);
        Clear.render(area, screen);
        let theme = self.look.theme;
        let (items, selected) = self.menu.rows();
        let name = |value: &str| format!("{}{}", self.menu.sign(), cell(value));
        let widest = items.iter().map(|item| name(&item.value).width()).max().unwrap_or_default();
        // What does not fit above the composer is cut at the top, unless that is where the choice is.
        let skipped = items.len().saturating_sub(usize::from(area.height)).min(selected);
        for ((place, item), y) in items.iter().enumerate().skip(skipped).zip(area.top()..area.bottom()) {
            let is_selected = place == selected;
            let style = theme.of(if is_selected { Role::Selected } else { Role::Text });
            let mut pen = Pen { screen, x: area.x, y, right: area.right() };
            pen.put(if is_selected { "> " } else { "  " }, theme.of(Role::Key));
            let name = name(&item.value);
            pen.put(&name, style);
            if let Some(about) = &item.about {
                let gap = " ".repeat(widest.saturating_sub(name.width()) + GAP);
                pen.put(&(gap + &self.look.words.say(about)), theme.of(Role::Dim));
            }
        }
    }
}
