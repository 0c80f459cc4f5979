//! Best of n: a judge picks one proposal, and it is the answer as it is.

use super::{blocks, mixture, request, story};
use crate::world::story::{Event::*, Told, at, check, play, proposes};
use plyrum_engine::{Attachment, FailureClass::Auth, RunSpec};
use plyrum_protocol::{Channel, FrameBody, Intent, OutputKind, RunStatus, StepKind};

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

/// Best of three, where a judge may only choose what can be used as it is.
fn structured(intent: Intent, proposals: [&'static str; 3], judge: &'static str) -> Told {
    let mut spec = best_of(3);
    (spec.decision.output_kind, spec.decision.intent) = (OutputKind::Structured, intent);
    let [one, two, three] = proposals;
    let come = story([proposes(1, one), proposes(2, two), proposes(3, three)]);
    play(&spec, &story([vec![Waits(400)], come, proposes(4, judge)]))
}

#[test]
fn what_does_not_parse_is_never_chosen_while_another_does() {
    const DIFF: &str = "```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n```";
    let cases = [
        (Intent::Unknown, ["{\"a\": 1", "{\"a\": 1}", "{\"a\": 2}"]),
        (Intent::Unknown, ["```json\n{'a': 1}\n```", "```json\n{\"a\": 1}\n```", "{\"a\": 2}"]),
        (
            Intent::CodeWrite,
            ["```diff\n--- a/x\n+++ b/x\n@@ -1,3 +1 @@\n-old\n+new\n```", DIFF, "Change `old` to new."],
        ),
        (Intent::Shell, ["find . -name '*.rs | wc -l", "find . -name '*.rs' | wc -l", "ls -R | grep -c rs"]),
        (Intent::Shell, ["```sh\nls |\n```", "```sh\nls | wc -l\n```", "ls | wc"]),
    ];
    for (intent, proposals) in cases {
        for judge in ["A", "B", "C", "I cannot choose"] {
            let told = structured(intent, proposals, judge);
            let shown: Vec<&str> = blocks(request(&told, 4)).iter().map(|block| block.body).collect();
            assert!(shown.len() == 2 && !shown.contains(&proposals[0]), "{shown:?}");
            assert!(
                proposals[1..].contains(&told.result.answer.as_str()),
                "{judge}: unmodified: {}",
                told.text
            );
            assert!(told.text.contains("proposal.unfit p-1: "), "{}", told.text);
        }
    }
}

#[test]
fn where_nothing_parses_or_all_of_it_does_the_judge_chooses_from_all() {
    for proposals in [["{\"a\"", "{\"b\"", "{\"c\""], ["{\"a\": 1}", "{\"a\": 2}", "{\"a\": 3}"]] {
        let told = structured(Intent::Unknown, proposals, "A");
        assert_eq!(blocks(request(&told, 4)).len(), 3);
        assert!(!told.text.contains("proposal.unfit"), "{}", told.text);
        assert_eq!(told.result.status, RunStatus::Succeeded);
    }
}

#[test]
fn a_diff_that_does_not_apply_to_the_file_that_came_along_is_left_out() {
    const STALE: &str = "--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-gone\n+new\n";
    const FRESH: &str = "--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-old\n+new\n";
    let mut spec = best_of(2);
    spec.decision.output_kind = OutputKind::Structured;
    spec.conversation.attachments = vec![Attachment { name: "x.txt".into(), text: "old\nmore\n".into() }];
    let told = play(&spec, &story([proposes(1, STALE), proposes(2, FRESH)]));
    assert_eq!(
        (told.result.answer.as_str(), told.result.status),
        (FRESH, RunStatus::Succeeded),
        "{}",
        told.text
    );
    assert!(told.text.contains("proposal.unfit p-1: the diff does not apply"), "{}", told.text);
}
