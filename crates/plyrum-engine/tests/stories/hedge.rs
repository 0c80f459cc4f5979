//! A second request to another model beside one that shows nothing. Money as in the other stories: what nobody says a
//! figure of is estimated.

use super::{direct, with_context};
use crate::world::story::{Event, Event::*, at, budget, check, deadline, play};
use crate::world::{self, tools};
use plyrum_billing_client::MicroRub;
use plyrum_engine::{FailureClass, Run, RunSpec};
use plyrum_protocol::{AttemptOutcome, FrameBody};
use std::sync::Arc;

/// Silent for two seconds, each of these models is hedged.
pub(crate) fn hedged(mut spec: RunSpec) -> RunSpec {
    let models = spec.steps.iter().flat_map(|step| &step.models).map(|model| (model.id.clone(), 2_000));
    spec.limits.hedge_after_ms = models.collect();
    spec
}

fn two() -> RunSpec {
    hedged(direct(&["lab/a", "lab/b"]))
}

/// No second model is asked in it, however long it takes.
#[track_caller]
fn is_not_hedged(spec: &RunSpec, story: &[Event]) {
    let told = play(spec, story);
    assert!(!told.text.contains("hedged"), "{}", told.text);
    assert!(told.score.attempts.len() == 1, "{}", told.text);
}

