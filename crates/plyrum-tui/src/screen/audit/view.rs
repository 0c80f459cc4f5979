//! A line a record, the state of the chain, and the record that is read.

use super::{AuditFilter, AuditRow, AuditScreen, Mode, Proof};
use crate::composer::LineView;
use crate::paint::{self, Pieces, stack};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// The screen as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct AuditView<'a> {
    /// What is shown.
    pub screen: &'a AuditScreen,
    /// How things look and read.
    pub look: Look<'a>,
}

impl AuditView<'_> {
    /// The room that the list or a record has in an area: what [`AuditScreen::resize`] is to be told before it is drawn.
    #[must_use]
    pub fn room(&self, area: Rect) -> Size {
        let [_, _, body] = self.parts(area);
        body.as_size()
    }

    /// Draws it; where the cursor is, where something is typed.
    #[must_use]
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let [head, told, body] = self.parts(area);
        let cursor = self.first_line(head, buffer);
        stack(self.proof(told.width.max(8)), told, buffer);
        match &self.screen.mode {
            Mode::Record(opened) => {
                let lines = opened.lines.get(opened.top..).unwrap_or_default();
                stack(paint::lines(self.look.theme, lines), body, buffer);
            }
            Mode::List | Mode::Filter(_) => self.list(body, buffer),
        }
        cursor
    }

    /// Head, the state of the chain, and the rest.
    fn parts(&self, area: Rect) -> [Rect; 3] {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let told = self.proof(area.width.max(8)).len();
        let told = u16::try_from(told).unwrap_or(1).min(area.height / 3);
        Layout::vertical([Constraint::Length(1), Constraint::Length(told), Constraint::Fill(1)]).areas(area)
    }

    /// The filter, or the line in which it is typed.
    fn first_line(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let (words, theme) = (self.look.words, self.look.theme);
        if let Mode::Filter(line) = &self.screen.mode {
            let label = Pieces::new(theme).add(Role::Key, &format!("{} ", words.say("record-filter")));
            let taken = u16::try_from(label.width()).unwrap_or(0).min(area.width);
            label.done().render(area, buffer);
            let rest = Rect { x: area.x + taken, width: area.width - taken, ..area };
            let view = LineView::new(line, theme.of(Role::Text));
            view.render(rest, buffer);
            return view.cursor(rest);
        }
        let what = if self.screen.filter == AuditFilter::default() {
            words.say("record-newest")
        } else {
            words.with("record-filtered", &[("filter", self.screen.filter.said().into())])
        };
        let note = match (self.screen.is_loading, self.screen.rows.len() as u64, self.screen.has_more) {
            (true, ..) => words.say("record-loading"),
            (false, n, true) => words.with("record-records-more", &[("n", n.into())]),
            (false, n, false) => words.with("record-records", &[("n", n.into())]),
        };
        let columns = usize::from(area.width);
        let left =
            Pieces::new(theme).fitted(Role::Title, &what, columns.saturating_sub(paint::width(&note) + 2));
        left.apart(Pieces::new(theme).add(Role::Dim, &note), columns).done().render(area, buffer);
        None
    }

    /// Whether the chain holds; what is wrong with it is told whole.
    fn proof(&self, columns: u16) -> Vec<Line<'static>> {
        let words = self.look.words;
        let (role, text) = match &self.screen.proof {
            Proof::Unasked => (Role::Dim, words.say("record-unasked")),
            Proof::UnderWay(n) => (Role::Busy, words.with("record-verifying", &[("n", (*n).into())])),
            Proof::Failed(fault) => (Role::Bad, self.look.told(&fault.message)),
            Proof::Done(verdict) if verdict.ok => {
                let head: String = verdict.head.clone().unwrap_or_default().chars().take(16).collect();
                let told =
                    [("n", verdict.records.into()), ("files", verdict.files.into()), ("head", head.into())];
                let sign = if self.look.is_plain { "+" } else { "✓" };
                (Role::Good, format!("{sign} {}", words.with("record-whole", &told)))
            }
            Proof::Done(verdict) => {
                let problem = self.look.told(verdict.problem.as_deref().unwrap_or_default());
                let sign = if self.look.is_plain { "x" } else { "✗" };
                let told = [("n", verdict.records.into()), ("problem", problem.into())];
                (Role::Bad, format!("{sign} {}", words.with("record-broken", &told)))
            }
        };
        let lines = markup::plain(&text, columns);
        lines.iter().map(|line| paint::line(self.look.theme, line).style(self.look.theme.of(role))).collect()
    }

    fn list(&self, area: Rect, buffer: &mut Buffer) {
        let (screen, columns) = (self.screen, usize::from(area.width));
        let line = |role, text: &str| Pieces::new(self.look.theme).fitted(role, text, columns).done();
        if let Some(fault) = &screen.fault {
            return stack([line(Role::Bad, &self.look.fault(fault))], area, buffer);
        }
        if screen.rows.is_empty() && !screen.is_loading {
            return stack([line(Role::Dim, &self.look.words.say("record-none"))], area, buffer);
        }
        let room = usize::from(area.height);
        let rows = screen.rows.iter().enumerate().skip(screen.cursor.top()).take(room);
        stack(rows.map(|(nth, row)| self.row(row, nth == screen.cursor.at(), columns)), area, buffer);
    }

    fn row(&self, row: &AuditRow, is_chosen: bool, columns: usize) -> Line<'static> {
        let mark = match (is_chosen, self.look.is_plain) {
            (true, true) => "> ",
            (true, false) => "› ",
            (false, _) => "  ",
        };
        let run: String = row.run.chars().take(8).collect();
        // The day matters where there is room for it.
        let when = if columns >= 100 { row.when.as_str() } else { row.when.get(5..).unwrap_or(&row.when) };
        let width = paint::width(when);
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, mark)
            .column(Role::Dim, when, width)
            .add(Role::Text, " ")
            .column(role(&row.kind), &row.kind, 18)
            .add(Role::Text, " ")
            .column(Role::Dim, &run, 9)
            .column(Role::Text, &row.about, columns.saturating_sub(2 + width + 1 + 18 + 1 + 9));
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }
}

/// What went wrong, and what somebody decided, stands out.
fn role(kind: &str) -> Role {
    match kind {
        "chain_break" => Role::Bad,
        _ if kind.starts_with("approval") || kind.starts_with("tool") => Role::Warning,
        _ if kind.starts_with("hold") || kind.starts_with("settle") || kind.starts_with("release") => {
            Role::Money
        }
        _ => Role::Text,
    }
}
