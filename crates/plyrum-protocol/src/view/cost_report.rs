//! `target/cost_report.json`: what each plan costs, machine-readable and reproducible to the byte.

use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostReport {
    /// Version of this shape: 1.
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
        broken.map(|arm| format!("the roles of `{}` do not add up to its cost", arm.arm))
    }
}
