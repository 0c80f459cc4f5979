//! `target/cost_report.json`: what each plan costs, machine-readable and reproducible to the byte.

use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostReport {
    /// Version of this shape: 2.
    pub schema: u32,
    /// `offline` or `live`.
    pub evidence: String,
    /// What the figures rest on.
    pub assumptions: Vec<String>,
    /// SHA-256 of the file of questions.
    pub questions_sha256: String,
    /// Price rows that were charged with.
    pub price_versions: Vec<String>,
    /// Exchange rates that were charged with.
    pub fx_versions: Vec<String>,
    /// One per plan.
    pub arms: Vec<CostArm>,
    /// Their sums, equal to the ledger's.
    pub total: CostTotal,
    /// The same plans replayed on recorded answers of real models, where there were some (`--data`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<CostReplay>,
}

/// Plans replayed through the engine on recorded answers. No ledger booked them, and no provider was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostReplay {
    /// Always `replay`.
    pub evidence: String,
    /// What the figures rest on.
    pub assumptions: Vec<String>,
    /// One per plan: the sums of its cells.
    pub arms: Vec<ReplayArm>,
    /// One per plan, panel and task.
    pub cells: Vec<ReplayCell>,
}

/// One plan on one panel and task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayCell {
    /// Name of the panel.
    pub panel: String,
    /// Name of the task.
    pub task: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: ReplayArm,
}

/// What one plan came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayArm {
    /// Name of the plan.
    pub arm: String,
    /// Questions.
    pub asked: u64,
    /// Requests.
    pub attempts: u64,
    /// Input tokens, estimated from bytes.
    pub input_tokens: u64,
    /// Output tokens, estimated from characters.
    pub output_tokens: u64,
    /// What it would have cost by the assumed prices.
    pub cost_micro_rub: MicroRub,
    /// What of that is beyond the plan `direct` on the same questions.
    pub extra_over_direct_micro_rub: MicroRub,
    /// Answered right; none where the recorded answers do not show it.
    pub right: Option<u64>,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostArm {
    /// Name of the plan.
    pub arm: String,
    /// Runs.
    pub runs: u64,
    /// Requests.
    pub attempts: u64,
    /// Tokens by meter.
    pub meters: BTreeMap<String, u64>,
    /// Charged.
    pub cost_micro_rub: MicroRub,
    /// Charged beyond the arm `direct` on the same questions.
    pub extra_over_direct_micro_rub: MicroRub,
    /// Questions with a gold answer.
    pub asked: u64,
    /// Of these, answered right.
    pub right: u64,
    /// What each role took.
    pub by_role: BTreeMap<String, CostRole>,
}

/// One role within a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostRole {
    /// Requests.
    pub attempts: u64,
    /// Charged.
    pub cost_micro_rub: MicroRub,
}

/// Sums over all arms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostTotal {
    /// Runs.
    pub runs: u64,
    /// Requests.
    pub attempts: u64,
    /// Tokens by meter.
    pub meters: BTreeMap<String, u64>,
    /// Charged.
    pub cost_micro_rub: MicroRub,
}

impl CostReplay {
    /// Why a plan's figures are not the sums of its cells; `None` where they are.
    fn contradiction(&self) -> Option<String> {
        let figures = |one: &ReplayArm| {
            let money = [one.cost_micro_rub.get(), one.extra_over_direct_micro_rub.get()];
            (one.asked, one.attempts, one.input_tokens, one.output_tokens, money, one.right)
        };
        let is_sum = |arm: &&ReplayArm| {
            let cells = self.cells.iter().map(|cell| &cell.figures).filter(|cell| cell.arm == arm.arm);
            let none = ReplayArm {
                arm: arm.arm.clone(),
                asked: 0,
                attempts: 0,
                input_tokens: 0,
                output_tokens: 0,
                cost_micro_rub: MicroRub::ZERO,
                extra_over_direct_micro_rub: MicroRub::ZERO,
                right: Some(0),
            };
            figures(&cells.fold(none, ReplayArm::and)) == figures(arm)
        };
        let broken = self.arms.iter().find(|arm| !is_sum(arm));
        broken.map(|arm| format!("the cells of the replayed `{}` do not add up to it", arm.arm))
    }
}

impl ReplayArm {
    fn and(self, other: &Self) -> Self {
        let add = |one: MicroRub, two: MicroRub| MicroRub::new(one.get().saturating_add(two.get()));
        Self {
            asked: self.asked.saturating_add(other.asked),
            attempts: self.attempts.saturating_add(other.attempts),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost_micro_rub: add(self.cost_micro_rub, other.cost_micro_rub),
            extra_over_direct_micro_rub: add(
                self.extra_over_direct_micro_rub,
                other.extra_over_direct_micro_rub,
            ),
            right: self.right.zip(other.right).map(|(one, two)| one.saturating_add(two)),
            arm: self.arm,
        }
    }
}

impl CostReport {
    /// Why its sums do not hold together; `None` where they do.
    pub fn contradiction(&self) -> Option<String> {
        let sum = |pick: fn(&CostArm) -> i64| self.arms.iter().map(pick).sum::<i64>();
        let roles = |arm: &CostArm| arm.by_role.values().map(|r| r.cost_micro_rub.get()).sum::<i64>();
        if sum(|arm| arm.cost_micro_rub.get()) != self.total.cost_micro_rub.get() {
            return Some("the arms' costs do not add up to the total".to_owned());
        }
        if self.arms.iter().map(|arm| arm.attempts).sum::<u64>() != self.total.attempts {
            return Some("the arms' attempts do not add up to the total".to_owned());
        }
        let broken = self.arms.iter().find(|arm| roles(arm) != arm.cost_micro_rub.get());
        let broken = broken.map(|arm| format!("the roles of `{}` do not add up to its cost", arm.arm));
        broken.or_else(|| self.replay.as_ref()?.contradiction())
    }
}
