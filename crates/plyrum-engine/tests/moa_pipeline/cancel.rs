//! A mixture that is ended in each of its phases, by a person or because nobody waits any more.

use super::{moa, story, thrifty};
use crate::world::story::{
    Event::{self, *},
    at, check, play, proposes,
};
use plyrum_engine::FailureClass::Overloaded;
use plyrum_protocol::{AttemptOutcome, ErrorKind, RunStatus};

/// Each phase, with the story up to it.
fn phases() -> Vec<(&'static str, Vec<Event>)> {
    let two = || story([vec![Waits(400)], proposes(1, "the first"), proposes(2, "the second")]);
    let three = || story([two(), proposes(3, "the third")]);
    vec![
        ("holding", vec![LedgerWaits]),
        ("asked", vec![]),
        ("proposing", story([vec![at(1, Says("the fi"))], proposes(2, "the second")])),
        ("waiting to ask again", vec![at(1, Fails(Overloaded))]),
        ("holding for a repeat", vec![at(1, FailsFor(Overloaded, 50)), LedgerWaits, Waits(50)]),
        ("booking a proposal", story([two(), vec![LedgerWaits], proposes(3, "the third")])),
        ("grace", story([two(), vec![at(3, Says("the th")), Waits(50)]])),
        ("booking a late proposal", story([two(), vec![LedgerWaits, Waits(100)]])),
        ("aggregating", story([three(), vec![at(4, Says("all i"))]])),
        ("aggregator waiting to be asked again", story([three(), vec![at(4, Fails(Overloaded))]])),
        ("booking the answer", story([three(), vec![LedgerWaits], proposes(4, "all in one")])),
    ]
}

#[test]
fn in_every_phase_everything_is_booked_and_the_run_says_cancelled() {
    let ends = [(Cancels, ErrorKind::Cancelled), (ClientGoes, ErrorKind::Cancelled)];
    for (end, kind) in ends {
        for (phase, before) in phases() {
            for policy in [moa(3), thrifty(moa(3))] {
                let before =
                    if policy.fan_out == moa(3).fan_out { before.clone() } else { first_two(&before) };
                let tale = story([before, vec![end.clone(), LedgerGoesOn, Waits(100_000)]]);
                let told = play(&policy, &tale); // checks that each hold is resolved once
                assert_eq!(told.result.status, RunStatus::Cancelled, "{phase}: {}", told.text);
                assert_eq!(told.result.error.as_ref().map(|e| e.kind), Some(kind), "{phase}");
                let rows: i64 = told.result.attempts.iter().map(|a| a.cost_micro_rub.get()).sum();
                assert_eq!(rows, told.result.cost_micro_rub.get(), "{phase}");
                assert_eq!(rows, told.score.booked, "{phase}");
            }
        }
    }
}

/// What happens in a thrifty mixture, which has not asked its third member.
fn first_two(tale: &[Event]) -> Vec<Event> {
    let early = |event: &&Event| !matches!(event, At(n, _) if *n > 2);
    tale.iter().filter(early).cloned().collect()
}

#[test]
fn while_holding_all_of_it_is_given_back_and_nothing_was_sent() {
    let told = check(
        &moa(3),
        &[LedgerWaits, Cancels, LedgerGoesOn],
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.00 RUB
    "#,
    );
    assert_eq!(told.result.attempts, []);
}

#[test]
fn while_proposing_every_stream_is_hung_up() {
    check(
        &moa(3),
        &story([proposes(2, "the second"), vec![at(1, Says("the fi")), Cancels, at(3, Says("late"))]]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        provisional p-2
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.001 RUB
        step.cancelled p-1 (cancelled)
        attempt.finished 3 cancelled (cancelled), estimated 0.0002 RUB
        step.cancelled p-3 (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.0046 RUB
    "#,
    );
}

#[test]
fn while_a_late_proposal_is_booked() {
    check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![
                at(3, Says("the th")),
                LedgerWaits,
                Waits(100),
                at(4, Says("all")),
                ClientGoes,
                LedgerGoesOn,
            ],
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
        attempt.finished 3 cancelled (cancelled), estimated 0.001 RUB
        step.cancelled p-3 (late)
        attempt.finished 4 cancelled (cancelled), estimated 0.6665 RUB
        step.cancelled lead (cancelled)
        run.finished
        cancelled (cancelled: its client is gone) "all" 0.6743 RUB
    "#,
    );
}

#[test]
fn while_closing_it_comes_too_late() {
    let told = play(
        &moa(2),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![LedgerWaits],
            proposes(3, "all in one"),
            vec![LedgerAnswersOnce, Cancels, ClientGoes, LedgerGoesOn],
        ]),
    );
    assert_eq!(told.result.status, RunStatus::Succeeded);
    assert_eq!(told.result.answer, "all in one");
}

#[test]
fn a_deadline_in_the_grace_ends_it_too() {
    let spec = crate::world::story::deadline(450, moa(3));
    let told = play(
        &spec,
        &story([vec![Waits(449)], proposes(1, "the first"), proposes(2, "the second"), vec![Waits(1)]]),
    );
    assert_eq!(told.result.error.as_ref().map(|e| e.kind), Some(ErrorKind::Timeout));
    let outcomes: Vec<AttemptOutcome> = told.result.attempts.iter().map(|a| a.outcome).collect();
    assert_eq!(&outcomes[..2], [AttemptOutcome::Ok, AttemptOutcome::Ok]);
}

#[test]
fn after_its_end_a_run_with_an_open_grace_asks_for_no_more_ticks() {
    let told = play(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![LedgerWaits, Cancels, Waits(200), WakesNoMore, LedgerGoesOn],
        ]),
    );
    assert_eq!(told.result.status, RunStatus::Cancelled);
}
