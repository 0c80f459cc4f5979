//! A provider that plays a cassette: the exchange of the request's key, the next one where there are several, and the last one
//! again when all were played.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Cassette, CassetteError, Pace, Recorded, key};
use crate::call_ids::CallIds;
use crate::{
    ChatRequest, ErrorClass, Listed, Listing, Provider, ProviderError, ProviderStream, Timeouts, Version,
    transport,
};

/// Models and keys that are named where an exchange is missing.
const MAX_NAMED: usize = 8;
/// Letters of a key that are shown.
const SHOWN: usize = 12;

/// Plays a cassette.
pub struct Replay {
    name: String,
    path: PathBuf,
    pace: Pace,
    timeouts: Timeouts,
    loaded: Arc<Mutex<Loaded>>,
}

/// The file as it was read, and how often each of its keys was asked for since.
#[derive(Default)]
struct Loaded {
    stamp: Option<(u64, SystemTime)>,
    exchanges: Vec<Arc<Recorded>>,
    played: HashMap<String, usize>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, path, pace, .. } = self;
        f.debug_struct("Replay")
            .field("name", name)
            .field("path", path)
            .field("pace", pace)
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// A provider of this name; the file is read now, and again when it has changed.
    ///
    /// # Errors
    /// As [`Cassette::read`].
    pub fn new(name: &str, path: &Path, pace: Pace, timeouts: Timeouts) -> Result<Self, CassetteError> {
        let mut loaded = Loaded::default();
        loaded.refresh(path)?;
        let loaded = Arc::new(Mutex::new(loaded));
        Ok(Self { name: name.to_owned(), path: path.to_owned(), pace, timeouts, loaded })
    }
}

impl Provider for Replay {
    fn open(&self, request: ChatRequest) -> ProviderStream {
        let (loaded, path) = (Arc::clone(&self.loaded), self.path.clone());
        let playing = transport::Playing { seed: request.seed, pace: self.pace, timeouts: self.timeouts };
        let ids = CallIds::after(&request);
        let found = async move {
            let find = move || find(&loaded, &path, &request);
            tokio::task::spawn_blocking(find)
                .await
                .unwrap_or_else(|error| Err(ProviderError::new(ErrorClass::Config, error.to_string())))
        };
        transport::play_found(&self.name, found, ids, playing)
    }

    fn request_bytes(&self, request: &ChatRequest) -> u64 {
        request.text_bytes()
    }

    fn list(&self) -> Listing<'_> {
        let (loaded, path) = (Arc::clone(&self.loaded), self.path.clone());
        let listing = async move {
            tokio::task::spawn_blocking(move || recorded(&loaded, &path))
                .await
                .unwrap_or_else(|error| Err(ProviderError::new(ErrorClass::Config, error.to_string())))
        };
        Box::pin(listing)
    }

    fn seed_of(&self, prompt_sha256: &str) -> Option<u64> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut runs = loaded.exchanges.iter().filter_map(|recorded| recorded.run.as_ref());
        runs.find(|run| run.prompt_sha256 == prompt_sha256).map(|run| run.seed)
    }

    fn version(&self) -> Version<'_> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// The models that were recorded.
fn recorded(loaded: &Mutex<Loaded>, path: &Path) -> Result<Vec<Listed>, ProviderError> {
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.refresh(path).map_err(|why| unusable(path, &why))?;
    let names: BTreeSet<&str> = loaded.exchanges.iter().map(|recorded| recorded.model.as_str()).collect();
    Ok(names.into_iter().map(|name| Listed { name: name.to_owned(), ..Listed::default() }).collect())
}

fn unusable(path: &Path, why: &CassetteError) -> ProviderError {
    ProviderError::new(ErrorClass::Config, format!("the cassette {} cannot be used: {why}", path.display()))
}

fn find(loaded: &Mutex<Loaded>, path: &Path, request: &ChatRequest) -> Result<Arc<Recorded>, ProviderError> {
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.refresh(path).map_err(|why| unusable(path, &why))?;
    let key = key(request);
    loaded.next(&key).ok_or_else(|| loaded.missing(path, request, &key))
}

impl Loaded {
    fn refresh(&mut self, path: &Path) -> Result<(), CassetteError> {
        let file = std::fs::File::open(path)?;
        let about = file.metadata()?;
        let stamp = Some((about.len(), about.modified()?));
        if self.stamp != stamp {
            let read = Cassette::read_from(file)?;
            let exchanges = read.exchanges.into_iter().map(Arc::new).collect();
            *self = Self { stamp, exchanges, played: HashMap::new() };
        }
        Ok(())
    }

    fn next(&mut self, key: &str) -> Option<Arc<Recorded>> {
        let of_key: Vec<_> = self.exchanges.iter().filter(|recorded| recorded.key == key).collect();
        let last = of_key.len().checked_sub(1)?;
        let played = self.played.entry(key.to_owned()).or_default();
        let nth = (*played).min(last);
        *played = nth + 1;
        of_key.get(nth).map(|recorded| Arc::clone(recorded))
    }

    fn missing(&self, path: &Path, request: &ChatRequest, key: &str) -> ProviderError {
        let mut has: Vec<String> = self
            .exchanges
            .iter()
            .map(|recorded| format!("{} ({})", recorded.model, short(&recorded.key)))
            .collect();
        has.dedup();
        let more = has.len().saturating_sub(MAX_NAMED);
        has.truncate(MAX_NAMED);
        let listed = match (has.is_empty(), more) {
            (true, _) => "nothing".to_owned(),
            (false, 0) => has.join(", "),
            (false, more) => format!("{} and {more} more", has.join(", ")),
        };
        let message = format!(
            "the cassette {} has no exchange for what was asked: model {}, {} messages, at most {} tokens, {} tools, key {}; it has {listed}",
            path.display(),
            request.model,
            request.messages.len(),
            request.max_output_tokens,
            request.tools.len(),
            short(key),
        );
        ProviderError::new(ErrorClass::Rejected, message)
    }
}

fn short(key: &str) -> &str {
    key.get(..SHOWN).unwrap_or(key)
}
