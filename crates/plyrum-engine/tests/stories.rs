//! What a run makes of what happens: each test is a story (what providers, ledger and user do) and how it
//! goes, frame by frame, with what it costs. In these stories an input token costs 0.0001 RUB, an output
//! token 0.0004 RUB, and an answer is at most 1000 tokens long.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

mod world;

use plyrum_billing_client::MicroRub;
use plyrum_engine::FailureClass::{Auth, Connect, Overloaded, RateLimited, Rejected, Server};
use plyrum_engine::{HoldRequest, Limits, RunSpec, Stop};
use plyrum_protocol::StepKind;
use world::story::{Event::*, Told, at, play};

/// Plays a story and compares how it goes, line by line.
#[track_caller]
fn check(spec: &RunSpec, story: &[world::story::Event], goes: &str) -> Told {
    let told = play(spec, story);
    let goes: Vec<&str> = goes.trim().lines().map(str::trim).collect();
    let went: Vec<&str> = told.text.lines().collect();
    assert!(went == goes, "it went:\n{}", told.text);
    told
}

fn direct(models: &[&str]) -> RunSpec {
    world::spec(world::direct(models), Limits::default(), 7)
}

/// Two proposers and a lead.
fn mixture() -> RunSpec {
    let propose = |name| world::step(name, StepKind::Propose, &[], &["lab/a"]);
    let lead = world::step("lead", StepKind::Aggregate, &["one", "two"], &["lab/c"]);
    world::spec(vec![propose("one"), propose("two"), lead], Limits::default(), 7)
}

fn budget(micro_rub: i64, mut spec: RunSpec) -> RunSpec {
    spec.limits.budget = Some(MicroRub::new(micro_rub));
    "--max-cost".clone_into(&mut spec.limits.budget_setting);
    spec
}

fn deadline(after_ms: u64, mut spec: RunSpec) -> RunSpec {
    spec.limits.deadline = Some(spec.accepted_at.plus_millis(after_ms));
    spec
}

/// A prompt of so many bytes, for a model that takes 100 000 tokens.
fn prompt(bytes: usize) -> RunSpec {
    let mut spec = direct(&["lab/a"]);
    spec.conversation.prompt = "x".repeat(bytes);
    spec
}

/// `lab/a`, with a fallback that gives longer answers.
fn with_longest(fallback: &str, tokens: u64) -> RunSpec {
    let mut spec = direct(&["lab/a", fallback]);
    spec.steps[0].models[1].max_output_tokens = Some(tokens);
    spec
}

/// `lab/a`, with a fallback that takes less text.
fn with_context(fallback: &str, tokens: u64) -> RunSpec {
    let mut spec = direct(&["lab/a", fallback]);
    spec.steps[0].models[1].context_tokens = tokens;
    spec
}

fn hint(told: &Told) -> &str {
    told.result.error.as_ref().and_then(|e| e.hint.as_deref()).unwrap_or_default()
}

fn hold(told: &Told, attempt: usize) -> &HoldRequest {
    &told.score.attempts.values().nth(attempt - 1).expect("no such attempt").1
}

fn layers(told: &Told) -> Vec<u32> {
    told.score.attempts.values().map(|(_, hold)| hold.layer).collect()
}

