//! What the conversation itself shows of money and runs.

use crate::command::{ledger, of_ledger, runs, statusline};
use plyrum_config::Paths;
use plyrum_protocol::{Fault, RunId, SessionId, view};
use plyrum_tui::runtime::DeskSource;
use plyrum_tui::screen::usage::Spent;

/// Runs that are offered to attach to.
const RUNS: usize = 50;

/// The ledger, as far as the conversation needs it.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) paths: Paths,
}

impl DeskSource for Desk {
    fn figures(&self) -> Result<view::Statusline, Fault> {
        statusline::now_of(&self.paths)
    }

    fn costs(&self, run: &RunId, session: &SessionId) -> Result<(Option<Spent>, Option<Spent>), Fault> {
        let Some(reader) = ledger(&self.paths)? else { return Ok((None, None)) };
        let row = reader.run_by_prefix(run.as_str()).map_err(|e| of_ledger(&e))?;
        let cost = reader.spent_in_session(session.as_str()).map_err(|e| of_ledger(&e))?;
        let unpriced = reader.unpriced_in_session(session.as_str()).map_err(|e| of_ledger(&e))?;
        let spent =
            |cost, unpriced| Spent { cost, unpriced: usize::try_from(unpriced).unwrap_or(usize::MAX) };
        Ok((Some(spent(row.cost, row.unpriced)), Some(spent(cost, unpriced))))
    }

    fn runs(&self) -> Result<Vec<view::RunRow>, Fault> {
        match ledger(&self.paths)? {
            None => Ok(Vec::new()),
            Some(reader) => runs::latest(&reader, RUNS),
        }
    }
}
