//! The proof that roll-ups are the sums of their attempts: from `ledger reconcile` and `doctor`.
//!
//! A day at a time, since sums of years of attempts at once would have to be sorted in memory; only the
//! widest rows are compared with the days, which are proved by then.

use rusqlite::{Connection, params};

use super::DAY_MS;
use crate::error::LedgerError;

/// Tells of each roll-up row that is wrong, missing or too many.
pub(crate) fn prove(conn: &Connection, tell: &mut dyn FnMut(String)) -> Result<(), LedgerError> {
    let mut next = next_day(conn, 0)?;
    while let Some(day) = next {
        offenders(conn, SUMS_OF_A_DAY, [day, day + DAY_MS], tell)?;
        offenders(conn, UNITS_OF_A_DAY, [day, day + DAY_MS], tell)?;
        next = next_day(conn, day + DAY_MS)?;
    }
    offenders(conn, WIDEST, [0, i64::MAX], tell)
}

fn offenders(
    conn: &Connection,
    query: &str,
    time: [i64; 2],
    tell: &mut dyn FnMut(String),
) -> Result<(), LedgerError> {
    let mut select = conn.prepare_cached(query)?;
    let mut rows = select.query(time)?;
    while let Some(row) = rows.next()? {
        tell(row.get(0)?);
    }
    Ok(())
}

/// The first day from `at` on that has attempts, or roll-ups that should not be there.
fn next_day(conn: &Connection, at: i64) -> Result<Option<i64>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT min(at) FROM (
            SELECT (SELECT min(closed_at) FROM attempts WHERE state = 'settled' AND closed_at >= ?1) AS at
            UNION ALL SELECT (SELECT min(start) FROM rollups r WHERE r.level = l.level AND start >= ?1) FROM rollup_levels l
                WHERE l.level <> 2
            UNION ALL SELECT (SELECT min(start) FROM rollup_units r WHERE r.level = l.level AND start >= ?1) FROM rollup_levels l
                WHERE l.level <> 2)",
    )?;
    let first: Option<i64> = select.query_row(params![at], |row| row.get(0))?;
    Ok(first.map(|first| first - first.rem_euclid(DAY_MS)))
}

const SUMS_OF_A_DAY: &str = "WITH
    due AS (SELECT level, start, key, sum(attempts) AS attempts, sum(input), sum(cache_read), sum(cache_write_5m),
        sum(cache_write_1h), sum(output), sum(reasoning), sum(cost) AS cost, sum(unpriced), sum(reported), sum(estimated),
        sum(missing), sum(review), sum(failed), sum(failed_cost), sum(cut), sum(cut_cost), sum(cancelled), sum(cancelled_cost),
        sum(retries), sum(retries_cost), sum(runs), sum(runs_model), sum(runs_provider), sum(runs_role), sum(runs_each)
        FROM rollup_places WHERE level <> 2 AND closed_at >= ?1 AND closed_at < ?2 GROUP BY level, start, key),
    kept AS (SELECT * FROM rollups WHERE level IN (0, 1, 3, 4) AND start >= ?1 AND start < ?2)
    SELECT 'kept: level ' || level || ' from ' || start || ' key ' || key || ': attempts ' || attempts || ', cost ' || cost
        FROM (SELECT * FROM kept EXCEPT SELECT * FROM due)
    UNION ALL SELECT 'due: level ' || level || ' from ' || start || ' key ' || coalesce(key, 'none') || ': attempts ' || attempts
        || ', cost ' || cost FROM (SELECT * FROM due EXCEPT SELECT * FROM kept)";

const UNITS_OF_A_DAY: &str = "WITH
    due AS (SELECT p.level, p.start, p.key, u.key AS unit, sum(u.value) AS count FROM rollup_places p, json_each(p.units) u
        WHERE p.units IS NOT NULL AND p.level <> 2 AND p.closed_at >= ?1 AND p.closed_at < ?2 GROUP BY 1, 2, 3, 4),
    kept AS (SELECT * FROM rollup_units WHERE level IN (0, 1, 3, 4) AND start >= ?1 AND start < ?2)
    SELECT 'kept: level ' || level || ' from ' || start || ' key ' || key || ': ' || unit || ' ' || count
        FROM (SELECT * FROM kept EXCEPT SELECT * FROM due)
    UNION ALL SELECT 'due: level ' || level || ' from ' || start || ' key ' || coalesce(key, 'none') || ': ' || unit || ' ' || count
        FROM (SELECT * FROM due EXCEPT SELECT * FROM kept)";

const WIDEST: &str = "WITH
    due AS (SELECT start - start % 2764800000 AS start, key, sum(attempts) AS attempts, sum(input), sum(cache_read),
        sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(cost) AS cost, sum(unpriced), sum(reported),
        sum(estimated), sum(missing), sum(review), sum(failed), sum(failed_cost), sum(cut), sum(cut_cost), sum(cancelled),
        sum(cancelled_cost), sum(retries), sum(retries_cost), sum(runs), sum(runs_model), sum(runs_provider), sum(runs_role),
        sum(runs_each) FROM rollups WHERE level = 1 AND start >= ?1 AND start < ?2 GROUP BY 1, 2),
    kept AS (SELECT start, key, attempts, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost, unpriced,
        reported, estimated, missing, review, failed, failed_cost, cut, cut_cost, cancelled, cancelled_cost, retries, retries_cost,
        runs, runs_model, runs_provider, runs_role, runs_each FROM rollups WHERE level = 2),
    due_units AS (SELECT start - start % 2764800000 AS start, key, unit, sum(count) AS count FROM rollup_units WHERE level = 1
        GROUP BY 1, 2, 3),
    kept_units AS (SELECT start, key, unit, count FROM rollup_units WHERE level = 2)
    SELECT 'kept: 32 days from ' || start || ' key ' || key || ': attempts ' || attempts || ', cost ' || cost
        FROM (SELECT * FROM kept EXCEPT SELECT * FROM due)
    UNION ALL SELECT 'due: 32 days from ' || start || ' key ' || key || ': attempts ' || attempts || ', cost ' || cost
        FROM (SELECT * FROM due EXCEPT SELECT * FROM kept)
    UNION ALL SELECT 'kept: 32 days from ' || start || ' key ' || key || ': ' || unit || ' ' || count
        FROM (SELECT * FROM kept_units EXCEPT SELECT * FROM due_units)
    UNION ALL SELECT 'due: 32 days from ' || start || ' key ' || key || ': ' || unit || ' ' || count
        FROM (SELECT * FROM due_units EXCEPT SELECT * FROM kept_units)";
