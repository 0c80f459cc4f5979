//! Votes: two are asked first, more only while they disagree.

use super::{discrete, mixture, request, story, thrifty, was_sent};
use crate::world;
use crate::world::story::{Event::*, at, check, play, proposes};
use plyrum_engine::{FailureClass::Auth, RunSpec};
use plyrum_protocol::{RunStatus, StepKind};

fn vote(n: usize) -> RunSpec {
    thrifty(discrete(mixture(n, StepKind::Vote)))
}

#[test]
fn two_that_agree_are_enough_and_the_third_is_never_asked() {
    let told = check(
        &vote(3),
        &story([proposes(1, "So we add.\nAnswer: 42."), proposes(2, "Answer: 42")]),
        r#"
        hold.taken 1 and 2 and 3 for 1.2684 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 0 ms (agreement)
        votes.counted lead: 42 by p-1 + p-2
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        succeeded "So we add.\nAnswer: 42." 0.0068 RUB
    "#,
    );
    assert_eq!(told.result.status, RunStatus::Succeeded);
    assert_eq!(told.result.attempts.len(), 2, "a hold that was given back is no row");
}

#[test]
fn where_two_disagree_one_more_is_asked_at_a_time() {
    let told = check(
        &vote(5),
        &story([proposes(1, "41"), proposes(2, "42"), proposes(3, "43"), proposes(4, "Answer: 42")]),
        r#"
        hold.taken 1 and 2 and 3 and 4 and 5 for 2.114 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 3 after 0 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        step.started p-4
        attempt.started 4 lab/m4, try 1
        attempt.opened 4 after 0 ms
        attempt.finished 4 ok, reported 0.0034 RUB
        step.finished p-4 ok 0.0034 RUB
        quorum.reached 4 of 5 after 0 ms (agreement)
        votes.counted lead: 42 by p-2 + p-4, 41 by p-1, 43 by p-3
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        succeeded "42" 0.0136 RUB
    "#,
    );
    assert!(!was_sent(&told, 5));
    assert_eq!(told.result.answer, "42", "of those that agree the best-ranked");
}

#[test]
fn the_third_is_not_asked_before_the_first_two_are_over() {
    let told = play(&vote(3), &story([proposes(1, "41"), vec![Waits(9_000), Cancels]]));
    assert!(!was_sent(&told, 3));
}

#[test]
fn a_member_that_fails_is_replaced_by_the_next() {
    let told = play(
        &vote(4),
        &story([vec![at(1, Fails(Auth))], proposes(2, "42"), proposes(3, "The answer is 42")]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.attempts.len()), ("42", 3));
    assert_eq!(told.result.status, RunStatus::Degraded, "a member was lost");
}

#[test]
fn the_majority_wins() {
    let fast = discrete(mixture(3, StepKind::Vote));
    let told =
        play(&fast, &story([vec![Waits(400)], proposes(1, "41"), proposes(2, "42"), proposes(3, "42.0")]));
    assert_eq!((told.result.answer.as_str(), told.result.model.as_str()), ("42", "lab/m2"));
}

#[test]
fn a_tie_goes_to_the_best_ranked() {
    let told = play(&vote(3), &story([proposes(2, "42"), proposes(1, "41"), proposes(3, "43")]));
    assert_eq!(told.result.answer, "41");
}

#[test]
fn fast_stops_on_agreement_too() {
    let told = check(
        &discrete(mixture(3, StepKind::Vote)),
        &story([vec![Waits(80)], proposes(3, "42"), vec![at(1, Says("4"))], proposes(2, "42")]),
        r#"
        hold.taken 1 and 2 and 3 for 1.2684 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        step.started p-3
        attempt.started 3 lab/m3, try 1
        attempt.opened 3 after 80 ms
        attempt.finished 3 ok, reported 0.0034 RUB
        step.finished p-3 ok 0.0034 RUB
        attempt.opened 1 after 80 ms
        attempt.opened 2 after 80 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 3 after 80 ms (agreement)
        proposal.late p-1
        votes.counted lead: 42 by p-2 + p-3
        step.started lead
        step.finished lead ok 0.00 RUB
        attempt.finished 1 cancelled (cancelled), estimated 0.007 RUB
        step.cancelled p-1 (late)
        run.finished
        succeeded "42" 0.0138 RUB
    "#,
    );
    assert_eq!(told.result.model, "lab/m2");
}