#[test]
fn a_question_is_answered() {
    check(
        &direct(&["lab/a"]),
        &[Waits(250), Says("Hel"), Says("lo"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 250 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn a_provider_that_is_down_for_a_moment_is_asked_again() {
    check(
        &direct(&["lab/a"]),
        &[Fails(Overloaded), WaitsForTheRun, Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn three_failures_are_enough() {
    check(
        &direct(&["lab/a"]),
        &[Fails(Overloaded), WaitsForTheRun, Fails(Connect), WaitsForTheRun, Fails(Server)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 2 as 3
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/a, try 3
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (provider_unavailable: the provider failed (Server)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_refused_key_is_not_tried_again() {
    check(
        &direct(&["lab/a"]),
        &[Fails(Auth)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (auth: the provider failed (Auth)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn the_time_that_a_provider_asks_for_is_waited() {
    check(
        &direct(&["lab/a"]),
        &[FailsFor(RateLimited, 20_000), Waits(19_999), Waits(1), Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn a_wait_of_more_than_three_minutes_is_told_instead() {
    let told = check(
        &direct(&["lab/a"]),
        &[FailsFor(RateLimited, 180_001)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (provider_unavailable: the provider failed (RateLimited)) "" 0.00 RUB
    "#,
    );
    assert_eq!(hint(&told), "the provider asks to wait 181 s");
}

#[test]
fn a_tick_before_its_time_is_asked_for_again() {
    check(
        &direct(&["lab/a"]),
        &[FailsFor(RateLimited, 20_000), TicksEarly, WaitsForTheRun, Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn nothing_is_asked_again_after_text_was_shown() {
    let told = check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Fails(Overloaded)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cut (provider_unavailable), estimated 0.0006 RUB
        step.finished answer cut 0.0006 RUB
        run.finished
        failed (provider_unavailable: lab/a: the answer broke off after 3 bytes: the provider failed (Overloaded)) "Hel" 0.0006 RUB
    "#,
    );
    assert_eq!(hint(&told), "ask again; what came is charged once");
}

#[test]
fn nothing_is_asked_again_after_reasoning_was_shown() {
    check(
        &direct(&["lab/a", "lab/b"]),
        &[Thinks("hm"), Breaks],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 failed (provider_unavailable), estimated 0.0006 RUB
        step.finished answer failed 0.0006 RUB
        run.finished
        failed (provider_unavailable: lab/a: the answer broke off after 2 bytes: connection reset) "" 0.0006 RUB
    "#,
    );
}

#[test]
fn another_model_answers_and_it_is_said() {
    let told = check(
        &direct(&["lab/a", "lab/b"]),
        &[Fails(Auth), Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        attempt.fallback lab/a to lab/b
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/b, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/b");
}

#[test]
fn a_much_dearer_model_is_not_asked_instead() {
    check(
        &direct(&["lab/a", "lab/b-dear"]),
        &[Fails(Auth)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (auth: the provider failed (Auth)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_model_that_could_hold_much_more_answers_no_longer_than_the_first() {
    let told = check(
        &with_longest("lab/b", 9_000),
        &[Fails(Auth), Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        attempt.fallback lab/a to lab/b
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/b, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
    assert_eq!(hold(&told, 2).bound, hold(&told, 1).bound);
}

#[test]
fn a_model_whose_context_is_too_small_is_not_asked_instead() {
    check(
        &with_context("lab/b", 10),
        &[Fails(Overloaded), WaitsForTheRun, Fails(Overloaded), WaitsForTheRun, Fails(Overloaded)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 2 as 3
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/a, try 3
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (provider_unavailable: the provider failed (Overloaded)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_cut_answer_is_kept_charged_and_called_failed() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello, wor"), Breaks],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cut (provider_unavailable), estimated 0.0018 RUB
        step.finished answer cut 0.0018 RUB
        run.finished
        failed (provider_unavailable: lab/a: the answer broke off after 10 bytes: connection reset) "Hello, wor" 0.0018 RUB
    "#,
    );
}

#[test]
fn a_break_before_the_first_word_costs_nothing_and_is_asked_again() {
    check(
        &direct(&["lab/a"]),
        &[Breaks, WaitsForTheRun, Says("Hello"), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn nonsense_usage_is_replaced_by_an_estimate() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), UsesNonsense, Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, estimated 0.001 RUB
        step.finished answer ok 0.001 RUB
        run.finished
        succeeded "Hello" 0.001 RUB
    "#,
    );
}

#[test]
fn usage_of_a_failed_request_is_charged() {
    check(
        &direct(&["lab/a"]),
        &[Uses(30, 0), Fails(Rejected)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_rejected), reported 0.003 RUB
        step.finished answer failed 0.003 RUB
        run.finished
        failed (provider_rejected: the provider failed (Rejected)) "" 0.003 RUB
    "#,
    );
}

#[test]
fn the_last_report_of_usage_counts_whole() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), Uses(30, 900), Uses(20, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0028 RUB
        step.finished answer ok 0.0028 RUB
        run.finished
        succeeded "Hello" 0.0028 RUB
    "#,
    );
}

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

#[test]
fn cancelled_while_the_money_is_held() {
    check(
        &direct(&["lab/a"]),
        &[LedgerWaits, Cancels, LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.00 RUB
    "#,
    );
}

#[test]
fn cancelled_in_the_middle_of_the_answer() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Cancels, Says("lo"), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0006 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn cancelled_while_waiting_to_ask_again() {
    check(
        &direct(&["lab/a"]),
        &[Fails(Overloaded), Cancels],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.00 RUB
    "#,
    );
}

#[test]
fn cancelled_while_the_answer_is_booked() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), Uses(30, 2), LedgerWaits, Ends, Cancels, LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn cancelled_twice_is_cancelled_once() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Cancels, Cancels],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0006 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn the_deadline_ends_a_slow_answer() {
    check(
        &deadline(60_000, direct(&["lab/a"])),
        &[Says("Hel"), Waits(60_000)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (timeout), estimated 0.0006 RUB
        step.cancelled answer (timeout)
        run.finished
        failed (timeout: the run took longer than 60 s) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn no_wait_goes_beyond_the_deadline() {
    check(
        &deadline(10_000, direct(&["lab/a"])),
        &[FailsFor(RateLimited, 20_000)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (provider_unavailable: the provider failed (RateLimited)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_answer_that_came_in_time_is_not_lost_to_a_slow_ledger() {
    check(
        &deadline(60_000, direct(&["lab/a"])),
        &[Says("Hello"), Uses(30, 2), LedgerWaits, Ends, Waits(60_001), LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn a_hold_that_cannot_be_written_sends_nothing() {
    check(
        &direct(&["lab/a"]),
        &[HoldBreaks],
        r#"
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (storage: the disk is full) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_booking_that_cannot_be_written_ends_the_run_loudly() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), LedgerBreaks, Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        step.cancelled answer (storage)
        run.finished
        failed (storage: the disk is full) "Hello" 0.00 RUB
    "#,
    );
}

#[test]
fn an_answer_at_its_longest_is_degraded() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), Uses(30, 1000), EndsWith(Stop::Length)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.403 RUB
        step.finished answer cut 0.403 RUB
        run.finished
        degraded "Hello" 0.403 RUB
    "#,
    );
}

#[test]
fn an_empty_answer_is_a_failure() {
    check(
        &direct(&["lab/a"]),
        &[Uses(30, 0), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (failed), reported 0.003 RUB
        step.finished answer failed 0.003 RUB
        run.finished
        failed (failed: lab/a ended its answer without a word) "" 0.003 RUB
    "#,
    );
}

#[test]
fn reasoning_alone_is_no_answer() {
    check(
        &direct(&["lab/a"]),
        &[Thinks("hm"), Uses(30, 1000), EndsWith(Stop::Length)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 failed (failed), reported 0.403 RUB
        step.finished answer failed 0.403 RUB
        run.finished
        failed (failed: lab/a used all 1000 tokens of its answer before the first word of it) "" 0.403 RUB
    "#,
    );
}

#[test]
fn a_filter_that_ends_the_answer_is_said() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Uses(30, 1), EndsWith(Stop::ContentFilter)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cut (provider_rejected), reported 0.0034 RUB
        step.finished answer cut 0.0034 RUB
        run.finished
        failed (provider_rejected: lab/a: the provider's filter ended the answer) "Hel" 0.0034 RUB
    "#,
    );
}

#[test]
fn a_filter_before_the_first_word_is_a_failure() {
    check(
        &direct(&["lab/a"]),
        &[Uses(30, 0), EndsWith(Stop::ContentFilter)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_rejected), reported 0.003 RUB
        step.finished answer failed 0.003 RUB
        run.finished
        failed (provider_rejected: lab/a: the provider's filter ended the answer) "" 0.003 RUB
    "#,
    );
}

#[test]
fn an_answer_longer_than_a_message_is_cut_where_it_still_fits() {
    let mut spec = direct(&["lab/a"]);
    spec.steps[0].models[0].max_output_tokens = Some(50_000);
    let told = check(
        &spec,
        &[SaysAtLength(700 * 1024 - 1), SaysAtLength(5_000_000), Says("late"), Ends],
        r#"
        hold.taken 1 for 20.0037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cut (failed), estimated 20.0037 RUB
        step.finished answer cut 20.0037 RUB
        run.finished
        failed (failed: lab/a: the answer is longer than 700 KiB, which is as much as one message holds) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" 20.0037 RUB
    "#,
    );
    assert_eq!(told.result.answer.len(), 700 * 1024);
}

#[test]
fn a_provider_that_does_not_keep_to_the_limit_of_tokens_is_hung_up_on() {
    let told = check(
        &direct(&["lab/a"]),
        &[SaysAtLength(10_000), Thinks("hm"), SaysAtLength(7_022), Says("one too many"), Says("late"), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cut (failed), estimated 0.4037 RUB
        step.finished answer cut 0.4037 RUB
        run.finished
        failed (failed: lab/a: the answer is longer than 1000 tokens can be (17036 bytes came), so the request was ended: the provider does not keep to the limit that it was sent) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" 0.4037 RUB
    "#,
    );
    assert!(told.result.answer.ends_with("xone too many"), "what came is kept");
}

#[test]
fn a_request_that_cannot_be_sent_gives_its_money_back() {
    let told = check(
        &direct(&["lab/a"]),
        &[CannotBeSent],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (auth: no key) "" 0.00 RUB
    "#,
    );
    assert_eq!(told.result.attempts, [], "nothing was asked");
}

#[test]
fn two_proposals_become_one_answer() {
    let told = check(
        &mixture(),
        &[
            at(2, Says("two")),
            at(1, Says("one")),
            at(1, Uses(30, 1)),
            at(1, Ends),
            at(2, Uses(30, 1)),
            at(2, Ends),
            Says("both"),
            Uses(60, 1),
            Ends,
        ],
        r#"
        hold.taken 1 and 2 for 0.8074 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.opened 2 after 0 ms
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished one ok 0.0034 RUB
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished two ok 0.0034 RUB
        hold.taken 3 for 0.4111 RUB
        step.started lead
        attempt.started 3 lab/c, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0064 RUB
        step.finished lead ok 0.0064 RUB
        run.finished
        succeeded "both" 0.0132 RUB
    "#,
    );
    assert_eq!(layers(&told), [0, 0, 1]);
}

#[test]
fn one_lost_proposal_degrades_the_answer() {
    check(
        &mixture(),
        &[
            at(1, Fails(Auth)),
            at(2, Says("two")),
            at(2, Uses(30, 1)),
            at(2, Ends),
            Says("two"),
            Uses(60, 1),
            Ends,
        ],
        r#"
        hold.taken 1 and 2 for 0.8074 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished one failed 0.00 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished two ok 0.0034 RUB
        hold.taken 3 for 0.4074 RUB
        step.started lead
        attempt.started 3 lab/c, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0064 RUB
        step.finished lead ok 0.0064 RUB
        run.finished
        degraded "two" 0.0098 RUB
    "#,
    );
}

#[test]
fn without_a_proposal_there_is_no_answer() {
    check(
        &mixture(),
        &[at(1, Fails(Auth)), at(2, Fails(Rejected))],
        r#"
        hold.taken 1 and 2 for 0.8074 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished one failed 0.00 RUB
        attempt.finished 2 failed (provider_rejected), missing 0.00 RUB
        step.finished two failed 0.00 RUB
        step.started lead
        step.finished lead failed 0.00 RUB
        run.finished
        failed (auth: the provider failed (Auth)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn each_proposer_is_asked_again_under_the_number_that_was_said() {
    let told = check(
        &mixture(),
        &[
            at(1, FailsFor(Overloaded, 2_000)),
            at(2, FailsFor(Overloaded, 1_000)),
            WaitsForTheRun,
            at(4, Says("two")),
            at(4, Uses(30, 1)),
            at(4, Ends),
            WaitsForTheRun,
            at(3, Says("one")),
            at(3, Uses(30, 1)),
            at(3, Ends),
            Says("both"),
            Uses(60, 1),
            Ends,
        ],
        r#"
        hold.taken 1 and 2 for 0.8074 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 3
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 2 as 4
        hold.taken 4 for 0.4037 RUB
        attempt.started 4 lab/a, try 2
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished two ok 0.0034 RUB
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/a, try 2
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished one ok 0.0034 RUB
        hold.taken 5 for 0.4111 RUB
        step.started lead
        attempt.started 5 lab/c, try 1
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0064 RUB
        step.finished lead ok 0.0064 RUB
        run.finished
        succeeded "both" 0.0132 RUB
    "#,
    );
    let rows: Vec<&str> = told.result.attempts.iter().map(|a| a.attempt.as_str()).collect();
    assert_eq!(rows, ["ab12.1", "ab12.2", "ab12.3", "ab12.4", "ab12.5"]);
}

#[test]
fn a_tight_budget_is_shared_between_the_steps() {
    let told = check(
        &budget(90_000, mixture()),
        &[
            at(1, Says("one")),
            at(1, Uses(37, 65)),
            at(1, EndsWith(Stop::Length)),
            at(2, Says("two")),
            at(2, Uses(37, 65)),
            at(2, Ends),
            Says("both"),
            Uses(100, 30),
            Ends,
        ],
        r#"
        hold.taken 1 and 2 for 0.0598 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0297 RUB
        step.finished one cut 0.0297 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0297 RUB
        step.finished two ok 0.0297 RUB
        hold.taken 3 for 0.0303 RUB
        step.started lead
        attempt.started 3 lab/c, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.022 RUB
        step.finished lead ok 0.022 RUB
        run.finished
        degraded "both" 0.0814 RUB
    "#,
    );
    assert_eq!([1, 2].map(|n| hold(&told, n).bound.max_output_tokens), [65, 66]);
}

#[test]
fn a_small_wallet_is_shared_between_the_proposers() {
    check(
        &mixture(),
        &[
            HasOnly(60_000),
            at(3, Says("one")),
            at(3, Uses(30, 1)),
            at(3, Ends),
            at(4, Says("two")),
            at(4, Uses(30, 1)),
            at(4, Ends),
            Says("both"),
            Uses(60, 1),
            Ends,
        ],
        r#"
        hold.refused 0.8074 of 0.06 RUB (plyrum balance top-up)
        hold.taken 3 and 4 for 0.0594 RUB
        step.started one
        attempt.started 3 lab/a, try 1
        step.started two
        attempt.started 4 lab/a, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished one ok 0.0034 RUB
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished two ok 0.0034 RUB
        hold.refused 0.4111 of 0.06 RUB (plyrum balance top-up)
        hold.taken 6 for 0.0599 RUB
        step.started lead
        attempt.started 6 lab/c, try 1
        attempt.opened 6 after 0 ms
        attempt.finished 6 ok, reported 0.0064 RUB
        step.finished lead ok 0.0064 RUB
        run.finished
        succeeded "both" 0.0132 RUB
    "#,
    );
}

#[test]
fn a_cancelled_mixture_ends_every_stream() {
    check(
        &mixture(),
        &[at(1, Says("one")), Cancels, at(2, Says("two"))],
        r#"
        hold.taken 1 and 2 for 0.8074 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0006 RUB
        step.cancelled one (cancelled)
        attempt.finished 2 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled two (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.0008 RUB
    "#,
    );
}
