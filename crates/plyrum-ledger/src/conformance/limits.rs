//! Budgets: kept with the hold itself, told of at half, four fifths and all.

use super::*;

pub(crate) fn id(scope: BudgetScope, key: &str, period: Period) -> BudgetId {
    BudgetId { scope, key: key.to_owned(), period }
}

pub(crate) fn budget(scope: BudgetScope, key: &str, period: Period, limit: i64) -> Budget {
    Budget { id: id(scope, key, period), limit: micro(limit) }
}

pub(crate) fn day(limit: i64) -> Budget {
    budget(BudgetScope::All, "", Period::Day, limit)
}

/// The configuration's limits, with a day that began at `start`.
pub(crate) fn configured(budgets: &[Budget], start: i64) -> Limits {
    let limit = |budget: &Budget| Limit { budget: budget.clone(), setting: "budgets.day".to_owned() };
    Limits { configured: budgets.iter().map(limit).collect(), windows: Windows { day: start, month: 0 } }
}

/// What a batch came to: granted, or its scope, what was left, the limit and the setting.
pub(crate) async fn hold_under(
    ledger: &impl Store,
    batch: HoldBatch,
    limits: &Limits,
) -> Result<(), (Scope, i64, i64, String)> {
    match ledger.hold(HoldBatch { limits: limits.clone(), ..batch }).await.unwrap() {
        HoldOutcome::Granted => Ok(()),
        HoldOutcome::Refused(no) => Err((no.scope, no.available.get(), no.limit.get(), no.setting)),
    }
}

pub(crate) async fn spend(
    ledger: &impl Store,
    attempt: &str,
    cost: u64,
    at: i64,
    limits: &Limits,
) -> Vec<BudgetNotice> {
    let amount = i64::try_from(cost).unwrap();
    assert_eq!(hold_under(ledger, batch("run", &[(attempt, amount)]), limits).await, Ok(()));
    ledger.mark_sent(attempt, at).await.unwrap();
    let settle = Settle { at, limits: limits.clone(), ..settle(attempt, Basis::Reported(tokens(cost))) };
    ledger.settle(settle).await.unwrap().notices
}

pub(super) async fn a_day_counts_what_is_posted_and_what_is_held(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let limits = configured(&[day(100)], 1_000);
    spend(&ledger, "a", 40, 2_000, &limits).await;
    assert_eq!(hold_under(&ledger, batch("run", &[("b", 50)]), &limits).await, Ok(()));
    let over = hold_under(&ledger, batch("run", &[("c", 11)]), &limits).await;
    assert_eq!(over, Err((Scope::Day, 10, 100, "budgets.day".to_owned())));
    assert_eq!(hold_under(&ledger, batch("run", &[("d", 10)]), &limits).await, Ok(()), "to the last one");
    let free = hold_under(&ledger, batch("run", &[("e", 0)]), &limits).await;
    assert_eq!(free, Ok(()), "what costs nothing is never refused");
    ledger.prove().await;
}

pub(super) async fn yesterdays_charges_do_not_count_and_yesterdays_holds_do(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    spend(&ledger, "a", 90, 5_000, &configured(&[day(100)], 0)).await;
    let today = configured(&[day(100)], 6_000);
    assert_eq!(hold_under(&ledger, batch("run", &[("b", 60)]), &today).await, Ok(()));
    let tomorrow = configured(&[day(100)], 9_000);
    let over = hold_under(&ledger, batch("run", &[("c", 41)]), &tomorrow).await;
    assert_eq!(over.unwrap_err().1, 40, "it may still be charged tomorrow");
    let clock_set_back = configured(&[day(100)], 1_000);
    let over = hold_under(&ledger, batch("run", &[("d", 1)]), &clock_set_back).await;
    assert_eq!(over.unwrap_err().1, -50, "what was spent later today is spent");
}

