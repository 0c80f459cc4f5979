//! Group commit: how many commits a burst takes, and which of them are flushed.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};

use tokio::task::unconstrained;

use super::*;

/// Lets `requests` enter the queue while the writer is busy with something else, then lets it go on.
async fn burst<T>(ledger: &Ledger, requests: Vec<impl Future<Output = T>>) -> Vec<T> {
    let (entered, has_entered) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let busy = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            ledger
                .look(move |_| {
                    entered.send(()).unwrap();
                    may_go.recv().unwrap();
                    Ok(())
                })
                .await
        }
    });
    while has_entered.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    let mut requests: Vec<Pin<Box<_>>> =
        requests.into_iter().map(|request| Box::pin(unconstrained(request))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for request in &mut requests {
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    go.send(()).unwrap();
    busy.await.unwrap().unwrap();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await);
    }
    answers
}

fn on_disk() -> (tempfile::TempDir, Ledger) {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&dir.path().join("ledger.sqlite"), RecoverySpec { at: 1 }).unwrap();
    (dir, ledger)
}

#[tokio::test]
async fn a_burst_of_holds_shares_its_flushes() {
    let (_dir, ledger) = on_disk();
    ledger.begin_run(new_run("run")).await.unwrap();
    let before = ledger.stats();
    let holds = (0..1000)
        .map(|i| {
            let ledger = ledger.clone();
            async move { ledger.hold(batch("run", &[(&format!("a{i}"), 1)])).await }
        })
        .collect();
    let answers = burst(&ledger, holds).await;
    assert!(answers.iter().all(|answer| *answer == Ok(HoldOutcome::Granted)));
    let after = ledger.stats();
    assert_eq!(after.full_commits - before.full_commits, 4, "1000 holds at 256 a commit");
    ledger.prove().await;
}

#[tokio::test]
async fn only_money_is_flushed() {
    let (_dir, ledger) = on_disk();
    let count = || (ledger.stats().commits, ledger.stats().full_commits);
    ledger.begin_run(new_run("run")).await.unwrap();
    assert_eq!(count(), (1, 0));
    ledger.hold(batch("run", &[("a", 10), ("b", 0), ("c", 10)])).await.unwrap();
    assert_eq!(count(), (2, 1), "the hold: the first critical flush of the attempt");
    ledger.mark_sent("a", 3_000).await.unwrap();
    ledger.note_received("a", 10).await.unwrap();
    ledger.release("b", 3_000).await.unwrap();
    assert_eq!(count(), (5, 1), "marks, and giving nothing back");
    ledger.release("c", 3_000).await.unwrap();
    assert_eq!(count(), (6, 2), "giving money back");
    ledger.settle(settle("a", Basis::Reported(tokens(1)))).await.unwrap();
    assert_eq!(count(), (7, 3), "the settle: the second");
    ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    assert_eq!(count(), (8, 3));
}

#[tokio::test]
async fn a_mark_does_not_wait_for_the_flush_of_other_attempts_but_for_all_that_is_asked_of_its_own() {
    let (_dir, ledger) = on_disk();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.hold(batch("run", &[("a", 1), ("b", 1)])).await.unwrap();
    let before = ledger.stats();
    let ask = |attempt: &'static str, mark: bool| {
        let ledger = ledger.clone();
        async move {
            if mark {
                ledger.mark_sent(attempt, 3_000).await
            } else if attempt == "b" {
                ledger.release(attempt, 3_000).await.map(drop)
            } else {
                ledger.hold(batch("run", &[(attempt, 1)])).await.map(drop)
            }
        }
    };
    // Of `c` the hold comes first, and of `b` the release: their marks keep their places.
    let asked = vec![ask("c", false), ask("a", true), ask("c", true), ask("b", false), ask("b", true)];
    let answers = burst(&ledger, asked).await;
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    assert!(refused == 1 && matches!(answers[4], Err(LedgerError::WrongState { .. })), "{answers:?}");
    let after = ledger.stats();
    assert_eq!(
        (after.commits - before.commits, after.full_commits - before.full_commits),
        (2, 1),
        "the mark of `a` by itself, and one flush"
    );
    ledger.prove().await;
}

#[tokio::test]
async fn a_body_leaves_the_outbox_only_after_it_is_flushed() {
    let (_dir, ledger) = on_disk();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    assert_eq!(ledger.stats().full_commits, 0, "a finish is a mark");
    assert_eq!(ledger.take_outbox(10).await.unwrap().len(), 1);
    assert_eq!(ledger.stats().full_commits, 1, "its body was about to leave");
    ledger.take_outbox(10).await.unwrap();
    assert_eq!(ledger.stats().full_commits, 1, "and has been flushed since");
}

#[tokio::test]
async fn a_refusal_in_a_batch_leaves_its_neighbours_alone() {
    let ledger = prepaid(20).await;
    let holds = [("a", 10), ("too much", 11), ("", 1), ("b", 10)]
        .map(|(attempt, amount)| ledger.hold(batch("run", &[(attempt, amount)])));
    let answers = burst(&ledger, holds.into()).await;
    let granted: Vec<bool> = answers.iter().map(|answer| *answer == Ok(HoldOutcome::Granted)).collect();
    assert_eq!(granted, [true, false, false, true]);
    ledger.prove().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_has_its_request_carried_out() {
    let ledger = with_run().await;
    let mut hold = Box::pin(ledger.hold(batch("run", &[("a", 10)])));
    let mut context = Context::from_waker(Waker::noop());
    let _ = hold.as_mut().poll(&mut context);
    drop(hold);
    assert_eq!(ledger.figures().await, (0, 10));
}

#[tokio::test]
async fn the_log_is_moved_into_the_database_in_an_idle_moment() {
    let (_dir, ledger) = on_disk();
    for i in 0..300 {
        ledger.begin_run(new_run(&format!("run{i}"))).await.unwrap();
    }
    // Nothing is asked any more, so the moment comes.
    while ledger.stats().checkpoints == 0 {
        tokio::task::yield_now().await;
    }
    ledger.prove().await;
}
