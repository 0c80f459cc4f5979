//! What is asked of the marked session, what went wrong, or what was said in it.

use super::{SessionsView, age, stack, title};
use crate::composer::LineView;
use crate::paint::{self, Pieces};
use crate::screen::sessions::{Mode, Preview};
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::Fault;
use plyrum_protocol::view::SessionRow;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;
use std::path::Path;

/// Rows of an answer that a preview shows.
const ANSWER_ROWS: usize = 4;
/// Columns of a title in a question.
const TITLE: usize = 60;

impl SessionsView<'_> {
    pub(super) fn side(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        match &self.screen.mode {
            Mode::Search(line) => return self.typed("conversations-search", line, area, buffer),
            Mode::Rename(_, line) => return self.typed("conversations-rename", line, area, buffer),
            Mode::Delete(_) => stack(self.question(area.width), area, buffer),
            Mode::List if self.screen.len() == 0 => {}
            Mode::List if self.screen.fault.is_some() => stack(self.fault(area.width), area, buffer),
            Mode::List => stack(self.about(area.width), area, buffer),
        }
        None
    }

    /// What went wrong, and what to try.
    pub(super) fn fault(&self, columns: u16) -> Vec<Line<'static>> {
        self.screen.fault.as_ref().map(|fault| self.told(fault, columns)).unwrap_or_default()
    }

    fn told(&self, fault: &Fault, columns: u16) -> Vec<Line<'static>> {
        self.wrapped(Role::Bad, &self.look.fault(fault), columns)
    }

    fn wrapped(&self, role: Role, text: &str, columns: u16) -> Vec<Line<'static>> {
        let lines = markup::plain(text, columns.max(8));
        lines.iter().map(|line| paint::line(self.look.theme, line).style(self.look.theme.of(role))).collect()
    }

    /// A line between what is above and this; what is left of the area.
    pub(super) fn rule(&self, area: Rect, buffer: &mut Buffer) -> Rect {
        let sign = if self.look.is_plain { "-" } else { "─" };
        let line = sign.repeat(usize::from(area.width));
        let across = Rect { height: area.height.min(1), ..area };
        Pieces::new(self.look.theme).add(Role::Border, &line).done().render(across, buffer);
        Rect { y: area.y + across.height, height: area.height - across.height, ..area }
    }

    /// The same between what is to the left and this.
    pub(super) fn fence(&self, area: Rect, buffer: &mut Buffer) -> Rect {
        let sign = if self.look.is_plain { "|" } else { "│" };
        let lines = area.rows().map(|_| Pieces::new(self.look.theme).add(Role::Border, sign).done());
        stack(lines, area, buffer);
        Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area }
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
        let hint = self.wrapped(Role::Dim, &self.look.words.say("conversations-typing"), area.width);
        stack(hint, Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, buffer);
        view.cursor(rest)
    }

    /// Whether the marked session is to go.
    fn question(&self, columns: u16) -> Vec<Line<'static>> {
        let named = title(self.look, self.screen.chosen_title().unwrap_or_default());
        let named = markup::fit(&markup::cell(&named), TITLE);
        let text = self.look.words.with("conversations-delete", &[("title", named.into())]);
        let mut lines = self.wrapped(Role::Warning, &text, columns);
        for (digit, key) in [("1", "conversations-delete-yes"), ("2", "conversations-delete-no")] {
            let pieces = Pieces::new(self.look.theme).add(Role::Key, &format!(" {digit} "));
            lines.push(pieces.add(Role::Text, &self.look.words.say(key)).done());
        }
        lines
    }

    /// Where the marked session belongs, and what was said in it.
    fn about(&self, columns: u16) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(row) = self.screen.chosen_row() {
            lines.push(self.facts(row, usize::from(columns)));
        }
        match self.screen.preview() {
            None => {
                let text = self.look.words.say("conversations-loading");
                lines.push(Pieces::new(self.look.theme).add(Role::Dim, &text).done());
            }
            Some(Err(fault)) => lines.extend(self.told(fault, columns)),
            Some(Ok(preview)) => lines.extend(self.said(preview, columns)),
        }
        lines
    }

    fn facts(&self, row: &SessionRow, columns: usize) -> Line<'static> {
        let words = self.look.words;
        let mut facts = vec![row.session.as_str().chars().take(8).collect::<String>()];
        facts.extend(row.project.as_deref().map(|path| {
            Path::new(path)
                .file_name()
                .map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
        }));
        facts.push(words.with("conversations-begun", &[("ago", age(self.look, row.created_at).into())]));
        if let Some(from) = &row.forked_from {
            let short: String = from.as_str().chars().take(8).collect();
            facts.push(words.with("conversations-copy-of", &[("session", short.into())]));
        }
        facts.push(words.with("conversations-turns", &[("n", row.turns.into())]));
        Pieces::new(self.look.theme).fitted(Role::Dim, &facts.join(" · "), columns).done()
    }

    /// The latest turns first.
    fn said(&self, preview: &Preview, columns: u16) -> Vec<Line<'static>> {
        let width = columns.saturating_sub(2).max(8);
        let sign = if self.look.is_plain { "> " } else { "› " };
        let mut lines = Vec::new();
        for (prompt, answer) in preview.turns.iter().rev() {
            let first = prompt.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let asked = Pieces::new(self.look.theme).add(Role::Key, sign);
            lines.push(asked.fitted(Role::User, first, usize::from(width)).done());
            let said = markup::markdown(answer, width);
            let is_cut = said.len() > ANSWER_ROWS;
            lines.extend(said.iter().take(ANSWER_ROWS).map(|line| {
                let mut painted = paint::line(self.look.theme, line);
                painted.spans.insert(0, "  ".into());
                painted
            }));
            if is_cut {
                lines.push(Pieces::new(self.look.theme).add(Role::Dim, "  …").done());
            }
        }
        lines
    }
}
