//! What attempts are charged with, kept once for all that are charged with the same.
//!
//! A catalogue has a few prices and a day has one exchange rate, so a row of `terms` serves thousands of
//! attempts. Rows hold values and are never changed (triggers in `schema_4.sql`): an attempt and its terms are
//! all that a charge needs to be done again.

use plyrum_billing_client::BytesPerToken;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::charge::Price;
use crate::error::LedgerError;

/// The id of the row with exactly these terms, made where there is none.
pub(crate) fn keep(
    conn: &Connection,
    price: Option<&Price>,
    bytes_per_token: BytesPerToken,
) -> Result<i64, LedgerError> {
    let card = price.map(|price| serde_json::to_string(&price.card)).transpose()?;
    let fx = price.map(|price| serde_json::to_string(&price.fx)).transpose()?;
    let bytes_per_token = serde_json::to_string(&bytes_per_token)?;
    let row = params![
        price.map(|price| &price.version),
        price.map(|price| &price.fx_version),
        card,
        price.map(|price| &price.currency),
        fx,
        bytes_per_token
    ];
    let found = conn
        .prepare_cached(
            "SELECT id FROM terms WHERE price_version IS ?1 AND fx_version IS ?2 AND price_card IS ?3 AND currency IS ?4
             AND fx IS ?5 AND bytes_per_token = ?6",
        )?
        .query_row(row, |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    conn.prepare_cached(
        "INSERT INTO terms (price_version, fx_version, price_card, currency, fx, bytes_per_token) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(row)?;
    Ok(conn.last_insert_rowid())
}
