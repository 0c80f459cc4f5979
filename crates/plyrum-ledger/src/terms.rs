//! What attempts are charged with, kept once for all that are charged with the same.
//!
//! A catalogue has a few prices and a day has one exchange rate, so a row of `terms` serves thousands of
//! attempts. Rows hold values and are never changed (triggers in `schema_4.sql`): an attempt and its terms are
//! all that a charge needs to be done again.

use plyrum_billing_client::{BytesPerToken, Fx, RateCard};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::attempt::json;
use crate::charge::Price;
use crate::error::LedgerError;

/// A row of `terms`.
pub(crate) struct Kept {
    /// `None`: no price was known.
    pub price: Option<Price>,
    pub bytes_per_token: BytesPerToken,
}

/// The row with this id.
pub(crate) fn load(conn: &Connection, id: i64) -> rusqlite::Result<Kept> {
    let mut select = conn.prepare_cached(
        "SELECT price_card, fx, price_version, currency, fx_version, bytes_per_token FROM terms WHERE id = ?1",
    )?;
    select.query_row([id], |row| {
        Ok(Kept { price: price(row)?, bytes_per_token: json(row, 5)?.unwrap_or_default() })
    })
}

fn price(row: &Row<'_>) -> rusqlite::Result<Option<Price>> {
    // The schema has all five or none.
    let (Some(card), Some(fx)) = (json::<RateCard>(row, 0)?, json::<Fx>(row, 1)?) else {
        return Ok(None);
    };
    Ok(Some(Price { version: row.get(2)?, currency: row.get(3)?, card, fx_version: row.get(4)?, fx }))
}

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
