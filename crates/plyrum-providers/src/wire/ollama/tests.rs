//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use std::collections::VecDeque;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::{MAX_THOUGHTS, Ollama};
use crate::call_ids::CallIds;
use crate::wire::golden::{self, golden, show};
use crate::wire::{Auth, End, Format as _, Progress};
use crate::{Close, ErrorClass, ProviderError, Stop, StreamEvent};

golden!(Ollama, "ollama");

fn shown(stream: &str) -> String {
    show(&golden::decode(&Ollama, [stream.as_bytes()], End::Clean))
}

#[test]
fn a_key_is_a_bearers() {
    assert_eq!(Ollama.auth(), Auth::Bearer);
}

#[test]
fn every_reason_is_an_end() {
    for (reason, end) in [
        (r#","done_reason":"stop""#, "finished EndTurn"),
        (r#","done_reason":"length""#, "finished Length"),
        (r#","done_reason":"load""#, "finished Other(\"load\")"),
        (r#","done_reason":"unload""#, "finished Other(\"unload\")"),
        (r#","done_reason":"moon""#, "finished Other(\"moon\")"),
        (r#","done_reason":"content_filter""#, "finished ContentFilter"),
        (r#","done_reason":"""#, "finished EndTurn"),
        (r#","done_reason":null"#, "finished EndTurn"),
        ("", "finished EndTurn"),
    ] {
        let line = format!("{{\"message\":{{\"content\":\"a\"}},\"done\":true{reason}}}\n");
        assert_eq!(shown(&line), format!("answer \"a\"\n{end}\n"), "{reason}");
    }
}

#[test]
fn calls_are_told_only_where_the_end_cannot_have_cut_them() {
    for (reason, expected) in [
        ("stop", "call call_1 read \"{}\"\nfinished ToolUse\n"),
        ("tool_calls", "call call_1 read \"{}\"\nfinished ToolUse\n"),
        ("length", "finished Length\n"),
        ("load", "finished Other(\"load\")\n"),
    ] {
        let line = format!(
            r#"{{"message":{{"tool_calls":[{{"function":{{"name":"read","arguments":{{}}}}}}]}},"done":true,"done_reason":"{reason}"}}"#
        );
        assert_eq!(shown(&line), format!("tool \"{{}}\"\n{expected}"), "{reason}");
    }
}

#[test]
fn counts_are_told_whole_or_not_at_all() {
    for (content, counts, expected) in [
        ("a", r#","prompt_eval_count":7,"eval_count":2"#, "usage input=7 cache_read=0"),
        ("a", r#","eval_count":2"#, ""),
        ("a", r#","prompt_eval_count":7"#, ""),
        ("", r#","prompt_eval_count":7"#, "usage input=7 cache_read=0 cache_write=0 output=0"),
        (
            "a",
            r#","prompt_eval_count":7,"prompt_eval_cached_count":5,"eval_count":2"#,
            "usage input=7 cache_read=0",
        ),
        ("a", r#","prompt_eval_count":-7,"eval_count":2"#, "usage usage_invalid: prompt_eval_count is `-7`"),
    ] {
        let shown = shown(&format!("{{\"message\":{{\"content\":\"{content}\"}},\"done\":true{counts}}}\n"));
        let usage = shown.lines().find(|line| line.starts_with("usage")).unwrap_or_default();
        assert!(usage.starts_with(expected) && usage.is_empty() == expected.is_empty(), "{counts}: {shown}");
    }
}

#[test]
fn what_is_kept_of_usage_is_as_it_was_sent_without_the_answer() {
    let line = r#"{"message":{"content":"a"},"done":true,"prompt_eval_count":7,"eval_count":"2","eval_duration":10e3}"#;
    let events = golden::decode(&Ollama, [line.as_bytes()], End::Clean);
    let raw = events.iter().find_map(|event| match event {
        StreamEvent::Usage(usage) => Some(usage.raw.as_str()),
        _ => None,
    });
    assert_eq!(raw, Some(r#"{"prompt_eval_count":7,"eval_count":"2","eval_duration":10e3}"#));
}

#[test]
fn thoughts_are_carried_only_with_calls_and_only_whole() {
    let call = r#","tool_calls":[{"function":{"name":"read","arguments":{}}}]"#;
    for (thinking, calls, carried) in [
        ("Hm.".to_owned(), call, true),
        ("Hm.".to_owned(), "", false),
        (String::new(), call, false),
        ("x".repeat(MAX_THOUGHTS), call, true),
        ("x".repeat(MAX_THOUGHTS + 1), call, false),
    ] {
        let shown = shown(&format!("{{\"message\":{{\"thinking\":\"{thinking}\"{calls}}},\"done\":true}}\n"));
        assert_eq!(shown.lines().any(|line| line.starts_with("thought")), carried);
    }
}

#[test]
fn blank_lines_keep_a_connection_alive_and_are_no_progress() {
    let (mut stream, mut events) = (Ollama.decoder(CallIds::default()), VecDeque::new());
    for (bytes, progress) in [
        (&b"\n"[..], Progress::Noise),
        (b"\r\n  \n", Progress::Noise),
        (b"{\"message\":{\"content\":\"\"},\"done\":false}\n", Progress::Noise),
        (b"{\"message\":{\"content\":\"a\"}", Progress::Noise),
        (b"}\n", Progress::Semantic),
        (b"{\"done\":true}\n", Progress::Over),
    ] {
        assert_eq!(stream.push(bytes, &mut events).unwrap(), progress, "{bytes:?}");
    }
}

#[test]
fn a_truncated_body_is_a_cut_after_text_and_a_reset_before() {
    let eof = || End::Truncated(ProviderError::new(ErrorClass::Reset, "ended in the middle"));
    let text = b"{\"message\":{\"content\":\"a\"},\"done\":false}\n";
    let decode = |stream: &[u8]| golden::decode(&Ollama, [stream], eof());
    assert!(matches!(decode(text).last(), Some(StreamEvent::Closed(Close::Cut { .. }))));
    let early = decode(b"\n");
    assert!(
        matches!(early.last(), Some(StreamEvent::Closed(Close::Failed(error))) if error.class == ErrorClass::Reset)
    );
}

#[test]
fn a_last_line_without_an_end_counts_only_if_the_body_ended_well() {
    let line = b"{\"message\":{\"content\":\"a\"},\"done\":true}";
    let events = golden::decode(&Ollama, [line.as_slice()], End::Clean);
    assert_eq!(events.last(), Some(&StreamEvent::Closed(Close::Finished(Stop::EndTurn))));
    let reset = ProviderError::new(ErrorClass::Reset, "connection reset");
    let events = golden::decode(&Ollama, [line.as_slice()], End::Broken(reset));
    assert!(matches!(events.as_slice(), [StreamEvent::Closed(Close::Failed(_))]));
}

#[test]
fn a_huge_line_is_refused() {
    let line = vec![b'x'; 3 * 1024 * 1024];
    let events = golden::decode(&Ollama, line.chunks(4096), End::Clean);
    assert!(show(&events).contains("failed protocol: a line of the answer is over 1 MiB"));
}

#[test]
fn calls_beyond_a_bound_fail_and_say_which() {
    let calls = vec![r#"{"function":{"name":"read","arguments":{}}}"#; 65].join(",");
    let shown = shown(&format!("{{\"message\":{{\"tool_calls\":[{calls}]}},\"done\":true}}\n"));
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
            let call = serde_json::json!({ "function": { "name": name, "arguments": { "a": argument } } });
            let line = serde_json::json!({ "message": { "content": text, "tool_calls": [call] } });
            writeln!(stream, "{line}").unwrap();
        }
        stream.push_str("{\"done\":true}");
        let events = golden::decode(&Ollama, stream.as_bytes().chunks(size), End::Clean);
        let (texts, calls) = golden::said(&events);
        prop_assert_eq!(texts, sent.iter().map(|(text, _, _)| text.as_str()).collect::<String>());
        let arguments = |text: &String| serde_json::json!({ "a": text }).to_string();
        let expected: Vec<_> = sent.iter().map(|(_, name, text)| (name.clone(), arguments(text))).collect();
        prop_assert_eq!(calls, expected);
    }
}
