//! Where a run's money went: every attempt with what it was charged with.

use rusqlite::Connection;

use crate::attempt::{self, Attempt};
use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::run::{self, RunTotals};

impl LedgerReader {
    /// All attempts of a run, in the order of their holds, released and unresolved ones included.
    pub fn attempts_of(&self, run: &str) -> Result<Vec<Attempt>, LedgerError> {
        attempts_of(&self.conn, run)
    }

    /// A run and the sum of its usage rows.
    pub fn run_totals(&self, run: &str) -> Result<RunTotals, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        run::totals(&snapshot, run)
    }
}

pub(crate) fn attempts_of(conn: &Connection, run: &str) -> Result<Vec<Attempt>, LedgerError> {
    let mut select =
        conn.prepare_cached("SELECT * FROM attempts WHERE run = ?1 ORDER BY held_at, layer, rowid")?;
    let attempts = select.query_map([run], attempt::from_row)?.collect::<Result<_, _>>()?;
    Ok(attempts)
}
