//! Charging: once, by the formula, never lost.

use std::collections::BTreeMap;

use plyrum_billing_client::{Fee, Quality, cost};

use super::*;

pub(super) async fn a_settle_gives_the_hold_back_and_posts_the_cost(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold_and_send("a", 60).await;
    let settled = ledger.settle(settle("a", Basis::Reported(tokens(25)))).await.unwrap();
    assert_eq!(
        settled,
        Settled {
            attempt: "a".to_owned(),
            cost: Some(micro(25)),
            usage: tokens(25),
            quality: Quality::Reported,
            review: false,
            said_otherwise: None,
            notices: vec![],
        }
    );
    assert_eq!(ledger.figures().await, (75, 0));
    ledger.prove().await;
}

pub(super) async fn every_meter_unit_and_word_of_the_provider_is_kept(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let mut card = one_micro_per_token().card;
    card.unit_fees = BTreeMap::from([("web_search".to_owned(), Fee::new(100))]);
    let mut held = batch("run", &[("a", 1_000)]);
    held.holds[0].price = Some(price(card.clone()));
    ledger.hold(held).await.unwrap();
    let usage = Usage {
        input: 1,
        cache_read: 2,
        cache_write_5m: 3,
        cache_write_1h: 4,
        output: 5,
        reasoning: 6,
        units: BTreeMap::from([("web_search".to_owned(), 2)]),
    };
    let mut ending = settle("a", Basis::Reported(usage.clone()));
    ending.raw_usage = Some(r#"{"prompt_tokens":10}"#.to_owned());
    let settled = ledger.settle(ending).await.unwrap();
    assert_eq!(settled.cost, Some(cost(&usage, &card, &Fx::RUB).unwrap()));
    let row = ledger.attempts_of("run").await.unwrap().remove(0);
    assert_eq!(row.usage, Some(usage.clone()));
    assert_eq!(row.price, Some(price(card)));
    assert_eq!(row.raw_usage.as_deref(), Some(r#"{"prompt_tokens":10}"#));
    assert_eq!((row.ms, row.ttft_ms, row.closed_at), (Some(10), Some(5), Some(4_000)));
    assert_eq!(ledger.run_totals("run").await.unwrap().total.usage, usage);
    ledger.prove().await;
}

pub(super) async fn a_repeated_settle_gets_the_first_answer_and_another_one_is_an_error(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold_and_send("a", 60).await;
    let once = settle("a", Basis::Reported(tokens(25)));
    let first = ledger.settle(once.clone()).await.unwrap();
    let again = ledger.settle(Settle { at: 9_000, ..once }).await.unwrap();
    assert_eq!(again, first, "a repeat comes later");
    let other = ledger.settle(settle("a", Basis::Reported(tokens(26)))).await;
    assert_eq!(other, Err(LedgerError::IdReused { what: "settle of attempt", id: "a".to_owned() }));
    assert_eq!(ledger.figures().await, (75, 0));
}

pub(super) async fn an_attempt_is_resolved_once_settled_or_released(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold(batch("run", &[("a", 60), ("b", 60)])).await.unwrap();
    let wrong = |state: &str, wanted| LedgerError::WrongState {
        attempt: "a".to_owned(),
        state: state.to_owned(),
        wanted,
    };
    assert_eq!(ledger.release("a", 3_000).await, Ok(micro(60)));
    assert_eq!(ledger.release("a", 3_001).await, Ok(micro(60)), "a repeat answers the same");
    assert_eq!(ledger.settle(settle("a", Basis::Estimated)).await, Err(wrong("released", "settled")));
    assert_eq!(ledger.mark_sent("a", 3_000).await, Err(wrong("released", "sent")));
    ledger.mark_sent("b", 3_000).await.unwrap();
    assert!(ledger.release("b", 3_000).await.is_err(), "it may have reached the provider");
    ledger.settle(settle("b", Basis::Nothing)).await.unwrap();
    assert!(ledger.release("b", 3_000).await.is_err());
    assert!(ledger.note_received("b", 1).await.is_err());
    assert_eq!(ledger.figures().await, (0, 0));
    let nobody = LedgerError::UnknownAttempt { attempt: "x".to_owned() };
    assert_eq!(ledger.settle(settle("x", Basis::Nothing)).await, Err(nobody));
    ledger.prove().await;
}

pub(super) async fn an_estimate_starts_from_the_request_that_was_sent_not_from_its_bound(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let held = ledger.hold(batch("run", &[("a", 1_000), ("b", 1_000)])).await;
    assert_eq!(held, Ok(HoldOutcome::Granted));
    ledger.mark_sent_of("a", 2_000, sent_of(6)).await.unwrap();
    ledger.mark_sent_of("b", 2_000, sent_of(9_999)).await.unwrap();
    let input = |settled: Settled| settled.usage.input; // three bytes a token
    assert_eq!(input(ledger.settle(settle("a", Basis::Estimated)).await.unwrap()), 2);
    assert_eq!(
        input(ledger.settle(settle("b", Basis::Estimated)).await.unwrap()),
        10,
        "no more than was held for"
    );
    ledger.prove().await;
}

pub(super) async fn a_cut_stream_is_charged_by_bytes_never_over_the_hold(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 1_000).await;
    ledger.note_received("a", 31).await.unwrap();
    ledger.note_received("a", 20).await.unwrap();
    let cut = Settle { outcome: Outcome::Cut, ..settle("a", Basis::Estimated) };
    let settled = ledger.settle(cut).await.unwrap();
    // 30 request bytes and 31 received at 3 bytes a token, each rounded up.
    assert_eq!((settled.usage.input, settled.usage.output, settled.cost), (10, 11, Some(micro(21))));
    assert_eq!((settled.quality, settled.review), (Quality::Estimated, true));
    ledger.hold_and_send("b", 12).await;
    let capped =
        ledger.settle(Settle { received_bytes: 900, ..settle("b", Basis::Estimated) }).await.unwrap();
    assert_eq!((capped.usage.output, capped.cost), (300, Some(micro(12))));
    ledger.prove().await;
}

pub(super) async fn a_failure_without_output_costs_nothing_and_says_that_usage_is_missing(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 1_000).await;
    let failed = Settle {
        outcome: Outcome::Failed,
        error_kind: Some("overloaded".to_owned()),
        ..settle("a", Basis::Nothing)
    };
    let settled = ledger.settle(failed).await.unwrap();
    assert_eq!((settled.cost, settled.quality, settled.review), (Some(micro(0)), Quality::Missing, false));
    let row = ledger.attempts_of("run").await.unwrap().remove(0);
    assert_eq!((row.outcome, row.error_kind.as_deref()), (Some(Outcome::Failed), Some("overloaded")));
    ledger.prove().await;
}

pub(super) async fn what_costs_more_than_it_held_is_posted_whole_and_owed_until_paid(lab: &impl Lab) {
    let ledger = lab.prepaid(100).await;
    ledger.hold_and_send("a", 10).await;
    let settled = ledger.settle(settle("a", Basis::Reported(tokens(35)))).await.unwrap();
    assert_eq!(settled.cost, Some(micro(35)));
    let balance = ledger.balance().await.unwrap();
    assert_eq!((balance.posted, balance.debt, balance.available), (micro(65), micro(25), Some(micro(65))));
    ledger.prove().await;

    let refused = ledger.hold(batch("run", &[("b", 1)])).await.unwrap();
    let owed = Refusal {
        needed: micro(1),
        available: micro(0),
        limit: micro(65),
        setting: "plyrum balance top-up 0.000025".to_owned(),
        scope: Scope::Debt,
    };
    assert_eq!(refused, HoldOutcome::Refused(owed));
    let part = ledger.top_up(top_up("part", 20)).await.unwrap();
    assert_eq!((part.paid_debt, part.balance.debt), (micro(20), micro(5)));
    assert!(ledger.hold(batch("run", &[("c", 1)])).await.unwrap() != HoldOutcome::Granted);
    let rest = ledger.top_up(top_up("rest", 8)).await.unwrap();
    assert_eq!((rest.paid_debt, rest.balance.posted), (micro(5), micro(93)));
    assert_eq!(ledger.hold(batch("run", &[("d", 93)])).await.unwrap(), HoldOutcome::Granted);
    ledger.prove().await;
}

pub(super) async fn in_metered_mode_the_excess_is_posted_and_nobody_owes_it(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 10).await;
    ledger.settle(settle("a", Basis::Reported(tokens(35)))).await.unwrap();
    let balance = ledger.balance().await.unwrap();
    assert_eq!((balance.posted, balance.debt), (micro(-35), micro(0)));
    assert_eq!(ledger.hold(batch("run", &[("b", 10)])).await.unwrap(), HoldOutcome::Granted);
    ledger.prove().await;
}

