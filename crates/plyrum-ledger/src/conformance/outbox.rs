//! The outbox: what is committed is in it, once, in order, until the audit log has it.

use serde_json::json;

use super::*;

pub(super) async fn every_movement_of_money_has_its_body_in_order(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold(batch("run", &[("a", 60), ("b", 5)])).await.unwrap();
    ledger.settle(settle("a", Basis::Reported(tokens(70)))).await.unwrap();
    ledger.release("b", 3_000).await.unwrap();
    ledger
        .finish_run(FinishRun { detail: json!({"frames": 9}), ..finish("run", RunStatus::Succeeded) })
        .await
        .unwrap();
    let rows = ledger.take_outbox(100).await.unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["mode", "top_up", "hold", "hold", "settle", "release", "run"]);
    assert!(rows.is_sorted_by(|a, b| a.id < b.id));
    let settled = &rows[4].body;
    assert_eq!((&settled["attempt"], &settled["cost_micro_rub"]), (&json!("a"), &json!(70)));
    assert_eq!(
        settled["entries"].as_array().map(Vec::len),
        Some(4),
        "two for the hold's part, two for the debt"
    );
    assert_eq!(settled["usage"]["output"], 70);
    assert_eq!((&rows[6].body["cost_micro_rub"], &rows[6].body["detail"]["frames"]), (&json!(70), &json!(9)));
}

pub(super) async fn a_refusal_and_a_repeat_leave_no_body(lab: &impl Lab) {
    let ledger = lab.prepaid(10).await;
    ledger.hold(batch("run", &[("a", 10)])).await.unwrap();
    let before = ledger.take_outbox(100).await.unwrap().len();
    ledger.hold(batch("run", &[("a", 10)])).await.unwrap();
    ledger.hold(batch("run", &[("b", 10)])).await.unwrap();
    assert_eq!(ledger.take_outbox(100).await.unwrap().len(), before);
}

pub(super) async fn drained_bodies_do_not_come_again_and_ids_are_never_reused(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold(batch("run", &[("a", 10), ("b", 10), ("c", 10)])).await.unwrap();
    let rows = ledger.take_outbox(2).await.unwrap();
    let head = AuditHead { seq: 7, hash: "ab".repeat(32) };
    ledger.mark_drained(rows[1].id, Some(head)).await.unwrap();
    let left = ledger.take_outbox(100).await.unwrap();
    assert_eq!(left.len(), 1);
    ledger.mark_drained(left[0].id, None).await.unwrap();
    let (ledger, _) = lab.crash(ledger, 9_000).await;
    let bodies = ledger.take_outbox(100).await.unwrap();
    assert!(bodies.iter().all(|body| body.id > left[0].id), "recovery's are new ones: {bodies:?}");
    assert!(!bodies.is_empty());
}
