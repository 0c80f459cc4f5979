//! What `plyrum replay` prints.

use plyrum_billing_client::Usage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `plyrum replay --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayReport {
    /// How many ways of cutting the recorded bytes were compared.
    pub seeds: u64,
    /// The cassette's exchanges, in its order.
    pub exchanges: Vec<ReplayedExchange>,
    /// Bytes behind the last whole exchange: the recording of a further one was broken off.
    #[serde(default, skip_serializing_if = "no_bytes")]
    pub torn_bytes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn no_bytes(bytes: &u64) -> bool {
    *bytes == 0
}

/// One recorded exchange, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedExchange {
    /// The model's name on the wire.
    pub model: String,
    /// The wire format.
    pub wire: String,
    /// What was asked: SHA-256 over model, messages and parameters.
    pub key: String,
    /// The HTTP status; none where no response came.
    pub status: Option<u16>,
    /// From the request to the first byte of the body, as recorded.
    pub first_byte_ms: Option<u64>,
    /// From the request to the end, as recorded.
    pub ms: u64,
    /// How the recording ended: `clean`, `cut`, `failed`, `left` or `withheld`.
    pub recorded: String,
    /// The answer's text.
    pub answer: String,
    /// The model's reasoning, where the provider shows it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The tools that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ReplayedCall>,
    /// What the provider says was used; none where it said nothing that makes sense.
    pub usage: Option<Usage>,
    /// What the end comes to: `finished`, `cut`, or the class of a failure.
    pub end: String,
    /// Why, in the provider's words or ours.
    pub why: String,
    /// The first seed by which the same bytes gave other events; none where all gave the same.
    pub differs_with_seed: Option<u64>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedCall {
    /// Its id.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments, as the model wrote them.
    pub arguments: String,
}
