//! The user's own keys, over the table.
//!
//! ```toml
//! [composer]
//! "ctrl+enter" = "send"
//! [everywhere]
//! "f9" = "none"
//! ```
//!
//! What cannot work is refused with its line: a key that types text where text is written, a letter that would answer a
//! question, another meaning of ctrl+c.

use super::table::TABLE;
use super::{Action, Bound, Chord, Context, Keymap, answers, takes_letters};
use plyrum_config::Diagnostic;
use std::collections::HashMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// What is wrong in the file, and on which line.
pub type KeymapError = Diagnostic;

/// The action that takes a key away.
const NONE: &str = "none";

type Key<'t> = Spanned<DeString<'t>>;
type Value<'t> = Spanned<DeValue<'t>>;

impl Keymap {
    /// The table with a user's file over it; `path` is only for messages.
    pub fn with_file(text: &str, path: &Path) -> Result<Self, KeymapError> {
        let file = File { text, path };
        let document = DeTable::parse(text).map_err(|error| Diagnostic::from_toml(path, text, &error))?;
        let mut keymap = Self::default();
        for (name, section) in document.get_ref() {
            let context = file.context(name)?;
            let DeValue::Table(section) = section.get_ref() else {
                return Err(file.wrong(name.span(), &format!("`{}` is a section of keys", name.get_ref())));
            };
            file.bind(&mut keymap, context, section)?;
        }
        Ok(keymap)
    }
}

/// The file, for messages.
struct File<'f> {
    text: &'f str,
    path: &'f Path,
}

impl File<'_> {
    fn wrong(&self, span: std::ops::Range<usize>, message: &str) -> KeymapError {
        Diagnostic::from_span(self.path, self.text, Some(span), message)
    }

    fn context(&self, name: &Key<'_>) -> Result<Context, KeymapError> {
        Context::named(name.get_ref()).ok_or_else(|| {
            self.wrong(name.span(), &format!("unknown context `{}`", name.get_ref()))
                .with_nearest(name.get_ref(), Context::all().map(Context::name))
        })
    }

    fn bind(&self, keymap: &mut Keymap, context: Context, section: &DeTable<'_>) -> Result<(), KeymapError> {
        let mut seen: HashMap<Chord, &str> = HashMap::new();
        let mut lines: Vec<(&Key<'_>, &Value<'_>)> = section.iter().collect();
        lines.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in lines {
            let chord = self.chord(context, key)?;
            if let Some(before) = seen.insert(chord, key.get_ref()) {
                let message = format!("`{}` is the same key as `{before}` above", key.get_ref());
                return Err(self.wrong(key.span(), &message));
            }
            let action = self.action(context, chord, value)?;
            keymap.bound.insert((context, chord), action);
        }
        Ok(())
    }

    fn chord(&self, context: Context, key: &Key<'_>) -> Result<Chord, KeymapError> {
        let chord = Chord::parse(key.get_ref()).ok_or_else(|| self.unknown_key(key))?;
        self.refusal(context, chord).map_or(Ok(chord), |why| Err(self.wrong(key.span(), &why)))
    }

    /// The last part is what is misspelt most often, and the only part that is not one of three words.
    fn unknown_key(&self, key: &Key<'_>) -> KeymapError {
        let (held, last) = key.get_ref().rsplit_once('+').unwrap_or(("", key.get_ref()));
        let unknown = held.split('+').find(|part| !["", "ctrl", "alt", "shift"].contains(part));
        let known = ["ctrl", "alt", "shift"].into_iter().chain(Chord::names());
        self.wrong(key.span(), &format!("unknown key `{}`", key.get_ref()))
            .with_nearest(unknown.unwrap_or(last), known)
    }

    /// Why a chord cannot be bound there.
    #[expect(clippy::unused_self, reason = "it reads as what the file refuses")]
    fn refusal(&self, context: Context, chord: Chord) -> Option<String> {
        if Chord::parse("ctrl+c") == Some(chord) {
            return Some("`ctrl+c` always interrupts".to_owned());
        }
        if context == Context::Approval && !chord.is_answer_key() {
            return Some(format!(
                "`{chord}` cannot be bound in `approval`: no letter or sign answers, on any layout"
            ));
        }
        let is_typed = chord.is_text() && !takes_letters(context) && context != Context::Approval;
        is_typed.then(|| format!("`{chord}` is text in `{}`; add ctrl or alt", context.name()))
    }

    fn action(&self, context: Context, chord: Chord, value: &Value<'_>) -> Result<Bound, KeymapError> {
        let DeValue::String(name) = value.get_ref() else {
            return Err(self.wrong(value.span(), "an action is a string, such as \"send\""));
        };
        if name == NONE {
            return Ok(Bound::Nothing);
        }
        let action = Action::named(name).ok_or_else(|| {
            let known = Action::all().map(Action::name).chain([NONE]);
            self.wrong(value.span(), &format!("unknown action `{name}`")).with_nearest(name, known)
        })?;
        if !means_something(context, action) {
            let message = format!("`{name}` does nothing in `{}`", context.name());
            return Err(self.wrong(value.span(), &message));
        }
        if chord.is_of_letter() && is_answer(action) {
            return Err(self.wrong(value.span(), &format!("`{chord}` cannot be `{name}`: no letter answers")));
        }
        Ok(Bound::To(action))
    }
}

fn means_something(context: Context, action: Action) -> bool {
    let is_place = |place| place == context || place == Context::Everywhere;
    TABLE.iter().any(|row| row.action == action && is_place(row.context))
}

/// What would answer if a question came up; moving is no answer by itself.
fn is_answer(action: Action) -> bool {
    answers(action) && !matches!(action, Action::Up | Action::Down)
}
