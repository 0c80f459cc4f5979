//! Everything that is known of a model or a provider, nothing cut.

use super::{ModelsView, role, stack};
use crate::paint::{self, Pieces};
use crate::screen::models::{Group, Row};
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::view::{ModelRow, ProviderRow};
use plyrum_words::money::count;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl ModelsView<'_> {
    pub(super) fn detail(&self, row: Row<'_>, area: Rect, buffer: &mut Buffer) {
        let facts = match row {
            Row::Model(model) => self.of_model(model),
            Row::Provider(group) => self.of_provider(group),
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
        let pictures = match model.images {
            Some(true) => "providers-takes-pictures",
            Some(false) => "providers-takes-none",
            None => "providers-takes-unknown",
        };
        vec![
            ("providers-model", Role::Title, model.model.clone()),
            ("providers-state", state, value),
            ("providers-price", Role::Money, self.price(model)),
            ("providers-context", Role::Text, tokens(model.context_tokens)),
            ("providers-output", Role::Text, tokens(model.max_output_tokens)),
            ("providers-pictures", Role::Text, words.say(pictures)),
            ("providers-origin", Role::Text, model.origin.clone()),
            ("providers-provider", Role::Text, model.provider.clone()),
            ("providers-lately", role(lately), self.told(lately)),
        ]
    }

    fn of_provider(&self, group: Group<'_>) -> Vec<(&'static str, Role, String)> {
        let words = self.look.words;
        let known = [("ready", (group.ready as u64).into()), ("n", (group.of as u64).into())];
        let lately = self.screen.lately(group.name);
        let role_of_models = if group.ready > 0 { Role::Good } else { Role::Warning };
        let mut facts = vec![("providers-provider", Role::Title, group.name.to_owned())];
        facts.extend(
            group.row.and_then(|row| self.state(row)).map(|(role, told)| ("providers-state", role, told)),
        );
        let models = if group.of == 0 { "providers-no-models" } else { "providers-ready" };
        facts.push(("providers-models", role_of_models, words.with(models, &known)));
        facts.extend(group.row.map(|row| self.place(row)).unwrap_or_default());
        facts.push(("providers-lately", role(lately), self.told(lately)));
        facts
    }

    /// Where it is, by which way and with which key it is asked, and how much at a time.
    fn place(&self, row: &ProviderRow) -> Vec<(&'static str, Role, String)> {
        let words = self.look.words;
        let own = |key, value: Option<String>| value.map(|value| (key, Role::Text, value));
        let proxy = row.proxy.as_ref().map(|proxy| {
            let origin = match proxy.origin.as_str() {
                "environment" => words.say("providers-environment"),
                other => other.to_owned(),
            };
            format!("{} ({origin})", proxy.address)
        });
        let limit = words.with("providers-at-a-time", &[("n", u64::from(row.limit).into())]);
        let facts = [
            own("providers-wire", Some(row.kind.clone())),
            own("providers-address", row.base_url.clone()),
            own("providers-key", row.key.as_deref().map(|key| self.look.told(key))),
            own("providers-proxy", proxy),
            own("providers-certificates", Some(row.ca_files.join(", ")).filter(|files| !files.is_empty())),
            own("providers-limit", Some(limit)),
            own("providers-its-version", row.version.clone()),
            own("providers-origin", Some(self.look.told(&row.origin))),
        ];
        facts.into_iter().flatten().collect()
    }
}
