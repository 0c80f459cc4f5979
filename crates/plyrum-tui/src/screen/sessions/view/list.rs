//! The sessions, or what was found in them.

use super::{SessionsView, age, stack, title};
use crate::paint::{self, Pieces};
use crate::screen::sessions::Shown;
use crate::theme::Role;
use plyrum_protocol::view::{SessionHit, SessionRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns of what stands behind a title.
const TURNS: usize = 11;
const AGE: usize = 14;
/// The number of turns, and then the cost, is shown only where it leaves so many columns for titles.
const TITLE_LEAST: usize = 36;

/// What the rows show beside their titles.
#[derive(Debug, Clone, Copy)]
struct Columns {
    title: usize,
    turns: usize,
    /// As wide as the longest amount that is seen: money is not cut.
    cost: usize,
}

impl SessionsView<'_> {
    pub(super) fn list(&self, area: Rect, buffer: &mut Buffer) {
        let width = usize::from(area.width);
        let (from, room) = (self.screen.cursor.top(), self.screen.seen());
        match &self.screen.shown {
            _ if self.screen.len() == 0 => stack(self.nothing(area.width), area, buffer),
            Shown::All => {
                let rows = self.screen.rows.iter().enumerate().skip(from).take(room);
                let columns = self.columns(rows.clone().map(|(_, row)| row), width);
                stack(rows.map(|(nth, row)| self.row(row, self.is_chosen(nth), columns)), area, buffer);
            }
            Shown::Hits { hits, .. } => {
                let rows = hits.iter().enumerate().skip(from).take(room);
                stack(rows.flat_map(|(nth, hit)| self.hit(hit, self.is_chosen(nth), width)), area, buffer);
            }
        }
    }

    /// Why there is nothing to see.
    fn nothing(&self, columns: u16) -> Vec<Line<'static>> {
        if self.screen.fault.is_some() {
            return self.fault(columns);
        }
        let key = match &self.screen.shown {
            _ if self.screen.awaited.is_some() => "conversations-loading",
            Shown::Hits { .. } => "conversations-no-hits",
            Shown::All => "conversations-none",
        };
        let text = self.look.words.say(key);
        vec![Pieces::new(self.look.theme).fitted(Role::Dim, &text, usize::from(columns)).done()]
    }

    fn is_chosen(&self, nth: usize) -> bool {
        nth == self.screen.cursor.at()
    }

    fn mark(&self, is_chosen: bool) -> &'static str {
        match (is_chosen, self.look.is_plain) {
            (true, true) => "> ",
            (true, false) => "› ",
            (false, _) => "  ",
        }
    }

    fn columns<'r>(&self, rows: impl Iterator<Item = &'r SessionRow>, width: usize) -> Columns {
        let cost = rows.map(|row| paint::width(&self.cost(row))).max().unwrap_or(0) + 2;
        let title = width.saturating_sub(2 + AGE);
        match title.checked_sub(cost).filter(|title| *title >= TITLE_LEAST) {
            None => Columns { title, turns: 0, cost: 0 },
            Some(title) => match title.checked_sub(TURNS).filter(|title| *title >= TITLE_LEAST) {
                None => Columns { title, turns: 0, cost },
                Some(title) => Columns { title, turns: TURNS, cost },
            },
        }
    }

    fn cost(&self, row: &SessionRow) -> String {
        self.look.words.charged(row.cost_micro_rub, row.unpriced as usize)
    }

    fn row(&self, row: &SessionRow, is_chosen: bool, columns: Columns) -> Line<'static> {
        let fork = match (&row.forked_from, self.look.is_plain) {
            (None, _) => "",
            (Some(_), true) => "+ ",
            (Some(_), false) => "⑂ ",
        };
        let turns = self.look.words.with("conversations-turns", &[("n", row.turns.into())]);
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Text, &format!("{fork}{}", title(self.look, &row.title)), columns.title)
            .right(Role::Dim, &turns, columns.turns)
            .right(Role::Dim, &age(self.look, row.updated_at), AGE)
            .right(Role::Money, &self.cost(row), columns.cost);
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }

    /// Whose message it is, and the words around the match.
    fn hit(&self, hit: &SessionHit, is_chosen: bool, width: usize) -> [Line<'static>; 2] {
        let role = match hit.role.as_str() {
            "user" => self.look.words.say("conversations-question"),
            "answer" => self.look.words.say("conversations-answer"),
            "attachment" => self.look.words.say("conversations-attachment"),
            other => other.to_owned(),
        };
        let about = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Text, &title(self.look, &hit.title), width.saturating_sub(2 + 12 + AGE))
            .right(Role::Dim, &role, 12)
            .right(Role::Dim, &age(self.look, hit.at), AGE);
        let about = if is_chosen { about.all(self.look.theme.of(Role::Selected)) } else { about.done() };
        [about, self.snippet(hit, width)]
    }

    /// As much of it as fits, its matches marked.
    fn snippet(&self, hit: &SessionHit, width: usize) -> Line<'static> {
        let mut from = 0;
        let whole = hit.snippet.as_str();
        let mut parts = Vec::new();
        for mark in &hit.marks {
            let (start, end) = (place(mark.from), place(mark.to));
            parts.push((Role::Dim, whole.get(from..start).unwrap_or_default()));
            parts.push((Role::Match, whole.get(start..end).unwrap_or_default()));
            from = end.max(from);
        }
        parts.push((Role::Dim, whole.get(from..).unwrap_or_default()));
        let mut pieces = Pieces::new(self.look.theme).add(Role::Text, "    ");
        for (role, text) in parts {
            let room = width.saturating_sub(pieces.width());
            let is_cut = paint::width(text) > room;
            pieces = pieces.fitted(role, text, room);
            if is_cut {
                break;
            }
        }
        pieces.done()
    }
}

fn place(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
