//! Members that are asked again, and members of one model.

use super::{mixture, moa, request, story, thrifty};
use crate::world;
use crate::world::story::{Event::*, at, check, play, proposes};
use plyrum_engine::FailureClass::Overloaded;
use plyrum_protocol::StepKind;

#[test]
fn each_proposer_is_asked_again_under_the_number_that_was_said() {
    let told = check(
        &moa(2),
        &story([
            vec![at(1, FailsFor(Overloaded, 2_000)), at(2, FailsFor(Overloaded, 1_000)), WaitsForTheRun],
            proposes(5, "the second"),
            vec![WaitsForTheRun],
            proposes(4, "the first"),
            proposes(3, "both"),
        ]),
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 4
        attempt.finished 2 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 2 as 5
        hold.taken 5 for 0.4037 RUB
        attempt.started 5 lab/m2, try 2
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        provisional p-2
        hold.taken 4 for 0.4037 RUB
        attempt.started 4 lab/m1, try 2
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        step.started lead
        attempt.started 3 lab/lead, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "both" 0.0102 RUB
    "#,
    );
    let rows: Vec<&str> = told.result.attempts.iter().map(|a| a.attempt.as_str()).collect();
    assert_eq!(rows, ["ab12.1", "ab12.2", "ab12.3", "ab12.4", "ab12.5"]);
}

#[test]
fn a_thrifty_member_is_asked_again_before_another_one_is() {
    let told = play(
        &thrifty(mixture(3, StepKind::Vote)),
        &story([
            vec![at(1, FailsFor(Overloaded, 1_000))],
            proposes(2, "one answer"),
            vec![WaitsForTheRun],
            proposes(4, "another answer"),
            proposes(3, "a third answer"),
        ]),
    );
    let asked: Vec<&str> = told.result.attempts.iter().map(|a| a.model.as_str()).collect();
    assert_eq!(asked, ["lab/m1", "lab/m2", "lab/m3", "lab/m1"]);
    let order = ["attempt.started 4 lab/m1, try 2", "attempt.started 3 lab/m3, try 1"];
    let places = order.map(|line| told.text.find(line).expect("asked"));
    assert!(places[0] < places[1], "{}", told.text);
}

#[test]
fn samples_of_one_model_differ_by_their_seed_and_the_first_is_the_direct_one() {
    let mut spec = moa(3);
    for step in &mut spec.steps {
        step.models = vec![world::model("lab/best")];
    }
    let tale = [1, 2, 3, 4].map(|n| proposes(n, &format!("sample {n}")));
    let told = play(&spec, &story([vec![Waits(400)], story(tale)]));
    let direct = play(&world::spec(world::direct(&["lab/best"]), spec.limits, 7), &proposes(1, "x"));
    let seeds = [1, 2, 3].map(|n| request(&told, n).seed);
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2] && seeds[0] != seeds[2], "{seeds:?}");
    assert_eq!(request(&told, 1), request(&direct, 1));
    assert_eq!(request(&told, 1).turns, request(&told, 3).turns);
}
