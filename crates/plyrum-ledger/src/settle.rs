//! Charging an attempt: exactly once, from its stored price, whatever happened to it.
//!
//! The hold is given back and the cost posted in one transaction with the usage row and the audit body.
//! What cost more than it held is posted whole, the excess as an entry of its own. Nothing here can fail
//! for want of a figure: see [`crate::charge`].

use plyrum_billing_client::{MicroRub, Quality, SaidCost, Usage, is_far_off};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::json;

use crate::account::{self, Balance, Change};
use crate::attempt::{self, Attempt};
use crate::bounds::{self, MAX_NAME, MAX_POSITION, MAX_RAW_USAGE};
use crate::budget::{self, BudgetNotice, Limits, Spender};
use crate::charge::{Basis, Charge};
use crate::entries::{self, Book, Posting, Transfer};
use crate::error::LedgerError;
use crate::fingerprint;
use crate::outbox;
use crate::raw_usage;
use crate::rollup::{self, Line};
use crate::run;
use crate::words::{AttemptState, Mode, Outcome};

/// How an attempt ended and what is known about its usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settle {
    /// Which attempt.
    pub attempt: String,
    /// When, in milliseconds since the epoch. Not part of what makes a repeat a repeat.
    #[serde(skip)]
    pub at: i64,
    /// What to charge by.
    pub basis: Basis,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, in the caller's words; over 1 KiB it is cut.
    pub error_kind: Option<String>,
    /// The provider's own usage JSON. Over 64 KiB it is cut and the row flagged: a settle is never refused
    /// for what a provider said.
    pub raw_usage: Option<String>,
    /// How long it took.
    pub ms: Option<u64>,
    /// How long its first token took.
    pub ttft_ms: Option<u64>,
    /// All bytes received; the larger of this and the last note counts.
    pub received_bytes: u64,
    /// What the provider itself says that it cost: recorded, compared, never charged.
    pub said_cost: Option<SaidCost>,
    /// The limits that notices are given of. Not part of what makes a repeat a repeat.
    #[serde(skip)]
    pub limits: Limits,
}

/// What a settled attempt was charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which attempt.
    pub attempt: String,
    /// The charge; `None` where the price is not known, which is not 0.
    pub cost: Option<MicroRub>,
    /// What it was charged for.
    pub usage: Usage,
    /// How far that can be trusted.
    pub quality: Quality,
    /// A person may want to look at it.
    pub review: bool,
    /// What the provider says that it cost, where that is far from what is charged. A repeat has none.
    pub said_otherwise: Option<MicroRub>,
    /// Limits of which half, four fifths or all is now spent. A repeat has none.
    pub notices: Vec<BudgetNotice>,
}

/// What goes into a settled row besides the charge.
pub(crate) struct Ending<'a> {
    pub at: i64,
    pub basis: &'a Basis,
    pub outcome: Outcome,
    pub error_kind: Option<&'a str>,
    pub raw_usage: Option<&'a str>,
    pub said_cost: Option<&'a SaidCost>,
    pub ms: Option<i64>,
    pub ttft_ms: Option<i64>,
    /// Tells a repeated settle from another one.
    pub print: &'a [u8],
}

pub(crate) fn apply(conn: &Connection, settle: &Settle) -> Result<Settled, LedgerError> {
    bounds::check_time("settle time", settle.at)?;
    let mut row = attempt::load(conn, &settle.attempt)?;
    bounds::check_bytes("received", settle.received_bytes, row.bytes_per_token)?;
    let ms = settle.ms.map(|ms| bounds::to_sql("ms", ms)).transpose()?;
    let ttft_ms = settle.ttft_ms.map(|ms| bounds::to_sql("ttft_ms", ms)).transpose()?;
    settle.limits.check()?;
    let print = fingerprint::of(settle)?;
    match row.state {
        AttemptState::Settled if row.settle_hash.as_deref() == Some(print.as_slice()) => {
            return first_answer(row);
        }
        AttemptState::Settled => {
            return Err(LedgerError::IdReused { what: "settle of attempt", id: row.attempt });
        }
        AttemptState::Released => return Err(row.wrong_state("settled")),
        AttemptState::Held | AttemptState::Sent | AttemptState::Streaming => {}
    }
    row.received_bytes = row.received_bytes.max(settle.received_bytes);
    // Its request was never sent (it was cancelled while it waited its turn): there is nothing to estimate.
    let unsent = row.state == AttemptState::Held && settle.basis == Basis::Estimated;
    let basis = if unsent { &Basis::Nothing } else { &settle.basis };
    let spender = run::spender(conn, &row.run)?;
    let settled = settle_row(
        conn,
        &row,
        &spender,
        &Ending {
            at: settle.at,
            basis,
            outcome: settle.outcome,
            error_kind: settle.error_kind.as_deref().map(|kind| cut(kind, MAX_NAME)),
            raw_usage: settle.raw_usage.as_deref(),
            said_cost: settle.said_cost.as_ref(),
            ms,
            ttft_ms,
            print: &print,
        },
    )?;
    if settled.cost.is_none_or(|cost| cost == MicroRub::ZERO) {
        return Ok(settled);
    }
    let notices = budget::notices(conn, &spender, &row.provider, &settle.limits, settle.at)?;
    Ok(Settled { notices, ..settled })
}

