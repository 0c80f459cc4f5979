//! Reserving money before a request is sent.
//!
//! The row written here *is* the durable intent: no byte of a request goes out before its commit is on
//! disk. A batch (a whole layer of a plan) is admitted or refused as one, by one conditional UPDATE in the
//! transaction that also writes its rows, so there is no moment between looking and taking. An id that was
//! refused stays refused, and an id that was granted stays granted, whatever the account looks like later.

use plyrum_billing_client::{BytesPerToken, MicroRub};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde_json::json;

use crate::account::{self, ACCOUNT, Balance};
use crate::bounds::{self, MAX_AMOUNT, MAX_HOLDS, MAX_POSITION};
use crate::budget::{self, Limit, Limits, Spender};
use crate::charge::Price;
use crate::error::LedgerError;
use crate::fingerprint;
use crate::outbox;
use crate::run;
use crate::terms;
use crate::words::{BudgetScope, Mode, Scope};

/// One attempt that wants to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewHold {
    /// The caller's id of the attempt, never used before.
    pub attempt: String,
    /// The step of the run's plan that it serves.
    pub step: String,
    /// Layer of the plan, from 0.
    pub layer: u32,
    /// What it is for: `answer`, `proposer`, `aggregator` …
    pub role: String,
    /// Who gets the request.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// Which try of its step this is, from 1.
    pub try_no: u32,
    /// What to reserve: the cost of the upper bound. Zero without a price.
    pub amount: MicroRub,
    /// What it will be charged with; `None` where the price is not known.
    pub price: Option<Price>,
    /// Size of the request, in bytes: what an estimate of its input starts from.
    pub request_bytes: u64,
    /// The model's ratio for estimates.
    pub bytes_per_token: BytesPerToken,
    /// Whether `amount` is known to be enough: it is not where nobody knows what the request's pictures come to. Such a
    /// hold is like one without a price: no limit can be kept with it.
    #[serde(skip_serializing_if = "is_true")]
    pub is_bounded: bool,
}

/// What every hold was before there were others leaves no trace in what makes a repeat a repeat.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
const fn is_true(is: &bool) -> bool {
    *is
}

/// The attempts of one wave, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldBatch {
    /// The run that they belong to, begun and not ended.
    pub run: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// At least one, at most 64.
    pub holds: Vec<NewHold>,
    /// What the whole run may cost; the smaller of this and the one it began with counts.
    pub run_budget: Option<MicroRub>,
    /// The configuration's other limits, and the windows of all. Not part of what makes a repeat a repeat.
    pub limits: Limits,
}

/// What a hold came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldOutcome {
    /// All of it is reserved, on disk.
    Granted,
    /// None of it is.
    Refused(Refusal),
}

/// Why a hold does not fit, with the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the batch asked for.
    pub needed: MicroRub,
    /// What is left under the limit; negative where it is overdrawn.
    pub available: MicroRub,
    /// The limit itself: the budget, or the account's money.
    pub limit: MicroRub,
    /// What to change: a command or a configuration key.
    pub setting: String,
    /// Which limit.
    pub scope: Scope,
}

pub(crate) fn apply(conn: &Connection, batch: &HoldBatch) -> Result<HoldOutcome, LedgerError> {
    let needed = validate(batch)?;
    let print = fingerprint::of(&(&batch.run, &batch.holds))?;
    if let Some(first) = first_answer(conn, batch, &print)? {
        return Ok(first);
    }
    let open = run::open(conn, &batch.run)?;
    let budget = [open.budget, batch.run_budget].into_iter().flatten().min();
    let account = account::balance(conn)?;
    let refusal = match refused_by_run(conn, batch, needed, budget)? {
        Some(refusal) => Some(refusal),
        None => match refused_by_budget(conn, batch, needed, &open.spender)? {
            Some(refusal) => Some(refusal),
            None => refused_by_account(conn, batch, needed, &account)?,
        },
    };
    if let Some(refusal) = refusal {
        remember(conn, batch, &print, &refusal)?;
        return Ok(HoldOutcome::Refused(refusal));
    }
    for hold in &batch.holds {
        insert(conn, batch, hold, &print)?;
        let body = json!({ "attempt": hold.attempt, "run": batch.run, "step": hold.step, "role": hold.role,
            "provider": hold.provider, "model": hold.model, "hold_micro_rub": hold.amount });
        outbox::push(conn, batch.at, "hold", &body)?;
    }
    Ok(HoldOutcome::Granted)
}

