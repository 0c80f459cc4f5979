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
use crate::replay::{self, ReplayEntry};
use crate::section::{OnCancel, ProviderSection};
use crate::text::check_label;
use crate::wire::{GIGACHAT_LENDER, GIGACHAT_PERSON, GIGACHAT_SCOPES, Lender, Quirks, Wire};

/// Requests at a time to a provider that states no limit of its own.
pub const DEFAULT_MAX_CONCURRENCY: u32 = 8;

const MAX_CONCURRENCY: u32 = 1024;
const MAX_HEADERS: usize = 32;
const MAX_HEADER_BYTES: usize = 4096;
const MAX_PATH_BYTES: usize = 4096;
const MAX_FOLDER_BYTES: usize = 128;
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
    /// Whether answers are asked for as streams; else each comes whole.
    pub streams: bool,
    /// How the server differs from others of its wire.
    pub quirks: Quirks,
    /// Where tokens are lent for the key, of wires that want one.
    pub lender: Option<Lender>,
    /// The folder that is charged, of `yandex`.
    pub folder: Option<String>,
    /// What is played, of `replay`.
    pub replay: Option<ReplayEntry>,
    /// Who wrote it.
    pub origin: Origin,
}

impl ProviderEntry {
    /// The name of the file of a key that was typed in for it: bound to the server, so that a key never follows its
    /// provider's name to another one. A blank is in no id and in no address.
    #[must_use]
    pub fn key_file(&self) -> Option<String> {
        let (scheme, rest) = self.base_url.as_deref()?.split_once("://")?;
        let authority = rest.split('/').next()?;
        let is_name = |text: &str| !text.is_empty() && !text.contains(['/', '\0']);
        (is_name(self.id.as_str()) && is_name(authority)).then(|| format!("{} {scheme} {authority}", self.id))
    }
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
    let base_url = checked(section.base_url.as_ref(), problems, |url| address::check("base_url", url));
    Some(ProviderEntry {
        base_url: base_url.or_else(|| Some(kind?.base_url()?.to_owned())),
        lender: kind.and_then(|kind| lender(kind, section, problems)),
        replay: kind.and_then(|kind| replay::build(kind, section, problems)),
        folder: checked(section.folder.as_ref(), problems, |folder| {
            check_label("folder", folder, MAX_FOLDER_BYTES).map(|()| folder.to_owned())
        }),
        streams: section.stream,
        quirks: section.quirks.unwrap_or_default(),
        api_key,
        ca_file: checked(section.ca_file.as_ref(), problems, |path| {
            check_label("ca_file", path, MAX_PATH_BYTES).map(|()| PathBuf::from(path))
        }),
        headers: headers(section, problems),
        proxy: checked(section.proxy.as_ref(), problems, |url| address::check("proxy", url)),
        max_concurrency: max_concurrency(section, kind, problems),
        timeouts: timeouts(section, problems),
        drain_s: drain_s(section),
        origin,
        id: id?,
        kind: kind?,
    })
}

/// What a wire must have, and what means nothing to it.
fn check_fit(kind: Wire, section: &ProviderSection, problems: &mut Problems) {
    if kind == Wire::OpenAiChat && section.base_url.is_none() {
        problems.at(&section.kind, "an openai-chat provider needs base_url = \"https://…\"");
    }
    if kind == Wire::Offline {
        for place in [&section.base_url, &section.proxy, &section.ca_file].into_iter().flatten() {
            problems.at(place, "the offline provider uses no network: remove this");
        }
        if let Some(place) = &section.api_key {
            problems.at(place, "the offline provider takes no key: remove this");
        }
    }
    if kind != Wire::GigaChat {
        for place in [&section.auth_url, &section.scope].into_iter().flatten() {
            problems.at(place, "only gigachat is lent tokens: remove this");
        }
    }
    if let Some(place) = section.folder.as_ref().filter(|_| kind != Wire::Yandex) {
        problems.at(place, "only yandex has folders: remove this");
    }
}

/// Where GigaChat lends tokens, unless the configuration says otherwise.
fn lender(kind: Wire, section: &ProviderSection, problems: &mut Problems) -> Option<Lender> {
    if kind != Wire::GigaChat {
        return None;
    }
    let auth_url = checked(section.auth_url.as_ref(), problems, |url| address::check("auth_url", url));
    let scope = checked(section.scope.as_ref(), problems, |scope| {
        let is_known = GIGACHAT_SCOPES.contains(&scope);
        let wrong = || format!("scope must be one of {}", GIGACHAT_SCOPES.join(", "));
        if is_known { Ok(scope.to_owned()) } else { Err(wrong()) }
    });
    Some(Lender {
        auth_url: auth_url.unwrap_or_else(|| GIGACHAT_LENDER.to_owned()),
        scope: scope.unwrap_or_else(|| GIGACHAT_PERSON.to_owned()),
    })
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

fn max_concurrency(section: &ProviderSection, kind: Option<Wire>, problems: &mut Problems) -> u32 {
    match &section.max_concurrency {
        // A person has one stream at a time there.
        None if kind == Some(Wire::GigaChat) => 1,
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
