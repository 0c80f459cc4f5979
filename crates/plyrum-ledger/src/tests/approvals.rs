//! Approvals in this backend: what is flushed, what the schema itself keeps, bounds that take many rows, and the
//! way to the file and back.

use rusqlite::Connection;

use super::*;
use ApprovalVerdict::Approved;

fn home() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.sqlite");
    (dir, path)
}

#[tokio::test]
async fn what_is_pending_survives_a_shutdown_and_is_answered_afterwards() {
    let (_dir, path) = home();
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    for run in ["waits", "ends"] {
        ledger.begin_run(new_run(run)).await.unwrap();
    }
    ledger.request_approval(parking("a", "waits")).await.unwrap();
    ledger.request_approval(new_approval("b", "ends")).await.unwrap();
    let asked = ledger.approval("a").await.unwrap();
    ledger.shutdown().await.unwrap();

    let (ledger, recovery) = Ledger::open(&path, RecoverySpec { at: 1_100 }).unwrap();
    assert_eq!(ledger.approval("a").await.unwrap(), asked);
    let ended: Vec<&str> = recovery.interrupted.iter().map(|run| run.run.as_str()).collect();
    assert_eq!((ended, recovery.expired.len()), (vec!["ends"], 1));
    let answered = ledger.answer_approval(answer("a", Approved, 1_200)).await.unwrap();
    assert!(matches!(answered, Answered::Now(_)), "{answered:?}");
    let reader = LedgerReader::open(&path).unwrap();
    assert_eq!(reader.approval("a").unwrap().unwrap().status, ApprovalStatus::Approved);
    let all = ApprovalFilter { limit: 10, ..ApprovalFilter::default() };
    assert_eq!(reader.approvals(&all), ledger.approvals(all).await);
    assert_sound(&reader.check().unwrap());
}

#[tokio::test]
async fn each_change_is_flushed_and_a_look_for_nothing_is_not() {
    let (_dir, path) = home();
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    let count = || (ledger.stats().commits, ledger.stats().full_commits);
    let (commits, full) = count();
    let sha = SHA.repeat(8);
    ledger.request_approval(parking("a", "run")).await.unwrap();
    assert_eq!(count(), (commits + 1, full + 1));
    ledger.answer_approval(answer("a", Approved, 1_100)).await.unwrap();
    assert_eq!(count(), (commits + 2, full + 2));
    ledger.begin_execution("a", &sha, 1_200).await.unwrap();
    assert_eq!(count(), (commits + 3, full + 3));
    ledger.take_up("a", 1_300).await.unwrap();
    assert_eq!(count(), (commits + 4, full + 4));
    ledger.expire_approvals(9_000).await.unwrap();
    ledger.begin_execution("a", &sha, 1_200).await.unwrap();
    ledger.answer_approval(answer("a", Approved, 1_100)).await.unwrap();
    assert_eq!(count(), (commits + 4, full + 4), "nothing was written");
    ledger.request_approval(parking("b", "run")).await.unwrap();
    ledger.expire_approvals(2_000).await.unwrap();
    assert_eq!(count(), (commits + 6, full + 6));
    ledger.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    assert_eq!(count(), (commits + 7, full + 7), "it must not be parked again after a power cut");
}