/// Checks every field and returns the total, so that nothing after this can fail half-way.
fn validate(batch: &HoldBatch) -> Result<MicroRub, LedgerError> {
    bounds::check_id("run id", &batch.run)?;
    bounds::check_time("hold time", batch.at)?;
    batch.limits.check()?;
    if batch.holds.is_empty() || batch.holds.len() > MAX_HOLDS {
        return Err(LedgerError::invalid(format!(
            "{} attempts in one hold, outside 1 to {MAX_HOLDS}",
            batch.holds.len()
        )));
    }
    if let Some(budget) = batch.run_budget {
        bounds::check_amount("run budget", budget)?;
    }
    let mut ids: Vec<&str> = batch.holds.iter().map(|hold| hold.attempt.as_str()).collect();
    ids.sort_unstable();
    if let Some([twice, ..]) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(LedgerError::invalid(format!("attempt `{twice}` twice in one hold")));
    }
    batch.holds.iter().try_for_each(validate_one)?;
    let total = MicroRub::sum(batch.holds.iter().map(|hold| hold.amount));
    let total = total.map_err(|error| LedgerError::invalid(error.to_string()))?;
    bounds::check_amount("hold total", total).map(|()| total)
}

fn validate_one(hold: &NewHold) -> Result<(), LedgerError> {
    bounds::check_id("attempt id", &hold.attempt)?;
    for (what, name) in
        [("step", &hold.step), ("role", &hold.role), ("provider", &hold.provider), ("model", &hold.model)]
    {
        bounds::check_name(what, name)?;
    }
    if hold.try_no == 0 {
        return Err(LedgerError::invalid(format!("attempt `{}` is try 0: tries count from 1", hold.attempt)));
    }
    bounds::check_amount("hold", hold.amount)?;
    bounds::check_bytes("request", hold.request_bytes, hold.bytes_per_token)?;
    match &hold.price {
        Some(price) => bounds::check_json("rate card", &serde_json::to_string(&price.card)?),
        None if hold.amount == MicroRub::ZERO => Ok(()),
        None => Err(LedgerError::invalid(format!("attempt `{}` holds money without a price", hold.attempt))),
    }
}

/// What this very batch got the first time; an error where one of its ids was used for anything else.
fn first_answer(
    conn: &Connection,
    batch: &HoldBatch,
    print: &[u8],
) -> Result<Option<HoldOutcome>, LedgerError> {
    let mut granted = conn.prepare_cached("SELECT content_hash FROM attempts WHERE attempt = ?1")?;
    let mut refused = conn.prepare_cached(
        "SELECT content_hash, needed_micro_rub, available_micro_rub, limit_micro_rub, setting, scope
         FROM refusals WHERE attempt = ?1",
    )?;
    let mut first = None;
    let mut known = 0;
    for hold in &batch.holds {
        let grant: Option<Vec<u8>> = granted.query_row([&hold.attempt], |row| row.get(0)).optional()?;
        let refusal: Option<(Vec<u8>, Refusal)> = refused
            .query_row([&hold.attempt], |row| {
                let refusal = Refusal {
                    needed: MicroRub::new(row.get(1)?),
                    available: MicroRub::new(row.get(2)?),
                    limit: MicroRub::new(row.get(3)?),
                    setting: row.get(4)?,
                    scope: row.get(5)?,
                };
                Ok((row.get(0)?, refusal))
            })
            .optional()?;
        let answer = match (grant, refusal) {
            (Some(earlier), _) => (earlier, HoldOutcome::Granted),
            (None, Some((earlier, refusal))) => (earlier, HoldOutcome::Refused(refusal)),
            (None, None) => continue,
        };
        if answer.0 != *print {
            return Err(LedgerError::IdReused { what: "attempt", id: hold.attempt.clone() });
        }
        known += 1;
        first = Some(answer.1);
    }
    // One print covers the whole batch, so with it either all of its ids are known or none is.
    debug_assert!(known == 0 || known == batch.holds.len());
    Ok(first)
}

fn refused_by_run(
    conn: &Connection,
    batch: &HoldBatch,
    needed: MicroRub,
    budget: Option<MicroRub>,
) -> Result<Option<Refusal>, LedgerError> {
    let Some(limit) = budget else { return Ok(None) };
    if let Some(refusal) = price_unknown(batch, limit) {
        return Ok(Some(refusal));
    }
    // Within the position's bound: a run holds and spends no more than the account does.
    let available = MicroRub::new(limit.get() - run::committed(conn, &batch.run)?);
    let fits = needed == MicroRub::ZERO || needed <= available;
    let setting = "--max-cost, or run in [budgets]".to_owned();
    Ok((!fits).then_some(Refusal { needed, available, limit, setting, scope: Scope::Run }))
}

/// The tightest of the limits that this batch does not fit under.
fn refused_by_budget(
    conn: &Connection,
    batch: &HoldBatch,
    needed: MicroRub,
    spender: &Spender,
) -> Result<Option<Refusal>, LedgerError> {
    let providers: Vec<&str> = batch.holds.iter().map(|hold| hold.provider.as_str()).collect();
    let mut tightest: Option<Refusal> = None;
    for Limit { budget, setting } in budget::in_force(conn, spender, &providers, &batch.limits)? {
        // What another provider's models cost is not this limit's business.
        let provider = (budget.id.scope == BudgetScope::Provider).then_some(budget.id.key.as_str());
        let mut limited = batch.holds.iter().filter(|hold| provider.is_none_or(|p| hold.provider == p));
        if let Some(refusal) = limited.find_map(|hold| price_unknown_of(hold, budget.limit)) {
            return Ok(Some(refusal));
        }
        let needed = match budget.id.scope {
            BudgetScope::Provider => needed_of(batch, &budget.id.key)?,
            _ => needed,
        };
        let available = budget::left(conn, &budget, spender, batch.limits.windows)?;
        let fits = needed == MicroRub::ZERO || needed <= available;
        if !fits && tightest.as_ref().is_none_or(|other| available < other.available) {
            let (limit, scope) = (budget.limit, budget.id.refusal_scope());
            tightest = Some(Refusal { needed, available, limit, setting, scope });
        }
    }
    Ok(tightest)
}

