//! After a crash: nothing that was answered is lost, and nothing stays open.

use plyrum_billing_client::Quality;

use super::*;

async fn until_the_crash(ledger: &impl Store) {
    ledger.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
    ledger.top_up(top_up("t", 1_000)).await.unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.begin_run(new_run("done")).await.unwrap();
    ledger.finish_run(finish("done", RunStatus::Succeeded)).await.unwrap();
    ledger
        .hold(batch("run", &[("held", 100), ("sent", 100), ("streaming", 100), ("settled", 100)]))
        .await
        .unwrap();
    ledger.mark_sent("sent", 3_000).await.unwrap();
    ledger.mark_sent("streaming", 3_000).await.unwrap();
    ledger.note_received("streaming", 60).await.unwrap();
    ledger.mark_sent("settled", 3_000).await.unwrap();
    ledger.settle(settle("settled", Basis::Reported(tokens(7)))).await.unwrap();
}

pub(super) async fn every_hold_is_resolved_and_every_run_has_an_end(lab: &impl Lab) {
    let ledger = lab.open();
    until_the_crash(&ledger).await;
    let (ledger, recovery) = lab.crash(ledger, 9_000).await;
    assert_eq!(recovery.released, [("held".to_owned(), micro(100))]);
    let settled: Vec<_> =
        recovery.settled.iter().map(|row| (row.attempt.as_str(), row.cost, row.review)).collect();
    assert_eq!(settled, [("sent", Some(micro(10)), true), ("streaming", Some(micro(30)), true)]);
    assert!(recovery.settled.iter().all(|row| row.quality == Quality::Estimated));
    let rows = ledger.attempts_of("run").await.unwrap();
    let row = rows.iter().find(|row| row.attempt == "sent").unwrap();
    assert_eq!((row.outcome, row.error_kind.as_deref()), (Some(Outcome::Cut), Some("interrupted")));
    assert_eq!((row.closed_at, row.ms, row.ttft_ms), (Some(9_000), None, None));
    let interrupted = &recovery.interrupted[0];
    assert_eq!((interrupted.run.as_str(), interrupted.status), ("run", RunStatus::Interrupted));
    assert_eq!((interrupted.total.cost, interrupted.ended_at), (micro(47), Some(9_000)));
    assert_eq!(recovery.interrupted.len(), 1, "an ended run stays as it ended");

    assert_eq!(ledger.figures().await, (953, 0));
    ledger.prove().await;
    let bodies = ledger.take_outbox(100).await.unwrap();
    let of_recovery: Vec<_> =
        bodies.iter().filter(|row| row.at == 9_000).map(|row| row.kind.as_str()).collect();
    assert_eq!(of_recovery, ["release", "settle", "settle", "run"]);
    let late = ledger.settle(settle("sent", Basis::Reported(tokens(1)))).await;
    assert!(matches!(late, Err(LedgerError::IdReused { .. })), "{late:?}");
    let (_, again) = lab.crash(ledger, 10_000).await;
    assert_eq!(again, Recovery::default(), "nothing is left to recover");
}

pub(super) async fn what_was_answered_survives_a_crash(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold_and_send("a", 10).await;
    ledger.adjust(adjust("goodwill", 5)).await.unwrap();
    let (ledger, recovery) = lab.crash(ledger, 9_000).await;
    assert_eq!(recovery.settled[0].attempt, "a", "the hold and its mark were there");
    assert_eq!(ledger.figures().await, (95, 0));
    assert_eq!(ledger.hold(batch("run", &[("a", 10)])).await, Ok(HoldOutcome::Granted), "as it was answered");
    let again = ledger.adjust(adjust("goodwill", 5)).await.unwrap();
    assert_eq!(again.balance.posted, micro(95), "a repeat after the crash adds nothing");
    ledger.prove().await;
}
