//! How providers did lately, from the ledger's roll-ups.

use crate::command::usage::now;
use crate::command::{ledger, of_ledger};
use jiff::SignedDuration;
use plyrum_config::Paths;
use plyrum_ledger::{UsageBy, UsageQuery, UsageRow};
use plyrum_protocol::Fault;
use plyrum_tui::screen::models::{ModelsSource, ProviderHealth};

/// How far back it is looked.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// The ledger.
#[derive(Debug)]
pub(super) struct Models {
    pub(super) paths: Paths,
}

impl ModelsSource for Models {
    fn health(&self) -> Result<Vec<ProviderHealth>, Fault> {
        let Some(reader) = ledger(&self.paths)? else { return Ok(Vec::new()) };
        let since = now().checked_sub(LATELY).ok().map(jiff::Timestamp::as_millisecond);
        let query = UsageQuery { by: UsageBy::Provider, since, until: None };
        let report = reader.usage(&query).map_err(|e| of_ledger(&e))?;
        Ok(report.rows.into_iter().map(health).collect())
    }
}

fn health(row: UsageRow) -> ProviderHealth {
    let sum = row.sum;
    ProviderHealth {
        provider: row.key,
        attempts: sum.attempts,
        failed: sum.failed.attempts,
        cut: sum.cut.attempts,
        cancelled: sum.cancelled.attempts,
        retries: sum.retries.attempts,
        cost: sum.cost,
        unpriced: sum.unpriced,
    }
}
