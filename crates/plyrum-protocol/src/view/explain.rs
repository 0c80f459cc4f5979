//! `explain`: one run's charges, recomputed in the open from the stored inputs.

use crate::{AttemptId, AttemptOutcome, Role, RunId, RunStatus, SessionId, StepId, Timestamp, UsageView};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One meter of an attempt: tokens × price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainMeter {
    /// `input`, `cache_read` …, `request`, or a unit.
    pub meter: String,
    /// How many.
    pub count: u64,
    /// Price per million (fees: each), as a decimal in the price's currency.
    pub price: String,
}

/// Why an attempt was not the first one of its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainRetry {
    /// Which try of the step.
    #[serde(rename = "try")]
    pub try_number: u32,
    /// What the attempt before it ended with.
    pub cause: String,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainAttempt {
    /// Its id.
    pub attempt: AttemptId,
    /// Its step.
    pub step: StepId,
    /// What it was for.
    pub role: Role,
    /// Who served it.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// How it ended; none while it runs.
    pub outcome: Option<AttemptOutcome>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A repeat, and of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<ExplainRetry>,
    /// What was used.
    pub usage: UsageView,
    /// Meter by meter, with the prices that applied (tier chosen).
    pub meters: Vec<ExplainMeter>,
    /// The price's currency.
    pub currency: String,
    /// Version of the price row.
    pub price_version: String,
    /// RUB per unit of the currency, markup included, exact: a decimal, or a fraction where no decimal is.
    pub fx: String,
    /// Reserved before it was sent.
    pub hold_micro_rub: MicroRub,
    /// Charged: one rounding, upward.
    pub cost_micro_rub: MicroRub,
    /// What the formula gives today for the stored meters, price and rate; none where it gives nothing. It may be
    /// more than the charge of an estimate only, which is never over its hold.
    pub computed_micro_rub: Option<MicroRub>,
    /// Whether the charge follows from that: it is the same, or, for an estimate, limited to the hold.
    pub recomputes: bool,
    /// Whether a person should look at it.
    pub review: bool,
    /// Time to first token.
    pub ttft_ms: Option<u64>,
    /// From request to end.
    pub ms: Option<u64>,
}

/// The whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainReport {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// How it ended.
    pub status: RunStatus,
    /// Its plan.
    pub plan: String,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// One row per request.
    pub attempts: Vec<ExplainAttempt>,
    /// Their sum.
    pub cost_micro_rub: MicroRub,
}
