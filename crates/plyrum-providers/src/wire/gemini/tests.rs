//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use std::fmt::Write as _;

use proptest::prelude::*;

use super::Gemini;
use crate::wire::golden::{self, golden, show};
use crate::wire::{Auth, End, Format as _};
use crate::{Close, ErrorClass, ProviderError, Stop, StreamEvent};

golden!(Gemini, "gemini");

/// What is made of chunks with these candidates.
fn shown(candidates: &[&str]) -> String {
    let chunks = candidates.iter().map(|candidate| format!("data: {{\"candidates\":[{candidate}]}}\r\n\r\n"));
    let stream: String = chunks.collect();
    show(&golden::decode(&Gemini, [stream.as_bytes()], End::Clean))
}

#[test]
fn the_key_is_shown_in_a_header_of_its_own() {
    assert_eq!(Gemini.auth(), Auth::Header("x-goog-api-key"));
}

#[test]
fn every_finish_reason_is_an_end() {
    for (reason, end) in [
        ("STOP", "finished EndTurn"),
        ("MAX_TOKENS", "finished Length"),
        ("SAFETY", "finished ContentFilter"),
        ("RECITATION", "finished ContentFilter"),
        ("LANGUAGE", "finished ContentFilter"),
        ("BLOCKLIST", "finished ContentFilter"),
        ("PROHIBITED_CONTENT", "finished ContentFilter"),
        ("SPII", "finished ContentFilter"),
        ("IMAGE_SAFETY", "finished ContentFilter"),
        ("IMAGE_PROHIBITED_CONTENT", "finished ContentFilter"),
        ("IMAGE_RECITATION", "finished ContentFilter"),
        ("MALFORMED_FUNCTION_CALL", "finished Other(\"MALFORMED_FUNCTION_CALL\")"),
        ("UNEXPECTED_TOOL_CALL", "finished Other(\"UNEXPECTED_TOOL_CALL\")"),
        ("TOO_MANY_TOOL_CALLS", "finished Other(\"TOO_MANY_TOOL_CALLS\")"),
        ("MISSING_THOUGHT_SIGNATURE", "finished Other(\"MISSING_THOUGHT_SIGNATURE\")"),
        ("MALFORMED_RESPONSE", "finished Other(\"MALFORMED_RESPONSE\")"),
        ("IMAGE_OTHER", "finished Other(\"IMAGE_OTHER\")"),
        ("NO_IMAGE", "finished Other(\"NO_IMAGE\")"),
        ("OTHER", "finished Other(\"OTHER\")"),
        ("MOON", "finished Other(\"MOON\")"),
        ("FINISH_REASON_UNSPECIFIED", "cut: the stream ended without a finishReason or an error"),
    ] {
        let candidate =
            format!(r#"{{"content":{{"parts":[{{"text":"a"}}]}},"finishReason":"{reason}","index":0}}"#);
        assert_eq!(shown(&[&candidate]), format!("answer \"a\"\n{end}\n"), "{reason}");
    }
}

#[test]
fn calls_are_told_only_where_the_end_cannot_have_cut_them() {
    for (reason, expected) in [
        ("STOP", "call call_1 read \"{}\"\nfinished ToolUse\n"),
        ("MAX_TOKENS", "finished Length\n"),
        ("SAFETY", "finished ContentFilter\n"),
        ("MALFORMED_FUNCTION_CALL", "finished Other(\"MALFORMED_FUNCTION_CALL\")\n"),
    ] {
        let candidate = format!(
            r#"{{"content":{{"parts":[{{"functionCall":{{"name":"read","args":{{}}}}}}]}},"finishReason":"{reason}"}}"#
        );
        assert_eq!(shown(&[&candidate]), format!("tool \"{{}}\"\n{expected}"), "{reason}");
    }
}

#[test]
fn a_signature_says_on_which_call_it_was() {
    let shown = shown(&[
        r#"{"content":{"parts":[{"text":"I look.","thoughtSignature":"dA=="}]}}"#,
        r#"{"content":{"parts":[{"functionCall":{"name":"a"},"thoughtSignature":"YQ=="},{"functionCall":{"name":"b"}}]}}"#,
        r#"{"content":{"parts":[{"functionCall":{"name":"c"},"thoughtSignature":"Yw=="}]},"finishReason":"STOP"}"#,
    ]);
    let thoughts: Vec<&str> = shown.lines().filter(|line| line.starts_with("thought")).collect();
    assert_eq!(
        thoughts,
        [
            r#"thought {"thoughtSignature":"dA=="}"#,
            r#"thought {"call":0,"thoughtSignature":"YQ=="}"#,
            r#"thought {"call":2,"thoughtSignature":"Yw=="}"#,
        ]
    );
}

#[test]
fn calls_of_the_same_id_are_calls_of_their_own() {
    let call = r#"{"functionCall":{"id":"x","name":"read","args":{"a":1}}}"#;
    let candidate = format!(r#"{{"content":{{"parts":[{call},{call}]}},"finishReason":"STOP"}}"#);
    let shown = shown(&[&candidate]);
    let calls: Vec<&str> = shown.lines().filter(|line| line.starts_with("call")).collect();
    assert_eq!(calls, [r#"call x read "{\"a\":1}""#, r#"call call_2 read "{\"a\":1}""#]);
}

#[test]
fn a_break_after_the_finish_reason_is_a_finish() {
    let stream = b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}\n\n";
    let reset = ProviderError::new(ErrorClass::Reset, "connection reset");
    let events = golden::decode(&Gemini, [stream.as_slice()], End::Broken(reset));
    assert_eq!(events.last(), Some(&StreamEvent::Closed(Close::Finished(Stop::EndTurn))));
}

#[test]
fn calls_beyond_a_bound_fail_and_say_which() {
    let parts = vec![r#"{"functionCall":{"name":"read","args":{}}}"#; 65].join(",");
    let shown = shown(&[&format!(r#"{{"content":{{"parts":[{parts}]}},"finishReason":"STOP"}}"#)]);
    assert!(shown.contains("failed protocol: the model calls more than 64 tools"), "{shown}");
}

proptest! {
    /// Texts and calls, however they are mixed and the bytes are cut.
    #[test]
    fn any_answer_arrives_as_it_was_sent(
        sent in prop::collection::vec((".{0,20}", "[a-z_]{1,9}", ".{0,20}"), 1..5),
        size in 1_usize..40,
    ) {
        let mut stream = String::new();
        for (text, name, argument) in &sent {
            let call = serde_json::json!({ "name": name, "args": { "a": argument } });
            let parts = serde_json::json!([{ "text": text }, { "functionCall": call }]);
            let chunk = serde_json::json!({ "candidates": [{ "content": { "parts": parts } }] });
            write!(stream, "data: {chunk}\r\n\r\n").unwrap();
        }
        stream.push_str("data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n");
        let events = golden::decode(&Gemini, stream.as_bytes().chunks(size), End::Clean);
        let (texts, calls) = golden::said(&events);
        prop_assert_eq!(texts, sent.iter().map(|(text, _, _)| text.as_str()).collect::<String>());
        let arguments = |text: &String| serde_json::json!({ "a": text }).to_string();
        let expected: Vec<_> = sent.iter().map(|(_, name, text)| (name.clone(), arguments(text))).collect();
        prop_assert_eq!(calls, expected);
    }
}
