//! Finding runs: newest first, a page at a time, or by the first letters of an id.

use plyrum_billing_client::MicroRub;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::run::MAX_LISTED;
use crate::words::RunStatus;

/// The most runs on one page.
const MAX_PAGE: usize = 1000;

/// A run as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: String,
    /// The conversation that it belongs to.
    pub session: String,
    /// The persona that it ran with.
    pub persona: String,
    /// The plan that it has, or ended with.
    pub plan: String,
    /// The project that it was submitted from.
    pub project: Option<String>,
    /// Who submitted it.
    pub client: String,
    /// Where it is.
    pub status: RunStatus,
    /// When it began, in milliseconds since the epoch.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// What it may cost.
    pub budget: Option<MicroRub>,
    /// Σ of what its attempts were charged so far.
    pub cost: MicroRub,
    /// How many of them have no known price.
    pub unpriced: u64,
}

/// Where the next page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsAfter {
    /// `started_at` of the last row.
    pub started_at: i64,
    /// Its id.
    pub run: String,
}

const COLUMNS: &str = "r.run, r.session, r.persona, r.plan, r.project, r.client, r.status, r.started_at, r.ended_at,
    r.budget_micro_rub,
    (SELECT coalesce(sum(a.cost_micro_rub), 0) FROM attempts a WHERE a.run = r.run AND a.state = 'settled') AS cost,
    (SELECT count(*) FROM attempts a WHERE a.run = r.run AND a.state = 'settled' AND a.cost_micro_rub IS NULL) AS unpriced";

impl LedgerReader {
    /// At most `limit` (and 1 000) runs, newest first, from after a row or from the newest.
    pub fn runs(&self, limit: usize, after: Option<&RunsAfter>) -> Result<Vec<RunRow>, LedgerError> {
        let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(0);
        let (started_at, run) = after.map_or((i64::MAX, ""), |after| (after.started_at, after.run.as_str()));
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM runs r WHERE (r.started_at, r.run) < (?1, ?2)
             ORDER BY r.started_at DESC, r.run DESC LIMIT ?3"
        ))?;
        let rows = select.query_map(params![started_at, run, limit], from_row)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The run whose id is `prefix` or alone starts with it; `last` is the newest.
    pub fn run_by_prefix(&self, prefix: &str) -> Result<RunRow, LedgerError> {
        let unknown = || LedgerError::UnknownRun { run: prefix.to_owned() };
        match prefix {
            "" => return Err(unknown()),
            "last" => return self.runs(1, None)?.pop().ok_or_else(unknown),
            _ => {}
        }
        if let Some(exact) = self.run(prefix)? {
            return Ok(exact);
        }
        let mut candidates = self.ids_starting_with(prefix)?;
        match (candidates.pop(), candidates.is_empty()) {
            (Some(only), true) => self.run(&only)?.ok_or_else(unknown),
            (Some(one), false) => {
                candidates.push(one);
                Err(LedgerError::AmbiguousRun { prefix: prefix.to_owned(), candidates })
            }
            (None, _) => Err(unknown()),
        }
    }

    fn run(&self, run: &str) -> Result<Option<RunRow>, LedgerError> {
        let mut select =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM runs r WHERE r.run = ?1"))?;
        Ok(select.query_row([run], from_row).optional()?)
    }

    fn ids_starting_with(&self, prefix: &str) -> Result<Vec<String>, LedgerError> {
        // A range of the index: no id sorts after its prefix and the last character there is.
        let mut select = self.conn.prepare_cached(
            "SELECT run FROM runs WHERE run >= ?1 AND run < ?1 || char(1114111) ORDER BY run LIMIT ?2",
        )?;
        let listed = i64::try_from(MAX_LISTED).unwrap_or(i64::MAX);
        let ids = select.query_map(params![prefix, listed], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run: row.get(0)?,
        session: row.get(1)?,
        persona: row.get(2)?,
        plan: row.get(3)?,
        project: row.get(4)?,
        client: row.get(5)?,
        status: row.get(6)?,
        started_at: row.get(7)?,
        ended_at: row.get(8)?,
        budget: row.get::<_, Option<i64>>(9)?.map(MicroRub::new),
        cost: MicroRub::new(row.get(10)?),
        unpriced: row.get(11)?,
    })
}