pub(super) async fn a_usage_that_cannot_be_priced_is_estimated_and_flagged_not_lost(lab: &impl Lab) {
    let searched = Usage { units: BTreeMap::from([("web_search".to_owned(), 1)]), ..tokens(5) };
    for (usage, problem) in [(tokens(u64::MAX), "usage_out_of_range"), (searched, "price_unknown")] {
        let ledger = lab.with_run().await;
        ledger.hold_and_send("a", 1_000).await;
        let settled = ledger.settle(settle("a", Basis::Reported(usage))).await.unwrap();
        assert_eq!((settled.cost, settled.quality), (Some(micro(10)), Quality::Estimated));
        assert!(settled.review);
        let row = ledger.attempts_of("run").await.unwrap().remove(0);
        assert_eq!(row.cost_problem.as_deref(), Some(problem));
        ledger.prove().await;
    }
}

pub(super) async fn a_card_without_the_rates_leaves_the_usage_as_reported_and_unpriced(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let mut held = batch("run", &[("a", 0)]);
    held.holds[0].price = Some(price(RateCard::default()));
    ledger.hold(held).await.unwrap();
    let settled = ledger.settle(settle("a", Basis::Reported(tokens(5)))).await.unwrap();
    assert_eq!((settled.cost, settled.usage, settled.review), (None, tokens(5), true));
    ledger.prove().await;
}

