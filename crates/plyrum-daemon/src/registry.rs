//! The providers that this configuration names, ready to be asked: keys read, connections kept, a limit on
//! how many requests run at once.

use crate::{clock, keys, ollama};
use plyrum_catalog::{
    CacheLife, Catalog, KeySource, OutputLimitField, ProviderEntry, ProviderId, SchemaSupport, TimeoutsEntry,
    Wire,
};
use plyrum_config::Paths;
use plyrum_providers::cassette::{Pace, Replay};
use plyrum_providers::offline::{Offline, Script};
use plyrum_providers::{Endpoint, FormSupport, Manner, OutputLimit, Provider, Timeouts};
use plyrum_redact::Secret;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Names a script for the model `offline/script`: scripted answers for whole-program tests and demos.
const SCRIPT_VARIABLE: &str = "PLYRUM_OFFLINE_SCRIPT";

/// Providers by id.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    entries: BTreeMap<ProviderId, Entry>,
}

/// One provider, or why it cannot be used.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) provider: Result<Arc<dyn Provider>, Unusable>,
    /// Requests that may run at once.
    pub(crate) limit: u32,
    pub(crate) is_offline: bool,
}

/// Why a provider cannot be used.
#[derive(Debug, Clone)]
pub(crate) struct Unusable {
    /// In words, without the key.
    pub(crate) why: String,
    /// The environment variable that would help.
    pub(crate) key_variable: Option<String>,
}

impl Unusable {
    /// Nothing to set would help.
    pub(crate) fn plain(why: impl Into<String>) -> Self {
        Self { why: why.into(), key_variable: None }
    }
}

impl Registry {
    /// Makes every provider of the catalogue, and hands out the keys that must never be seen.
    pub(crate) async fn build(catalog: &Catalog, paths: &Paths) -> (Self, Vec<(String, Secret)>) {
        let mut entries = BTreeMap::new();
        let mut secrets = Vec::new();
        let variables: Vec<String> =
            catalog.providers.values().filter_map(|entry| variable(entry.api_key.as_ref()?)).collect();
        for entry in catalog.providers.values() {
            let provider = match entry.kind {
                Wire::Offline => embedded(entry),
                Wire::Replay => recorded(entry, paths),
                kind => match plyrum_providers::Wire::named(kind.as_str()) {
                    Some(wire) => hosted(entry, wire, paths, &variables, &mut secrets).await,
                    None => Err(Unusable::plain(format!("this build does not speak {}", kind.as_str()))),
                },
            };
            let limit = entry.max_concurrency;
            let is_offline = entry.kind == Wire::Offline;
            entries.insert(entry.id.clone(), Entry { provider, limit, is_offline });
        }
        (Self { entries }, secrets)
    }

    /// Providers that no configuration names.
    #[cfg(test)]
    pub(crate) fn of_test(entries: BTreeMap<ProviderId, Entry>) -> Self {
        Self { entries }
    }

    /// A provider by its id.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|(known, _)| known.as_str() == id).map(|(_, entry)| entry)
    }
}

/// The embedded extractor, with the script that `PLYRUM_OFFLINE_SCRIPT` names, where it names one.
fn embedded(entry: &ProviderEntry) -> Result<Arc<dyn Provider>, Unusable> {
    let offline = Offline::new().with_timeouts(&timeouts(&entry.timeouts));
    let Some(path) = std::env::var_os(SCRIPT_VARIABLE) else { return Ok(Arc::new(offline)) };
    let unusable = |why: String| Unusable {
        why: format!("{SCRIPT_VARIABLE} = {}: {why}", Path::new(&path).display()),
        key_variable: None,
    };
    let text = std::fs::read_to_string(&path).map_err(|e| unusable(e.to_string()))?;
    let script = Script::parse(&text).map_err(|e| unusable(e.to_string()))?;
    Ok(Arc::new(offline.with_script(script)))
}

/// A cassette in the place of a server.
fn recorded(entry: &ProviderEntry, paths: &Paths) -> Result<Arc<dyn Provider>, Unusable> {
    let replay = entry.replay.as_ref().ok_or_else(|| Unusable::plain("it has no file to play"))?;
    let path = paths.config_dir.join(&replay.file);
    let pace = Pace::permille(replay.pace_permille);
    let provider = Replay::new(entry.id.as_str(), &path, pace, timeouts(&entry.timeouts))
        .map_err(|e| Unusable::plain(format!("cassette {}: {e}", path.display())))?;
    Ok(Arc::new(provider))
}

