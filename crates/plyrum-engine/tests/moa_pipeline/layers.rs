//! More than one layer: proposers that read proposers, combiners that read combiners, and shared members.

use super::{blocks, request, story};
use crate::world;
use crate::world::story::{
    Event::{self, *},
    at, budget, check, play, proposes,
};
use plyrum_engine::{FailureClass::Auth, Limits, RunSpec, StepSpec};
use plyrum_protocol::{RunStatus, StepKind};

fn spec(steps: Vec<StepSpec>) -> RunSpec {
    let mut spec = world::spec(steps, Limits::default(), 7);
    "layers".clone_into(&mut spec.plan);
    spec
}

fn propose(name: &str, after: &[&str]) -> StepSpec {
    world::step(name, StepKind::Propose, after, &["lab/a"])
}

fn aggregate(name: &str, after: &[&str]) -> StepSpec {
    world::step(name, StepKind::Aggregate, after, &["lab/b"])
}

/// Two proposers, two that read both, one answer.
fn two_layers() -> RunSpec {
    spec(vec![
        propose("p-1", &[]),
        propose("p-2", &[]),
        propose("q-1", &["p-1", "p-2"]),
        propose("q-2", &["p-1", "p-2"]),
        aggregate("lead", &["q-1", "q-2"]),
    ])
}

/// Two mixtures side by side, and one answer over both.
fn two_mixtures() -> RunSpec {
    spec(vec![
        propose("p-1", &[]),
        propose("p-2", &[]),
        propose("q-1", &[]),
        propose("q-2", &[]),
        aggregate("m-1", &["p-1", "p-2"]),
        aggregate("m-2", &["q-1", "q-2"]),
        aggregate("lead", &["m-1", "m-2"]),
    ])
}

fn all_say(attempts: std::ops::RangeInclusive<u32>) -> Vec<Event> {
    attempts.flat_map(|n| proposes(n, &format!("text of {n}"))).collect()
}

#[test]
fn nothing_is_sent_before_what_it_reads_is_there() {
    let told = check(
        &two_layers(),
        &all_say(1..=5),
        r#"
        hold.taken 1 and 2 and 3 and 4 and 5 for 6.1633 RUB
        step.started p-1
        attempt.started 1 lab/a, try 1
        step.started p-2
        attempt.started 2 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        step.started q-1
        attempt.started 3 lab/a, try 1
        step.started q-2
        attempt.started 4 lab/a, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished q-1 ok 0.0034 RUB
        provisional q-1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished q-2 ok 0.0034 RUB
        step.started lead
        attempt.started 5 lab/b, try 1
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "text of 5" 0.017 RUB
    "#,
    );
    let read = |attempt| {
        let mut read: Vec<String> =
            blocks(request(&told, attempt)).iter().map(|b| b.body.to_owned()).collect();
        read.sort();
        read
    };
    assert_eq!(read(3), ["text of 1", "text of 2"]);
    assert_eq!(read(5), ["text of 3", "text of 4"]);
    assert_ne!(request(&told, 3).seed, request(&told, 4).seed, "samples differ");
    assert_eq!(told.score.batches.len(), 1, "held at once");
}

#[test]
fn a_layer_without_proposals_asks_the_question_itself() {
    let told = play(&two_layers(), &story([vec![at(1, Fails(Auth)), at(2, Fails(Auth))], all_say(3..=5)]));
    assert_eq!(blocks(request(&told, 3)), []);
    assert_eq!((told.result.answer.as_str(), told.result.status), ("text of 5", RunStatus::Degraded));
}

