//! Explained rows of a real ledger: what is claimed of a charge is what it is.

use super::*;
use plyrum_billing_client::{BytesPerToken, Fee, Fx, PerMillion, RateCard, Rates};
use plyrum_ledger::{Basis, HoldBatch, Ledger, Limits, NewHold, NewRun, Settle};

/// Settles an attempt of 30 request bytes, at 1 USD a million tokens, and explains it.
fn explained(hold: i64, basis: Basis, received_bytes: u64) -> view::ExplainAttempt {
    let attempt = settled(hold, basis, received_bytes);
    explain(&attempt, None).unwrap()
}

fn settled(hold: i64, basis: Basis, received_bytes: u64) -> Attempt {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open_in_memory().unwrap();
        ledger.begin_run(new_run()).await.unwrap();
        let holds = vec![new_hold(hold)];
        let batch =
            HoldBatch { run: "ab12".to_owned(), at: 2, holds, run_budget: None, limits: Limits::default() };
        ledger.hold(batch).await.unwrap();
        ledger.mark_sent("ab12.1", 3).await.unwrap();
        let settle = Settle {
            attempt: "ab12.1".to_owned(),
            at: 4,
            basis,
            outcome: LedgerOutcome::Ok,
            error_kind: None,
            raw_usage: None,
            ms: None,
            ttft_ms: None,
            received_bytes,
            limits: Limits::default(),
        };
        ledger.settle(settle).await.unwrap();
        ledger.attempts_of("ab12").await.unwrap().remove(0)
    })
}

fn new_run() -> NewRun {
    NewRun {
        run: "ab12".to_owned(),
        session: "cd34".to_owned(),
        persona: "default".to_owned(),
        plan: "direct".to_owned(),
        project: None,
        client: "test".to_owned(),
        budget: None,
        at: 1,
    }
}

fn new_hold(hold: i64) -> NewHold {
    let rate = Some(PerMillion::parse("1.00").unwrap());
    let base = Rates { input: rate, output: rate, ..Rates::default() };
    let card = RateCard { base, request_fee: Some(Fee::parse("0.000001").unwrap()), ..RateCard::default() };
    NewHold {
        attempt: "ab12.1".to_owned(),
        step: "answer".to_owned(),
        layer: 0,
        role: "answer".to_owned(),
        provider: "lab".to_owned(),
        model: "lab/fast".to_owned(),
        try_no: 1,
        amount: MicroRub::new(hold),
        price: Some(Price {
            version: "p".to_owned(),
            currency: "USD".to_owned(),
            card,
            fx_version: "f".to_owned(),
            fx: Fx::parse("80.5").unwrap(),
        }),
        request_bytes: 30,
        bytes_per_token: BytesPerToken::default(),
    }
}

fn tokens(output: u64) -> Basis {
    Basis::Reported(Usage { output, ..Usage::default() })
}

#[track_caller]
fn says(attempt: &view::ExplainAttempt, line: &str) {
    let text = attempt_text(attempt, Lang::En);
    assert!(text.contains(line), "`{line}` is not in\n{text}");
}

#[test]
fn a_charge_is_computed_again_and_the_rate_is_told_as_it_was_configured() {
    let attempt = explained(1000, tokens(9), 0);
    // 9 tokens and the fee: 10 micro-USD.
    assert_eq!((attempt.cost_micro_rub.get(), attempt.recomputes), (805, true));
    assert_eq!(attempt.fx, "80.5");
    says(&attempt, "80.5 RUB per USD\n");
    says(&attempt, "(reported; held 0.001 ₽; computed again: the same)");
}

#[test]
fn what_is_over_its_hold_says_by_how_much_and_is_flagged() {
    let attempt = explained(1000, tokens(19), 0);
    assert_eq!((attempt.cost_micro_rub.get(), attempt.recomputes, attempt.review), (1610, true, true));
    says(&attempt, "held 0.001 ₽; over its hold by 0.00061 ₽; computed again: the same; flagged for review)");
}

#[test]
fn an_estimate_that_its_hold_limits_says_so_with_the_figure_of_its_meters() {
    let attempt = explained(1000, Basis::Estimated, 300);
    // 10 tokens in, 100 out and the fee: 111 micro-USD.
    assert_eq!(attempt.computed_micro_rub, Some(MicroRub::new(8936)));
    assert_eq!((attempt.cost_micro_rub.get(), attempt.recomputes), (1000, true));
    says(&attempt, "computed again: 0.008936 ₽, but an estimate is limited to the hold; flagged for review)");
    let within = explained(1000, Basis::Estimated, 3);
    says(&within, "(estimated; held 0.001 ₽; computed again: the same; flagged for review)");
}

#[test]
fn what_used_nothing_owes_no_fee() {
    let attempt = explained(1000, Basis::Nothing, 0);
    assert_eq!((attempt.cost_micro_rub, attempt.recomputes), (MicroRub::ZERO, true));
    assert_eq!(attempt.meters, []);
    says(&attempt, "(missing; held 0.001 ₽; computed again: the same)");
}

#[test]
fn a_charge_that_does_not_follow_is_told() {
    let mut row = settled(1000, tokens(9), 0);
    row.cost = Some(MicroRub::new(1000)); // its hold, but it was reported
    let attempt = explain(&row, None).unwrap();
    assert!(!attempt.recomputes);
    says(&attempt, "computed again: DIFFERENT, 0.000805 ₽");
}
