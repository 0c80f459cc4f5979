//! Explained rows of a real ledger: what is claimed of a charge is what it is.

use super::*;
use plyrum_billing_client::{BytesPerToken, Fee, Fx, PerMillion, RateCard, Rates};
use plyrum_ledger::{Basis, HoldBatch, Ledger, Limits, NewHold, NewRun, Settle};
use plyrum_words::Lang;

/// Settles an attempt of 30 request bytes, at 1 USD a million tokens, and explains it.
fn explained(hold: i64, basis: Basis, received_bytes: u64) -> view::ExplainAttempt {
    let attempt = settled(hold, basis, received_bytes);
    explain(&attempt, None, &Aside::default(), None).unwrap()
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
            said_cost: None,
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
        is_bounded: true,
    }
}

fn tokens(output: u64) -> Basis {
    Basis::Reported(Usage { output, ..Usage::default() })
}

#[track_caller]
fn says(attempt: &view::ExplainAttempt, line: &str) {
    let text = attempt_text(&Words::new(Lang::En), attempt);
    assert!(text.contains(line), "`{line}` is not in\n{text}");
}

#[test]
fn a_charge_is_computed_again_and_the_rate_is_told_as_it_was_configured() {
    let attempt = explained(1000, tokens(9), 0);
    // 9 tokens and the fee: 10 micro-USD.
    assert_eq!((attempt.cost_micro_rub.get(), attempt.recomputes), (805, true));
    assert_eq!(attempt.fx, "80.5");
    says(&attempt, "80.5 RUB per USD (rate f)\n");
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
fn what_has_no_known_price_is_not_told_as_nothing() {
    let mut row = settled(1000, tokens(9), 0);
    (row.cost, row.price) = (None, None);
    let attempt = explain(&row, None, &Aside::default(), None).unwrap();
    assert_eq!(attempt.billing, "unpriced");
    says(&attempt, "price not known   (reported;");
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
    let attempt = explain(&row, None, &Aside::default(), None).unwrap();
    assert!(!attempt.recomputes);
    says(&attempt, "computed again: DIFFERENT, 0.000805 ₽");
}

#[test]
fn meters_add_up_to_the_sum_which_is_rounded_once() {
    let attempt = explained(1000, tokens(9), 0);
    let amounts: Vec<_> = attempt.meters.iter().map(|meter| meter.amount.clone().unwrap()).collect();
    assert_eq!(amounts, ["0.000009", "0.000001"]);
    assert_eq!(attempt.sum.as_deref(), Some("0.00001"));
    assert_eq!(attempt.sum_rub.as_deref(), Some("0.000805"));
    says(&attempt, "= 0.000009 USD\n");
    says(&attempt, "0.000805 RUB, rounded up once");
}

#[test]
fn a_repeat_on_another_model_is_a_fallback_with_its_cause() {
    let mut first = settled(1000, Basis::Nothing, 0);
    (first.outcome, first.error_kind) = (Some(LedgerOutcome::Failed), Some("rate_limit".to_owned()));
    let mut second = settled(1000, tokens(9), 0);
    (second.try_no, second.model) = (2, "lab/slow".to_owned());
    let attempt = explain(&second, Some(&first), &Aside::default(), None).unwrap();
    says(&attempt, "try 2 because the one before: rate_limit; this repeat cost 0.000805 ₽");
    says(&attempt, "fallback from lab/fast of lab: rate_limit");
    let first = explain(&first, None, &Aside::default(), None).unwrap();
    assert_eq!((first.billing.as_str(), attempt.billing.as_str()), ("missing", "charged"));
}

#[test]
fn what_the_provider_says_stands_beside_the_charge_with_the_difference() {
    let row = settled(1000, tokens(9), 0);
    let aside = Aside {
        provider_cost: Some("0.000011 USD".to_owned()),
        provider_cost_rub: Some(MicroRub::new(886)),
        debt: MicroRub::new(5),
        ..Aside::default()
    };
    let attempt = explain(&row, None, &aside, None).unwrap();
    assert_eq!(attempt.provider_cost.as_ref().unwrap().difference_micro_rub, Some(MicroRub::new(81)));
    says(&attempt, "0.000011 USD = 0.000886 ₽; 0.000081 ₽ from ours");
    says(&attempt, "over its hold");
}

mod cache_cause {
    use super::super::cache::{Cause, of, text};
    use super::*;
    use plyrum_ledger::Earlier;

    const MINUTE: i64 = 60_000;

    /// A request of `input` tokens, `read` of them from the cache, sent at minute 100.
    fn request(input: u64, read: u64) -> Attempt {
        let usage = Usage { input, cache_read: read, output: 1, ..Usage::default() };
        let mut attempt = settled(1_000_000, Basis::Reported(usage), 0);
        attempt.sent_at = Some(100 * MINUTE);
        attempt
    }

    fn chain(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    fn earlier(messages: &str, minutes_before: i64) -> Earlier {
        Earlier {
            attempt: "ab11.1".to_owned(),
            closed_at: Some((100 - minutes_before) * MINUTE),
            message_chain: Some(chain(messages)),
            input_tokens: Some(5000),
        }
    }

    fn cause(attempt: &Attempt, own: &str, earlier: Option<&Earlier>) -> Cause {
        of(attempt, Some(&chain(own)), earlier).unwrap().cause
    }

    #[test]
    fn each_cause_is_told_from_the_others() {
        let miss = request(6000, 0);
        assert_eq!(cause(&request(1000, 5000), "abc", Some(&earlier("ab", 1))), Cause::Hit);
        assert_eq!(cause(&miss, "abc", None), Cause::First);
        assert_eq!(cause(&miss, "axc", Some(&earlier("ab", 1))), Cause::Changed { message: 2 });
        assert_eq!(cause(&miss, "xyz", Some(&earlier("ab", 60))), Cause::Changed { message: 1 });
        assert_eq!(cause(&miss, "a", Some(&earlier("ab", 1))), Cause::Changed { message: 2 });
        assert_eq!(cause(&miss, "abc", Some(&earlier("ab", 6))), Cause::Expired);
        assert_eq!(cause(&miss, "abc", Some(&earlier("ab", 5))), Cause::Missed);
        assert_eq!(cause(&request(1023, 0), "abc", Some(&earlier("ab", 6))), Cause::Short { tokens: 1023 });
        let small = Earlier { input_tokens: Some(900), ..earlier("ab", 6) };
        assert_eq!(cause(&miss, "abc", Some(&small)), Cause::Short { tokens: 900 });
        let mut silent = miss.clone();
        silent.quality = Some(Quality::Estimated);
        assert_eq!(cause(&silent, "abc", None), Cause::NotReported);
    }

    #[test]
    fn without_chains_only_what_is_known_is_told() {
        let miss = request(6000, 0);
        let unknown = Earlier { message_chain: None, ..earlier("", 9) };
        let cache = of(&miss, None, Some(&unknown)).unwrap();
        assert_eq!((cache.cause, cache.shared_messages), (Cause::Expired, None));
        let mut unsent = miss;
        unsent.sent_at = None;
        assert_eq!(of(&unsent, None, None), None);
    }

    #[test]
    fn the_cause_is_told_in_words_and_as_data() {
        let before = earlier("ab", 1);
        let cache = of(&request(6000, 0), Some(&chain("axc")), Some(&before)).unwrap();
        let view = cache.view(Some(&before)).unwrap();
        assert_eq!((view.verdict.as_str(), view.cause.as_str(), view.message), ("miss", "changed", Some(2)));
        assert_eq!((view.shared_messages, view.idle_ms), (Some(1), Some(60_000)));
        assert_eq!(text(&Words::new(Lang::En), &view), "miss: message 2 differs from the request before");
    }
}
