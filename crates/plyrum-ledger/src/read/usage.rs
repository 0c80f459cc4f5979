//! Usage and cost, grouped: every row and the total are sums of the same usage rows.
//!
//! A row counts at the time when it was settled. Days are the caller's: this crate knows no time zones, so
//! it is given an offset, or, where days differ in length, the very moments at which buckets start.
//!
//! Figures come from the roll-ups (`rollup.rs`), and at the edges that no roll-up fits from the attempts.
//! Two questions that roll-ups cannot answer read attempts alone: one session's, and sessions of a model.

use std::collections::BTreeSet;

use plyrum_billing_client::MicroRub;
use rusqlite::Connection;

use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::read::gather::{Dimension, Gather, HOUR_MS};
use crate::read::sums::{RunsOf, Sums, UsageTotal};
use crate::rollup::{self, EACH, EVERYTHING, SESSIONS, SpentBy};
use crate::spent;

/// The most buckets that a caller may name.
const MAX_STARTS: usize = 100_000;
/// The largest offset from UTC, in minutes.
const MAX_OFFSET: i32 = 24 * 60;

/// What usage is grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageBy {
    /// Catalogue id of the model.
    Model,
    /// Who got the request.
    Provider,
    /// The run's persona.
    Persona,
    /// What the attempt was for.
    Role,
    /// The conversation.
    Session,
    /// The project; the key of runs without one is empty.
    Project,
    /// Day.
    Day(Buckets),
    /// Hour.
    Hour(Buckets),
}

/// Where days or hours start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Buckets {
    /// At a fixed offset east of UTC. Keys are local: `2026-11-22`, `2026-11-22T13:00`.
    OffsetMinutes(i32),
    /// At these moments, rising, in milliseconds since the epoch; the last one is the end of the last
    /// bucket. What lies outside is in no row, but in the total. Keys are the start's UTC time.
    Starts(Vec<i64>),
}

/// Which usage is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageQuery {
    /// The grouping.
    pub by: UsageBy,
    /// From this time on (inclusive), in milliseconds since the epoch; `None`: from the beginning.
    pub since: Option<i64>,
    /// Up to this time (exclusive); `None`: up to the end.
    pub until: Option<i64>,
}

/// Only the usage of these; all of them where nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageFilter {
    /// Catalogue id of the model.
    pub model: Option<String>,
    /// Who got the request.
    pub provider: Option<String>,
    /// The run's persona.
    pub persona: Option<String>,
    /// What the attempt was for.
    pub role: Option<String>,
    /// The project; empty: runs without one.
    pub project: Option<String>,
    /// The conversation.
    pub session: Option<String>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// What its attempts have in common.
    pub key: String,
    /// Where its time starts, in milliseconds since the epoch, for days and hours.
    pub start_at: Option<i64>,
    /// Their sum.
    pub sum: UsageTotal,
}

/// The groups, the dearest first (days and hours: the earliest first), and the sum of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// One row per group that has any usage.
    pub rows: Vec<UsageRow>,
    /// Σ of the queried time, from the same snapshot.
    pub total: UsageTotal,
}

impl LedgerReader {
    /// Usage and cost of settled attempts, grouped.
    pub fn usage(&self, query: &UsageQuery) -> Result<UsageReport, LedgerError> {
        self.usage_of(query, &UsageFilter::default())
    }

    /// The same of some attempts only.
    pub fn usage_of(&self, query: &UsageQuery, filter: &UsageFilter) -> Result<UsageReport, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        report(&snapshot, query, filter)
    }

    /// What the runs of a session were charged, in all.
    pub fn spent_in_session(&self, session: &str) -> Result<MicroRub, LedgerError> {
        spent::posted(&self.conn, spent::Whose::Session(session), 0).map(MicroRub::new)
    }

    /// What attempts settled in `[since_ms, until_ms)` were charged.
    pub fn spent(&self, of: SpentBy<'_>, since_ms: i64, until_ms: i64) -> Result<MicroRub, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        rollup::spent(&snapshot, of, since_ms, until_ms).map(MicroRub::new)
    }

    /// How many requests of the same attempts have no known price: [`LedgerReader::spent`] leaves them out.
    pub fn unpriced(&self, of: SpentBy<'_>, since_ms: i64, until_ms: i64) -> Result<u64, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        rollup::unpriced(&snapshot, of, since_ms, until_ms).map(i64::cast_unsigned)
    }

    /// How many requests of a session's runs have no known price: [`LedgerReader::spent_in_session`] leaves them out.
    pub fn unpriced_in_session(&self, session: &str) -> Result<u64, LedgerError> {
        spent::unpriced(&self.conn, spent::Whose::Session(session), 0)
    }

    /// When the first and the last usage was settled, in milliseconds since the epoch.
    pub fn used_between(&self) -> Result<Option<(i64, i64)>, LedgerError> {
        let mut select = self.conn.prepare_cached(
            "SELECT (SELECT min(closed_at) FROM attempts WHERE state = 'settled'),
                 (SELECT max(closed_at) FROM attempts WHERE state = 'settled')",
        )?;
        let ends: (Option<i64>, Option<i64>) = select.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(ends.0.zip(ends.1))
    }
}

