//! A ledger of an older Plyrum, brought up to date with a copy of it kept.

use std::path::Path;

use rusqlite::Connection;

use super::*;

/// A database as the first release wrote it: its schema, and rows by plain SQL.
fn of_schema_1(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(include_str!("../schema.sql")).unwrap();
    let card = serde_json::to_string(&one_micro_per_token().card).unwrap();
    let fx = serde_json::to_string(&Fx::RUB).unwrap();
    let bytes = serde_json::to_string(&BytesPerToken::default()).unwrap();
    conn.execute_batch(&format!(
        "INSERT INTO runs (run, session, persona, plan, client, status, started_at, ended_at, content_hash)
             VALUES ('old', 's', 'default', 'direct', 'test', 'succeeded', 10, 20, 'h');
         INSERT INTO runs (run, session, persona, plan, client, status, started_at, content_hash)
             VALUES ('open', 's', 'default', 'direct', 'test', 'running', 30, 'h');
         INSERT INTO attempts (attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub,
             cost_micro_rub, outcome, quality, price_version, price_card, currency, fx, fx_version, input, cache_read,
             cache_write_5m, cache_write_1h, output, reasoning, request_bytes, bytes_per_token, held_at, closed_at,
             content_hash, settle_hash, raw_usage)
             VALUES ('spent', 'old', 1, 'answer', 0, 'answer', 'lab', 'lab/fast', 1, 'settled', 50,
             7, 'ok', 'reported', 'p', '{card}', 'RUB', '{fx}', 'rub', 3, 0, 0, 0, 4, 0, 30, '{bytes}', 11, 19, 'h', 's', '{{\"total\": 7}}');
         INSERT INTO attempts (attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub,
             price_version, price_card, currency, fx, fx_version, request_bytes, bytes_per_token, held_at, content_hash)
             VALUES ('waiting', 'open', 1, 'answer', 0, 'answer', 'lab', 'lab/fast', 1, 'held', 20,
             'p', '{card}', 'RUB', '{fx}', 'rub', 30, '{bytes}', 31, 'h');
         INSERT INTO entries (id, txn, account, amount, kind, ref, at) VALUES
             (1, 1, 'funding', -100, 'top_up', 't', 5), (2, 1, 'wallet', 100, 'top_up', 't', 5);
         INSERT INTO entries (id, txn, account, amount, kind, attempt, at) VALUES
             (3, 3, 'wallet', -7, 'settle', 'spent', 19), (4, 3, 'spend', 7, 'settle', 'spent', 19);
         UPDATE accounts SET mode = 'prepaid', posted = 93, held = 20;
         PRAGMA application_id = {}; PRAGMA user_version = 1;",
        open::APPLICATION_ID
    ))
    .unwrap();
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_keeps_its_books_and_a_copy_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    of_schema_1(&path);
    let (ledger, recovery) = Ledger::open(&path, RecoverySpec { at: 9_000 }).unwrap();
    assert_eq!(recovery.released, [("waiting".to_owned(), micro(20))]);
    assert_eq!(ledger.figures().await, (93, 0));
    assert_eq!(ledger.run_totals("old").await.unwrap().total.cost, micro(7));
    let spent = ledger.attempts_of("old").await.unwrap().remove(0);
    assert_eq!(spent.price, Some(Price { version: "p".to_owned(), ..one_micro_per_token() }));
    assert_eq!(spent.raw_usage.as_deref(), Some(r#"{"total": 7}"#), "as it came");
    ledger.prove().await;
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.hold_and_send("new", 30).await;
    let said = Some(r#"{"total": 30, "of": [30, 0.50]}"#.to_owned());
    let new = Settle { raw_usage: said.clone(), ..settle("new", Basis::Reported(tokens(30))) };
    ledger.settle(new).await.unwrap();
    assert_eq!(ledger.attempts_of("run").await.unwrap().remove(0).raw_usage, said);
    ledger.prove().await;
    ledger.shutdown().await.unwrap();

    let copy = open::beside(&path, ".schema-1.bak");
    let old = Connection::open(&copy).unwrap();
    let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let figures: (i64, i64) =
        old.query_row("SELECT posted, held FROM accounts", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!((version, figures), (1, (93, 20)), "as it was before, the open hold included");
    drop(old);

    // A person goes back: the copy in the place of the ledger, and forward again.
    std::fs::copy(&copy, &path).unwrap();
    let (again, recovery) = Ledger::open(&path, RecoverySpec { at: 9_500 }).unwrap();
    assert_eq!(recovery.released.len(), 1);
    again.prove().await;
    assert!(open::beside(&path, ".schema-1.1.bak").exists(), "the first copy is not written over");
}

#[tokio::test]
async fn a_ledger_of_this_schema_is_not_copied() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    for at in [1, 2] {
        let (ledger, _) = Ledger::open(&path, RecoverySpec { at }).unwrap();
        ledger.shutdown().await.unwrap();
    }
    let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains(".bak")));
}

/// What was done before an update may be asked for again after it: a caller that never saw its answer.
#[tokio::test]
async fn a_repeat_across_the_update_of_the_schema_gets_the_first_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.hold_and_send("a", 30).await;
    let settled = ledger.settle(settle("a", Basis::Reported(tokens(30)))).await.unwrap();
    let budget = Some(micro(40));
    let refused = HoldBatch { run_budget: budget, ..batch("run", &[("b", 30)]) };
    let refusal = ledger.hold(refused.clone()).await.unwrap();
    assert!(matches!(refusal, HoldOutcome::Refused(_)), "{refusal:?}");
    ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    ledger.shutdown().await.unwrap();
    back_to_schema_3(&Connection::open(&path).unwrap());

    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 2 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    assert_eq!(ledger.hold(batch("run", &[("a", 30)])).await, Ok(HoldOutcome::Granted));
    assert_eq!(ledger.hold(refused).await, Ok(refusal));
    assert_eq!(ledger.settle(settle("a", Basis::Reported(tokens(30)))).await, Ok(settled));
    let other = ledger.settle(settle("a", Basis::Reported(tokens(29)))).await;
    assert!(matches!(other, Err(LedgerError::IdReused { .. })), "{other:?}");
    ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    ledger.prove().await;
    ledger.shutdown().await.unwrap();
}