pub(super) async fn of_two_limits_on_the_same_the_lower_holds_and_is_named(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let limits = configured(&[day(100)], 1);
    ledger.set_budget(day(70), 10).await.unwrap();
    let over = hold_under(&ledger, batch("run", &[("a", 71)]), &limits).await;
    assert_eq!(over, Err((Scope::Day, 70, 70, "plyrum budget set day".to_owned())));
    ledger.set_budget(day(200), 11).await.unwrap();
    let over = hold_under(&ledger, batch("run", &[("b", 101)]), &limits).await;
    assert_eq!(over, Err((Scope::Day, 100, 100, "budgets.day".to_owned())));
    assert_eq!(ledger.remove_budget(day(0).id, 12).await, Ok(true));
    assert_eq!(ledger.remove_budget(day(0).id, 13).await, Ok(false));
}

pub(super) async fn each_scope_limits_its_own_and_nobody_else(lab: &impl Lab) {
    let ledger = lab.open();
    let run = |run: &str, session: &str, persona: &str, project: &str| NewRun {
        session: session.to_owned(),
        persona: persona.to_owned(),
        project: Some(project.to_owned()),
        ..new_run(run)
    };
    ledger.begin_run(run("mine", "s", "coder", "/p")).await.unwrap();
    ledger.begin_run(run("other", "t", "writer", "/q")).await.unwrap();
    let cases = [
        (BudgetScope::Run, "", Period::Total, Scope::Run),
        (BudgetScope::Session, "s", Period::Total, Scope::Session),
        (BudgetScope::Session, "", Period::Total, Scope::Session),
        (BudgetScope::Persona, "coder", Period::Day, Scope::Persona),
        (BudgetScope::Project, "/p", Period::Month, Scope::Project),
    ];
    for (n, (scope, key, period, refused_by)) in cases.into_iter().enumerate() {
        let limit = budget(scope, key, period, 50 + i64::try_from(n).unwrap());
        ledger.set_budget(limit.clone(), 1).await.unwrap();
        let none = Limits::default();
        let attempt = format!("{n}-over");
        let over = hold_under(&ledger, batch("mine", &[(&attempt, 60)]), &none).await.unwrap_err();
        assert_eq!((over.0, over.2), (refused_by, limit.limit.get()));
        let attempt = format!("{n}-other");
        let other = hold_under(&ledger, batch("other", &[(&attempt, 45)]), &none).await;
        assert_eq!(other, Ok(()), "{scope}");
        ledger.mark_sent(&attempt, 2).await.unwrap();
        ledger.settle(settle(&attempt, Basis::Nothing)).await.unwrap();
        ledger.remove_budget(limit.id, 1).await.unwrap();
    }
}

pub(super) async fn a_providers_budget_counts_its_part_of_a_batch(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.set_budget(budget(BudgetScope::Provider, "lab", Period::Month, 50), 1).await.unwrap();
    let mixed = |first: &str, second: &str, to_lab: i64| {
        let mut batch = batch("run", &[(first, to_lab), (second, 500)]);
        batch.holds[1].provider = "elsewhere".to_owned();
        batch
    };
    let over = hold_under(&ledger, mixed("a", "b", 51), &Limits::default()).await;
    assert_eq!(over.map_err(|no| (no.0, no.1)), Err((Scope::Provider, 50)));
    let mut unpriced = mixed("u", "v", 1);
    (unpriced.holds[1].price, unpriced.holds[1].amount) = (None, micro(0));
    assert_eq!(
        hold_under(&ledger, unpriced.clone(), &Limits::default()).await,
        Ok(()),
        "not of that provider"
    );
    ledger.mark_sent("u", 2).await.unwrap();
    ledger.settle(settle("u", Basis::Nothing)).await.unwrap();
    for (hold, attempt) in unpriced.holds.iter_mut().zip(["w", "x"]) {
        (hold.attempt, hold.provider) = (attempt.to_owned(), "lab".to_owned());
    }
    let over = hold_under(&ledger, unpriced, &Limits::default()).await;
    assert_eq!(over.unwrap_err().0, Scope::PriceUnknown);
    assert_eq!(hold_under(&ledger, mixed("c", "d", 50), &Limits::default()).await, Ok(()));
    let over = hold_under(&ledger, mixed("e", "f", 1), &Limits::default()).await;
    assert_eq!(over.unwrap_err().1, 0);
}

