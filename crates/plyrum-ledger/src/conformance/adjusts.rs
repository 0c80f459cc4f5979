//! Corrections: entries of their own, once, with their reason.

use serde_json::json;

use super::*;

pub(super) async fn an_adjustment_gives_and_takes_with_a_reason_that_stays(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    let given = ledger.adjust(adjust("plus", 30)).await.unwrap();
    assert_eq!((given.balance.posted, given.paid_debt), (micro(130), micro(0)));
    let taken = ledger.adjust(adjust("minus", -150)).await.unwrap();
    assert_eq!(taken.balance.available, Some(micro(-20)), "the books say what is true");
    let refused = ledger.hold(batch("run", &[("a", 1)])).await.unwrap();
    assert!(matches!(refused, HoldOutcome::Refused(_)));
    let bodies = ledger.take_outbox(100).await.unwrap();
    let last = bodies.last().unwrap();
    assert_eq!((last.kind.as_str(), &last.body["micro_rub"]), ("adjustment", &json!(-150)));
    assert_eq!(last.body["reason"], json!("because of minus"));
    assert_eq!(last.body["entries"].as_array().map(Vec::len), Some(2));
    ledger.prove().await;
}

pub(super) async fn an_adjustment_counts_once(lab: &impl Lab) {
    let ledger = lab.prepaid(10).await;
    for at in [1, 2] {
        let done = ledger.adjust(Adjust { at, ..adjust("a", 5) }).await.unwrap();
        assert_eq!(done.balance.posted, micro(15));
    }
    let reused = Err(LedgerError::IdReused { what: "adjustment", id: "a".to_owned() });
    assert_eq!(ledger.adjust(adjust("a", 6)).await, reused);
    let other_reason = Adjust { reason: "another".to_owned(), ..adjust("a", 5) };
    assert_eq!(ledger.adjust(other_reason).await, reused);
    assert_eq!(
        ledger.adjust(adjust("funds", 1)).await.unwrap().balance.posted,
        micro(16),
        "not a top-up's id"
    );
    ledger.prove().await;
}

pub(super) async fn what_an_adjustment_gives_pays_debt_first(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold_and_send("a", 10).await;
    ledger.settle(settle("a", Basis::Reported(tokens(35)))).await.unwrap();
    let given = ledger.adjust(adjust("plus", 30)).await.unwrap();
    assert_eq!((given.paid_debt, given.balance.debt, given.balance.posted), (micro(25), micro(0), micro(95)));
    assert_eq!(ledger.adjust(adjust("plus", 30)).await.unwrap().paid_debt, micro(25), "as the first time");
    ledger.prove().await;
}

pub(super) async fn an_adjustment_without_reason_or_amount_is_refused(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    for nonsense in [
        adjust("a", 0),
        adjust("a", i64::MIN),
        adjust("a", i64::MAX),
        adjust("", 1),
        Adjust { reason: " ".to_owned(), ..adjust("a", 1) },
        Adjust { reason: "x".repeat(5_000), ..adjust("a", 1) },
        Adjust { at: -1, ..adjust("a", 1) },
    ] {
        let refused = ledger.adjust(nonsense).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Invalid { .. }), "{refused}");
    }
    assert_eq!(ledger.figures().await, (100, 0));
}
