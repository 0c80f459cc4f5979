//! What `plyrum bench moa --data DIR` prints: policies replayed on recorded answers of real models.

use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The whole report. Shares and differences are in points: hundredths of all questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaReport {
    /// Version of this shape: 2.
    pub schema: u32,
    /// Always `replay`.
    pub evidence: String,
    /// What the figures rest on, and what they cannot show.
    pub assumptions: Vec<String>,
    /// Policies by panel and task.
    pub cells: Vec<MoaCell>,
    /// What `auto` keeps of the gain of full votes, over the panels with names whose vote gains: by task, and of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<MoaKept>,
    /// Votes of near-equal members that were drawn, by task.
    pub drawn: Vec<MoaDrawn>,
    /// Waiting for a quorum beside waiting for all, by size of the timed models.
    pub quorum: Vec<MoaQuorum>,
    /// The rule of `auto` as this data has it.
    pub calibration: Vec<MoaCalibration>,
    /// How often the engine reads the answer in a whole recorded text as the pack does.
    pub reading: Vec<MoaReading>,
}

/// One panel on one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaCell {
    /// Name of the panel.
    pub panel: String,
    /// Name of the task.
    pub task: String,
    /// Its field, as the router calls it.
    pub domain: String,
    /// Questions.
    pub questions: u64,
    /// The best member by the other half of the questions, for each half.
    pub best: Vec<String>,
    /// Points of a policy that always found the right member.
    pub oracle: f64,
    /// The policies.
    pub arms: Vec<MoaArm>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaArm {
    /// Its name.
    pub arm: String,
    /// Questions asked.
    pub asked: u64,
    /// Of these, answered right; none where the recorded answers do not show it.
    pub right: Option<u64>,
    /// The same in points.
    pub accuracy: Option<f64>,
    /// Points over the best member alone, question by question.
    pub over_best: Option<f64>,
    /// Lower end of its 95 % interval.
    pub over_best_low: Option<f64>,
    /// Upper end.
    pub over_best_high: Option<f64>,
    /// Points over the vote that hears everybody, question by question; none where it was not played.
    pub over_vote: Option<f64>,
    /// Lower end of its 95 % interval.
    pub over_vote_low: Option<f64>,
    /// Upper end.
    pub over_vote_high: Option<f64>,
    /// Requests in all, without repeats of refused ones.
    pub attempts: u64,
    /// Requests that a host refused; nothing was charged for them.
    pub refused: u64,
    /// Requests a question.
    pub calls: f64,
    /// Recorded characters a question, of answers that were heard to their end.
    pub chars: f64,
    /// Input tokens in all, estimated from bytes.
    pub input_tokens: u64,
    /// Output tokens in all, estimated from characters.
    pub output_tokens: u64,
    /// What all of it would have cost by the assumed prices.
    pub cost_micro_rub: MicroRub,
    /// Median time of a run, from recorded timings.
    pub p50_ms: u64,
    /// 95th percentile of it.
    pub p95_ms: u64,
}

/// Panels whose full vote is over their best member, and what another policy keeps of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaKept {
    /// The other policy.
    pub policy: String,
    /// Name of the task, or `all`.
    pub task: String,
    /// Panels.
    pub panels: u64,
    /// Points of the full vote over the best member, on the mean of the panels.
    pub vote_over_best: f64,
    /// Requests a question of the full vote.
    pub vote_calls: f64,
    /// Points of the policy over the best member.
    pub over_best: f64,
    /// Requests a question of it.
    pub calls: f64,
    /// Its points of those of the full vote, in percent.
    pub kept_percent: f64,
}

/// Panels of five whose best member is at most five points over their mean, drawn from all recorded models by one half of
/// the questions and measured on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaDrawn {
    /// Name of the task.
    pub task: String,
    /// Panels.
    pub panels: u64,
    /// Of these, how many the full vote beats the best member of.
    pub vote_wins: u64,
    /// Points of the full vote over the best member, on the mean of the panels.
    pub vote_over_best: f64,
    /// The same of `auto`.
    pub auto_over_best: f64,
    /// Requests a question of `auto`; the full vote makes five.
    pub auto_calls: f64,
    /// Panels on which `auto` is under the best member, the whole 95 % interval of the difference below nothing.
    pub auto_loses: u64,
}

/// When a panel of six is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaQuorum {
    /// Size of the timed models, or `all`.
    pub size: String,
    /// Mixtures played.
    pub rounds: u64,
    /// Median time until all six had answered.
    pub all_p50_ms: u64,
    /// 95th percentile of it.
    pub all_p95_ms: u64,
    /// Median time until a quorum of five and its grace were over.
    pub quorum_p50_ms: u64,
    /// 95th percentile of it.
    pub quorum_p95_ms: u64,
    /// How much shorter the latter 95th percentile is, in percent.
    pub p95_saved_percent: f64,
    /// Proposals a mixture that came too late.
    pub late: f64,
}

/// The rule of one field: who is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaCalibration {
    /// The field.
    pub domain: String,
    /// `first half`, `second half` or `all` of the questions.
    pub made_from: String,
    /// A member so many thousandths under the best is left out.
    pub too_weak_milli: u32,
    /// With fewer members the best is asked alone.
    pub min_members: u32,
    /// Whether it is the rule that this program has.
    pub is_shipped: bool,
}

/// One task of whole recorded texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoaReading {
    /// The task.
    pub task: String,
    /// Texts with a recorded final answer.
    pub texts: u64,
    /// Of these, read alike.
    pub alike: u64,
}