pub(super) async fn the_tightest_of_several_limits_is_told(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.set_budget(day(80), 1).await.unwrap();
    ledger.set_budget(budget(BudgetScope::All, "", Period::Month, 30), 1).await.unwrap();
    let over = hold_under(&ledger, batch("run", &[("a", 90)]), &Limits::default()).await;
    assert_eq!(over, Err((Scope::Month, 30, 30, "plyrum budget set month".to_owned())));
}

pub(super) async fn an_unknown_price_is_refused_under_any_limit(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let unpriced = |attempt: &str| {
        let mut batch = batch("run", &[(attempt, 0)]);
        batch.holds[0].price = None;
        batch
    };
    assert_eq!(hold_under(&ledger, unpriced("a"), &Limits::default()).await, Ok(()));
    let refused = hold_under(&ledger, unpriced("b"), &configured(&[day(100)], 0)).await;
    assert_eq!(refused.unwrap_err().0, Scope::PriceUnknown);
}

pub(super) async fn half_four_fifths_and_all_are_told_once_in_a_window(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let limits = configured(&[day(100)], 1);
    let told =
        |notices: Vec<BudgetNotice>| notices.iter().map(|n| (n.percent, n.spent.get())).collect::<Vec<_>>();
    assert_eq!(told(spend(&ledger, "a", 49, 10, &limits).await), []);
    assert_eq!(told(spend(&ledger, "b", 1, 11, &limits).await), [(50, 50)]);
    assert_eq!(told(spend(&ledger, "c", 1, 12, &limits).await), []);
    assert_eq!(
        told(spend(&ledger, "d", 49, 13, &limits).await),
        [(100, 100)],
        "four fifths is not told after all"
    );
    let tomorrow = configured(&[day(100)], 20);
    assert_eq!(told(spend(&ledger, "e", 85, 21, &tomorrow).await), [(80, 85)]);
    let raised = configured(&[day(160)], 20);
    assert_eq!(told(spend(&ledger, "f", 1, 22, &raised).await), [(50, 86)], "the limit is another one");
    ledger.prove().await;
}

pub(super) async fn a_repeated_settle_tells_nothing_again(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let limits = configured(&[day(10)], 1);
    assert_eq!(hold_under(&ledger, batch("run", &[("a", 10)]), &limits).await, Ok(()));
    ledger.mark_sent("a", 2).await.unwrap();
    let settle = Settle { limits: limits.clone(), ..settle("a", Basis::Reported(tokens(10))) };
    let first = ledger.settle(settle.clone()).await.unwrap();
    assert_eq!(first.notices.len(), 1);
    let tomorrow = Settle { limits: configured(&[day(10)], 99), ..settle };
    assert_eq!(ledger.settle(tomorrow).await.unwrap().notices, []);
}

pub(super) async fn a_budget_that_makes_no_sense_is_an_error(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let wrong = [
        budget(BudgetScope::All, "x", Period::Day, 1),
        budget(BudgetScope::All, "", Period::Total, 1),
        budget(BudgetScope::Run, "r", Period::Total, 1),
        budget(BudgetScope::Session, "s", Period::Day, 1),
        budget(BudgetScope::Persona, "", Period::Day, 1),
        day(-1),
    ];
    for budget in wrong {
        let refused = ledger.set_budget(budget.clone(), 1).await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{budget:?}: {refused:?}");
    }
    let many = configured(&vec![day(1); MAX_BUDGETS + 1], 0);
    let refused = ledger.hold(HoldBatch { limits: many, ..batch("run", &[("a", 1)]) }).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
}

pub(super) async fn a_thousand_holds_at_once_take_what_the_day_has_and_not_one_more(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let limits = configured(&[day(10 * 7)], 1);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let (ledger, limits) = (ledger.clone(), limits.clone());
        tasks
            .spawn(async move { hold_under(&ledger, batch("run", &[(&format!("a{n}"), 7)]), &limits).await });
    }
    let granted = tasks.join_all().await.into_iter().flatten().count();
    assert_eq!(granted, 10);
    ledger.prove().await;
}
