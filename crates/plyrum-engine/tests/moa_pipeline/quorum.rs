//! Who is waited for, and how long.

use super::{blocks, discrete, mixture, moa, request, story, thrifty};
use crate::world::story::{
    Event::{self, *},
    at, check, deadline, play, proposes,
};
use plyrum_engine::FailureClass::Auth;
use plyrum_engine::{Quorum, RunSpec};
use plyrum_protocol::{FrameBody, RunStatus, StepKind};

fn lead(attempt: u32) -> Vec<Event> {
    proposes(attempt, "all in one")
}

#[test]
fn all_succeed() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(100)],
            proposes(2, "the second"),
            proposes(1, "the first"),
            proposes(3, "the third"),
            lead(4),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 2 after 100 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        provisional p-2
        attempt.opened 1 after 100 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        quorum.reached 2 of 3 after 100 ms (quorum)
        attempt.opened 3 after 100 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0136 RUB
    "#,
    );
    let extra = told.result.extra_over_direct_micro_rub.expect("a mixture has a price");
    assert_eq!(extra.get(), told.result.cost_micro_rub.get() - 3_400, "over the best member alone");
    assert_eq!(told.result.model, "lab/lead");
    assert_eq!(told.score.attempts[&told.result.attempts[3].attempt].1.layer, 1);
}

#[test]
fn one_fails() {
    check(
        &moa(3),
        &story([vec![at(2, Fails(Auth))], proposes(1, "the first"), proposes(3, "the third"), lead(4)]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.finished 2 failed (auth), missing 0.00 RUB
        step.finished p-2 failed 0.00 RUB
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "all in one" 0.0102 RUB
    "#,
    );
}

#[test]
fn a_straggler_is_not_waited_for_beyond_the_grace() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Says("the th")), Waits(99), at(3, Says("ird")), Waits(1), at(3, Says(", too late"))],
            lead(4),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        attempt.opened 3 after 400 ms
        proposal.late p-3
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.finished 3 cancelled (cancelled), estimated 0.0014 RUB
        step.cancelled p-3 (late)
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0116 RUB
    "#,
    );
    assert_eq!(told.result.status, RunStatus::Succeeded, "who was not waited for is no loss");
    assert_eq!(blocks(request(&told, 4)).len(), 2);
}

#[test]
fn a_straggler_within_the_grace_is_used() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![Waits(99)],
            proposes(3, "the third"),
            lead(4),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        attempt.opened 3 after 499 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0136 RUB
    "#,
    );
    assert_eq!(blocks(request(&told, 4)).len(), 3);
}

#[test]
fn the_grace_takes_no_more_than_a_quarter_of_what_the_deadline_leaves() {
    let told = play(
        &deadline(1_200, moa(3)),
        &story([
            vec![Waits(1_000)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![Waits(49), at(3, Says("x")), Waits(1)],
            lead(4),
        ]),
    );
    assert!(told.text.contains("proposal.late p-3"), "{}", told.text);
    assert_eq!(told.result.answer, "all in one");
}

#[test]
fn the_quorum_depends_on_how_many_were_planned() {
    for (planned, enough) in [(3_u32, 2), (5, 4), (6, 5), (7, 6), (10, 8)] {
        let spec = moa(usize::try_from(planned).unwrap());
        let come = |n: u32| proposes(n, &format!("proposal {n} says {}", n * n));
        let mut tale = vec![Waits(400)];
        (1..enough).for_each(|n| tale.extend(come(n)));
        tale.push(Waits(5_000)); // one less than the quorum: waited for
        tale.extend(come(enough));
        tale.push(WaitsForTheRun);
        tale.extend(lead(planned + 1));
        let told = play(&spec, &tale);
        let quorum = format!("quorum.reached {enough} of {planned} after 5400 ms (quorum)");
        assert!(told.text.contains(&quorum), "{planned}: {}", told.text);
        let late = told.text.matches("proposal.late").count();
        assert_eq!(u32::try_from(late).unwrap(), planned - enough, "{planned}");
        let shown = blocks(request(&told, planned + 1)).len();
        assert_eq!(u32::try_from(shown).unwrap(), enough, "{planned}");
    }
}

#[test]
fn both_of_two_are_waited_for() {
    let told = play(
        &moa(2),
        &story([proposes(1, "the first"), vec![Waits(60_000)], proposes(2, "the second"), lead(3)]),
    );
    assert!(!told.text.contains("late"), "{}", told.text);
    assert_eq!(blocks(request(&told, 3)).len(), 2);
}

#[test]
fn a_first_proposal_is_provisional_only_where_an_answer_is_written() {
    for (kind, provisional) in [(StepKind::Aggregate, 1), (StepKind::Vote, 0), (StepKind::Select, 0)] {
        let tale = story([proposes(2, "the second"), proposes(1, "the first"), vec![WantsItNow, Cancels]]);
        let told = play(&mixture(3, kind), &tale);
        let frames = told.score.frames.iter();
        let shown = frames.filter(|f| matches!(f.body, FrameBody::Provisional { .. })).count();
        assert_eq!(shown, provisional, "{kind:?}");
    }
}

/// The same plan, with everybody who is asked waited for.
fn for_all(spec: RunSpec) -> RunSpec {
    RunSpec { quorum: Quorum::All, ..spec }
}

#[test]
fn a_quorum_of_all_waits_for_the_last_one() {
    let told = play(
        &for_all(moa(3)),
        &story([
            vec![Waits(100)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![Waits(5_000)],
            proposes(3, "the third"),
            lead(4),
        ]),
    );
    assert!(!told.text.lines().any(|line| line.starts_with("quorum.reached")), "{}", told.text);
    assert_eq!(told.result.attempts.len(), 4);
    assert_eq!(told.result.attempts[2].cost_micro_rub.get(), 3_400, "heard to its end");
}

#[test]
fn a_quorum_of_all_hears_everybody_even_where_two_agree() {
    let fast = for_all(discrete(mixture(3, StepKind::Vote)));
    let in_turn = play(&fast, &story([proposes(1, "42"), proposes(2, "42"), proposes(3, "41")]));
    let backwards = play(&fast, &story([proposes(3, "41"), proposes(2, "42"), proposes(1, "42")]));
    for told in [in_turn, backwards] {
        assert_eq!((told.result.answer.as_str(), told.result.cost_micro_rub.get()), ("42", 10_200));
    }
}

#[test]
fn thrifty_still_asks_no_third_where_two_agree() {
    let told = play(
        &for_all(thrifty(discrete(mixture(5, StepKind::Vote)))),
        &story([proposes(2, "42"), proposes(1, "42")]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.attempts.len()), ("42", 2));
}
