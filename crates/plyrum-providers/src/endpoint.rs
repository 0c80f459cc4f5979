//! Where a hosted provider is and how patient we are with it. The daemon builds it from the catalogue; keys
//! arrive here already resolved and never leave.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use plyrum_redact::Secret;

/// The wire format an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// `POST {base}/chat/completions`, server-sent events; many servers speak it.
    OpenAiChat,
}

/// One hosted or local provider. Its `Debug` names headers and hides their values.
pub struct Endpoint {
    /// The provider's id in the configuration, for messages.
    pub name: String,
    /// The wire format.
    pub kind: Wire,
    /// Everything before `/chat/completions`, with or without a trailing slash.
    pub base_url: String,
    /// Sent as `Authorization: Bearer …`; a local server may need none. An `Authorization` in `headers`
    /// takes its place.
    pub key: Option<Secret>,
    /// PEM certificates trusted beside the platform's.
    pub ca_file: Option<PathBuf>,
    /// Further request headers. Their values are treated as secrets in messages.
    pub headers: Vec<(String, String)>,
    /// Proxy URL for this provider; else `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` decide.
    /// Loopback addresses never go through a proxy of the environment.
    pub proxy: Option<String>,
    /// The limits of waiting.
    pub timeouts: Timeouts,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("kind", &self.kind)
            // A user and password do not belong there; until that is refused they are not shown either.
            .field("base_url", &self.base_url.rsplit('@').next())
            .field("key", &self.key)
            .field("ca_file", &self.ca_file)
            .field("headers", &headers)
            .field("proxy", &self.proxy.as_ref().map(|_| "set"))
            .field("timeouts", &self.timeouts)
            .finish()
    }
}

/// Limits of waiting, each its own; there is no single timeout on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name lookup, TCP, proxy tunnel and TLS handshake together.
    pub connect: Duration,
    /// From the start of the request to the response's headers.
    pub headers: Duration,
    /// From the headers to the first text; reasoning models need more.
    pub first_event: Duration,
    /// Between any two pieces of bytes; keep-alive comments count.
    pub idle_bytes: Duration,
    /// Between two pieces of text.
    pub idle_events: Duration,
    /// The whole exchange.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_mins(1),
            first_event: Duration::from_mins(2),
            idle_bytes: Duration::from_secs(90),
            idle_events: Duration::from_mins(10),
            total: Duration::from_mins(30),
        }
    }
}
