//! Providers: which wire, where, with which limits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::Origin;
use crate::address;
use crate::duration;
use crate::error::Problems;
use crate::id::ProviderId;
use crate::key::KeySource;
use crate::section::{OnCancel, ProviderSection};
use crate::text::check_label;

/// Requests at a time to a provider that states no limit of its own.
pub const DEFAULT_MAX_CONCURRENCY: u32 = 8;

const MAX_CONCURRENCY: u32 = 1024;
const MAX_HEADERS: usize = 32;
const MAX_HEADER_BYTES: usize = 4096;
const MAX_PATH_BYTES: usize = 4096;
const MAX_TIMEOUT_S: u64 = 24 * 60 * 60;
/// Long enough for most answers to come to their end, short enough to wait for after Ctrl-C.
const DEFAULT_DRAIN_S: u64 = 10;
const MAX_DRAIN_S: u64 = 120;

/// Headers that carry a key or a session: those come from `api_key`, never from the file.
const KEY_HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-auth-token",
    "x-access-token",
    "cookie",
    "set-cookie",
];

/// Headers that the HTTP client itself must decide.
const TRANSPORT_HEADERS: [&str; 7] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "upgrade",
    "accept-encoding",
];

/// A wire format that this build speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Wire {
    /// `POST {base}/chat/completions`.
    #[serde(rename = "openai-chat")]
    OpenAiChat,
    /// The embedded provider: no network.
    #[serde(rename = "offline")]
    Offline,
}

impl Wire {
    const ALL: [Self; 2] = [Self::OpenAiChat, Self::Offline];

    /// Wires that are planned; a different mistake than a misspelt one.
    const LATER: [&'static str; 9] = [
        "openai-responses",
        "anthropic",
        "gemini",
        "ollama",
        "openrouter",
        "deepseek",
        "yandex",
        "gigachat",
        "replay",
    ];

    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::Offline => "offline",
        }
    }

    fn parse(kind: &str) -> Result<Self, String> {
        let has = Self::ALL.map(Self::as_str).join(", ");
        match Self::ALL.into_iter().find(|wire| wire.as_str() == kind) {
            Some(wire) => Ok(wire),
            None if Self::LATER.contains(&kind) => {
                Err(format!("`{kind}` is not supported by this build yet; it has: {has}"))
            }
            None => Err(format!("`{}` is not a wire format; this build has: {has}", kind.escape_debug())),
        }
    }
}

/// Limits of waiting, in whole seconds; written as such or as `"30s"`, `"2m"`, `"1h"`. What is absent has the
/// provider crate's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutsEntry {
    /// Until connected.
    #[serde(deserialize_with = "duration::seconds")]
    pub connect: Option<u64>,
    /// Until the response's headers.
    #[serde(deserialize_with = "duration::seconds")]
    pub headers: Option<u64>,
    /// Until the first piece of text.
    #[serde(deserialize_with = "duration::seconds")]
    pub first_event: Option<u64>,
    /// Between two pieces of bytes.
    #[serde(deserialize_with = "duration::seconds")]
    pub idle_bytes: Option<u64>,
    /// Between two pieces of text.
    #[serde(deserialize_with = "duration::seconds")]
    pub idle_events: Option<u64>,
    /// All of it.
    #[serde(deserialize_with = "duration::seconds")]
    pub total: Option<u64>,
    /// For the usage report of a request that is not wanted any more, with `on_cancel = "drain"`.
    #[serde(deserialize_with = "duration::seconds")]
    pub drain: Option<u64>,
}

impl TimeoutsEntry {
    fn check(&self) -> Result<(), String> {
        let limits = [
            ("connect", self.connect),
            ("headers", self.headers),
            ("first_event", self.first_event),
            ("idle_bytes", self.idle_bytes),
            ("idle_events", self.idle_events),
            ("total", self.total),
        ];
        match limits.iter().find(|(_, limit)| limit.is_some_and(|s| !(1..=MAX_TIMEOUT_S).contains(&s))) {
            Some((name, _)) => {
                Err(format!("timeouts.{name} must be 1 second to {} hours", MAX_TIMEOUT_S / 3600))
            }
            None if self.drain.is_some_and(|s| !(1..=MAX_DRAIN_S).contains(&s)) => {
                Err(format!("timeouts.drain must be 1 to {MAX_DRAIN_S} seconds"))
            }
            None => Ok(()),
        }
    }
}

/// A provider, validated. Holds no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEntry {
    /// Its name in the configuration.
    pub id: ProviderId,
    /// How it is spoken to.
    pub kind: Wire,
    /// Without trailing slashes; always there for a wire that goes over a network.
    pub base_url: Option<String>,
    /// Where its key is; `None`: none is sent.
    pub api_key: Option<KeySource>,
    /// As written; relative means beside the configuration file.
    pub ca_file: Option<PathBuf>,
    /// Further headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// An HTTP proxy of its own.
    pub proxy: Option<String>,
    /// Requests at a time, 1 to 1024.
    pub max_concurrency: u32,
    /// Limits of waiting.
    pub timeouts: TimeoutsEntry,
    /// How long a request that is not wanted any more is read on for its usage report, in seconds; 0 hangs up
    /// at once.
    pub drain_s: u64,
    /// Who wrote it.
    pub origin: Origin,
}

