//! Mixtures whose answer must fit a schema: those who advise are asked as before, and a text that is taken over is
//! looked at like one that was written.

use super::{blocks, discrete, mixture, moa, request, story, thrifty, was_sent};
use crate::world;
use crate::world::story::{Event, Event::*, Told, at, play, proposes};
use plyrum_engine::{FailureClass::Auth, RunSpec, Speaker};
use plyrum_protocol::{ErrorKind, RunStatus, StepKind};
use serde_json::json;

fn formed(spec: RunSpec) -> RunSpec {
    RunSpec { form: Some(world::form()), ..spec }
}

fn three() -> Vec<Event> {
    [vec![Waits(400)], story([proposes(1, "one"), proposes(2, "two"), proposes(3, "three")])].concat()
}

fn is_told(told: &Told, attempt: u32) -> bool {
    let request = request(told, attempt);
    let in_words = request.turns[request.prompt].text.contains("<json-schema>");
    assert_eq!(request.form.is_some(), in_words, "attempt {attempt}");
    in_words
}

const FITS: [Event; 4] = [Says("{}"), Uses(300, 2), Ends, Fits("{}")];

#[test]
fn only_the_one_who_writes_the_answer_is_told_the_schema() {
    let told = play(&formed(moa(3)), &story([three(), FITS.to_vec()]));
    assert_eq!([1, 2, 3, 4].map(|attempt| is_told(&told, attempt)), [false, false, false, true]);
    assert!(request(&told, 4).turns[1].text.contains("<proposal label"));
    assert!(request(&told, 4).turns[1].text.ends_with("</json-schema>"));
    assert_eq!((told.result.status, told.result.structured), (RunStatus::Succeeded, Some(json!({}))));
}

#[test]
fn an_aggregator_repairs_over_the_same_proposals() {
    let misses = vec![Says("[]"), Uses(300, 2), Ends, Misses("no object")];
    let told = play(&formed(moa(3)), &story([three(), misses, FITS.to_vec()]));
    assert_eq!(request(&told, 5).turns[..2], request(&told, 4).turns[..2], "the beginning is the same");
    assert_eq!(request(&told, 5).turns[2].text, "[]");
    assert_eq!(told.result.status, RunStatus::Succeeded, "{}", told.text);
}

#[test]
fn an_aggregator_whose_repair_fails_leaves_its_answer_and_no_proposal() {
    let misses = vec![Says("[]"), Uses(300, 2), Ends, Misses("no object"), Fails(Auth)];
    let told = play(&formed(moa(3)), &story([three(), misses]));
    assert_eq!(told.result.error.as_ref().unwrap().kind, ErrorKind::SchemaNotMet);
    assert_eq!(told.result.answer, "[]");
}

/// Three proposals, what is found of each, and then the judge.
fn sifted(found: &[Event; 3], judge: Vec<Event>) -> Told {
    let spec = formed(mixture(3, StepKind::Select));
    play(&spec, &story([three(), found.to_vec(), judge]))
}

fn chooses(word: &'static str) -> Vec<Event> {
    vec![Says(word), Uses(300, 1), Ends]
}

#[test]
fn those_who_are_chosen_from_are_told_the_schema_and_the_judge_is_not() {
    let told = sifted(&[Fits("1"), Fits("2"), Fits("3")], [chooses("B"), vec![Fits("2")]].concat());
    assert_eq!([1, 2, 3, 4].map(|attempt| is_told(&told, attempt)), [true, true, true, false]);
    assert_eq!(blocks(request(&told, 4)).len(), 3);
    assert_eq!((told.result.status, told.result.structured), (RunStatus::Succeeded, Some(json!(2))));
}

