//! When proposals, or who should make one answer of them, fail.

use super::{blocks, moa, request, story, with_fallback};
use crate::world::story::{Event::*, at, check, proposes};
use plyrum_engine::FailureClass::{Auth, Overloaded, Rejected};
use plyrum_protocol::ErrorKind;

#[test]
fn without_a_proposal_the_question_itself_is_asked() {
    let told = check(
        &moa(3),
        &story([
            vec![at(1, Fails(Auth)), at(2, Fails(Rejected)), at(3, Fails(Auth))],
            proposes(4, "directly"),
        ]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished p-1 failed 0.00 RUB
        attempt.finished 2 failed (provider_rejected), missing 0.00 RUB
        step.finished p-2 failed 0.00 RUB
        attempt.finished 3 failed (auth), missing 0.00 RUB
        step.finished p-3 failed 0.00 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        degraded "directly" 0.0034 RUB
    "#,
    );
    assert_eq!(blocks(request(&told, 4)), [], "nothing but the question");
    assert_eq!(request(&told, 4).turns.len(), 1, "and no policy");
    assert_eq!(told.result.extra_over_direct_micro_rub, None);
    let kinds: Vec<_> = told.result.attempts.iter().map(|a| a.error).collect();
    assert_eq!(
        kinds,
        [Some(ErrorKind::Auth), Some(ErrorKind::ProviderRejected), Some(ErrorKind::Auth), None]
    );
}

#[test]
fn without_a_proposal_and_without_a_rescue_the_reason_is_typed() {
    check(
        &moa(2),
        &[at(1, Fails(Rejected)), at(2, Fails(Rejected)), at(3, Fails(Auth))],
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.finished 1 failed (provider_rejected), missing 0.00 RUB
        step.finished p-1 failed 0.00 RUB
        attempt.finished 2 failed (provider_rejected), missing 0.00 RUB
        step.finished p-2 failed 0.00 RUB
        step.started lead
        attempt.started 3 lab/lead, try 1
        attempt.finished 3 failed (auth), missing 0.00 RUB
        step.finished lead failed 0.00 RUB
        run.finished
        failed (auth: the provider failed (Auth)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_single_proposal_is_the_answer_and_is_marked() {
    let told = check(
        &moa(3),
        &story([vec![at(1, Fails(Auth)), at(3, Fails(Auth))], proposes(2, "the second")]),
        r#"
        hold.taken 1 and 2 and 3 and 4 for 3.6156 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished p-1 failed 0.00 RUB
        attempt.finished 3 failed (auth), missing 0.00 RUB
        step.finished p-3 failed 0.00 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        provisional p-2
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        degraded "the second" 0.0034 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/m2");
}

#[test]
fn a_single_cut_proposal_is_a_cut_answer() {
    check(
        &moa(2),
        &[at(1, Fails(Auth)), at(2, Says("the sec")), at(2, Breaks)],
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.finished 1 failed (auth), missing 0.00 RUB
        step.finished p-1 failed 0.00 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 cut (provider_unavailable), estimated 0.0014 RUB
        step.finished p-2 cut 0.0014 RUB
        step.started lead
        step.finished lead cut 0.00 RUB
        run.finished
        degraded "the sec" 0.0014 RUB
    "#,
    );
}

#[test]
fn where_the_aggregator_fails_the_best_ranked_proposal_stands_in() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(3, "the third"),
            proposes(2, "the second"),
            proposes(1, "the first"),
            vec![at(4, Fails(Auth))],
        ]),
        r#"
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
        provisional p-3
        attempt.opened 2 after 400 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 400 ms (quorum)
        attempt.opened 1 after 400 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        step.started lead
        attempt.started 4 lab/lead, try 1
        attempt.finished 4 failed (auth), missing 0.00 RUB
        step.finished lead ok 0.00 RUB
        run.finished
        degraded "the first" 0.0102 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/m1");
    assert_eq!(told.result.error, None);
}

#[test]
fn an_aggregator_that_breaks_off_in_the_middle_is_replaced() {
    let told = check(
        &moa(2),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Says("all i")), at(3, Breaks)],
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
        attempt.finished 3 cut (provider_unavailable), estimated 0.4605 RUB
        step.finished lead ok 0.4605 RUB
        run.finished
        degraded "the first" 0.4673 RUB
    "#,
    );
    assert_eq!(told.result.answer, "the first");
}

#[test]
fn an_aggregator_is_asked_again_with_the_same_words_before_it_is_replaced() {
    let told = check(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, "the first"),
            proposes(2, "the second"),
            proposes(3, "the third"),
            vec![at(4, Fails(Overloaded)), WaitsForTheRun],
            proposes(5, "all in one"),
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
        attempt.finished 4 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 4 as 5
        hold.taken 5 for 2.4045 RUB
        attempt.started 5 lab/lead, try 2
        attempt.opened 5 after 0 ms
        attempt.finished 5 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0136 RUB
    "#,
    );
    assert_eq!(request(&told, 4), request(&told, 5));
}

#[test]
fn an_aggregator_falls_back_to_another_model() {
    let told = check(
        &with_fallback(moa(2)),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Fails(Auth))],
            proposes(4, "all in one"),
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
        attempt.finished 3 failed (auth), missing 0.00 RUB
        attempt.fallback lab/lead to lab/other
        hold.taken 4 for 1.7853 RUB
        attempt.started 4 lab/other, try 2
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished lead ok 0.0034 RUB
        run.finished
        succeeded "all in one" 0.0102 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/other");
    assert_eq!(user_words(&told, 3), user_words(&told, 4));
}

fn user_words(told: &crate::world::story::Told, attempt: u32) -> &str {
    super::user_text(request(told, attempt))
}

#[test]
fn an_aggregator_without_money_for_a_repeat_is_replaced() {
    check(
        &moa(2),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![at(3, Fails(Overloaded)), HasOnly(100), WaitsForTheRun],
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
        attempt.finished 3 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 3 as 4
        hold.refused 1.7853 of 0.0001 RUB (plyrum balance top-up)
        step.finished lead ok 0.00 RUB
        run.finished
        degraded "the first" 0.0068 RUB
    "#,
    );
}
