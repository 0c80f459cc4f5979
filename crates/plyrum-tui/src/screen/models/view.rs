//! Providers with their models, and a model whole.

use super::{Mode, ModelsScreen, ProviderHealth, Row};
use crate::composer::LineView;
use crate::paint::{self, Pieces};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::view::ModelRow;
use plyrum_words::money::count;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
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
    /// Draws it; where the cursor is, where something is typed.
    #[must_use]
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let [head, body] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area);
        let cursor = self.first_line(Rect { height: 1, ..head }, buffer);
        if let (Mode::Detail, Some(model)) = (&self.screen.mode, self.screen.chosen()) {
            self.detail(model, body, buffer);
        } else {
            self.columns(usize::from(area.width)).render(Rect { y: head.y + 1, height: 1, ..head }, buffer);
            self.list(body, buffer);
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
        let models = self.screen.models.as_deref().unwrap_or_default();
        let ready = models.iter().filter(|model| model.ready).count() as u64;
        let mut what =
            words.with("providers-ready", &[("ready", ready.into()), ("n", (models.len() as u64).into())]);
        if !self.screen.words.is_empty() {
            what += &format!(
                " · {}",
                words.with("providers-filtered", &[("words", self.screen.words.as_str().into())])
            );
        }
        let note = self.screen.fault.as_ref().map(|fault| fault.message.clone()).unwrap_or_default();
        let left =
            Pieces::new(theme).fitted(Role::Title, &what, columns.saturating_sub(paint::width(&note) + 2));
        left.apart(Pieces::new(theme).fitted(Role::Bad, &note, columns / 2), columns)
            .done()
            .render(area, buffer);
        None
    }

    fn columns(&self, columns: usize) -> Line<'static> {
        let say = |key| self.look.words.say(key);
        Pieces::new(self.look.theme)
            .column(
                Role::Dim,
                &format!("    {}", say("providers-model")),
                columns.saturating_sub(CONTEXT + OUTPUT + PRICE),
            )
            .right(Role::Dim, &say("providers-context"), CONTEXT)
            .right(Role::Dim, &say("providers-output"), OUTPUT)
            .right(Role::Dim, &say("providers-price"), PRICE)
            .done()
    }

    fn list(&self, area: Rect, buffer: &mut Buffer) {
        let columns = usize::from(area.width);
        let rows = self.screen.rows();
        if rows.is_empty() {
            let key = match &self.screen.models {
                None => "providers-loading",
                Some(_) => "providers-none",
            };
            let line =
                Pieces::new(self.look.theme).fitted(Role::Dim, &self.look.words.say(key), columns).done();
            return stack([line], area, buffer);
        }
        let room = usize::from(area.height);
        let from = (self.screen.at + 1).saturating_sub(room);
        let shown = rows.iter().enumerate().skip(from).take(room).map(|(nth, row)| {
            let is_chosen = nth == self.screen.at;
            match row {
                Row::Provider { name, ready, of } => self.provider(name, *ready, *of, is_chosen, columns),
                Row::Model(model) => self.model(model, is_chosen, columns),
            }
        });
        stack(shown, area, buffer);
    }

    fn mark(&self, is_chosen: bool) -> &'static str {
        match (is_chosen, self.look.is_plain) {
            (true, true) => "> ",
            (true, false) => "› ",
            (false, _) => "  ",
        }
    }

    fn provider(
        &self,
        name: &str,
        ready: usize,
        of: usize,
        is_chosen: bool,
        columns: usize,
    ) -> Line<'static> {
        let words = self.look.words;
        let known = [("ready", (ready as u64).into()), ("n", (of as u64).into())];
        let health = self.screen.health_of(name);
        let told = health.map_or_else(|| words.say("providers-not-asked"), |health| self.told(health));
        let role = match health {
            Some(health) if health.failed * 4 > health.attempts => Role::Bad,
            Some(health) if health.failed + health.cut > 0 => Role::Warning,
            Some(_) => Role::Good,
            None => Role::Dim,
        };
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Title, name, 16)
            .column(Role::Dim, &words.with("providers-of-provider", &known), 18)
            .fitted(role, &told, columns.saturating_sub(2 + 16 + 18));
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }

    /// What the last day was like.
    fn told(&self, health: &ProviderHealth) -> String {
        let cost = self.look.words.lang().rub(health.cost);
        let mut told =
            self.look.words.with("providers-day", &[("n", health.attempts.into()), ("cost", cost.into())]);
        for (key, n) in [
            ("providers-failed", health.failed),
            ("providers-cut", health.cut),
            ("providers-cancelled", health.cancelled),
            ("providers-retries", health.retries),
        ] {
            if n > 0 {
                told += &format!(" · {}", self.look.words.with(key, &[("n", n.into())]));
            }
        }
        told
    }

    fn model(&self, model: &ModelRow, is_chosen: bool, columns: usize) -> Line<'static> {
        let (sign, role) = self.sign(model);
        let name = columns.saturating_sub(2 + 2 + CONTEXT + OUTPUT + PRICE);
        let text = match &model.why_not {
            Some(why) => format!("{} · {why}", model.model),
            None if model.only_when_named => {
                format!("{} · {}", model.model, self.look.words.say("providers-only-when-named"))
            }
            None => model.model.clone(),
        };
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(role, sign, 2)
            .column(if model.ready { Role::Text } else { Role::Dim }, &text, name)
            .right(Role::Dim, &count(model.context_tokens), CONTEXT)
            .right(Role::Dim, &count(model.max_output_tokens), OUTPUT)
            .right(Role::Money, &self.price(model), PRICE);
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }

    const fn sign(&self, model: &ModelRow) -> (&'static str, Role) {
        match (model.ready, self.look.is_plain) {
            (true, false) => ("✓", Role::Good),
            (true, true) => ("+", Role::Good),
            (false, false) => ("·", Role::Dim),
            (false, true) => ("-", Role::Dim),
        }
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

    /// Everything that is known of a model.
    fn detail(&self, model: &ModelRow, area: Rect, buffer: &mut Buffer) {
        let words = self.look.words;
        let state = match (&model.why_not, model.ready) {
            (Some(why), _) => why.clone(),
            (None, true) if model.only_when_named => words.say("providers-only-when-named"),
            (None, true) => words.say("providers-is-ready"),
            (None, false) => words.say("providers-is-not-ready"),
        };
        let rows = [
            ("providers-model", model.model.clone()),
            ("providers-provider", model.provider.clone()),
            ("providers-state", state),
            (
                "providers-context",
                words.with("providers-tokens", &[("n", count(model.context_tokens).into())]),
            ),
            (
                "providers-output",
                words.with("providers-tokens", &[("n", count(model.max_output_tokens).into())]),
            ),
            ("providers-price", self.price(model)),
            ("providers-origin", model.origin.clone()),
        ];
        let label = rows.iter().map(|(key, _)| paint::width(&words.say(key))).max().unwrap_or(0) + 2;
        let mut lines = Vec::new();
        for (key, value) in rows {
            let width = area.width.saturating_sub(u16::try_from(label).unwrap_or(0)).max(8);
            for (nth, line) in markup::plain(&value, width).iter().enumerate() {
                let name = if nth == 0 { words.say(key) } else { String::new() };
                lines.push(
                    Pieces::new(self.look.theme)
                        .column(Role::Dim, &name, label)
                        .add(Role::Text, &line.text())
                        .done(),
                );
            }
        }
        if let Some(health) = self.screen.health_of(&model.provider) {
            lines.push(Line::default());
            let told = self.told(health);
            lines
                .push(Pieces::new(self.look.theme).fitted(Role::Text, &told, usize::from(area.width)).done());
        }
        stack(lines, area, buffer);
    }
}

/// Columns of figures.
const CONTEXT: usize = 12;
const OUTPUT: usize = 11;
const PRICE: usize = 22;

fn is_zero(decimal: &str) -> bool {
    decimal.chars().all(|c| c == '0' || c == '.')
}

fn stack(lines: impl IntoIterator<Item = Line<'static>>, area: Rect, buffer: &mut Buffer) {
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        line.render(Rect { y, height: 1, ..area }, buffer);
    }
}
