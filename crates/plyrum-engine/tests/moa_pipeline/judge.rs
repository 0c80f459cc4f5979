//! Best of n: a judge picks one proposal, and it is the answer as it is.

use super::{blocks, mixture, request, story};
use crate::world::story::{Event::*, Told, at, check, play, proposes};
use plyrum_engine::{FailureClass::Auth, RunSpec};
use plyrum_protocol::{Channel, FrameBody, RunStatus, StepKind};

fn best_of(n: usize) -> RunSpec {
    mixture(n, StepKind::Select)
}

fn judged(words: &str) -> Told {
    let proposals = [1, 2, 3].map(|n| proposes(n, &format!("proposal {n}\nwith its own words")));
    play(&best_of(3), &story([vec![Waits(400)], story(proposals), proposes(4, words)]))
}

#[test]
fn the_chosen_proposal_is_the_answer_unmodified() {
    for (nth, label) in ["A", "B", "C"].into_iter().enumerate() {
        let told = judged(&format!("**{label}**"));
        assert_eq!(told.result.answer, blocks(request(&told, 4))[nth].body, "{label}");
        assert_eq!(told.result.status, RunStatus::Succeeded);
        let number = told.result.answer.chars().nth(9).unwrap();
        assert_eq!(told.result.model, format!("lab/m{number}"));
    }
}

#[test]
fn an_unclear_word_leaves_the_best_ranked_and_is_marked() {
    for words in ["none of them", "B, because A is weak", "D", "I cannot choose"] {
        let told = judged(words);
        assert!(told.result.answer.starts_with("proposal 1"), "{words}: {}", told.result.answer);
        assert_eq!(told.result.status, RunStatus::Degraded, "{words}");
    }
}

#[test]
fn a_judge_that_fails_leaves_the_best_ranked() {
    let told = check(
        &best_of(2),
        &story([proposes(2, "the second"), proposes(1, "the first"), vec![at(3, Fails(Auth))]]),
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        step.started lead
        attempt.started 3 lab/lead, try 1
        attempt.finished 3 failed (auth), missing 0.00 RUB
        step.finished lead ok 0.00 RUB
        run.finished
        degraded "the first" 0.0068 RUB
    "#,
    );
    assert_eq!(told.result.status, RunStatus::Degraded);
}

#[test]
fn the_words_of_a_judge_are_shown_as_reasoning_without_a_gap_and_are_no_answer() {
    let told = play(
        &best_of(2),
        &story([
            proposes(1, "the first"),
            proposes(2, "the second"),
            vec![
                at(3, Thinks("hm, ")),
                at(3, Says("the best ")),
                at(3, Thinks("yes ")),
                at(3, Says("is A")),
                Cancels,
            ],
        ]),
    );
    let shown = told.score.frames.iter().filter_map(|f| match &f.body {
        FrameBody::Delta { step, channel, text, .. } if step.as_str() == "lead" => {
            Some((*channel, text.as_str()))
        }
        _ => None,
    });
    let (channels, texts): (Vec<Channel>, Vec<&str>) = shown.unzip();
    assert_eq!(texts.concat(), "hm, the best yes is A");
    assert!(channels.iter().all(|c| *c == Channel::Reasoning));
    assert_eq!(told.result.answer, "");
}

#[test]
fn without_a_proposal_the_judge_answers_itself_and_is_shown() {
    let told = play(
        &best_of(2),
        &story([vec![at(1, Fails(Auth)), at(2, Fails(Auth))], proposes(3, "B is not a label")]),
    );
    assert_eq!((told.result.answer.as_str(), told.result.status), ("B is not a label", RunStatus::Degraded));
}
