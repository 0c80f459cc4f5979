//! `usage`: sums of ledger rows by one dimension.

use crate::{Timestamp, UsageView};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageRow {
    /// The group's name: a model, a day …
    pub key: String,
    /// Runs that began to use this in the time: by model, provider or role a run counts for each of them.
    pub runs: u64,
    /// Attempts.
    pub attempts: u64,
    /// Summed meters; quality is the worst among them.
    pub usage: UsageView,
    /// Summed charges.
    pub cost_micro_rub: MicroRub,
    /// Attempts whose price was not known.
    pub unpriced: u64,
    /// With `--compare`: runs of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_runs: Option<u64>,
    /// With `--compare`: attempts of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_attempts: Option<u64>,
    /// With `--compare`: charges of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_cost_micro_rub: Option<MicroRub>,
    /// With `--compare`: attempts of the period before whose price was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_unpriced: Option<u64>,
}

/// The sum of all groups. Runs are counted once, so it can be less than the sum of the rows' runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageTotal {
    /// Runs that began to use this in the time: by model, provider or role a run counts for each of them.
    pub runs: u64,
    /// Attempts.
    pub attempts: u64,
    /// Summed meters.
    pub usage: UsageView,
    /// Summed charges.
    pub cost_micro_rub: MicroRub,
    /// Attempts whose price was not known.
    pub unpriced: u64,
    /// With `--compare`: runs of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_runs: Option<u64>,
    /// With `--compare`: attempts of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_attempts: Option<u64>,
    /// With `--compare`: charges of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_cost_micro_rub: Option<MicroRub>,
    /// With `--compare`: attempts of the period before whose price was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_unpriced: Option<u64>,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageReport {
    /// The dimension.
    pub by: String,
    /// From when; null for everything.
    pub since: Option<Timestamp>,
    /// Until when; null for everything.
    pub until: Option<Timestamp>,
    /// With `--compare`: from when the period before was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_since: Option<Timestamp>,
    /// With `--compare`: until when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<Timestamp>,
    /// Groups, the dearest first; days and hours in order of time.
    pub rows: Vec<UsageRow>,
    /// Their sum.
    pub total: UsageTotal,
}