/// What a batch asks for one provider.
fn needed_of(batch: &HoldBatch, provider: &str) -> Result<MicroRub, LedgerError> {
    let of_provider = batch.holds.iter().filter(|hold| hold.provider == provider);
    let sum = MicroRub::sum(of_provider.map(|hold| hold.amount));
    sum.map_err(|error| LedgerError::internal(format!("the sum of checked holds: {error}")))
}

/// Takes the money where it fits. This UPDATE is the only gate: its condition and its effect are one.
fn refused_by_account(
    conn: &Connection,
    batch: &HoldBatch,
    needed: MicroRub,
    account: &Balance,
) -> Result<Option<Refusal>, LedgerError> {
    let limit = MicroRub::new(account.credit_limit.get() + account.posted.get());
    if account.mode == Mode::Prepaid
        && let Some(refusal) = price_unknown(batch, limit)
    {
        return Ok(Some(refusal));
    }
    let taken = conn
        .prepare_cached(
            "UPDATE accounts SET held = held + ?2 WHERE id = ?1
             AND posted - held >= ?2 - ?3 AND held <= ?3 - ?2
             AND (mode = 'metered' OR ?2 = 0 OR (debt = 0 AND credit_limit + posted - held >= ?2))",
        )?
        .execute(params![ACCOUNT, needed.get(), MAX_POSITION])?;
    if taken == 1 {
        return Ok(None);
    }
    Ok(Some(refusal_of_account(needed, account)))
}

fn refusal_of_account(needed: MicroRub, account: &Balance) -> Refusal {
    let limit = MicroRub::new(account.credit_limit.get() + account.posted.get());
    let available = MicroRub::new(limit.get() - account.held.get());
    if account.mode == Mode::Prepaid && account.debt > MicroRub::ZERO {
        // Nothing is available, however much is there, until what is owed is paid.
        let setting = format!("plyrum balance top-up {}", account.debt);
        return Refusal {
            needed,
            available: available.min(MicroRub::ZERO),
            limit,
            setting,
            scope: Scope::Debt,
        };
    }
    Refusal { needed, available, limit, setting: "plyrum balance top-up".to_owned(), scope: Scope::Wallet }
}

fn price_unknown(batch: &HoldBatch, limit: MicroRub) -> Option<Refusal> {
    batch.holds.iter().find_map(|hold| price_unknown_of(hold, limit))
}

/// A hold that no limit can be kept with.
fn price_unknown_of(hold: &NewHold, limit: MicroRub) -> Option<Refusal> {
    let what = match hold.price {
        None => "price",
        Some(_) if !hold.is_bounded => "image_tokens",
        Some(_) => return None,
    };
    Some(Refusal {
        needed: MicroRub::ZERO,
        available: MicroRub::ZERO,
        limit,
        setting: format!("{what} of [models.\"{}\"]", hold.model),
        scope: Scope::PriceUnknown,
    })
}

fn remember(
    conn: &Connection,
    batch: &HoldBatch,
    print: &[u8],
    refusal: &Refusal,
) -> Result<(), LedgerError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO refusals (attempt, run, at, needed_micro_rub, available_micro_rub, limit_micro_rub, setting, scope, content_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for hold in &batch.holds {
        insert.execute(params![
            hold.attempt,
            batch.run,
            batch.at,
            refusal.needed.get(),
            refusal.available.get(),
            refusal.limit.get(),
            refusal.setting,
            refusal.scope,
            print
        ])?;
    }
    Ok(())
}

fn insert(conn: &Connection, batch: &HoldBatch, hold: &NewHold, print: &[u8]) -> Result<(), LedgerError> {
    debug_assert!(hold.amount.get() <= MAX_AMOUNT);
    let terms = terms::keep(conn, hold.price.as_ref(), hold.bytes_per_token)?;
    conn.prepare_cached(
        "INSERT INTO attempts (attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub,
             terms, request_bytes, held_at, content_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'held', ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        hold.attempt,
        batch.run,
        ACCOUNT,
        hold.step,
        hold.layer,
        hold.role,
        hold.provider,
        hold.model,
        hold.try_no,
        hold.amount.get(),
        terms,
        bounds::to_sql("request bytes", hold.request_bytes)?,
        batch.at,
        print
    ])?;
    Ok(())
}
