//! The money of a whole mixture: held at once, made less where it is not there, refused with figures.

use super::{mixture, moa, story, was_sent};
use crate::world;
use crate::world::story::{Event::*, at, budget, check, hint, hold, play, proposes, unpriced};
use plyrum_engine::{FailureClass, Stop};
use plyrum_protocol::{ErrorKind, FrameBody, RunStatus, StepKind};

#[test]
fn all_of_it_is_held_before_anything_is_asked_and_is_the_price_that_was_shown() {
    for kind in [StepKind::Aggregate, StepKind::Select, StepKind::Vote, StepKind::Answer] {
        let told = play(&mixture(3, kind), &[Cancels]);
        let find = |pick: fn(&FrameBody) -> Option<i64>| told.score.frames.iter().find_map(|f| pick(&f.body));
        let held = find(|body| match body {
            FrameBody::HoldTaken { total_micro_rub, .. } => Some(total_micro_rub.get()),
            _ => None,
        });
        let shown = find(|body| match body {
            FrameBody::RunPlanned { price_high_micro_rub, .. } => Some(price_high_micro_rub.get()),
            _ => None,
        });
        assert_eq!(held, shown, "{kind:?}");
        assert_eq!(told.score.batches.len(), 1, "{kind:?}");
    }
}

#[test]
fn a_run_budget_for_two_proposers_drops_the_third() {
    let told = check(
        &budget(2_700_000, moa(3)),
        &story([proposes(1, "the first"), proposes(2, "the second"), proposes(3, "both")]),
        r#"
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 2.70 RUB is left (--max-cost)
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
        succeeded "both" 0.0102 RUB
    "#,
    );
    assert_eq!(told.result.status, RunStatus::Succeeded);
}

#[test]
fn a_run_budget_for_one_answer_asks_directly() {
    let told = check(
        &budget(500_000, moa(3)),
        &proposes(1, "directly"),
        r#"
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 0.50 RUB is left (--max-cost)
        plan.shrunk moa of 2 to direct: this can cost up to 2.5927 RUB, and 0.50 RUB is left (--max-cost)
        hold.taken 1 for 0.4037 RUB
        step.started lead
        attempt.started 1 lab/lead, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "directly" 0.0034 RUB
    "#,
    );
    assert_eq!(told.result.extra_over_direct_micro_rub, None, "there was no mixture");
}

#[test]
fn a_run_budget_for_less_makes_the_direct_answer_shorter() {
    let told = play(
        &budget(30_000, moa(3)),
        &[at(1, Says("short")), at(1, Uses(37, 65)), at(1, EndsWith(Stop::Length))],
    );
    assert_eq!(hold(&told, 1).bound.max_output_tokens, 65);
    assert_eq!(told.result.status, RunStatus::Degraded);
}

#[test]
fn a_run_budget_for_nothing_refuses_with_figures_and_setting() {
    let told = check(
        &budget(10_000, moa(3)),
        &[],
        r#"
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 0.01 RUB is left (--max-cost)
        plan.shrunk moa of 2 to direct: this can cost up to 2.5927 RUB, and 0.01 RUB is left (--max-cost)
        hold.refused 0.4037 of 0.01 RUB (--max-cost)
        step.started lead
        step.finished lead failed 0.00 RUB
        run.finished
        failed (budget: this can cost up to 0.4037 RUB, and 0.01 of 0.01 RUB is left (--max-cost)) "" 0.00 RUB
    "#,
    );
    let fault = told.result.error.as_ref().expect("refused");
    assert_eq!((fault.kind, fault.kind.exit_code()), (ErrorKind::Budget, 6));
    assert_eq!(hint(&told), "raise --max-cost, shorten the prompt, or take a cheaper model");
}

