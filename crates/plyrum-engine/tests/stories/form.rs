//! An answer that must fit a schema: it fits, it is repaired once, or the run fails with what came.

use super::direct;
use crate::world;
use crate::world::story::{Event::*, Told, budget, check, deadline, hint, hold, play};
use crate::world::tools;
use plyrum_engine::{FailureClass, Request, RunSpec, Speaker, Stop};
use plyrum_protocol::{ApprovalVerdict, AttemptId, ErrorKind, FrameBody, RunStatus};
use serde_json::json;

fn formed() -> RunSpec {
    RunSpec { form: Some(world::form()), ..direct(&["lab/a"]) }
}

fn request(told: &Told, attempt: u32) -> &Request {
    &told.score.requests[&AttemptId::new(format!("ab12.{attempt}")).unwrap()]
}

fn error(told: &Told) -> (ErrorKind, &str) {
    let fault = told.result.error.as_ref().unwrap();
    (fault.kind, fault.message.as_str())
}

const WORDS: &str = "hello\n\nAnswer with JSON alone: one value that fits the JSON Schema below, with no words and \
                     no code fence around it.\n<json-schema>\n{\"type\":\"object\"}\n</json-schema>";

#[test]
fn an_answer_that_fits_is_told_as_data_and_the_schema_is_told_twice() {
    let told = check(
        &formed(),
        &[Says("{}"), Uses(90, 2), Ends, Fits("{}")],
        r#"
        hold.taken 1 for 0.434 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0098 RUB
        step.finished answer ok 0.0098 RUB
        run.finished
        succeeded "{}" 0.0098 RUB
    "#,
    );
    assert_eq!(told.result.structured, Some(json!({})));
    let sent = request(&told, 1);
    assert_eq!(sent.turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>(), [WORDS]);
    assert_eq!(*sent.form.as_ref().unwrap().schema, json!({ "type": "object" }));
    assert!(hold(&told, 1).request_bytes > (WORDS.len() + "{\"type\":\"object\"}".len()) as u64);
}

