//! Usage and cost, grouped: every row and the total are sums of the same usage rows.
//!
//! A row counts at the time when it was settled. Days are the caller's: this crate knows no time zones, so
//! it is given an offset, or, where days differ in length, the very moments at which buckets start.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params, params};

use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::read::sums::{self, UsageTotal};

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
        let grouping = Grouping::of(&query.by)?;
        let snapshot = self.conn.unchecked_transaction()?;
        let (since, until) = (query.since.unwrap_or(0), query.until.unwrap_or(i64::MAX));
        let mut rows = grouping.rows(&snapshot, since, until)?;
        if !grouping.in_time {
            rows.sort_by(|a, b| b.sum.cost.cmp(&a.sum.cost).then_with(|| a.key.cmp(&b.key)));
        }
        let everything = Grouping::everything().rows(&snapshot, since, until)?;
        let total = everything.into_iter().next().map(|row| row.sum).unwrap_or_default();
        Ok(UsageReport { rows, total })
    }
}

/// A grouping as SQL. Only texts of this file get into it: everything from outside is a parameter.
struct Grouping {
    key: String,
    start: String,
    from: &'static str,
    in_time: bool,
    /// JSON array of `[start, end]`, the parameter of groupings by [`Buckets::Starts`].
    spans: Option<String>,
}

const ATTEMPTS: &str = "attempts a";
const WITH_RUNS: &str = "attempts a JOIN runs r ON r.run = a.run";
const WITH_SPANS: &str =
    "json_each(?3) s JOIN attempts a ON a.closed_at >= s.value ->> 0 AND a.closed_at < s.value ->> 1";

impl Grouping {
    fn of(by: &UsageBy) -> Result<Self, LedgerError> {
        let column = |key: &str, from| {
            Ok(Self { key: key.to_owned(), start: "NULL".to_owned(), from, in_time: false, spans: None })
        };
        match by {
            UsageBy::Model => column("a.model", ATTEMPTS),
            UsageBy::Provider => column("a.provider", ATTEMPTS),
            UsageBy::Role => column("a.role", ATTEMPTS),
            UsageBy::Persona => column("r.persona", WITH_RUNS),
            UsageBy::Session => column("r.session", WITH_RUNS),
            UsageBy::Project => column("coalesce(r.project, '')", WITH_RUNS),
            UsageBy::Day(buckets) => Self::in_time(buckets, 24 * 60, "%Y-%m-%d"),
            UsageBy::Hour(buckets) => Self::in_time(buckets, 60, "%Y-%m-%dT%H:00"),
        }
    }

    fn everything() -> Self {
        Self { key: "''".to_owned(), start: "NULL".to_owned(), from: ATTEMPTS, in_time: false, spans: None }
    }

    fn in_time(buckets: &Buckets, minutes: i64, format: &str) -> Result<Self, LedgerError> {
        match buckets {
            Buckets::OffsetMinutes(offset) if offset.abs() > MAX_OFFSET => {
                Err(LedgerError::invalid(format!("an offset of {offset} minutes from UTC")))
            }
            Buckets::OffsetMinutes(offset) => {
                let (length, offset) = (minutes * 60_000, i64::from(*offset) * 60_000);
                // Local time shifted by whole days stays positive, so that % rounds down.
                let shift = offset + 2 * 24 * 60 * 60_000;
                let start = format!("a.closed_at - (a.closed_at + {shift}) % {length}");
                let key = format!("strftime('{format}', ({start} + {offset}) / 1000, 'unixepoch')");
                Ok(Self { key, start, from: ATTEMPTS, in_time: true, spans: None })
            }
            Buckets::Starts(starts) => Self::in_spans(starts),
        }
    }

    fn in_spans(starts: &[i64]) -> Result<Self, LedgerError> {
        if starts.len() > MAX_STARTS || !starts.is_sorted_by(|a, b| a < b) {
            return Err(LedgerError::invalid(format!(
                "bucket starts must rise, and be {MAX_STARTS} at most"
            )));
        }
        let spans: Vec<&[i64]> = starts.windows(2).collect();
        Ok(Self {
            key: "strftime('%Y-%m-%dT%H:%M:%SZ', (s.value ->> 0) / 1000, 'unixepoch')".to_owned(),
            start: "s.value ->> 0".to_owned(),
            from: WITH_SPANS,
            in_time: true,
            spans: Some(serde_json::to_string(&spans)?),
        })
    }

    fn rows(&self, conn: &Connection, since: i64, until: i64) -> Result<Vec<UsageRow>, LedgerError> {
        match &self.spans {
            Some(spans) => self.rows_with(conn, params![since, until, spans]),
            None => self.rows_with(conn, params![since, until]),
        }
    }

    fn rows_with(
        &self,
        conn: &Connection,
        params: impl Params + Clone,
    ) -> Result<Vec<UsageRow>, LedgerError> {
        let Self { key, start, from, .. } = self;
        let settled = "a.state = 'settled' AND a.closed_at >= ?1 AND a.closed_at < ?2";
        let columns = sums::COLUMNS;
        let mut select = conn.prepare(&format!(
            "SELECT {key} AS key, {start} AS start_at, {columns} FROM {from} WHERE {settled} GROUP BY 1, 2 ORDER BY 2, 1"
        ))?;
        let rows = select.query_map(params.clone(), |row| {
            Ok(UsageRow { key: row.get("key")?, start_at: row.get("start_at")?, sum: sums::from_row(row)? })
        })?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;

        let mut select = conn.prepare(&format!(
            "SELECT {key} AS key, {start} AS start_at, u.key, sum(u.value) FROM {from}, json_each(a.units) u
             WHERE {settled} AND a.units IS NOT NULL GROUP BY 1, 2, 3"
        ))?;
        let units =
            select.query_map(params, |row| Ok(((row.get(1)?, row.get(0)?), (row.get(2)?, row.get(3)?))))?;
        let mut by_group: BTreeMap<(Option<i64>, String), BTreeMap<String, u64>> = BTreeMap::new();
        for unit in units {
            let (group, (name, count)) = unit?;
            by_group.entry(group).or_default().insert(name, count);
        }
        for row in &mut rows {
            row.sum.usage.units = by_group.remove(&(row.start_at, row.key.clone())).unwrap_or_default();
        }
        Ok(rows)
    }
}
