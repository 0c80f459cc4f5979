//! Admission: all or none, once, with the figures of a refusal.

use super::*;

fn refusal(outcome: HoldOutcome) -> Refusal {
    match outcome {
        HoldOutcome::Refused(refusal) => refusal,
        HoldOutcome::Granted => panic!("granted"),
    }
}

pub(super) async fn a_layer_is_held_whole_or_not_at_all(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    let first = ledger.hold(batch("run", &[("a", 40), ("b", 40)])).await.unwrap();
    assert_eq!(first, HoldOutcome::Granted);
    let second = refusal(ledger.hold(batch("run", &[("c", 10), ("d", 11)])).await.unwrap());
    assert_eq!(
        second,
        Refusal {
            needed: micro(21),
            available: micro(20),
            limit: micro(100),
            setting: "plyrum balance top-up".to_owned(),
            scope: Scope::Wallet,
        }
    );
    assert_eq!(ledger.figures().await, (100, 80));
    let third = ledger.hold(batch("run", &[("e", 10), ("f", 10)])).await.unwrap();
    assert_eq!(third, HoldOutcome::Granted, "to the last micro-ruble");
    ledger.prove().await;
}

pub(super) async fn metered_mode_has_no_limit(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let outcome = ledger.hold(batch("run", &[("a", 1_000_000_000_000)])).await.unwrap();
    assert_eq!(outcome, HoldOutcome::Granted);
    assert_eq!(ledger.balance().await.unwrap().available, None);
}

pub(super) async fn the_same_hold_again_gets_the_first_answer_and_takes_nothing(lab: &impl Lab) {
    let ledger = lab.prepaid(10).await;
    let granted = batch("run", &[("a", 8)]);
    let refused = batch("run", &[("b", 8)]);
    for _ in 0..3 {
        assert_eq!(ledger.hold(granted.clone()).await.unwrap(), HoldOutcome::Granted);
        assert_eq!(refusal(ledger.hold(refused.clone()).await.unwrap()).available, micro(2));
    }
    assert_eq!(ledger.figures().await, (10, 8));
    ledger.top_up(top_up("more", 100)).await.unwrap();
    let still = refusal(ledger.hold(refused).await.unwrap());
    assert_eq!(still.available, micro(2), "a refused id stays refused, with its first figures");
    ledger.prove().await;
}

pub(super) async fn an_id_with_other_content_is_an_error_that_names_it(lab: &impl Lab) {
    let ledger = lab.prepaid(10).await;
    ledger.hold(batch("run", &[("a", 1), ("b", 1)])).await.unwrap();
    ledger.hold(batch("run", &[("refused", 100)])).await.unwrap();
    for (id, other) in [
        ("a", batch("run", &[("a", 2), ("b", 1)])),
        ("a", batch("run", &[("a", 1)])),
        ("b", batch("run", &[("new", 1), ("b", 1)])),
        ("refused", batch("run", &[("refused", 1)])),
    ] {
        let reused = LedgerError::IdReused { what: "attempt", id: id.to_owned() };
        assert_eq!(ledger.hold(other).await, Err(reused));
    }
    assert_eq!(ledger.figures().await, (10, 2));
}

pub(super) async fn a_runs_budget_counts_what_it_spent_and_what_it_holds(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let with_budget =
        |holds: &[(&str, i64)], budget| HoldBatch { run_budget: Some(micro(budget)), ..batch("run", holds) };
    ledger.hold(with_budget(&[("a", 40), ("b", 30)], 100)).await.unwrap();
    ledger.settle(settle("a", Basis::Reported(tokens(25)))).await.unwrap();
    let over = refusal(ledger.hold(with_budget(&[("c", 46)], 100)).await.unwrap());
    assert_eq!((over.needed, over.available, over.limit), (micro(46), micro(45), micro(100)));
    assert_eq!((over.scope, over.setting.as_str()), (Scope::Run, "--max-cost, or run in [budgets]"));
    assert_eq!(ledger.hold(with_budget(&[("d", 45)], 100)).await.unwrap(), HoldOutcome::Granted);
    ledger.release("b", 3_000).await.unwrap();
    assert_eq!(ledger.hold(with_budget(&[("e", 30)], 100)).await.unwrap(), HoldOutcome::Granted);
    ledger.prove().await;
}

pub(super) async fn the_smaller_of_the_runs_own_budget_and_the_holds_counts(lab: &impl Lab) {
    let ledger = lab.open();
    ledger.begin_run(NewRun { budget: Some(micro(50)), ..new_run("run") }).await.unwrap();
    assert_eq!(refusal(ledger.hold(batch("run", &[("a", 51)])).await.unwrap()).limit, micro(50));
    let lower = HoldBatch { run_budget: Some(micro(20)), ..batch("run", &[("b", 21)]) };
    assert_eq!(refusal(ledger.hold(lower).await.unwrap()).limit, micro(20));
}

