//! Many at once on little money: what is granted always fits, and what fits is granted.

use tokio::task::JoinSet;

use super::*;

/// All of these at once, each from a task of its own.
async fn at_once(store: &impl Store, holds: Vec<HoldBatch>) -> Vec<(i64, bool)> {
    let mut tasks = JoinSet::new();
    for hold in holds {
        let store = store.clone();
        tasks.spawn(async move {
            let amount = hold.holds.iter().map(|hold| hold.amount.get()).sum();
            (amount, store.hold(hold).await.unwrap() == HoldOutcome::Granted)
        });
    }
    tasks.join_all().await
}

fn granted(outcomes: &[(i64, bool)]) -> Vec<i64> {
    outcomes.iter().filter(|(_, granted)| *granted).map(|(amount, _)| *amount).collect()
}

pub(super) async fn of_a_thousand_parallel_holds_on_funds_for_ten_exactly_ten_are_granted(lab: &impl Lab) {
    let store = lab.prepaid(10 * 7 + 6).await;
    let outcomes = at_once(&store, (0..1000).map(|i| batch("run", &[(&format!("a{i}"), 7)])).collect()).await;
    assert_eq!((granted(&outcomes).len(), store.figures().await), (10, (76, 70)));
    store.prove().await;
}

pub(super) async fn of_a_thousand_parallel_holds_under_a_budget_for_ten_exactly_ten_are_granted(
    lab: &impl Lab,
) {
    let store = lab.with_run().await;
    let under_budget =
        |i: usize| HoldBatch { run_budget: Some(micro(76)), ..batch("run", &[(&format!("a{i}"), 7)]) };
    let outcomes = at_once(&store, (0..1000).map(under_budget).collect()).await;
    assert_eq!((granted(&outcomes).len(), store.figures().await), (10, (0, 70)));
    store.prove().await;
}

/// Nothing is given back meanwhile, so whatever was refused does not fit into what is left at the end.
pub(super) async fn parallel_holds_of_all_sizes_take_what_fits_and_refuse_what_does_not(lab: &impl Lab) {
    let store = lab.prepaid(1_000).await;
    let sized = |i: i64| {
        let (first, second) = (format!("a{i}"), format!("b{i}"));
        batch("run", &[(&first, 1 + i * 37 % 91), (&second, i % 13)])
    };
    let outcomes = at_once(&store, (0..500).map(sized).collect()).await;
    let taken: i64 = granted(&outcomes).iter().sum();
    assert_eq!(store.figures().await, (1_000, taken));
    let smallest_refused = outcomes.iter().filter(|(_, granted)| !granted).map(|(amount, _)| *amount).min();
    assert!(taken <= 1_000 && smallest_refused > Some(1_000 - taken), "{taken}, {smallest_refused:?}");
    store.prove().await;
}

/// Runs that hold, spend and give back side by side, each with a budget of its own, all on one account.
pub(super) async fn parallel_runs_never_spend_what_is_not_there(lab: &impl Lab) {
    let store = lab.prepaid(500).await;
    let mut tasks = JoinSet::new();
    for run in 0..32 {
        let store = store.clone();
        tasks.spawn(async move {
            let run = format!("run-{run}");
            store.begin_run(NewRun { budget: Some(micro(60)), ..new_run(&run) }).await.unwrap();
            for i in 0..12 {
                let attempt = format!("{run}.{i}");
                if store.hold(batch(&run, &[(&attempt, 20)])).await.unwrap() != HoldOutcome::Granted {
                    continue;
                }
                if i % 3 == 0 {
                    store.release(&attempt, 3_000).await.unwrap();
                } else {
                    store.mark_sent(&attempt, 3_000).await.unwrap();
                    store.settle(settle(&attempt, Basis::Reported(tokens(11)))).await.unwrap();
                }
                let (posted, held) = store.figures().await;
                assert!(held <= posted, "{held} held of {posted}");
            }
            let spent = store.run_totals(&run).await.unwrap().total.cost.get();
            assert!(spent <= 60, "{spent} under a budget of 60");
            spent
        });
    }
    let spent: i64 = tasks.join_all().await.iter().sum();
    assert_eq!(store.figures().await, (500 - spent, 0));
    assert!(spent > 0, "nobody got anything");
    store.prove().await;
}

pub(super) async fn a_thousand_repeats_of_one_hold_take_its_money_once(lab: &impl Lab) {
    let store = lab.prepaid(10).await;
    let outcomes = at_once(&store, (0..1000).map(|_| batch("run", &[("a", 7)])).collect()).await;
    assert_eq!((granted(&outcomes).len(), store.figures().await), (1000, (10, 7)));
    store.prove().await;
}
