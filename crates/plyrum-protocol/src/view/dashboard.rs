//! The usage dashboard: every figure of it, read from one snapshot of the ledger, so that its panels agree.
//!
//! Integers only. Each figure is a sum of ledger rows that the ledger added up; nothing is left for a client to sum.

use super::{Balance, BudgetRow};
use crate::{Timestamp, UsageView};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which time the dashboard covers, by the caller's calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DashboardPeriod {
    /// Since midnight.
    Today,
    /// Since Monday.
    Week,
    /// Since the first of the month.
    #[default]
    Month,
    /// Today and the 29 days before it.
    Days30,
    /// Everything.
    All,
    /// From `since` to `until` of the query.
    Custom,
}

/// Only the usage of these; all of it where nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DashboardFilter {
    /// Catalogue id of the model.
    pub model: Option<String>,
    /// Who got the request.
    pub provider: Option<String>,
    /// What the attempt was for.
    pub role: Option<String>,
    /// The run's persona.
    pub persona: Option<String>,
    /// The project; empty: runs from none.
    pub project: Option<String>,
}

impl DashboardFilter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DashboardQuery {
    /// The time.
    pub period: DashboardPeriod,
    /// Where a custom period begins (inclusive): a date, a time, or a span back from now such as `7d`, as
    /// `usage --since` takes it; null: with the first usage.
    pub since: Option<String>,
    /// Where a custom period ends (exclusive), likewise; null: now.
    pub until: Option<String>,
    /// What is counted.
    pub filter: DashboardFilter,
}

/// Some attempts, and what they were charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardPart {
    /// How many.
    pub attempts: u64,
    /// Σ of their charges.
    pub cost_micro_rub: MicroRub,
}

/// Σ of some settled attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardSum {
    /// Runs whose first settled attempt is among them.
    pub runs: u64,
    /// Attempts.
    pub attempts: u64,
    /// Summed meters, and how well they are known.
    pub usage: UsageView,
    /// Summed charges; unpriced attempts add nothing.
    pub cost_micro_rub: MicroRub,
    /// Attempts whose price is not known.
    pub unpriced: u64,
    /// Attempts whose usage was estimated from bytes.
    pub estimated: u64,
    /// Those that failed.
    pub failed: DashboardPart,
    /// Those whose stream broke off.
    pub cut: DashboardPart,
    /// Those that were cancelled.
    pub cancelled: DashboardPart,
    /// Those that repeated an earlier one of their step.
    pub retries: DashboardPart,
}

impl Default for DashboardSum {
    fn default() -> Self {
        Self {
            runs: 0,
            attempts: 0,
            usage: UsageView::missing(),
            cost_micro_rub: MicroRub::ZERO,
            unpriced: 0,
            estimated: 0,
            failed: DashboardPart::default(),
            cut: DashboardPart::default(),
            cancelled: DashboardPart::default(),
            retries: DashboardPart::default(),
        }
    }
}

/// The same figures of the period before: as long by the calendar, and as far into it as now is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardPrevious {
    /// From when (inclusive).
    pub since: Timestamp,
    /// Until when (exclusive).
    pub until: Timestamp,
    /// What was used.
    pub sum: DashboardSum,
}

/// The current day, week or month, whatever the period and the filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardSpan {
    /// `today`, `week` or `month`.
    pub name: String,
    /// When it began.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// What was used in it.
    pub sum: DashboardSum,
    /// The lower of the limits that are set on it with `budget set` and in the configuration; null without one.
    pub limit_micro_rub: Option<MicroRub>,
    /// The limit less what is charged and held; below zero where more was charged than was held.
    pub left_micro_rub: Option<MicroRub>,
    /// What it comes to at its end if it goes on as so far: `cost × length / elapsed` in whole milliseconds, rounded
    /// down. Null in its first hour, when that would say nothing.
    pub projected_micro_rub: Option<MicroRub>,
}

/// A row of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardRow {
    /// What its attempts have in common; empty: runs from no project.
    pub key: String,
    /// Their sum.
    pub sum: DashboardSum,
}

/// What was used, by one dimension.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardGroup {
    /// `model`, `provider`, `role`, `persona`, `project` or `session`.
    pub by: String,
    /// From when on it counts, where that is later than the period: sessions of a long time are read as far back as
    /// a bounded number of attempts goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The dearest, the dearest first.
    pub rows: Vec<DashboardRow>,
    /// How many more there are.
    pub more: u64,
    /// Σ of those.
    pub rest: DashboardSum,
}