pub(super) async fn an_astronomic_cost_is_estimated_and_flagged(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let rate = Some(PerMillion::new(10_000_000_000_000));
    let mut held = batch("run", &[("a", 50)]);
    held.holds[0].price = Some(price(RateCard {
        base: Rates { input: rate, output: rate, ..Rates::default() },
        ..RateCard::default()
    }));
    ledger.hold(held).await.unwrap();
    let settled = ledger.settle(settle("a", Basis::Reported(tokens(1_000_000_000_000)))).await.unwrap();
    assert_eq!((settled.cost, settled.quality, settled.review), (Some(micro(50)), Quality::Estimated, true));
    ledger.prove().await;
}

pub(super) async fn a_providers_endless_usage_text_is_cut_and_flagged(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 10).await;
    let endless = Settle { raw_usage: Some("я".repeat(100_000)), ..settle("a", Basis::Reported(tokens(1))) };
    let settled = ledger.settle(endless).await.unwrap();
    assert!(settled.review);
    let row = ledger.attempts_of("run").await.unwrap().remove(0);
    assert_eq!(row.raw_usage.map(|raw| raw.len()), Some(64 * 1024));
    ledger.hold_and_send("b", 10).await;
    let fits = "u".repeat(64 * 1024);
    let all = Settle { raw_usage: Some(fits.clone()), ..settle("b", Basis::Reported(tokens(1))) };
    let all = Settle { error_kind: Some("e".repeat(2_000)), ..all };
    assert!(!ledger.settle(all).await.unwrap().review, "what fits is kept whole");
    let row = ledger.attempts_of("run").await.unwrap().remove(1);
    assert_eq!((row.raw_usage, row.error_kind.map(|kind| kind.len())), (Some(fits), Some(1_024)));
}

pub(super) async fn a_top_up_counts_once(lab: &impl Lab) {
    let ledger = lab.prepaid(0).await;
    for _ in 0..2 {
        let topped_up = ledger.top_up(top_up("t", 50)).await.unwrap();
        assert_eq!(topped_up.balance.available, Some(micro(50)));
    }
    let other = ledger.top_up(top_up("t", 51)).await;
    assert_eq!(other, Err(LedgerError::IdReused { what: "top-up", id: "t".to_owned() }));
    assert!(ledger.top_up(top_up("zero", 0)).await.is_err());
    assert!(ledger.top_up(top_up("minus", -1)).await.is_err());
    ledger.prove().await;
}

pub(super) async fn prepaid_starts_from_what_is_there_and_keeps_its_own_debt(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 30).await;
    ledger.settle(settle("a", Basis::Reported(tokens(30)))).await.unwrap();
    assert_eq!(ledger.figures().await, (-30, 0));
    let prepaid = ledger.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
    assert_eq!(prepaid.available, Some(micro(0)), "the user's keys have paid for what metered runs spent");
    ledger.top_up(top_up("t", 50)).await.unwrap();
    ledger.hold_and_send("b", 10).await;
    ledger.settle(settle("b", Basis::Reported(tokens(15)))).await.unwrap();
    ledger.set_mode(Mode::Metered, ModeSource::User, 100).await.unwrap();
    let back = ledger.set_mode(Mode::Prepaid, ModeSource::User, 100).await.unwrap();
    assert_eq!((back.posted, back.debt), (micro(35), micro(5)), "a detour does not pay it");
    ledger.prove().await;
}

