//! Roll-ups: sums of settled attempts by hour, day and 32 days, so that a report over millions of attempts,
//! and the check of a budget, read a few thousand rows.
//!
//! They are written in the transaction that settles the attempt, so they are never behind; what an attempt
//! adds is defined once, in the view `usage_lines` of `schema_3.sql`, and [`crate::check`] proves that
//! every roll-up is the sum of its attempts. Edges of a time that no roll-up row fits exactly (half an hour
//! of a zone at +05:30) are read from the attempts themselves, so every figure is exact.
//!
//! A run counts once, where its first settled attempt falls (`first_of`): so the runs of days add up to the
//! runs of their month. By model, provider or role it counts once for each of them.

mod proof;

use plyrum_billing_client::{MicroRub, Quality};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use crate::attempt::Attempt;
use crate::bounds;
use crate::budget::Spender;
use crate::charge::Charge;
use crate::error::LedgerError;
use crate::words::Outcome;
pub(crate) use proof::prove;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A kind of roll-up row: its number in the schema, and its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    pub number: i64,
    pub width_ms: i64,
}

/// Rows by model, provider, persona, role and project, the widest first.
pub(crate) const EACH: &[Level; 3] = &[
    Level { number: 2, width_ms: 32 * DAY_MS },
    Level { number: 1, width_ms: DAY_MS },
    Level { number: 0, width_ms: HOUR_MS },
];
/// Rows of everything in an hour.
pub(crate) const EVERYTHING: &[Level] = &[Level { number: 3, width_ms: HOUR_MS }];
/// Rows of a session in a day.
pub(crate) const SESSIONS: &[Level] = &[Level { number: 4, width_ms: DAY_MS }];

/// A part of a time, and which rows have it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// `None`: only the attempts themselves.
    pub level: Option<i64>,
    /// Inclusive.
    pub since: i64,
    /// Exclusive.
    pub until: i64,
}

/// The pieces of `[since, until)`: wide rows inside, narrower ones towards the edges, attempts at them.
pub(crate) fn cover(levels: &[Level], since: i64, until: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    cover_into(&mut pieces, levels, since, until);
    pieces
}

fn cover_into(pieces: &mut Vec<Piece>, levels: &[Level], since: i64, until: i64) {
    if since >= until {
        return;
    }
    let Some((level, narrower)) = levels.split_first() else {
        return pieces.push(Piece { level: None, since, until });
    };
    let last = until - until.rem_euclid(level.width_ms);
    let first = match since.rem_euclid(level.width_ms) {
        0 => since,
        over => since.saturating_add(level.width_ms - over),
    };
    if first >= last {
        return cover_into(pieces, narrower, since, until);
    }
    cover_into(pieces, narrower, since, first);
    pieces.push(Piece { level: Some(level.number), since: first, until: last });
    cover_into(pieces, narrower, last, until);
}

/// The sums of a roll-up row and of `usage_lines`, in the order in which they are read and written.
pub(crate) const SUMS: [&str; 26] = [
    "attempts",
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "cost",
    "unpriced",
    "reported",
    "estimated",
    "missing",
    "review",
    "failed",
    "failed_cost",
    "cut",
    "cut_cost",
    "cancelled",
    "cancelled_cost",
    "retries",
    "retries_cost",
    "runs",
    "runs_model",
    "runs_provider",
    "runs_role",
    "runs_each",
];

/// The bits of `attempts.first_of` for an attempt that is about to be settled.
pub(crate) fn first_of(conn: &Connection, row: &Attempt) -> Result<i64, LedgerError> {
    // Most attempts of a long run are like an earlier one of it, which stops at the first that it finds.
    let mut alike = conn.prepare_cached(
        "SELECT 1 FROM attempts WHERE run = ?1 AND state = 'settled' AND model = ?2 AND provider = ?3 AND role = ?4 LIMIT 1",
    )?;
    if alike.exists(params![row.run, row.model, row.provider, row.role])? {
        return Ok(0);
    }
    let mut select = conn.prepare_cached(
        "SELECT (count(*) = 0) + 2 * (coalesce(sum(model = ?2), 0) = 0) + 4 * (coalesce(sum(provider = ?3), 0) = 0)
             + 8 * (coalesce(sum(role = ?4), 0) = 0) + 16
         FROM attempts WHERE run = ?1 AND state = 'settled'",
    )?;
    Ok(select.query_row(params![row.run, row.model, row.provider, row.role], |row| row.get(0))?)
}

/// What a settled attempt adds, from the values that were just written: the same as its row in
/// `usage_lines`, without reading it again (the proof compares the two).
pub(crate) struct Line<'a> {
    pub model: &'a str,
    pub provider: &'a str,
    pub role: &'a str,
    pub spender: &'a Spender,
    pub try_no: u32,
    pub charge: &'a Charge,
    pub outcome: Outcome,
    pub first_of: i64,
    pub closed_at: i64,
}

