//! The user's account: its mode, what is in it, what is reserved, what is owed.
//!
//! available = credit limit + posted − held. `posted` moves only together with entries, `held` only
//! together with the state of an attempt, each in one transaction; [`crate::check`] proves it.

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::bounds::{self, MAX_POSITION};
use crate::entries::{self, Book, Posting, Transfer};
use crate::error::LedgerError;
use crate::outbox;
use crate::words::Mode;

/// The one account of schema 1.
pub(crate) const ACCOUNT: i64 = 1;

/// The account as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Metered or prepaid.
    pub mode: Mode,
    /// Top-ups minus everything that was charged. Negative: spent beyond the top-ups.
    pub posted: MicroRub,
    /// Reserved by attempts that are not resolved yet.
    pub held: MicroRub,
    /// The part of `posted` that is owed for attempts which cost more than they held.
    pub debt: MicroRub,
    /// How far below zero a prepaid account may go.
    pub credit_limit: MicroRub,
    /// What a new hold may take; `None` in metered mode, which has no limit.
    pub available: Option<MicroRub>,
}

/// Who asks for a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeSource {
    /// `[billing] mode`: counts only for an account that is still new, untouched by money or by a person.
    Config,
    /// `balance set-mode`: wins from then on.
    User,
}

/// A deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// The caller's id: a repeat with the same amount adds nothing.
    pub id: String,
    /// How much; greater than zero.
    pub amount: MicroRub,
    /// When, in milliseconds since the epoch.
    pub at: i64,
}

/// What a deposit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToppedUp {
    /// The part that paid debt.
    pub paid_debt: MicroRub,
    /// The account after the commit that answered.
    pub balance: Balance,
}

/// How the account's figures change.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change {
    pub posted: i64,
    pub held: i64,
    pub debt: i64,
}

pub(crate) fn balance(conn: &Connection) -> Result<Balance, LedgerError> {
    let mut select =
        conn.prepare_cached("SELECT mode, posted, held, debt, credit_limit FROM accounts WHERE id = ?1")?;
    let balance = select.query_row([ACCOUNT], |row| {
        let (posted, held, credit_limit): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(4)?);
        let mode = row.get(0)?;
        // The bounds of the schema keep this inside 64 bits.
        let available = credit_limit + posted - held;
        Ok(Balance {
            mode,
            posted: MicroRub::new(posted),
            held: MicroRub::new(held),
            debt: MicroRub::new(row.get(3)?),
            credit_limit: MicroRub::new(credit_limit),
            available: (mode == Mode::Prepaid).then_some(MicroRub::new(available)),
        })
    })?;
    Ok(balance)
}

pub(crate) fn change(conn: &Connection, change: Change) -> Result<(), LedgerError> {
    conn.prepare_cached(
        "UPDATE accounts SET posted = posted + ?2, held = held + ?3, debt = debt + ?4 WHERE id = ?1",
    )?
    .execute(params![ACCOUNT, change.posted, change.held, change.debt])?;
    Ok(())
}

/// Adds money; debt is paid first. Nothing may be lost on the way: the whole amount is posted.
pub(crate) fn top_up(conn: &Connection, top_up: &TopUp) -> Result<ToppedUp, LedgerError> {
    bounds::check_id("top-up id", &top_up.id)?;
    bounds::check_amount("top-up", top_up.amount)?;
    bounds::check_time("top-up time", top_up.at)?;
    if top_up.amount == MicroRub::ZERO {
        return Err(LedgerError::invalid("a top-up of 0 RUB"));
    }
    let now = balance(conn)?;
    if let Some((added, paid_debt)) = earlier_top_up(conn, &top_up.id)? {
        if added != top_up.amount {
            return Err(LedgerError::IdReused { what: "top-up", id: top_up.id.clone() });
        }
        return Ok(ToppedUp { paid_debt, balance: now });
    }
    if now.posted.get() > MAX_POSITION - top_up.amount.get() {
        return Err(LedgerError::invalid("a top-up beyond what an account can hold"));
    }
    let paid_debt = top_up.amount.min(now.debt);
    let rest = MicroRub::new(top_up.amount.get() - paid_debt.get());
    let posting = Posting { at: top_up.at, reference: Some(&top_up.id), attempt: None };
    let entries = entries::post(
        conn,
        posting,
        &[
            Transfer { from: Book::Funding, to: Book::Debt, amount: paid_debt, kind: "debt_payment" },
            Transfer { from: Book::Funding, to: Book::Wallet, amount: rest, kind: "top_up" },
        ],
    )?;
    change(conn, Change { posted: top_up.amount.get(), debt: -paid_debt.get(), held: 0 })?;
    let body = json!({ "top_up": top_up.id, "micro_rub": top_up.amount, "paid_debt_micro_rub": paid_debt, "entries": entries });
    outbox::push(conn, top_up.at, "top_up", &body)?;
    Ok(ToppedUp { paid_debt, balance: balance(conn)? })
}

