//! After a crash: a ledger that is dropped in the middle, and opened again.

use std::path::Path;

use plyrum_billing_client::Quality;

use super::*;

async fn crashed_run(path: &Path) {
    let (ledger, recovery) = Ledger::open(path, RecoverySpec { at: 1 }).unwrap();
    assert_eq!(recovery, Recovery::default(), "nothing to recover in a new one");
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

#[tokio::test]
async fn every_hold_is_resolved_and_every_run_has_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    crashed_run(&path).await;

    let (ledger, recovery) = Ledger::open(&path, RecoverySpec { at: 9_000 }).unwrap();
    assert_eq!(recovery.released, [("held".to_owned(), micro(100))]);
    let settled: Vec<_> =
        recovery.settled.iter().map(|row| (row.attempt.as_str(), row.cost, row.review)).collect();
    assert_eq!(settled, [("sent", Some(micro(10)), true), ("streaming", Some(micro(30)), true)]);
    assert!(recovery.settled.iter().all(|row| row.quality == Quality::Estimated));
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
    ledger.shutdown().await.unwrap();

    let (_, again) = Ledger::open(&path, RecoverySpec { at: 10_000 }).unwrap();
    assert_eq!(again, Recovery::default(), "nothing is left to recover");
}

#[tokio::test]
async fn what_was_answered_survives_the_death_of_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.hold_and_send("a", 10).await;
    // What a kill leaves: the files as they are, with the log not yet moved into the database.
    let copy = dir.path().join("copy.sqlite");
    for suffix in ["", "-wal"] {
        let from = open::beside(&path, suffix);
        std::fs::copy(from, open::beside(&copy, suffix)).unwrap();
    }
    let (killed, recovery) = Ledger::open(&copy, RecoverySpec { at: 9_000 }).unwrap();
    assert_eq!(recovery.settled[0].attempt, "a", "the hold and its mark were there");
    killed.prove().await;
}

#[tokio::test]
async fn a_shutdown_serves_what_waits_and_leaves_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    let held = ledger.hold(batch("run", &[("a", 10)]));
    let (held, ended) = tokio::join!(held, ledger.shutdown());
    assert_eq!((held, ended), (Ok(HoldOutcome::Granted), Ok(())));
    assert_eq!(ledger.begin_run(new_run("late")).await, Err(LedgerError::Closed));
    assert_eq!(ledger.shutdown().await, Ok(()), "there is nothing left to do");
    assert!(!open::beside(&path, "-wal").exists());
    let (_, recovery) = Ledger::open(&path, RecoverySpec { at: 9_000 }).unwrap();
    assert_eq!(recovery.released.len(), 1);
}
