//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use std::collections::VecDeque;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::OpenAiChat;
use crate::call_ids::CallIds;
use crate::wire::golden::{golden, show};
use crate::wire::{End, Format as _};
use crate::{ChatMessage, ChatRequest, Close, ErrorClass, ProviderError, Stop, StreamEvent, ToolCall};

golden!(OpenAiChat, "openai-chat");

/// What a decoder makes of these pieces.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, end: End) -> Vec<StreamEvent> {
    crate::wire::golden::decode(&OpenAiChat, pieces, end)
}

#[test]
fn a_break_after_the_finish_reason_is_a_finish() {
    let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let reset = ProviderError::new(ErrorClass::Reset, "connection reset");
    let events = decode([stream.as_slice()], End::Broken(reset));
    assert_eq!(events.last(), Some(&StreamEvent::Closed(Close::Finished(Stop::EndTurn))));
}

#[test]
fn a_truncated_body_is_a_cut_after_text_and_a_reset_before() {
    let eof = || End::Truncated(ProviderError::new(ErrorClass::Reset, "ended in the middle"));
    let text = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    assert!(matches!(decode([text.as_slice()], eof()).last(), Some(StreamEvent::Closed(Close::Cut { .. }))));
    let early = decode([b": ping\n\n".as_slice()], eof());
    assert!(
        matches!(early.last(), Some(StreamEvent::Closed(Close::Failed(error))) if error.class == ErrorClass::Reset)
    );
}

/// A stream of these deltas that ends as finished for this reason.
fn stream_of(deltas: &[serde_json::Value], reason: &str) -> Vec<u8> {
    let mut stream = String::new();
    for delta in deltas {
        let chunk = serde_json::json!({ "choices": [{ "index": 0, "delta": delta }] });
        write!(stream, "data: {chunk}\n\n").unwrap();
    }
    let end = serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] });
    write!(stream, "data: {end}\n\ndata: [DONE]\n\n").unwrap();
    stream.into_bytes()
}

/// A delta with one whole call.
fn one_call(index: usize, name: &str, arguments: &str) -> serde_json::Value {
    let function = serde_json::json!({ "name": name, "arguments": arguments });
    serde_json::json!({ "tool_calls": [{ "index": index, "id": format!("c{index}"), "function": function }] })
}

#[test]
fn calls_beyond_a_bound_fail_and_say_which() {
    let many = |calls: usize| (0..calls).map(|at| one_call(at, "read", "{}")).collect::<Vec<_>>();
    let half = format!("\"{}", "x".repeat(512 * 1024 - 1));
    let long_arguments =
        |more: &str| vec![one_call(0, "read", &half), one_call(0, "read", &half), one_call(0, "read", more)];
    let named = |bytes: usize| vec![one_call(0, &"n".repeat(bytes), "{}")];
    let long_id = vec![serde_json::json!({ "tool_calls": [{ "id": "i".repeat(65_537) }] })];
    for (deltas, calls, words) in [
        (many(64), 64, "finished ToolUse"),
        (many(65), 0, "failed protocol: the model calls more than 64 tools"),
        (long_arguments(""), 1, "finished ToolUse"),
        (long_arguments("}"), 0, "failed protocol: the model calls a tool with arguments of over 1 MiB"),
        (named(128), 1, "finished ToolUse"),
        (named(129), 0, "failed protocol: the name of a tool in the model's call has 129 bytes: at most 128"),
        (long_id, 0, "failed protocol: an id in the model's call has 65537 bytes"),
    ] {
        let events = decode([stream_of(&deltas, "tool_calls").as_slice()], End::Clean);
        assert_eq!(events.iter().filter(|e| matches!(e, StreamEvent::Call(_))).count(), calls, "{words}");
        let end = show(events.get(events.len() - 1..).unwrap());
        assert!(end.contains(words), "{end}");
    }
}

#[test]
fn a_call_beyond_a_bound_fails_an_answer_that_had_said_its_end() {
    let mut stream = stream_of(&[one_call(0, "read", "{}")], "tool_calls");
    stream.truncate(stream.len() - "data: [DONE]\n\n".len());
    stream.extend(stream_of(&[one_call(1, &"n".repeat(129), "{}")], "tool_calls"));
    let shown = show(&decode([stream.as_slice()], End::Clean));
    assert!(shown.contains("failed protocol") && !shown.contains("call c0"), "{shown}");
}

