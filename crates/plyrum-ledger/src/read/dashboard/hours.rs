//! Hours of UTC and days of a calendar, for charts: one query for all of them.

use plyrum_billing_client::MicroRub;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::error::LedgerError;
use crate::read::gather::{self, HOUR_MS};
use crate::read::usage::{self, UsageFilter, UsageRow};

/// What was used in an hour of UTC, or in a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsagePoint {
    /// Where it starts, in milliseconds since the epoch.
    pub start_at: i64,
    /// How many attempts were settled in it.
    pub attempts: u64,
    /// What they were charged.
    pub cost: MicroRub,
    /// How many have no known price.
    pub unpriced: u64,
    /// How many were estimated.
    pub estimated: u64,
}

/// Hours that start in a time and have usage, the earliest first.
pub(super) fn by_hour(
    conn: &Connection,
    filter: &UsageFilter,
    (since, until): (i64, i64),
) -> Result<Vec<UsagePoint>, LedgerError> {
    let wanted = gather::wanted(filter);
    let (level, from) = match wanted.as_slice() {
        [] => (3, "rollups u"),
        _ => (0, "rollups u CROSS JOIN rollup_keys k ON k.id = u.key"),
    };
    let mut query = format!(
        "SELECT u.start, sum(u.attempts), sum(u.cost), sum(u.unpriced), sum(u.estimated) FROM {from}
         WHERE u.level = ?1 AND u.start >= ?2 AND u.start < ?3"
    );
    for (nth, (column, _)) in wanted.iter().enumerate() {
        query += &format!(" AND k.{column} = ?{}", nth + 4);
    }
    query += " GROUP BY u.start ORDER BY u.start";
    let time = [level, since, until].map(Value::Integer);
    let params = time.into_iter().chain(wanted.into_iter().map(|(_, value)| Value::Text(value)));
    let mut select = conn.prepare_cached(&query)?;
    let hours = select.query_map(params_from_iter(params), |row| {
        Ok(UsagePoint {
            start_at: row.get(0)?,
            attempts: row.get(1)?,
            cost: MicroRub::new(row.get(2)?),
            unpriced: row.get(3)?,
            estimated: row.get(4)?,
        })
    })?;
    Ok(hours.collect::<Result<_, _>>()?)
}

/// Days that start at these moments, all of them, the last moment being the end of the last day. Days of zones that are
/// whole hours from UTC are sums of these hours, which reach as far; others are read at their own edges.
pub(super) fn days(
    conn: &Connection,
    starts: &[i64],
    filter: &UsageFilter,
    hours: &[UsagePoint],
) -> Result<Vec<UsagePoint>, LedgerError> {
    let begun = starts.iter().take(starts.len().saturating_sub(1));
    let mut days: Vec<UsagePoint> =
        begun.map(|start| UsagePoint { start_at: *start, ..UsagePoint::default() }).collect();
    let end = starts.last().copied().unwrap_or_default();
    if starts.iter().all(|start| start.rem_euclid(HOUR_MS) == 0) {
        for hour in hours.iter().filter(|hour| hour.start_at < end) {
            add(&mut days, hour)?;
        }
    } else {
        for row in usage::days_at(conn, starts, filter)? {
            add(&mut days, &point(&row))?;
        }
    }
    Ok(days)
}

fn point(row: &UsageRow) -> UsagePoint {
    UsagePoint {
        start_at: row.start_at.unwrap_or_default(),
        attempts: row.sum.attempts,
        cost: row.sum.cost,
        unpriced: row.sum.unpriced,
        estimated: row.sum.estimated,
    }
}

/// Adds a point to the day that it is in; what is before the first is in none.
fn add(days: &mut [UsagePoint], point: &UsagePoint) -> Result<(), LedgerError> {
    let after = days.partition_point(|day| day.start_at <= point.start_at);
    let Some(day) = after.checked_sub(1).and_then(|at| days.get_mut(at)) else { return Ok(()) };
    let cost = day.cost.checked_add(point.cost);
    *day = UsagePoint {
        start_at: day.start_at,
        attempts: day.attempts + point.attempts,
        cost: cost.ok_or_else(|| LedgerError::internal("a day's charges over 64 bits".to_owned()))?,
        unpriced: day.unpriced + point.unpriced,
        estimated: day.estimated + point.estimated,
    };
    Ok(())
}

/// The start of the hour from which on no more than `most` attempts (of anything, one hour's more at most) were settled;
/// `None` where the whole time has no more.
pub(super) fn since_of_newest(
    conn: &Connection,
    (since, until): (i64, i64),
    most: u64,
) -> Result<Option<i64>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT start, attempts FROM rollups WHERE level = 3 AND start > ?1 AND start < ?2 ORDER BY start DESC",
    )?;
    let mut rows = select.query([since.saturating_sub(HOUR_MS), until])?;
    let mut attempts = 0_u64;
    while let Some(row) = rows.next()? {
        attempts = attempts.saturating_add(row.get(1)?);
        let start: i64 = row.get(0)?;
        if attempts > most {
            return Ok(Some(start).filter(|start| *start > since));
        }
    }
    Ok(None)
}
