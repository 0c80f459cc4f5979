//! Corrections by a person: entries of their own with a reason, never a change of what is written.
//!
//! A positive amount gives money to the account and pays debt first, like a top-up; a negative one takes
//! money out of the wallet, below zero if need be: the books must be able to say what is true, and new
//! prepaid holds are refused until it is made up.

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::json;

use crate::account::{self, Balance, Change};
use crate::bounds::{self, MAX_AMOUNT, MAX_POSITION};
use crate::entries::{self, Book, Posting, Transfer};
use crate::error::LedgerError;
use crate::outbox;

/// A correction of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The caller's id: a repeat with the same amount and reason changes nothing.
    pub id: String,
    /// How much: above zero gives, below zero takes; never zero.
    pub amount: MicroRub,
    /// Why, in a person's words; not empty, at most 1 KiB. Kept with the entries for ever.
    pub reason: String,
    /// When, in milliseconds since the epoch. Not part of what makes a repeat a repeat.
    pub at: i64,
}

/// What a correction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// The part that paid debt.
    pub paid_debt: MicroRub,
    /// The account after the commit that answered.
    pub balance: Balance,
}

/// A correction as its entries have it.
struct Earlier {
    amount: i64,
    paid_debt: i64,
    reason: Option<String>,
}

pub(crate) fn apply(conn: &Connection, adjust: &Adjust) -> Result<Adjusted, LedgerError> {
    validate(adjust)?;
    let amount = adjust.amount.get();
    let now = account::balance(conn)?;
    if let Some(earlier) = earlier(conn, &adjust.id)? {
        if earlier.amount != amount || earlier.reason.as_deref() != Some(&adjust.reason) {
            return Err(LedgerError::IdReused { what: "adjustment", id: adjust.id.clone() });
        }
        return Ok(Adjusted { paid_debt: MicroRub::new(earlier.paid_debt), balance: now });
    }
    let fits = if amount > 0 {
        now.posted.get() <= MAX_POSITION - amount
    } else {
        now.posted.get() - now.held.get() >= -MAX_POSITION - amount
    };
    if !fits {
        return Err(LedgerError::invalid("an adjustment beyond what an account can hold"));
    }
    let paid_debt = amount.clamp(0, now.debt.get());
    let transfer =
        |from, to, amount| Transfer { from, to, amount: MicroRub::new(amount), kind: "adjustment" };
    let entries = entries::post_for(
        conn,
        Posting { at: adjust.at, reference: Some(&adjust.id), attempt: None },
        Some(&adjust.reason),
        &[
            transfer(Book::Adjustment, Book::Debt, paid_debt),
            transfer(Book::Adjustment, Book::Wallet, amount.max(0) - paid_debt),
            transfer(Book::Wallet, Book::Adjustment, (-amount).max(0)),
        ],
    )?;
    account::change(conn, Change { posted: amount, debt: -paid_debt, held: 0 })?;
    let body = json!({ "adjustment": adjust.id, "micro_rub": adjust.amount, "paid_debt_micro_rub": paid_debt,
        "reason": adjust.reason, "entries": entries });
    outbox::push(conn, adjust.at, "adjustment", &body)?;
    Ok(Adjusted { paid_debt: MicroRub::new(paid_debt), balance: account::balance(conn)? })
}

fn validate(adjust: &Adjust) -> Result<(), LedgerError> {
    bounds::check_id("adjustment id", &adjust.id)?;
    bounds::check_name("adjustment reason", &adjust.reason)?;
    bounds::check_time("adjustment time", adjust.at)?;
    if adjust.reason.trim().is_empty() {
        return Err(LedgerError::invalid("an adjustment without a reason"));
    }
    let amount = adjust.amount.get();
    if amount == 0 || !(-MAX_AMOUNT..=MAX_AMOUNT).contains(&amount) {
        let bound = MicroRub::new(MAX_AMOUNT);
        return Err(LedgerError::invalid(format!(
            "an adjustment of {} RUB: it must not be 0, nor over {bound} either way",
            adjust.amount
        )));
    }
    Ok(())
}

fn earlier(conn: &Connection, id: &str) -> Result<Option<Earlier>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT -sum(amount) FILTER (WHERE account = 'adjustment'),
             coalesce(sum(amount) FILTER (WHERE account = 'debt'), 0), max(reason)
         FROM entries WHERE ref = ?1 AND kind = 'adjustment' GROUP BY ref",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Earlier { amount: row.get(0)?, paid_debt: row.get(1)?, reason: row.get(2)? })
    };
    Ok(select.query_row([id], read).optional()?)
}
