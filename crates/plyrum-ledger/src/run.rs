//! Runs: begun before their first hold, finished when every attempt of theirs is resolved.
//!
//! A run's total is final once it is finished: it cannot finish with money held, and no hold is granted
//! to it afterwards.

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use crate::approval;
use crate::bounds;
use crate::budget::Spender;
use crate::error::LedgerError;
use crate::fingerprint;
use crate::outbox;
use crate::read::sums::{self, UsageTotal};
use crate::words::RunStatus;

/// How many ids an error lists.
pub(crate) const MAX_LISTED: usize = 8;

/// A run that starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRun {
    /// The caller's id.
    pub run: String,
    /// The conversation that it belongs to.
    pub session: String,
    /// The persona that it runs with.
    pub persona: String,
    /// The plan that it starts with.
    pub plan: String,
    /// The project that it was submitted from.
    pub project: Option<String>,
    /// Who submitted it.
    pub client: String,
    /// What it may cost in all.
    pub budget: Option<MicroRub>,
    /// When, in milliseconds since the epoch. Not part of what makes a repeat a repeat.
    #[serde(skip)]
    pub at: i64,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinishRun {
    /// Which run.
    pub run: String,
    /// A final status.
    pub status: RunStatus,
    /// The plan that it ended with, where it was shrunk on the way.
    pub plan: Option<String>,
    /// More for the audit log, beside the totals.
    pub detail: Value,
    /// When, in milliseconds since the epoch. Not part of what makes a repeat a repeat.
    #[serde(skip)]
    pub at: i64,
}

/// A run and the sum of its usage rows: the figure for `run.finished`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTotals {
    /// Which run.
    pub run: String,
    /// The conversation that it belongs to.
    pub session: String,
    /// Where it is.
    pub status: RunStatus,
    /// The plan that it has now.
    pub plan: String,
    /// When it began, in milliseconds since the epoch.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Σ of its settled attempts.
    pub total: UsageTotal,
}

/// What a hold needs to know of its run.
pub(crate) struct OpenRun {
    pub budget: Option<MicroRub>,
    pub spender: Spender,
}

pub(crate) fn begin(conn: &Connection, run: &NewRun) -> Result<(), LedgerError> {
    bounds::check_id("run id", &run.run)?;
    for (what, name) in [
        ("session", &run.session),
        ("persona", &run.persona),
        ("plan", &run.plan),
        ("client", &run.client),
        ("project", run.project.as_ref().unwrap_or(&run.client)),
    ] {
        bounds::check_name(what, name)?;
    }
    bounds::check_time("run start", run.at)?;
    run.budget.map_or(Ok(()), |budget| bounds::check_amount("run budget", budget))?;
    let print = fingerprint::of(run)?;
    let earlier: Option<Vec<u8>> = conn
        .prepare_cached("SELECT content_hash FROM runs WHERE run = ?1")?
        .query_row([&run.run], |row| row.get(0))
        .optional()?;
    match earlier {
        Some(earlier) if earlier == print => return Ok(()),
        Some(_) => return Err(LedgerError::IdReused { what: "run", id: run.run.clone() }),
        None => {}
    }
    conn.prepare_cached(
        "INSERT INTO runs (run, session, persona, plan, project, client, status, started_at, budget_micro_rub, content_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7, ?8, ?9)",
    )?
    .execute(params![
        run.run,
        run.session,
        run.persona,
        run.plan,
        run.project,
        run.client,
        run.at,
        run.budget.map(MicroRub::get),
        print
    ])?;
    Ok(())
}

/// Who spends in this run.
pub(crate) fn spender(conn: &Connection, run: &str) -> Result<Spender, LedgerError> {
    let mut select = conn.prepare_cached("SELECT session, persona, project FROM runs WHERE run = ?1")?;
    let read = |row: &Row<'_>| {
        Ok(Spender { run: run.to_owned(), session: row.get(0)?, persona: row.get(1)?, project: row.get(2)? })
    };
    select.query_row([run], read).optional()?.ok_or_else(|| LedgerError::UnknownRun { run: run.to_owned() })
}