#[test]
fn what_does_not_fit_is_never_chosen_while_another_fits() {
    let misfits = [Misses("not JSON"), CannotTell];
    for misfit in misfits {
        let found = [misfit, Fits("2"), Fits("3")];
        for judge in [chooses("A"), chooses("B"), chooses("none of them"), vec![Fails(Auth)]] {
            let told = sifted(&found, [judge, vec![Fits("{}")]].concat());
            let shown: Vec<&str> = blocks(request(&told, 4)).iter().map(|block| block.body).collect();
            assert!(shown.len() == 2 && !shown.contains(&"one"), "{shown:?}");
            assert!(["lab/m2", "lab/m3"].contains(&told.result.model.as_str()), "{}", told.text);
            assert_eq!(told.text.matches("proposal.unfit p-1: ").count(), 1, "{}", told.text);
            assert_eq!(told.result.structured, Some(json!({})), "{}", told.text);
        }
    }
}

#[test]
fn the_only_one_that_fits_is_the_answer_and_no_judge_is_asked() {
    let told = sifted(&[Misses("no"), Fits("2"), Misses("no object")], vec![Fits("2")]);
    assert!(!was_sent(&told, 4), "{}", told.text);
    assert!(told.text.contains("quorum.reached 1 of 3 after 400 ms (one_fits)"), "{}", told.text);
    assert_eq!((told.result.status, told.result.model.as_str()), (RunStatus::Succeeded, "lab/m2"));
    assert_eq!(told.result.structured, Some(json!(2)));
}

#[test]
fn where_none_fits_the_judge_chooses_and_writes_the_answer_that_does() {
    let misses = || Misses("not JSON");
    let judge = [chooses("B"), vec![misses()], FITS.to_vec()].concat();
    let told = sifted(&[misses(), misses(), misses()], judge);
    assert!(!told.text.contains("proposal.unfit"), "none is better: {}", told.text);
    assert_eq!(blocks(request(&told, 4)).len(), 3);
    assert!(is_told(&told, 5));
    let turns = &request(&told, 5).turns;
    assert_eq!(
        turns.iter().map(|turn| turn.speaker).collect::<Vec<_>>(),
        [Speaker::User, Speaker::Assistant, Speaker::User]
    );
    assert!(["one", "two", "three"].contains(&turns[1].text.as_str()));
    let (status, model) = (told.result.status, told.result.model.as_str());
    assert_eq!((status, model, told.result.answer.as_str()), (RunStatus::Succeeded, "lab/lead", "{}"));
}

#[test]
fn a_run_is_cancelled_while_its_proposals_are_looked_at() {
    let spec = formed(mixture(3, StepKind::Select));
    let told = play(&spec, &story([three(), vec![Fits("1"), Cancels]]));
    assert_eq!(told.result.status, RunStatus::Cancelled, "{}", told.text);
    assert!(!was_sent(&told, 4));
}

#[test]
fn a_vote_counts_first_and_its_model_brings_the_winner_into_form() {
    let spec = formed(thrifty(discrete(mixture(3, StepKind::Vote))));
    let agree = story([proposes(1, "Answer: 42"), proposes(2, "42")]);
    let told = play(&spec, &story([agree.clone(), vec![Misses("not an object")], FITS.to_vec()]));
    assert_eq!(request(&told, 4).turns[1].text, "Answer: 42");
    assert!(told.text.contains("attempt.fallback lab/m1 to lab/lead"), "{}", told.text);
    assert_eq!(told.result.structured, Some(json!({})));
    let told = play(&spec, &story([agree, vec![Fits("42")]]));
    assert_eq!((told.result.structured, told.result.attempts.len()), (Some(json!(42)), 2));
}

#[test]
fn where_all_proposers_failed_the_question_itself_is_asked_with_the_schema() {
    let failed = (1..=3).map(|n| at(n, Fails(Auth))).collect();
    let told = play(&formed(moa(3)), &story([vec![Waits(400)], failed, FITS.to_vec()]));
    assert!(is_told(&told, 4));
    assert_eq!((told.result.status, told.result.structured), (RunStatus::Degraded, Some(json!({}))));
}
