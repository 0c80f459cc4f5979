//! The screens beside the conversation. Each is a state with `press` (an action of the keymap → what it asks for),
//! `loaded` (what was asked for has come) and a widget that shows it; none knows where its figures come from.

pub mod audit;
mod cursor;
pub mod models;
pub mod sessions;
pub mod usage;

use crate::theme::Theme;
use plyrum_protocol::{Fault, Timestamp};
use plyrum_words::Words;

/// What every view is given beside its state: how things look and read, and what time it is. No view reads a clock.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Colours by role.
    pub theme: &'a Theme,
    /// Words, numbers, money.
    pub words: &'a Words,
    /// Now, as the runtime last saw it.
    pub now: Timestamp,
    /// Whether only ASCII and no box drawing may be shown.
    pub is_plain: bool,
}

impl Look<'_> {
    /// What somebody else's sentence is in the reader's language: a fault's, a policy's, a provider's.
    pub(crate) fn told(self, english: &str) -> String {
        self.words.told(english).into_owned()
    }

    /// What went wrong, and behind it what to try.
    pub(crate) fn fault(self, fault: &Fault) -> String {
        let hint = fault.hint.as_deref().map(|hint| format!(" · {}", self.told(hint))).unwrap_or_default();
        format!("{}{hint}", self.told(&fault.message))
    }
}