#[test]
fn calls_are_told_only_where_the_end_cannot_have_cut_them() {
    for (reason, expected) in [
        ("tool_calls", "tool \"{}\"\ncall c0 read \"{}\"\nfinished ToolUse\n"),
        ("function_call", "tool \"{}\"\ncall c0 read \"{}\"\nfinished ToolUse\n"),
        ("tool_use", "tool \"{}\"\ncall c0 read \"{}\"\nfinished ToolUse\n"),
        ("stop", "tool \"{}\"\ncall c0 read \"{}\"\nfinished ToolUse\n"),
        ("length", "tool \"{}\"\nfinished Length\n"),
        ("content_filter", "tool \"{}\"\nfinished ContentFilter\n"),
        ("moon", "tool \"{}\"\nfinished Other(\"moon\")\n"),
    ] {
        let stream = stream_of(&[one_call(0, "read", "{}")], reason);
        assert_eq!(show(&decode([stream.as_slice()], End::Clean)), expected, "{reason}");
    }
}

#[test]
fn an_id_that_the_conversation_has_is_not_given_again() {
    let message = ChatMessage::calling("", vec![ToolCall::new("c0", "read", "{}")]);
    let request = ChatRequest { messages: vec![message], ..ChatRequest::default() };
    let (mut stream, mut events) = (OpenAiChat.decoder(CallIds::after(&request)), VecDeque::new());
    let deltas = [one_call(0, "read", "{}"), one_call(1, "read", "{}")];
    stream.push(&stream_of(&deltas, "tool_calls"), &mut events).unwrap();
    stream.end(End::Clean, &mut events);
    let shown = show(events.make_contiguous());
    assert!(shown.contains("call call_2 read") && shown.contains("call c1 read"), "{shown}");
}

#[test]
fn a_huge_line_or_body_is_refused() {
    let line = vec![b'x'; 3 * 1024 * 1024];
    let stream = [b"data: ".as_slice(), &line].concat();
    assert!(show(&decode(stream.chunks(4096), End::Clean)).contains("failed protocol: a line"));
    let json = [b"{\"a\":\"".as_slice(), &line, &line, &line].concat();
    assert!(show(&decode(json.chunks(4096), End::Clean)).contains("over 8 MiB"));
}

#[test]
#[ignore = "measures: cargo test -p plyrum-providers --release --lib -- --ignored --nocapture cost_of_a_delta"]
fn cost_of_a_delta() {
    let chunk = r#"{"id":"chatcmpl-BQx3kq7dWn","object":"chat.completion.chunk","created":1760000000,"model":"gpt-x-2026-01-01","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" слово"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3xYz"}"#;
    let bytes = format!("data: {chunk}\n\n").repeat(4);
    let (mut stream, mut events) = (OpenAiChat.decoder(CallIds::default()), VecDeque::new());
    let (rounds, start) = (250_000, std::time::Instant::now());
    for _ in 0..rounds {
        stream.push(bytes.as_bytes(), &mut events).unwrap();
        events.clear();
    }
    println!("{:?} per delta of {} bytes", start.elapsed() / (rounds * 4), bytes.len() / 4);
}

proptest! {
    /// Calls as the book has them, their arguments in pieces of any size and the pieces of all mixed.
    #[test]
    fn any_calls_arrive_as_they_were_sent(
        sent in prop::collection::vec(("[a-z_]{1,9}", ".{0,20}"), 1..5),
        size in 1_usize..6,
        bytes in 1_usize..40,
    ) {
        let mut deltas: Vec<_> =
            sent.iter().enumerate().map(|(at, (name, _))| one_call(at, name, "")).collect();
        let letters: Vec<Vec<char>> = sent.iter().map(|(_, text)| text.chars().collect()).collect();
        for round in 0..20 {
            for (index, letters) in letters.iter().enumerate() {
                if let Some(piece) = letters.chunks(size).nth(round) {
                    let function = serde_json::json!({ "arguments": piece.iter().collect::<String>() });
                    deltas.push(serde_json::json!({ "tool_calls": [{ "index": index, "function": function }] }));
                }
            }
        }
        let stream = stream_of(&deltas, "tool_calls");
        let found: Vec<_> = decode(stream.chunks(bytes), End::Clean)
            .into_iter()
            .filter_map(|event| match event {
                StreamEvent::Call(call) => Some(call),
                _ => None,
            })
            .collect();
        let expected: Vec<_> = sent
            .into_iter()
            .enumerate()
            .map(|(at, (name, text))| ToolCall::new(format!("c{at}"), name, text))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_text_arrives_as_it_was_sent(pieces in prop::collection::vec(".{0,20}", 1..8), size in 1_usize..40) {
        let mut stream = String::new();
        for piece in &pieces {
            let chunk = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": piece } }] });
            write!(stream, "data: {chunk}\n\n").unwrap();
        }
        stream.push_str("data: [DONE]\n\n");
        let text: String = decode(stream.as_bytes().chunks(size), End::Clean)
            .into_iter()
            .filter_map(|event| match event {
                StreamEvent::Delta { text, .. } => Some(text),
                _ => None,
            })
            .collect();
        prop_assert_eq!(text, pieces.concat());
    }
}
