//! Where a hosted provider is and how patient we are with it. The daemon builds it from the catalogue; keys
//! arrive here already resolved and never leave.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use plyrum_billing_client::Convention;
use plyrum_redact::Secret;

/// The wire format an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// `POST {base}/chat/completions`, server-sent events; many servers speak it.
    OpenAiChat,
    /// `POST {base}/v1/messages`, typed server-sent events.
    Anthropic,
    /// `POST {base}/chat/completions` with a lent token, functions.
    GigaChat,
    /// `POST {base}/v1beta/models/{model}:streamGenerateContent`, server-sent events: Google's own.
    Gemini,
    /// `POST {base}/api/chat`, a line of JSON for each piece: Ollama's own.
    Ollama,
    /// `POST {base}/responses`, typed server-sent events.
    OpenAiResponses,
    /// `openai-chat` as `OpenRouter` has it: its own price, thoughts that go back, marks of a prompt cache.
    OpenRouter,
    /// `openai-chat` as `DeepSeek` has it: thoughts that go back as text, no answers by a schema.
    DeepSeek,
    /// `openai-chat` as Yandex has it: keys under another word.
    Yandex,
}

impl Wire {
    /// Every wire.
    pub const ALL: &'static [Self] = &[
        Self::OpenAiChat,
        Self::Anthropic,
        Self::GigaChat,
        Self::Gemini,
        Self::Ollama,
        Self::OpenAiResponses,
        Self::OpenRouter,
        Self::DeepSeek,
        Self::Yandex,
    ];

    /// Its name, as `kind` in the configuration has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::Anthropic => "anthropic",
            Self::GigaChat => "gigachat",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::OpenAiResponses => "openai-responses",
            Self::OpenRouter => "openrouter",
            Self::DeepSeek => "deepseek",
            Self::Yandex => "yandex",
        }
    }

    /// What contains what in its counts.
    #[must_use]
    pub fn convention(self) -> Convention {
        crate::wire::format(self).convention()
    }

    /// The wire of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|wire| wire.name() == name)
    }
}

/// One hosted or local provider. Its `Debug` names headers and hides their values.
pub struct Endpoint {
    /// The provider's id in the configuration, for messages.
    pub name: String,
    /// The wire format.
    pub kind: Wire,
    /// Everything before what the wire puts behind it, with or without a trailing slash.
    pub base_url: String,
    /// Sent as the wire has it; a local server may need none. A header of the same name in `headers` takes its place.
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
    /// How this server differs from others of its wire.
    pub manner: Manner,
    /// Where tokens are lent for the key, of wires that want one.
    pub lender: Option<Lender>,
}

/// Where a provider lends tokens for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lender {
    /// The address, whole.
    pub url: String,
    /// What the tokens are for, in the provider's words.
    pub scope: String,
}

impl Endpoint {
    /// An endpoint without key, headers and proxy, as patient as usual.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Wire, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: base_url.into(),
            key: None,
            ca_file: None,
            headers: Vec::new(),
            proxy: None,
            timeouts: Timeouts::default(),
            manner: Manner::default(),
            lender: None,
        }
    }
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
            .field("manner", &self.manner)
            .field("lender", &self.lender)
            .finish()
    }
}

/// How one server differs from others of its wire: data of presets and of the configuration, never code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a server")]
pub struct Manner {
    /// Answers are asked for as streams; else each comes whole.
    pub streams: bool,
    /// The field that bounds the output, of `openai-chat`.
    pub output_limit: OutputLimit,
    /// Usage in a stream is asked for by `stream_options`, of `openai-chat`; some servers refuse the field.
    pub asks_usage: bool,
    /// How an answer's form is asked for.
    pub form: FormSupport,
    /// A temperature is taken; some reasoning models refuse any.
    pub takes_temperature: bool,
    /// The wish for more or less thinking is taken.
    pub takes_effort: bool,
    /// Marks of a prompt cache are taken, where the wire has them.
    pub takes_cache_marks: bool,
    /// A marked beginning is kept for an hour instead of five minutes, which costs more to write.
    pub caches_an_hour: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            streams: true,
            output_limit: OutputLimit::MaxTokens,
            asks_usage: true,
            form: FormSupport::Schema,
            takes_temperature: true,
            takes_effort: true,
            takes_cache_marks: true,
            caches_an_hour: false,
        }
    }
}

/// The field that bounds the output in `openai-chat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputLimit {
    /// `max_tokens`, which nearly all servers know.
    MaxTokens,
    /// `max_completion_tokens`: OpenAI's own reasoning models refuse the other.
    MaxCompletionTokens,
}

/// How an answer's form is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormSupport {
    /// By its JSON Schema.
    Schema,
    /// As JSON of any form; the schema is told in words by who asks.
    Json,
    /// Not at all.
    Nothing,
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
    /// The same of a model that thinks before it answers.
    pub first_thought: Duration,
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
            first_thought: Duration::from_mins(10),
            idle_bytes: Duration::from_secs(90),
            idle_events: Duration::from_mins(10),
            total: Duration::from_mins(30),
        }
    }
}
