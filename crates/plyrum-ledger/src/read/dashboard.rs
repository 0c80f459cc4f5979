//! The usage dashboard: every figure of its panels from one snapshot, so that they agree with each other.
//!
//! Sums come from the roll-ups, whatever the number of attempts behind them. What roll-ups cannot answer is read from the
//! newest attempts, as many as [`MAX_LOOKED_AT`] and its like say, and the answer tells how far back that goes: what the
//! cache saved (each attempt has its own price), why it missed, and what sessions cost in a long time or under a filter.

mod cache;
mod hours;
#[cfg(test)]
mod tests;

use plyrum_billing_client::MicroRub;
use rusqlite::Connection;

use crate::account::{self, Balance};
use crate::budget::{self, BudgetState, Limits};
use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::read::gather::{Dimension, HOUR_MS};
use crate::read::sums::{Sums, UsageTotal};
use crate::read::usage::{self, UsageFilter, UsageRow};
use crate::rollup::{self, SpentBy};
use crate::spent::NEVER_MS;
pub use cache::{CacheCase, CacheFigures, cache_saving_at_most};
pub use hours::UsagePoint;

const DAY_MS: i64 = 24 * HOUR_MS;
/// The most rows of a group; the rest is one sum.
const MAX_ROWS: usize = 100;
/// How many attempts of roll-ups by session may lie behind the sessions that are shown: some 2 000 sessions.
const MAX_BEHIND_SESSIONS: u64 = 40_000;
/// The newest attempts that are read one by one, at most.
const MAX_LOOKED_AT: u64 = 3_000;

/// What the dashboard is to show. Times are milliseconds since the epoch, by the caller's calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DashboardQuery {
    /// Now.
    pub now: i64,
    /// From this time on (inclusive); `None`: from the beginning.
    pub since: Option<i64>,
    /// Up to this time (exclusive); `None`: up to the end.
    pub until: Option<i64>,
    /// The period before.
    pub previous: Option<(i64, i64)>,
    /// Only the usage of these. A session cannot be asked for.
    pub filter: UsageFilter,
    /// When the week began; day and month are in the windows of `limits`.
    pub week: i64,
    /// The configuration's limits, and the current windows.
    pub limits: Limits,
    /// Where the days of the bars start, rising; the last one is the end of the last day.
    pub days: Vec<i64>,
    /// From when on hours are told for the heat map.
    pub hours_since: i64,
}

/// What was used, by one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageGroup {
    /// The dimension's name.
    pub by: &'static str,
    /// From when on it counts, where that is later than what was asked.
    pub since: Option<i64>,
    /// The dearest first.
    pub rows: Vec<UsageRow>,
    /// How many more there are.
    pub more: u64,
    /// Σ of those.
    pub rest: UsageTotal,
}

/// Every figure of the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardFigures {
    /// Σ of the period.
    pub total: UsageTotal,
    /// Σ of the period before.
    pub previous: Option<UsageTotal>,
    /// Charged in the hour up to now, by anything.
    pub burn: MicroRub,
    /// Σ of everything in the day, the week and the month.
    pub spans: [UsageTotal; 3],
    /// By model, provider, role, persona, project, session.
    pub groups: Vec<UsageGroup>,
    /// The days that were asked for, those without usage included.
    pub days: Vec<UsagePoint>,
    /// Hours with usage since `hours_since`, the earliest first.
    pub hours: Vec<UsagePoint>,
    /// Hours with usage of the last 24, of everything.
    pub last_day: Vec<UsagePoint>,
    /// Caches.
    pub cache: CacheFigures,
    /// The account.
    pub balance: Balance,
    /// Every limit, and how far it is used up.
    pub budgets: Vec<BudgetState>,
    /// Attempts that are not resolved.
    pub open_attempts: u64,
    /// Attempts of all time that a person may want to look at.
    pub review: u64,
    /// Whether the two ways of summing all time, by hours of everything and by 32 days of each key, come to the same
    /// attempts and the same money. The whole proof is [`LedgerReader::check`].
    pub agree: bool,
}

impl LedgerReader {
    /// Every figure of the dashboard, from one snapshot.
    pub fn dashboard(&self, query: &DashboardQuery) -> Result<DashboardFigures, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        figures(&snapshot, query)
    }
}

