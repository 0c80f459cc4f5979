//! What a request failed with, in words that scripts can rely on: the sentence beside it is for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a request met. A newer daemon may know further words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureView {
    /// `connect`, `tls`, `reset`, `timeout`, `auth`, `rejected`, `too_large`, `rate_limited`, `quota`, `overloaded`,
    /// `server`, `broken`, `protocol`, `config`; `not_asked` where nothing was sent.
    pub class: String,
    /// The HTTP status, where there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The limit of ours that passed: `connect`, `headers`, `first_event`, `idle_bytes`, `idle_events`, `after_stop` or
    /// `total`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}
