//! `[defaults]`: what a run takes where its request says nothing.

use std::fmt;

use plyrum_catalog::ModelId;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[defaults]`, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultsSection {
    pub(crate) model: Option<Spanned<String>>,
    pub(crate) persona: Option<Spanned<String>>,
    pub(crate) plan: Option<Spanned<String>>,
    pub(crate) profile: Option<Profile>,
    pub(crate) lang: Option<Lang>,
    pub(crate) max_output_tokens: Option<Spanned<u64>>,
    pub(crate) project_instructions: Option<bool>,
    pub(crate) approve: Option<Spanned<String>>,
    pub(crate) max_turns: Option<Spanned<u64>>,
    pub(crate) approval_seconds: Option<Spanned<u64>>,
    pub(crate) deferred_seconds: Option<Spanned<u64>>,
    pub(crate) fallback_max_price_ratio: Option<Spanned<String>>,
    /// A whole number, or a decimal in quotes.
    pub(crate) hedge_after_seconds: Option<Spanned<toml::Value>>,
}

/// What a run takes where its request says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defaults {
    /// The model that answers.
    pub model: ModelChoice,
    /// Name of the persona; whether it exists is for the owner of personas to say.
    pub persona: String,
    /// Name of the plan, or `auto`; whether it exists is for the owner of plans to say.
    pub plan: String,
    /// What the router weighs most.
    pub profile: Profile,
    /// Language of messages.
    pub lang: Lang,
    /// Limit of an answer in tokens, for models that state none of their own.
    pub max_output_tokens: u64,
    /// Whether `AGENTS.md` (else `CLAUDE.md`) of the working directory's project is given to the model.
    pub project_instructions: bool,
    /// Name of the policy for tool actions; whether it exists is for the owner of policies to say.
    pub approve: String,
    /// Turns in which a model may call tools.
    pub max_turns: u32,
    /// Seconds that a question to a person at the terminal stays open.
    pub approval_seconds: u64,
    /// The same of a deferred one.
    pub deferred_seconds: u64,
    /// How dear a fallback may be, in percent of what it stands in for.
    pub fallback_max_price_percent: u64,
    /// After how many milliseconds without a sign of a model its fallback is asked beside it; `None`: never.
    pub hedge_after_ms: Option<u64>,
}

/// Who chooses the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelChoice {
    /// The router.
    Auto,
    /// The user. The model is in the catalogue, unless its provider's own list has lost it.
    Fixed(ModelId),
}

/// As it is written in a file: `auto` or the model's id.
impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(model) => f.write_str(model.as_str()),
        }
    }
}

/// What the router weighs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Price.
    Cheap,
    /// Neither alone.
    Balanced,
    /// Quality.
    Best,
}

/// Language of messages. JSON keys, codes and flags are English in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// That of the locale of whoever reads.
    Auto,
    /// English.
    En,
    /// Russian.
    Ru,
}

impl Lang {
    /// From `auto`, a language or a locale's name: `ru`, `ru_RU.UTF-8`, `C`. `None` for
    /// languages without messages.
    pub fn from_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or(locale);
        match language.to_ascii_lowercase().as_str() {
            "auto" => Some(Self::Auto),
            "en" | "c" | "posix" => Some(Self::En),
            "ru" => Some(Self::Ru),
            _ => None,
        }
    }

    /// As it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_says_its_language() {
        for (locale, lang) in [
            ("ru_RU.UTF-8", Some(Lang::Ru)),
            ("RU", Some(Lang::Ru)),
            ("en-GB", Some(Lang::En)),
            ("C.UTF-8", Some(Lang::En)),
            ("POSIX", Some(Lang::En)),
            ("auto", Some(Lang::Auto)),
            ("de_DE", None),
            ("", None),
        ] {
            assert_eq!(Lang::from_locale(locale), lang, "{locale}");
        }
    }
}
