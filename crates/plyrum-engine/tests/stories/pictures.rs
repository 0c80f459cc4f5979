//! Pictures: who is shown them, what is held for them, and what follows where nobody knows what they come to.

use super::direct;
use crate::world::story::{Event::*, Told, budget, hint, hold, play};
use plyrum_engine::{FailureClass, Picture, Request, RunSpec};
use plyrum_protocol::{AttemptId, ErrorKind, FrameBody, MediaType, PictureMark};
use std::sync::Arc;

fn picture(name: &str) -> Picture {
    let mark =
        PictureMark { name: name.to_owned(), media_type: MediaType::Png, bytes: 4, sha256: "ab".to_owned() };
    Picture { mark, data: Arc::from([1, 2, 3, 4].as_slice()) }
}

/// What a model does with pictures.
#[derive(Clone, Copy)]
enum Sight {
    None,
    /// Most tokens of a picture, where that is known.
    Sees(Option<u64>),
}

const BLIND: Sight = Sight::None;
const KNOWN: Sight = Sight::Sees(Some(700));
const UNBOUNDED: Sight = Sight::Sees(None);

/// `lab/a` and its fallback `lab/b`, asked about two pictures.
fn shown(a: Sight, b: Sight) -> RunSpec {
    let mut spec = direct(&["lab/a", "lab/b"]);
    for (model, sees) in spec.steps[0].models.iter_mut().zip([a, b]) {
        (model.images, model.image_tokens) = match sees {
            Sight::None => (false, None),
            Sight::Sees(tokens) => (true, tokens),
        };
    }
    spec.conversation.pictures = vec![picture("one.png"), picture("two.png")];
    spec
}

fn request(told: &Told, attempt: u32) -> &Request {
    &told.score.requests[&AttemptId::new(format!("ab12.{attempt}")).unwrap()]
}

fn pictures(request: &Request) -> usize {
    request.turns.iter().map(|turn| turn.pictures.len()).sum()
}

#[test]
fn the_hold_has_as_many_tokens_as_the_pictures_can_come_to_and_the_estimate_too() {
    let with = play(&shown(KNOWN, BLIND), &[Says("ok"), Ends]);
    let mut blind = shown(BLIND, BLIND);
    let without = play(&blind, &[Says("ok"), Ends]);
    let tokens = |told: &Told| hold(told, 1).bound.input_tokens;
    assert_eq!(tokens(&with) - tokens(&without), 2 * 700);
    assert_eq!(hold(&with, 1).request_bytes - hold(&without, 1).request_bytes, 2 * 700 * 3);
    assert_eq!(request(&with, 1).estimated_bytes(), hold(&with, 1).request_bytes);
    assert_eq!((pictures(request(&with, 1)), pictures(request(&without, 1))), (2, 0));
    assert_eq!(request(&with, 1).turns[0].text, request(&without, 1).turns[0].text, "told in words to both");
    blind.conversation.pictures.clear();
    assert!(tokens(&without) > tokens(&play(&blind, &[Says("ok"), Ends])));
}

#[test]
fn a_hold_without_a_bound_says_so_unless_no_picture_is_shown() {
    let is_bounded = |spec: &RunSpec| hold(&play(spec, &[Says("ok"), Ends]), 1).is_bounded;
    assert!(!is_bounded(&shown(UNBOUNDED, BLIND)));
    assert!(is_bounded(&shown(KNOWN, BLIND)));
    assert!(is_bounded(&shown(BLIND, BLIND)));
    assert!(is_bounded(&direct(&["lab/a"])));
}

#[test]
fn a_fallback_is_shown_the_same_pictures_unless_it_takes_none() {
    let falls = [Fails(FailureClass::Quota), Says("ok"), Ends];
    let seeing = play(&shown(KNOWN, KNOWN), &falls);
    let (first, second) = (request(&seeing, 1), request(&seeing, 2));
    assert_eq!((first.turns.len(), pictures(first), pictures(second)), (second.turns.len(), 2, 2));
    assert!(Arc::ptr_eq(&first.turns[0].pictures[0].data, &second.turns[0].pictures[0].data), "not copied");
    let blind = play(&shown(KNOWN, BLIND), &falls);
    assert_eq!(pictures(request(&blind, 2)), 0);
}

#[test]
fn under_a_limit_a_fallback_without_a_bound_is_not_asked_and_the_first_failure_stays() {
    let spec = shown(KNOWN, UNBOUNDED);
    let own = play(&budget(5_000_000, spec.clone()), &[Fails(FailureClass::Quota)]);
    let ledgers = play(&spec, &[HasALimit, Fails(FailureClass::Quota)]);
    for told in [own, ledgers] {
        let kind = told.result.error.as_ref().map(|fault| fault.kind);
        assert_eq!(kind, Some(ErrorKind::ProviderQuota), "{}", told.text);
        assert!(
            hint(&told).contains("lab/b stands in, but what it costs at most is not known"),
            "{}",
            told.text
        );
    }
    let without = play(&spec, &[Fails(FailureClass::Quota), Says("ok"), Ends]);
    assert_eq!(without.result.model, "lab/b");
}

#[test]
fn pictures_that_do_not_fit_the_context_are_no_request() {
    let told = play(&shown(Sight::Sees(Some(60_000)), BLIND), &[]);
    let fault = told.result.error.unwrap();
    assert!(fault.message.contains("pictures: 2"), "{fault}");
}

#[test]
fn what_was_sent_is_on_record_without_its_bytes() {
    let (_, effects) = crate::world::start(shown(KNOWN, BLIND));
    let accepted = effects.iter().find_map(|effect| match effect {
        plyrum_engine::Effect::Emit(frame) => match &frame.body {
            FrameBody::RunAccepted { pictures, .. } => Some(pictures.clone()),
            _ => None,
        },
        _ => None,
    });
    let names: Vec<String> = accepted.unwrap().into_iter().map(|mark| mark.name).collect();
    assert_eq!(names, ["one.png", "two.png"]);
}
