//! The shapes that commands print with `--json`: contracts, since scripts read them.

use crate::{PictureMark, RunId, RunStatus, SessionId, Timestamp, UsageView};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod audit;
mod cost_report;
mod dashboard;
mod explain;
mod moa_report;
mod overhead;
mod prices;
mod providers;
mod replay;
mod router_report;
mod sessions;
mod statusline;
mod usage;

pub use audit::{AuditFile, AuditPruned, AuditVerdict};
pub use cost_report::{CostArm, CostReplay, CostReport, CostRole, CostTotal, ReplayArm, ReplayCell};
pub use dashboard::{
    Dashboard, DashboardBooks, DashboardCache, DashboardCacheCause, DashboardFilter, DashboardGroup,
    DashboardHour, DashboardPart, DashboardPeriod, DashboardPoint, DashboardPrevious, DashboardQuery,
    DashboardRow, DashboardSpan, DashboardSum,
};
pub use explain::{
    ExplainAttempt, ExplainCache, ExplainCheck, ExplainDecision, ExplainFallback, ExplainHedge, ExplainMeter,
    ExplainProviderCost, ExplainReport, ExplainRest, ExplainRetry, ExplainVotes,
};
pub use moa_report::{MoaArm, MoaCalibration, MoaCell, MoaDrawn, MoaKept, MoaQuorum, MoaReading, MoaReport};
pub use overhead::{Overhead, Timing};
pub use prices::{
    PriceChange, PriceDiff, PriceFigure, PriceFigureChange, PriceFx, PriceList, PriceQuote, PriceRow,
};
pub use providers::{FoundRow, ProviderRow, ProviderScan, ProviderTested, ProxyView, RefreshRow};
pub use replay::{ReplayReport, ReplayedCall, ReplayedExchange};
pub use router_report::{RouterConfused, RouterFigure, RouterFile, RouterReport};
pub use sessions::{
    SessionDeleted, SessionDetail, SessionHit, SessionHits, SessionMark, SessionPage, SessionRow,
    SessionTurn, TurnState,
};
pub use statusline::Statusline;
pub use usage::{UsageReport, UsageRow, UsageTotal};

/// `balance show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Balance {
    /// `metered` or `prepaid`.
    pub mode: String,
    /// Sum of the account's entries.
    pub posted_micro_rub: MicroRub,
    /// Reserved by attempts that are not settled.
    pub held_micro_rub: MicroRub,
    /// What may still be spent; null where nothing limits it.
    pub available_micro_rub: Option<MicroRub>,
}

/// `balance top-up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToppedUp {
    /// The id of the top-up: the same again adds nothing.
    pub id: String,
    /// The part of it that paid debt.
    pub paid_debt_micro_rub: MicroRub,
    /// The account after it.
    #[serde(flatten)]
    pub balance: Balance,
}

/// A row of `budget list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetRow {
    /// `run`, `session`, `day`, `month`, `persona`, `project` or `provider`.
    pub scope: String,
    /// Which one; null for each run, each session, and everything.
    pub key: Option<String>,
    /// `total`, `day` or `month`.
    pub period: String,
    /// The most that may be spent and held.
    pub limit_micro_rub: MicroRub,
    /// Charged in the current day or month; null for a limit on each run or each session.
    pub spent_micro_rub: Option<MicroRub>,
    /// How many requests are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unpriced: u32,
    /// Reserved now.
    pub held_micro_rub: Option<MicroRub>,
    /// What is left; below zero where more was charged than was held.
    pub left_micro_rub: Option<MicroRub>,
    /// Where to change it.
    pub setting: String,
}

/// A row of `runs list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// `running`, or how it ended.
    pub status: RunStatus,
    /// Its plan.
    pub plan: String,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it has cost so far.
    pub cost_micro_rub: MicroRub,
    /// How many of its requests are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unpriced: u32,
}

/// A row of `plans list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRow {
    /// Its name.
    pub plan: String,
    /// What it does.
    pub description: String,
    /// Names of its steps.
    pub steps: Vec<String>,
    /// `built in`, or the user's file.
    pub origin: String,
}

/// `plans show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDetail {
    /// Its name.
    pub plan: String,
    /// What it does.
    pub description: String,
    /// `built in`, or the user's file.
    pub origin: String,
    /// `fast` or `thrifty`.
    pub fan_out: String,
    /// Its steps; none where a rule chooses another plan.
    pub steps: Vec<PlanStepRow>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanStepRow {
    /// Its name.
    pub step: String,
    /// What it does.
    pub kind: crate::StepKind,
    /// How many requests it stands for.
    pub members: u32,
    /// Which models: `best`, `panel`, `cheapest`, `aggregator`, or ids.
    pub models: String,
    /// Steps that must have ended before it starts.
    pub after: Vec<String>,
}

