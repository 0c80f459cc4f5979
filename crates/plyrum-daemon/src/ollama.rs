//! The Ollama of this machine: looked for at its own port, taken for it only where it tells its version, and its models kept
//! in `models.toml` like those of any other list.
//!
//! Only for the provider that comes with Plyrum. An entry of the user's own is asked like any other provider.

use crate::clock;
use plyrum_catalog::{ListedModel, Origin, ProviderEntry, ProviderId};
use plyrum_config::Paths;
use plyrum_providers::{Endpoint, ErrorClass, Listed, Provider, ProviderError, Timeouts, Wire};
use plyrum_settings::ModelsFile;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Its provider's id.
const ID: &str = "ollama";
/// Moves it, for its own client too.
const HOST_VARIABLE: &str = "OLLAMA_HOST";
const PORT: u16 = 11434;
/// Until it is looked for again; longer where looking took long.
const SOON: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_mins(2);
/// A look that takes longer is not taken soon again.
const SLOW: Duration = Duration::from_millis(200);
/// Until its list is asked for again.
const LIST_AGAIN: Duration = Duration::from_mins(1);

/// What is known of it.
#[derive(Debug, Default)]
pub(crate) struct Ollama {
    /// One look at a time; whoever comes meanwhile waits for it.
    looking: tokio::sync::Mutex<Look>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct Look {
    provider: Option<Arc<dyn Provider>>,
    next: Option<Instant>,
    next_list: Option<Instant>,
}

/// How it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// It answers, in this version.
    Running(String),
    /// It does not, and why.
    Absent(String),
}

impl Ollama {
    /// How it was at the last look.
    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks, unless somebody has just now. Takes a second at most.
    pub(crate) async fn look(&self, paths: &Paths) {
        let mut look = self.looking.lock().await;
        let began = Instant::now();
        if look.next.is_some_and(|next| began < next) {
            return;
        }
        let state = match Self::ask(&mut look, paths, began).await {
            Ok(version) => State::Running(version),
            Err(why) => State::Absent(why),
        };
        let pause = if began.elapsed() > SLOW { LATER } else { SOON };
        look.next = Some(Instant::now() + pause);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    async fn ask(look: &mut Look, paths: &Paths, now: Instant) -> Result<String, String> {
        let told = |error: ProviderError| match error.class {
            ErrorClass::Refused | ErrorClass::Connect | ErrorClass::Dns => {
                format!("nothing answers at {}", base_url())
            }
            _ => error.message,
        };
        let provider = match &look.provider {
            Some(provider) => Arc::clone(provider),
            None => Arc::clone(look.provider.insert(connect().map_err(told)?)),
        };
        let version = provider.version().await.map_err(told)?.unwrap_or_default();
        if look.next_list.is_none_or(|next| now >= next) {
            let models = provider.list().await.map_err(told)?;
            let models: Vec<ListedModel> = models.into_iter().filter_map(of_list(ID, true)).collect();
            look.next_list = Some(now + LIST_AGAIN);
            let paths = paths.clone();
            let written = tokio::task::spawn_blocking(move || ModelsFile::replace(&paths, ID, &models)).await;
            match written {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => crate::log::line(&format!("the models of Ollama are not kept: {error}")),
                Err(error) => crate::log::line(&format!("the models of Ollama are not kept: {error}")),
            }
        }
        Ok(version)
    }
}

fn connect() -> Result<Arc<dyn Provider>, ProviderError> {
    let patience = Timeouts {
        connect: Duration::from_millis(250),
        headers: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let endpoint = Endpoint { timeouts: patience, ..Endpoint::new(ID, Wire::Ollama, base_url()) };
    plyrum_providers::connect_with_clock(endpoint, clock::system)
}

/// Whether this is the provider that comes with Plyrum.
pub(crate) fn is_shipped(entry: &ProviderEntry) -> bool {
    entry.id.as_str() == ID && entry.origin == Origin::Shipped
}

/// Where it is: at its own port, or where `OLLAMA_HOST` says.
pub(crate) fn base_url() -> String {
    url_of(std::env::var(HOST_VARIABLE).ok().as_deref())
}

/// A host in the forms that Ollama itself takes: `host`, `host:port`, `:port`, with a scheme or without.
fn url_of(host: Option<&str>) -> String {
    let host = host.map(str::trim).filter(|host| !host.is_empty()).unwrap_or_default();
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let (name, port) = match rest.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.to_owned()),
        _ => (rest, PORT.to_string()),
    };
    // What a server listens at is no address to ask.
    let name = if ["", "0.0.0.0", "[::]"].contains(&name) { "127.0.0.1" } else { name };
    format!("{scheme}://{name}:{port}")
}

/// A model of a provider's list, as it is kept; none where the provider's name is no id.
pub(crate) fn of_list(provider: &str, is_local: bool) -> impl Fn(Listed) -> Option<ListedModel> {
    let provider = ProviderId::new(provider).ok();
    move |listed| {
        Some(ListedModel {
            provider: provider.clone()?,
            name: listed.name,
            context_tokens: listed.context_tokens,
            max_output_tokens: listed.max_output_tokens,
            tools: listed.tools,
            thinks: listed.thinks,
            is_local,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::url_of;

    #[test]
    fn a_host_is_read_as_ollama_reads_it() {
        for (host, url) in [
            (None, "http://127.0.0.1:11434"),
            (Some(""), "http://127.0.0.1:11434"),
            (Some("0.0.0.0"), "http://127.0.0.1:11434"),
            (Some("0.0.0.0:9000"), "http://127.0.0.1:9000"),
            (Some(":9000"), "http://127.0.0.1:9000"),
            (Some("box"), "http://box:11434"),
            (Some("https://box:443/"), "https://box:443"),
        ] {
            assert_eq!(url_of(host), url, "{host:?}");
        }
    }
}
