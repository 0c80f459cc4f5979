//! The configuration's limits as the ledger takes them. The run's own travels with the run.

use crate::driver::convert;
use crate::{calendar, clock};
use plyrum_billing_client::MicroRub;
use plyrum_ledger::{Budget, BudgetId, BudgetScope, BudgetState, Ledger, Limit, Limits, Period};
use plyrum_protocol::Fault;
use plyrum_settings::Settings;

/// What a run from this project could spend now, for choosing a model that fits: the least of the wallet and of
/// the limits on days, months and the project; `None` where nothing limits it. Only the hold decides.
pub(crate) async fn left(
    ledger: &Ledger,
    settings: &Settings,
    project: Option<&str>,
) -> Result<Option<MicroRub>, Fault> {
    let limits =
        Limits { configured: configured(settings, project), windows: calendar::windows(clock::now()) };
    // Asked together, they are answered together.
    let (states, balance) = tokio::join!(ledger.budgets(limits), ledger.balance());
    let states = states.map_err(|e| convert::storage(&e))?;
    let wallet = balance.map_err(|e| convert::storage(&e))?.available;
    let is_on_all = |state: &&BudgetState| match state.budget.id.scope {
        BudgetScope::All => true,
        BudgetScope::Project => project == Some(state.budget.id.key.as_str()),
        BudgetScope::Run | BudgetScope::Session | BudgetScope::Persona | BudgetScope::Provider => false,
    };
    let of_budgets = states.iter().filter(is_on_all).filter_map(|state| {
        let committed = state.spent?.checked_add(state.held?)?;
        state.budget.limit.checked_sub(committed)
    });
    Ok(of_budgets.chain(wallet).min())
}

/// Limits on a session, a day and a month, and on a day and a month of this project.
pub(crate) fn configured(settings: &Settings, project: Option<&str>) -> Vec<Limit> {
    let own = &settings.budgets;
    let mut limits = vec![
        limit(
            BudgetScope::Session,
            "",
            Period::Total,
            own.session,
            &settings.narrowing.setting_of("session"),
        ),
        limit(BudgetScope::All, "", Period::Day, own.day, "budgets.day"),
        limit(BudgetScope::All, "", Period::Month, own.month, "budgets.month"),
    ];
    if let Some(project) = project {
        let narrowing = &settings.narrowing;
        for (period, amount, key) in [
            (Period::Day, narrowing.day, "budgets.day in the project's .plyrum/config.toml"),
            (Period::Month, narrowing.month, "budgets.month in the project's .plyrum/config.toml"),
        ] {
            limits.push(limit(BudgetScope::Project, project, period, amount, key));
        }
    }
    limits.into_iter().flatten().collect()
}

/// The same with the limit on each run, for showing.
pub(crate) fn all(settings: &Settings, project: Option<&str>) -> Vec<Limit> {
    let setting = settings.narrowing.setting_of("run");
    let run = limit(BudgetScope::Run, "", Period::Total, settings.budgets.run, &setting);
    run.into_iter().chain(configured(settings, project)).collect()
}

fn limit(
    scope: BudgetScope,
    key: &str,
    period: Period,
    amount: Option<MicroRub>,
    setting: &str,
) -> Option<Limit> {
    let id = BudgetId { scope, key: key.to_owned(), period };
    amount.map(|limit| Limit { budget: Budget { id, limit }, setting: setting.to_owned() })
}
