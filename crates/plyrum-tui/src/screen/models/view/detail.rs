//! Everything that is known of a model or a provider, nothing cut.

use super::{ModelsView, role, stack};
use crate::paint::{self, Pieces};
use crate::screen::models::Row;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::view::ModelRow;
use plyrum_words::money::count;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl ModelsView<'_> {
    pub(super) fn detail(&self, row: Row<'_>, area: Rect, buffer: &mut Buffer) {
        let facts = match row {
            Row::Model(model) => self.of_model(model),
            Row::Provider { name, ready, of } => self.of_provider(name, ready, of),
        };
        let say = |key| self.look.words.say(key);
        let label = facts.iter().map(|(key, ..)| paint::width(&say(key))).max().unwrap_or(0) + 2;
        let width = area.width.saturating_sub(u16::try_from(label).unwrap_or(0)).max(8);
        let mut lines = Vec::new();
        for (key, role, value) in facts {
            for (nth, line) in markup::plain(&value, width).iter().enumerate() {
                let name = if nth == 0 { say(key) } else { String::new() };
                let pieces = Pieces::new(self.look.theme).column(Role::Dim, &name, label);
                lines.push(pieces.add(role, &line.text()).done());
            }
        }
        stack(lines, area, buffer);
    }

    fn of_model(&self, model: &ModelRow) -> Vec<(&'static str, Role, String)> {
        let words = self.look.words;
        let (state, value) = match (&model.why_not, model.ready) {
            (Some(why), _) => (Role::Warning, self.look.told(why)),
            (None, true) if model.only_when_named => (Role::Good, words.say("providers-only-when-named")),
            (None, true) => (Role::Good, words.say("providers-is-ready")),
            (None, false) => (Role::Warning, words.say("providers-is-not-ready")),
        };
        let tokens = |n| words.with("providers-tokens", &[("n", count(n).into())]);
        let lately = self.screen.lately(&model.provider);
        vec![
            ("providers-model", Role::Title, model.model.clone()),
            ("providers-state", state, value),
            ("providers-price", Role::Money, self.price(model)),
            ("providers-context", Role::Text, tokens(model.context_tokens)),
            ("providers-output", Role::Text, tokens(model.max_output_tokens)),
            ("providers-origin", Role::Text, model.origin.clone()),
            ("providers-provider", Role::Text, model.provider.clone()),
            ("providers-lately", role(lately), self.told(lately)),
        ]
    }

    fn of_provider(&self, name: &str, ready: usize, of: usize) -> Vec<(&'static str, Role, String)> {
        let known = [("ready", (ready as u64).into()), ("n", (of as u64).into())];
        let lately = self.screen.lately(name);
        let state = if ready > 0 { Role::Good } else { Role::Warning };
        vec![
            ("providers-provider", Role::Title, name.to_owned()),
            ("providers-state", state, self.look.words.with("providers-ready", &known)),
            ("providers-lately", role(lately), self.told(lately)),
        ]
    }
}
