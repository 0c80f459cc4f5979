//! Sums over usage rows: the one place that adds them up, so that every total is the same total.

use std::collections::BTreeMap;

use plyrum_billing_client::{MicroRub, Quality, Usage};
use rusqlite::{Connection, Row};

use crate::error::LedgerError;

/// Σ of some settled attempts. Integers, exact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTotal {
    /// How many runs they belong to.
    pub runs: u64,
    /// How many they are.
    pub attempts: u64,
    /// Meter by meter.
    pub usage: Usage,
    /// What they were charged, the unpriced ones apart.
    pub cost: MicroRub,
    /// How many have no known price.
    pub unpriced: u64,
    /// How many have the provider's own figures.
    pub reported: u64,
    /// How many were estimated from bytes.
    pub estimated: u64,
    /// How many said nothing and cost nothing.
    pub missing: u64,
    /// How many a person may want to look at.
    pub review: u64,
}

impl UsageTotal {
    /// How far the total can be trusted: as far as its weakest part that used anything.
    pub const fn quality(&self) -> Quality {
        match (self.estimated, self.reported) {
            (0, 0) => Quality::Missing,
            (0, _) => Quality::Reported,
            _ => Quality::Estimated,
        }
    }
}

/// The columns of a [`UsageTotal`] but for its units, over rows of `attempts AS a`.
pub(crate) const COLUMNS: &str = "count(DISTINCT a.run) AS runs, count(*) AS attempts,
    coalesce(sum(a.input), 0) AS input, coalesce(sum(a.cache_read), 0) AS cache_read,
    coalesce(sum(a.cache_write_5m), 0) AS cache_write_5m, coalesce(sum(a.cache_write_1h), 0) AS cache_write_1h,
    coalesce(sum(a.output), 0) AS output, coalesce(sum(a.reasoning), 0) AS reasoning,
    coalesce(sum(a.cost_micro_rub), 0) AS cost, coalesce(sum(a.cost_micro_rub IS NULL), 0) AS unpriced,
    coalesce(sum(a.quality = 'reported'), 0) AS reported, coalesce(sum(a.quality = 'estimated'), 0) AS estimated,
    coalesce(sum(a.quality = 'missing'), 0) AS missing, coalesce(sum(a.review), 0) AS review";

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<UsageTotal> {
    Ok(UsageTotal {
        runs: row.get("runs")?,
        attempts: row.get("attempts")?,
        usage: Usage {
            input: row.get("input")?,
            cache_read: row.get("cache_read")?,
            cache_write_5m: row.get("cache_write_5m")?,
            cache_write_1h: row.get("cache_write_1h")?,
            output: row.get("output")?,
            reasoning: row.get("reasoning")?,
            units: BTreeMap::new(),
        },
        cost: MicroRub::new(row.get("cost")?),
        unpriced: row.get("unpriced")?,
        reported: row.get("reported")?,
        estimated: row.get("estimated")?,
        missing: row.get("missing")?,
        review: row.get("review")?,
    })
}

/// Σ of one run's settled attempts.
pub(crate) fn of_run(conn: &Connection, run: &str) -> Result<UsageTotal, LedgerError> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attempts a WHERE a.run = ?1 AND a.state = 'settled'"
    ))?;
    let mut total = select.query_row([run], from_row)?;
    let mut units = conn.prepare_cached(
        "SELECT u.key, sum(u.value) FROM attempts a, json_each(a.units) u
         WHERE a.run = ?1 AND a.state = 'settled' AND a.units IS NOT NULL GROUP BY u.key",
    )?;
    let units = units.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    total.usage.units = units.collect::<Result<_, _>>()?;
    Ok(total)
}
