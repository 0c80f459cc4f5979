//! The catalogues: one file for each area and language, each parsed when the first of its messages is asked for. A command
//! that says one line pays for one file.

use crate::Lang;
use crate::money::grouped;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentResource, FluentValue};
use std::sync::OnceLock;

pub(crate) type Bundle = FluentBundle<FluentResource>;

macro_rules! catalogue {
    ($language:literal: $($area:literal)*) => {
        &[$(include_str!(concat!("../locales/", $language, "/", $area, ".ftl"))),*]
    };
}

macro_rules! catalogues {
    ($($area:literal)*) => {
        const EN: &[&str] = catalogue!("en": $($area)*);
        const RU: &[&str] = catalogue!("ru": $($area)*);
        /// The areas, so that a test can hold them against the folders.
        #[cfg(test)]
        pub(crate) const AREAS: &[&str] = &[$($area),*];
    };
}

// Asked in this order: what every command says, then the screen's.
catalogues!("cli" "action" "measure" "tui" "composer" "keys" "lists" "usage");

/// One file of a language.
pub(crate) struct File {
    lang: Lang,
    source: &'static str,
    parsed: OnceLock<Bundle>,
}

impl File {
    /// All files of a language, none of them parsed.
    pub(crate) fn all(lang: Lang) -> Vec<Self> {
        let sources = match lang {
            Lang::En => EN,
            Lang::Ru => RU,
        };
        sources.iter().map(|source| Self { lang, source, parsed: OnceLock::new() }).collect()
    }

    pub(crate) fn bundle(&self) -> &Bundle {
        self.parsed.get_or_init(|| bundle(self.lang, self.source))
    }
}

pub(crate) fn bundle(lang: Lang, source: &str) -> Bundle {
    let name = match lang {
        Lang::En => "en",
        Lang::Ru => "ru",
    };
    let mut bundle = FluentBundle::new_concurrent(vec![name.parse().unwrap_or_default()]);
    // The marks would be shown by whatever makes invisible characters visible.
    bundle.set_use_isolating(false);
    if lang == Lang::Ru {
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(grouped(&number.as_string())),
            _ => None,
        }));
    }
    // A test reads every catalogue; what cannot be parsed is left out.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests;
