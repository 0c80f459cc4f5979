//! What a run is resolved against: settings, providers, personas, plans and the redactor that knows every
//! key. Made anew when a configuration file changes, so running runs keep what they began with and a
//! broken file refuses new ones.

use crate::lanes::{LaneState, Lanes, Rest};
use crate::learned::Learned;
use crate::library::Library;
use crate::ollama::{self, Ollama};
use crate::recorder::key_print;
use crate::registry::{Registry, Unusable};
use plyrum_catalog::{Catalog, Day, ModelId};
use plyrum_config::{Diagnostic, FileStamp, Paths};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_providers::Way;
use plyrum_providers::offline::Offline;
use plyrum_redact::{Redactor, Secret};
use plyrum_router::Health;
use plyrum_settings::Settings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One consistent view of the configuration.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) registry: Registry,
    pub(crate) library: Library,
    pub(crate) redactor: Redactor,
    /// Fingerprints of the keys that were found, by provider.
    pub(crate) keys: BTreeMap<String, String>,
    shared: Shared,
    /// State of the directories with the user's own personas, plans and keys.
    dirs: Vec<Option<FileStamp>>,
}

/// What outlives configurations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared {
    /// Limits and breakers of providers.
    pub(crate) lanes: Arc<Lanes>,
    /// The Ollama of this machine.
    pub(crate) ollama: Arc<Ollama>,
    /// What is known of models by experience.
    pub(crate) learned: Arc<Learned>,
}

impl Context {
    /// Reads everything. Prices are those of `day`.
    pub(crate) async fn load(
        paths: &Paths,
        workspace: Option<&Path>,
        install_key: [u8; 32],
        day: Day,
        shared: Shared,
    ) -> Result<Self, Fault> {
        let dirs = dir_stamps(paths);
        let mut settings = Settings::load(paths, workspace).map_err(|problems| of_diagnostics(&problems))?;
        settings.catalog = settings.catalog.at(day);
        let library = Library::load(paths).map_err(|problems| of_diagnostics(&problems))?;
        let (registry, secrets) = Registry::build(&settings.catalog, paths).await;
        let print =
            |(provider, key): &(String, Secret)| (provider.clone(), key_print(&install_key, key.expose()));
        let keys = secrets.iter().map(print).collect();
        let redactor = Redactor::new(install_key, secrets);
        for name in redactor.ignored() {
            crate::log::line(&format!("the key of provider {name} is too short to be recognised in text"));
        }
        let catalog = Arc::new(settings.catalog.clone());
        Ok(Self { settings, catalog, registry, library, redactor, keys, shared, dirs })
    }

    /// What is known of models by experience.
    pub(crate) fn learned(&self) -> &Learned {
        &self.shared.learned
    }

    /// Whether a file that it was made from has changed, or its prices are those of another day.
    pub(crate) fn is_stale(&self, paths: &Paths, day: Day) -> bool {
        self.catalog.day != Some(day)
            || Settings::changed(paths, self.settings.fingerprint())
            || dir_stamps(paths) != self.dirs
    }

    /// Whether a model could be asked now.
    pub(crate) fn health(&self, model: &ModelId) -> Health {
        match self.why_not(model) {
            None => match self.rest_of(model) {
                Some(rest) => Health::BreakerOpen { until: rest.until },
                None => Health::Ready,
            },
            Some(_) => Health::NoKey,
        }
    }

    /// Why a model's provider is not asked, where it failed too often just now.
    pub(crate) fn rest_of(&self, model: &ModelId) -> Option<Rest> {
        let provider = self.catalog.model(model.as_str()).map(|model| model.provider.as_str());
        provider.and_then(|provider| self.shared.lanes.known(provider)).and_then(|lane| lane.rest())
    }

    /// Whether a model takes its prompt as a command to carry out.
    pub(crate) fn takes_a_command(&self, model: &ModelId) -> bool {
        self.catalog.model(model.as_str()).is_some_and(|model| {
            let is_offline = self.registry.get(model.provider.as_str()).is_some_and(|entry| entry.is_offline);
            is_offline && Offline::takes_a_command(&model.name)
        })
    }

