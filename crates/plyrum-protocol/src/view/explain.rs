//! `explain`: one run's charges, recomputed in the open from the stored inputs.

use crate::{
    AttemptId, AttemptOutcome, Excluded, FailureView, Intent, Language, OutputKind, Risk, Role, RunId,
    RunStatus, SessionId, StepId, Timestamp, UsageView, VoteGroup,
};
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
    /// Count × price, exact, in the price's currency; none where the price is not known.
    pub amount: Option<String>,
}

/// Why a request was, or was not, read from the provider's cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainCache {
    /// `hit`, `miss`, or `unknown`.
    pub verdict: String,
    /// `hit`; `first`: no earlier request of the session to this model; `changed`: its messages differ from the
    /// earlier one's; `short`: what they share is less than providers cache; `expired`: too long ago;
    /// `missed`: nothing explains it; `not_reported`.
    pub cause: String,
    /// The earlier request that this one is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<AttemptId>,
    /// With `changed`: the first message that differs, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    /// How many messages both begin with, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_messages: Option<u64>,
    /// With `short`: at most so many tokens are shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_tokens: Option<u64>,
    /// From the end of the earlier request to the start of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
}

/// What the provider says that the attempt cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainProviderCost {
    /// In its own words.
    pub said: String,
    /// In rubles, by the attempt's exchange rate.
    pub micro_rub: Option<MicroRub>,
    /// How much more (or less) that is than the charge.
    pub difference_micro_rub: Option<MicroRub>,
}

/// Another model or provider than the attempt of the step before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainFallback {
    /// Which model was asked before.
    pub from_model: String,
    /// Who was asked before.
    pub from_provider: String,
    /// What that ended with.
    pub cause: String,
    /// The same in words, where it is still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Why an attempt was not the first one of its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainRetry {
    /// Which try of the step.
    #[serde(rename = "try")]
    pub try_number: u32,
    /// What the attempt before it ended with.
    pub cause: String,
    /// The same in words, where it is still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The wait before it, where it is still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// The provider asked for that wait (`Retry-After`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retry_after: bool,
}

/// The attempt of the same step that was silent when this one began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainHedge {
    /// Which.
    pub beside: AttemptId,
    /// How long that one had been silent.
    pub after_ms: u64,
}

/// How the run's check ended for the code of an attempt's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainCheck {
    /// Whether its command ended with 0.
    pub passed: bool,
    /// Its exit code, where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Why it does not pass, where no exit code says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How long its command took.
    pub ms: u64,
}

/// What an attempt told of a provider that then was not asked any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainRest {
    /// Failures in a row.
    pub failures: u32,
    /// Until when it was not asked.
    pub until: Timestamp,
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
    /// The same in words, where they are still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What its provider, or the way there, failed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// How long it waited for a free place of its provider; in no other figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_ms: Option<u64>,
    /// It tried whether its provider answers again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_probe: bool,
    /// It was the failure after which its provider was not asked for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<ExplainRest>,
    /// A hedge, and of what: it is neither a repeat nor a fallback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<ExplainHedge>,
    /// How the run's check ended for its answer; none where there was none, or it was not this answer's turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<ExplainCheck>,
    /// A repeat, and of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<ExplainRetry>,
    /// It went to another model or provider than the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<ExplainFallback>,
    /// `charged`, `free` (charged, nothing), `unpriced`, `missing` (nothing was used), `released` (never sent), or
    /// `open`.
    pub billing: String,
    /// What was used.
    pub usage: UsageView,
    /// The provider's own report of it, redacted; also where it contradicts itself and could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_usage: Option<String>,
    /// Why the cache was hit or missed; none for what was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<ExplainCache>,
    /// Meter by meter, with the prices that applied (tier chosen).
    pub meters: Vec<ExplainMeter>,
    /// The price's currency.
    pub currency: String,
    /// Version of the price row.
    pub price_version: String,
    /// RUB per unit of the currency, markup included, exact: a decimal, or a fraction where no decimal is.
    pub fx: String,
    /// Version of the exchange rate.
    pub fx_version: String,
    /// Sum of the meters' amounts, exact, in the price's currency; none where a price is not known.
    pub sum: Option<String>,
    /// The same in rubles, exact, before the one rounding (a trailing `…` where no decimal is exact).
    pub sum_rub: Option<String>,
    /// Reserved before it was sent.
    pub hold_micro_rub: MicroRub,
    /// Charged: one rounding, upward.
    pub cost_micro_rub: MicroRub,
    /// What the formula gives today for the stored meters, price and rate; none where it gives nothing. It may be
    /// more than the charge of an estimate only, which is never over its hold.
    pub computed_micro_rub: Option<MicroRub>,
    /// Whether the charge follows from that: it is the same, or, for an estimate, limited to the hold.
    pub recomputes: bool,
    /// The part of the charge that was over the hold and is owed (prepaid).
    pub debt_micro_rub: MicroRub,
    /// What the provider says that it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_cost: Option<ExplainProviderCost>,
    /// Whether a person should look at it.
    pub review: bool,
    /// Time to first token.
    pub ttft_ms: Option<u64>,
    /// From request to end.
    pub ms: Option<u64>,
}

/// What the router made of the prompt, and why the plan is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainDecision {
    /// Kind of work.
    pub intent: Intent,
    /// Confidence in it, 0..=1000.
    pub intent_confidence_milli: u32,
    /// Fields of knowledge.
    pub domains: Vec<String>,
    /// How careful to be.
    pub risk: Risk,
    /// Why.
    pub risk_reasons: Vec<String>,
    /// The shape of the answer.
    pub output_kind: OutputKind,
    /// Of the prompt.
    pub language: Language,
    /// Version of the rules and hash of the weights that decided.
    pub router: String,
    /// Why this plan.
    pub reasons: Vec<String>,
}

/// How a step counted the answers of its proposals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainVotes {
    /// The step.
    pub step: StepId,
    /// The heaviest first.
    pub groups: Vec<VoteGroup>,
    /// Whether the first group's answer was taken; else the question went on to another model.
    pub settles: bool,
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
    /// What the router decided; none where the session's log is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ExplainDecision>,
    /// Votes that were counted; none where the session's log is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<ExplainVotes>,
    /// Models that would have served if their provider had been asked then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<Excluded>,
    /// One row per request.
    pub attempts: Vec<ExplainAttempt>,
    /// Their sum.
    pub cost_micro_rub: MicroRub,
    /// The part of it for repeats; a hedge is none.
    pub repeats_micro_rub: MicroRub,
    /// The part of it for attempts that failed, broke off or were cancelled.
    pub wasted_micro_rub: MicroRub,
    /// What a mixture cost over asking its best member alone, and a hedge over no hedge; none for other runs, and before the
    /// end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_over_direct_micro_rub: Option<MicroRub>,
    /// Attempts that were charged nothing: given back, or nothing was used.
    pub unbilled: u64,
    /// Attempts whose price is not known.
    pub unpriced: u64,
}
