//! The marks of an attempt under way, and giving back one that was never sent.
//!
//! Marks only move forward (`held` → `sent` → `streaming`). They are what recovery decides by, so they are
//! committed before they are answered; they survive the death of the process at once, and a power cut
//! from the next critical commit on (see [`crate::writer`]).

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::account::{self, Change};
use crate::attempt::{self, Attempt};
use crate::bounds;
use crate::error::LedgerError;
use crate::outbox;
use crate::words::AttemptState;

/// The request starts to go out: from here on a crash charges an estimate instead of giving back.
/// A request is never larger than its hold was made for.
pub(crate) fn sent(
    conn: &Connection,
    attempt: &str,
    at: i64,
    request_bytes: Option<u64>,
) -> Result<(), LedgerError> {
    bounds::check_time("sent time", at)?;
    let row = attempt::load(conn, attempt)?;
    match row.state {
        AttemptState::Sent | AttemptState::Streaming => return Ok(()),
        AttemptState::Settled | AttemptState::Released => return Err(row.wrong_state("sent")),
        AttemptState::Held => {}
    }
    let bytes = request_bytes.map_or(row.request_bytes, |bytes| bytes.min(row.request_bytes));
    conn.prepare_cached(
        "UPDATE attempts SET state = 'sent', sent_at = ?2, request_bytes = ?3 WHERE attempt = ?1",
    )?
    .execute(params![attempt, at, bounds::to_sql("request bytes", bytes)?])?;
    Ok(())
}

/// Something came back: the whole count of bytes so far. A count lower than the last is a late one and
/// changes nothing.
pub(crate) fn received(conn: &Connection, attempt: &str, bytes: u64) -> Result<(), LedgerError> {
    let row = attempt::load(conn, attempt)?;
    if !matches!(row.state, AttemptState::Sent | AttemptState::Streaming) {
        return Err(row.wrong_state("streaming"));
    }
    bounds::check_bytes("received", bytes, row.bytes_per_token)?;
    conn.prepare_cached(
        "UPDATE attempts SET state = 'streaming', received_bytes = max(received_bytes, ?2) WHERE attempt = ?1",
    )?
    .execute(params![attempt, bounds::to_sql("received bytes", bytes)?])?;
    Ok(())
}

/// Gives back what an attempt held that was never sent, and returns how much. Once: a repeat answers the
/// same and moves nothing.
pub(crate) fn release(conn: &Connection, attempt: &str, at: i64) -> Result<MicroRub, LedgerError> {
    bounds::check_time("release time", at)?;
    let row = attempt::load(conn, attempt)?;
    match row.state {
        AttemptState::Held => release_row(conn, &row, at)?,
        AttemptState::Released => {}
        AttemptState::Sent | AttemptState::Streaming | AttemptState::Settled => {
            return Err(row.wrong_state("released"));
        }
    }
    Ok(row.hold)
}

/// True where giving this attempt back moves money.
pub(crate) fn release_moves_money(conn: &Connection, attempt: &str) -> bool {
    // An unknown one is not yet written: its hold is in the same batch, which is critical by itself.
    attempt::load(conn, attempt).is_ok_and(|row| row.hold > MicroRub::ZERO)
}

pub(crate) fn release_row(conn: &Connection, row: &Attempt, at: i64) -> Result<(), LedgerError> {
    conn.prepare_cached("UPDATE attempts SET state = 'released', closed_at = ?2 WHERE attempt = ?1")?
        .execute(params![row.attempt, at])?;
    account::change(conn, Change { held: -row.hold.get(), ..Change::default() })?;
    let body =
        json!({ "attempt": row.attempt, "run": row.run, "model": row.model, "hold_micro_rub": row.hold });
    outbox::push(conn, at, "release", &body).map(drop)
}
