//! Messages by their key.

use crate::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt;

macro_rules! catalogue {
    ($language:literal) => {
        &[
            include_str!(concat!("../locales/", $language, "/tui.ftl")),
            include_str!(concat!("../locales/", $language, "/action.ftl")),
            include_str!(concat!("../locales/", $language, "/cli.ftl")),
            include_str!(concat!("../locales/", $language, "/composer.ftl")),
            include_str!(concat!("../locales/", $language, "/keys.ftl")),
            include_str!(concat!("../locales/", $language, "/lists.ftl")),
            include_str!(concat!("../locales/", $language, "/usage.ftl")),
        ]
    };
}

/// One file for each area.
const EN: &[&str] = catalogue!("en");
const RU: &[&str] = catalogue!("ru");

/// A value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text; the caller has made it safe.
    Text(String),
    /// A count, which chooses between forms such as "1 run" and "2 runs".
    Count(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

/// The catalogue of one language.
pub struct Words {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The catalogue of a language.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        let (name, sources) = match lang {
            Lang::En => ("en", EN),
            Lang::Ru => ("ru", RU),
        };
        let language = name.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The marks would be shown by whatever makes invisible characters visible.
        bundle.set_use_isolating(false);
        for source in sources {
            // A test reads every catalogue; what cannot be parsed is left out.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(good, _)| good);
            bundle.add_resource_overriding(resource);
        }
        Self { lang, bundle }
    }

    /// Which language it is.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// A message without values. A key that does not exist is shown as it is.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A message with values.
    #[must_use]
    pub fn with(&self, key: &str, values: &[(&str, Value)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(
                (*name).to_owned(),
                match value {
                    Value::Text(text) => FluentValue::from(text.clone()),
                    Value::Count(count) => FluentValue::from(*count),
                },
            );
        }
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("lang", &self.lang).finish_non_exhaustive()
    }
}
