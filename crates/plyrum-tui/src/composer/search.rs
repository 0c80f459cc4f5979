//! Searching backwards through what was sent before, letter by letter.

use super::history::History;
use std::ops::Range;

/// Characters of a query.
const MAX_QUERY: usize = 256;

/// A search that is going on.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    query: String,
    found: Option<usize>,
}

impl Search {
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The prompt that was found.
    pub(super) fn shown<'h>(&self, history: &'h History) -> Option<&'h str> {
        history.get(self.found?)
    }

    /// Adds a letter; what is shown stays where it still fits.
    pub(super) fn typed(&mut self, c: char, history: &History) {
        if self.query.chars().count() < MAX_QUERY {
            self.query.push(c);
            let from = self.found.map_or(history.len(), |found| found + 1);
            self.look(history, from);
        }
    }

    /// Takes a letter back, and begins anew.
    pub(super) fn shorten(&mut self, history: &History) {
        self.query.pop();
        self.found = None;
        self.look(history, history.len());
    }

    /// The next older one.
    pub(super) fn older(&mut self, history: &History) {
        self.look(history, self.found.unwrap_or(history.len()));
    }

    /// The newest prompt before `end` that fits; where none does, what was found stays.
    fn look(&mut self, history: &History, end: usize) {
        if self.query.is_empty() {
            return;
        }
        let fits = |place: &usize| history.get(*place).is_some_and(|text| find(text, &self.query).is_some());
        self.found = (0..end).rev().find(fits).or(self.found);
    }
}

/// Where a text contains another, small and capital letters being alike.
pub(super) fn find(text: &str, wanted: &str) -> Option<Range<usize>> {
    let wanted: Vec<char> = wanted.chars().map(folded).collect();
    let first = *wanted.first()?;
    text.char_indices().filter(|(_, c)| folded(*c) == first).find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let mut end = start;
        let mut characters = rest.chars();
        for c in &wanted {
            let next = characters.next().filter(|next| folded(*next) == *c)?;
            end += next.len_utf8();
        }
        Some(start..end)
    })
}

fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}