#[test]
fn a_fence_is_taken_off() {
    let told = play(&formed(), &[Says("```json\n{}\n```"), Ends, Fits("{}")]);
    assert_eq!((told.result.answer.as_str(), told.result.structured), ("{}", Some(json!({}))));
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_again_with_what_is_wrong_with_it() {
    let told = check(
        &formed(),
        &[Says("[]"), Uses(90, 2), Ends, Misses("no object"), Says("{}"), Uses(120, 2), Ends, Fits("{}")],
        r#"
        hold.taken 1 for 0.434 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0098 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4521 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0128 RUB
        step.finished answer ok 0.0226 RUB
        run.finished
        succeeded "{}" 0.0226 RUB
    "#,
    );
    let cause = told.score.frames.iter().find_map(|frame| match &frame.body {
        FrameBody::AttemptRetried { cause, .. } => Some(cause.as_str()),
        _ => None,
    });
    assert_eq!(cause, Some("the answer does not fit the schema: no object"));
    let turns: Vec<(Speaker, &str)> =
        request(&told, 2).turns.iter().map(|turn| (turn.speaker, turn.text.as_str())).collect();
    let repair = "Your answer does not fit the JSON Schema: no object\nAnswer again with JSON alone that fits it. \
                  Keep what was right.";
    assert_eq!(turns, [(Speaker::User, WORDS), (Speaker::Assistant, "[]"), (Speaker::User, repair)]);
    assert_eq!(request(&told, 2).prompt, 0, "the repair is no new prompt");
    assert!(request(&told, 2).form.is_some());
}

#[test]
fn an_answer_that_never_fits_is_kept_and_paid() {
    let told = check(
        &formed(),
        &[
            Says("[]"),
            Uses(90, 2),
            Ends,
            Misses("no object"),
            Says("[1]"),
            Uses(120, 2),
            Ends,
            Misses("a list"),
        ],
        r#"
        hold.taken 1 for 0.434 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0098 RUB
        attempt.retried 1 as 2
        hold.taken 2 for 0.4521 RUB
        attempt.started 2 lab/a, try 2
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0128 RUB
        step.finished answer failed 0.0226 RUB
        run.finished
        failed (schema_not_met: the answer does not fit the schema: a list) "[1]" 0.0226 RUB
    "#,
    );
    assert_eq!(told.result.structured, None);
    assert!(hint(&told).contains("loosen the schema"));
}

#[test]
fn an_answer_that_a_limit_cut_is_repaired_and_one_that_is_whole_all_the_same_is_whole() {
    let cut = [Says("{"), Uses(90, 1000), EndsWith(Stop::Length), Misses("it is not JSON alone")];
    let told = play(&formed(), &[&cut[..], &[Says("{}"), Uses(120, 2), Ends, Fits("{}")]].concat());
    assert_eq!((told.result.status, told.result.answer.as_str()), (RunStatus::Succeeded, "{}"));
    let told = play(&formed(), &[Says("{}"), Uses(90, 1000), EndsWith(Stop::Length), Fits("{}")]);
    assert_eq!((told.result.status, told.result.structured), (RunStatus::Succeeded, Some(json!({}))));
}

#[test]
fn an_answer_that_broke_off_is_a_failure_of_its_own() {
    let told = play(&formed(), &[Says("{"), Breaks]);
    assert_eq!((error(&told).0, told.result.answer.as_str()), (ErrorKind::ProviderUnavailable, "{"));
}

#[test]
fn an_answer_that_nobody_can_check_is_not_asked_for_again() {
    let told = play(&formed(), &[Says("{}"), Uses(90, 2), Ends, CannotTell]);
    assert_eq!(
        error(&told),
        (ErrorKind::SchemaNotMet, "the answer does not fit the schema: it took too long")
    );
    assert_eq!(told.result.attempts.len(), 1);
}

#[test]
fn a_repair_that_the_budget_has_no_room_for_is_not_begun() {
    let told = check(
        &budget(50_000, formed()),
        &[Says("[]"), Uses(90, 20), Ends, Misses("no object")],
        r#"
        hold.taken 1 for 0.05 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.017 RUB
        step.finished answer failed 0.017 RUB
        run.finished
        failed (schema_not_met: the answer does not fit the schema: no object; it was not asked for again: this can cost up to 0.4521 RUB, and 0.033 RUB is left (--max-cost)) "[]" 0.017 RUB
    "#,
    );
    assert_eq!(told.result.attempts.len(), 1);
}

#[test]
fn a_repair_that_the_wallet_refuses_fails_the_run_with_both_reasons() {
    let told = play(&formed(), &[Says("[]"), Uses(90, 2), Ends, HasOnly(1_000), Misses("no object")]);
    let (kind, message) = error(&told);
    assert_eq!(kind, ErrorKind::SchemaNotMet);
    assert!(
        message.starts_with("the answer does not fit the schema: no object; asking again failed: this can"),
        "{message}"
    );
    assert_eq!(told.result.answer, "[]", "the answer that did not fit is kept");
}

#[test]
fn a_repair_is_not_begun_after_the_deadline_and_ends_with_it() {
    let late = [Says("[]"), Uses(90, 2), Ends, Waits(6_000), Misses("no object")];
    let told = play(&deadline(5_000, formed()), &late);
    let why =
        "the answer does not fit the schema: no object; it was not asked for again: the run's time is up";
    assert_eq!(error(&told), (ErrorKind::SchemaNotMet, why), "{}", told.text);
    let slow = [Says("[]"), Uses(90, 2), Ends, Misses("no object"), Says("{"), Waits(6_000)];
    assert_eq!(error(&play(&deadline(5_000, formed()), &slow)).0, ErrorKind::Timeout);
}

#[test]
fn a_run_that_is_cancelled_during_the_repair_keeps_what_it_has() {
    let first = [Says("[]"), Uses(90, 2), Ends];
    let checking = play(&formed(), &[&first[..], &[Cancels]].concat());
    assert_eq!((checking.result.status, checking.result.answer.as_str()), (RunStatus::Cancelled, "[]"));
    let repairing = [&first[..], &[Misses("no object")]].concat();
    for (more, kept) in [(vec![Cancels], "[]"), (vec![Says("{"), Cancels], "{")] {
        let told = play(&formed(), &[&repairing[..], &more].concat());
        assert_eq!((told.result.status, told.result.answer.as_str()), (RunStatus::Cancelled, kept));
        assert_eq!(told.result.structured, None);
    }
}

#[test]
fn a_repair_is_retried_and_falls_back_like_any_request() {
    let first = [Says("[]"), Uses(90, 2), Ends, Misses("no object")];
    let retried = [Fails(FailureClass::Overloaded), WaitsForTheRun, Says("{}"), Uses(9, 2), Ends, Fits("{}")];
    let told = play(&formed(), &[&first[..], &retried].concat());
    assert_eq!((told.result.status, told.result.attempts.len()), (RunStatus::Succeeded, 3), "{}", told.text);
    let told = play(&formed(), &[&first[..], &[Fails(FailureClass::Auth)]].concat());
    let why =
        "the answer does not fit the schema: no object; asking again failed: the provider failed (Auth)";
    assert_eq!((error(&told), told.result.answer.as_str()), ((ErrorKind::SchemaNotMet, why), "[]"));
}

#[test]
fn only_the_answer_after_the_tools_is_looked_at_and_the_repair_may_act_too() {
    let spec = RunSpec { tools: Some(tools(5)), ..formed() };
    let acts =
        |arguments| [Says("I look."), Calls(arguments), Uses(90, 9), EndsWith(Stop::ToolUse), Acts("a b")];
    let misses = [Says("[]"), Uses(90, 2), Ends, Misses("no object")];
    let fits = [Says("{}"), Uses(90, 2), Ends, Fits("{}")];
    let story = [&acts("{\"a\":1}")[..], &misses, &acts("{\"a\":2}"), &fits].concat();
    let told = play(&spec, &story);
    assert_eq!(told.result.status, RunStatus::Succeeded, "{}", told.text);
    let speakers: Vec<Speaker> = request(&told, 4).turns.iter().map(|turn| turn.speaker).collect();
    let (user, model, tool) = (Speaker::User, Speaker::Assistant, Speaker::Tool);
    assert_eq!(speakers, [user, model, tool, model, user, model, tool]);
    assert_eq!(request(&told, 4).turns[3].text, "[]");
}

#[test]
fn a_run_that_is_kept_during_its_repair_goes_on_with_it() {
    let spec = RunSpec { tools: Some(tools(5)), ..formed() };
    let story = [
        Says("[]"),
        Uses(90, 2),
        Ends,
        Misses("no object"),
        Calls("{}"),
        Uses(90, 9),
        EndsWith(Stop::ToolUse),
        Asks,
        Answers(ApprovalVerdict::Approved),
        Acts("a b"),
        Says("[2]"),
        Uses(90, 2),
        Ends,
        Misses("a list"),
    ];
    let told = play(&spec, &story);
    assert_eq!(
        error(&told),
        (ErrorKind::SchemaNotMet, "the answer does not fit the schema: a list"),
        "asked again once"
    );
    assert_eq!(request(&told, 3).turns[1].text, "[]");
    assert!(request(&told, 3).form.is_some());
}
