//! The same inputs give the same effects, and another order of arrival the same request.

use super::{blocks, discrete, mixture, moa, request, story, thrifty};
use crate::world::story::{
    Event::{self, *},
    at, play, proposes,
};
use plyrum_engine::{FailureClass::Overloaded, RunSpec};
use plyrum_protocol::StepKind;

fn tale() -> Vec<Event> {
    story([
        vec![Waits(100), at(2, Fails(Overloaded))],
        proposes(3, "the third"),
        vec![WaitsForTheRun],
        proposes(5, "the second"),
        proposes(1, "the first"),
        proposes(4, "A"),
    ])
}

#[test]
fn the_same_story_is_the_same_to_the_last_frame_and_request() {
    for kind in [StepKind::Aggregate, StepKind::Select] {
        let (one, two) = (play(&mixture(3, kind), &tale()), play(&mixture(3, kind), &tale()));
        assert_eq!(one.score.frames, two.score.frames);
        assert_eq!(one.score.requests, two.score.requests);
    }
}

#[test]
fn who_comes_first_changes_neither_labels_nor_order() {
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    let asked = orders.map(|order| {
        let come = order.map(|n| proposes(n, &format!("text of {n}")));
        let told = play(&moa(3), &story([vec![Waits(400)], story(come), proposes(4, "all in one")]));
        request(&told, 4).clone()
    });
    assert!(asked.iter().all(|request| *request == asked[0]));
    assert_eq!(blocks(&asked[0]).len(), 3);
}

#[test]
fn a_repeat_in_between_changes_nothing_either() {
    let texts = ["the first", "the second", "the third"];
    let come = || [1, 2, 3].map(|n| proposes(u32::try_from(n).unwrap(), texts[n - 1]));
    for seed in 1..=20 {
        let spec = RunSpec { seed, ..moa(3) };
        let told = play(&spec, &tale());
        let plain = play(&spec, &story([vec![Waits(400)], story(come()), proposes(4, "all in one")]));
        assert_eq!(request(&told, 4), request(&plain, 4), "seed {seed}");
    }
}

#[test]
fn attempts_add_up_to_the_total_whatever_the_kind() {
    for kind in [StepKind::Aggregate, StepKind::Vote, StepKind::Select, StepKind::Answer] {
        for spec in [mixture(3, kind), thrifty(mixture(3, kind)), discrete(mixture(3, kind))] {
            let come = [1, 2, 3, 4].map(|n| proposes(n, &format!("text of {n}")));
            let told = play(&spec, &story([vec![Waits(400)], story(come)]));
            let rows: i64 = told.result.attempts.iter().map(|a| a.cost_micro_rub.get()).sum();
            assert_eq!(rows, told.result.cost_micro_rub.get(), "{kind:?}");
            assert_eq!(rows, told.score.booked, "{kind:?}");
            let extra = told.result.extra_over_direct_micro_rub.expect("a mixture");
            assert_eq!(extra.get(), rows - 3_400, "{kind:?}: over the best member alone");
        }
    }
}
