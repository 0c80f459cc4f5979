//! `models.toml`: the models of providers' own lists, kept beside `config.toml` by a program alone.
//!
//! Written whole beside itself and renamed over itself. It never breaks a configuration: models of a provider that is not
//! there any more are as if they were not there.

use std::fs::File;
use std::path::{Path, PathBuf};

use plyrum_catalog::{Catalog, ListedModel, ModelSection, PriceBook, ProviderId, Sections, listed_text};
use plyrum_config::{ConfigError, Diagnostic, Paths, read_bounded, replace_file};

/// Longest file, in bytes.
const MAX_MODELS_BYTES: u64 = 4 << 20;

/// The file as it was read.
#[derive(Debug, Clone)]
pub struct ModelsFile {
    path: PathBuf,
    text: String,
}

impl ModelsFile {
    /// Reads it; a missing file is an empty one.
    pub fn read(paths: &Paths) -> Result<Self, ConfigError> {
        let path = paths.models_file();
        let text = read_bounded(&path, MAX_MODELS_BYTES)?.map(|file| file.text).unwrap_or_default();
        Ok(Self { path, text })
    }

    /// Its models whose providers there are; or none, and what is wrong with it: a file that a program keeps stops nobody's
    /// work.
    pub(crate) fn sections(&self, shipped: &Sections, user: &Sections) -> (Sections, Option<Diagnostic>) {
        let checked = self.parsed().and_then(|mut listed| {
            let is_known =
                |name: &str| shipped.providers.contains_key(name) || user.providers.contains_key(name);
            listed.models.retain(|_, model| provider_of(model).is_some_and(is_known));
            self.checked(listed, shipped)
        });
        match checked {
            Ok(listed) => (listed, None),
            Err(problem) => (Sections::default(), Some(problem)),
        }
    }

    /// The same models, where they make a catalogue by themselves: places of mistakes are then in one text. Of providers
    /// only the names count here.
    fn checked(&self, listed: Sections, shipped: &Sections) -> Result<Sections, Diagnostic> {
        let stand_in = shipped.providers.get("offline");
        let names = listed.models.values().filter_map(provider_of).map(str::to_owned);
        let providers = names.filter_map(|name| Some((name, stand_in?.clone()))).collect();
        let named = Sections { providers, ..Sections::default() };
        let Err(errors) = Catalog::build_with(shipped, &named, &listed, &PriceBook::default()) else {
            return Ok(listed);
        };
        let first = errors.first().map_or((None, ""), |error| (error.span.clone(), error.message.as_str()));
        Err(Diagnostic::from_span(&self.path, &self.text, first.0, first.1))
    }

    fn parsed(&self) -> Result<Sections, Diagnostic> {
        let listed: Sections = toml::from_str(&self.text)
            .map_err(|error| Diagnostic::from_toml(&self.path, &self.text, &error))?;
        Ok(Sections { models: listed.models, ..Sections::default() })
    }

    /// The models of one provider in it.
    pub fn of(&self, provider: &str) -> Result<Vec<ListedModel>, Diagnostic> {
        let listed = self.parsed()?;
        Ok(listed
            .models
            .values()
            .filter(|model| provider_of(model) == Some(provider))
            .filter_map(model)
            .collect())
    }

    /// Puts a provider's list in the place of the one before; how many names were left out, being none.
    pub fn replace(paths: &Paths, provider: &str, models: &[ListedModel]) -> Result<usize, ReplaceError> {
        let path = paths.models_file();
        let dir = path.parent().unwrap_or(Path::new("."));
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |cause| ConfigError::Storage { path, action, cause }
        };
        let directory = File::open(dir).map_err(failed("open", dir))?;
        directory.lock().map_err(failed("lock", dir))?; // until it is closed
        let now = Self::read(paths)?;
        // What cannot be read is of no use to anybody: it is written anew.
        let kept = now.parsed().unwrap_or_default();
        let others = kept.models.values().filter(|model| provider_of(model) != Some(provider));
        let all: Vec<ListedModel> = others.filter_map(model).chain(models.iter().cloned()).collect();
        let (text, left_out) = listed_text(&all);
        if u64::try_from(text.len()).map_or(true, |length| length > MAX_MODELS_BYTES) {
            return Err(ReplaceError::TooLong(path));
        }
        let next = Self { path: path.clone(), text };
        let shipped = Sections::shipped().unwrap_or_default();
        next.parsed().and_then(|listed| next.checked(listed, &shipped)).map_err(ReplaceError::Broken)?;
        let text = next.text;
        if text != now.text {
            replace_file(&directory, &path, &text).map_err(failed("write", &path))?;
        }
        Ok(left_out)
    }
}

