//! Runs: begun once, finished once, with a total that stays.

use super::*;

pub(super) async fn a_runs_total_is_the_sum_of_its_rows(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold(batch("run", &[("a", 100), ("b", 100), ("c", 100)])).await.unwrap();
    ledger.settle(settle("a", Basis::Reported(tokens(7)))).await.unwrap();
    ledger.settle(settle("b", Basis::Nothing)).await.unwrap();
    ledger.release("c", 3_000).await.unwrap();
    let totals = ledger.finish_run(finish("run", RunStatus::Degraded)).await.unwrap();
    assert_eq!((totals.status, totals.ended_at), (RunStatus::Degraded, Some(5_000)));
    assert_eq!((totals.total.cost, totals.total.attempts, totals.total.usage), (micro(7), 2, tokens(7)));
    assert_eq!((totals.total.reported, totals.total.missing), (1, 1));
    ledger.prove().await;
}

pub(super) async fn a_run_does_not_end_while_money_is_held_for_it(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold(batch("run", &[("a", 100)])).await.unwrap();
    let open = LedgerError::RunUnresolved { run: "run".to_owned(), attempts: vec!["a".to_owned()] };
    assert_eq!(ledger.finish_run(finish("run", RunStatus::Succeeded)).await, Err(open));
    ledger.release("a", 3_000).await.unwrap();
    assert!(ledger.finish_run(finish("run", RunStatus::Succeeded)).await.is_ok());
}

pub(super) async fn the_same_end_again_gets_the_same_totals_and_another_is_an_error(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let first = ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    let again = ledger.finish_run(FinishRun { at: 9_000, ..finish("run", RunStatus::Succeeded) }).await;
    assert_eq!(again, Ok(first));
    let other = ledger.finish_run(finish("run", RunStatus::Failed)).await;
    assert_eq!(other, Err(LedgerError::RunEnded { run: "run".to_owned(), status: "succeeded".to_owned() }));
    assert!(ledger.finish_run(finish("nobody", RunStatus::Failed)).await.is_err());
    assert!(ledger.finish_run(finish("run", RunStatus::Running)).await.is_err());
}

pub(super) async fn a_run_begins_once(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    assert_eq!(ledger.begin_run(NewRun { at: 2_000, ..new_run("run") }).await, Ok(()));
    let other = NewRun { plan: "moa".to_owned(), ..new_run("run") };
    assert_eq!(
        ledger.begin_run(other).await,
        Err(LedgerError::IdReused { what: "run", id: "run".to_owned() })
    );
}

pub(super) async fn a_run_can_end_with_a_smaller_plan(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let shrunk = FinishRun { plan: Some("vote".to_owned()), ..finish("run", RunStatus::Succeeded) };
    assert_eq!(ledger.finish_run(shrunk).await.unwrap().plan, "vote");
}
