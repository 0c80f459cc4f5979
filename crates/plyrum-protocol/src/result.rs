//! The `result` object: the last line of `stream-json`, the whole of `json`, and the content of
//! `run.finished`. One shape, so one number for money everywhere.

use crate::{AttemptId, Check, ErrorKind, Excluded, Fault, Role, RunId, SessionId, StepId};
use plyrum_billing_client::{MicroRub, Quality, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Still going (only in lists).
    Running,
    /// With its answer.
    Succeeded,
    /// With an answer that is less than was planned.
    Degraded,
    /// Without an answer.
    Failed,
    /// By a person or a closed pipe.
    Cancelled,
    /// By the death of the daemon.
    Interrupted,
    /// Waiting for an approval.
    Parked,
    /// Going on without this client.
    Detached,
}

impl RunStatus {
    /// The word used in JSON and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Parked => "parked",
            Self::Detached => "detached",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// To its end.
    Ok,
    /// Cut short with some text.
    Cut,
    /// Cancelled by us.
    Cancelled,
    /// Without text.
    Failed,
}

impl AttemptOutcome {
    /// The word used in JSON and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cut => "cut",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// Canonical usage with how well it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageView {
    /// The disjoint meters.
    #[serde(flatten)]
    pub meters: Usage,
    /// How well they are known.
    pub quality: Quality,
}

impl UsageView {
    /// Nothing used, nothing reported.
    pub fn missing() -> Self {
        Self { meters: Usage::default(), quality: Quality::Missing }
    }
}

/// One attempt in a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptResult {
    /// Its id.
    pub attempt: AttemptId,
    /// Its step.
    pub step: StepId,
    /// What it was for.
    pub role: Role,
    /// Who served it.
    pub provider: String,
    /// With which model (catalogue id).
    pub model: String,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What was used.
    pub usage: UsageView,
    /// What was charged.
    pub cost_micro_rub: MicroRub,
    /// Nothing was charged, since its price is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// From request to end.
    pub ms: u64,
    /// How long it waited for a free place of its provider before that; none where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_ms: Option<u64>,
    /// Why it did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
}

/// The constant `"result"` in the field `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ResultTag {
    /// A run's result.
    #[serde(rename = "result")]
    Result,
    /// A dry run's plan.
    #[serde(rename = "dry_run")]
    DryRun,
}

/// The outcome of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// Always `result`.
    #[serde(rename = "type")]
    pub tag: ResultTag,
    /// Version of this shape: 1.
    pub schema: u32,
    /// The run; empty where it failed before there was one.
    pub run: Option<RunId>,
    /// Its session.
    pub session: Option<SessionId>,
    /// How it ended.
    pub status: RunStatus,
    /// The answer, also a partial one. One that fits its schema is the JSON text alone, as the model wrote it but for a
    /// code fence around it.
    pub answer: String,
    /// The answer as data, where a schema was asked for and the answer fits it.
    pub structured: Option<serde_json::Value>,
    /// The plan that ran.
    pub plan: String,
    /// The model that wrote the answer (catalogue id).
    pub model: String,
    /// Sum over all attempts; quality is the worst among them.
    pub usage: UsageView,
    /// Sum over all attempts: the one number.
    pub cost_micro_rub: MicroRub,
    /// How many attempts are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unpriced: u32,
    /// What a mixture cost over asking its best member alone, by that member's own attempt; of a question that was hedged,
    /// what the attempt cost that did not answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_over_direct_micro_rub: Option<MicroRub>,
    /// One row per request that was held.
    pub attempts: Vec<AttemptResult>,
    /// From accepted to finished.
    pub duration_ms: u64,
    /// Why there is no (whole) answer.
    pub error: Option<Fault>,
}

impl RunResult {
    /// A result for a run that never came to be.
    pub fn refused(run: Option<RunId>, status: RunStatus, fault: Fault) -> Self {
        Self {
            tag: ResultTag::Result,
            schema: 1,
            run,
            session: None,
            status,
            answer: String::new(),
            structured: None,
            plan: String::new(),
            model: String::new(),
            usage: UsageView::missing(),
            cost_micro_rub: MicroRub::ZERO,
            unpriced: 0,
            extra_over_direct_micro_rub: None,
            attempts: Vec::new(),
            duration_ms: 0,
            error: Some(fault),
        }
    }
}

/// One step of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DryRunStep {
    /// Name in the plan.
    pub step: StepId,
    /// What its attempts are booked as.
    pub role: Role,
    /// First choice of model.
    pub model: String,
}

/// What would run, and what it would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DryRun {
    /// Always `dry_run`.
    #[serde(rename = "type")]
    pub tag: ResultTag,
    /// The plan.
    pub plan: String,
    /// Its steps.
    pub steps: Vec<DryRunStep>,
    /// Least it can cost.
    pub price_low_micro_rub: MicroRub,
    /// Most it can cost.
    pub price_high_micro_rub: MicroRub,
    /// Models in it whose price nobody knows: what they cost is in neither figure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<String>,
    /// Why this plan and these models.
    pub reasons: Vec<String>,
    /// Models that would serve if their provider were asked now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<Excluded>,
    /// What its proposals would have to stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}
