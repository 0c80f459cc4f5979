//! What a project's `.plyrum/config.toml` may do: narrow, and nothing else.
//!
//! The file comes with a repository, from whoever wrote it. It may forbid providers, ask
//! for a policy and lower budgets. Every other key is an error that says so, instead of
//! being ignored: a project that tries to set a provider's address should be noticed.

use std::collections::BTreeSet;

use plyrum_billing_client::MicroRub;
use plyrum_catalog::{Catalog, ProviderId};
use plyrum_config::{Diagnostic, Entry, SourceFile, nearest};
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::Budgets;
use crate::budgets::{BudgetsSection, parse_limit};
use crate::check::check_name;

/// The keys that can only narrow.
const ALLOWED: [&str; 3] = ["allow_providers", "policy", "budgets"];
/// As many providers as a catalogue holds.
const MAX_PROVIDERS: usize = 256;

/// A project's file, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProjectFile {
    allow_providers: Option<Spanned<Vec<Spanned<String>>>>,
    policy: Option<Spanned<String>>,
    budgets: BudgetsSection,
}

/// What the project's files ask for together. Its limits on a run or a session are not here: they have
/// already lowered [`crate::Settings::budgets`]. A day or a month of a project is its own: it limits what
/// is asked from there, beside the user's day and month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only these providers may be used; `None` allows all.
    pub allow_providers: Option<BTreeSet<ProviderId>>,
    /// Names of policies, the outermost file's first. The strictest of them and of the
    /// user's own holds; whether they exist is for the owner of policies to say.
    pub policies: Vec<String>,
    /// What the project may spend in a day.
    pub day: Option<MicroRub>,
    /// What the project may spend in a month.
    pub month: Option<MicroRub>,
    /// What `config show` prints for it.
    pub(crate) entries: Vec<Entry>,
}

impl Narrowing {
    /// Whether the project allows this provider.
    pub fn allows(&self, provider: &ProviderId) -> bool {
        self.allow_providers.as_ref().is_none_or(|allowed| allowed.contains(provider))
    }

    /// Where the limit on a `run` or a `session` was set: the user's setting, or the project's file that
    /// lowered it.
    pub fn setting_of(&self, limit: &str) -> String {
        let key = format!("budgets.{limit}");
        let is_lowered = self.entries.iter().any(|entry| entry.key == key);
        if is_lowered { format!("{key} in the project's .plyrum/config.toml") } else { key }
    }
}

/// Applies one file after the other; a later one can narrow further and not widen.
pub(crate) struct Narrower<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) budgets: Budgets,
    pub(crate) narrowing: Narrowing,
    pub(crate) notes: Vec<String>,
    pub(crate) problems: Vec<Diagnostic>,
}

impl<'a> Narrower<'a> {
    pub(crate) fn new(catalog: &'a Catalog, budgets: Budgets) -> Self {
        Self { catalog, budgets, narrowing: Narrowing::default(), notes: Vec::new(), problems: Vec::new() }
    }

