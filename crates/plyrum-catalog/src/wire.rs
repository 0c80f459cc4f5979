//! Wires by their words in the configuration, and what is known of each beside how it is spoken.

use serde::{Deserialize, Serialize};

/// A wire format that this build speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// `POST {base}/chat/completions`.
    #[serde(rename = "openai-chat")]
    OpenAiChat,
    /// `POST {base}/responses`.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// `POST {base}/v1/messages`.
    Anthropic,
    /// `POST {base}/v1beta/models/{model}:streamGenerateContent`.
    Gemini,
    /// `POST {base}/api/chat`.
    Ollama,
    /// As `openai-chat`, with prices and upstreams of its own.
    #[serde(rename = "openrouter")]
    OpenRouter,
    /// As `openai-chat`, with a cache that is told apart.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// As `openai-chat`, with folders.
    Yandex,
    /// As `openai-chat` of old, with lent tokens.
    #[serde(rename = "gigachat")]
    GigaChat,
    /// The embedded provider: no network.
    Offline,
    /// What was recorded, played again: no network either.
    Replay,
}

impl Wire {
    /// Every wire, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::OpenRouter,
        Self::DeepSeek,
        Self::Yandex,
        Self::GigaChat,
        Self::Offline,
        Self::Replay,
    ];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::OpenRouter => "openrouter",
            Self::DeepSeek => "deepseek",
            Self::Yandex => "yandex",
            Self::GigaChat => "gigachat",
            Self::Offline => "offline",
            Self::Replay => "replay",
        }
    }

    /// The wire of a word.
    pub(crate) fn parse(kind: &str) -> Result<Self, String> {
        let has = Self::ALL.map(Self::as_str).join(", ");
        let known = Self::ALL.into_iter().find(|wire| wire.as_str() == kind);
        known.ok_or_else(|| format!("`{}` is not a wire format; this build has: {has}", kind.escape_debug()))
    }

    /// Where its one server is; none for wires that many servers speak.
    #[must_use]
    pub const fn base_url(self) -> Option<&'static str> {
        Some(match self {
            Self::OpenAiChat | Self::Offline | Self::Replay => return None,
            Self::OpenAiResponses => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com",
            Self::Gemini => "https://generativelanguage.googleapis.com",
            Self::Ollama => "http://127.0.0.1:11434",
            Self::OpenRouter => "https://openrouter.ai/api/v1",
            Self::DeepSeek => "https://api.deepseek.com",
            Self::Yandex => "https://ai.api.cloud.yandex.net/v1",
            Self::GigaChat => "https://gigachat.devices.sberbank.ru/api/v1",
        })
    }
}

/// Where tokens are lent for the key, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lender {
    /// The address, whole.
    pub auth_url: String,
    /// `GIGACHAT_API_PERS`, `GIGACHAT_API_B2B` or `GIGACHAT_API_CORP`.
    pub scope: String,
}

/// Where GigaChat lends its tokens.
pub(crate) const GIGACHAT_LENDER: &str = "https://ngw.devices.sberbank.ru:9443/api/v2/oauth";
/// The scope of a person.
pub(crate) const GIGACHAT_PERSON: &str = "GIGACHAT_API_PERS";
/// All scopes.
pub(crate) const GIGACHAT_SCOPES: [&str; 3] = [GIGACHAT_PERSON, "GIGACHAT_API_B2B", "GIGACHAT_API_CORP"];

/// How one server differs from others of its wire. What is absent is as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// The field that bounds the output, of `openai-chat`.
    pub output_limit: Option<OutputLimitField>,
    /// Whether usage in a stream has to be asked for, of `openai-chat`.
    pub asks_usage: Option<bool>,
    /// How an answer's form is asked for.
    pub schema: Option<SchemaSupport>,
    /// Whether a temperature is taken.
    pub temperature: Option<bool>,
    /// Whether the wish for more or less thinking is taken.
    pub effort: Option<bool>,
    /// How long a marked beginning of a conversation is kept.
    pub cache: Option<CacheLife>,
}

/// The field that bounds the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputLimitField {
    /// What nearly all servers know.
    MaxTokens,
    /// What OpenAI's own reasoning models want.
    MaxCompletionTokens,
}

/// How an answer's form is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaSupport {
    /// By its schema.
    Native,
    /// As JSON of any form.
    Json,
    /// In words only.
    None,
}

/// How long a marked beginning is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CacheLife {
    /// Five minutes.
    #[serde(rename = "5m")]
    Minutes,
    /// An hour; to write it costs more.
    #[serde(rename = "1h")]
    Hour,
    /// Nothing is marked.
    #[serde(rename = "none")]
    None,
}