#[test]
fn a_combiner_of_combiners_waits_for_them() {
    let told = check(
        &two_mixtures(),
        &all_say(1..=7),
        r#"
        hold.taken 1 and 2 and 3 and 4 and 5 and 6 and 7 for 6.9707 RUB
        step.started p-1
        attempt.started 1 lab/a, try 1
        step.started p-2
        attempt.started 2 lab/a, try 1
        step.started q-1
        attempt.started 3 lab/a, try 1
        step.started q-2
        attempt.started 4 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        step.started m-1
        attempt.started 5 lab/b, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished q-1 ok 0.0034 RUB
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished q-2 ok 0.0034 RUB
        step.started m-2
        attempt.started 6 lab/b, try 1
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished m-1 ok 0.0034 RUB
        attempt.opened 6 after 0 ms
        attempt.finished 6 ok, reported 0.0034 RUB
        step.finished m-2 ok 0.0034 RUB
        step.started lead
        attempt.started 7 lab/b, try 1
        attempt.opened 7 after 0 ms
        attempt.finished 7 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "text of 7" 0.0238 RUB
    "#,
    );
    let mut read: Vec<&str> = blocks(request(&told, 7)).iter().map(|b| b.body).collect();
    read.sort_unstable();
    assert_eq!(read, ["text of 5", "text of 6"]);
}

#[test]
fn a_text_that_was_adopted_can_be_adopted_again() {
    let told = play(
        &two_mixtures(),
        &story([
            proposes(1, "only this"),
            vec![at(2, Fails(Auth)), at(3, Fails(Auth)), at(4, Fails(Auth)), at(6, Fails(Auth))],
        ]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.model.as_str()), ("only this", "lab/a"));
    assert_eq!(told.result.status, RunStatus::Degraded);
}

#[test]
fn a_member_of_two_panels_is_waited_for_by_both() {
    let told = play(
        &spec(vec![
            propose("p-1", &[]),
            propose("p-2", &[]),
            propose("shared", &[]),
            propose("q-1", &[]),
            aggregate("m-1", &["p-1", "p-2", "shared"]),
            aggregate("m-2", &["shared", "q-1"]),
            aggregate("lead", &["m-1", "m-2"]),
        ]),
        &story([
            vec![Waits(400)],
            proposes(1, "text of 1"),
            proposes(2, "text of 2"),
            vec![Waits(100)], // the first panel closes; the second still needs the shared one
            proposes(5, "m-1"),
            proposes(3, "shared"),
            proposes(4, "text of 4"),
            proposes(6, "m-2"),
            proposes(7, "all in one"),
        ]),
    );
    assert!(!told.text.contains("late"), "{}", told.text);
    assert_eq!(blocks(request(&told, 5)).len(), 2);
    assert_eq!(blocks(request(&told, 6)).len(), 2);
    assert_eq!(told.result.status, RunStatus::Succeeded);
}

#[test]
fn who_works_for_a_combiner_that_is_given_up_is_given_up_too() {
    let third = |mut spec: RunSpec| {
        let lead = spec.steps.len() - 1;
        spec.steps.insert(lead, aggregate("m-3", &["r-1", "r-2"]));
        spec.steps.splice(4..4, [propose("r-1", &[]), propose("r-2", &[])]);
        let lead = spec.steps.len() - 1;
        spec.steps[lead] = aggregate("lead", &["m-1", "m-2", "m-3"]);
        spec
    };
    let told = play(
        &third(two_mixtures()),
        &story([
            vec![Waits(400)],
            all_say(1..=4),
            all_say(7..=7),
            vec![Waits(400)],
            all_say(8..=8),
            vec![at(5, Says("x")), WaitsForTheRun],
            all_say(10..=10),
        ]),
    );
    assert_eq!(told.text.matches("proposal.late r-").count(), 2, "{}", told.text);
    assert_eq!(told.result.answer, "text of 10");
}

#[test]
fn layers_shrink_to_two_and_two_and_then_to_one_answer() {
    let told = check(
        &budget(420_000, two_mixtures()),
        &all_say(1..=1),
        r#"
        plan.shrunk layers of 4 to direct: this can cost up to 6.9707 RUB, and 0.42 RUB is left (--max-cost)
        hold.taken 1 for 0.4037 RUB
        step.started lead
        attempt.started 1 lab/b, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "text of 1" 0.0034 RUB
    "#,
    );
    assert_eq!(told.result.attempts.len(), 1);
}
