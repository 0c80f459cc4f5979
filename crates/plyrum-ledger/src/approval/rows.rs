//! Reading approvals: one, a page of them, those whose time is over, those that runs wait for.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::{Approval, ApprovalFilter, Parked};
use crate::error::LedgerError;
use crate::read::LedgerReader;

/// The most approvals on one page.
const MAX_PAGE: u32 = 1000;

/// The query for whole approvals, with what follows `FROM approvals a`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.run, a.session, a.call, a.tool, a.action, a.sha256, a.why, coalesce(a.saved_rule, a.rule), \
             a.at, a.deadline, a.status, a.scope, a.answered_by, a.reason, a.ends_run, a.answered_at, a.executed_at ",
            $rest
        )
    };
}

/// A query around one for the runs that are parked: recovery and the list of abandoned runs must mean the same
/// runs as [`parked`] does.
macro_rules! parked_runs {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT a.run FROM approval_checkpoints c JOIN approvals a ON a.id = c.approval WHERE a.status <> 'executed'",
            $after
        )
    };
}
pub(crate) use parked_runs;

pub(crate) fn find(conn: &Connection, id: &str) -> Result<Option<Approval>, LedgerError> {
    let mut select = conn.prepare_cached(select!("FROM approvals a WHERE a.id = ?1"))?;
    Ok(select.query_row([id], from_row).optional()?)
}

/// Newest first.
pub(crate) fn list(conn: &Connection, filter: &ApprovalFilter) -> Result<Vec<Approval>, LedgerError> {
    let (at, id) = filter.before.as_ref().map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    // Each has an index of its own that gives the order.
    let query = match (filter.pending_only, filter.run.is_some()) {
        (false, false) => select!(
            "FROM approvals a WHERE (a.at, a.id) < (?1, ?2) AND ?4 IS NULL ORDER BY a.at DESC, a.id DESC LIMIT ?3"
        ),
        (true, false) => select!(
            "FROM approvals a WHERE (a.at, a.id) < (?1, ?2) AND ?4 IS NULL AND a.status = 'pending'
             ORDER BY a.at DESC, a.id DESC LIMIT ?3"
        ),
        (false, true) => select!(
            "FROM approvals a WHERE a.run = ?4 AND (a.at, a.id) < (?1, ?2) ORDER BY a.at DESC, a.id DESC LIMIT ?3"
        ),
        (true, true) => select!(
            "FROM approvals a WHERE a.run = ?4 AND (a.at, a.id) < (?1, ?2) AND a.status = 'pending'
             ORDER BY a.at DESC, a.id DESC LIMIT ?3"
        ),
    };
    all(conn, query, params![at, id, filter.limit.min(MAX_PAGE), filter.run])
}

/// Those that nobody has answered and whose time is over at `at`, the earliest first.
pub(super) fn due(conn: &Connection, at: i64) -> Result<Vec<Approval>, LedgerError> {
    let query =
        select!("FROM approvals a WHERE a.status = 'pending' AND a.deadline <= ?1 ORDER BY a.deadline, a.id");
    all(conn, query, [at])
}

/// Those of a run that nobody has answered, the oldest first.
pub(super) fn pending_of(conn: &Connection, run: &str) -> Result<Vec<Approval>, LedgerError> {
    let query = select!("FROM approvals a WHERE a.run = ?1 AND a.status = 'pending' ORDER BY a.at, a.id");
    all(conn, query, [run])
}

/// What runs wait for across restarts, the oldest first. A run that has ended has no checkpoints.
pub(crate) fn parked(conn: &Connection) -> Result<Vec<Parked>, LedgerError> {
    let mut select = conn.prepare_cached(select!(
        ", c.checkpoint FROM approval_checkpoints c JOIN approvals a ON a.id = c.approval
         WHERE a.status <> 'executed' ORDER BY a.at, a.id"
    ))?;
    let read = |row: &Row<'_>| Ok(Parked { approval: from_row(row)?, checkpoint: row.get(18)? });
    let parked = select.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(parked)
}

fn all(conn: &Connection, query: &str, params: impl Params) -> Result<Vec<Approval>, LedgerError> {
    let mut select = conn.prepare_cached(query)?;
    let rows = select.query_map(params, from_row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Approval> {
    Ok(Approval {
        id: row.get(0)?,
        run: row.get(1)?,
        session: row.get(2)?,
        call: row.get(3)?,
        tool: row.get(4)?,
        action: row.get(5)?,
        sha256: row.get(6)?,
        why: row.get(7)?,
        rule: row.get(8)?,
        at: row.get(9)?,
        deadline: row.get(10)?,
        status: row.get(11)?,
        scope: row.get(12)?,
        by: row.get(13)?,
        reason: row.get(14)?,
        ends_run: row.get(15)?,
        answered_at: row.get(16)?,
        executed_at: row.get(17)?,
    })
}

impl LedgerReader {
    /// An approval by its whole id.
    pub fn approval(&self, id: &str) -> Result<Option<Approval>, LedgerError> {
        find(&self.conn, id)
    }

    /// Approvals, newest first.
    pub fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, LedgerError> {
        list(&self.conn, filter)
    }
}