    /// Why a model cannot be asked.
    pub(crate) fn why_not(&self, model: &ModelId) -> Option<Unusable> {
        match self.catalog.model(model.as_str()) {
            Some(model) => self.why_not_provider(model.provider.as_str()),
            None => Some(Unusable::plain("its provider is not configured")),
        }
    }

    /// Why a provider cannot be asked.
    pub(crate) fn why_not_provider(&self, id: &str) -> Option<Unusable> {
        let (Some(entry), Some(provider)) = (self.registry.get(id), self.catalog.provider(id)) else {
            return Some(Unusable::plain("its provider is not configured"));
        };
        match (entry.provider.as_ref().err(), self.shared.ollama.state()) {
            (Some(unusable), _) => Some(unusable.clone()),
            (None, ollama::State::Absent(why)) if ollama::is_shipped(provider) => {
                Some(Unusable::plain(format!("no Ollama runs here: {why}")))
            }
            (None, _) => None,
        }
    }

    /// How a provider's lane is; none where it was not asked yet.
    pub(crate) fn lane_of(&self, provider: &str) -> Option<LaneState> {
        self.shared.lanes.known(provider).map(|lane| lane.state())
    }

    /// By which way requests to a provider go; straight, where it cannot be asked.
    pub(crate) fn way_of(&self, provider: &str) -> Way {
        let usable = self.registry.get(provider).and_then(|entry| entry.provider.as_ref().ok());
        usable.map(|provider| provider.way()).unwrap_or_default()
    }

    /// The version that a provider told, where it was asked for it.
    pub(crate) fn version_of(&self, provider: &str) -> Option<String> {
        let is_shipped = self.catalog.provider(provider).is_some_and(ollama::is_shipped);
        match self.shared.ollama.state() {
            ollama::State::Running(version) if is_shipped => Some(version),
            _ => None,
        }
    }
}

fn dir_stamps(paths: &Paths) -> Vec<Option<FileStamp>> {
    let stamps = |dir: PathBuf| {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
            .into_iter()
            .flatten()
            .filter_map(|e| e.ok().map(|e| e.path()))
            .take(512)
            .collect();
        files.sort();
        std::iter::once(dir).chain(files).map(|path| FileStamp::of(&path)).collect::<Vec<_>>()
    };
    [paths.personas_dir(), paths.plans_dir(), paths.keys_dir()].into_iter().flat_map(stamps).collect()
}

/// All problems in one error; the first decides what to try.
pub(crate) fn of_diagnostics(problems: &[Diagnostic]) -> Fault {
    let lines: Vec<String> = problems.iter().take(10).map(ToString::to_string).collect();
    Fault::new(ErrorKind::Config, lines.join("\n"))
        .hint("correct the file; plyrum config check shows what is left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_catalog::PriceState;

    const DATED: &str = r#"
[models."offline/dated"]
provider = "offline"
name = "lead"
context_tokens = 1000
price = { currency = "RUB", input = "1", output = "1" }
prices = [{ from = "2026-12-01", currency = "RUB", input = "2", output = "2" }]
"#;

    #[tokio::test]
    async fn a_new_day_makes_a_context_stale_and_brings_its_prices() {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        std::fs::write(paths.config_file(), DATED).unwrap();
        let (eve, first) = (Day::parse("2026-11-30").unwrap(), Day::parse("2026-12-01").unwrap());
        let price = async |day| {
            let context = Context::load(&paths, None, [0; 32], day, Shared::default()).await.unwrap();
            assert!(!context.is_stale(&paths, day));
            assert!([eve, first].iter().all(|other| *other == day || context.is_stale(&paths, *other)));
            match &context.settings.catalog.model("offline/dated").unwrap().price {
                PriceState::Known(row) => row.card.base.input.map(|price| price.to_string()),
                PriceState::Unknown => None,
            }
        };
        assert_eq!(price(eve).await.as_deref(), Some("1.00"));
        assert_eq!(price(first).await.as_deref(), Some("2.00"));
    }
}