/// Why a list was not written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// It would not be read again: too many models, say. A file that is written is one that works.
    #[error("the file would be broken: {0}")]
    Broken(Diagnostic),
    /// It would become too long.
    #[error("{} would be longer than {MAX_MODELS_BYTES} bytes", .0.display())]
    TooLong(PathBuf),
    /// The file system said no.
    #[error(transparent)]
    Storage(#[from] ConfigError),
}

fn provider_of(model: &ModelSection) -> Option<&str> {
    model.provider.as_ref().map(|provider| provider.get_ref().as_str())
}

/// What was written of a model.
fn model(section: &ModelSection) -> Option<ListedModel> {
    let longest = section.max_output_tokens.as_ref();
    Some(ListedModel {
        provider: ProviderId::new(provider_of(section)?).ok()?,
        name: section.name.as_ref()?.get_ref().clone(),
        context_tokens: section.context_tokens.as_ref().map(|tokens| *tokens.get_ref()),
        max_output_tokens: longest.map(|tokens| *tokens.get_ref()),
        tools: section.tools,
        thinks: section.reasoning,
        images: section.images,
        is_local: section.price.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(provider: &str, name: &str) -> ListedModel {
        ListedModel {
            provider: ProviderId::new(provider).unwrap(),
            name: name.to_owned(),
            context_tokens: Some(8192),
            max_output_tokens: None,
            tools: None,
            thinks: None,
            images: None,
            is_local: false,
        }
    }

    #[test]
    fn one_providers_list_is_replaced_and_the_others_stay() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        let names = |provider| {
            let models = ModelsFile::read(&paths).unwrap().of(provider).unwrap();
            models.into_iter().map(|model| model.name).collect::<Vec<_>>()
        };
        ModelsFile::replace(&paths, "openai", &[listed("openai", "a"), listed("openai", "b")]).unwrap();
        ModelsFile::replace(&paths, "lab", &[listed("lab", "x")]).unwrap();
        assert_eq!(
            ModelsFile::replace(&paths, "openai", &[listed("openai", "c"), listed("openai", "no id")])
                .unwrap(),
            1
        );
        assert_eq!((names("openai"), names("lab")), (vec!["c".to_owned()], vec!["x".to_owned()]));
        // `lab` is nobody's provider here.
        let settings = crate::Settings::load_with(&paths, None, |_| None).unwrap();
        assert!(settings.catalog.model("openai/c").is_some() && settings.catalog.model("lab/x").is_none());
        std::fs::write(paths.models_file(), "[models.\"openai/c\"]\nprovider = 5\n").unwrap();
        let settings = crate::Settings::load_with(&paths, None, |_| None).unwrap();
        assert!(settings.catalog.model("openai/c").is_none());
        assert!(settings.notes.iter().any(|note| note.contains("models.toml:2")), "{:?}", settings.notes);
        ModelsFile::replace(&paths, "openai", &[listed("openai", "d")]).unwrap();
        assert_eq!(names("openai"), ["d"], "what was broken is written anew");
        let many = |provider: &str| (0..2048).map(|n| listed(provider, &format!("m{n}"))).collect::<Vec<_>>();
        ModelsFile::replace(&paths, "groq", &many("groq")).unwrap();
        let refused = ModelsFile::replace(&paths, "xai", &many("xai")).unwrap_err();
        assert!(refused.to_string().contains("more than 4096 models"), "{refused}");
        assert!(
            crate::Settings::load_with(&paths, None, |_| None).unwrap().catalog.model("groq/m7").is_some()
        );
    }
}
