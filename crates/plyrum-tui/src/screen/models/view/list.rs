//! A line a provider and a line a model.

use super::{ModelsView, role, stack};
use crate::paint::{self, Pieces};
use crate::screen::models::{Group, Row};
use crate::theme::Role;
use plyrum_protocol::view::ModelRow;
use plyrum_words::money::count;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// Columns of sizes.
const CONTEXT: usize = 12;
const OUTPUT: usize = 11;
/// Sizes are shown only where they leave so many columns for names.
const NAME_LEAST: usize = 28;
/// Columns of a provider's name, and of how many of its models are ready.
const PROVIDER: usize = 16;
const READY: usize = 18;

/// What is shown of a model, and in how many columns.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: usize,
    context: usize,
    output: usize,
    /// As wide as the longest price that is seen: money is not cut.
    price: usize,
}

impl ModelsView<'_> {
    pub(super) fn list(&self, names: Rect, area: Rect, buffer: &mut Buffer) {
        let columns = usize::from(area.width);
        let rows = self.screen.rows();
        if rows.is_empty() {
            let key = match &self.screen.models {
                None => "providers-loading",
                Some(models) if models.is_empty() => "providers-empty",
                Some(_) => "providers-none",
            };
            let line =
                Pieces::new(self.look.theme).fitted(Role::Dim, &self.look.words.say(key), columns).done();
            return stack([line], area, buffer);
        }
        let (from, room) = (self.screen.cursor.top(), usize::from(area.height));
        let seen = rows.iter().enumerate().skip(from).take(room);
        let widths = self.widths(seen.clone().map(|(_, row)| row), columns);
        self.names(widths).render(names, buffer);
        let shown = seen.map(|(nth, row)| {
            let is_chosen = nth == self.screen.cursor.at();
            match row {
                Row::Provider(group) => self.provider(*group, is_chosen, columns),
                Row::Model(model) => self.model(model, is_chosen, widths),
            }
        });
        stack(shown, area, buffer);
    }

    fn widths<'r>(&self, rows: impl Iterator<Item = &'r Row<'r>>, columns: usize) -> Columns {
        let price = |row: &Row<'_>| match row {
            Row::Model(model) => paint::width(&self.price(model)),
            Row::Provider(_) => 0,
        };
        let named = paint::width(&self.look.words.say("providers-price"));
        let price = rows.map(price).max().unwrap_or(0).max(named) + 2;
        let name = columns.saturating_sub(2 + 2 + price);
        match name.checked_sub(CONTEXT + OUTPUT).filter(|name| *name >= NAME_LEAST) {
            Some(name) => Columns { name, context: CONTEXT, output: OUTPUT, price },
            None => Columns { name, context: 0, output: 0, price },
        }
    }

    fn names(&self, columns: Columns) -> Line<'static> {
        let say = |key| self.look.words.say(key);
        Pieces::new(self.look.theme)
            .column(Role::Dim, &format!("    {}", say("providers-model")), 2 + 2 + columns.name)
            .right(Role::Dim, &say("providers-context"), columns.context)
            .right(Role::Dim, &say("providers-output"), columns.output)
            .right(Role::Dim, &say("providers-price"), columns.price)
            .done()
    }

    fn mark(&self, is_chosen: bool) -> &'static str {
        match (is_chosen, self.look.is_plain) {
            (true, true) => "> ",
            (true, false) => "› ",
            (false, _) => "  ",
        }
    }

    fn provider(&self, group: Group<'_>, is_chosen: bool, columns: usize) -> Line<'static> {
        let known = [("ready", (group.ready as u64).into()), ("n", (group.of as u64).into())];
        let models = if group.of == 0 { "providers-no-models" } else { "providers-of-provider" };
        let (lately, state) = (self.screen.lately(group.name), group.row.and_then(|row| self.state(row)));
        let (role, told) = match state {
            Some((role, state)) if group.row.is_some_and(|row| row.why_not.is_some()) => (role, state),
            Some((role, state)) => (role, format!("{state} · {}", self.told(lately))),
            None => (role(lately), self.told(lately)),
        };
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(Role::Title, group.name, PROVIDER)
            .column(Role::Dim, &self.look.words.with(models, &known), READY)
            .fitted(role, &told, columns.saturating_sub(2 + PROVIDER + READY));
        if is_chosen { pieces.all(self.look.theme.of(Role::Selected)) } else { pieces.done() }
    }

    fn model(&self, model: &ModelRow, is_chosen: bool, columns: Columns) -> Line<'static> {
        let (sign, role) = self.sign(model);
        let text = match &model.why_not {
            Some(why) => format!("{} · {}", model.model, self.look.told(why)),
            None if model.only_when_named => {
                format!("{} · {}", model.model, self.look.words.say("providers-only-when-named"))
            }
            None => model.model.clone(),
        };
        let pieces = Pieces::new(self.look.theme)
            .add(Role::Key, self.mark(is_chosen))
            .column(role, sign, 2)
            .column(if model.ready { Role::Text } else { Role::Dim }, &text, columns.name)
            .right(Role::Dim, &count(model.context_tokens), columns.context)
            .right(Role::Dim, &count(model.max_output_tokens), columns.output)
            .right(Role::Money, &self.price(model), columns.price);
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
}
