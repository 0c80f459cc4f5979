//! Run and select: the best-ranked proposal that passes the run's check is the answer, and nobody is paid to choose.

use super::{mixture, request, story, was_sent};
use crate::world;
use crate::world::story::{Event, Event::*, Told, check, play, proposes};
use plyrum_engine::{Effect, RunSpec};
use plyrum_protocol::{ApprovalVerdict, FrameBody, RunStatus, StepKind};

fn checked(n: usize) -> RunSpec {
    RunSpec { check: Some(world::check()), ..mixture(n, StepKind::Select) }
}

/// Three proposals come, after what happens first; then the rest.
fn with_three(first: Vec<Event>, rest: Vec<Event>) -> Told {
    let proposals = [1, 2, 3].map(|n| proposes(n, &format!("proposal {n}\nwith its own words")));
    play(&checked(3), &story([first, vec![Waits(400)], story(proposals), rest]))
}

#[test]
fn the_first_in_rank_that_passes_is_the_answer_and_no_judge_is_paid() {
    let told = check(
        &checked(3),
        &story([
            vec![Permits, Waits(400)],
            proposes(3, "the third"),
            proposes(2, "the second"),
            proposes(1, "the first"),
            vec![DoesNotPass(1), Passes],
        ]),
        r#"
        step.started lead.check
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 3 after 400 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        proposal.checked p-1 does not pass, exit 1
        proposal.checked p-2 passes, exit 0
        tool.finished c1 ok: p-2 passes the check
        step.finished lead.check ok 0.00 RUB
        quorum.reached 3 of 3 after 400 ms (code_with_tests)
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        succeeded "the second" 0.0102 RUB
    "#,
    );
    assert_eq!(told.result.answer, "the second");
}

#[test]
fn nothing_is_held_nor_asked_before_leave_is_there() {
    let spec = checked(2);
    let (run, effects) = world::start(spec);
    let asks = |effect: &&Effect| matches!(effect, Effect::Permit(_));
    let begins = |effect: &&Effect| matches!(effect, Effect::Hold(_) | Effect::Open(_) | Effect::Try { .. });
    assert_eq!((effects.iter().filter(asks).count(), effects.iter().filter(begins).count()), (1, 0));
    let Some(Effect::Permit(order)) = effects.iter().find(asks) else { panic!("{effects:?}") };
    assert_eq!((order.proposals, &order.check), (2, &world::check()));
    assert!(!run.is_over());
}

#[test]
fn where_none_passes_a_judge_chooses_among_all_and_it_is_marked() {
    let tries = vec![DoesNotPass(1), DoesNotPass(2), DoesNotPass(1)];
    let told = with_three(vec![Permits], story([tries, proposes(4, "B")]));
    assert_eq!(super::blocks(request(&told, 4)).len(), 3, "all are shown");
    assert_eq!(told.result.answer, super::blocks(request(&told, 4))[1].body);
    assert_eq!(told.result.status, RunStatus::Degraded);
    assert!(told.text.contains("(none_passed)"), "{}", told.text);
}

#[test]
fn without_leave_and_where_nothing_can_be_tried_it_goes_on_as_without_a_check() {
    let refused = with_three(vec![Refuses("the user did not allow it")], proposes(4, "A"));
    assert!(refused.text.contains("tool.finished c1 denied: the user did not allow it"), "{}", refused.text);
    let stuck = with_three(vec![Permits], story([vec![CannotTry("the disk is full")], proposes(4, "A")]));
    assert!(stuck.text.contains("tool.finished c1 failed: the disk is full"), "{}", stuck.text);
    for told in [refused, stuck] {
        assert_eq!(told.result.answer, super::blocks(request(&told, 4))[0].body);
        assert_eq!(told.result.status, RunStatus::Succeeded, "{}", told.text);
        assert!(!told.text.contains("proposal.checked"), "{}", told.text);
    }
}