/// The run, if attempts may still be held for it.
pub(crate) fn open(conn: &Connection, run: &str) -> Result<OpenRun, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT status, budget_micro_rub, session, persona, project FROM runs WHERE run = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let spender =
            Spender { run: run.to_owned(), session: row.get(2)?, persona: row.get(3)?, project: row.get(4)? };
        let budget = row.get::<_, Option<i64>>(1)?.map(MicroRub::new);
        Ok((row.get(0)?, OpenRun { budget, spender }))
    };
    let found: Option<(RunStatus, OpenRun)> = select.query_row([run], read).optional()?;
    match found {
        None => Err(LedgerError::UnknownRun { run: run.to_owned() }),
        Some((status, _)) if status.is_final() => {
            Err(LedgerError::RunEnded { run: run.to_owned(), status: status.to_string() })
        }
        Some((_, open)) => Ok(open),
    }
}

/// What counts against a run's budget, in micro-rubles: what it was charged and what it holds.
pub(crate) fn committed(conn: &Connection, run: &str) -> Result<i64, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(sum(CASE state WHEN 'settled' THEN cost_micro_rub WHEN 'released' THEN 0 ELSE hold_micro_rub END), 0)
         FROM attempts WHERE run = ?1",
    )?;
    Ok(select.query_row([run], |row| row.get(0))?)
}

/// Ends a run and returns its totals. Once: a repeat returns the same, another ending is an error.
pub(crate) fn finish(conn: &Connection, finish: &FinishRun) -> Result<RunTotals, LedgerError> {
    bounds::check_time("run end", finish.at)?;
    bounds::check_name("plan", finish.plan.as_deref().unwrap_or_default())?;
    bounds::check_json("audit detail", &finish.detail.to_string())?;
    if !finish.status.is_final() {
        return Err(LedgerError::invalid(format!("`{}` is no end of a run", finish.status)));
    }
    let print = fingerprint::of(finish)?;
    let mut select = conn.prepare_cached("SELECT status, finish_hash FROM runs WHERE run = ?1")?;
    let found: Option<(RunStatus, Option<Vec<u8>>)> =
        select.query_row([&finish.run], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        None => return Err(LedgerError::UnknownRun { run: finish.run.clone() }),
        Some((_, Some(earlier))) if earlier == print => return totals(conn, &finish.run),
        Some((status, _)) if status.is_final() => {
            return Err(LedgerError::RunEnded { run: finish.run.clone(), status: status.to_string() });
        }
        Some(_) => {}
    }
    let attempts = unresolved(conn, &finish.run)?;
    if !attempts.is_empty() {
        return Err(LedgerError::RunUnresolved { run: finish.run.clone(), attempts });
    }
    end(conn, finish, &print)
}

fn unresolved(conn: &Connection, run: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT attempt FROM attempts WHERE run = ?1 AND state IN ('held', 'sent', 'streaming') LIMIT ?2",
    )?;
    let listed = i64::try_from(MAX_LISTED).unwrap_or(i64::MAX);
    let attempts = select.query_map(params![run, listed], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(attempts)
}

/// Writes the end of a run whose attempts are all resolved.
pub(crate) fn end(conn: &Connection, finish: &FinishRun, print: &[u8]) -> Result<RunTotals, LedgerError> {
    approval::end_of_run(conn, &finish.run, finish.at)?;
    conn.prepare_cached(
        "UPDATE runs SET status = ?2, ended_at = ?3, finish_hash = ?4, plan = coalesce(?5, plan) WHERE run = ?1",
    )?
    .execute(params![finish.run, finish.status, finish.at, print, finish.plan])?;
    let totals = totals(conn, &finish.run)?;
    let body = json!({ "run": totals.run, "session": totals.session, "status": totals.status, "plan": totals.plan,
        "attempts": totals.total.attempts, "usage": totals.total.usage, "cost_micro_rub": totals.total.cost,
        "unpriced": totals.total.unpriced, "detail": finish.detail });
    outbox::push(conn, finish.at, "run", &body)?;
    Ok(totals)
}

/// A run with the sum of its usage rows.
pub(crate) fn totals(conn: &Connection, run: &str) -> Result<RunTotals, LedgerError> {
    let mut select = conn
        .prepare_cached("SELECT run, session, status, plan, started_at, ended_at FROM runs WHERE run = ?1")?;
    let read = |row: &Row<'_>| {
        Ok(RunTotals {
            run: row.get(0)?,
            session: row.get(1)?,
            status: row.get(2)?,
            plan: row.get(3)?,
            started_at: row.get(4)?,
            ended_at: row.get(5)?,
            total: UsageTotal::default(),
        })
    };
    let found = select.query_row([run], read).optional()?;
    // Most that are asked for are new: those are not worth the sums.
    let found = found.ok_or_else(|| LedgerError::UnknownRun { run: run.to_owned() })?;
    Ok(RunTotals { total: sums::of_run(conn, run)?, ..found })
}
