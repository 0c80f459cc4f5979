//! Requests that nobody wants any more, at a provider that is read on for its usage report.

use super::direct;
use crate::world::story::{Event::*, check, play};
use plyrum_engine::RunSpec;

/// One model whose provider is drained for ten seconds.
fn drained() -> RunSpec {
    let mut spec = direct(&["lab/a"]);
    spec.steps[0].models[0].drain_ms = 10_000;
    spec
}

#[test]
fn the_providers_own_figures_are_waited_for_and_its_text_is_not_shown() {
    check(
        &drained(),
        &[Says("Hel"), Cancels, Says("lo"), Waits(3_000), Uses(30, 2), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), reported 0.0038 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hel" 0.0038 RUB
    "#,
    );
}

#[test]
fn a_report_that_does_not_come_is_waited_for_only_so_long() {
    let told = play(&drained(), &[Says("Hel"), Cancels, Says("lo, world"), WaitsForTheRun, WakesNoMore]);
    assert_eq!(told.result.duration_ms, 10_000);
    let attempt = &told.result.attempts[0];
    assert_eq!(attempt.usage.meters.output, 4, "what was dropped is counted: 12 bytes at 3 a token");
    assert_eq!(told.result.answer, "Hel");
}

#[test]
fn a_second_cancel_waits_no_longer() {
    let told = play(&drained(), &[Says("Hel"), Cancels, Waits(100), Cancels]);
    assert_eq!(told.result.duration_ms, 100);
    assert!(told.text.contains("cancelled (cancelled), estimated"), "{}", told.text);
}

#[test]
fn a_report_that_is_there_already_is_not_waited_for() {
    let told = play(&drained(), &[Says("Hel"), Uses(30, 2), Cancels]);
    assert_eq!(told.result.duration_ms, 0);
    assert!(told.text.contains("cancelled (cancelled), reported"), "{}", told.text);
}

#[test]
fn a_stream_that_breaks_while_it_is_drained_is_estimated() {
    let told = play(&drained(), &[Says("Hel"), Cancels, Waits(100), Breaks]);
    assert_eq!(told.result.duration_ms, 100);
    assert!(told.text.contains("cancelled (cancelled), estimated"), "{}", told.text);
}

#[test]
fn a_flood_is_not_drained() {
    let told = play(&drained(), &[Says("Hel"), Cancels, SaysText("x".repeat(100_000))]);
    assert_eq!(told.result.duration_ms, 0, "it keeps to no limit: hung up");
}
