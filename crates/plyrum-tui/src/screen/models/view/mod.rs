//! Providers with their models (`list`), and one of them whole (`detail`).

mod detail;
mod list;

use super::{Lately, Mode, ModelsScreen};
use crate::composer::LineView;
use crate::paint::{self, Pieces};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_protocol::view::{ModelRow, ProviderRow};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// The screen as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct ModelsView<'a> {
    /// What is shown.
    pub screen: &'a ModelsScreen,
    /// How things look and read.
    pub look: Look<'a>,
}

impl ModelsView<'_> {
    /// The room that the list has in an area: what [`ModelsScreen::resize`] is to be told before it is drawn.
    #[must_use]
    pub fn room(area: Rect) -> Size {
        let [_, body] = parts(area);
        body.as_size()
    }

    /// Draws it; where the cursor is, where something is typed.
    #[must_use]
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let [head, body] = parts(area);
        let cursor = self.first_line(Rect { height: 1, ..head }, buffer);
        if let (Mode::Detail, Some(row)) = (&self.screen.mode, self.screen.chosen()) {
            self.detail(row, body, buffer);
        } else {
            self.list(Rect { y: head.y + 1, height: 1, ..head }, body, buffer);
        }
        cursor
    }

    fn first_line(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let (words, theme, columns) = (self.look.words, self.look.theme, usize::from(area.width));
        if let Mode::Search(line) = &self.screen.mode {
            let label = Pieces::new(theme).add(Role::Key, &format!("{} ", words.say("providers-search")));
            let taken = u16::try_from(label.width()).unwrap_or(0).min(area.width);
            label.done().render(area, buffer);
            let rest = Rect { x: area.x + taken, width: area.width - taken, ..area };
            let view = LineView::new(line, theme.of(Role::Text));
            view.render(rest, buffer);
            return view.cursor(rest);
        }
        let note = self.screen.fault.as_ref().map(|fault| self.look.told(&fault.message)).unwrap_or_default();
        let room = columns.saturating_sub(paint::width(&note).min(columns / 2) + 2);
        let left = Pieces::new(theme).fitted(Role::Title, &self.title(), room);
        left.apart(Pieces::new(theme).fitted(Role::Bad, &note, columns / 2), columns)
            .done()
            .render(area, buffer);
        None
    }

    fn title(&self) -> String {
        let words = self.look.words;
        let Some(models) = self.screen.models.as_deref().filter(|models| !models.is_empty()) else {
            return String::new();
        };
        let ready = models.iter().filter(|model| model.ready).count() as u64;
        let known = [("ready", ready.into()), ("n", (models.len() as u64).into())];
        let mut title = words.with("providers-ready", &known);
        if !self.screen.words.is_empty() {
            let narrowed = words.with("providers-filtered", &[("words", self.screen.words.as_str().into())]);
            title += &format!(" · {narrowed}");
        }
        title
    }

    /// How a provider is, where there is something to say of it: why it is not asked, that it rests, who waits for it.
    fn state(&self, row: &ProviderRow) -> Option<(Role, String)> {
        let words = self.look.words;
        let number = |n: u32| u64::from(n).into();
        if let Some(why) = &row.why_not {
            return Some((Role::Dim, self.look.told(why)));
        }
        if let Some(until) = row.resting_until {
            let time = words.seconds(until.millis_since(self.look.now));
            let values = [("time", time.into()), ("n", number(row.failures))];
            return Some((Role::Bad, words.with("providers-rests", &values)));
        }
        if row.is_probing {
            return Some((Role::Warning, words.with("providers-is-tried", &[("n", number(row.failures))])));
        }
        let key = if row.waiting > 0 { "providers-has-a-queue" } else { "providers-is-busy" };
        let values =
            [("n", number(row.running)), ("limit", number(row.limit)), ("waiting", number(row.waiting))];
        (row.running + row.waiting > 0).then(|| (Role::Busy, words.with(key, &values)))
    }

    /// What the last day was like.
    fn told(&self, lately: Lately<'_>) -> String {
        let words = self.look.words;
        let health = match lately {
            Lately::Unknown => return words.say("providers-not-known"),
            Lately::NotAsked => return words.say("providers-not-asked"),
            Lately::Asked(health) => health,
        };
        let cost = words.charged(health.cost, usize::try_from(health.unpriced).unwrap_or(usize::MAX));
        let mut told = words.with("providers-day", &[("n", health.attempts.into()), ("cost", cost.into())]);
        for (key, n) in [
            ("providers-failed", health.failed),
            ("providers-cut", health.cut),
            ("providers-cancelled", health.cancelled),
            ("providers-retries", health.retries),
        ] {
            if n > 0 {
                told += &format!(" · {}", words.with(key, &[("n", n.into())]));
            }
        }
        told
    }

    /// Input and output for a million tokens.
    fn price(&self, model: &ModelRow) -> String {
        match (&model.currency, &model.input_per_million, &model.output_per_million) {
            (Some(_), Some(input), Some(output)) if is_zero(input) && is_zero(output) => {
                self.look.words.say("providers-free")
            }
            (Some(currency), Some(input), Some(output)) => {
                let lang = self.look.words.lang();
                format!("{} / {} {currency}", lang.decimal(input), lang.decimal(output))
            }
            _ => self.look.words.say("providers-unpriced"),
        }
    }
}

/// Head and body.
fn parts(area: Rect) -> [Rect; 2] {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area)
}

/// What a provider's day looks like.
const fn role(lately: Lately<'_>) -> Role {
    match lately {
        Lately::Asked(health) if health.failed * 4 > health.attempts => Role::Bad,
        Lately::Asked(health) if health.failed + health.cut > 0 => Role::Warning,
        Lately::Asked(_) => Role::Good,
        Lately::NotAsked | Lately::Unknown => Role::Dim,
    }
}

fn is_zero(decimal: &str) -> bool {
    decimal.chars().all(|c| c == '0' || c == '.')
}

fn stack(lines: impl IntoIterator<Item = Line<'static>>, area: Rect, buffer: &mut Buffer) {
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        line.render(Rect { y, height: 1, ..area }, buffer);
    }
}
