//! Requests that wait for a free place of their provider, and providers that are not asked for a while.

use super::direct;
use crate::world::story::{Event::*, check, play};
use plyrum_engine::AttemptFailure;
use plyrum_engine::FailureClass::{NotAsked, RateLimited, Server};
use plyrum_protocol::{FailureView, FrameBody};

#[test]
fn the_time_in_the_queue_is_told_apart_and_is_no_time_of_the_provider() {
    let told = check(
        &direct(&["lab/a"]),
        &[
            Waits(5),
            Queues,
            Waits(7_000),
            IsAdmitted,
            Waits(250),
            Says("Hello"),
            Waits(50),
            Uses(30, 2),
            Ends,
        ],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.queued 1 at lab, which takes 1
        attempt.admitted 1 after 7000 ms
        attempt.opened 1 after 250 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
    let attempt = &told.result.attempts[0];
    assert_eq!((attempt.ms, attempt.queued_ms), (300, Some(7_000)));
}

#[test]
fn who_did_not_wait_has_no_wait_and_not_one_of_nothing() {
    let told = play(&direct(&["lab/a"]), &[Says("Hello"), Uses(30, 2), Ends]);
    assert_eq!(told.result.attempts[0].queued_ms, None);
}

#[test]
fn a_run_that_is_cancelled_in_the_queue_ends_at_once_also_where_streams_are_read_on() {
    let mut spec = direct(&["lab/a"]);
    spec.steps[0].models[0].drain_ms = 10_000;
    let told = play(&spec, &[Queues, Waits(3_000), Cancels, IsAdmitted]);
    assert_eq!(told.result.duration_ms, 3_000);
    let attempt = &told.result.attempts[0];
    assert_eq!((attempt.ms, attempt.queued_ms), (0, Some(3_000)));
    assert!(!told.text.contains("admitted"), "{}", told.text);
}

#[test]
fn the_failure_that_sends_a_provider_to_rest_and_the_request_that_tries_it_are_told() {
    check(
        &direct(&["lab/a", "lab/b"]),
        &[WasOneTooMany, Fails(Server), WaitsForTheRun, CannotBeSent, Probes, Says("Hi"), Uses(30, 1), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        provider.resting lab after 1 and 5 failures, until 1970-01-01T00:00:30.000Z
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4037 RUB
        attempt.started 2 lab/a, try 2
        attempt.finished 2 failed (auth), missing 0.00 RUB
        attempt.fallback lab/a to lab/b
        hold.taken 3 for 0.4037 RUB
        attempt.started 3 lab/b, try 3
        attempt.admitted 3 as a probe
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished answer ok 0.0034 RUB
        run.finished
        succeeded "Hi" 0.0034 RUB
    "#,
    );
}

#[test]
fn a_repeat_tells_its_cause_and_whose_wish_the_wait_was() {
    let story =
        [FailsFor(RateLimited, 7_000), WaitsForTheRun, Fails(Server), WaitsForTheRun, Says("Hi"), Ends];
    let told = play(&direct(&["lab/a"]), &story);
    let repeats = told.score.frames.iter().filter_map(|frame| match &frame.body {
        FrameBody::AttemptRetried { after_ms, is_retry_after, failure, .. } => {
            Some((*is_retry_after, *is_retry_after && *after_ms == 7_000, failure.clone()))
        }
        _ => None,
    });
    let view = |class: &str| Some(FailureView { class: class.to_owned(), status: None, limit: None });
    let repeats: Vec<_> = repeats.collect();
    assert_eq!(repeats, [(true, true, view("rate_limited")), (false, false, view("server"))]);
}

#[test]
fn a_failure_keeps_its_status_and_the_limit_that_passed() {
    let failure = AttemptFailure {
        status: Some(504),
        limit: Some("headers".to_owned()),
        ..AttemptFailure::plain(NotAsked, "m")
    };
    let view =
        FailureView { class: "not_asked".to_owned(), status: Some(504), limit: Some("headers".to_owned()) };
    assert_eq!(failure.view(), view);
}
