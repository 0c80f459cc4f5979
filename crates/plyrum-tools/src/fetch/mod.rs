//! The tool `fetch_url`: a page, as text.
//!
//! The name is resolved once, every address that it has is checked, and the connection goes to those addresses only:
//! a name that is answered differently a moment later (DNS rebinding) changes nothing. What is not reachable from the
//! whole internet is refused, so that no page makes a model read this machine's or this network's own services.
//! Redirects are followed by hand, each checked in the same way, and asked for where they lead to another host.
//!
//! No proxy is used, whatever the environment says: behind one the address that is connected to is not ours to check.

mod address;
mod readable;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url, redirect, retry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use address::is_public;

/// The tool's name.
pub const NAME: &str = "fetch_url";
/// What a model reads about it.
pub const DESCRIPTION: &str = "Fetches a page of the internet (http or https, GET only, no cookies) and returns it as text; HTML is \
    made readable. Addresses of this machine and of private networks cannot be fetched. Long pages are cut.";

/// Bytes of text that come without `max_bytes`, and at most.
const USUAL_BYTES: u64 = 256 * 1024;
const MAX_BYTES: u64 = 1024 * 1024;
/// Bytes of a body that are read: HTML has more than its text.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// Bytes of what a server says beside the page.
const MAX_SAID: usize = 300;
/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const WHOLE_WITHIN: Duration = Duration::from_secs(30);

/// Arguments of `fetch_url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The page's address.
    #[schemars(length(min = 1, max = 8192))]
    pub url: String,
    /// Most bytes of text to return: 262144 when left out, at most 1048576.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub max_bytes: Option<u64>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it came from, after redirects.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Its type, as the server says.
    pub content_type: String,
    /// Its text.
    pub text: String,
    /// Bytes of its body that were read.
    pub bytes: u64,
    /// Whether something was left out.
    pub cut: bool,
}

/// Why a page was not fetched. Each says which address it was, and what to try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The text is no address that is fetched.
    #[error("`{url}` cannot be fetched: {why}")]
    Address {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The host lies in this machine or in a private network.
    #[error("{host} leads to {address}, which is not on the public internet; such addresses are not fetched")]
    NotPublic {
        /// The name.
        host: String,
        /// What it leads to.
        address: String,
    },
    /// The page leads elsewhere, where it was not allowed to go.
    #[error(
        "the page leads to {url}, which is not allowed without being asked for: {why}. Fetch that address itself"
    )]
    Elsewhere {
        /// Where it leads.
        url: String,
        /// Why not.
        why: String,
    },
    /// Too many redirects.
    #[error("{url} leads from page to page, more than {MAX_REDIRECTS} times")]
    Circles {
        /// Where it began.
        url: String,
    },
    /// It could not be reached or did not answer properly.
    #[error("{url} could not be fetched: {why}")]
    Failed {
        /// The address.
        url: String,
        /// What happened.
        why: String,
    },
    /// Its content is no text.
    #[error("{url} is {content_type}, which is no text")]
    Binary {
        /// The address.
        url: String,
        /// What the server says that it is.
        content_type: String,
    },
    /// Somebody ended it.
    #[error("the page was not fetched: the run ends")]
    Stopped,
}

impl FetchError {
    /// The text for the model.
    pub fn for_model(&self) -> String {
        self.to_string()
    }

    fn failed(url: &Url, why: impl std::fmt::Display) -> Self {
        Self::Failed { url: url.to_string(), why: why.to_string() }
    }
}

/// Fetches pages. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Fetcher {
    with_private: bool,
}

impl Fetcher {
    /// A fetcher of public pages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also addresses of this machine and of private networks. For tests.
    #[must_use]
    pub fn with_private(mut self, allowed: bool) -> Self {
        self.with_private = allowed;
        self
    }

    /// Fetches a page that was allowed. `may` says whether a redirect to another host may be followed without asking;
    /// what it says instead is told.
    pub async fn execute(
        &self,
        args: &Args,
        may: &(dyn Fn(&str) -> Result<(), String> + Send + Sync),
        mut stop: watch::Receiver<bool>,
    ) -> Result<Fetched, FetchError> {
        let url = parse(&args.url)?;
        let most = args.max_bytes.unwrap_or(USUAL_BYTES).clamp(1, MAX_BYTES);
        tokio::select! {
            fetched = tokio::time::timeout(WHOLE_WITHIN, self.fetch(url.clone(), most, may)) => {
                fetched.unwrap_or_else(|_| {
                    Err(FetchError::failed(&url, format!("it took longer than {} s", WHOLE_WITHIN.as_secs())))
                })
            }
            _ = stop.wait_for(|stop| *stop) => Err(FetchError::Stopped),
        }
    }