#[tokio::test]
async fn ten_thousand_are_pending_and_not_one_more() {
    let ledger = with_run().await;
    for i in 0..MAX_PENDING {
        ledger.request_approval(new_approval(&format!("a{i}"), "run")).await.unwrap();
    }
    let refused = ledger.request_approval(new_approval("more", "run")).await.unwrap_err();
    assert!(refused.to_string().contains("10000 approvals are pending"), "{refused}");
    assert_eq!(ledger.request_approval(new_approval("a7", "run")).await, Ok(()), "a repeat takes no room");
    ledger.answer_approval(answer("a7", Approved, 1_100)).await.unwrap();
    assert_eq!(ledger.request_approval(new_approval("more", "run")).await, Ok(()));
    assert_eq!(ledger.expire_approvals(2_000).await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn the_schema_itself_keeps_what_was_asked_and_answered() {
    let ledger = with_run().await;
    for id in ["pending", "approved"] {
        ledger.request_approval(parking(id, "run")).await.unwrap();
    }
    ledger.answer_approval(answer("approved", Approved, 1_100)).await.unwrap();
    let refused = |statement: &'static str| {
        let ledger = ledger.clone();
        async move { ledger.look(move |conn| Ok(conn.execute(statement, []).is_err())).await.unwrap() }
    };
    for statement in [
        "UPDATE approvals SET status = 'denied' WHERE id = 'approved'",
        "UPDATE approvals SET status = 'pending', answered_at = NULL, answered_by = NULL, scope = NULL WHERE id = 'approved'",
        "UPDATE approvals SET status = 'executed', executed_at = 1, answered_by = 'x' WHERE id = 'approved'",
        "UPDATE approvals SET status = 'executed' WHERE id = 'approved'",
        "UPDATE approvals SET status = 'executed', executed_at = 1 WHERE id = 'pending'",
        "UPDATE approvals SET status = 'approved', answered_at = 1 WHERE id = 'pending'",
        "UPDATE approvals SET status = 'expired', answered_at = 1, action = '{}' WHERE id = 'pending'",
        "DELETE FROM approvals",
        "INSERT INTO approval_checkpoints VALUES ('nobody', '{}')",
    ] {
        assert!(refused(statement).await, "{statement}");
    }
    assert_eq!(ledger.begin_execution("approved", &SHA.repeat(8), 1_200).await, Ok(true));
}

#[tokio::test]
async fn lists_and_looks_for_what_is_due_go_by_an_index() {
    let ledger = with_run().await;
    for (query, index) in [
        (
            "SELECT 1 FROM approvals WHERE status = 'pending' AND deadline <= 5 ORDER BY deadline, id",
            "approvals_due",
        ),
        (
            "SELECT action FROM approvals a WHERE (a.at, a.id) < (9, '') AND a.status = 'pending' ORDER BY a.at DESC, a.id DESC",
            "approvals_pending",
        ),
        (
            "SELECT action FROM approvals a WHERE (a.at, a.id) < (9, '') ORDER BY a.at DESC, a.id DESC",
            "approvals_newest",
        ),
        (
            "SELECT action FROM approvals a WHERE a.run = 'r' AND (a.at, a.id) < (9, '') ORDER BY a.at DESC, a.id DESC",
            "approvals_of_run",
        ),
    ] {
        let plan = ledger
            .look(move |conn| {
                let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
                let lines = explain.query_map([], |row| row.get::<_, String>(3))?;
                Ok(lines.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
            .await
            .unwrap();
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{query}: {plan}");
    }
}

#[tokio::test]
async fn a_ledger_of_the_schema_before_learns_approvals_and_a_copy_is_kept() {
    let (_dir, path) = home();
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("old")).await.unwrap();
    ledger.finish_run(finish("old", RunStatus::Succeeded)).await.unwrap();
    ledger.shutdown().await.unwrap();
    let back = "DROP TABLE approval_checkpoints; DROP TABLE approvals; PRAGMA user_version = 4;";
    Connection::open(&path).unwrap().execute_batch(back).unwrap();
    let old = LedgerReader::open(&path).err();
    assert_eq!(old, Some(LedgerError::OlderSchema { found: 4, supported: 5 }));

    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 2 }).unwrap();
    assert!(open::beside(&path, ".schema-4.bak").exists());
    ledger.begin_run(new_run("run")).await.unwrap();
    ledger.request_approval(parking("a", "run")).await.unwrap();
    assert_eq!(ledger.run_totals("old").await.unwrap().status, RunStatus::Succeeded);
    ledger.prove().await;
}

#[tokio::test]
async fn a_body_of_an_approval_that_was_changed_disagrees_with_the_ledger() {
    let (_dir, path) = home();
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
    ledger.begin_run(new_run("run")).await.unwrap();
    for id in ["a", "b"] {
        ledger.request_approval(new_approval(id, "run")).await.unwrap();
    }
    ledger.answer_approval(answer("a", Approved, 1_100)).await.unwrap();
    ledger.begin_execution("a", &SHA.repeat(8), 1_200).await.unwrap();
    ledger.expire_approvals(2_000).await.unwrap();
    let bodies = ledger.take_outbox(100).await.unwrap();
    let reader = LedgerReader::open(&path).unwrap();
    let disagrees = |changed: Option<(usize, &str, &str)>| ledger_disagrees(&reader, &bodies, changed);
    assert!(!disagrees(None), "as it was written");
    for nth in 0..bodies.len() {
        for field in ["approval", "run", "sha256"] {
            assert!(disagrees(Some((nth, field, "other"))), "{nth} {field}");
        }
    }
    for (nth, field) in [(2, "verdict"), (2, "by"), (4, "verdict")] {
        assert!(disagrees(Some((nth, field, "denied"))), "{nth} {field}");
    }
}

fn ledger_disagrees(
    reader: &LedgerReader,
    bodies: &[OutboxRow],
    changed: Option<(usize, &str, &str)>,
) -> bool {
    let mut comparison = reader.reconcile().unwrap();
    for (nth, row) in bodies.iter().enumerate() {
        let mut body = row.body.clone();
        body["outbox"] = serde_json::json!(row.id);
        if let Some((of, field, value)) = changed
            && of == nth
        {
            body[field] = serde_json::json!(value);
        }
        comparison
            .take(AuditRecord { seq: nth as u64 + 1, hash: "h", kind: &row.kind, body: &body })
            .unwrap();
    }
    let checks = comparison.finish().unwrap();
    checks.iter().any(|check| !check.ok && check.name == "each audit record of money is in the ledger")
}