#[test]
fn who_is_counted_is_told_to_end_with_the_answer_alone_and_nobody_else_is() {
    let last = |spec: &RunSpec| {
        let four = [(1, "41"), (2, "42"), (3, "42"), (4, "42")];
        let asked = spec.steps.iter().filter(|step| step.kind != StepKind::Vote).count();
        let parts = four.into_iter().take(asked).flat_map(|(number, text)| proposes(number, text));
        let told = play(spec, &parts.collect::<Vec<_>>());
        let request = request(&told, 1);
        request.turns[request.prompt].text.clone()
    };
    let question = last(&thrifty(mixture(3, StepKind::Vote)));
    let counted = last(&vote(3));
    assert!(counted.starts_with(&question) && counted.contains("\"Answer:\""), "{counted}");
    assert!(!question.contains("Answer:"), "prose is compared with nothing: {question}");
    let read = last(&thrifty(discrete(mixture(3, StepKind::Aggregate))));
    assert_eq!(read, question, "who reads texts compares them itself");
}

#[test]
fn prose_never_stops_early() {
    let spec = thrifty(mixture(3, StepKind::Vote));
    let same = "The same text, word for word, from all of them.";
    let told = play(&spec, &story([proposes(1, same), proposes(2, same), proposes(3, "Something else.")]));
    assert_eq!(told.result.attempts.len(), 3);
    assert_eq!(told.result.answer, same);
}

#[test]
fn a_vote_of_nobody_asks_the_question_itself() {
    let told = play(
        &vote(3),
        &story([vec![at(1, Fails(Auth)), at(2, Fails(Auth)), at(3, Fails(Auth))], proposes(4, "42")]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.status), ("42", RunStatus::Degraded));
    assert_eq!(told.result.model, "lab/lead");
}

/// A vote between members of whom these qualities are expected, best first.
fn weighed(qualities: &[u32]) -> RunSpec {
    let mut spec = vote(qualities.len());
    let known = (1..).zip(qualities).map(|(n, quality)| world::candidate(&format!("lab/m{n}"), *quality));
    spec.decision.candidates = known.collect();
    spec
}

#[test]
fn a_strong_word_outweighs_two_weak_ones() {
    let said = story([proposes(1, "42"), proposes(2, "41"), proposes(3, "41")]);
    let (strong, near) = (play(&weighed(&[950, 550, 500]), &said), play(&weighed(&[600, 590, 580]), &said));
    assert_eq!((strong.result.answer.as_str(), strong.result.model.as_str()), ("42", "lab/m1"));
    assert_eq!((near.result.answer.as_str(), near.result.model.as_str()), ("41", "lab/m2"));
}

#[test]
fn it_is_over_when_those_who_have_not_spoken_could_not_change_it() {
    let said = story([proposes(1, "42"), proposes(2, "42"), proposes(3, "41")]);
    let told = play(&weighed(&[900, 880, 870, 860, 850]), &said);
    assert!(!was_sent(&told, 3), "two that agree weigh as much as two more who would not");
    let said = [(1, "42"), (2, "41"), (3, "42"), (4, "41"), (5, "41")].map(|(n, text)| proposes(n, text));
    let told = play(&weighed(&[900, 880, 870, 860, 850]), &story(said));
    assert_eq!(told.result.answer, "41", "two against two: the last one decides");
}

#[test]
fn where_one_is_not_known_all_words_count_the_same() {
    let mut spec = weighed(&[950, 550, 500]);
    spec.decision.candidates.pop();
    let said = story([proposes(1, "42"), proposes(2, "41"), proposes(3, "41")]);
    assert_eq!(play(&spec, &said).result.answer, "41");
}
