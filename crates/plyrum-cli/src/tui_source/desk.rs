//! What the conversation itself shows of money and runs.

use crate::command::{ledger, of_ledger, runs, statusline};
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_protocol::{Fault, RunId, SessionId, view};
use plyrum_tui::runtime::DeskSource;

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

    fn costs(&self, run: &RunId, session: &SessionId) -> Result<(Option<MicroRub>, Option<MicroRub>), Fault> {
        let Some(reader) = ledger(&self.paths)? else { return Ok((None, None)) };
        let of_run = reader.run_by_prefix(run.as_str()).map_err(|e| of_ledger(&e))?.cost;
        let of_session = reader.spent_in_session(session.as_str()).map_err(|e| of_ledger(&e))?;
        Ok((Some(of_run), Some(of_session)))
    }

    fn runs(&self) -> Result<Vec<view::RunRow>, Fault> {
        match ledger(&self.paths)? {
            None => Ok(Vec::new()),
            Some(reader) => runs::latest(&reader, RUNS),
        }
    }
}
