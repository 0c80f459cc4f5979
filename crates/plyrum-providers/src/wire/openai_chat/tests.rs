//! Golden streams: what servers send (`tests/golden/openai-chat/NAME.{sse,json,html}`) and what we make of it
//! (`NAME.events`, one event a line). `PLYRUM_BLESS=1 cargo test golden` writes the latter anew; read the diff.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::ChatStream;
use crate::wire::{Decode, End, Progress};
use crate::{Channel, Close, ErrorClass, ProviderError, Stop, StreamEvent};

fn golden() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openai-chat");
    let mut streams: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end != "events"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    streams.sort();
    assert!(streams.len() > 40);
    streams
}

/// What a decoder makes of these pieces, ended the way the transport ends it.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, end: End) -> Vec<StreamEvent> {
    let (mut stream, mut events) = (ChatStream::new(), VecDeque::new());
    for piece in pieces {
        match stream.push(piece, &mut events) {
            Ok(Progress::Over) => {
                stream.end(End::Clean, &mut events);
                return events.into();
            }
            Ok(_) => {}
            Err(error) => {
                stream.end(End::Broken(error), &mut events);
                return events.into();
            }
        }
    }
    stream.end(end, &mut events);
    events.into()
}

fn show(events: &[StreamEvent]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            StreamEvent::Opened => writeln!(text, "opened"),
            StreamEvent::Delta { channel: Channel::Answer, text: piece } => {
                writeln!(text, "answer {piece:?}")
            }
            StreamEvent::Delta { channel: Channel::Reasoning, text: piece } => {
                writeln!(text, "reasoning {piece:?}")
            }
            StreamEvent::Delta { channel: Channel::ToolArgs, text: piece } => {
                writeln!(text, "tool {piece:?}")
            }
            StreamEvent::Usage(reported) => {
                let cost = reported.provider_cost.as_deref().unwrap_or("-");
                match &reported.usage {
                    Ok(u) => writeln!(
                        text,
                        "usage input={} cache_read={} cache_write={} output={} reasoning={} cost={cost}",
                        u.input, u.cache_read, u.cache_write_5m, u.output, u.reasoning
                    ),
                    Err(why) => writeln!(text, "usage {why} cost={cost}"),
                }
            }
            StreamEvent::Closed(Close::Finished(stop)) => writeln!(text, "finished {stop:?}"),
            StreamEvent::Closed(Close::Cut { why }) => writeln!(text, "cut: {why}"),
            StreamEvent::Closed(Close::Failed(error)) => writeln!(text, "failed {}: {error}", error.class),
        }
        .unwrap();
    }
    text
}

#[test]
fn golden_streams_give_the_events_written_beside_them() {
    let mut wrong = Vec::new();
    for (path, bytes) in golden() {
        let found = show(&decode([bytes.as_slice()], End::Clean));
        let beside = path.with_extension("events");
        if std::env::var_os("PLYRUM_BLESS").is_some() {
            fs::write(&beside, &found).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n{found}--- expected\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_split_in_two_of_every_golden_stream_gives_the_same_events() {
    for (path, bytes) in golden() {
        let whole = decode([bytes.as_slice()], End::Clean);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(decode([head, tail], End::Clean), whole, "{} split at {at}", path.display());
        }
    }
}

#[test]
fn every_golden_stream_byte_by_byte_gives_the_same_events() {
    for (path, bytes) in golden() {
        assert_eq!(
            decode(bytes.chunks(1), End::Clean),
            decode([bytes.as_slice()], End::Clean),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_golden_stream_cut_anywhere_ends_once_and_loses_or_doubles_no_text() {
    for (path, bytes) in golden() {
        let whole = decode([bytes.as_slice()], End::Clean);
        for at in 0..=bytes.len() {
            let reset = ProviderError::new(ErrorClass::Reset, "connection reset");
            let events = decode([bytes.split_at(at).0], End::Broken(reset));
            let place = format!("{} cut at {at}", path.display());
            let (closed, before) = events.split_last().unwrap();
            assert!(matches!(closed, StreamEvent::Closed(_)), "{place}");
            assert!(!before.iter().any(|event| matches!(event, StreamEvent::Closed(_))), "{place}");
            let deltas: Vec<_> = before.iter().filter(|e| matches!(e, StreamEvent::Delta { .. })).collect();
            let expected: Vec<_> =
                whole.iter().filter(|e| matches!(e, StreamEvent::Delta { .. })).take(deltas.len()).collect();
            assert_eq!(deltas, expected, "{place}");
        }
    }
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
    let (mut stream, mut events) = (ChatStream::new(), VecDeque::new());
    let (rounds, start) = (250_000, std::time::Instant::now());
    for _ in 0..rounds {
        stream.push(bytes.as_bytes(), &mut events).unwrap();
        events.clear();
    }
    println!("{:?} per delta of {} bytes", start.elapsed() / (rounds * 4), bytes.len() / 4);
}

proptest! {
    #[test]
    fn any_bytes_end_in_one_closed(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        let events = decode([head, tail], End::Clean);
        prop_assert_eq!(events.iter().filter(|event| matches!(event, StreamEvent::Closed(_))).count(), 1);
        prop_assert_eq!(&events, &decode([bytes.as_slice()], End::Clean));
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
