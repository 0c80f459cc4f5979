//! One failure type for every wire. The class is what retry, fallback and circuit-breaking policy looks at;
//! the message is for people: what was tried and why it failed, on one line, with the key masked.

use std::fmt;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// The kind of failure.
    pub class: ErrorClass,
    /// The HTTP status, if the provider answered with one.
    pub status: Option<u16>,
    /// What happened, with its outermost and its innermost cause; one line of at most about 4 KiB, secrets masked.
    pub message: String,
    /// How long the provider asked to wait, milliseconds; nonsense and anything over a day is dropped.
    pub retry_after_ms: Option<u64>,
    /// The limit of ours that passed, if that was it.
    pub limit: Option<Limit>,
}

impl ProviderError {
    /// An error without status or waiting time.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, status: None, message: message.into(), retry_after_ms: None, limit: None }
    }
}

/// The limits of waiting for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// For a connection.
    Connect,
    /// From the request to the response's headers.
    Headers,
    /// From the headers to the first text.
    FirstEvent,
    /// Between bytes.
    IdleBytes,
    /// Between texts.
    IdleEvents,
    /// From the answer's end to the end of the stream.
    AfterStop,
    /// For all of it.
    Total,
}

impl Limit {
    const ALL: [Self; 7] = [
        Self::Connect,
        Self::Headers,
        Self::FirstEvent,
        Self::IdleBytes,
        Self::IdleEvents,
        Self::AfterStop,
        Self::Total,
    ];

    /// The limit of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }

    /// Its name: that of its setting, where it has one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Headers => "headers",
            Self::FirstEvent => "first_event",
            Self::IdleBytes => "idle_bytes",
            Self::IdleEvents => "idle_events",
            Self::AfterStop => "after_stop",
            Self::Total => "total",
        }
    }
}

/// The kinds of failure a caller can act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The host's name was not found.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The connection could not be made for another reason.
    Connect,
    /// The encrypted connection could not be made: certificate or handshake.
    Tls,
    /// One of our limits passed, or the provider said 408 or 504.
    Timeout,
    /// The connection broke.
    Reset,
    /// The proxy refused or failed.
    Proxy,
    /// The key is missing, wrong or not allowed (401, 403).
    Auth,
    /// The request is wrong or the model unknown (400, 404, 422 and other 4xx).
    Rejected,
    /// The conversation is too long (413, or a context length error).
    TooLarge,
    /// Too many requests for now (429).
    RateLimited,
    /// No credit left (402, or a 429 that says so): waiting does not help.
    Quota,
    /// The provider is overloaded (425, 529, or an error that says so).
    Overloaded,
    /// The provider failed (other 5xx, or an in-stream error).
    Server,
    /// The provider's bytes make no sense, or are over a limit.
    Protocol,
    /// The provider pointed elsewhere; keys do not follow.
    Redirected,
    /// Our own configuration of the endpoint is wrong.
    Config,
}

impl ErrorClass {
    /// Every class.
    const ALL: [Self; 17] = [
        Self::Dns,
        Self::Refused,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Reset,
        Self::Proxy,
        Self::Auth,
        Self::Rejected,
        Self::TooLarge,
        Self::RateLimited,
        Self::Quota,
        Self::Overloaded,
        Self::Server,
        Self::Protocol,
        Self::Redirected,
        Self::Config,
    ];

    /// The class of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The class as it appears in frames, logs and ledger rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Proxy => "proxy",
            Self::Auth => "auth",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Quota => "quota",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Redirected => "redirected",
            Self::Config => "config",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
