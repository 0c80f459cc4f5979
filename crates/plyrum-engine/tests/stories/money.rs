//! Budgets, wallets, prices and contexts that do not suffice.

use super::{direct, prompt};
use crate::world::story::{Event::*, budget, check, hint, hold, unpriced};
use plyrum_engine::Stop;

#[test]
fn a_tight_budget_makes_the_answer_shorter() {
    let told = check(
        &budget(30_000, direct(&["lab/a"])),
        &[Says("Hello"), Uses(37, 65), EndsWith(Stop::Length)],
        r#"
        hold.taken 1 for 0.0297 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0297 RUB
        step.finished answer cut 0.0297 RUB
        run.finished
        degraded "Hello" 0.0297 RUB
    "#,
    );
    assert_eq!(hold(&told, 1).bound.max_output_tokens, 65);
}

#[test]
fn a_budget_for_no_answer_refuses_with_figures_and_setting() {
    let told = check(
        &budget(10_000, direct(&["lab/a"])),
        &[],
        r#"
        hold.refused 0.4037 of 0.01 RUB (--max-cost)
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (budget: this can cost up to 0.4037 RUB, and 0.01 of 0.01 RUB is left (--max-cost)) "" 0.00 RUB
    "#,
    );
    assert_eq!(hint(&told), "raise --max-cost, shorten the prompt, or take a cheaper model");
}

#[test]
fn a_small_wallet_makes_the_answer_shorter() {
    let told = check(
        &direct(&["lab/a"]),
        &[HasOnly(30_000), Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.refused 0.4037 of 0.03 RUB (plyrum balance top-up)
        hold.taken 2 for 0.0297 RUB
        step.started answer
        attempt.started 2 lab/a, try 1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
    assert_eq!(hold(&told, 2).bound.max_output_tokens, 65);
}

#[test]
fn a_wallet_that_others_empty_is_not_chased_for_ever() {
    check(
        &direct(&["lab/a"]),
        &[HasEverLess(31_000)],
        r#"
        hold.refused 0.4037 of 0.03 RUB (plyrum balance top-up)
        hold.refused 0.0297 of 0.029 RUB (plyrum balance top-up)
        hold.refused 0.0289 of 0.028 RUB (plyrum balance top-up)
        hold.refused 0.0277 of 0.027 RUB (plyrum balance top-up)
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (balance: this can cost up to 0.0277 RUB, and 0.027 of 0.027 RUB is left (plyrum balance top-up)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_empty_wallet_refuses() {
    check(
        &direct(&["lab/a"]),
        &[HasOnly(5_000)],
        r#"
        hold.refused 0.4037 of 0.005 RUB (plyrum balance top-up)
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (balance: this can cost up to 0.4037 RUB, and 0.005 of 0.005 RUB is left (plyrum balance top-up)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_unknown_price_holds_nothing() {
    check(
        &direct(&["lab/a-unpriced"]),
        &[],
        r#"
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (price_unknown: the price of lab/a-unpriced is not known: price_unknown: no price for 37 `input` tokens: state one in the model's price ("0" declares it free)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_unknown_price_that_is_allowed_is_told_as_unknown() {
    check(
        &unpriced(direct(&["lab/a-unpriced"])),
        &[Says("Hello"), Uses(37, 65), Ends],
        r#"
        hold.taken 1 for 0.00 RUB and 1 without price
        step.started answer
        attempt.started 1 lab/a-unpriced, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.00 RUB and 1 without price
        step.finished answer ok 0.00 RUB and 1 without price
        run.finished
        succeeded "Hello" 0.00 RUB and 1 without price
    "#,
    );
}

#[test]
fn under_a_budget_no_unknown_price_is_allowed() {
    check(
        &budget(500_000, unpriced(direct(&["lab/a-unpriced"]))),
        &[],
        r#"
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (price_unknown: the price of lab/a-unpriced is not known: price_unknown: no price for 37 `input` tokens: state one in the model's price ("0" declares it free)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_prompt_that_does_not_fit_states_the_limit() {
    check(
        &prompt(300_001),
        &[],
        r#"
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (context_too_long: the prompt has about 100001 tokens (300001 bytes) and lab/a takes 100000 with its answer) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_answer_gets_what_the_context_leaves() {
    let told = check(
        &prompt(299_900),
        &[Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 30.0064 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
    assert_eq!(hold(&told, 1).bound.max_output_tokens, 33);
}