/// The report, from one snapshot.
pub(crate) fn report(
    conn: &Connection,
    query: &UsageQuery,
    filter: &UsageFilter,
) -> Result<UsageReport, LedgerError> {
    let window = (query.since.unwrap_or(0).max(0), query.until.unwrap_or(i64::MAX));
    match &query.by {
        UsageBy::Model => grouped(conn, Dimension::Model, filter, window),
        UsageBy::Provider => grouped(conn, Dimension::Provider, filter, window),
        UsageBy::Persona => grouped(conn, Dimension::Persona, filter, window),
        UsageBy::Role => grouped(conn, Dimension::Role, filter, window),
        UsageBy::Session => grouped(conn, Dimension::Session, filter, window),
        UsageBy::Project => grouped(conn, Dimension::Project, filter, window),
        UsageBy::Day(buckets) => in_time(conn, &Width::DAY, buckets, filter, window),
        UsageBy::Hour(buckets) => in_time(conn, &Width::HOUR, buckets, filter, window),
    }
}

fn grouped(
    conn: &Connection,
    by: Dimension,
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<UsageReport, LedgerError> {
    let runs = runs_of(by, filter);
    let mut total = Sums::default();
    let mut rows = Vec::new();
    for (key, sums) in sums_by(conn, by, filter, window)? {
        total.add(&sums)?;
        rows.push(UsageRow { key, start_at: None, sum: sums.total(runs) });
    }
    Ok(UsageReport { rows, total: total.total(runs_of(Dimension::None, filter)) })
}

/// Σ of a time by a dimension, the dearest first.
pub(crate) fn sums_by(
    conn: &Connection,
    by: Dimension,
    filter: &UsageFilter,
    (since, until): (i64, i64),
) -> Result<Vec<(String, Sums)>, LedgerError> {
    let no_filter = *filter == UsageFilter::default();
    let pieces = match by {
        _ if filter.session.is_some() => rollup::cover(&[], since, until),
        Dimension::Session if no_filter => rollup::cover(SESSIONS, since, until),
        Dimension::Session => rollup::cover(&[], since, until),
        _ => rollup::cover(EACH, since, until),
    };
    let mut gather = Gather::new(conn, by, filter);
    for piece in pieces {
        gather.add(piece)?;
    }
    let mut groups: Vec<(String, Sums)> = gather.into_groups().into_iter().collect();
    groups.sort_by(|(a_key, a), (b_key, b)| b.cost().cmp(&a.cost()).then_with(|| a_key.cmp(b_key)));
    Ok(groups)
}

/// A run is counted where it begins to use what is asked for.
pub(crate) fn runs_of(by: Dimension, filter: &UsageFilter) -> RunsOf {
    let model = by == Dimension::Model || filter.model.is_some();
    let provider = by == Dimension::Provider || filter.provider.is_some();
    let role = by == Dimension::Role || filter.role.is_some();
    match (model, provider, role) {
        (false, false, false) => RunsOf::Run,
        (true, false, false) => RunsOf::Model,
        (false, true, false) => RunsOf::Provider,
        (false, false, true) => RunsOf::Role,
        _ => RunsOf::Each,
    }
}

/// A day or an hour: how long it is where a fixed offset has them, and how it is named.
struct Width {
    ms: i64,
    name: &'static str,
}

impl Width {
    const DAY: Self = Self { ms: 24 * HOUR_MS, name: "%Y-%m-%d" };
    const HOUR: Self = Self { ms: HOUR_MS, name: "%Y-%m-%dT%H:00" };
}

fn in_time(
    conn: &Connection,
    width: &Width,
    buckets: &Buckets,
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<UsageReport, LedgerError> {
    let rows = rows_in_time(conn, width, buckets, filter, window)?;
    Ok(UsageReport { rows, total: summed(conn, filter, window)?.total(runs_of(Dimension::None, filter)) })
}

/// Days at these moments, without their sum.
pub(crate) fn days_at(
    conn: &Connection,
    starts: &[i64],
    filter: &UsageFilter,
) -> Result<Vec<UsageRow>, LedgerError> {
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return Ok(Vec::new()) };
    rows_in_time(conn, &Width::DAY, &Buckets::Starts(starts.to_vec()), filter, (*first, *last))
}

fn rows_in_time(
    conn: &Connection,
    width: &Width,
    buckets: &Buckets,
    filter: &UsageFilter,
    window: (i64, i64),
) -> Result<Vec<UsageRow>, LedgerError> {
    let used = used_hours(conn, window)?;
    let (spans, offset, name) = match buckets {
        Buckets::OffsetMinutes(offset) if offset.abs() > MAX_OFFSET => {
            return Err(LedgerError::invalid(format!("an offset of {offset} minutes from UTC")));
        }
        Buckets::OffsetMinutes(minutes) => {
            let offset = i64::from(*minutes) * 60_000;
            (spans_at_offset(&used, width.ms, offset), offset, width.name)
        }
        Buckets::Starts(starts) if starts.len() > MAX_STARTS || !starts.is_sorted_by(|a, b| a < b) => {
            return Err(LedgerError::invalid(format!(
                "bucket starts must rise, and be {MAX_STARTS} at most"
            )));
        }
        Buckets::Starts(starts) => (spans_between(&used, starts), 0, "%Y-%m-%dT%H:%M:%SZ"),
    };
    let runs = runs_of(Dimension::None, filter);
    let mut rows = Vec::new();
    for (start, end) in spans {
        let sums = summed(conn, filter, (start.max(window.0), end.min(window.1)))?;
        if !sums.is_empty() {
            let key = named(conn, name, start.saturating_add(offset))?;
            rows.push(UsageRow { key, start_at: Some(start), sum: sums.total(runs) });
        }
    }
    Ok(rows)
}

/// Σ of a time.
pub(crate) fn summed(
    conn: &Connection,
    filter: &UsageFilter,
    (since, until): (i64, i64),
) -> Result<Sums, LedgerError> {
    let levels = match filter {
        filter if filter.session.is_some() => &[],
        filter if *filter == UsageFilter::default() => EVERYTHING,
        _ => EACH,
    };
    let mut gather = Gather::new(conn, Dimension::None, filter);
    for piece in rollup::cover(levels, since, until) {
        gather.add(piece)?;
    }
    Ok(gather.into_groups().remove("").unwrap_or_default())
}

fn named(conn: &Connection, format: &str, local_ms: i64) -> Result<String, LedgerError> {
    let mut select = conn.prepare_cached("SELECT strftime(?1, ?2, 'unixepoch')")?;
    Ok(select.query_row((format, local_ms.div_euclid(1000)), |row| row.get(0))?)
}

/// The hours (UTC, in milliseconds) in which anything was used, rising: what has none is not looked at.
fn used_hours(conn: &Connection, (since, until): (i64, i64)) -> Result<Vec<i64>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT start FROM rollups WHERE level = 3 AND start > ?1 AND start < ?2 ORDER BY start",
    )?;
    let hours = select.query_map([since.saturating_sub(HOUR_MS), until], |row| row.get(0))?;
    Ok(hours.collect::<Result<_, _>>()?)
}

/// The buckets of a fixed offset that used hours reach into.
fn spans_at_offset(used: &[i64], width: i64, offset: i64) -> BTreeSet<(i64, i64)> {
    let bucket = |at: i64| {
        let start = at - (at + offset).rem_euclid(width);
        (start, start + width)
    };
    used.iter().flat_map(|hour| [bucket(*hour), bucket(hour + HOUR_MS - 1)]).collect()
}

/// Those of the given buckets that used hours reach into.
fn spans_between(used: &[i64], starts: &[i64]) -> BTreeSet<(i64, i64)> {
    let spans = starts.windows(2).filter_map(|span| Some((*span.first()?, *span.last()?)));
    spans
        .filter(|(start, end)| {
            let first = used.partition_point(|hour| hour.saturating_add(HOUR_MS) <= *start);
            used.get(first).is_some_and(|hour| hour < end)
        })
        .collect()
}
