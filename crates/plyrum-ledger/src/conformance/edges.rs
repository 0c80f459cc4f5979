//! At the bounds: what is still taken, what is refused, and that a refusal leaves nothing behind.
//!
//! Figures of an account are at most 4·10^18 micro-rubles from zero, single amounts at most 10^18
//! (`bounds.rs`): sums inside 64 bits depend on these being kept to the last one.

use plyrum_billing_client::Quality;

use super::*;

/// The largest single amount.
const LARGEST: i64 = 1_000_000_000_000_000_000;

fn assert_invalid<T: std::fmt::Debug>(answer: &Result<T, LedgerError>) {
    assert!(matches!(answer, Err(LedgerError::Invalid { .. })), "{answer:?}");
}

/// Four of the largest top-ups: as much as an account holds.
async fn full(lab: &impl Lab) -> impl Store {
    let ledger = lab.prepaid(0).await;
    for n in 0..4 {
        ledger.top_up(top_up(&format!("t{n}"), LARGEST)).await.unwrap();
    }
    ledger
}

pub(super) async fn an_account_is_filled_to_the_last_micro_ruble_and_not_one_further(lab: &impl Lab) {
    let ledger = full(lab).await;
    assert_eq!(ledger.figures().await, (4 * LARGEST, 0));
    assert_invalid(&ledger.top_up(top_up("over", 1)).await);
    assert_invalid(&ledger.adjust(adjust("over", 1)).await);
    assert_eq!(ledger.adjust(adjust("less", -7)).await.unwrap().balance.posted, micro(4 * LARGEST - 7));
    assert_invalid(&ledger.adjust(adjust("more", 8)).await);
    assert_eq!(ledger.adjust(adjust("exactly", 6)).await.unwrap().balance.posted, micro(4 * LARGEST - 1));
    assert_invalid(&ledger.top_up(top_up("two", 2)).await);
    assert_eq!(ledger.top_up(top_up("one", 1)).await.unwrap().balance.posted, micro(4 * LARGEST));
    assert_invalid(&ledger.top_up(top_up("large", LARGEST + 1)).await);
    ledger.prove().await;
}

pub(super) async fn corrections_take_down_to_the_last_micro_ruble_with_what_is_held(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    for n in 0..3 {
        ledger.adjust(adjust(&format!("c{n}"), -LARGEST)).await.unwrap();
    }
    ledger.hold(batch("run", &[("a", 10)])).await.unwrap();
    let too_much = ledger.adjust(adjust("too much", -LARGEST + 9)).await;
    assert_invalid(&too_much); // What is held may be charged.
    let down = ledger.adjust(adjust("the rest", -LARGEST + 10)).await.unwrap();
    assert_eq!(down.balance.posted, micro(-4 * LARGEST + 10));
    assert_eq!(ledger.hold(batch("run", &[("b", 0)])).await, Ok(HoldOutcome::Granted));
    let refused = ledger.hold(batch("run", &[("c", 1)])).await.unwrap();
    assert!(matches!(refused, HoldOutcome::Refused(_)), "{refused:?}");
    ledger.settle(settle("a", Basis::Reported(tokens(10)))).await.unwrap();
    assert_eq!(ledger.figures().await, (-4 * LARGEST, 0));
    ledger.prove().await;
}

pub(super) async fn what_an_account_cannot_owe_is_not_charged_as_reported_but_estimated(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    for n in 0..4 {
        let taken = if n == 3 { LARGEST - 20 } else { LARGEST };
        ledger.adjust(adjust(&format!("c{n}"), -taken)).await.unwrap();
    }
    ledger.hold(batch("run", &[("a", 5), ("b", 5)])).await.unwrap();
    ledger.mark_sent("a", 3_000).await.unwrap();
    ledger.mark_sent("b", 3_000).await.unwrap();
    // 20 are left to the bound, 10 of them held: 15 can be posted for one, 16 cannot.
    let over = ledger.settle(settle("a", Basis::Reported(tokens(16)))).await.unwrap();
    assert_eq!((over.cost, over.quality, over.review), (Some(micro(5)), Quality::Estimated, true));
    let fits = ledger.settle(settle("b", Basis::Reported(tokens(15)))).await.unwrap();
    assert_eq!((fits.cost, fits.quality), (Some(micro(15)), Quality::Reported));
    assert_eq!(ledger.figures().await, (-4 * LARGEST, 0));
    ledger.prove().await;
}