fn first_answer(row: Attempt) -> Result<Settled, LedgerError> {
    match (row.usage, row.quality) {
        (Some(usage), Some(quality)) => {
            let (attempt, cost, review) = (row.attempt, row.cost, row.review);
            Ok(Settled { attempt, cost, usage, quality, review, said_otherwise: None, notices: Vec::new() })
        }
        _ => Err(LedgerError::internal(format!("settled attempt `{}` has no usage", row.attempt))),
    }
}

/// Charges an unresolved attempt. All figures are fixed before the first write.
pub(crate) fn settle_row(
    conn: &Connection,
    row: &Attempt,
    spender: &Spender,
    ending: &Ending<'_>,
) -> Result<Settled, LedgerError> {
    let account = account::balance(conn)?;
    let mut charge = row.terms().charge(ending.basis, room(&account, row.hold));
    let raw_usage = ending.raw_usage.map(|raw| cut(raw, MAX_RAW_USAGE));
    charge.review |= raw_usage.map(str::len) != ending.raw_usage.map(str::len);
    let said_rub = said_in_rubles(row, ending.said_cost);
    let said_otherwise = said_rub.filter(|said| is_said_otherwise(&charge, *said));
    charge.review |= said_otherwise.is_some();
    let entries = post(conn, row, &charge, account.mode, ending.at)?;
    let first_of = rollup::first_of(conn, row)?;
    write_row(conn, row, &charge, raw_usage, ending, first_of)?;
    let line = Line {
        model: &row.model,
        provider: &row.provider,
        role: &row.role,
        spender,
        try_no: row.try_no,
        charge: &charge,
        outcome: ending.outcome,
        first_of,
        closed_at: ending.at,
    };
    rollup::add(conn, &line)?;
    note_said_cost(conn, row, ending.said_cost, said_rub)?;
    audit(conn, row, &charge, &entries, ending)?;
    Ok(Settled {
        attempt: row.attempt.clone(),
        cost: charge.cost,
        usage: charge.usage,
        quality: charge.quality,
        review: charge.review,
        said_otherwise,
        notices: Vec::new(),
    })
}

/// The provider's own figure at the attempt's rate, where it is in the same currency.
fn said_in_rubles(row: &Attempt, said: Option<&SaidCost>) -> Option<MicroRub> {
    let (said, price) = (said?, row.price.as_ref()?);
    if said.currency == price.currency { said.in_rubles(&price.fx) } else { None }
}

fn note_said_cost(
    conn: &Connection,
    row: &Attempt,
    said: Option<&SaidCost>,
    rubles: Option<MicroRub>,
) -> Result<(), LedgerError> {
    let Some(said) = said else { return Ok(()) };
    conn.prepare_cached(
        "UPDATE attempts SET provider_cost = ?2, provider_cost_micro_rub = ?3 WHERE attempt = ?1",
    )?
    .execute(params![
        row.attempt,
        format!("{} {}", said.amount, said.currency),
        rubles.map(MicroRub::get)
    ])?;
    Ok(())
}

/// Only the provider's own meters can be held against its price: an estimate is off by nature.
fn is_said_otherwise(charge: &Charge, said: MicroRub) -> bool {
    let ours = charge.cost.filter(|_| charge.quality == Quality::Reported);
    ours.is_some_and(|ours| is_far_off(ours, said))
}

/// The most that can be posted with the account's figures still inside their bounds.
fn room(account: &Balance, hold: MicroRub) -> MicroRub {
    let position = account.posted.get() - account.held.get() + MAX_POSITION;
    let debt = MAX_POSITION - account.debt.get();
    MicroRub::new(position.saturating_add(hold.get()).min(debt))
}

