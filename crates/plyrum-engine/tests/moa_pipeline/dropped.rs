//! "Not this one": a person drops a proposal, and the panel goes on with what is left.

use super::{discrete, mixture, moa, story, thrifty, was_sent};
use crate::world::story::{Event::*, at, budget, check, play, proposes};
use crate::world::{spec, step};
use plyrum_engine::FailureClass::{Auth, Overloaded};
use plyrum_engine::{Limits, Quorum, RunSpec};
use plyrum_protocol::{RunStatus, StepKind};

#[test]
fn a_dropped_proposal_is_hung_up_booked_and_not_waited_for() {
    check(
        &moa(3),
        &story([
            proposes(1, "the first"),
            vec![at(2, Says("the sec")), Waits(80), Drops("p-2"), at(2, Says("ond"))],
            proposes(3, "the third"),
            proposes(4, "all in one"),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 0 ms
        attempt.finished 2 cancelled (cancelled), estimated 0.0014 RUB
        step.cancelled p-2 (dropped)
        attempt.opened 3 after 80 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0116 RUB
    "#,
    );
}

#[test]
fn the_quorum_is_one_of_those_that_are_left() {
    let told = check(
        &moa(4),
        &story([
            proposes(1, "the first"),
            vec![Waits(100)],
            proposes(3, "the third"),
            vec![Drops("p-4"), WaitsForTheRun],
            proposes(5, "all in one"),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 and 5 for 4.6385 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        step.started p-4
        attempt.started 4 lab/m4, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 3 after 100 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        quorum.reached 2 of 3 after 100 ms (quorum)
        attempt.finished 4 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled p-4 (dropped)
        proposal.late p-2
        step.started lead
        attempt.started 5 lab/lead, try 1
        attempt.finished 2 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled p-2 (late)
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0106 RUB
    "#,
    );
    assert_eq!(told.result.status, RunStatus::Succeeded);
}

#[test]
fn when_all_that_is_left_is_there_nothing_is_waited_for() {
    for quorum in [Quorum::Usual, Quorum::All] {
        let told = play(
            &RunSpec { quorum, ..moa(3) },
            &story([
                proposes(1, "the first"),
                vec![Drops("p-2")],
                proposes(3, "the third"),
                vec![WakesNoMore],
                proposes(4, "all in one"),
            ]),
        );
        assert_eq!(told.result.answer, "all in one", "{quorum:?}");
    }
    let one_left = play(&moa(2), &story([proposes(1, "the first"), vec![Drops("p-2")]]));
    assert_eq!((one_left.result.answer.as_str(), was_sent(&one_left, 3)), ("the first", false));
}

/// How runs of these end after the last of two proposers has failed, and after it was dropped.
fn ends_alike(spec: &RunSpec, then: &[crate::world::story::Event]) {
    let one_failed = vec![at(1, Fails(Auth))];
    let failed = play(spec, &story([one_failed.clone(), vec![at(2, Fails(Auth))], then.to_vec()]));
    let dropped = play(spec, &story([one_failed, vec![Drops("p-2")], then.to_vec()]));
    let (failed, dropped) = (failed.result, dropped.result);
    assert_eq!(
        (&dropped.status, &dropped.answer, &dropped.error),
        (&failed.status, &failed.answer, &failed.error)
    );
    assert_eq!(dropped.attempts.len(), failed.attempts.len());
}

#[test]
fn dropping_the_last_ends_as_if_all_had_failed() {
    ends_alike(&moa(2), &proposes(3, "asked plainly"));
    ends_alike(&moa(2), &[at(3, Fails(Auth))]);
    ends_alike(&mixture(2, StepKind::Select), &proposes(3, "asked plainly"));
    ends_alike(&discrete(mixture(2, StepKind::Vote)), &proposes(3, "4"));
    let all = play(&moa(2), &story([vec![Drops("p-1"), Drops("p-2")], proposes(3, "asked plainly")]));
    assert_eq!((all.result.answer.as_str(), all.result.status), ("asked plainly", RunStatus::Degraded));
}

#[test]
fn one_that_waits_to_be_asked_again_is_not() {
    let told = play(
        &moa(3),
        &story([
            vec![at(1, Fails(Overloaded)), Drops("p-1"), Waits(60_000)],
            proposes(2, "the second"),
            proposes(3, "the third"),
            proposes(4, "all in one"),
        ]),
    );
    assert!(told.text.contains("attempt.retried 1 as 5\nstep.cancelled p-1 (dropped)"), "{}", told.text);
    assert!(!was_sent(&told, 5), "{}", told.text);
    let failing = [LedgerWaits, at(1, Fails(Overloaded)), Drops("p-1"), LedgerGoesOn, Waits(60_000)];
    let told = play(&moa(2), &story([failing.to_vec(), proposes(2, "the second")]));
    assert!(!told.text.contains("attempt.retried"), "{}", told.text);
}

#[test]
fn one_that_has_not_begun_is_told_and_its_money_given_back() {
    let told = play(
        &thrifty(moa(3)),
        &story([
            vec![Drops("p-3")],
            proposes(1, "the first"),
            proposes(2, "the second"),
            proposes(4, "all in one"),
        ]),
    );
    assert!(told.text.contains("step.cancelled p-3 (dropped)"), "{}", told.text);
    assert!(!was_sent(&told, 3) && told.result.status == RunStatus::Succeeded, "{}", told.text);
    let asked_for = play(
        &moa(3),
        &story([
            vec![LedgerWaits, Drops("p-1"), LedgerGoesOn],
            proposes(2, "the second"),
            proposes(3, "the third"),
            proposes(4, "all in one"),
        ]),
    );
    assert!(!was_sent(&asked_for, 1) && asked_for.result.answer == "all in one", "{}", asked_for.text);
}

#[test]
fn thrifty_asks_the_next_in_its_place() {
    let told = play(
        &thrifty(moa(3)),
        &story([
            vec![Drops("p-1")],
            proposes(2, "the second"),
            proposes(3, "the third"),
            proposes(4, "all in one"),
        ]),
    );
    assert!(was_sent(&told, 3) && told.result.answer == "all in one", "{}", told.text);
}

#[test]
fn a_plan_that_fits_without_the_dropped_ones_is_not_made_smaller() {
    let meanwhile = |event| vec![LedgerWaits, event, LedgerGoesOn];
    let spec = || RunSpec { quorum: Quorum::All, ..moa(3) };
    let rest = || story([proposes(5, "the first"), proposes(6, "the second"), proposes(7, "all in one")]);
    let told = play(&spec(), &story([vec![HasOnly(2_600_000)], meanwhile(Drops("p-3")), rest()]));
    assert!(!told.text.contains("plan.shrunk") && told.text.contains("hold.refused"), "{}", told.text);
    assert_eq!(told.result.answer, "all in one");
    let all = [LedgerWaits, HasOnly(1_500_000), Drops("p-1"), Drops("p-2"), Drops("p-3"), LedgerGoesOn];
    let told = play(&budget(9_000_000, spec()), &story([all.to_vec(), proposes(5, "asked plainly")]));
    assert_eq!(told.result.answer, "asked plainly", "{}", told.text);
}

#[test]
fn what_is_there_or_is_no_proposal_or_is_not_there_at_all_is_not_dropped() {
    let told = play(
        &moa(2),
        &story([
            vec![Drops("lead"), Drops("nobody"), LedgerWaits],
            proposes(1, "the first"),
            vec![Drops("p-1"), LedgerGoesOn, Drops("p-1")], // being booked, then over
            proposes(2, "the second"),
            vec![at(3, Says("all ")), Drops("lead"), at(3, Says("in one")), at(3, Ends), Drops("lead")],
        ]),
    );
    assert!(!told.text.contains("dropped"), "{}", told.text);
    assert_eq!((told.result.answer.as_str(), told.result.status), ("all in one", RunStatus::Succeeded));
}

#[test]
fn nobody_reads_for_a_dropped_reader() {
    let told = play(
        &RunSpec { quorum: Quorum::All, ..layers() },
        &story([
            vec![at(1, Says("the fi")), Drops("q-1"), Drops("q-1"), WantsItNow],
            proposes(3, "the third"),
        ]),
    );
    for line in ["step.cancelled q-1 (dropped)", "proposal.late p-1", "step.cancelled p-1 (late)"] {
        assert!(told.text.contains(line), "{line}: {}", told.text);
    }
    assert!(!told.text.contains("quorum.reached"), "{}", told.text);
    assert_eq!(told.result.answer, "the third");
}

/// `q-1` reads `p-1` and `p-2`; `lead` reads `q-1` and `r`.
fn layers() -> RunSpec {
    let propose = |name, after: &[&str]| step(name, StepKind::Propose, after, &["lab/a"]);
    let steps = vec![
        propose("p-1", &[]),
        propose("p-2", &[]),
        propose("r", &[]),
        propose("q-1", &["p-1", "p-2"]),
        step("lead", StepKind::Aggregate, &["r", "q-1"], &["lab/lead"]),
    ];
    spec(steps, Limits::default(), 7)
}
