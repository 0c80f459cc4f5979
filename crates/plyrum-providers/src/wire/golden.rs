//! Golden streams of every wire: what servers send (`tests/golden/WIRE/NAME.{sse,ndjson,json,html}`) and what we make of it
//! (`NAME.events`, one event a line). `PLYRUM_BLESS=1 cargo test golden` writes the latter anew; read the diff.
//!
//! [`golden`] gives a wire all tests that hold for every wire; its own are beside it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{End, Format, Progress};
use crate::call_ids::CallIds;
use crate::{Channel, Close, ErrorClass, ProviderError, Stop, StreamEvent};

/// The tests that every wire has, over its golden streams and over any bytes.
macro_rules! golden {
    ($format:expr, $wire:literal) => {
        mod golden_streams {
            use super::*;
            use $crate::wire::golden;

            #[test]
            fn give_the_events_written_beside_them() {
                golden::give_their_events(&$format, $wire);
            }

            #[test]
            fn give_the_same_events_however_they_are_split_in_two() {
                golden::may_be_split(&$format, $wire);
            }

            #[test]
            fn give_the_same_events_byte_by_byte() {
                golden::may_come_byte_by_byte(&$format, $wire);
            }

            #[test]
            fn cut_anywhere_end_once_and_lose_or_double_no_text() {
                golden::may_be_cut(&$format, $wire);
            }

            mod fuzz {
                use super::*;

                ::proptest::proptest! {
                    #![proptest_config($crate::fuzz::config())]

                    #[test]
                    fn any_bytes_end_once(
                        bytes in ::proptest::collection::vec(::proptest::prelude::any::<u8>(), 0..200),
                        cut in 0_usize..200,
                    ) {
                        golden::ends_once(&$format, &bytes, cut);
                    }

                    /// A golden stream with some of its bytes changed: nearer to what a server may send than any bytes.
                    #[test]
                    fn spoilt_streams_end_once(
                        nth in 0_usize..1000,
                        changes in ::proptest::collection::vec(
                            (0_usize..100_000, ::proptest::prelude::any::<u8>()), 1..4
                        ),
                        cut in 0_usize..100_000,
                    ) {
                        golden::spoilt_ends_once(&$format, $wire, nth, &changes, cut);
                    }

                    /// The body of an error status is no stream; whatever it is, it comes to one short line.
                    #[test]
                    fn any_refusal_has_a_class_and_a_short_message(
                        status in 300_u16..=599,
                        nth in 0_usize..1000,
                        changes in ::proptest::collection::vec(
                            (0_usize..100_000, ::proptest::prelude::any::<u8>()), 0..4
                        ),
                        any in ".{0,80}",
                    ) {
                        golden::refuses_in_short(&$format, status, &any);
                        let spoilt = golden::spoilt($wire, nth, &changes);
                        golden::refuses_in_short(&$format, status, &String::from_utf8(spoilt).unwrap_or_default());
                    }
                }
            }
        }
    };
}
pub(super) use golden;

/// A stream, and the file that it is from.
type Golden = (PathBuf, Vec<u8>);

/// The streams of a wire, read once: long runs want one for each case.
pub(super) fn streams(wire: &str) -> Arc<[Golden]> {
    static READ: Mutex<BTreeMap<String, Arc<[Golden]>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(read.entry(wire.to_owned()).or_insert_with(|| files(wire).into()))
}

fn files(wire: &str) -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(wire);
    let mut streams: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end != "events"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    streams.sort();
    assert!(streams.len() > 15, "{wire} has {} golden streams", streams.len());
    streams
}

