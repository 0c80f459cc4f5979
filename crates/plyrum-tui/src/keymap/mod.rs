//! Keys to actions. One table makes the bindings, the help, the manual page and the documentation.

mod action;
mod chord;
mod file;
mod help;
mod layout;
mod names;
mod table;

pub use action::{Action, Context};
pub use chord::{Chord, typed};
pub use file::KeymapError;
pub use help::HelpRow;

use crossterm::event::{KeyCode, KeyEvent};
use std::collections::HashMap;
use table::TABLE;

/// What each key does in each context: the table, and over it what the user's file says.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// Bounded by the table and the size of a configuration file.
    bound: HashMap<(Context, Chord), Bound>,
}

/// What a key is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    To(Action),
    /// The user has taken it away, also from everywhere's meaning.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        let chords = TABLE
            .iter()
            .flat_map(|row| row.chords().map(|chord| ((row.context, chord), Bound::To(row.action))));
        Self { bound: chords.collect() }
    }
}

impl Keymap {
    /// What a key that was pressed means here; none where it means nothing, or types itself.
    #[must_use]
    pub fn resolve(&self, context: Context, key: &KeyEvent) -> Option<Action> {
        let chord = Chord::pressed(key)?;
        let found = self.find(context, chord).or_else(|| self.find(context, moved(context, chord)?));
        let Bound::To(action) = found? else { return None };
        may_mean(context, chord, action).then_some(action)
    }

    fn find(&self, context: Context, chord: Chord) -> Option<Bound> {
        let here = self.bound.get(&(context, chord));
        here.or_else(|| self.bound.get(&(Context::Everywhere, chord))).copied()
    }
}

/// The chord that the same keys make on a Latin layout. A letter alone is a command only where nothing is typed; where
/// an action is decided it is never moved, because a letter there says one thing to the eye and another to the map.
fn moved(context: Context, chord: Chord) -> Option<Chord> {
    let is_command = chord.has_control_or_alt() || takes_letters(context);
    if is_command { chord.on_latin_layout() } else { None }
}

/// Whether a letter alone is a command there.
const fn takes_letters(context: Context) -> bool {
    matches!(context, Context::Pager | Context::List | Context::Lifecycle | Context::Usage)
}

/// The last word on approvals, whatever the table and the user's file say: of all characters only digits answer.
fn may_mean(context: Context, chord: Chord, action: Action) -> bool {
    if context != Context::Approval || chord.is_answer_key() {
        return true;
    }
    chord.has_control_or_alt() && !answers(action)
}

/// Whether an action is, or moves, the answer to a question.
const fn answers(action: Action) -> bool {
    matches!(action, Action::Answer(_) | Action::Confirm | Action::Escape | Action::Up | Action::Down)
}

impl Chord {
    /// Whether such a key may answer a question at all: a digit alone, or a key that types nothing.
    fn is_answer_key(self) -> bool {
        match self.code() {
            KeyCode::Char(c) => c.is_ascii_digit() && self.is_plain(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
