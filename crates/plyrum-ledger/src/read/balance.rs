//! What is in the account, and what identifies the ledger.

use plyrum_billing_client::MicroRub;
use rusqlite::OptionalExtension as _;

use crate::account::{self, Balance};
use crate::check::{self, Check};
use crate::error::LedgerError;
use crate::outbox::{self, AuditHead};
use crate::read::LedgerReader;

impl LedgerReader {
    /// The account.
    pub fn balance(&self) -> Result<Balance, LedgerError> {
        account::balance(&self.conn)
    }

    /// The limits of everything that a person has set (`budget set`): of a day, of a month.
    pub fn limits_of_all(&self) -> Result<[Option<MicroRub>; 2], LedgerError> {
        let mut select = self
            .conn
            .prepare_cached("SELECT limit_micro_rub FROM budgets WHERE scope = 'all' AND period = ?1")?;
        let mut of = |period| -> rusqlite::Result<Option<MicroRub>> {
            Ok(select.query_row([period], |row| row.get(0)).optional()?.map(MicroRub::new))
        };
        Ok([of("day")?, of("month")?])
    }

    /// Proves the books over one snapshot: one result per check, whether it holds or not.
    pub fn check(&self) -> Result<Vec<Check>, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        check::all(&snapshot)
    }

    /// The hash of the audit log's last record, where its writer has closed it and none has begun since.
    pub fn audit_closed(&self) -> Result<Option<String>, LedgerError> {
        outbox::closed(&self.conn)
    }

    /// The anchor of the audit log: its last record known to be on disk.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, LedgerError> {
        outbox::head(&self.conn)
    }

    /// Which ledger this is: random, made with the file.
    pub fn install_id(&self) -> Result<String, LedgerError> {
        Ok(self.conn.query_row("SELECT value FROM meta WHERE key = 'install_id'", [], |row| row.get(0))?)
    }
}