/// Gives the hold back and posts the cost: up to the hold as spending, the rest as debt. In metered mode
/// there is no one to owe it to, so the excess comes out of the wallet, still as an entry of its own.
fn post(
    conn: &Connection,
    row: &Attempt,
    charge: &Charge,
    mode: Mode,
    at: i64,
) -> Result<Vec<i64>, LedgerError> {
    let cost = charge.cost.unwrap_or_default();
    let within = cost.min(row.hold);
    let excess = MicroRub::new(cost.get() - within.get());
    let owed = if mode == Mode::Prepaid { excess } else { MicroRub::ZERO };
    let lender = if mode == Mode::Prepaid { Book::Debt } else { Book::Wallet };
    let posting = Posting { at, attempt: Some(&row.attempt), reference: None };
    let entries = entries::post(
        conn,
        posting,
        &[
            Transfer { from: Book::Wallet, to: Book::Spend, amount: within, kind: "settle" },
            Transfer { from: lender, to: Book::Spend, amount: excess, kind: "debt" },
        ],
    )?;
    account::change(conn, Change { posted: -cost.get(), held: -row.hold.get(), debt: owed.get() })?;
    Ok(entries)
}

fn write_row(
    conn: &Connection,
    row: &Attempt,
    charge: &Charge,
    raw_usage: Option<&str>,
    ending: &Ending<'_>,
    first_of: i64,
) -> Result<(), LedgerError> {
    let usage = &charge.usage;
    let kept = raw_usage.map(|raw| raw_usage::keep(conn, raw)).transpose()?;
    let units = (!usage.units.is_empty()).then(|| serde_json::to_string(&usage.units)).transpose()?;
    conn.prepare_cached(
        "UPDATE attempts SET state = 'settled', cost_micro_rub = ?2, outcome = ?3, quality = ?4, review = ?5,
             cost_problem = ?6, error_kind = ?7, input = ?8, cache_read = ?9, cache_write_5m = ?10,
             cache_write_1h = ?11, output = ?12, reasoning = ?13, units = ?14, raw_usage = ?15,
             received_bytes = ?16, closed_at = ?17, ms = ?18, ttft_ms = ?19, settle_hash = ?20, first_of = ?21, usage_shape = ?22
         WHERE attempt = ?1",
    )?
    .execute(params![
        row.attempt,
        charge.cost.map(MicroRub::get),
        ending.outcome,
        charge.quality.as_str(),
        charge.review,
        charge.problem,
        ending.error_kind,
        usage.input,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
        units,
        kept.as_ref().map(|kept| kept.text.as_ref()),
        row.received_bytes,
        ending.at,
        ending.ms,
        ending.ttft_ms,
        ending.print,
        first_of,
        kept.as_ref().and_then(|kept| kept.shape)
    ])?;
    Ok(())
}

fn audit(
    conn: &Connection,
    row: &Attempt,
    charge: &Charge,
    entries: &[i64],
    ending: &Ending<'_>,
) -> Result<(), LedgerError> {
    let body = json!({ "attempt": row.attempt, "run": row.run, "step": row.step, "role": row.role,
        "provider": row.provider, "model": row.model, "outcome": ending.outcome, "error_kind": ending.error_kind,
        "hold_micro_rub": row.hold, "cost_micro_rub": charge.cost, "usage": charge.usage, "quality": charge.quality,
        "review": charge.review, "cost_problem": charge.problem, "entries": entries });
    outbox::push(conn, ending.at, "settle", &body).map(drop)
}

/// The first `max` bytes, back to a character's boundary.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_what_keeps_every_figure_inside_its_bounds() {
        let room = |posted, held, debt, hold| {
            let balance = Balance {
                mode: Mode::Prepaid,
                posted: MicroRub::new(posted),
                held: MicroRub::new(held),
                debt: MicroRub::new(debt),
                credit_limit: MicroRub::ZERO,
                available: None,
            };
            room(&balance, MicroRub::new(hold)).get()
        };
        assert_eq!(room(0, 0, 0, 0), MAX_POSITION);
        assert_eq!(room(20 - MAX_POSITION, 7, 0, 7), 20, "its own hold is given back");
        assert_eq!(room(20 - MAX_POSITION, 7, 0, 5), 18, "another's is not");
        assert_eq!(room(100, 0, MAX_POSITION - 3, 0), 3, "nobody owes more than the bound");
        assert_eq!(room(MAX_POSITION, 0, 0, MAX_POSITION), MAX_POSITION);
    }

    #[test]
    fn a_cut_keeps_whole_characters() {
        assert_eq!(cut("привет", 5), "пр");
        assert_eq!(cut("привет", 100), "привет");
    }
}
