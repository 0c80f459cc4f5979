//! Budgets and the account: what a person decides about money. Each change is on the record before it is
//! answered.

use super::Visitor;
use crate::clock;
use crate::driver::convert;
use crate::resolve::{not_found, persona};
use crate::{budgets, calendar, project};
use plyrum_ledger::{
    Balance, Budget, BudgetId, BudgetScope, BudgetState, LedgerError, Limits, Mode, ModeSource, Period,
};
use plyrum_protocol::{
    BudgetOrder, BudgetQuery, BudgetRef, Empty, ErrorKind, Fault, Listing, ModeOrder, TopUp, view,
};

/// Every limit, the configuration's first.
pub(super) async fn budgets(
    visitor: &mut Visitor,
    query: BudgetQuery,
) -> Result<Listing<view::BudgetRow>, Fault> {
    let context = visitor.daemon.context(query.workspace.as_deref()).await?;
    let project = query.workspace.as_deref().map(project::of);
    let configured = budgets::all(&context.settings, project.as_deref());
    let limits = Limits { configured, windows: calendar::windows(clock::now()) };
    let states = visitor.daemon.ledger.budgets(limits).await.map_err(|e| of_ledger(&e))?;
    Ok(Listing { rows: states.into_iter().map(row).collect(), next: None })
}

fn row(state: BudgetState) -> view::BudgetRow {
    let BudgetId { scope, key, period } = state.budget.id;
    let committed = state.spent.zip(state.held).and_then(|(spent, held)| spent.checked_add(held));
    view::BudgetRow {
        scope: if scope == BudgetScope::All { period.to_string() } else { scope.to_string() },
        key: Some(key).filter(|key| !key.is_empty()),
        period: period.to_string(),
        limit_micro_rub: state.budget.limit,
        spent_micro_rub: state.spent,
        unpriced: u32::try_from(state.unpriced).unwrap_or(u32::MAX),
        held_micro_rub: state.held,
        left_micro_rub: committed.and_then(|committed| state.budget.limit.checked_sub(committed)),
        setting: state.setting,
    }
}

/// Sets a limit.
pub(super) async fn set_budget(visitor: &mut Visitor, order: BudgetOrder) -> Result<Empty, Fault> {
    let id = known(visitor, order.budget).await?;
    let budget = Budget { id, limit: order.limit_micro_rub };
    let done = visitor.daemon.ledger.set_budget(budget, clock::now().millis()).await;
    visitor.daemon.recorder.outbox_filled();
    done.map(|()| Empty {}).map_err(|e| of_ledger(&e))
}

/// Takes a limit away.
pub(super) async fn remove_budget(visitor: &mut Visitor, asked: BudgetRef) -> Result<Empty, Fault> {
    let id = named(asked)?;
    let done = visitor.daemon.ledger.remove_budget(id, clock::now().millis()).await;
    visitor.daemon.recorder.outbox_filled();
    match done {
        Ok(true) => Ok(Empty {}),
        Ok(false) => {
            let hint = "plyrum budget list shows all; limits of config.toml are changed there";
            Err(Fault::new(ErrorKind::NotFound, "there is no such budget").hint(hint))
        }
        Err(error) => Err(of_ledger(&error)),
    }
}

/// Adds money.
pub(super) async fn top_up(visitor: &mut Visitor, order: TopUp) -> Result<view::ToppedUp, Fault> {
    let top_up =
        plyrum_ledger::TopUp { id: order.id.clone(), amount: order.micro_rub, at: clock::now().millis() };
    let done = visitor.daemon.ledger.top_up(top_up).await;
    visitor.daemon.recorder.outbox_filled();
    let done = done.map_err(|e| of_ledger(&e))?;
    Ok(view::ToppedUp { id: order.id, paid_debt_micro_rub: done.paid_debt, balance: balance(&done.balance) })
}

/// Changes the account's mode; the configuration's counts no more from then on.
pub(super) async fn set_mode(visitor: &mut Visitor, order: ModeOrder) -> Result<view::Balance, Fault> {
    let mode = Mode::parse(&order.mode).ok_or_else(|| wrong(format!("`{}` is no mode", order.mode)))?;
    let done = visitor.daemon.ledger.set_mode(mode, ModeSource::User, clock::now().millis()).await;
    visitor.daemon.recorder.outbox_filled();
    done.map(|now| balance(&now)).map_err(|e| of_ledger(&e))
}

fn balance(now: &Balance) -> view::Balance {
    view::Balance {
        mode: now.mode.as_str().to_owned(),
        posted_micro_rub: now.posted,
        held_micro_rub: now.held,
        available_micro_rub: now.available,
    }
}

/// The limit's id, if what it is on exists: one on a mistyped name would limit nothing.
async fn known(visitor: &Visitor, asked: BudgetRef) -> Result<BudgetId, Fault> {
    let mut id = named(asked)?;
    match id.scope {
        BudgetScope::Persona => {
            persona(&*visitor.daemon.context(None).await?, Some(&id.key)).map(drop)?;
        }
        BudgetScope::Provider => {
            let context = visitor.daemon.context(None).await?;
            let known = &context.catalog.providers;
            if context.catalog.provider(&id.key).is_none() {
                let names = known.keys().map(plyrum_catalog::ProviderId::as_str);
                return Err(not_found("provider", &id.key, names, "plyrum models list"));
            }
        }
        BudgetScope::Session if !id.key.is_empty() => {
            let daemon = &visitor.daemon;
            let find = || daemon.sessions.find(&id.key, &daemon.paths.ledger_path());
            let session = tokio::task::block_in_place(find)?;
            session.as_str().clone_into(&mut id.key);
        }
        BudgetScope::Project => id.key = project::of(&id.key),
        BudgetScope::Session | BudgetScope::Run | BudgetScope::All => {}
    }
    Ok(id)
}

fn named(asked: BudgetRef) -> Result<BudgetId, Fault> {
    let scope = BudgetScope::parse(&asked.scope);
    let scope = scope.ok_or_else(|| wrong(format!("no budget is on `{}`", asked.scope)))?;
    let period = Period::parse(&asked.period);
    let period = period.ok_or_else(|| wrong(format!("`{}` is no period", asked.period)))?;
    Ok(BudgetId { scope, key: asked.key, period })
}

fn wrong(message: String) -> Fault {
    Fault::new(ErrorKind::Usage, message).hint("plyrum budget set --help")
}

fn of_ledger(error: &LedgerError) -> Fault {
    match error {
        LedgerError::Invalid { .. } | LedgerError::IdReused { .. } => {
            Fault::new(ErrorKind::Usage, error.to_string())
        }
        _ => convert::storage(error),
    }
}