/// What a decoder makes of these pieces, ended the way the transport ends it.
pub(super) fn decode<'a>(
    format: &dyn Format,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    end: End,
) -> Vec<StreamEvent> {
    let (mut stream, mut events) = (format.decoder(CallIds::default()), VecDeque::new());
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

fn reset() -> End {
    End::Broken(ProviderError::new(ErrorClass::Reset, "connection reset"))
}

pub(super) fn give_their_events(format: &dyn Format, wire: &str) {
    let mut wrong = Vec::new();
    for (path, bytes) in streams(wire).iter() {
        let found = show(&decode(format, [bytes.as_slice()], End::Clean));
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

pub(super) fn may_be_split(format: &dyn Format, wire: &str) {
    for (path, bytes) in streams(wire).iter() {
        let whole = decode(format, [bytes.as_slice()], End::Clean);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(decode(format, [head, tail], End::Clean), whole, "{} split at {at}", path.display());
        }
    }
}

pub(super) fn may_come_byte_by_byte(format: &dyn Format, wire: &str) {
    for (path, bytes) in streams(wire).iter() {
        let whole = decode(format, [bytes.as_slice()], End::Clean);
        assert_eq!(decode(format, bytes.chunks(1), End::Clean), whole, "{}", path.display());
    }
}

pub(super) fn may_be_cut(format: &dyn Format, wire: &str) {
    for (path, bytes) in streams(wire).iter() {
        let whole = decode(format, [bytes.as_slice()], End::Clean);
        for at in 0..=bytes.len() {
            let events = decode(format, [bytes.split_at(at).0], reset());
            let place = format!("{} cut at {at}", path.display());
            let (closed, before) = events.split_last().unwrap();
            assert!(matches!(closed, StreamEvent::Closed(_)), "{place}");
            assert!(!before.iter().any(|event| matches!(event, StreamEvent::Closed(_))), "{place}");
            let deltas: Vec<_> = before.iter().filter(|e| matches!(e, StreamEvent::Delta { .. })).collect();
            let expected: Vec<_> =
                whole.iter().filter(|e| matches!(e, StreamEvent::Delta { .. })).take(deltas.len()).collect();
            assert_eq!(deltas, expected, "{place}");
            // All of the calls, told after the deltas, or none.
            let calls: Vec<_> = events.iter().filter(|e| matches!(e, StreamEvent::Call(_))).collect();
            let ended = matches!(closed, StreamEvent::Closed(Close::Finished(Stop::ToolUse)));
            assert!(ended || calls.is_empty(), "{place}");
            let all: Vec<_> = whole.iter().filter(|e| matches!(e, StreamEvent::Call(_))).collect();
            assert!(calls.is_empty() || calls == all, "{place}");
        }
    }
}

pub(super) fn ends_once(format: &dyn Format, bytes: &[u8], cut: usize) {
    let (head, tail) = bytes.split_at(cut.min(bytes.len()));
    let events = decode(format, [head, tail], End::Clean);
    assert_eq!(events.iter().filter(|event| matches!(event, StreamEvent::Closed(_))).count(), 1);
    assert_eq!(events, decode(format, [bytes], End::Clean));
}

pub(super) fn spoilt_ends_once(
    format: &dyn Format,
    wire: &str,
    nth: usize,
    changes: &[(usize, u8)],
    cut: usize,
) {
    let bytes = spoilt(wire, nth, changes);
    ends_once(format, &bytes, cut % bytes.len().max(1));
}

/// A golden stream with these bytes in place of some of its own.
pub(super) fn spoilt(wire: &str, nth: usize, changes: &[(usize, u8)]) -> Vec<u8> {
    let streams = streams(wire);
    let mut bytes = streams[nth % streams.len()].1.clone();
    let len = bytes.len().max(1);
    for (at, byte) in changes {
        if let Some(place) = bytes.get_mut(at % len) {
            *place = *byte;
        }
    }
    bytes
}

pub(super) fn refuses_in_short(format: &dyn Format, status: u16, body: &str) {
    let error = format.refusal(status, body);
    assert_eq!(error.status, Some(status));
    assert!(error.message.len() < 5 * 1024 && !error.message.is_empty(), "{error}");
}

/// The text of an answer, and its calls by name and arguments.
pub(super) fn said(events: &[StreamEvent]) -> (String, Vec<(String, String)>) {
    let (mut texts, mut calls) = (String::new(), Vec::new());
    for event in events {
        match event {
            StreamEvent::Delta { channel: Channel::Answer, text } => texts.push_str(text),
            StreamEvent::Call(call) => calls.push((call.name.clone(), call.arguments.clone())),
            _ => {}
        }
    }
    (texts, calls)
}

/// Events, one a line.
pub(super) fn show(events: &[StreamEvent]) -> String {
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
            StreamEvent::Thought(thought) => writeln!(text, "thought {}", thought.json),
            StreamEvent::Call(call) => writeln!(text, "call {} {} {:?}", call.id, call.name, call.arguments),
            StreamEvent::Usage(reported) => {
                let cost = reported.provider_cost.as_deref().unwrap_or("-");
                match &reported.usage {
                    Ok(u) => writeln!(
                        text,
                        "usage input={} cache_read={} cache_write={}{} output={} reasoning={} cost={cost}",
                        u.input,
                        u.cache_read,
                        u.cache_write_5m,
                        if u.cache_write_1h > 0 { format!("+{}", u.cache_write_1h) } else { String::new() },
                        u.output,
                        u.reasoning
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
