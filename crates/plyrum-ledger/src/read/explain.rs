//! Where a run's money went: every attempt with what it was charged with.

use std::collections::BTreeMap;

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::attempt::{self, Attempt};
use crate::error::LedgerError;
use crate::read::LedgerReader;
use crate::run::{self, RunTotals};

/// What is known of an attempt beside its charge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aside {
    /// What the provider says that it cost, in its own words: a decimal and a currency.
    pub provider_cost: Option<String>,
    /// The same in rubles, by the row's exchange rate.
    pub provider_cost_rub: Option<MicroRub>,
    /// Short hashes of the request's messages, each over all up to it.
    pub message_chain: Option<Vec<String>>,
    /// What was owed for it, since it cost more than it held.
    pub debt: MicroRub,
}

/// The request of the same session to the same model before some other one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Its id.
    pub attempt: String,
    /// When it was resolved, in milliseconds since the epoch; `None`: not yet.
    pub closed_at: Option<i64>,
    /// Short hashes of its messages, each over all up to it.
    pub message_chain: Option<Vec<String>>,
    /// All its input tokens, where the provider reported them.
    pub input_tokens: Option<u64>,
}

impl LedgerReader {
    /// All attempts of a run, in the order of their holds, released and unresolved ones included.
    pub fn attempts_of(&self, run: &str) -> Result<Vec<Attempt>, LedgerError> {
        attempts_of(&self.conn, run)
    }

    /// What is known of them beside their charges, by id.
    pub fn asides_of(&self, run: &str) -> Result<BTreeMap<String, Aside>, LedgerError> {
        let mut select = self.conn.prepare_cached(
            "SELECT attempt, provider_cost, provider_cost_micro_rub, message_chain,
                 (SELECT coalesce(-sum(amount), 0) FROM entries e WHERE e.attempt = a.attempt AND e.account = 'debt') AS debt
             FROM attempts a WHERE run = ?1",
        )?;
        let mut rows = select.query([run])?;
        let mut asides = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let aside = Aside {
                provider_cost: row.get("provider_cost")?,
                provider_cost_rub: row.get::<_, Option<i64>>("provider_cost_micro_rub")?.map(MicroRub::new),
                message_chain: chain(row)?,
                debt: MicroRub::new(row.get("debt")?),
            };
            asides.insert(row.get("attempt")?, aside);
        }
        Ok(asides)
    }

    /// The latest request of the same session to the same model that was sent before this one.
    pub fn request_before(&self, attempt: &Attempt) -> Result<Option<Earlier>, LedgerError> {
        request_before(&self.conn, attempt)
    }

    /// A run and the sum of its usage rows.
    pub fn run_totals(&self, run: &str) -> Result<RunTotals, LedgerError> {
        let snapshot = self.conn.unchecked_transaction()?;
        run::totals(&snapshot, run)
    }
}

pub(crate) fn request_before(conn: &Connection, attempt: &Attempt) -> Result<Option<Earlier>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT a.attempt, a.closed_at, a.message_chain,
             iif(a.quality = 'reported', a.input + a.cache_read + a.cache_write_5m + a.cache_write_1h, NULL) AS tokens
         FROM runs own JOIN runs r ON r.session = own.session JOIN attempts a ON a.run = r.run
         WHERE own.run = ?1 AND a.model = ?2 AND a.attempt <> ?3 AND a.sent_at < ?4 ORDER BY a.sent_at DESC LIMIT 1",
    )?;
    let found = select
        .query_row(params![attempt.run, attempt.model, attempt.attempt, attempt.sent_at], |row| {
            Ok((row.get("attempt")?, row.get("closed_at")?, row.get("tokens")?, chain(row)))
        })
        .optional()?;
    let Some((attempt, closed_at, input_tokens, message_chain)) = found else { return Ok(None) };
    Ok(Some(Earlier { attempt, closed_at, message_chain: message_chain?, input_tokens }))
}

pub(crate) fn chain(row: &Row<'_>) -> Result<Option<Vec<String>>, LedgerError> {
    let text: Option<String> = row.get("message_chain")?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

pub(crate) fn attempts_of(conn: &Connection, run: &str) -> Result<Vec<Attempt>, LedgerError> {
    let mut select =
        conn.prepare_cached(attempt::select!("WHERE run = ?1 ORDER BY held_at, layer, rowid"))?;
    attempt::all(conn, &mut select, [run])
}
