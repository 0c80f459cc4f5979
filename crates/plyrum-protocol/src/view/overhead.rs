//! The shape of `bench overhead --json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Times of one thing, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// The middle one.
    pub median_us: u64,
    /// One in twenty took longer.
    pub p95_us: u64,
    /// The longest.
    pub worst_us: u64,
}

/// What Plyrum adds on this machine, each figure beside the raw one of the same run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overhead {
    /// Requests of each kind.
    pub rounds: u32,
    /// `plyrum ask` with a warm daemon, from start to exit.
    pub warm_ask: Timing,
    /// From the submit to the first token, on a connection that is there.
    pub first_token: Timing,
    /// The same of a plain HTTP client.
    pub raw_first_token: Timing,
    /// A write and its flush to the disk under the data.
    pub fsync: Timing,
    /// Deltas of one long answer.
    pub deltas: u32,
    /// The whole of such an answer.
    pub long_answer: Timing,
    /// The same of a plain HTTP client.
    pub raw_long_answer: Timing,
    /// What a delta costs more than there, in nanoseconds: medians.
    pub delta_overhead_ns: u64,
    /// What the first token takes more than there, less one flush, in microseconds: medians.
    pub first_token_overhead_us: i64,
}
