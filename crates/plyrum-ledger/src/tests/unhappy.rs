//! When the disk fails: refusals that are clean, and a stop that is final.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::*;
use crate::op::Op;
use crate::writer::{Counters, Writer};

type Answers<T> = oneshot::Receiver<Result<T, LedgerError>>;

fn begin(run: &str) -> (Op, Answers<()>) {
    let (reply, answer) = oneshot::channel();
    (Op::BeginRun(new_run(run), reply), answer)
}

fn writer() -> Writer {
    Writer::new(open::in_memory().unwrap(), Arc::new(Counters::default()))
}

/// Serves one batch that begins these runs.
fn serve(writer: &mut Writer, runs: &[&str]) -> Vec<Result<(), LedgerError>> {
    let (ops, answers): (Vec<Op>, Vec<Answers<()>>) = runs.iter().map(|run| begin(run)).unzip();
    writer.serve(ops);
    answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
}

#[test]
fn a_failed_flush_stops_the_ledger_for_good() {
    let mut writer = writer();
    assert_eq!(serve(&mut writer, &["a"]), [Ok(())]);
    writer.fail_next_commit(rusqlite::ffi::SQLITE_IOERR_FSYNC);
    for runs in [&["b", "c"][..], &["d"], &["a"]] {
        for answer in serve(&mut writer, runs) {
            assert!(matches!(answer, Err(LedgerError::Stopped { .. })), "{answer:?}");
        }
    }
}

#[test]
fn any_other_failed_commit_stops_it_too() {
    let mut writer = writer();
    writer.fail_next_commit(rusqlite::ffi::SQLITE_IOERR_WRITE);
    assert!(matches!(serve(&mut writer, &["a"])[0], Err(LedgerError::Stopped { .. })));
    assert!(matches!(serve(&mut writer, &["b"])[0], Err(LedgerError::Stopped { .. })));
}

#[test]
fn a_disk_that_is_full_at_the_commit_refuses_the_batch_and_serves_the_next() {
    let mut writer = writer();
    writer.fail_next_commit(rusqlite::ffi::SQLITE_FULL);
    for answer in serve(&mut writer, &["a", "b"]) {
        assert!(matches!(answer, Err(LedgerError::Storage { kind: StorageKind::Full, .. })), "{answer:?}");
    }
    assert_eq!(serve(&mut writer, &["a", "b"]), [Ok(()), Ok(())], "nothing of the first was kept");
}

#[tokio::test]
async fn a_full_disk_refuses_cleanly_and_takes_up_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&dir.path().join("ledger.sqlite"), RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    let room = |pages: i64| {
        ledger.look(move |conn| {
            Ok(conn.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))?)
        })
    };
    room(1).await.unwrap();
    let mut held = 0;
    let refused = loop {
        match ledger.hold(batch("run", &[(&format!("a{held}"), 5)])).await {
            Ok(_) => held += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, LedgerError::Storage { kind: StorageKind::Full, .. }), "{refused}");
    assert_eq!(ledger.figures().await, (0, 5 * held), "all that was granted, and no more");
    ledger.prove().await;
    room(1_000_000).await.unwrap();
    let again = ledger.hold(batch("run", &[(&format!("a{held}"), 5)])).await;
    assert_eq!(again, Ok(HoldOutcome::Granted), "the refused one left nothing behind");
    ledger.prove().await;
}

#[tokio::test]
async fn a_statement_that_breaks_a_rule_fails_its_batch_and_nothing_else() {
    let ledger = with_run().await;
    let broken = ledger.look(|conn| Ok(conn.execute("UPDATE accounts SET held = -1", [])?)).await;
    assert!(matches!(broken, Err(LedgerError::Storage { kind: StorageKind::Internal, .. })), "{broken:?}");
    assert_eq!(ledger.hold(batch("run", &[("a", 5)])).await, Ok(HoldOutcome::Granted));
}

#[tokio::test]
async fn facts_cannot_be_changed_even_by_sql() {
    let ledger = with_run().await;
    ledger.hold_and_send("a", 10).await;
    let raw_usage = Some(r#"{"total_tokens": 5}"#.to_owned());
    ledger.settle(Settle { raw_usage, ..settle("a", Basis::Reported(tokens(5))) }).await.unwrap();
    for tampering in [
        "UPDATE entries SET amount = 1",
        "DELETE FROM entries",
        "UPDATE attempts SET cost_micro_rub = 1",
        "UPDATE attempts SET state = 'released', outcome = NULL, quality = NULL, cost_micro_rub = NULL",
        "DELETE FROM attempts",
        "UPDATE terms SET fx_version = 'other'",
        "DELETE FROM terms",
        "UPDATE usage_shapes SET shape = '#'",
        "DELETE FROM usage_shapes",
    ] {
        let refused = ledger.look(move |conn| Ok(conn.execute(tampering, [])?)).await;
        assert!(refused.is_err(), "{tampering}");
    }
    ledger.prove().await;
}

#[tokio::test]
async fn the_proof_finds_what_was_tampered_with() {
    for (tampering, rule) in [
        ("UPDATE accounts SET posted = posted + 1", "posted is the sum of wallet and debt entries"),
        ("UPDATE accounts SET held = held + 1", "held is the sum of unresolved holds"),
        ("UPDATE accounts SET debt = debt + 1", "debt is what the debt entries owe"),
        ("UPDATE attempts SET output = output + 1", "each cost recomputes"),
        (
            "DROP TRIGGER terms_never_change; UPDATE terms SET fx = '{\"num\":\"2\",\"den\":\"1\"}'",
            "each cost recomputes",
        ),
        ("UPDATE attempts SET quality = 'missing'", "each cost recomputes"),
        (
            "INSERT INTO entries (id, txn, account, amount, kind, at) VALUES (99, 99, 'wallet', 5, 'top_up', 1)",
            "entries add up to zero per currency",
        ),
        (
            "DROP TRIGGER entries_never_change; UPDATE entries SET attempt = NULL",
            "each settled attempt's cost is its spend entries",
        ),
    ] {
        let ledger = with_run().await;
        ledger.hold_and_send("a", 10).await;
        ledger.settle(settle("a", Basis::Reported(tokens(5)))).await.unwrap();
        ledger.look(move |conn| Ok(conn.execute_batch(tampering)?)).await.unwrap();
        let checks = ledger.check().await.unwrap();
        let found = checks.iter().find(|check| check.name == rule).unwrap();
        assert!(!found.ok && !found.detail.is_empty(), "{tampering}: {found:?}");
    }
}
