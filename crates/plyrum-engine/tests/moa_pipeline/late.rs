//! What comes too late, and what only seems to.

use super::{blocks, moa, request, story, was_sent};
use crate::world::story::{Event::*, at, check, proposes};
use plyrum_engine::FailureClass::Overloaded;

#[test]
fn a_whole_proposal_that_is_only_being_booked_is_not_late() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![LedgerWaits],
            proposes(3, "the third"),
            vec![Waits(100), LedgerGoesOn],
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
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        attempt.opened 3 after 400 ms
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
fn a_late_proposal_is_booked_while_the_answer_is_written() {
    check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Says("the third")), LedgerWaits, Waits(100), at(4, Says("all in")), LedgerGoesOn],
            vec![at(4, Says(" one")), at(4, Uses(30, 2)), at(4, Ends)],
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
        attempt.opened 4 after 0 ms
        attempt.finished 3 cancelled (cancelled), estimated 0.0014 RUB
        step.cancelled p-3 (late)
        attempt.finished 4 ok, reported 0.0038 RUB
        step.finished lead ok 0.0038 RUB
        run.finished
        succeeded "all in one" 0.012 RUB
    "#,
    );
}

#[test]
fn a_late_member_is_not_asked_again() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400), at(3, FailsFor(Overloaded, 5_000))],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![WaitsForTheRun, Waits(10_000)],
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
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 3 as 5
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        proposal.late p-3
        step.cancelled p-3 (late)
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 10000 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0102 RUB
    "#,
    );
    assert!(!was_sent(&told, 5));
}

#[test]
fn the_money_of_a_repeat_that_comes_too_late_is_given_back() {
    check(
        &moa(3),
        &story([
            vec![Waits(400), at(3, FailsFor(Overloaded, 50))],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![LedgerWaits, Waits(50), Waits(50), LedgerGoesOn],
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
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 3 as 5
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        proposal.late p-3
        step.started lead
        attempt.started 4 lab/lead, try 1
        hold.taken 5 for 0.4037 RUB
        step.cancelled p-3 (late)
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0102 RUB
    "#,
    );
}

#[test]
fn a_repeat_without_money_of_a_member_that_is_late_says_nothing() {
    check(
        &moa(3),
        &story([
            vec![Waits(400), at(3, FailsFor(Overloaded, 50))],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![LedgerWaits, Waits(50), Waits(50), HoldBreaks, LedgerGoesOn],
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
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 3 as 5
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        proposal.late p-3
        step.started lead
        attempt.started 4 lab/lead, try 1
        step.cancelled p-3 (late)
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0102 RUB
    "#,
    );
}