pub(super) async fn a_layer_has_at_most_64_attempts_and_a_run_of_them_is_held_whole(lab: &impl Lab) {
    let ledger = lab.prepaid(64).await;
    let ids: Vec<String> = (0..65).map(|n| format!("a{n}")).collect();
    let of = |count: usize| {
        let holds: Vec<(&str, i64)> = ids.iter().take(count).map(|id| (id.as_str(), 1)).collect();
        batch("run", &holds)
    };
    assert_invalid(&ledger.hold(of(65)).await);
    assert_eq!(ledger.hold(of(64)).await, Ok(HoldOutcome::Granted));
    assert_eq!(ledger.figures().await, (64, 64));
    let over = ledger.finish_run(finish("run", RunStatus::Failed)).await;
    let Err(LedgerError::RunUnresolved { attempts, .. }) = over else { panic!("{over:?}") };
    assert_eq!(attempts.len(), 8, "an error lists some, not all");
}

pub(super) async fn a_price_that_is_not_small_or_a_request_that_is_too_long_is_refused(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let mut long_card = batch("run", &[("a", 1)]);
    let fee = plyrum_billing_client::Fee::new(1);
    let mut card = one_micro_per_token().card;
    card.unit_fees = (0..20_000).map(|n| (format!("a unit with number {n}"), fee)).collect();
    long_card.holds[0].price = Some(price(card));
    assert_invalid(&ledger.hold(long_card).await);
    let mut long_request = batch("run", &[("a", 1)]);
    long_request.holds[0].request_bytes = 1_000_000_000_001;
    assert_invalid(&ledger.hold(long_request).await);
    let mut unnamed = batch("run", &[("a", 1)]);
    unnamed.holds[0].model = "m".repeat(1_025);
    assert_invalid(&ledger.hold(unnamed).await);
    ledger.hold_and_send("a", 1).await;
    assert_invalid(&ledger.note_received("a", 1_000_000_000_001).await);
    assert_invalid(&ledger.release("a", -1).await);
    assert_invalid(&ledger.mark_sent("a", -1).await);
    let endless = FinishRun { detail: "x".repeat(300_000).into(), ..finish("run", RunStatus::Failed) };
    assert_invalid(&ledger.finish_run(endless).await);
    assert_eq!(ledger.figures().await, (0, 1));
}

pub(super) async fn a_word_of_a_run_is_at_most_a_kibibyte(lab: &impl Lab) {
    let ledger = lab.open();
    let long = || "x".repeat(1_025);
    for wrong in [
        NewRun { run: String::new(), ..new_run("a") },
        NewRun { session: long(), ..new_run("a") },
        NewRun { persona: long(), ..new_run("a") },
        NewRun { plan: long(), ..new_run("a") },
        NewRun { client: long(), ..new_run("a") },
        NewRun { project: Some(long()), ..new_run("a") },
        NewRun { budget: Some(micro(-1)), ..new_run("a") },
        NewRun { at: -1, ..new_run("a") },
    ] {
        assert_invalid(&ledger.begin_run(wrong).await);
    }
    let fits = NewRun { session: "x".repeat(1_024), budget: Some(micro(LARGEST)), ..new_run("a") };
    assert_eq!(ledger.begin_run(fits).await, Ok(()));
    let plan = FinishRun { plan: Some(long()), ..finish("a", RunStatus::Failed) };
    assert_invalid(&ledger.finish_run(plan).await);
}

pub(super) async fn a_refusal_of_the_account_names_the_money_that_is_there(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold(batch("run", &[("a", 30)])).await.unwrap();
    let mut unpriced = batch("run", &[("b", 0)]);
    unpriced.holds[0].price = None;
    let HoldOutcome::Refused(unknown) = ledger.hold(unpriced).await.unwrap() else { panic!("granted") };
    assert_eq!((unknown.scope, unknown.limit, unknown.needed), (Scope::PriceUnknown, micro(100), micro(0)));
    let HoldOutcome::Refused(short) = ledger.hold(batch("run", &[("c", 71)])).await.unwrap() else {
        panic!("granted")
    };
    assert_eq!((short.scope, short.limit, short.available), (Scope::Wallet, micro(100), micro(70)));
}
