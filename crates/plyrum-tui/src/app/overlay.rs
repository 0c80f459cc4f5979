//! What lies over a screen: lists to choose from, the help, a long text.

use super::{Choices, Command};
use crate::keymap::Action;
use plyrum_protocol::RunId;

/// Most rows of a list.
const MAX_ITEMS: usize = 1000;
/// Longest filter, in characters.
const MAX_FILTER: usize = 200;

/// What lies over a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// A list to choose from.
    Picker(Picker),
    /// The keys.
    Help {
        /// The first row that is seen.
        scroll: usize,
    },
    /// A text to read.
    Reader(Reader),
}

/// A text to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reader {
    /// What it is.
    pub title: String,
    /// Markdown, untrusted.
    pub text: String,
    /// The first line that is seen.
    pub scroll: usize,
    /// Its lines, for the width that was seen last.
    pub(crate) lines: Option<(u16, Vec<plyrum_markup::Line>)>,
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// What a key does too.
    Do(Action),
    /// A command of the prompt.
    Command(Command),
    /// A model; none lets the router choose.
    Model(Option<String>),
    /// A persona; none takes the configured one.
    Persona(Option<String>),
    /// A plan; none takes the configured one.
    Plan(Option<String>),
    /// A run to follow.
    Run(RunId),
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickItem {
    /// What it is called.
    pub label: String,
    /// More about it.
    pub detail: String,
    /// What choosing it does.
    pub pick: Pick,
}

/// A list with a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// The key of its title.
    pub title: &'static str,
    /// What the rows must contain.
    pub filter: String,
    items: Vec<PickItem>,
    /// The row that is chosen, among those that fit.
    pub at: usize,
}

impl Picker {
    /// A list.
    #[must_use]
    pub fn new(title: &'static str, mut items: Vec<PickItem>) -> Self {
        items.truncate(MAX_ITEMS);
        Self { title, filter: String::new(), items, at: 0 }
    }

    /// The rows that fit the filter: all its words occur, in any case.
    #[must_use]
    pub fn fitting(&self) -> Vec<&PickItem> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |item: &&PickItem| {
            let text = format!("{} {}", item.label, item.detail).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        self.items.iter().filter(fits).collect()
    }

    /// Moves the mark.
    pub fn step_by(&mut self, by: isize) {
        let last = self.fitting().len().saturating_sub(1);
        self.at = self.at.min(last).saturating_add_signed(by).min(last);
    }

    /// Adds to the filter.
    pub fn typed(&mut self, text: &str) {
        let room = MAX_FILTER.saturating_sub(self.filter.chars().count());
        self.filter.extend(text.chars().filter(|c| !c.is_control()).take(room));
        self.at = 0;
    }

    /// Takes the filter's last character away; whether there was one.
    pub fn backspace(&mut self) -> bool {
        self.at = 0;
        self.filter.pop().is_some()
    }

    /// What is chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<Pick> {
        self.fitting().get(self.at).map(|item| item.pick.clone())
    }
}

/// A model's row.
pub(super) fn models(choices: &Choices, any: String, told: impl Fn(&str) -> String) -> Vec<PickItem> {
    let any = PickItem { label: "auto".into(), detail: any, pick: Pick::Model(None) };
    let rows = choices.models.iter().map(|row| {
        let price = match (&row.input_per_million, &row.output_per_million, &row.currency) {
            (Some(input), Some(output), Some(currency)) => format!("{input} / {output} {currency}"),
            _ => String::new(),
        };
        let why = row.why_not.as_deref().map(|why| format!(" · {}", told(why))).unwrap_or_default();
        PickItem {
            label: row.model.clone(),
            detail: format!("{price}{why}"),
            pick: Pick::Model(Some(row.model.clone())),
        }
    });
    std::iter::once(any).chain(rows).collect()
}

/// Personas' rows.
pub(super) fn personas(choices: &Choices) -> Vec<PickItem> {
    choices
        .personas
        .iter()
        .map(|row| PickItem {
            label: row.persona.clone(),
            detail: row.description.clone(),
            pick: Pick::Persona(Some(row.persona.clone())),
        })
        .collect()
}

/// Plans' rows.
pub(super) fn plans(choices: &Choices) -> Vec<PickItem> {
    choices
        .plans
        .iter()
        .map(|row| PickItem {
            label: row.plan.clone(),
            detail: row.description.clone(),
            pick: Pick::Plan(Some(row.plan.clone())),
        })
        .collect()
}
