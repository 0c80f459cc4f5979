//! Cascades: two cheap models, and the strong one where they disagree.

use super::{blocks, discrete, mixture, request, story, thrifty, was_sent};
use crate::world::story::{Event::*, at, check, hold, play, proposes};
use plyrum_engine::{FailureClass::Auth, RunSpec};
use plyrum_protocol::{RunStatus, StepKind};

fn cascade() -> RunSpec {
    thrifty(discrete(mixture(2, StepKind::Answer)))
}

#[test]
fn where_the_cheap_ones_agree_the_strong_one_is_never_asked() {
    let told = check(
        &cascade(),
        &story([proposes(2, "42"), proposes(1, "The answer is 42")]),
        r#"
        hold.taken 1 and 2 and 3 for 1.2493 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        votes.counted lead: 42 by p-1 + p-2
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        succeeded "The answer is 42" 0.0068 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/m1");
    assert!(!was_sent(&told, 3));
}

#[test]
fn where_they_disagree_it_is_asked_the_plain_question() {
    let told = check(
        &cascade(),
        &story([proposes(1, "41"), proposes(2, "42"), proposes(3, "The answer is 42")]),
        r#"
        hold.taken 1 and 2 and 3 for 1.2493 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        votes.counted lead: 41 by p-1, 42 by p-2 (open)
        step.started lead
        attempt.started 3 lab/lead, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "The answer is 42" 0.0102 RUB
    "#,
    );
    assert_eq!(blocks(request(&told, 3)), []);
    assert_eq!(hold(&told, 3).request_bytes, 5, "the question, and no room for proposals");
    assert_eq!(told.result.status, RunStatus::Succeeded);
}

#[test]
fn one_that_is_lost_cannot_agree() {
    let told = play(&cascade(), &story([vec![at(1, Fails(Auth))], proposes(2, "42"), proposes(3, "43")]));
    assert_eq!(told.result.answer, "43");
}

#[test]
fn where_the_strong_one_fails_the_best_ranked_cheap_one_stands_in() {
    let told = play(&cascade(), &story([proposes(1, "41"), proposes(2, "42"), vec![at(3, Fails(Auth))]]));
    assert_eq!((told.result.answer.as_str(), told.result.status), ("41", RunStatus::Degraded));
}