async fn hosted(
    entry: &ProviderEntry,
    wire: plyrum_providers::Wire,
    paths: &Paths,
    variables: &[String],
    secrets: &mut Vec<(String, Secret)>,
) -> Result<Arc<dyn Provider>, Unusable> {
    let entry = &*ollama::placed(entry);
    let key = keys::of_provider(entry, paths, variables)
        .await
        .map_err(|why| Unusable { why, key_variable: entry.api_key.as_ref().and_then(variable) })?;
    if let Some(key) = &key {
        secrets.push((entry.id.to_string(), Secret::new(key.expose().clone())));
    }
    let is_yandexs_own = entry.kind == Wire::Yandex && entry.base_url.as_deref() == Wire::Yandex.base_url();
    if is_yandexs_own && folder(entry).is_none() {
        return Err(Unusable {
            why: format!(
                "the variable {FOLDER_VARIABLE} is not set in the daemon, and its entry has no folder"
            ),
            key_variable: Some(FOLDER_VARIABLE.to_owned()),
        });
    }
    let base_url = entry.base_url.clone().ok_or_else(|| Unusable::plain("it has no base_url"))?;
    let endpoint = Endpoint {
        key,
        ca_file: entry.ca_file.as_ref().map(|path| paths.config_dir.join(path)),
        headers: headers(entry),
        proxy: entry.proxy.clone(),
        timeouts: timeouts(&entry.timeouts),
        manner: manner(entry),
        lender: entry.lender.as_ref().map(|lender| plyrum_providers::Lender {
            url: lender.auth_url.clone(),
            scope: lender.scope.clone(),
        }),
        ..Endpoint::new(entry.id.to_string(), wire, base_url)
    };
    plyrum_providers::connect_with_clock(endpoint, clock::system).map_err(|e| Unusable::plain(e.message))
}

/// The variable that names the folder of `yandex` where the configuration does not.
const FOLDER_VARIABLE: &str = "YANDEX_FOLDER_ID";

fn headers(entry: &ProviderEntry) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        entry.headers.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    if entry.kind == Wire::Yandex {
        headers.extend(folder(entry).map(|folder| ("OpenAI-Project".to_owned(), folder)));
    }
    headers
}

fn folder(entry: &ProviderEntry) -> Option<String> {
    entry.folder.clone().or_else(|| std::env::var(FOLDER_VARIABLE).ok()).filter(|folder| !folder.is_empty())
}

/// How the server differs from others of its wire.
fn manner(entry: &ProviderEntry) -> Manner {
    let usual = Manner::default();
    let quirks = entry.quirks;
    Manner {
        streams: entry.streams,
        output_limit: quirks.output_limit.map_or(usual.output_limit, |field| match field {
            OutputLimitField::MaxTokens => OutputLimit::MaxTokens,
            OutputLimitField::MaxCompletionTokens => OutputLimit::MaxCompletionTokens,
        }),
        asks_usage: quirks.asks_usage.unwrap_or(usual.asks_usage),
        form: quirks.schema.map_or(usual.form, |schema| match schema {
            SchemaSupport::Native => FormSupport::Schema,
            SchemaSupport::Json => FormSupport::Json,
            SchemaSupport::None => FormSupport::Nothing,
        }),
        takes_temperature: quirks.temperature.unwrap_or(usual.takes_temperature),
        takes_effort: quirks.effort.unwrap_or(usual.takes_effort),
        takes_cache_marks: quirks.cache != Some(CacheLife::None),
        caches_an_hour: quirks.cache == Some(CacheLife::Hour),
    }
}

fn variable(source: &KeySource) -> Option<String> {
    match source {
        KeySource::Env(name) => Some(name.clone()),
        KeySource::File(_) | KeySource::Command(_) => None,
    }
}

fn timeouts(entry: &TimeoutsEntry) -> Timeouts {
    let base = Timeouts::default();
    let or = |seconds: Option<u64>, default: Duration| seconds.map_or(default, Duration::from_secs);
    Timeouts {
        connect: or(entry.connect, base.connect),
        headers: or(entry.headers, base.headers),
        first_event: or(entry.first_event, base.first_event),
        first_thought: or(entry.first_event, base.first_thought),
        idle_bytes: or(entry.idle_bytes, base.idle_bytes),
        idle_events: or(entry.idle_events, base.idle_events),
        total: or(entry.total, base.total),
    }
}
