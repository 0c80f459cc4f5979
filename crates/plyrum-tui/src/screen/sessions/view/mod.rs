//! The list (`list`), and beside or below it what the marked session is about or what is being asked (`side`).

mod list;
mod side;

use super::{SessionsScreen, Shown, Whose};
use crate::paint::{self, Pieces};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_protocol::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// From this width on the preview stands beside the list.
const WIDE: u16 = 100;

/// The screen as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct SessionsView<'a> {
    /// What is shown.
    pub screen: &'a SessionsScreen,
    /// How things look and read.
    pub look: Look<'a>,
}

impl SessionsView<'_> {
    /// The room that the list has in an area: what [`SessionsScreen::resize`] is to be told before it is drawn.
    #[must_use]
    pub fn room(area: Rect) -> Size {
        let [_, list, _] = parts(area);
        list.as_size()
    }

    /// Draws it; where the cursor is, where something is typed.
    #[must_use]
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let [head, list, side] = parts(area);
        self.head(usize::from(head.width)).render(head, buffer);
        self.list(list, buffer);
        let side = if side.y == list.y { self.fence(side, buffer) } else { self.rule(side, buffer) };
        self.side(side, buffer)
    }

    fn head(&self, columns: usize) -> Line<'static> {
        let words = self.look.words;
        let what = match (&self.screen.shown, self.screen.whose) {
            (Shown::Hits { words: found, hits, next }, _) => words.with(
                if next.is_some() { "conversations-hits-more" } else { "conversations-hits" },
                &[("words", found.as_str().into()), ("n", (hits.len() as u64).into())],
            ),
            (Shown::All, Whose::Here) => words.say("conversations-here"),
            (Shown::All, Whose::All) => words.say("conversations-all"),
        };
        let note = if self.screen.awaited.is_some() {
            words.say("conversations-loading")
        } else if self.screen.behind > 0 {
            words.with("conversations-behind", &[("n", self.screen.behind.into())])
        } else {
            String::new()
        };
        let room = columns.saturating_sub(paint::width(&note) + 2);
        let pieces = Pieces::new(self.look.theme).fitted(Role::Title, &what, room);
        pieces.apart(Pieces::new(self.look.theme).add(Role::Dim, &note), columns).done()
    }
}

/// Head, list and side.
fn parts(area: Rect) -> [Rect; 3] {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let [list, side] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Percentage(58), Constraint::Fill(1)]).spacing(1).areas(body)
    } else {
        Layout::vertical([Constraint::Percentage(55), Constraint::Fill(1)]).areas(body)
    };
    [head, list, side]
}

fn stack(lines: impl IntoIterator<Item = Line<'static>>, area: Rect, buffer: &mut Buffer) {
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        line.render(Rect { y, height: 1, ..area }, buffer);
    }
}

fn title(look: Look<'_>, title: &str) -> String {
    if title.is_empty() { look.words.say("conversations-untitled") } else { title.to_owned() }
}

/// How long ago something was.
fn age(look: Look<'_>, at: Timestamp) -> String {
    let minutes = look.now.millis_since(at) / 60_000;
    let (key, n) = match minutes {
        0 => ("ago-moment", 0),
        1..=59 => ("ago-short-minutes", minutes),
        60..=1439 => ("ago-short-hours", minutes / 60),
        _ => ("ago-short-days", minutes / 1440),
    };
    look.words.with(key, &[("n", n.into())])
}
