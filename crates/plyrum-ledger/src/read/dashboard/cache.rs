//! What caches of providers saved: from each attempt's own usage and price, by the one formula, so to the micro-ruble.
//!
//! Tokens are in the roll-ups; money is not, since it depends on the price and the tier of each attempt. So it is of the
//! newest attempts, and says of how many.

use std::collections::HashMap;

use plyrum_billing_client::{MicroRub, Quality, Usage, cost};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{MAX_LOOKED_AT, hours};
use crate::attempt::{self, Attempt};
use crate::charge::Price;
use crate::error::LedgerError;
use crate::read::explain::{self, Earlier};
use crate::read::gather;
use crate::read::usage::UsageFilter;
use crate::terms;

/// The newest attempts whose cause is looked for: each needs the request before it.
const MAX_EXPLAINED: usize = 100;

/// An attempt and what its prompt could have been read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheCase {
    /// The attempt.
    pub attempt: Attempt,
    /// Short hashes of its messages, each over all up to it.
    pub message_chain: Option<Vec<String>>,
    /// The request of the same session to the same model before it.
    pub earlier: Option<Earlier>,
}

/// What caches did for the newest attempts of a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// How many attempts were looked at.
    pub looked_at: u64,
    /// Whether these are all.
    pub is_whole: bool,
    /// What they would have cost with cached tokens as plain input, less what they cost.
    pub saved: MicroRub,
    /// What writing to the cache cost them over plain input.
    pub written: MicroRub,
    /// How many of them have no known price.
    pub unpriced: u64,
    /// The newest of them, for their causes.
    pub newest: Vec<CacheCase>,
}

/// Figures of the newest of `all` attempts in a time.
pub(super) fn figures(
    conn: &Connection,
    filter: &UsageFilter,
    window: (i64, i64),
    all: u64,
) -> Result<CacheFigures, LedgerError> {
    let since = hours::since_of_newest(conn, window, MAX_LOOKED_AT)?.unwrap_or(window.0);
    let newest = Newest { filter, window: (since, window.1) };
    let mut figures = CacheFigures::default();
    let mut prices = HashMap::new();
    newest.each(conn, &mut |terms, usage, quality| {
        figures.looked_at += 1;
        let price: &mut Option<Price> = match prices.entry(terms) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(terms::load(conn, terms)?.price),
        };
        let Some(price) = price else {
            figures.unpriced += 1;
            return Ok(());
        };
        if quality == Quality::Reported.as_str() {
            let (saved, written) = money(&usage, price);
            figures.saved = sum(figures.saved, saved)?;
            figures.written = sum(figures.written, written)?;
        }
        Ok(())
    })?;
    figures.is_whole = figures.looked_at == all;
    figures.newest = newest.cases(conn)?;
    Ok(figures)
}

/// What an attempt would have saved, had `tokens` of its plain input been read from the cache.
pub fn cache_saving_at_most(attempt: &Attempt, tokens: u64) -> Option<MicroRub> {
    let (usage, price) = (attempt.usage.as_ref()?, attempt.price.as_ref()?);
    let moved = tokens.min(usage.input);
    let read = Usage { input: usage.input - moved, cache_read: usage.cache_read + moved, ..usage.clone() };
    difference(usage, &read, price)
}

/// Saved by reading, and paid for writing. The total input stays the same, and so the tier.
fn money(usage: &Usage, price: &Price) -> (MicroRub, MicroRub) {
    let unread = Usage { input: usage.input + usage.cache_read, cache_read: 0, ..usage.clone() };
    let unwritten = Usage {
        input: usage.input + usage.cache_write_5m + usage.cache_write_1h,
        cache_write_5m: 0,
        cache_write_1h: 0,
        ..usage.clone()
    };
    let saved = (usage.cache_read > 0).then(|| difference(&unread, usage, price)).flatten();
    let wrote = usage.cache_write_5m + usage.cache_write_1h > 0;
    let written = wrote.then(|| difference(usage, &unwritten, price)).flatten();
    (saved.unwrap_or_default(), written.unwrap_or_default())
}

/// What the first costs more than the second; `None` where the formula has no figure for one of them.
fn difference(dearer: &Usage, cheaper: &Usage, price: &Price) -> Option<MicroRub> {
    let of = |usage| cost(usage, &price.card, &price.fx).ok();
    of(dearer)?.checked_sub(of(cheaper)?)
}

fn sum(a: MicroRub, b: MicroRub) -> Result<MicroRub, LedgerError> {
    a.checked_add(b).ok_or_else(|| LedgerError::internal("savings over 64 bits".to_owned()))
}

/// The newest attempts of a time.
struct Newest<'a> {
    filter: &'a UsageFilter,
    window: (i64, i64),
}

impl Newest<'_> {
    /// Id of the terms, usage and quality of each, the newest first.
    fn each(
        &self,
        conn: &Connection,
        take: &mut dyn FnMut(i64, Usage, String) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let limit = i64::try_from(MAX_LOOKED_AT).unwrap_or(i64::MAX);
        let (query, params) = self.query(
            "a.terms, a.input, a.cache_read, a.cache_write_5m, a.cache_write_1h, a.output, a.reasoning, a.units, a.quality",
            limit,
        );
        let mut select = conn.prepare_cached(&query)?;
        let mut rows = select.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            let units: Option<String> = row.get(7)?;
            let usage = Usage {
                input: row.get(1)?,
                cache_read: row.get(2)?,
                cache_write_5m: row.get(3)?,
                cache_write_1h: row.get(4)?,
                output: row.get(5)?,
                reasoning: row.get(6)?,
                units: units.map(|units| serde_json::from_str(&units)).transpose()?.unwrap_or_default(),
            };
            take(row.get(0)?, usage, row.get(8)?)?;
        }
        Ok(())
    }

    fn cases(&self, conn: &Connection) -> Result<Vec<CacheCase>, LedgerError> {
        let limit = i64::try_from(MAX_EXPLAINED).unwrap_or(i64::MAX);
        let (query, params) = self.query("a.attempt, a.message_chain", limit);
        let mut select = conn.prepare_cached(&query)?;
        let mut rows = select.query(params_from_iter(params))?;
        let mut cases = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let mut one = conn.prepare_cached(attempt::select!("WHERE attempt = ?1"))?;
            for attempt in attempt::all(conn, &mut one, [id.as_str()])? {
                let earlier = explain::request_before(conn, &attempt)?;
                cases.push(CacheCase { message_chain: explain::chain(row)?, earlier, attempt });
            }
        }
        Ok(cases)
    }

    fn query(&self, columns: &str, limit: i64) -> (String, Vec<Value>) {
        let wanted = gather::wanted(self.filter);
        let of_run = |(column, _): &(&str, String)| ["persona", "project"].contains(column);
        let runs = if wanted.iter().any(of_run) { "CROSS JOIN runs r ON r.run = a.run" } else { "" };
        let mut query = format!(
            "SELECT {columns} FROM attempts a {runs}
             WHERE a.state = 'settled' AND a.closed_at >= ?1 AND a.closed_at < ?2"
        );
        for (nth, (column, _)) in wanted.iter().enumerate() {
            let place = if ["persona", "project"].contains(column) { "r" } else { "a" };
            query += &format!(" AND coalesce({place}.{column}, '') = ?{}", nth + 4);
        }
        query += " ORDER BY a.closed_at DESC, a.rowid DESC LIMIT ?3";
        let first = [self.window.0, self.window.1, limit].map(Value::Integer);
        let params = first.into_iter().chain(wanted.into_iter().map(|(_, value)| Value::Text(value)));
        (query, params.collect())
    }
}
