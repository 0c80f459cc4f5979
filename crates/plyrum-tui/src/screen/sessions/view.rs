//! The list, what the marked session is about, and what is being asked.

use super::{Mode, SessionsScreen, Shown, Whose};
use crate::composer::LineView;
use crate::paint::{self, Pieces, stack};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::Timestamp;
use plyrum_protocol::view::{SessionHit, SessionRow};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
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
    /// Draws it; where the cursor is, where something is typed.
    #[must_use]
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.head(usize::from(head.width)).render(head, buffer);
        let [list, side] = if area.width >= WIDE {
            Layout::horizontal([Constraint::Percentage(55), Constraint::Fill(1)]).spacing(2).areas(body)
        } else {
            Layout::vertical([Constraint::Percentage(60), Constraint::Fill(1)]).areas(body)
        };
        self.list(list, buffer);
        self.side(side, buffer)
    }

    fn head(&self, columns: usize) -> Line<'static> {
        let words = self.look.words;
        let what = match (&self.screen.shown, self.screen.whose) {
            (Shown::Hits { words: found, hits }, _) => words.with(
                "conversations-hits",
                &[("words", found.as_str().into()), ("n", (hits.len() as u64).into())],
            ),
            (Shown::All, Whose::Here) => words.say("conversations-here"),
            (Shown::All, Whose::All) => words.say("conversations-all"),
        };
        let pieces = Pieces::new(self.look.theme).fitted(Role::Title, &what, columns.saturating_sub(24));
        let note = if self.screen.is_loading {
            words.say("conversations-loading")
        } else if self.screen.behind > 0 {
            words.with("conversations-behind", &[("n", self.screen.behind.into())])
        } else {
            String::new()
        };
        pieces.apart(Pieces::new(self.look.theme).add(Role::Dim, &note), columns).done()
    }

    fn list(&self, area: Rect, buffer: &mut Buffer) {
        let room = usize::from(area.height);
        let (screen, width) = (self.screen, usize::from(area.width));
        if let Some(fault) = &screen.fault {
            let hint = fault.hint.as_deref().map(|hint| format!(" · {hint}")).unwrap_or_default();
            let text = format!("{}{hint}", fault.message);
            let lines = markup::plain(&text, area.width.max(8));
            let lines = lines
                .iter()
                .map(|line| paint::line(self.look.theme, line).style(self.look.theme.of(Role::Bad)));
            return stack(lines, area, buffer);
        }
        if screen.len() == 0 {
            let key = match (&screen.shown, screen.is_loading) {
                (_, true) => "conversations-loading",
                (Shown::Hits { .. }, false) => "conversations-no-hits",
                (Shown::All, false) => "conversations-none",
            };
            let line =
                Pieces::new(self.look.theme).fitted(Role::Dim, &self.look.words.say(key), width).done();
            return stack([line], area, buffer);
        }
        match &screen.shown {
            Shown::All => {
                let from = (screen.at + 1).saturating_sub(room);
                let rows = screen.rows.iter().enumerate().skip(from).take(room);
                stack(rows.map(|(nth, row)| self.row(row, nth == screen.at, width)), area, buffer);
            }
            Shown::Hits { hits, .. } => {
                let room = (room / 2).max(1);
                let from = (screen.at + 1).saturating_sub(room);
                let rows = hits.iter().enumerate().skip(from).take(room);
                stack(rows.flat_map(|(nth, hit)| self.hit(hit, nth == screen.at, width)), area, buffer);
            }
        }
    }

    fn mark(&self, is_chosen: bool) -> &'static str {
        match (is_chosen, self.look.is_plain) {
            (true, true) => "> ",
            (true, false) => "› ",
            (false, _) => "  ",
        }
    }

    fn row(&self, row: &SessionRow, is_chosen: bool, width: usize) -> Line<'static> {
        let cost = self.look.words.lang().rub(row.cost_micro_rub);
        let turns = self.look.words.with("conversations-turns", &[("n", row.turns.into())]);
        let age = age(self.look, row.updated_at);
        let fork = if row.forked_from.is_none() {
            ""
        } else if self.look.is_plain {
            "+ "
        } else {
            "⑂ "
        };
        let title = format!("{fork}{}", title(self.look, &row.title));
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Text, &title, width.saturating_sub(2 + 10 + 15 + 13))
            .right(Role::Dim, &turns, 10)
            .right(Role::Dim, &age, 15)
            .right(Role::Money, &cost, 13);
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }

    /// Whose message it is, and the words around the match.
    fn hit(&self, hit: &SessionHit, is_chosen: bool, width: usize) -> [Line<'static>; 2] {
        let about = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Text, &title(self.look, &hit.title), width.saturating_sub(2 + 14))
            .right(Role::Dim, &age(self.look, hit.at), 14);
        let about = if is_chosen { about.all(self.look.theme.of(Role::Selected)) } else { about.done() };
        let mut pieces = Pieces::new(self.look.theme).add(Role::Text, "    ");
        let mut from = 0;
        let whole = hit.snippet.as_str();
        for mark in &hit.marks {
            let (start, end) = (place(mark.from), place(mark.to));
            pieces = pieces.add(Role::Dim, whole.get(from..start).unwrap_or_default());
            pieces = pieces.add(Role::Match, whole.get(start..end).unwrap_or_default());
            from = end.max(from);
        }
        pieces = pieces.add(Role::Dim, whole.get(from..).unwrap_or_default());
        [about, pieces.done()]
    }

    /// What is asked of the marked session, or what was said in it.
    fn side(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        if area.height < 2 {
            return None;
        }
        self.rule(Rect { height: 1, ..area }, buffer);
        let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        match &self.screen.mode {
            Mode::Search(line) => self.typed("conversations-search", line, area, buffer),
            Mode::Rename(_, line) => self.typed("conversations-rename", line, area, buffer),
            Mode::Delete(_) => {
                self.delete(area, buffer);
                None
            }
            Mode::List => {
                self.preview(area, buffer);
                None
            }
        }
    }

    fn rule(&self, area: Rect, buffer: &mut Buffer) {
        let sign = if self.look.is_plain { "-" } else { "─" };
        let line = sign.repeat(usize::from(area.width));
        Pieces::new(self.look.theme).add(Role::Border, &line).done().render(area, buffer);
    }

    fn typed(
        &self,
        key: &str,
        line: &crate::composer::Line,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let label = Pieces::new(self.look.theme).add(Role::Key, &format!("{} ", self.look.words.say(key)));
        let taken = u16::try_from(label.width()).unwrap_or(0).min(area.width);
        label.done().render(Rect { height: 1, ..area }, buffer);
        let rest = Rect { x: area.x + taken, width: area.width - taken, height: 1, ..area };
        let view = LineView::new(line, self.look.theme.of(Role::Text));
        view.render(rest, buffer);
        let hint =
            Pieces::new(self.look.theme).add(Role::Dim, &self.look.words.say("conversations-typing")).done();
        stack([hint], Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, buffer);
        view.cursor(rest)
    }

    fn delete(&self, area: Rect, buffer: &mut Buffer) {
        let words = self.look.words;
        let mut lines: Vec<Line<'static>> =
            markup::plain(&words.say("conversations-delete"), area.width.max(8))
                .iter()
                .map(|line| paint::line(self.look.theme, line).style(self.look.theme.of(Role::Warning)))
                .collect();
        for (digit, key) in [("1", "conversations-delete-yes"), ("2", "conversations-delete-no")] {
            lines.push(
                Pieces::new(self.look.theme)
                    .add(Role::Key, &format!(" {digit} "))
                    .add(Role::Text, &words.say(key))
                    .done(),
            );
        }
        stack(lines, area, buffer);
    }

    fn preview(&self, area: Rect, buffer: &mut Buffer) {
        let chosen = self.screen.chosen();
        let Some(preview) = self.screen.preview.as_ref().filter(|it| Some(&it.session) == chosen) else {
            return;
        };
        let width = area.width.saturating_sub(2).max(8);
        let sign = if self.look.is_plain { "> " } else { "› " };
        let mut lines = Vec::new();
        for (prompt, answer) in preview.turns.iter().rev() {
            let first = prompt.lines().next().unwrap_or_default();
            lines.push(
                Pieces::new(self.look.theme)
                    .add(Role::Key, sign)
                    .fitted(Role::User, first, usize::from(width))
                    .done(),
            );
            let said = markup::markdown(answer, width);
            lines.extend(said.iter().take(4).map(|line| {
                let mut painted = paint::line(self.look.theme, line);
                painted.spans.insert(0, "  ".into());
                painted
            }));
        }
        stack(lines, area, buffer);
    }
}

fn place(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
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
