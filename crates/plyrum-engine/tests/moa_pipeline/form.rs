//! Mixtures whose answer must fit a schema: those who advise are asked as before, and a text that is taken over is
//! looked at like one that was written.

use super::{discrete, mixture, moa, request, story, thrifty};
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

#[test]
fn a_judge_is_asked_as_before_and_writes_the_answer_only_where_what_it_chose_does_not_fit() {
    let spec = formed(mixture(3, StepKind::Select));
    let chooses = vec![Says("B"), Uses(300, 1), Ends];
    let told = play(&spec, &story([three(), chooses.clone(), vec![Fits("2")]]));
    assert!(!is_told(&told, 4));
    assert_eq!(told.result.structured, Some(json!(2)));
    let told = play(&spec, &story([three(), chooses, vec![Misses("not JSON")], FITS.to_vec()]));
    assert!(is_told(&told, 5));
    let turns = &request(&told, 5).turns;
    assert_eq!(
        turns.iter().map(|turn| turn.speaker).collect::<Vec<_>>(),
        [Speaker::User, Speaker::Assistant, Speaker::User]
    );
    assert!(["one", "two", "three"].contains(&turns[1].text.as_str()));
    assert_eq!(
        (told.result.status, told.result.model.as_str()),
        (RunStatus::Succeeded, "lab/lead"),
        "{}",
        told.text
    );
    assert_eq!(told.result.answer, "{}");
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
