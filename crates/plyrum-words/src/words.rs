//! Messages by their key.

use crate::catalogue::{Bundle, File};
use crate::told::Told;
use crate::{Lang, Value};
use fluent_bundle::{FluentArgs, FluentError, FluentMessage, FluentValue};
use std::fmt;

/// The catalogue of one language. To make one costs nothing: each file of it is parsed when a message of it is asked for.
pub struct Words {
    lang: Lang,
    files: Vec<File>,
    pub(crate) told: Told,
}

impl Words {
    /// The catalogue of a language.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self { lang, files: File::all(lang), told: Told::default() }
    }

    /// The catalogue of the caller's language; see [`Lang::of_environment`].
    #[must_use]
    pub fn of_environment() -> Self {
        Self::new(Lang::of_environment())
    }

    /// Which language it is.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.message(key).is_some()
    }

    /// A message without values. A key that does not exist is shown as it is.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A message with values.
    #[must_use]
    pub fn with(&self, key: &str, values: &[(&str, Value)]) -> String {
        self.formatted(key, values).0
    }

    /// The message, and what was wrong with it.
    pub(crate) fn formatted(&self, key: &str, values: &[(&str, Value)]) -> (String, Vec<FluentError>) {
        let mut errors = Vec::new();
        let Some((bundle, message)) = self.message(key) else { return (key.to_owned(), errors) };
        let Some(pattern) = message.value() else { return (key.to_owned(), errors) };
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            let value = match value {
                Value::Text(text) => FluentValue::from(text.as_str()),
                Value::Count(count) => FluentValue::from(*count),
            };
            args.set(*name, value);
        }
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        (text, errors)
    }

    fn message(&self, key: &str) -> Option<(&Bundle, FluentMessage<'_>)> {
        self.files.iter().find_map(|file| {
            let bundle = file.bundle();
            bundle.get_message(key).map(|message| (bundle, message))
        })
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("lang", &self.lang).finish_non_exhaustive()
    }
}