/// What was used in a day or in an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardPoint {
    /// What it is called in the dashboard's zone: `2026-11-27`, or `14:00`.
    pub name: String,
    /// When it began.
    pub since: Timestamp,
    /// Attempts.
    pub attempts: u64,
    /// Σ of their charges.
    pub cost_micro_rub: MicroRub,
    /// Attempts whose price is not known.
    pub unpriced: u64,
    /// Attempts whose usage was estimated.
    pub estimated: u64,
}

/// What was used on one weekday in one hour, over four weeks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardHour {
    /// From 1, Monday, to 7, Sunday.
    pub weekday: u8,
    /// From 0 to 23: the local hour in which it begins.
    pub hour: u8,
    /// Minutes past that hour at which it begins: in zones that are not whole hours from UTC, hours are those of UTC.
    pub minute: u8,
    /// Attempts.
    pub attempts: u64,
    /// Σ of their charges.
    pub cost_micro_rub: MicroRub,
}

/// Why prompts were or were not read from a provider's cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardCacheCause {
    /// `hit`, `first`, `changed`, `short`, `expired`, `missed` or `not_reported`, as `explain` tells them.
    pub cause: String,
    /// Attempts.
    pub attempts: u64,
    /// For misses: what a hit would have saved at most, if everything that can have been in common with the request
    /// before had been read from the cache. An estimate: `~`.
    pub lost_at_most_micro_rub: MicroRub,
}

/// How well caches of providers were used.
///
/// Tokens are of the whole period. Money needs each attempt's own price, so it is of the newest attempts of the period,
/// as many as can be looked at at once, and says how many; causes are of fewer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardCache {
    /// All input tokens of the period.
    pub input_tokens: u64,
    /// Those that were read from a cache.
    pub read_tokens: u64,
    /// Those that were written to one.
    pub written_tokens: u64,
    /// Read of all input, in tenths of a percent, rounded down; null where nothing was sent.
    pub hit_per_mille: Option<u64>,
    /// How many attempts, the newest of the period, the money is of.
    pub looked_at: u64,
    /// Whether these are all attempts of the period.
    pub is_whole: bool,
    /// What the cache saved them, exactly: what they would have cost with cached tokens as plain input, less what
    /// they cost.
    pub saved_micro_rub: MicroRub,
    /// What writing to the cache cost them over plain input, exactly.
    pub written_micro_rub: MicroRub,
    /// How many of them have no known price.
    pub unpriced: u64,
    /// How many of them, the newest, the causes are of.
    pub explained: u64,
    /// Why they hit or missed, the most frequent first.
    pub causes: Vec<DashboardCacheCause>,
}

/// What is known of the books without proving them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardBooks {
    /// Whether the sums by hour and the sums by model, persona, role and project come to the same attempts and money.
    pub agree: bool,
    /// Attempts that are not resolved.
    pub open_attempts: u64,
    /// Attempts that a person may want to look at.
    pub review: u64,
    /// What is owed for attempts that cost more than they held.
    pub debt_micro_rub: MicroRub,
}

/// The whole dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dashboard {
    /// When it was read.
    pub at: Timestamp,
    /// The time zone of its days and hours.
    pub zone: String,
    /// What was asked for.
    pub query: DashboardQuery,
    /// From when; null: from the first usage on.
    pub since: Option<Timestamp>,
    /// Until when; null: now.
    pub until: Option<Timestamp>,
    /// Σ of the period.
    pub total: DashboardSum,
    /// The period before; null for all time.
    pub previous: Option<DashboardPrevious>,
    /// Charged in the last 60 minutes, by anything: what an hour costs now.
    pub burn_micro_rub_per_hour: MicroRub,
    /// The last 24 hours, the one under way last, by hours of UTC, of everything.
    pub last_day: Vec<DashboardPoint>,
    /// Today, this week, this month.
    pub spans: Vec<DashboardSpan>,
    /// Every other limit that somebody has set.
    pub budgets: Vec<BudgetRow>,
    /// By model, provider, role, persona, project, session.
    pub groups: Vec<DashboardGroup>,
    /// The last 30 days, the oldest first, those without usage included.
    pub days: Vec<DashboardPoint>,
    /// The last 28 days by weekday and hour; what is not there used nothing.
    pub hours: Vec<DashboardHour>,
    /// Caches.
    pub cache: DashboardCache,
    /// The account.
    pub balance: Balance,
    /// The books.
    pub books: DashboardBooks,
}

impl Dashboard {
    /// Whether nothing was ever used here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total.attempts == 0
            && self.spans.iter().all(|span| span.sum.attempts == 0)
            && self.days.iter().all(|day| day.attempts == 0)
    }

    /// The group of a dimension.
    #[must_use]
    pub fn group(&self, by: &str) -> Option<&DashboardGroup> {
        self.groups.iter().find(|group| group.by == by)
    }
}
