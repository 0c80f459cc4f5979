//! The keys as they are now, for the help screen, the documentation and the manual page.

use super::table::{Row, TABLE};
use super::{Action, Bound, Chord, Context, Keymap};
use plyrum_words::Words;
use std::fmt::Write as _;

/// One line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// What to press; any of them. Never empty.
    pub chords: Vec<Chord>,
    /// What it does.
    pub action: Action,
    /// The key of its description in the catalogues.
    pub about: &'static str,
}

impl HelpRow {
    /// The chords as text: `f2, alt+1`.
    #[must_use]
    pub fn keys(&self) -> String {
        let keys: Vec<String> = self.chords.iter().map(ToString::to_string).collect();
        keys.join(", ")
    }
}

impl Context {
    /// The key of its heading in the catalogues.
    #[must_use]
    pub fn about(self) -> String {
        format!("keys-in-{}", self.name())
    }
}

impl Keymap {
    /// What can be pressed in a context, without what can be pressed everywhere.
    #[must_use]
    pub fn help(&self, context: Context) -> Vec<HelpRow> {
        rows(context).filter_map(|row| self.help_row(context, row)).collect()
    }

    /// The first chord of an action, for a hint on the screen; none where it has none there.
    #[must_use]
    pub fn chord(&self, context: Context, action: Action) -> Option<Chord> {
        let first = |context| self.chords(context, action).into_iter().next();
        first(context).or_else(|| first(Context::Everywhere))
    }

    /// All keys of all contexts as Markdown tables.
    #[must_use]
    pub fn docs(&self, words: &Words) -> String {
        let mut text = String::new();
        for context in Context::all() {
            let _infallible = write!(text, "### {}\n\n", words.say(&context.about()));
            let _infallible =
                write!(text, "| {} | {} |\n|---|---|\n", words.say("keys-keys"), words.say("keys-what"));
            for row in self.help(context) {
                let keys: Vec<String> = row.chords.iter().map(|chord| format!("`{chord}`")).collect();
                let keys = keys.join(", ").replace('|', "\\|");
                let _infallible = writeln!(text, "| {keys} | {} |", words.say(row.about));
            }
            text.push('\n');
        }
        text
    }

    fn help_row(&self, context: Context, row: &Row) -> Option<HelpRow> {
        let chords = self.chords(context, row.action);
        (!chords.is_empty()).then_some(HelpRow { chords, action: row.action, about: row.about })
    }

    /// The chords of an action: those of the table in its order, then the user's.
    fn chords(&self, context: Context, action: Action) -> Vec<Chord> {
        let is_bound = |chord: &Chord| self.bound.get(&(context, *chord)) == Some(&Bound::To(action));
        let rows = TABLE.iter().filter(|row| row.context == context && row.action == action);
        let mut chords: Vec<Chord> = rows.flat_map(Row::chords).filter(is_bound).collect();
        let mut users: Vec<Chord> = self
            .bound
            .iter()
            .filter(|((place, chord), bound)| {
                *place == context && **bound == Bound::To(action) && !chords.contains(chord)
            })
            .map(|((_, chord), _)| *chord)
            .collect();
        users.sort_by_key(ToString::to_string);
        chords.append(&mut users);
        chords
    }
}

/// The rows that describe a context: its own, then those of everywhere that the user may have bound in it anew.
fn rows(context: Context) -> impl Iterator<Item = &'static Row> {
    let own = TABLE.iter().filter(move |row| row.context == context);
    let is_own = move |action| TABLE.iter().any(|row| row.context == context && row.action == action);
    let everywhere =
        TABLE.iter().filter(move |row| row.context == Context::Everywhere && !is_own(row.action));
    own.chain(everywhere)
}
