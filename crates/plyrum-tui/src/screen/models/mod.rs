//! Models and providers: which are ready and why others are not, what they cost, how they did lately.
//!
//! Models and providers come with what there is to choose from (`model/list`, `provider/list`); how providers did is a query
//! of the ledger.

mod source;
mod view;

pub use source::{ModelsAsk, ModelsReply, ModelsSource, ProviderHealth, answer};
pub use view::ModelsView;

use super::cursor::Cursor;
use crate::composer::Line;
use crate::keymap::Action;
use plyrum_protocol::Fault;
use plyrum_protocol::view::{ModelRow, ProviderRow};
use ratatui::layout::Size;
use std::collections::BTreeSet;

/// What has the keys.
#[derive(Debug, Clone, Default)]
enum Mode {
    #[default]
    List,
    /// Words that rows must contain are typed.
    Search(Box<Line>),
    /// A model or a provider is looked at.
    Detail,
}

/// The state of the screen.
#[derive(Debug, Clone, Default)]
pub struct ModelsScreen {
    /// By provider, then by name.
    models: Option<Vec<ModelRow>>,
    /// By name; those too that have no model here.
    providers: Vec<ProviderRow>,
    /// None until the books were read.
    health: Option<Vec<ProviderHealth>>,
    fault: Option<Fault>,
    words: String,
    cursor: Cursor,
    mode: Mode,
}

/// A row of the list.
#[derive(Debug, Clone, Copy)]
enum Row<'a> {
    Provider(Group<'a>),
    Model(&'a ModelRow),
}

/// A provider, with how many of its models are ready and how many there are.
#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    name: &'a str,
    ready: usize,
    of: usize,
    /// What the daemon says of it; none of one that it did not name.
    row: Option<&'a ProviderRow>,
}

/// How a provider did.
#[derive(Debug, Clone, Copy)]
enum Lately<'a> {
    /// The books were not read.
    Unknown,
    NotAsked,
    Asked(&'a ProviderHealth),
}

impl Group<'_> {
    /// Whether it cannot be asked before somebody completes it; those stand last.
    fn lacks_something(&self) -> bool {
        self.row.is_some_and(|row| row.why_not.is_some())
    }
}

impl ModelsScreen {
    /// What to ask for when the screen is opened.
    pub fn open(&mut self) -> Vec<ModelsAsk> {
        self.mode = Mode::List;
        vec![ModelsAsk::Models, ModelsAsk::Health]
    }

    /// The models have come, and who serves them.
    pub fn set_models(&mut self, models: &[ModelRow], providers: &[ProviderRow]) {
        self.providers = providers.to_vec();
        self.providers.sort_by(|a, b| a.provider.cmp(&b.provider));
        let mut models = models.to_vec();
        models.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        self.models = Some(models);
        self.cursor.go(self.cursor.at(), self.rows().len());
    }

    /// How much room the list has: see [`ModelsView::room`].
    pub fn resize(&mut self, room: Size) {
        self.cursor.resize(usize::from(room.height), self.rows().len());
    }

    /// Whether keys are text.
    #[must_use]
    pub const fn is_typing(&self) -> bool {
        matches!(self.mode, Mode::Search(_))
    }

    /// Whether escape closes something here, and does not leave the screen.
    #[must_use]
    pub fn is_open_inside(&self) -> bool {
        !matches!(self.mode, Mode::List) || !self.words.is_empty()
    }

    /// What a key comes to.
    pub fn press(&mut self, action: Action) -> Vec<ModelsAsk> {
        match std::mem::take(&mut self.mode) {
            Mode::List => return self.list_key(action),
            Mode::Search(mut line) => match action {
                Action::Escape => {}
                Action::Confirm | Action::Open | Action::Send => {
                    line.text().trim().clone_into(&mut self.words);
                    self.cursor.go(0, self.rows().len());
                }
                action => {
                    line.press(action);
                    self.mode = Mode::Search(line);
                }
            },
            Mode::Detail => {
                if !matches!(action, Action::Escape | Action::Open | Action::Confirm) {
                    self.mode = Mode::Detail;
                }
            }
        }
        Vec::new()
    }

    /// A character that is typed.
    pub fn typed(&mut self, c: char) -> Vec<ModelsAsk> {
        if let Mode::Search(line) = &mut self.mode {
            line.typed(c);
        }
        Vec::new()
    }

    /// What was asked for has come.
    pub fn loaded(&mut self, reply: ModelsReply) {
        match reply {
            ModelsReply::Health(Ok(health)) => {
                self.health = Some(health);
                self.fault = None;
            }
            ModelsReply::Health(Err(fault)) => self.fault = Some(fault),
        }
    }

    fn list_key(&mut self, action: Action) -> Vec<ModelsAsk> {
        if self.cursor.press(action, self.rows().len()) {
            return Vec::new();
        }
        match action {
            Action::Open | Action::Confirm if self.chosen().is_some() => self.mode = Mode::Detail,
            Action::Search | Action::Filter => self.mode = Mode::Search(Box::new(Line::of(&self.words))),
            Action::Escape | Action::ClearFilter if !self.words.is_empty() => {
                self.words.clear();
                self.cursor.go(0, self.rows().len());
            }
            Action::Refresh => return vec![ModelsAsk::Models, ModelsAsk::Health],
            _ => {}
        }
        Vec::new()
    }

    /// What is marked.
    fn chosen(&self) -> Option<Row<'_>> {
        self.rows().get(self.cursor.at()).copied()
    }

    /// Providers, each with its models, as far as they fit the words. One without a model stands there by its own name.
    fn rows(&self) -> Vec<Row<'_>> {
        let words: Vec<String> = self.words.split_whitespace().map(str::to_lowercase).collect();
        let fits = |name: &str| words.iter().all(|word| name.to_lowercase().contains(word.as_str()));
        let models: Vec<&ModelRow> = self.models.iter().flatten().filter(|m| fits(&m.model)).collect();
        let alone = self.providers.iter().map(|row| row.provider.as_str()).filter(|name| fits(name));
        let names: BTreeSet<&str> = models.iter().map(|m| m.provider.as_str()).chain(alone).collect();
        let mut groups: Vec<Group<'_>> = names.into_iter().map(|name| self.group(name, &models)).collect();
        groups.retain(|_| self.models.is_some());
        groups.sort_by_key(Group::lacks_something); // stable: by name
        let mut rows = Vec::new();
        for group in groups {
            rows.push(Row::Provider(group));
            rows.extend(models.iter().filter(|m| m.provider == group.name).map(|model| Row::Model(model)));
        }
        rows
    }

    fn group<'a>(&'a self, name: &'a str, models: &[&ModelRow]) -> Group<'a> {
        let own = models.iter().filter(|model| model.provider == name);
        let row = self.providers.iter().find(|row| row.provider == name);
        Group { name, ready: own.clone().filter(|model| model.ready).count(), of: own.count(), row }
    }

    fn lately(&self, provider: &str) -> Lately<'_> {
        match &self.health {
            None => Lately::Unknown,
            Some(health) => {
                health.iter().find(|it| it.provider == provider).map_or(Lately::NotAsked, Lately::Asked)
            }
        }
    }
}

#[cfg(test)]
mod tests;