#[test]
fn who_ends_the_run_with_the_question_has_paid_nothing() {
    let told = play(&checked(2), &[EndsTheRun]);
    assert_eq!(told.result.status, RunStatus::Failed);
    assert_eq!((told.score.booked, told.score.attempts.len()), (0, 0), "{}", told.text);
}

#[test]
fn a_run_that_waits_for_leave_is_kept_and_taken_up() {
    let proposals = story([proposes(1, "one"), proposes(2, "two")]);
    let told = play(
        &checked(2),
        &story([vec![Asks, Answers(ApprovalVerdict::Approved), Permits], proposals, vec![Passes]]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.status), ("one", RunStatus::Succeeded));
    assert!(!was_sent(&told, 3), "{}", told.text);
}

#[test]
fn the_same_text_is_not_tried_twice() {
    let proposals = story([proposes(1, "same"), proposes(2, "same"), proposes(3, "other")]);
    let told =
        play(&checked(3), &story([vec![Permits, Waits(400)], proposals, vec![DoesNotPass(1), Passes]]));
    assert_eq!(told.result.answer, "other");
    assert_eq!(told.text.matches("proposal.checked").count(), 2, "{}", told.text);
}

#[test]
fn one_proposal_alone_is_tried_too() {
    for (outcome, passes) in [(Passes, true), (DoesNotPass(1), false)] {
        let told = play(&checked(1), &story([vec![Permits], proposes(1, "alone"), vec![outcome]]));
        assert_eq!(told.result.answer, "alone");
        let status = if passes { RunStatus::Succeeded } else { RunStatus::Degraded };
        assert_eq!(told.result.status, status, "{}", told.text);
    }
}

#[test]
fn a_run_that_is_cancelled_ends_when_the_check_has() {
    let proposals = story([proposes(1, "one"), proposes(2, "two")]);
    let told = play(&checked(2), &story([vec![Permits], proposals, vec![Cancels, CannotTry("ended")]]));
    assert_eq!(told.result.status, RunStatus::Cancelled);
    let last = told.score.frames.iter().rev().nth(1).map(|frame| &frame.body);
    assert!(
        matches!(last, Some(FrameBody::StepFinished { step, .. }) if step.as_str() == "lead.check"),
        "{last:?}"
    );
    let told = play(&checked(2), &[Cancels, Refuses("not carried out: the run ends")]);
    assert_eq!((told.result.status, told.score.attempts.len()), (RunStatus::Cancelled, 0));
}

#[test]
fn where_no_proposal_comes_the_check_is_over_with_the_run() {
    use crate::world::story::at;
    use plyrum_engine::FailureClass::Auth;
    let fail = vec![Permits, at(1, Fails(Auth)), at(2, Fails(Auth))];
    let told = play(&checked(2), &story([fail, proposes(3, "direct")]));
    assert_eq!(told.result.answer, "direct");
    assert!(
        told.text.contains("tool.finished c1 stopped: not carried out: no proposal came"),
        "{}",
        told.text
    );
}

#[test]
fn only_what_fits_its_form_is_tried() {
    let spec = RunSpec { form: Some(world::form()), ..checked(2) };
    let proposals = story([proposes(1, "no object"), proposes(2, "{}")]);
    let told = play(
        &spec,
        &story([vec![Permits], proposals, vec![Misses("it is no object"), Fits("{}"), Passes, Fits("{}")]]),
    );
    assert_eq!(
        (told.result.answer.as_str(), told.result.status),
        ("{}", RunStatus::Succeeded),
        "{}",
        told.text
    );
    assert_eq!(told.text.matches("proposal.checked").count(), 1, "{}", told.text);
}

#[test]
fn who_wants_what_is_there_waits_for_no_more_tries() {
    let told =
        with_three(vec![Permits], vec![WantsItNow, DoesNotPass(1), Waits(200), Says("2"), Uses(90, 1), Ends]);
    let checked = told.score.frames.iter().filter(|f| matches!(f.body, FrameBody::ProposalChecked { .. }));
    assert_eq!(checked.count(), 1, "the one that was being tried");
    assert!(was_sent(&told, 4), "a judge chooses");
}
