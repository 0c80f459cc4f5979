//! What could be meant: files behind `@`, commands behind `/`.

use super::chip::is_mark;
use super::composed::{begins_word, mentioned};
use std::ops::Range;

/// Rows of the menu; more are reached by moving.
pub const MAX_MENU_ROWS: usize = 8;
/// The best that a menu keeps.
const MAX_ITEMS: usize = 64;
/// Candidates; what a project has beyond them is found by a longer beginning.
const MAX_CANDIDATES: usize = 10_000;
/// A name that is being written is not longer than this, in bytes.
const MAX_PARTIAL: usize = 512;

/// A command of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandHint {
    /// Without the slash.
    pub name: String,
    /// The key of its description in the catalogues.
    pub about: String,
}

/// A row of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is meant: a path, or the name of a command.
    pub value: String,
    /// The key of its description in the catalogues.
    pub about: Option<String>,
}

/// The name that is being written at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// With its sign.
    pub(super) range: Range<usize>,
    /// Without its sign and quote.
    pub(super) partial: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Command,
}

/// The menu of completions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    kind: Kind,
    range: Range<usize>,
    partial: String,
    items: Vec<Item>,
    selected: usize,
}

impl Token {
    /// What is being written at the cursor, if it is a name.
    pub(super) fn at(text: &str, cursor: usize) -> Option<Self> {
        let before = text.get(..cursor)?;
        Self::command(text, cursor).or_else(|| Self::file(text, before))
    }

    fn command(text: &str, cursor: usize) -> Option<Self> {
        let (before, after) = text.split_at_checked(cursor)?;
        let partial = before.strip_prefix('/').filter(|partial| partial.len() <= MAX_PARTIAL)?;
        let is_name = !partial.contains(|c: char| c.is_whitespace() || c == '/');
        // The whole name gives way, wherever in it the cursor is.
        let rest = after.find(char::is_whitespace).unwrap_or(after.len());
        let (range, partial) = (0..cursor + rest, partial.to_owned());
        is_name.then_some(Self { kind: Kind::Command, range, partial })
    }

    fn file(text: &str, before: &str) -> Option<Self> {
        let from = before.floor_char_boundary(before.len().saturating_sub(MAX_PARTIAL));
        let near = before.get(from..)?;
        let start = from + near.rfind('@')?;
        let name = before.get(start + 1..)?;
        let partial = match name.strip_prefix('"') {
            Some(quoted) => Some(quoted).filter(|quoted| !quoted.contains(['"', '\n'])),
            None => Some(name).filter(|name| !name.contains(char::is_whitespace)),
        };
        let partial =
            partial.filter(|partial| begins_word(text, start) && !partial.contains(is_mark))?.to_owned();
        Some(Self { kind: Kind::File, range: start..before.len(), partial })
    }
}

/// The paths that the runtime found, with their form for comparing. At most [`MAX_CANDIDATES`].
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates(Vec<(String, String)>);

impl Candidates {
    pub(super) fn new(paths: Vec<String>) -> Self {
        let folded = paths.into_iter().take(MAX_CANDIDATES).map(|path| {
            let folded = path.to_lowercase();
            (path, folded)
        });
        Self(folded.collect())
    }

    fn best(&self, partial: &str) -> Vec<Item> {
        let pairs = self.0.iter().map(|(path, folded)| (path.as_str(), folded.as_str()));
        let item = |path: &str| Item { value: path.to_owned(), about: None };
        rank(pairs, partial).into_iter().map(item).collect()
    }
}

impl Completion {
    /// The files among `paths` that a beginning could mean, best first.
    #[must_use]
    pub fn files(paths: &[String], partial: &str) -> Vec<Item> {
        Candidates::new(paths.to_vec()).best(partial)
    }

    /// The menu of a name; none where nothing fits.
    pub(super) fn of(token: Token, files: &Candidates, commands: &[CommandHint]) -> Option<Self> {
        let items = match token.kind {
            Kind::File => files.best(&token.partial),
            Kind::Command => named(commands, &token.partial),
        };
        let Token { kind, range, partial } = token;
        (!items.is_empty()).then_some(Self { kind, range, partial, items, selected: 0 })
    }

    /// The rows that are shown, and which of them is chosen.
    #[must_use]
    pub fn rows(&self) -> (&[Item], usize) {
        let first = self.selected.saturating_sub(MAX_MENU_ROWS - 1);
        let end = self.items.len().min(first + MAX_MENU_ROWS);
        (self.items.get(first..end).unwrap_or_default(), self.selected - first)
    }

    /// The sign before each row.
    pub(super) const fn sign(&self) -> char {
        match self.kind {
            Kind::File => '@',
            Kind::Command => '/',
        }
    }