/// What the top-up of this id added, and the part of it that paid debt.
fn earlier_top_up(conn: &Connection, id: &str) -> Result<Option<(MicroRub, MicroRub)>, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT sum(amount), coalesce(sum(amount) FILTER (WHERE kind = 'debt_payment'), 0)
         FROM entries WHERE ref = ?1 AND amount > 0 AND kind IN ('top_up', 'debt_payment')",
    )?;
    let (added, paid): (Option<i64>, i64) = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(added.map(|added| (MicroRub::new(added), MicroRub::new(paid))))
}

/// Changes how the account is limited, and returns it as it is then.
///
/// What metered runs spent beyond the wallet was paid to the vendor through the user's own keys, so a
/// change to prepaid closes that tab with an entry of its own: prepaid starts from what is there. Debt
/// made in prepaid mode stays owed whatever the mode.
pub(crate) fn set_mode(
    conn: &Connection,
    mode: Mode,
    source: ModeSource,
    at: i64,
) -> Result<Balance, LedgerError> {
    bounds::check_time("mode time", at)?;
    let now = balance(conn)?;
    if source == ModeSource::Config && (now.mode == mode || !is_new(conn)?) {
        return Ok(now);
    }
    let wallet = now.posted.get() + now.debt.get();
    let tab = if mode == Mode::Prepaid && now.mode == Mode::Metered { (-wallet).max(0) } else { 0 };
    let entries = entries::post(
        conn,
        Posting { at, ..Posting::default() },
        &[Transfer { from: Book::External, to: Book::Wallet, amount: MicroRub::new(tab), kind: "mode" }],
    )?;
    change(conn, Change { posted: tab, ..Change::default() })?;
    conn.prepare_cached("UPDATE accounts SET mode = ?2, mode_chosen = max(mode_chosen, ?3) WHERE id = ?1")?
        .execute(params![ACCOUNT, mode, source == ModeSource::User])?;
    if mode != now.mode {
        let body = json!({ "from": now.mode, "to": mode, "closed_tab_micro_rub": tab, "entries": entries });
        outbox::push(conn, at, "mode", &body)?;
    }
    balance(conn)
}

fn is_new(conn: &Connection) -> Result<bool, LedgerError> {
    let mut select = conn.prepare_cached(
        "SELECT mode_chosen = 0 AND held = 0 AND NOT EXISTS (SELECT 1 FROM entries) FROM accounts WHERE id = ?1",
    )?;
    Ok(select.query_row([ACCOUNT], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;
    use crate::tests::{adjust, top_up};

    #[test]
    fn entries_say_when_their_money_moved() {
        let conn = open::in_memory().unwrap().conn;
        top_up_and_close_a_tab(&conn);
        let mut select = conn.prepare("SELECT kind, at FROM entries ORDER BY id").unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let rows: Vec<(String, i64)> = rows.map(Result::unwrap).collect();
        let kinds = [("top_up", 500), ("adjustment", 600), ("mode", 700)];
        let pairs = kinds.into_iter().flat_map(|(kind, at)| [(kind.to_owned(), at), (kind.to_owned(), at)]);
        assert_eq!(rows, pairs.collect::<Vec<_>>());
    }

    fn top_up_and_close_a_tab(conn: &Connection) {
        super::top_up(conn, &top_up("t", 5)).unwrap();
        crate::adjust::apply(conn, &adjust("minus", -30)).unwrap();
        let after = set_mode(conn, Mode::Prepaid, ModeSource::User, 700).unwrap();
        assert_eq!(after.posted, MicroRub::ZERO);
    }
}