#[test]
fn the_second_answers_where_the_first_is_silent() {
    let told = check(
        &two(),
        &[
            WaitsForTheRun,
            Waits(300),
            Says("Hel"),
            Waits(10),
            at(1, Says("no")),
            Says("lo"),
            Uses(30, 2),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.opened 2 after 300 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0002 RUB
        attempt.finished 2 ok, reported 0.0038 RUB
        step.finished answer ok 0.004 RUB
        run.finished
        succeeded "Hello" 0.004 RUB
    "#,
    );
    let result = &told.result;
    assert_eq!((result.model.as_str(), result.duration_ms), ("lab/b", 2_310));
    let rows: Vec<_> = result.attempts.iter().map(|a| (a.model.as_str(), a.outcome)).collect();
    assert_eq!(rows, [("lab/a", AttemptOutcome::Cancelled), ("lab/b", AttemptOutcome::Ok)]);
    assert_eq!(result.extra_over_direct_micro_rub, Some(result.attempts[0].cost_micro_rub));
}

#[test]
fn the_first_answers_after_all() {
    let told = check(
        &two(),
        &[
            WaitsForTheRun,
            at(1, Says("Hel")),
            at(2, Says("no")),
            at(1, Says("lo")),
            at(1, Uses(30, 2)),
            at(1, Ends),
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.opened 1 after 2000 ms
        attempt.finished 2 cancelled (cancelled), estimated 0.0002 RUB
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.004 RUB
        run.finished
        succeeded "Hello" 0.004 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/a");
    assert_eq!(told.result.extra_over_direct_micro_rub, Some(told.result.attempts[1].cost_micro_rub));
}

#[test]
fn a_thought_is_a_sign_too() {
    let told = play(
        &two(),
        &[WaitsForTheRun, Waits(5), at(1, Thinks("hm")), at(2, Says("no")), at(1, Says("Hi")), at(1, Ends)],
    );
    assert_eq!((told.result.model.as_str(), told.result.answer.as_str()), ("lab/a", "Hi"));
    is_not_hedged(&two(), &[Waits(1_999), Thinks("hm"), Waits(60_000), Says("Hi"), Ends]);
}

#[test]
fn where_the_first_fails_the_silent_second_goes_on_and_nothing_is_retried() {
    check(
        &two(),
        &[WaitsForTheRun, at(1, Fails(FailureClass::Overloaded)), Says("Hi"), Uses(30, 1), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
}

#[test]
fn where_the_second_fails_the_first_goes_on() {
    let told = check(
        &two(),
        &[
            WaitsForTheRun,
            Fails(FailureClass::Overloaded),
            at(1, Says("Hi")),
            at(1, Uses(30, 1)),
            at(1, Ends),
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.opened 1 after 2000 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/a");
}

#[test]
fn where_both_fail_the_one_that_may_pass_is_asked_again() {
    check(
        &two(),
        &[
            WaitsForTheRun,
            at(1, Fails(FailureClass::Timeout)),
            at(2, Fails(FailureClass::Overloaded)),
            WaitsForTheRun,
            Waits(60_000),
            Says("Hi"),
            Uses(30, 1),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 2 as 3
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/b, try 3
        attempt.opened 3 after 60000 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
}

#[test]
fn where_both_fail_for_good_a_third_is_asked_and_neither_of_them() {
    check(
        &hedged(direct(&["lab/a", "lab/b", "lab/c"])),
        &[
            WaitsForTheRun,
            at(2, Fails(FailureClass::Auth)),
            at(1, Fails(FailureClass::Timeout)),
            Says("Hi"),
            Uses(30, 1),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.finished 2 failed (auth), missing 0.00 RUB
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.fallback lab/a to lab/c
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/c, try 3
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
    let told = play(
        &two(),
        &[WaitsForTheRun, at(2, Fails(FailureClass::Auth)), at(1, Fails(FailureClass::Timeout))],
    );
    assert_eq!(told.score.attempts.len(), 2, "{}", told.text);
}

#[test]
fn another_provider_is_asked_before_another_model_of_the_same() {
    let mut spec = hedged(direct(&["lab/a", "lab/b", "other/c"]));
    "other".clone_into(&mut spec.steps[0].models[2].provider);
    let told = play(&spec, &[WaitsForTheRun, Says("Hi"), Ends]);
    assert_eq!(told.result.model, "other/c");
}

#[test]
fn who_does_not_stand_in_is_not_asked_beside() {
    let long = [Waits(60_000), Says("Hi"), Ends];
    is_not_hedged(&direct(&["lab/a", "lab/b"]), &long);
    is_not_hedged(&hedged(direct(&["lab/a"])), &long);
    is_not_hedged(&hedged(direct(&["lab/a", "lab/b-dear"])), &long);
    is_not_hedged(&hedged(direct(&["lab/a", "lab/b-unpriced"])), &long);
    is_not_hedged(&hedged(with_context("lab/b", 17)), &long);
    is_not_hedged(&RunSpec { tools: Some(tools(3)), ..two() }, &long);
}

#[test]
fn who_waits_in_a_queue_is_not_silent() {
    is_not_hedged(&two(), &[Queues, Waits(60_000), IsAdmitted, Waits(1_999), Says("Hi"), Ends]);
    let told = play(&two(), &[Queues, Waits(60_000), IsAdmitted, WaitsForTheRun, Says("Hi"), Ends]);
    let after = |frame: &plyrum_protocol::Frame| match &frame.body {
        FrameBody::AttemptHedged { after_ms, .. } => Some(*after_ms),
        _ => None,
    };
    assert_eq!(told.score.frames.iter().find_map(after), Some(2_000));
}

#[test]
fn a_hedge_that_waits_in_a_queue_is_left_there() {
    let told = play(&two(), &[WaitsForTheRun, Queues, at(1, Says("Hi")), at(1, Uses(30, 1)), at(1, Ends)]);
    assert_eq!(told.result.model, "lab/a");
    assert_eq!(told.result.attempts.len(), 2);
}

#[test]
fn nothing_is_begun_in_the_last_quarter_of_the_time_nor_where_it_is_wanted_now() {
    is_not_hedged(&deadline(2_600, two()), &[Waits(2_500), Says("Hi"), Ends]);
    let told = play(&deadline(2_700, two()), &[WaitsForTheRun, Says("Hi"), Ends]);
    assert!(told.text.contains("attempt.hedged"), "{}", told.text);
    is_not_hedged(&two(), &[Waits(100), WantsItNow, Waits(60_000), Says("Hi"), Ends]);
}

#[test]
fn what_there_is_no_money_for_is_not_asked_and_nothing_is_said() {
    // One answer of 1000 tokens is 0.4 RUB.
    is_not_hedged(&budget(500_000, two()), &[Waits(60_000), Says("Hi"), Ends]);
    let told = play(&two(), &[Waits(1), HasOnly(0), Waits(60_000), Says("Hi"), Uses(30, 1), Ends]);
    assert!(!told.text.contains("hedged") && !told.text.contains("refused"), "{}", told.text);
    assert_eq!(told.result.attempts.len(), 1);
}

#[test]
fn a_first_that_fails_while_the_money_is_asked_for_is_retried_where_there_is_none() {
    check(
        &two(),
        &[
            Waits(1_999),
            LedgerWaits,
            Waits(1),
            Fails(FailureClass::Overloaded),
            HasOnly(0),
            LedgerAnswersOnce,
            LedgerAnswersOnce,
            HasOnly(9_000_000),
            LedgerGoesOn,
            WaitsForTheRun,
            Says("Hi"),
            Uses(30, 1),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 3
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/a, try 3
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
}

#[test]
fn money_that_comes_too_late_is_given_back() {
    check(
        &two(),
        &[
            Waits(1_999),
            LedgerWaits,
            Waits(1),
            Says("Hi"),
            LedgerAnswersOnce,
            LedgerGoesOn,
            Uses(30, 1),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 2000 ms
        hold.taken 2 for 0.4037 RUB
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
}

#[test]
fn a_cancelled_run_books_both() {
    let told = check(
        &two(),
        &[WaitsForTheRun, Waits(10), Cancels],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.finished 1 cancelled (cancelled), estimated 0.0002 RUB
        attempt.finished 2 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.0004 RUB
    "#,
    );
    assert_eq!(told.result.attempts.len(), 2);
}

#[test]
fn a_silent_loser_is_read_on_no_longer_than_the_answer_takes() {
    let mut spec = two();
    spec.steps[0].models[0].drain_ms = 30_000;
    let told = check(
        &spec,
        &[WaitsForTheRun, Says("Hi"), Waits(500), Uses(30, 1), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        hold.taken 2 for 0.4037 RUB
        attempt.hedged 1 by 2 lab/b after 2000 ms
        attempt.started 2 lab/b, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        attempt.finished 1 cancelled (cancelled), estimated 0.0002 RUB
        step.finished answer ok 0.0036 RUB
        run.finished
        succeeded "Hi" 0.0036 RUB
    "#,
    );
    assert_eq!(told.result.duration_ms, 2_500);
    let told = play(&spec, &[WaitsForTheRun, Says("Hi"), at(1, Uses(30, 7)), Uses(30, 1), Ends]);
    assert_eq!(told.result.attempts[0].usage.meters.output, 7, "its own figures came in time");
}

#[test]
fn a_proposal_is_not_hedged_and_the_answer_over_them_is() {
    let propose = |name| world::step(name, plyrum_protocol::StepKind::Propose, &[], &["lab/a", "lab/b"]);
    let mut steps = vec![propose("one"), propose("two")];
    steps.push(world::step(
        "lead",
        plyrum_protocol::StepKind::Aggregate,
        &["one", "two"],
        &["lab/c", "lab/d"],
    ));
    let spec = hedged(world::spec(steps, plyrum_engine::Limits::default(), 7));
    let mut story = vec![WakesNoMore, Waits(10_000)];
    story.extend([at(1, Says("one")), at(1, Uses(30, 1)), at(1, Ends)]);
    story.extend([at(2, Says("two")), at(2, Uses(30, 1)), at(2, Ends)]);
    story.extend([WaitsForTheRun, Says("both"), Uses(90, 1), Ends]);
    check(
        &spec,
        &story,
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started one
        attempt.started 1 lab/a, try 1
        step.started two
        attempt.started 2 lab/a, try 1
        attempt.opened 1 after 10000 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished one ok 0.0034 RUB
        provisional one
        attempt.opened 2 after 10000 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished two ok 0.0034 RUB
        step.started lead
        attempt.started 3 lab/c, try 1
        hold.taken 4 for 1.7853 RUB
        attempt.hedged 3 by 4 lab/d after 2000 ms
        attempt.started 4 lab/d, try 2
        attempt.opened 4 after 0 ms
        attempt.finished 3 cancelled (cancelled), estimated 0.4597 RUB
        attempt.finished 4 ok, reported 0.0094 RUB
        step.finished lead ok 0.4691 RUB
        run.finished
        succeeded "both" 0.4759 RUB
    "#,
    );
}

#[test]
fn the_price_of_a_hedge_is_told_before() {
    let dry = |spec: RunSpec| Run::dry(spec, Arc::new(world::Prices));
    let (without, with) = (dry(direct(&["lab/a", "lab/b"])), dry(two()));
    assert_eq!(with.price_low_micro_rub, without.price_low_micro_rub);
    assert_eq!(with.price_high_micro_rub, MicroRub::new(without.price_high_micro_rub.get() * 2));
    assert_eq!((without.reasons.len(), with.reasons), (0, vec!["may_hedge".to_owned()]));
    assert!(dry(RunSpec { tools: Some(tools(3)), ..two() }).reasons.is_empty(), "it acts");
}
