//! What the conversation itself shows of money and runs.

use crate::command::{ledger, runs, statusline};
use plyrum_config::Paths;
use plyrum_protocol::{Fault, view};
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

    fn runs(&self) -> Result<Vec<view::RunRow>, Fault> {
        match ledger(&self.paths)? {
            None => Ok(Vec::new()),
            Some(reader) => runs::latest(&reader, RUNS),
        }
    }
}
