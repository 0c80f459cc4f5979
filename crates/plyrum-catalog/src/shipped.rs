//! What comes with Plyrum: the files of `config/providers` and `config/models`, embedded.
//!
//! Providers: where each is and where its key usually is, so that a key is all that is needed. Of models only what needs no
//! trust in us: those of the offline provider, which are free. A hosted model is added here with
//! a price from its vendor's public page and the date of that page, or not at all. None is yet: the copies of such
//! pages that could be looked at tell no date, and what others copied from them is second hand. Until then
//! `plyrum prices import` brings the figures of a list that the user has chosen.

use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::provider::ProviderEntry;
use crate::section::Sections;

/// Every embedded file, as its path under `config/` and its text.
const FILES: &[(&str, &str)] = &[
    ("providers/anthropic.toml", include_str!("../../../config/providers/anthropic.toml")),
    ("providers/deepseek.toml", include_str!("../../../config/providers/deepseek.toml")),
    ("providers/gemini.toml", include_str!("../../../config/providers/gemini.toml")),
    ("providers/gigachat.toml", include_str!("../../../config/providers/gigachat.toml")),
    ("providers/groq.toml", include_str!("../../../config/providers/groq.toml")),
    ("providers/mistral.toml", include_str!("../../../config/providers/mistral.toml")),
    ("providers/offline.toml", include_str!("../../../config/providers/offline.toml")),
    ("providers/ollama.toml", include_str!("../../../config/providers/ollama.toml")),
    ("providers/openai.toml", include_str!("../../../config/providers/openai.toml")),
    ("providers/openrouter.toml", include_str!("../../../config/providers/openrouter.toml")),
    ("providers/together.toml", include_str!("../../../config/providers/together.toml")),
    ("providers/xai.toml", include_str!("../../../config/providers/xai.toml")),
    ("providers/yandex.toml", include_str!("../../../config/providers/yandex.toml")),
    ("models/offline.toml", include_str!("../../../config/models/offline.toml")),
];

/// Servers of one's own machine, by id and as an entry of the configuration. None is part of the catalogue: what listens at
/// such a port may be anything, so the user adds the one that is there.
pub const LOCAL_PRESETS: &[(&str, &str)] = &[
    ("llama-cpp", include_str!("../../../config/providers/local/llama-cpp.toml")),
    ("lm-studio", include_str!("../../../config/providers/local/lm-studio.toml")),
    ("vllm", include_str!("../../../config/providers/local/vllm.toml")),
];

/// The embedded files, path under `config/` first: what `config show` names as "built in".
pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
    FILES
}

impl Sections {
    /// The embedded files together. An error means a broken build and names the file.
    pub fn shipped() -> Result<Self, CatalogError> {
        let mut all = Self::default();
        for &(path, text) in FILES {
            let broken = |why: &str| CatalogError { span: None, message: format!("built-in {path}: {why}") };
            let file: Self = toml::from_str(text).map_err(|error| broken(error.message()))?;
            let entries = file.providers.len() + file.models.len() + file.fx.rows.len();
            let before = all.providers.len() + all.models.len() + all.fx.rows.len();
            all.providers.extend(file.providers);
            all.models.extend(file.models);
            all.fx.rows.extend(file.fx.rows);
            if all.providers.len() + all.models.len() + all.fx.rows.len() != before + entries {
                return Err(broken("defines an entry of another file again"));
            }
        }
        Ok(all)
    }
}

impl Catalog {
    /// The servers of [`LOCAL_PRESETS`] as providers. An error means a broken build.
    pub fn local_presets() -> Result<Vec<ProviderEntry>, Vec<CatalogError>> {
        let mut found = Vec::new();
        for (id, text) in LOCAL_PRESETS {
            let broken = |error: toml::de::Error| {
                vec![CatalogError {
                    span: None,
                    message: format!("built-in local/{id}.toml: {}", error.message()),
                }]
            };
            let preset: Sections = toml::from_str(text).map_err(broken)?;
            found.extend(Self::build(&preset, &Sections::default())?.providers.into_values());
        }
        Ok(found)
    }

    /// The catalogue of an install without any configuration.
    pub fn shipped() -> Result<Self, Vec<CatalogError>> {
        let shipped = Sections::shipped().map_err(|error| vec![error])?;
        Self::build(&shipped, &Sections::default())
    }
}
