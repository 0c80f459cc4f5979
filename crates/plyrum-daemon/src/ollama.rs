//! The Ollama of this machine: looked for at its own port, taken for it only where it tells its version, and its models kept
//! in `models.toml` like those of any other list.
//!
//! Only for the provider that comes with Plyrum. An entry of the user's own is asked like any other provider.

use crate::clock;
use plyrum_catalog::{LOCAL_CONTEXT, ListedModel, Origin, ProviderEntry, ProviderId};
use plyrum_config::Paths;
use plyrum_providers::{Endpoint, ErrorClass, Listed, Provider, ProviderError, Timeouts, Wire};
use plyrum_settings::ModelsFile;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

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
/// Until it has told its version.
const VERSION_WITHIN: Duration = Duration::from_secs(1);
/// Until its models are not waited for any more.
const LIST_WITHIN: Duration = Duration::from_secs(2);
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

    /// Looks, unless somebody has just now. What it serves is asked for beside, and waited for only the first time and not
    /// for long.
    pub(crate) async fn look(&self, paths: &Paths) {
        let mut look = self.looking.lock().await;
        let began = Instant::now();
        if look.next.is_some_and(|next| began < next) {
            return;
        }
        let asked = timeout(VERSION_WITHIN, Self::ask(&mut look)).await;
        let late = || Err(format!("nothing answers in time at {}", base_url()));
        let state = match asked.unwrap_or_else(|_| late()) {
            Ok(version) => State::Running(version),
            Err(why) => State::Absent(why),
        };
        look.next = Some(Instant::now() + if began.elapsed() > SLOW { LATER } else { SOON });
        let is_running = matches!(state, State::Running(_));
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        if let Some(provider) = look.provider.clone().filter(|_| is_running)
            && look.next_list.is_none_or(|next| began >= next)
        {
            let is_first = look.next_list.replace(began + LIST_AGAIN).is_none();
            let listing = tokio::spawn(keep_list(provider, paths.clone()));
            if is_first {
                // Later is as good: the next command finds them.
                let _ = timeout(LIST_WITHIN, listing).await;
            }
        }
    }

    async fn ask(look: &mut Look) -> Result<String, String> {
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
        Ok(provider.version().await.map_err(told)?.unwrap_or_default())
    }
}

/// Asks for its list and keeps it. One that is not to be had leaves the last one.
async fn keep_list(provider: Arc<dyn Provider>, paths: Paths) {
    let told = match provider.list().await {
        Ok(models) => {
            let models: Vec<ListedModel> = models.into_iter().filter_map(of_list(ID, is_here())).collect();
            let written = tokio::task::spawn_blocking(move || ModelsFile::replace(&paths, ID, &models)).await;
            match written {
                Ok(Ok(_)) => return,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            }
        }
        Err(error) => error.message,
    };
    crate::log::line(&format!("the models of Ollama are not kept: {told}"));
}

fn connect() -> Result<Arc<dyn Provider>, ProviderError> {
    let patience = Timeouts {
        connect: Duration::from_millis(250),
        headers: Duration::from_secs(5),
        ..Timeouts::default()
    };
    let endpoint = Endpoint { timeouts: patience, ..Endpoint::new(ID, Wire::Ollama, base_url()) };
    plyrum_providers::connect_with_clock(endpoint, clock::system)
}

/// Whether this is the provider that comes with Plyrum.
pub(crate) fn is_shipped(entry: &ProviderEntry) -> bool {
    entry.id.as_str() == ID && entry.origin == Origin::Shipped
}

/// The entry with the address that holds here: a key that was typed in is bound to it.
pub(crate) fn placed(entry: &ProviderEntry) -> Cow<'_, ProviderEntry> {
    if is_shipped(entry) {
        Cow::Owned(ProviderEntry { base_url: Some(base_url()), ..entry.clone() })
    } else {
        Cow::Borrowed(entry)
    }
}

/// Where it is: at its own port, or where `OLLAMA_HOST` says.
pub(crate) fn base_url() -> String {
    url_of(std::env::var(HOST_VARIABLE).ok().as_deref())
}

/// Whether it runs on this machine, and so costs nothing.
pub(crate) fn is_here() -> bool {
    plyrum_catalog::is_of_this_machine(&base_url())
}

/// A host in the forms that Ollama itself takes: `host`, `host:port`, `:port`, with a scheme or without. What stands before an
/// `@` is no part of an address that is shown.
fn url_of(host: Option<&str>) -> String {
    let host = host.map(str::trim).unwrap_or_default();
    let (scheme, rest, usual) = match host.split_once("://") {
        Some(("https", rest)) => ("https", rest, 443),
        Some((_, rest)) => ("http", rest, 80),
        None => ("http", host, PORT),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let is_bare_v6 = authority.matches(':').count() > 1 && !authority.starts_with('[');
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !is_bare_v6 && port.parse::<u16>().is_ok() => (name, port.to_owned()),
        _ => (authority, usual.to_string()),
    };
    let name = if is_bare_v6 { format!("[{name}]") } else { name.to_owned() };
    // What a server listens at is no address to ask.
    let name = if ["", "0.0.0.0", "[::]"].contains(&name.as_str()) { "127.0.0.1" } else { &name };
    let path = path.trim_end_matches('/');
    format!("{scheme}://{name}:{port}{}{path}", if path.is_empty() { "" } else { "/" })
}

/// A model of a provider's list, as it is kept; none where the provider's name is no id.
pub(crate) fn of_list(provider: &str, is_local: bool) -> impl Fn(Listed) -> Option<ListedModel> {
    let keeps_what_it_is_asked = is_local && provider == ID;
    let provider = ProviderId::new(provider).ok();
    move |listed| {
        Some(ListedModel {
            provider: provider.clone()?,
            name: listed.name,
            context_tokens: if keeps_what_it_is_asked {
                listed.context_tokens.map(|told| told.min(LOCAL_CONTEXT))
            } else {
                listed.context_tokens
            },
            max_output_tokens: listed.max_output_tokens,
            tools: listed.tools,
            thinks: listed.thinks,
            images: listed.images,
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
            (Some("https://box"), "https://box:443"),
            (Some("http://u:hunter2@box/path"), "http://box:80/path"),
            (Some("::1"), "http://[::1]:11434"),
        ] {
            assert_eq!(url_of(host), url, "{host:?}");
        }
    }
}
