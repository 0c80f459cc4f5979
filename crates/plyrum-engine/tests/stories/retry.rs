//! Asking again, and asking somebody else.

use super::{direct, with_context, with_longest};
use crate::world::story::{Event::*, check, hint, hold, play, unpriced};
use plyrum_engine::FailureClass::{Auth, Connect, Overloaded, RateLimited, Server};

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
fn a_failure_tells_why_nobody_stands_in() {
    let unknown = "stands in, but its price is not known: not asked";
    for (models, why) in [
        (
            ["lab/a", "lab/b-dear"],
            "lab/b-dear stands in, but may cost more than 200 % of lab/a (defaults.fallback_max_price_ratio): not asked",
        ),
        (["lab/a", "lab/b-unpriced"], &format!("lab/b-unpriced {unknown}")),
        (
            ["lab/a-unpriced", "lab/b"],
            "lab/b stands in, but the price of lab/a-unpriced is not known to compare: not asked",
        ),
    ] {
        let told = play(&unpriced(direct(&models)), &[Fails(Auth)]);
        let hint = hint(&told);
        assert_eq!(hint.lines().last(), Some(why));
        assert!(hint.contains("check the provider's key"), "{hint}");
    }
    let told = play(&direct(&["lab/a"]), &[Fails(Auth)]);
    assert!(!hint(&told).contains("stands in"));
}

#[test]
fn where_no_price_need_be_known_one_that_is_not_stands_in_for_another() {
    let spec = unpriced(direct(&["lab/a-unpriced", "lab/b-unpriced"]));
    let told = play(&spec, &[Fails(Auth), Says("Hello"), Ends]);
    assert_eq!(told.result.model, "lab/b-unpriced");
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