impl Line<'_> {
    /// In the order of [`SUMS`].
    fn figures(&self) -> Result<[i64; SUMS.len()], LedgerError> {
        let usage = &self.charge.usage;
        let cost = self.charge.cost.map_or(0, MicroRub::get);
        let part = |is: bool| if is { [1, cost] } else { [0, 0] };
        let quality = |quality| i64::from(self.charge.quality == quality);
        let [failed, failed_cost] = part(self.outcome == Outcome::Failed);
        let [cut, cut_cost] = part(self.outcome == Outcome::Cut);
        let [cancelled, cancelled_cost] = part(self.outcome == Outcome::Cancelled);
        let [retries, retries_cost] = part(self.try_no > 1);
        let meter = |meter| bounds::to_sql("a meter", meter);
        Ok([
            1,
            meter(usage.input)?,
            meter(usage.cache_read)?,
            meter(usage.cache_write_5m)?,
            meter(usage.cache_write_1h)?,
            meter(usage.output)?,
            meter(usage.reasoning)?,
            cost,
            i64::from(self.charge.cost.is_none()),
            quality(Quality::Reported),
            quality(Quality::Estimated),
            quality(Quality::Missing),
            i64::from(self.charge.review),
            failed,
            failed_cost,
            cut,
            cut_cost,
            cancelled,
            cancelled_cost,
            retries,
            retries_cost,
            self.first_of & 1,
            (self.first_of >> 1) & 1,
            (self.first_of >> 2) & 1,
            (self.first_of >> 3) & 1,
            (self.first_of >> 4) & 1,
        ])
    }

    /// The key of its rows at each level.
    fn places(&self, conn: &Connection) -> Result<[(Level, i64); 5], LedgerError> {
        let project = self.spender.project.as_deref().unwrap_or_default();
        let words = [self.model, self.provider, &self.spender.persona, self.role, project];
        let each = id_of(
            conn,
            "SELECT id FROM rollup_keys WHERE model = ?1 AND provider = ?2 AND persona = ?3 AND role = ?4 AND project = ?5",
            "INSERT INTO rollup_keys (model, provider, persona, role, project) VALUES (?1, ?2, ?3, ?4, ?5)",
            words,
        )?;
        let session = id_of(
            conn,
            "SELECT id FROM rollup_sessions WHERE session = ?1",
            "INSERT INTO rollup_sessions (session) VALUES (?1)",
            [self.spender.session.as_str()],
        )?;
        let [widest, day, hour] = *EACH;
        Ok([(widest, each), (day, each), (hour, each), (EVERYTHING[0], 0), (SESSIONS[0], session)])
    }
}

/// The id of a row with these words, made where there is none.
fn id_of<const N: usize>(
    conn: &Connection,
    select: &str,
    insert: &str,
    words: [&str; N],
) -> Result<i64, LedgerError> {
    let found =
        conn.prepare_cached(select)?.query_row(params_from_iter(words), |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    conn.prepare_cached(insert)?.execute(params_from_iter(words))?;
    Ok(conn.last_insert_rowid())
}

/// Adds an attempt, whose row was settled just now in this transaction, to its roll-ups.
pub(crate) fn add(conn: &Connection, line: &Line<'_>) -> Result<(), LedgerError> {
    let figures = line.figures()?;
    let places = line.places(conn)?;
    let mut add = conn.prepare_cached(ADD_SUMS)?;
    for (level, key) in places {
        let place = [level.number, line.closed_at - line.closed_at % level.width_ms, key];
        add.execute(params_from_iter(place.iter().chain(&figures)))?;
    }
    if line.charge.usage.units.is_empty() {
        return Ok(());
    }
    let mut add = conn.prepare_cached(
        "INSERT INTO rollup_units (level, start, key, unit, count) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for (level, key) in places {
        let start = line.closed_at - line.closed_at % level.width_ms;
        for (unit, count) in &line.charge.usage.units {
            add.execute(params![level.number, start, key, unit, bounds::to_sql("units", *count)?])?;
        }
    }
    Ok(())
}

const ADD_SUMS: &str = "INSERT INTO rollups (level, start, key, attempts, input, cache_read, cache_write_5m, cache_write_1h,
        output, reasoning, cost, unpriced, reported, estimated, missing, review, failed, failed_cost, cut, cut_cost,
        cancelled, cancelled_cost, retries, retries_cost, runs, runs_model, runs_provider, runs_role, runs_each)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
        ?25, ?26, ?27, ?28, ?29)
    ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts, input = input + excluded.input,
        cache_read = cache_read + excluded.cache_read, cache_write_5m = cache_write_5m + excluded.cache_write_5m,
        cache_write_1h = cache_write_1h + excluded.cache_write_1h, output = output + excluded.output,
        reasoning = reasoning + excluded.reasoning, cost = cost + excluded.cost, unpriced = unpriced + excluded.unpriced,
        reported = reported + excluded.reported, estimated = estimated + excluded.estimated,
        missing = missing + excluded.missing, review = review + excluded.review, failed = failed + excluded.failed,
        failed_cost = failed_cost + excluded.failed_cost, cut = cut + excluded.cut, cut_cost = cut_cost + excluded.cut_cost,
        cancelled = cancelled + excluded.cancelled, cancelled_cost = cancelled_cost + excluded.cancelled_cost,
        retries = retries + excluded.retries, retries_cost = retries_cost + excluded.retries_cost,
        runs = runs + excluded.runs, runs_model = runs_model + excluded.runs_model,
        runs_provider = runs_provider + excluded.runs_provider, runs_role = runs_role + excluded.runs_role,
        runs_each = runs_each + excluded.runs_each";