#[test]
fn a_ledger_that_refuses_gets_a_smaller_plan_under_new_numbers() {
    let told = check(
        &moa(3),
        &story([
            vec![HasOnly(2_700_000)],
            proposes(5, "the first"),
            proposes(6, "the second"),
            proposes(7, "both"),
        ]),
        r#"
        hold.refused 3.6156 of 2.70 RUB (plyrum balance top-up)
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 2.70 RUB is left (plyrum balance top-up)
        hold.taken 5 and 6 and 7 for 2.5927 RUB
        step.started p-1
        attempt.started 5 lab/m1, try 1
        step.started p-2
        attempt.started 6 lab/m2, try 1
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 6 after 0 ms
        attempt.finished 6 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        step.started lead
        attempt.started 7 lab/lead, try 1
        attempt.opened 7 after 0 ms
        attempt.finished 7 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "both" 0.0102 RUB
    "#,
    );
    assert!((1..=4).all(|refused| !was_sent(&told, refused)), "a refused id stays refused");
}

#[test]
fn a_wallet_that_others_empty_is_followed_down_to_the_direct_answer() {
    check(
        &moa(4),
        &story([
            vec![HasOnly(3_700_000), LedgerWaits, LedgerAnswersOnce],
            vec![HasOnly(500_000), LedgerGoesOn],
            proposes(10, "directly"),
        ]),
        r#"
        hold.refused 4.6385 of 3.70 RUB (plyrum balance top-up)
        plan.shrunk moa of 4 to moa of 3: this can cost up to 4.6385 RUB, and 3.70 RUB is left (plyrum balance top-up)
        hold.refused 3.6156 of 0.50 RUB (plyrum balance top-up)
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 0.50 RUB is left (plyrum balance top-up)
        plan.shrunk moa of 2 to direct: this can cost up to 3.6156 RUB, and 0.50 RUB is left (plyrum balance top-up)
        hold.taken 10 for 0.4037 RUB
        step.started lead
        attempt.started 10 lab/lead, try 1
        attempt.opened 10 after 0 ms
        attempt.finished 10 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "directly" 0.0034 RUB
    "#,
    );
}

#[test]
fn an_empty_wallet_refuses_the_direct_answer_at_last() {
    let told = check(
        &moa(3),
        &[HasOnly(5_000)],
        r#"
        hold.refused 3.6156 of 0.005 RUB (plyrum balance top-up)
        plan.shrunk moa of 3 to moa of 2: this can cost up to 3.6156 RUB, and 0.005 RUB is left (plyrum balance top-up)
        plan.shrunk moa of 2 to direct: this can cost up to 3.6156 RUB, and 0.005 RUB is left (plyrum balance top-up)
        hold.refused 0.4037 of 0.005 RUB (plyrum balance top-up)
        step.started lead
        step.finished lead failed 0.00 RUB
        run.finished
        failed (balance: this can cost up to 0.4037 RUB, and 0.005 of 0.005 RUB is left (plyrum balance top-up)) "" 0.00 RUB
    "#,
    );
    assert_eq!(told.result.error.as_ref().map(|e| e.kind), Some(ErrorKind::Balance));
}

#[test]
fn a_mixture_of_any_kind_shrinks_to_an_answer_that_is_shown() {
    for kind in [StepKind::Aggregate, StepKind::Select, StepKind::Vote, StepKind::Answer] {
        let told = play(&budget(410_000, mixture(3, kind)), &proposes(1, "directly"));
        assert_eq!(told.result.answer, "directly", "{kind:?}");
        assert_eq!(told.result.status, RunStatus::Degraded, "{kind:?}");
        assert!(told.text.contains("to direct"), "{kind:?}: {}", told.text);
    }
}

#[test]
fn where_the_reader_has_no_price_no_proposal_is_bought() {
    let mut spec = moa(3);
    spec.steps[3].models = vec![world::model("lab/lead-unpriced")];
    let told = play(&spec, &[]);
    assert_eq!(told.result.error.as_ref().map(|e| e.kind), Some(ErrorKind::PriceUnknown));
    assert_eq!(told.score.attempts.len(), 0);
}

