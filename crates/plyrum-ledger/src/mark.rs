//! The marks of an attempt under way, and giving back one that was never sent.
//!
//! Marks only move forward (`held` → `sent` → `streaming`). They are what recovery decides by, so they are
//! committed before they are answered; they survive the death of the process at once, and a power cut
//! from the next critical commit on (see [`crate::writer`]).

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::account::{self, Change};
use crate::attempt::{self, Attempt};
use crate::bounds;
use crate::error::LedgerError;
use crate::outbox;
use crate::words::AttemptState;

/// The most messages whose hashes are kept.
const MAX_CHAIN: usize = 256;

/// A request as it goes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentRequest {
    /// Its size.
    pub bytes: u64,
    /// A short hash for each of its messages, over all up to it: tells which prefix two requests share, and
    /// so why a provider's cache hit or missed. More than 256 are cut.
    pub message_chain: Vec<String>,
}

/// The request starts to go out: from here on a crash charges an estimate instead of giving back.
/// A request is never larger than its hold was made for.
pub(crate) fn sent(
    conn: &Connection,
    attempt: &str,
    at: i64,
    request: Option<&SentRequest>,
) -> Result<(), LedgerError> {
    bounds::check_time("sent time", at)?;
    let mut select = conn.prepare_cached("SELECT state, request_bytes FROM attempts WHERE attempt = ?1")?;
    let found = select.query_row([attempt], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((state, held_for)) = found else {
        return Err(LedgerError::UnknownAttempt { attempt: attempt.to_owned() });
    };
    match state {
        AttemptState::Sent | AttemptState::Streaming => return Ok(()),
        AttemptState::Settled | AttemptState::Released => {
            return Err(attempt::wrong_state(attempt, state, "sent"));
        }
        AttemptState::Held => {}
    }
    let bytes = request.map_or(held_for, |request| request.bytes.min(held_for));
    let chain = request.map(|request| request.message_chain.as_slice()).unwrap_or_default();
    let chain = chain.get(..MAX_CHAIN).unwrap_or(chain);
    chain.iter().try_for_each(|hash| bounds::check_id("message hash", hash))?;
    let chain = (!chain.is_empty()).then(|| serde_json::to_string(chain)).transpose()?;
    conn.prepare_cached(
        "UPDATE attempts SET state = 'sent', sent_at = ?2, request_bytes = ?3, message_chain = ?4 WHERE attempt = ?1",
    )?
    .execute(params![attempt, at, bounds::to_sql("request bytes", bytes)?, chain])?;
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
    let held = || -> rusqlite::Result<i64> {
        let mut select = conn.prepare_cached("SELECT hold_micro_rub FROM attempts WHERE attempt = ?1")?;
        select.query_row([attempt], |row| row.get(0))
    };
    held().is_ok_and(|held| held > 0)
}

pub(crate) fn release_row(conn: &Connection, row: &Attempt, at: i64) -> Result<(), LedgerError> {
    conn.prepare_cached("UPDATE attempts SET state = 'released', closed_at = ?2 WHERE attempt = ?1")?
        .execute(params![row.attempt, at])?;
    account::change(conn, Change { held: -row.hold.get(), ..Change::default() })?;
    let body =
        json!({ "attempt": row.attempt, "run": row.run, "model": row.model, "hold_micro_rub": row.hold });
    outbox::push(conn, at, "release", &body).map(drop)
}