    pub(crate) fn apply(&mut self, source: &SourceFile) {
        match parse(source) {
            Ok(file) => {
                self.allow(source, file.allow_providers.as_ref());
                self.ask_for_policy(source, file.policy.as_ref());
                self.lower_budgets(source, &file.budgets);
            }
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn allow(&mut self, source: &SourceFile, list: Option<&Spanned<Vec<Spanned<String>>>>) {
        let Some(list) = list else { return };
        if list.get_ref().len() > MAX_PROVIDERS {
            return self.problem(
                source,
                list,
                &format!("allow_providers: more than {MAX_PROVIDERS} providers"),
            );
        }
        let mut allowed = BTreeSet::new();
        for name in list.get_ref() {
            match ProviderId::new(name.get_ref().as_str()) {
                Ok(id) => {
                    self.note_unknown_provider(source, name);
                    allowed.insert(id);
                }
                Err(why) => self.problem(source, name, &format!("allow_providers: a provider's id {why}")),
            }
        }
        if let Some(outer) = &self.narrowing.allow_providers {
            allowed.retain(|id| outer.contains(id));
        }
        let shown: Vec<String> = allowed.iter().map(|id| format!("{:?}", id.as_str())).collect();
        self.show(source, list, "allow_providers", format!("[{}]", shown.join(", ")));
        self.narrowing.allow_providers = Some(allowed);
    }

    /// No error: the list may be meant for colleagues who have more providers.
    fn note_unknown_provider(&mut self, source: &SourceFile, name: &Spanned<String>) {
        let wanted = name.get_ref().as_str();
        let mut known = self.catalog.providers.keys().map(ProviderId::as_str);
        if known.clone().any(|id| id == wanted) {
            return;
        }
        let meant =
            nearest(wanted, &mut known).map(|id| format!(" (did you mean `{id}`?)")).unwrap_or_default();
        let text = format!("allow_providers names `{wanted}`, which is not configured here{meant}");
        self.note(source, name, &text);
    }

    fn ask_for_policy(&mut self, source: &SourceFile, policy: Option<&Spanned<String>>) {
        let Some(policy) = policy else { return };
        if let Err(why) = check_name(policy.get_ref()) {
            return self.problem(source, policy, &format!("policy: {why}"));
        }
        self.narrowing.policies.push(policy.get_ref().clone());
        self.show(source, policy, "policy", format!("\"{}\"", policy.get_ref()));
    }

    fn lower_budgets(&mut self, source: &SourceFile, section: &BudgetsSection) {
        for (key, written) in section.written() {
            let Some(written) = written else { continue };
            match parse_limit(key, written.get_ref().as_str()) {
                Ok(limit) => self.lower(source, key, written, limit),
                Err(message) => self.problem(source, written, &message),
            }
        }
    }

    fn lower<T>(&mut self, source: &SourceFile, key: &'static str, place: &Spanned<T>, limit: MicroRub) {
        let own = match key {
            "day" => Some(&mut self.narrowing.day),
            "month" => Some(&mut self.narrowing.month),
            _ => None,
        };
        if let Some(own) = own {
            *own = Some(own.map_or(limit, |outer| outer.min(limit)));
            let shown = own.unwrap_or(limit);
            return self.show(source, place, &format!("project.budgets.{key}"), format!("\"{shown}\""));
        }
        let Some(slot) = self.budgets.slot(key) else { return };
        match *slot {
            Some(own) if own < limit => {
                let text = format!(
                    "budgets.{key} = {limit} RUB is above {own} RUB and is ignored: a project may only narrow"
                );
                self.note(source, place, &text);
            }
            Some(own) if own == limit => {}
            _ => {
                *slot = Some(limit);
                self.show(source, place, &format!("budgets.{key}"), format!("\"{limit}\""));
            }
        }
    }

    fn problem<T>(&mut self, source: &SourceFile, place: &Spanned<T>, message: &str) {
        self.problems.push(diagnostic(source, place, message));
    }

    fn note<T>(&mut self, source: &SourceFile, place: &Spanned<T>, message: &str) {
        self.notes.push(diagnostic(source, place, message).to_string());
    }

    fn show<T>(&mut self, source: &SourceFile, place: &Spanned<T>, key: &str, value: String) {
        let line = diagnostic(source, place, "").line;
        self.narrowing.entries.retain(|entry| entry.key != key);
        self.narrowing.entries.push(Entry {
            key: key.to_owned(),
            value,
            origin: format!(".plyrum/config.toml:{line}"),
        });
    }
}

fn diagnostic<T>(source: &SourceFile, place: &Spanned<T>, message: &str) -> Diagnostic {
    Diagnostic::from_span(&source.path, &source.text, Some(place.span()), message)
}

fn parse(source: &SourceFile) -> Result<ProjectFile, Vec<Diagnostic>> {
    let broken = |error: &toml::de::Error| vec![Diagnostic::from_toml(&source.path, &source.text, error)];
    let document = DeTable::parse(&source.text).map_err(|error| broken(&error))?;
    let widening: Vec<Diagnostic> = document
        .get_ref()
        .keys()
        .filter(|key| !ALLOWED.contains(&key.get_ref().as_ref()))
        .map(|key| {
            let message = format!(
                "`{}` cannot be set by a project: its file may only narrow ({})",
                key.get_ref(),
                ALLOWED.join(", ")
            );
            diagnostic(source, key, &message).with_nearest(key.get_ref(), ALLOWED.into_iter())
        })
        .collect();
    if widening.is_empty() {
        toml::from_str(&source.text).map_err(|error| broken(&error))
    } else {
        Err(widening)
    }
}