pub(super) async fn under_a_limit_a_hold_that_bounds_nothing_is_refused_and_without_one_it_is_charged(
    lab: &impl Lab,
) {
    let unbounded = |attempt: &str, budget| {
        let mut batch = batch("run", &[(attempt, 3)]);
        batch.holds[0].is_bounded = false;
        HoldBatch { run_budget: budget, ..batch }
    };
    let ledger = lab.prepaid(100).await;
    let prepaid = refusal(ledger.hold(unbounded("a", None)).await.unwrap());
    assert_eq!(
        (prepaid.scope, prepaid.setting.as_str()),
        (Scope::PriceUnknown, "image_tokens of [models.\"lab/fast\"]")
    );
    let ledger = lab.with_run().await;
    let under_budget = refusal(ledger.hold(unbounded("a", Some(micro(50)))).await.unwrap());
    assert_eq!(under_budget.scope, Scope::PriceUnknown);
    assert_eq!(ledger.hold(unbounded("b", None)).await.unwrap(), HoldOutcome::Granted);
    let settled = ledger.settle(settle("b", Basis::Reported(tokens(5)))).await.unwrap();
    assert!(settled.cost > Some(micro(0)), "{settled:?}");
    ledger.prove().await;
}

pub(super) async fn under_a_limit_an_unknown_price_is_refused_and_without_one_it_is_unpriced(lab: &impl Lab) {
    let unpriced = |attempt: &str, budget| {
        let mut batch = batch("run", &[(attempt, 0)]);
        batch.holds[0].price = None;
        HoldBatch { run_budget: budget, ..batch }
    };
    let ledger = lab.prepaid(100).await;
    assert_eq!(refusal(ledger.hold(unpriced("a", None)).await.unwrap()).scope, Scope::PriceUnknown);
    let ledger = lab.with_run().await;
    let under_budget = refusal(ledger.hold(unpriced("a", Some(micro(5)))).await.unwrap());
    assert_eq!(
        (under_budget.scope, under_budget.setting.as_str()),
        (Scope::PriceUnknown, "price of [models.\"lab/fast\"]")
    );
    assert_eq!(ledger.hold(unpriced("b", None)).await.unwrap(), HoldOutcome::Granted);
    let settled = ledger.settle(settle("b", Basis::Reported(tokens(5)))).await.unwrap();
    assert_eq!((settled.cost, settled.usage.output), (None, 5), "never 0");
    let total = ledger.run_totals("run").await.unwrap().total;
    assert_eq!((total.cost, total.unpriced), (micro(0), 1));
    ledger.prove().await;
}

pub(super) async fn what_is_free_needs_no_money(lab: &impl Lab) {
    let ledger = lab.prepaid(0).await;
    let mut free = batch("run", &[("a", 0)]);
    free.holds[0].price = Some(price(RateCard::free()));
    assert_eq!(ledger.hold(free).await.unwrap(), HoldOutcome::Granted);
}

pub(super) async fn a_hold_needs_a_run_that_is_open(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let missing = LedgerError::UnknownRun { run: "nobody".to_owned() };
    assert_eq!(ledger.hold(batch("nobody", &[("a", 1)])).await, Err(missing));
    ledger.finish_run(finish("run", RunStatus::Failed)).await.unwrap();
    let ended = LedgerError::RunEnded { run: "run".to_owned(), status: "failed".to_owned() };
    assert_eq!(ledger.hold(batch("run", &[("a", 1)])).await, Err(ended));
}

pub(super) async fn nonsense_is_refused_before_anything_is_written(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let mut unpriced_money = batch("run", &[("a", 1)]);
    unpriced_money.holds[0].price = None;
    let mut try_zero = batch("run", &[("a", 1)]);
    try_zero.holds[0].try_no = 0;
    for nonsense in [
        batch("run", &[]),
        batch("run", &[("a", -1)]),
        batch("run", &[("a", i64::MAX)]),
        batch("run", &[("", 1)]),
        batch("run", &[("a", 1), ("a", 1)]),
        batch("run", &[("a", 1); 65]),
        HoldBatch { at: -1, ..batch("run", &[("a", 1)]) },
        unpriced_money,
        try_zero,
    ] {
        let refused = ledger.hold(nonsense).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Invalid { .. }), "{refused}");
    }
    assert_eq!(ledger.figures().await, (0, 0));
}

pub(super) async fn amounts_at_the_edge_of_64_bits_are_refused_not_wrapped(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let huge = 1_000_000_000_000_000_000;
    for i in 0..4 {
        let outcome = ledger.hold(batch("run", &[(&format!("a{i}"), huge)])).await.unwrap();
        assert_eq!(outcome, HoldOutcome::Granted);
    }
    let over = ledger.hold(batch("run", &[("over", 1)])).await.unwrap();
    assert!(matches!(over, HoldOutcome::Refused(_)), "{over:?}");
    ledger.prove().await;
}
