//! "Finish now with what we have."

use super::{blocks, moa, request, story};
use crate::world::story::{Event::*, at, check, play, proposes};
use plyrum_engine::FailureClass::Overloaded;

#[test]
fn with_whole_proposals_the_others_are_not_waited_for() {
    let told = check(
        &moa(4),
        &story([
            proposes(1, "the first"),
            proposes(3, "the third"),
            vec![at(2, Says("the sec")), Waits(70), WantsItNow],
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
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        attempt.opened 2 after 0 ms
        quorum.reached 2 of 4 after 70 ms (finish_now)
        proposal.late p-2
        proposal.late p-4
        step.started lead
        attempt.started 5 lab/lead, try 1
        attempt.finished 2 cancelled (cancelled), estimated 0.0014 RUB
        step.cancelled p-2 (late)
        attempt.finished 4 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled p-4 (late)
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0118 RUB
    "#,
    );
    assert_eq!(blocks(request(&told, 5)).len(), 2);
}

#[test]
fn with_one_whole_proposal_that_is_the_answer() {
    let told = play(&moa(3), &story([proposes(2, "the second"), vec![at(1, Says("the fi")), WantsItNow]]));
    assert_eq!((told.result.answer.as_str(), told.result.status.as_str()), ("the second", "degraded"));
}

#[test]
fn with_partial_proposals_these_are_used() {
    let told = check(
        &moa(3),
        &story([vec![at(1, Says("the fir")), at(3, Says("the thi")), WantsItNow], proposes(4, "all in one")]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 1 after 0 ms
        attempt.opened 3 after 0 ms
        quorum.reached 2 of 3 after 0 ms (finish_now)
        proposal.late p-2
        attempt.finished 1 cut (cancelled), estimated 0.0014 RUB
        step.finished p-1 cut 0.0014 RUB
        attempt.finished 3 cut (cancelled), estimated 0.0014 RUB
        step.finished p-3 cut 0.0014 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.finished 2 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled p-2 (late)
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "all in one" 0.0064 RUB
    "#,
    );
    let mut shown: Vec<&str> = blocks(request(&told, 4)).iter().map(|b| b.body).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["the fir", "the thi"]);
}

#[test]
fn a_proposal_that_is_only_being_booked_counts_as_whole() {
    let told = play(
        &moa(3),
        &story([
            vec![at(1, Says("the fir")), LedgerWaits],
            proposes(2, "the second"),
            vec![WantsItNow, LedgerGoesOn],
        ]),
    );
    assert_eq!(told.result.answer, "the second");
}

#[test]
fn with_nothing_there_nothing_changes() {
    let told = check(
        &moa(2),
        &story([
            vec![LedgerWaits, WantsItNow, LedgerGoesOn, WantsItNow],
            vec![at(1, Thinks("hm")), WantsItNow],
            proposes(1, "the first"),
            proposes(2, "the second"),
            proposes(3, "all in one"),
        ]),
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        step.started lead
        attempt.started 3 lab/lead, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0102 RUB
    "#,
    );
    assert_eq!(told.result.status.as_str(), "succeeded");
}

#[test]
fn a_proposer_that_waits_to_be_asked_again_is_given_up() {
    let told =
        play(&moa(2), &story([vec![at(1, Fails(Overloaded))], proposes(2, "the second"), vec![WantsItNow]]));
    assert_eq!(told.result.answer, "the second");
    assert!(told.text.contains("step.cancelled p-1 (late)"), "{}", told.text);
}

#[test]
fn while_the_answer_is_written_nothing_changes() {
    let told = play(
        &moa(2),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Says("all ")), WantsItNow, at(3, Says("in one")), at(3, Ends)],
        ]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.status.as_str()), ("all in one", "succeeded"));
}
