//! How an answer ends, and what is charged for it.

use super::direct;
use crate::world::story::{Event::*, check};
use plyrum_engine::FailureClass::Rejected;
use plyrum_engine::Stop;

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