    async fn fetch(
        &self,
        mut url: Url,
        most: u64,
        may: &(dyn Fn(&str) -> Result<(), String> + Send + Sync),
    ) -> Result<Fetched, FetchError> {
        let first = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.get(&url).await?;
            let Some(next) = leads_to(&url, &response)? else { return page(url, response, most).await };
            if next.host_str() != url.host_str() {
                may(next.as_str()).map_err(|why| FetchError::Elsewhere { url: short(next.as_str()), why })?;
            }
            url = next;
        }
        Err(FetchError::Circles { url: first.to_string() })
    }

    /// Asks the host's addresses, which were all checked, and nobody else.
    async fn get(&self, url: &Url) -> Result<Response, FetchError> {
        let addresses = self.addresses(url).await?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html, text/*, application/json, */*;q=0.5"));
        let build = move || {
            // An earlier provider serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            Client::builder()
                .user_agent(concat!("plyrum/", env!("CARGO_PKG_VERSION")))
                .default_headers(headers)
                .connect_timeout(CONNECT_WITHIN)
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .http1_only()
                .no_proxy()
                .resolve_to_addrs(&host, &addresses)
                .build()
        };
        // Loads the platform's certificates.
        let client = tokio::task::spawn_blocking(build).await.map_err(|e| FetchError::failed(url, e))?;
        let client = client.map_err(|e| FetchError::failed(url, in_full(&e)))?;
        client.get(url.clone()).send().await.map_err(|e| FetchError::failed(url, in_full(&e)))
    }

    /// Every address of the host, once; one that is not public refuses them all.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, FetchError> {
        let port = url.port_or_known_default().unwrap_or(443);
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((host.as_str(), port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|e| FetchError::failed(url, format!("its name: {e}")))?.collect();
        if let Some(address) = found.iter().find(|address| !self.with_private && !is_public(address.ip())) {
            return Err(FetchError::NotPublic { host, address: address.ip().to_string() });
        }
        if found.is_empty() {
            return Err(FetchError::failed(url, "its name has no address"));
        }
        Ok(found)
    }
}

fn parse(text: &str) -> Result<Url, FetchError> {
    let wrong = |why: &str| FetchError::Address { url: text.to_owned(), why: why.to_owned() };
    let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
    checked(url).map_err(|why| wrong(&why))
}

fn checked(url: Url) -> Result<Url, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https are fetched".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user name or a password in it".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it has no host".to_owned());
    }
    Ok(url)
}

/// Where a redirect leads.
fn leads_to(from: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let Some(to) = response.headers().get(LOCATION) else { return Ok(None) };
    let wrong =
        |why: String| FetchError::failed(from, format!("it leads to an address that cannot be used: {why}"));
    let to = to.to_str().map_err(|e| wrong(e.to_string()))?;
    let to = from.join(to).map_err(|e| wrong(e.to_string())).and_then(|to| checked(to).map_err(wrong))?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(wrong("from https to http".to_owned()));
    }
    Ok(Some(to))
}

async fn page(url: Url, mut response: Response, most: u64) -> Result<Fetched, FetchError> {
    let status = response.status().as_u16();
    let said = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let content_type = short(said);
    if !readable::may_be_text(&content_type) {
        return Err(FetchError::Binary { url: url.to_string(), content_type });
    }
    let (mut body, mut cut) = (Vec::new(), false);
    while let Some(chunk) = response.chunk().await.map_err(|e| FetchError::failed(&url, in_full(&e)))? {
        let room = MAX_BODY - body.len();
        body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            cut = true;
            break;
        }
    }
    let bytes = body.len() as u64;
    let kind = content_type.clone();
    // Takes a while, and is not to be waited for by others.
    let read = tokio::task::spawn_blocking(move || readable::text(&body, &kind)).await;
    let Some((mut text, left_out)) = read.map_err(|e| FetchError::failed(&url, e))? else {
        return Err(FetchError::Binary { url: url.to_string(), content_type });
    };
    cut |= left_out;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        cut = true;
    }
    Ok(Fetched { url: url.to_string(), status, content_type, text, bytes, cut })
}

/// What a server says beside the page is told, but not at any length.
fn short(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_SAID)).unwrap_or_default().to_owned()
}

/// An error with what lies behind it.
fn in_full(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(cause) = next {
        text = cause.to_string(); // the last one says what happened
        next = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
