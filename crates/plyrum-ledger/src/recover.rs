//! After a crash: every hold is resolved and every run has an end, before anything new is taken in.
//!
//! `held` was never sent: released. `sent` and `streaming` may have been charged by the provider: settled
//! by an estimate from the last count of bytes, and flagged. Nothing is sent again. A run that waits for an
//! approval, or whose answer it has not taken yet, stays open: what it needs to go on lies beside the
//! approval, and a person may answer tomorrow. One transaction, so a crash during recovery recovers again
//! from the start.

use plyrum_billing_client::MicroRub;
use rusqlite::Connection;
use serde_json::json;

use crate::approval::{self, Approval};
use crate::attempt::{self, Attempt};
use crate::bounds;
use crate::charge::Basis;
use crate::error::LedgerError;
use crate::mark;
use crate::run::{self, FinishRun, RunTotals};
use crate::settle::{self, Ending, Settled};
use crate::words::{AttemptState, Outcome, RunStatus};

/// What stands in a row where a caller's print would: no repeat of a caller ever matches it.
const BY_RECOVERY: &str = "recovery";

/// Why an approval is not waited for any more.
const DIED: &str = "the daemon ended in the middle of the run";

/// How to recover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoverySpec {
    /// Now, in milliseconds since the epoch: what rows closed by recovery say.
    pub at: i64,
}

/// What recovery had to do; nothing after a clean shutdown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Attempts that were never sent, and what they held.
    pub released: Vec<(String, MicroRub)>,
    /// Attempts charged by an estimate.
    pub settled: Vec<Settled>,
    /// Approvals that nobody can answer any more, since their run is over: expired.
    pub expired: Vec<Approval>,
    /// Runs that are now `interrupted`, with their final totals. A run whose `run.finished` is already in
    /// its session's log (power was cut between that and the next critical commit) keeps the log's status;
    /// its totals are the same.
    pub interrupted: Vec<RunTotals>,
}

pub(crate) fn apply(conn: &Connection, spec: RecoverySpec) -> Result<Recovery, LedgerError> {
    bounds::check_time("recovery time", spec.at)?;
    let mut recovery = Recovery::default();
    for row in unresolved(conn)? {
        if row.state == AttemptState::Held {
            mark::release_row(conn, &row, spec.at)?;
            recovery.released.push((row.attempt, row.hold));
        } else {
            let spender = run::spender(conn, &row.run)?;
            recovery.settled.push(settle::settle_row(conn, &row, &spender, &estimate(spec.at))?);
        }
    }
    for run in running(conn)? {
        recovery.expired.extend(approval::withdraw(conn, &run, spec.at, DIED)?);
        let finish = FinishRun {
            run,
            status: RunStatus::Interrupted,
            plan: None,
            detail: json!({ "by": BY_RECOVERY }),
            at: spec.at,
        };
        recovery.interrupted.push(run::end(conn, &finish, BY_RECOVERY.as_bytes())?);
    }
    Ok(recovery)
}

fn estimate(at: i64) -> Ending<'static> {
    Ending {
        at,
        basis: &Basis::Estimated,
        outcome: Outcome::Cut,
        error_kind: Some("interrupted"),
        raw_usage: None,
        said_cost: None,
        ms: None,
        ttft_ms: None,
        print: BY_RECOVERY.as_bytes(),
    }
}

pub(crate) fn unresolved(conn: &Connection) -> Result<Vec<Attempt>, LedgerError> {
    let mut select = conn.prepare(attempt::select!(
        "WHERE state IN ('held', 'sent', 'streaming') ORDER BY held_at, attempt"
    ))?;
    attempt::all(conn, &mut select, [])
}

/// Runs that are begun and not ended, the oldest first, without those that wait for an approval.
pub(crate) fn running(conn: &Connection) -> Result<Vec<String>, LedgerError> {
    let mut select = conn.prepare(approval::parked_runs!(
        "SELECT run FROM runs WHERE status = 'running' AND run NOT IN (",
        ") ORDER BY started_at, run"
    ))?;
    let runs = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(runs)
}