    pub(super) fn up(&mut self) {
        self.selected = self.selected.checked_sub(1).unwrap_or(self.items.len().saturating_sub(1));
    }

    pub(super) fn down(&mut self) {
        self.selected = (self.selected + 1) % self.items.len().max(1);
    }

    /// Whether it answers this name already.
    pub(super) fn is_of(&self, token: &Token) -> bool {
        self.kind == token.kind && self.range == token.range && self.partial == token.partial
    }

    /// Where the name begins.
    pub(super) const fn start(&self) -> usize {
        self.range.start
    }

    /// Whether it is written out already, so that enter sends.
    pub(super) fn is_whole(&self) -> bool {
        self.items.get(self.selected).is_some_and(|item| item.value == self.partial)
    }

    /// What is put in the place of what. A folder is left open for what is in it.
    pub(super) fn chosen(&self) -> Option<(Range<usize>, String)> {
        let item = self.items.get(self.selected)?;
        let text = match self.kind {
            Kind::Command => format!("/{} ", item.value),
            Kind::File if item.value.ends_with('/') => {
                let open = mentioned(&item.value);
                open.strip_suffix('"').map_or(open.clone(), str::to_owned)
            }
            Kind::File => mentioned(&item.value) + " ",
        };
        Some((self.range.clone(), text))
    }
}

fn named(commands: &[CommandHint], partial: &str) -> Vec<Item> {
    let names = commands.iter().map(|command| (command.name.as_str(), command.name.as_str()));
    let hint = |name: &str| commands.iter().find(|command| command.name == name);
    let item = |hint: &CommandHint| Item { value: hint.name.clone(), about: Some(hint.about.clone()) };
    rank(names, partial).into_iter().filter_map(hint).map(item).collect()
}

/// The candidates whose letters contain those of `partial` in order, best first. Pairs of a name and its small letters.
fn rank<'c>(candidates: impl Iterator<Item = (&'c str, &'c str)>, partial: &str) -> Vec<&'c str> {
    let partial = partial.to_lowercase();
    let mut found: Vec<(Score, &str)> =
        candidates.filter_map(|(name, folded)| Some((Score::of(folded, &partial)?, name))).collect();
    // By name as well, unless nothing is asked yet: then the order is the runtime's.
    if !partial.is_empty() {
        if found.len() > MAX_ITEMS {
            found.select_nth_unstable(MAX_ITEMS);
            found.truncate(MAX_ITEMS);
        }
        found.sort_unstable();
    }
    found.into_iter().take(MAX_ITEMS).map(|(_, name)| name).collect()
}

/// How well a candidate fits; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    kind: Fit,
    /// Letters between those that were asked for.
    gaps: usize,
    /// Of two that fit alike, the shorter.
    len: usize,
}

/// Best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    NameBegins,
    PathBegins,
    WordBegins,
    Contains,
    Initials,
    Scattered,
}

impl Score {
    fn of(candidate: &str, partial: &str) -> Option<Self> {
        // Most candidates fall out here, before anything dearer is asked.
        let gaps = gaps(candidate, partial)?;
        let kind = fit(candidate, partial);
        let gaps = if kind == Fit::Scattered { gaps } else { 0 };
        Some(Self { kind, gaps, len: candidate.len() })
    }
}

fn fit(candidate: &str, partial: &str) -> Fit {
    let path = candidate.strip_suffix('/').unwrap_or(candidate);
    let name = path.rsplit('/').next().unwrap_or(path);
    let begins = |at: usize| {
        let before = candidate.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
    };
    if name.starts_with(partial) {
        Fit::NameBegins
    } else if candidate.starts_with(partial) {
        Fit::PathBegins
    } else if candidate.match_indices(partial).any(|(at, _)| begins(at)) {
        Fit::WordBegins
    } else if candidate.contains(partial) {
        Fit::Contains
    } else if initials(candidate).contains(partial) {
        Fit::Initials
    } else {
        Fit::Scattered
    }
}

/// The first letters of the words of a path: `slr` of `src/lib.rs`.
fn initials(candidate: &str) -> String {
    let words = candidate.split(|c: char| !c.is_alphanumeric());
    words.filter_map(|word| word.chars().next()).collect()
}

/// The letters between the wanted ones, found from the end, where names are; none where one is missing.
fn gaps(candidate: &str, partial: &str) -> Option<usize> {
    let mut letters = candidate.chars().rev();
    let mut gaps = 0;
    for (place, wanted) in partial.chars().rev().enumerate() {
        let skipped = letters.by_ref().position(|c| c == wanted)?;
        // What follows the last wanted letter is no gap.
        gaps += if place == 0 { 0 } else { skipped };
    }
    Some(gaps)
}