/// Checks one section; `None` where something was noted in `problems`.
pub(crate) fn build(
    id: &str,
    section: &ProviderSection,
    origin: Origin,
    problems: &mut Problems,
) -> Option<ProviderEntry> {
    let place = &section.kind;
    let id = ProviderId::new(id).map_err(|why| problems.at(place, format!("this provider's id {why}"))).ok();
    let kind = Wire::parse(place.get_ref()).map_err(|why| problems.at(place, why)).ok();
    if let Some(kind) = kind {
        check_fit(kind, section, problems);
    }
    let api_key = section.api_key.as_ref().and_then(|key| match key.get_ref().source() {
        Ok(source) => Some(source.clone()),
        Err(why) => {
            problems.at(key, why);
            None
        }
    });
    Some(ProviderEntry {
        base_url: checked(section.base_url.as_ref(), problems, |url| address::check("base_url", url)),
        api_key,
        ca_file: checked(section.ca_file.as_ref(), problems, |path| {
            check_label("ca_file", path, MAX_PATH_BYTES).map(|()| PathBuf::from(path))
        }),
        headers: headers(section, problems),
        proxy: checked(section.proxy.as_ref(), problems, |url| address::check("proxy", url)),
        max_concurrency: max_concurrency(section, problems),
        timeouts: timeouts(section, problems),
        drain_s: drain_s(section),
        origin,
        id: id?,
        kind: kind?,
    })
}

/// What a wire must have, and what means nothing to it.
fn check_fit(kind: Wire, section: &ProviderSection, problems: &mut Problems) {
    match kind {
        Wire::OpenAiChat if section.base_url.is_none() => {
            problems.at(&section.kind, "an openai-chat provider needs base_url = \"https://…\"");
        }
        Wire::OpenAiChat => {}
        Wire::Offline => {
            for place in [&section.base_url, &section.proxy, &section.ca_file].into_iter().flatten() {
                problems.at(place, "the offline provider uses no network: remove this");
            }
            if let Some(place) = &section.api_key {
                problems.at(place, "the offline provider takes no key: remove this");
            }
        }
    }
}

fn checked<T>(
    text: Option<&Spanned<String>>,
    problems: &mut Problems,
    check: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let text = text?;
    check(text.get_ref()).map_err(|why| problems.at(text, why)).ok()
}

fn headers(section: &ProviderSection, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    if section.headers.len() > MAX_HEADERS {
        problems.at(&section.kind, format!("more than {MAX_HEADERS} headers"));
        return headers;
    }
    for (name, value) in &section.headers {
        let lower = name.to_ascii_lowercase();
        match check_header(&lower, value.get_ref()) {
            Err(why) => problems.at(value, why),
            Ok(()) => {
                if headers.insert(lower, value.get_ref().clone()).is_some() {
                    problems.at(value, "this header is there twice (names do not depend on case)");
                }
            }
        }
    }
    headers
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(token) {
        return Err("this is not a header name".to_owned());
    }
    if KEY_HEADERS.contains(&name) {
        return Err(format!(
            "a key must not stand in the configuration: use api_key instead of the header `{name}`"
        ));
    }
    if TRANSPORT_HEADERS.contains(&name) {
        return Err(format!("the header `{name}` belongs to the connection and cannot be set"));
    }
    if value.len() > MAX_HEADER_BYTES || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(format!(
            "the value of `{name}` must be at most {MAX_HEADER_BYTES} printable ASCII characters"
        ));
    }
    Ok(())
}

fn max_concurrency(section: &ProviderSection, problems: &mut Problems) -> u32 {
    match &section.max_concurrency {
        None => DEFAULT_MAX_CONCURRENCY,
        Some(limit) => {
            if !(1..=MAX_CONCURRENCY).contains(limit.get_ref()) {
                problems.at(limit, format!("max_concurrency must be 1 to {MAX_CONCURRENCY}"));
            }
            *limit.get_ref()
        }
    }
}

fn drain_s(section: &ProviderSection) -> u64 {
    match section.on_cancel.as_ref().map(|policy| *policy.get_ref()).unwrap_or_default() {
        OnCancel::Abort => 0,
        OnCancel::Drain => {
            section.timeouts.as_ref().and_then(|timeouts| timeouts.get_ref().drain).unwrap_or(DEFAULT_DRAIN_S)
        }
    }
}

fn timeouts(section: &ProviderSection, problems: &mut Problems) -> TimeoutsEntry {
    let Some(timeouts) = &section.timeouts else {
        return TimeoutsEntry::default();
    };
    if let Err(why) = timeouts.get_ref().check() {
        problems.at(timeouts, why);
    }
    *timeouts.get_ref()
}
