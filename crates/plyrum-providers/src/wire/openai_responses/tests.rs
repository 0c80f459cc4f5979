//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use std::collections::VecDeque;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::OpenAiResponses;
use crate::call_ids::CallIds;
use crate::wire::golden::{golden, show};
use crate::wire::{End, Format as _, Progress};
use crate::{Channel, ChatMessage, ChatRequest, ErrorClass, ProviderError, StreamEvent, ToolCall};

golden!(OpenAiResponses, "openai-responses");

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, end: End) -> Vec<StreamEvent> {
    crate::wire::golden::decode(&OpenAiResponses, pieces, end)
}

fn stream_of(events: &[Value]) -> String {
    events.iter().fold(String::new(), |mut stream, event| {
        write!(stream, "data: {event}\n\n").unwrap();
        stream
    })
}

fn completed(output: &[Value]) -> Value {
    json!({ "type": "response.completed", "response": { "status": "completed", "output": output } })
}

fn call(at: usize, name: &str, arguments: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{at}"), "call_id": format!("c{at}"), "name": name,
        "arguments": arguments })
}

#[test]
fn a_break_after_the_terminal_event_is_never_seen_and_one_before_it_fails() {
    let text = stream_of(&[json!({ "type": "response.output_text.delta", "delta": "a" })]);
    let reset = || End::Broken(ProviderError::new(ErrorClass::Reset, "connection reset"));
    let shown = show(&decode([text.as_bytes()], reset()));
    assert_eq!(shown, "answer \"a\"\nfailed reset: connection reset\n");
    let (mut stream, mut events) = (OpenAiResponses.decoder(CallIds::default()), VecDeque::new());
    let whole = format!("{text}{}", stream_of(&[completed(&[])]));
    assert_eq!(stream.push(whole.as_bytes(), &mut events), Ok(Progress::Over));
}

#[test]
fn events_before_the_first_text_move_nothing() {
    let (mut stream, mut events) = (OpenAiResponses.decoder(CallIds::default()), VecDeque::new());
    for (event, progress) in [
        (json!({ "type": "response.created", "response": { "status": "in_progress" } }), Progress::Noise),
        (
            json!({ "type": "response.output_item.added", "item": { "type": "message", "content": [] } }),
            Progress::Noise,
        ),
        (json!({ "type": "response.output_text.delta", "delta": "" }), Progress::Noise),
        (json!({ "type": "response.output_text.delta", "delta": "a" }), Progress::Semantic),
        (json!({ "type": "response.output_item.added", "item": call(0, "read", "") }), Progress::Semantic),
    ] {
        let pushed = stream.push(stream_of(std::slice::from_ref(&event)).as_bytes(), &mut events);
        assert_eq!(pushed, Ok(progress), "{event}");
    }
}

#[test]
fn calls_beyond_a_bound_fail_and_say_which() {
    let items = |calls: usize| (0..calls).map(|at| call(at, "read", "{}")).collect::<Vec<_>>();
    for (output, words) in [
        (items(64), "finished ToolUse"),
        (items(65), "failed protocol: the model calls more than 64 tools"),
        (vec![call(0, &"n".repeat(129), "{}")], "failed protocol: the name of a tool"),
    ] {
        let stream = stream_of(&[completed(&output)]);
        let shown = show(&decode([stream.as_bytes()], End::Clean));
        assert!(shown.contains(words), "{shown}");
    }
}

#[test]
fn an_id_that_the_conversation_has_is_not_given_again() {
    let message = ChatMessage::calling("", vec![ToolCall::new("c0", "read", "{}")]);
    let request = ChatRequest { messages: vec![message], ..ChatRequest::default() };
    let (mut stream, mut events) = (OpenAiResponses.decoder(CallIds::after(&request)), VecDeque::new());
    let text = stream_of(&[completed(&[call(0, "read", "{}"), call(1, "read", "{}")])]);
    stream.push(text.as_bytes(), &mut events).unwrap();
    stream.end(End::Clean, &mut events);
    let shown = show(events.make_contiguous());
    assert!(shown.contains("call call_2 read") && shown.contains("call c1 read"), "{shown}");
}

proptest! {
    /// Calls as the book has them, their arguments in pieces of any size, the pieces of all mixed, and all of it told
    /// again by items and by the response.
    #[test]
    fn any_calls_arrive_once_and_as_they_were_sent(
        sent in prop::collection::vec(("[a-z_]{1,9}", ".{0,20}"), 1..5),
        size in 1_usize..6,
        bytes in 1_usize..40,
    ) {
        let whole: Vec<Value> = sent.iter().enumerate().map(|(at, (name, text))| call(at, name, text)).collect();
        let begun = sent.iter().enumerate().map(|(at, (name, _))| (at, call(at, name, "")));
        let mut events: Vec<Value> = begun
            .map(|(at, item)| json!({ "type": "response.output_item.added", "output_index": at, "item": item }))
            .collect();
        let letters: Vec<Vec<char>> = sent.iter().map(|(_, text)| text.chars().collect()).collect();
        for round in 0..20 {
            for (at, letters) in letters.iter().enumerate() {
                if let Some(piece) = letters.chunks(size).nth(round) {
                    let delta: String = piece.iter().collect();
                    events.push(json!({ "type": "response.function_call_arguments.delta", "output_index": at,
                        "item_id": format!("fc_{at}"), "delta": delta }));
                }
            }
        }
        let done = whole.iter().enumerate();
        events.extend(done.map(|(at, item)| json!({ "type": "response.output_item.done", "output_index": at, "item": item })));
        events.push(completed(&whole));
        let stream = stream_of(&events);
        let found: Vec<_> = decode(stream.as_bytes().chunks(bytes), End::Clean)
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

    /// Any text in pieces, and again as a part, as an item and with the response, or in the last of these alone.
    #[test]
    fn any_text_arrives_once_and_as_it_was_sent(
        pieces in prop::collection::vec(".{0,20}", 1..8),
        first in 0_usize..4,
        size in 1_usize..40,
    ) {
        let text = pieces.concat();
        let item = json!({ "type": "message", "content": [{ "type": "output_text", "text": text }] });
        let deltas = pieces.iter().map(|piece| json!({ "type": "response.output_text.delta", "delta": piece })).collect();
        let forms: [Vec<Value>; 4] = [
            deltas,
            vec![json!({ "type": "response.output_text.done", "text": text })],
            vec![json!({ "type": "response.output_item.done", "item": item })],
            vec![completed(std::slice::from_ref(&item))],
        ];
        let stream = stream_of(&forms.into_iter().skip(first).flatten().collect::<Vec<_>>());
        let found: String = decode(stream.as_bytes().chunks(size), End::Clean)
            .into_iter()
            .filter_map(|event| match event {
                StreamEvent::Delta { channel: Channel::Answer, text } => Some(text),
                _ => None,
            })
            .collect();
        prop_assert_eq!(found, text);
    }
}
