//! A model that calls tools: its turns, their money, and what ends them.

use super::direct;
use crate::world::story::{Event::*, check, play};
use crate::world::tools;
use plyrum_engine::{RunSpec, Speaker, Stop};
use plyrum_protocol::{ApprovalVerdict, AttemptId};

fn acting(max_turns: u32) -> RunSpec {
    let mut spec = direct(&["lab/a"]);
    spec.tools = Some(tools(max_turns));
    spec
}

const LS: &str = r#"{"argv":["ls"]}"#;
const CAT: &str = r#"{"argv":["cat","a"]}"#;

#[test]
fn calls_are_carried_out_in_order_and_the_model_is_asked_again_with_what_came_of_them() {
    let story = [
        Says("I look."),
        Calls(LS),
        Calls(CAT),
        Uses(90, 10),
        EndsWith(Stop::ToolUse),
        Acts("a b"),
        Acts("content"),
        Says("Two files."),
        Uses(120, 3),
        Ends,
    ];
    let told = check(
        &acting(5),
        &story,
        r#"
        hold.taken 1 for 0.4158 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.013 RUB
        step.started answer.tools-1
        tool.finished c1 ok: a b
        tool.finished c2 ok: content
        step.finished answer.tools-1 ok 0.00 RUB
        hold.taken 2 for 0.4714 RUB
        attempt.started 2 lab/a, try 1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0132 RUB
        step.finished answer ok 0.0262 RUB
        run.finished
        succeeded "Two files." 0.0262 RUB
    "#,
    );
    let request = &told.score.requests[&AttemptId::new("ab12.2").unwrap()];
    let turns: Vec<(Speaker, &str, usize)> =
        request.turns.iter().map(|turn| (turn.speaker, turn.text.as_str(), turn.calls.len())).collect();
    let expected = [
        (Speaker::User, "hello", 0),
        (Speaker::Assistant, "I look.", 2),
        (Speaker::Tool, "a b", 0),
        (Speaker::Tool, "content", 0),
    ];
    assert_eq!(turns, expected);
}

#[test]
fn a_model_that_never_stops_calling_is_stopped() {
    let mut story = Vec::new();
    for arguments in ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"] {
        story.extend([Calls(arguments), Uses(9, 9), EndsWith(Stop::ToolUse), Acts("done")]);
    }
    story.truncate(story.len() - 1);
    let told = play(&acting(2), &story);
    assert!(told.text.contains("(turn_limit: the model called tools in 2 turns"), "{}", told.text);
}

#[test]
fn the_same_call_a_third_time_is_refused_and_a_fourth_ends_the_run() {
    let one = [Calls(LS), Uses(9, 9), EndsWith(Stop::ToolUse)];
    let mut story = Vec::new();
    for _ in 0..2 {
        story.extend(one.clone());
        story.push(Acts("a b"));
    }
    story.extend(one.clone());
    let mut talks = story.clone();
    talks.extend([Says("I see."), Uses(9, 9), Ends]);
    let told = play(&acting(9), &talks);
    assert!(
        told.text.contains("tool.finished c3 invalid: not carried out: this is the third time"),
        "{}",
        told.text
    );
    assert!(told.text.contains("succeeded \"I see.\""), "{}", told.text);
    story.extend(one);
    let told = play(&acting(9), &story);
    assert!(told.text.contains("failed (failed: the model calls `run` again and again"), "{}", told.text);
}

#[test]
fn a_change_in_between_makes_the_same_call_another_one() {
    let mut story = Vec::new();
    for turn in 0..6 {
        story.extend([Calls(LS), Uses(9, 9), EndsWith(Stop::ToolUse), Acts("tests failed")]);
        let arguments = ["{\"w\":0}", "{\"w\":1}", "{\"w\":2}", "{\"w\":3}", "{\"w\":4}", "{\"w\":5}"][turn];
        story.extend([Calls(arguments), Uses(9, 9), EndsWith(Stop::ToolUse), Changes("written")]);
    }
    story.extend([Says("Done."), Uses(9, 9), Ends]);
    let told = play(&acting(20), &story);
    assert!(told.text.contains("succeeded") && !told.text.contains("third time"), "{}", told.text);
}

#[test]
fn a_call_that_does_not_fit_is_told_once() {
    let call = [Calls("{"), Uses(9, 9), EndsWith(Stop::ToolUse), DoesNotFit];
    let mut story = call.to_vec();
    story.extend([Calls(LS), Uses(9, 9), EndsWith(Stop::ToolUse), Acts("a")]);
    story.extend([Says("Well."), Uses(9, 9), Ends]);
    let told = play(&acting(9), &story);
    assert!(told.text.contains("tool.finished c1 invalid: `argv` is missing"), "{}", told.text);
    assert!(told.text.contains("succeeded"), "{}", told.text);
    let twice: Vec<_> = call.iter().chain(&call).cloned().collect();
    let told = play(&acting(9), &twice);
    assert!(told.text.contains("failed (failed: the model does not manage to call a tool"), "{}", told.text);
}

#[test]
fn a_run_that_waits_for_a_person_goes_on_in_another_daemon() {
    let story = [
        Says("I list."),
        Calls(LS),
        Uses(90, 10),
        EndsWith(Stop::ToolUse),
        Asks,
        Answers(ApprovalVerdict::Approved),
        Acts("a b"),
        Says("Two."),
        Uses(120, 3),
        Ends,
    ];
    let told = play(&acting(5), &story);
    assert!(
        told.text.contains("approval.requested\napproval.resolved approved\ntool.finished c1 ok"),
        "{}",
        told.text
    );
    assert!(told.text.ends_with("succeeded \"Two.\" 0.0262 RUB"), "{}", told.text);
}

#[test]
fn a_person_may_end_the_run_with_a_no() {
    let story = [Says("I list."), Calls(LS), Uses(90, 10), EndsWith(Stop::ToolUse), Asks, EndsTheRun];
    let told = play(&acting(5), &story);
    assert!(told.text.contains("step.cancelled answer (approval_denied)"), "{}", told.text);
    assert!(
        told.text.contains("failed (approval_denied: a person ended the run) \"I list.\""),
        "{}",
        told.text
    );
}

#[test]
fn a_cancelled_run_waits_for_the_end_of_its_action() {
    let story = [Calls(LS), Uses(90, 10), EndsWith(Stop::ToolUse), Cancels, Acts("stopped")];
    let told = play(&acting(5), &story);
    assert!(
        told.text.contains("tool.finished c1 ok: stopped\nstep.finished answer.tools-1 cut"),
        "{}",
        told.text
    );
    assert!(told.text.contains("cancelled"), "{}", told.text);
}

#[test]
fn a_model_that_was_offered_nothing_does_not_act() {
    let story = [Calls(LS), Uses(9, 9), EndsWith(Stop::ToolUse)];
    let told = play(&direct(&["lab/a"]), &story);
    assert!(told.text.contains("called a tool that it was not offered"), "{}", told.text);
}