/// Whose spending is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpentBy<'a> {
    /// Everybody's.
    All,
    /// Runs with this persona.
    Persona(&'a str),
    /// Runs from this project; `""` are those from none.
    Project(&'a str),
    /// Requests to this provider.
    Provider(&'a str),
}

impl SpentBy<'_> {
    const fn column(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Persona(_) => Some("persona"),
            Self::Project(_) => Some("project"),
            Self::Provider(_) => Some("provider"),
        }
    }

    const fn value(&self) -> &str {
        match self {
            Self::All => "",
            Self::Persona(value) | Self::Project(value) | Self::Provider(value) => value,
        }
    }
}

/// What attempts that were settled in `[since_ms, until_ms)` were charged, in micro-rubles, exactly.
/// Unpriced ones add nothing. Quick enough for the transaction of a hold.
pub(crate) fn spent(
    conn: &Connection,
    of: SpentBy<'_>,
    since_ms: i64,
    until_ms: i64,
) -> Result<i64, LedgerError> {
    total(conn, Figure::Cost, of, (since_ms, until_ms))
}

/// How many of the same attempts have no known price: what [`spent`] leaves out.
pub(crate) fn unpriced(
    conn: &Connection,
    of: SpentBy<'_>,
    since_ms: i64,
    until_ms: i64,
) -> Result<i64, LedgerError> {
    total(conn, Figure::Unpriced, of, (since_ms, until_ms))
}

/// What is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Cost,
    Unpriced,
}

impl Figure {
    /// The column of roll-ups and usage lines.
    const fn column(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Unpriced => "unpriced",
        }
    }

    /// The same of one attempt.
    const fn of_attempt(self) -> &'static str {
        match self {
            Self::Cost => "cost_micro_rub",
            Self::Unpriced => "cost_micro_rub IS NULL",
        }
    }
}

fn total(
    conn: &Connection,
    figure: Figure,
    of: SpentBy<'_>,
    (since_ms, until_ms): (i64, i64),
) -> Result<i64, LedgerError> {
    let levels: &[Level] = if of == SpentBy::All { EVERYTHING } else { EACH };
    let mut total = 0_i64;
    for piece in cover(levels, since_ms.max(0), until_ms) {
        let part = total_in(conn, figure, of, piece)?;
        total = total
            .checked_add(part)
            .ok_or_else(|| LedgerError::internal("spending over 64 bits".to_owned()))?;
    }
    Ok(total)
}

fn total_in(conn: &Connection, figure: Figure, of: SpentBy<'_>, piece: Piece) -> Result<i64, LedgerError> {
    let (sum, of_attempt) = (figure.column(), figure.of_attempt());
    let query = match (piece.level, of.column()) {
        (Some(_), Some(column)) => format!(
            "SELECT coalesce(sum({sum}), 0) FROM rollups WHERE level = ?1 AND start >= ?2 AND start < ?3
             AND +key IN (SELECT id FROM rollup_keys WHERE {column} = ?4)"
        ),
        (Some(_), None) => format!(
            "SELECT coalesce(sum({sum}), 0) FROM rollups
             WHERE level = ?1 AND start >= ?2 AND start < ?3 AND ?4 = ''"
        ),
        (None, Some(column)) => format!(
            "SELECT coalesce(sum({sum}), 0) FROM usage_lines WHERE ?1 IS NULL AND closed_at >= ?2 AND closed_at < ?3
             AND {column} = ?4"
        ),
        (None, None) => format!(
            "SELECT coalesce(sum({of_attempt}), 0) FROM attempts
             WHERE ?1 IS NULL AND state = 'settled' AND closed_at >= ?2 AND closed_at < ?3 AND ?4 = ''"
        ),
    };
    let mut select = conn.prepare_cached(&query)?;
    Ok(select.query_row(params![piece.level, piece.since, piece.until, of.value()], |row| row.get(0))?)
}

#[cfg(test)]
pub(crate) mod tests;
