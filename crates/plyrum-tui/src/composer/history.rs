//! What was sent before, and walking through it. It is kept nowhere: what earlier prompts were is read from the sessions' logs,
//! where they are redacted.

use std::collections::VecDeque;

/// Prompts that are kept.
const MAX_ENTRIES: usize = 1_000;
/// A longer prompt is not kept: it was hardly typed.
const MAX_ENTRY_BYTES: usize = 32 * 1024;
/// All prompts together; the oldest go.
const MAX_BYTES: usize = 1 << 20;

/// Prompts, oldest first: at most a thousand, and a mebibyte of them.
#[derive(Debug, Clone, Default)]
pub struct History {
    entries: VecDeque<String>,
    bytes: usize,
    /// Which entry is shown; none while a new prompt is written.
    at: Option<usize>,
    draft: String,
}

impl History {
    /// From prompts, oldest first.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = String>) -> Self {
        let mut history = Self::default();
        history.put_before(entries);
        history
    }

    /// Puts older prompts before those that are there: they are read while the first ones are written.
    pub fn put_before(&mut self, older: impl IntoIterator<Item = String>) {
        let newer = std::mem::take(&mut self.entries);
        self.bytes = 0;
        let (at, draft) = (self.at.take(), std::mem::take(&mut self.draft));
        for entry in older {
            self.add(&super::clean_text(&entry));
        }
        let more = self.entries.len();
        for entry in newer {
            self.add(&entry);
        }
        (self.at, self.draft) = (at.map(|at| (at + more).min(self.entries.len())), draft);
    }

    /// Keeps a prompt, unless it begins with a space, is empty, or repeats the last one. Walking begins anew.
    pub fn add(&mut self, text: &str) {
        self.leave();
        let is_kept = !text.trim().is_empty() && !text.starts_with(' ') && text.len() <= MAX_ENTRY_BYTES;
        if !is_kept || self.entries.back().is_some_and(|last| last == text) {
            return;
        }
        self.bytes += text.len();
        self.entries.push_back(text.to_owned());
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An entry, 0 being the oldest.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&str> {
        self.entries.get(place).map(String::as_str)
    }

    /// The prompt before the one that is shown; what was being written is kept.
    pub(super) fn older(&mut self, shown: &str) -> Option<String> {
        let place = self.at.unwrap_or(self.entries.len()).checked_sub(1)?;
        if self.at.is_none() {
            shown.clone_into(&mut self.draft);
        }
        self.at = Some(place);
        self.entries.get(place).cloned()
    }

    /// The prompt after the one that is shown, in the end what was being written.
    pub(super) fn newer(&mut self) -> Option<String> {
        let place = self.at? + 1;
        if place < self.entries.len() {
            self.at = Some(place);
            return self.entries.get(place).cloned();
        }
        self.at = None;
        Some(std::mem::take(&mut self.draft))
    }

    /// What is shown is a new prompt again.
    pub(super) fn leave(&mut self) {
        self.at = None;
        self.draft.clear();
    }
}