/// A row of `personas list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonaRow {
    /// Its name.
    pub persona: String,
    /// What it is for.
    pub description: String,
    /// `built in`, or the user's file.
    pub origin: String,
}

/// A row of `models list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRow {
    /// Catalogue id.
    pub model: String,
    /// Its provider.
    pub provider: String,
    /// Whether it can be used now.
    pub ready: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether it serves only where somebody names it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_when_named: bool,
    /// Whether it takes pictures; absent: not known, and it is sent none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
    /// Most input tokens that one picture can come to, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tokens: Option<u64>,
    /// Size of its context.
    pub context_tokens: u64,
    /// Longest answer.
    pub max_output_tokens: u64,
    /// Currency of its price; none where the price is not known.
    pub currency: Option<String>,
    /// Price of a million input tokens, as a decimal in that currency.
    pub input_per_million: Option<String>,
    /// Price of a million output tokens, as a decimal in that currency.
    pub output_per_million: Option<String>,
    /// `built in`, or the user's file.
    pub origin: String,
}

/// `daemon status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DaemonStatus {
    /// Whether one serves this home: it answers, or it is alive and stuck.
    pub running: bool,
    /// Its process.
    pub pid: Option<u32>,
    /// Its version.
    pub build: Option<String>,
    /// Runs that are not finished.
    pub active_runs: u32,
    /// Why the audit cannot be written; no run that may cost money starts then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_problem: Option<String>,
    /// How this daemon found the audit's chain broken. That is on record, and runs go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_broken: Option<String>,
    /// What it is doing. Daemons of before this field was there are running when they answer.
    #[serde(default)]
    pub state: DaemonState,
}

/// What a home's daemon is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DaemonState {
    /// It answers and takes runs.
    #[default]
    Running,
    /// It takes no new run and ends with its last one.
    Draining,
    /// It is alive and does not answer.
    Stuck,
    /// A process has the lock and does not listen: it is starting, ending, or hangs there.
    NotListening,
    /// There is none; it starts by itself when it is needed.
    Stopped,
}

/// A line of `doctor`, and of every other list of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// `doctor`, `ledger reconcile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checks {
    /// Whether every check is.
    pub ok: bool,
    /// One by one.
    pub checks: Vec<Check>,
}

/// `policy test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyVerdict {
    /// `allow`, `ask` or `deny`.
    pub verdict: String,
    /// The rule that decided; null where none speaks.
    pub rule: Option<String>,
    /// The policy's file, or `built in`.
    pub file: String,
    /// The rule's line in it.
    pub line: Option<u32>,
    /// Why.
    pub reason: String,
}

/// A row of `config show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigRow {
    /// Dotted key.
    pub key: String,
    /// Its value as TOML; `«hidden»` for what may hold a secret.
    pub value: String,
    /// Where it comes from.
    pub origin: String,
}

/// A text that came with a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachedText {
    /// Its name.
    pub name: String,
    /// The text, redacted.
    pub text: String,
}

/// A turn of `transcript show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptTurn {
    /// The run.
    pub run: RunId,
    /// When it was accepted.
    pub at: Option<Timestamp>,
    /// What was asked.
    pub prompt: String,
    /// Names of what came with it.
    pub attachments: Vec<String>,
    /// The texts of what came with it; only an export has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<AttachedText>,
    /// Those of them that are pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<PictureMark>,
    /// What was answered.
    pub answer: String,
    /// How it ended; `running` while it goes.
    pub status: RunStatus,
    /// The model that answered.
    pub model: String,
    /// What was used.
    pub usage: UsageView,
    /// What it cost.
    pub cost_micro_rub: MicroRub,
    /// How many of its requests are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unpriced: u32,
    /// It summarises the turns up to this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compacts: Option<RunId>,
    /// It was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewound: bool,
    /// It was asked, and paid, in the session that this one is a copy of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
}

/// `transcript show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transcript {
    /// The session.
    pub session: SessionId,
    /// Its name, where somebody gave it one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The project that it was begun in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The session that it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<SessionId>,
    /// Its turns, oldest first.
    pub turns: Vec<TranscriptTurn>,
}