/// The same inside a transaction.
pub(crate) fn figures(conn: &Connection, query: &DashboardQuery) -> Result<DashboardFigures, LedgerError> {
    if query.filter.session.is_some() {
        return Err(LedgerError::invalid("a dashboard of one session".to_owned()));
    }
    let (now, filter) = (query.now, &query.filter);
    let window = (query.since.unwrap_or(0).max(0), query.until.unwrap_or(NEVER_MS));
    let (groups, total) = groups(conn, filter, window)?;
    let everything = UsageFilter::default();
    let since = |start| total_of(conn, &everything, (start, NEVER_MS));
    let windows = query.limits.windows;
    let first_day = query.days.first().copied().unwrap_or(query.hours_since);
    let mut hours = hours::by_hour(conn, filter, (query.hours_since.min(first_day), NEVER_MS))?;
    let days = hours::days(conn, &query.days, filter, &hours)?;
    hours.retain(|hour| hour.start_at >= query.hours_since);
    let (agree, review) = agreement(conn)?;
    Ok(DashboardFigures {
        previous: query.previous.map(|before| total_of(conn, filter, before)).transpose()?,
        burn: MicroRub::new(rollup::spent(conn, SpentBy::All, now - HOUR_MS, now.saturating_add(1))?),
        spans: [since(windows.day)?, since(query.week)?, since(windows.month)?],
        days,
        hours,
        last_day: hours::by_hour(
            conn,
            &everything,
            (now - now.rem_euclid(HOUR_MS) - 23 * HOUR_MS, NEVER_MS),
        )?,
        cache: cache::figures(conn, filter, window, total.attempts)?,
        balance: account::balance(conn)?,
        budgets: budget::states(conn, &query.limits)?,
        open_attempts: open_attempts(conn)?,
        total,
        groups,
        review,
        agree,
    })
}

fn groups(
    conn: &Connection,
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<(Vec<UsageGroup>, UsageTotal), LedgerError> {
    let dimensions = [
        ("model", Dimension::Model),
        ("provider", Dimension::Provider),
        ("role", Dimension::Role),
        ("persona", Dimension::Persona),
        ("project", Dimension::Project),
    ];
    let mut groups = Vec::new();
    let mut total = UsageTotal::default();
    for (name, by) in dimensions {
        let (group, sum) = group(conn, (name, by), filter, window)?;
        groups.push(group);
        total = sum;
    }
    let since = since_of_sessions(conn, filter, window)?;
    let sessions = (since.unwrap_or(window.0), window.1);
    let (mut group, _) = group(conn, ("session", Dimension::Session), filter, sessions)?;
    group.since = since;
    groups.push(group);
    Ok((groups, total))
}

fn group(
    conn: &Connection,
    (name, by): (&'static str, Dimension),
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<(UsageGroup, UsageTotal), LedgerError> {
    let mut found = usage::sums_by(conn, by, filter, window)?;
    let runs = usage::runs_of(by, filter);
    let mut total = Sums::default();
    found.iter().try_for_each(|(_, sums)| total.add(sums))?;
    let beyond = found.split_off(found.len().min(MAX_ROWS));
    let mut rest = Sums::default();
    beyond.iter().try_for_each(|(_, sums)| rest.add(sums))?;
    let row = |(key, sums): (String, Sums)| UsageRow { key, start_at: None, sum: sums.total(runs) };
    let group = UsageGroup {
        by: name,
        since: None,
        rows: found.into_iter().map(row).collect(),
        more: u64::try_from(beyond.len()).unwrap_or(u64::MAX),
        rest: rest.total(runs),
    };
    Ok((group, total.total(usage::runs_of(Dimension::None, filter))))
}

fn total_of(conn: &Connection, filter: &UsageFilter, window: (i64, i64)) -> Result<UsageTotal, LedgerError> {
    Ok(usage::summed(conn, filter, window)?.total(usage::runs_of(Dimension::None, filter)))
}

/// From when on sessions are summed, where that is later than the period's beginning. Without a filter they have
/// roll-ups by day; with one, attempts are read.
fn since_of_sessions(
    conn: &Connection,
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<Option<i64>, LedgerError> {
    if *filter == UsageFilter::default() {
        let hour = hours::since_of_newest(conn, window, MAX_BEHIND_SESSIONS)?;
        return Ok(hour
            .map(|hour| (hour - hour.rem_euclid(DAY_MS)).max(window.0))
            .filter(|since| *since > window.0));
    }
    hours::since_of_newest(conn, window, MAX_LOOKED_AT)
}

fn open_attempts(conn: &Connection) -> Result<u64, LedgerError> {
    let mut select =
        conn.prepare_cached("SELECT count(*) FROM attempts WHERE state IN ('held', 'sent', 'streaming')")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// Whether two levels of roll-ups have the same attempts and money in all, and how many of them are to be reviewed.
fn agreement(conn: &Connection) -> Result<(bool, u64), LedgerError> {
    let of = |level: i64| -> Result<(u64, i64, u64), LedgerError> {
        let mut select = conn.prepare_cached(
            "SELECT coalesce(sum(attempts), 0), coalesce(sum(cost), 0), coalesce(sum(review), 0) FROM rollups
             WHERE level = ?1",
        )?;
        Ok(select.query_row([level], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
    };
    let (hours, widest) = (of(3)?, of(2)?);
    Ok((hours == widest, widest.2))
}