pub(super) async fn configuration_sets_the_mode_of_a_new_account_only(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let config = |mode| ledger.set_mode(mode, ModeSource::Config, 100);
    assert_eq!(config(Mode::Prepaid).await.unwrap().mode, Mode::Prepaid);
    assert_eq!(config(Mode::Metered).await.unwrap().mode, Mode::Metered, "still new");
    ledger.set_mode(Mode::Metered, ModeSource::User, 100).await.unwrap();
    assert_eq!(config(Mode::Prepaid).await.unwrap().mode, Mode::Metered, "a person chose");
}

fn sent_of(bytes: u64) -> SentRequest {
    SentRequest { bytes, message_chain: vec!["a1".to_owned(), "b2".to_owned()] }
}

#[tokio::test]
async fn a_request_leaves_the_hashes_of_its_messages_and_no_more_than_the_bound() {
    let ledger = with_run().await;
    for (attempt, messages, kept) in [("a", 2, 2), ("b", 300, 256)] {
        ledger.hold(batch("run", &[(attempt, 5)])).await.unwrap();
        let message_chain = (0..messages).map(|n| format!("{n:x}")).collect();
        ledger.mark_sent_of(attempt, 2_000, SentRequest { bytes: 3, message_chain }).await.unwrap();
        let sql =
            format!("SELECT json_array_length(message_chain) FROM attempts WHERE attempt = '{attempt}'");
        let found: i64 =
            ledger.look(move |conn| Ok(conn.query_row(&sql, [], |row| row.get(0))?)).await.unwrap();
        assert_eq!(found, kept);
    }
    let wrong = SentRequest { bytes: 3, message_chain: vec![String::new()] };
    ledger.hold(batch("run", &[("c", 5)])).await.unwrap();
    assert!(matches!(ledger.mark_sent_of("c", 2_000, wrong).await, Err(LedgerError::Invalid { .. })));
}

/// Priced in dollars: a token is 80 micro-rubles.
fn in_dollars(attempt: &str) -> HoldBatch {
    let mut batch = batch("run", &[(attempt, 1_000_000_000)]);
    if let Some(price) = &mut batch.holds[0].price {
        price.currency = "USD".to_owned();
        price.fx = Fx::parse("80").unwrap();
    }
    batch
}

pub(super) async fn what_the_provider_says_is_compared_and_never_charged(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    // 1 000 000 tokens are a dollar: 80 rubles.
    for (attempt, said, told) in [
        ("same", "1.0", None),
        ("near", "1.04", None),
        ("far", "1.1e0", Some(88_000_000)),
        ("free", "0", Some(0)),
    ] {
        ledger.hold(in_dollars(attempt)).await.unwrap();
        ledger.mark_sent(attempt, 3_000).await.unwrap();
        let said_cost = plyrum_billing_client::SaidCost::new(said, "USD");
        let settle = Settle { said_cost, ..settle(attempt, Basis::Reported(tokens(1_000_000))) };
        let settled = ledger.settle(settle).await.unwrap();
        assert_eq!(
            (settled.cost, settled.said_otherwise),
            (Some(micro(80_000_000)), told.map(micro)),
            "{said}"
        );
        assert_eq!(settled.review, told.is_some(), "{said}");
    }
    ledger.prove().await;
}

pub(super) async fn what_the_provider_says_of_another_currency_or_an_estimate_is_not_compared(
    lab: &impl Lab,
) {
    let ledger = lab.with_run().await;
    let said = |currency| plyrum_billing_client::SaidCost::new("123", currency);
    ledger.hold_and_send("rubles", 1_000).await;
    let in_another = Settle { said_cost: said("USD"), ..settle("rubles", Basis::Reported(tokens(5))) };
    assert_eq!(ledger.settle(in_another).await.unwrap().said_otherwise, None);
    ledger.hold(in_dollars("estimated")).await.unwrap();
    ledger.mark_sent("estimated", 3_000).await.unwrap();
    let estimated = Settle { said_cost: said("USD"), ..settle("estimated", Basis::Estimated) };
    assert_eq!(ledger.settle(estimated).await.unwrap().said_otherwise, None);
    ledger.prove().await;
}