#[test]
fn a_proposer_without_a_price_is_left_out_and_listed() {
    let mut spec = moa(3);
    spec.steps[1].models = vec![world::model("lab/m2-unpriced")];
    let told = play(&spec, &story([proposes(1, "the first"), proposes(2, "the third"), proposes(3, "both")]));
    assert_eq!((told.result.answer.as_str(), told.result.status), ("both", RunStatus::Succeeded));
    let why = "plan.shrunk moa of 3 to moa of 2: lab/m2-unpriced is left out: its price is not known";
    assert!(told.text.contains(why), "{}", told.text);
}

#[test]
fn a_ledgers_limit_leaves_out_the_proposer_that_it_cannot_hold_and_no_other() {
    let mut spec = unpriced(moa(3));
    spec.steps[0].models = vec![world::model("lab/m1-unpriced")];
    let told = check(
        &spec,
        &story([vec![HasALimit], proposes(5, "the second"), proposes(6, "the third"), proposes(7, "both")]),
        r#"
        plan.shrunk moa of 3 to moa of 2: lab/m1-unpriced is left out: its price is not known
        hold.taken 5 and 6 and 7 for 2.5927 RUB
        step.started p-2
        attempt.started 5 lab/m2, try 1
        step.started p-3
        attempt.started 6 lab/m3, try 1
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        provisional p-2
        attempt.opened 6 after 0 ms
        attempt.finished 6 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started lead
        attempt.started 7 lab/lead, try 1
        attempt.opened 7 after 0 ms
        attempt.finished 7 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "both" 0.0102 RUB
    "#,
    );
    assert!(!was_sent(&told, 1), "nothing of it was asked");
}

#[test]
fn under_a_ledgers_limit_no_proposal_is_bought_for_a_reader_that_cannot_be_held() {
    let mut spec = unpriced(moa(2));
    spec.steps[2].models = vec![world::model("lab/lead-unpriced")];
    let told = play(&spec, &[HasALimit]);
    assert_eq!(told.result.error.as_ref().map(|e| e.kind), Some(ErrorKind::PriceUnknown));
    assert!(!told.text.contains("attempt.started") && !told.text.contains("hold.refused"), "{}", told.text);
}

#[test]
fn what_an_unknown_cost_is_part_of_is_no_difference() {
    let mut spec = unpriced(moa(2));
    spec.steps[0].models = vec![world::model("lab/m1-unpriced")];
    let told =
        play(&spec, &story([proposes(1, "the first"), proposes(2, "the second"), proposes(3, "both")]));
    assert_eq!((told.result.unpriced, told.result.extra_over_direct_micro_rub), (1, None));
}

#[test]
fn where_no_proposer_has_a_price_the_question_itself_is_asked() {
    for kind in [StepKind::Aggregate, StepKind::Select, StepKind::Vote, StepKind::Answer] {
        let mut spec = mixture(2, kind);
        spec.steps[0].models = vec![world::model("lab/m1-unpriced")];
        spec.steps[1].models = vec![world::model("lab/m2-unpriced")];
        let told = play(&spec, &proposes(1, "directly"));
        assert_eq!(told.result.answer, "directly", "{kind:?}");
    }
}

#[test]
fn a_reader_without_room_gets_fewer_proposals() {
    let mut spec = moa(4);
    spec.steps[4].models[0].context_tokens = 2_000; // 1 000 of them for its answer, about 450 for the rules
    let told = play(
        &spec,
        &story([vec![Waits(400)], story([1, 2, 3, 4].map(|n| proposes(n, &format!("proposal {n}"))))]),
    );
    assert!(told.text.contains("plan.shrunk moa of 4 to moa of 3: the context of lab/lead"), "{}", told.text);
}

#[test]
fn a_repeat_that_the_budget_does_not_cover_is_shorter() {
    let told = play(
        &budget(2_593_000, moa(2)),
        &story([
            vec![at(1, Uses(30, 0)), at(1, Fails(FailureClass::Overloaded)), WaitsForTheRun],
            proposes(2, "the second"),
            proposes(5, "the first"),
            proposes(3, "both"),
        ]),
    );
    assert_eq!(told.result.answer, "both");
    assert!(hold(&told, 5).bound.max_output_tokens < 1_000, "{}", told.text);
}
