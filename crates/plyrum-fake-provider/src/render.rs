//! Turns a reply and a request into what happens on the socket: the words of the script written in the
//! dialect that was asked, as a stream or as one JSON body.

use std::time::Duration;

use serde_json::Value;

use crate::dialect::{Answer, Asked, Call, Dialect, Part, Speak};
use crate::gzip::Gzip;
use crate::http;
use crate::reply::{EVENT_STREAM, Framing, Reply, Shape};
use crate::step::Step;

/// How often an endless repetition repeats.
const ENDLESS: u64 = 1_000_000;
/// How often a repetition without pauses repeats at most.
const MAX_REPEATS: u64 = 1_000_000_000;

/// A reply ready to be played.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) before: Vec<Act>,
    /// The status line and the headers, if any are sent.
    pub(crate) head: Option<Vec<u8>>,
    pub(crate) acts: Vec<Act>,
    pub(crate) framing: Framing,
    /// Between two bytes of the body.
    pub(crate) pace: Option<Duration>,
}

/// One deed on the socket.
#[derive(Debug)]
pub(crate) enum Act {
    /// Bytes of the body.
    Body(Vec<u8>),
    /// The same bytes of the body many times, a pause before each.
    Repeat {
        bytes: Vec<u8>,
        count: u64,
        pause: Option<Duration>,
    },
    /// Bytes past all framing.
    Raw(Vec<u8>),
    Gate(String),
    Wait(Duration),
    Stall,
    Reset,
    Fin,
}

/// Writes the reply for this request.
pub(crate) fn scene(mut reply: Reply, dialect: Dialect, mut asked: Asked) -> Scene {
    asked.whole |= reply.shape == Shape::Whole;
    asked.ahead = reply
        .steps
        .iter()
        .find_map(|step| if let Step::Counts(counts) = step { Some(*counts) } else { None });
    let mut writer = dialect.writer(&asked);
    let before = acts(&reply.before, &mut *writer, asked.whole, reply.status);
    let mut acts = acts(&reply.steps, &mut *writer, asked.whole, reply.status);
    if asked.whole && reply.steps.iter().any(is_word) && reply.framing == Framing::Chunked && !repeats(&acts)
    {
        reply.framing = Framing::Length;
    }
    if reply.headers.get("content-type").is_some_and(|kind| kind == EVENT_STREAM) {
        let kind = if asked.whole { "application/json" } else { writer.stream_type() };
        reply = reply.header("content-type", kind);
    }
    if reply.gzip {
        acts = packed(acts);
        reply = reply.header("content-encoding", "gzip");
    }
    let length = acts.iter().map(|act| if let Act::Body(bytes) = act { bytes.len() } else { 0 }).sum();
    Scene {
        before,
        head: reply.head.then(|| http::head(&reply, length)),
        acts,
        framing: reply.framing,
        pace: pause(reply.pace_ms),
    }
}

fn acts(steps: &[Step], writer: &mut dyn Speak, whole: bool, status: u16) -> Vec<Act> {
    if whole { in_one_body(steps, writer, status) } else { streamed(steps, writer, status) }
}

/// Every word is its own event or events.
fn streamed(steps: &[Step], writer: &mut dyn Speak, status: u16) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        let bytes = match step {
            Step::Begin => writer.begin(),
            Step::Text(text) => writer.text(text),
            Step::Reasoning(text) => writer.reasoning(text),
            Step::Call { .. } => call(step).map(|call| writer.call(&call)).unwrap_or_default(),
            Step::HalfCall { .. } => call(step).map(|call| writer.half_call(&call)).unwrap_or_default(),
            Step::Finish(reason) => {
                let joined =
                    steps.peek().filter(|_| writer.joins_usage()).and_then(|next| usage(next, writer));
                if joined.is_some() {
                    steps.next();
                }
                writer.finish(reason, joined.as_ref())
            }
            Step::Counts(_) | Step::Usage(_) => {
                usage(step, writer).map(|usage| writer.usage(&usage)).unwrap_or_default()
            }
            Step::Error { kind, message } => writer.error(*kind, message),
            Step::Done => writer.done(),
            Step::Event(data) => writer.event(data),
            Step::Comment(text) => writer.comment(text),
            other => {
                acts.extend(deed(other, writer, status));
                continue;
            }
        };
        if !bytes.is_empty() {
            acts.push(Act::Body(bytes));
        }
    }
    acts
}

/// All words together are one JSON body. Each word writes its share of it and [`Step::Done`], or else the end
/// of the script, writes what is left: a script that breaks off leaves half a body, whatever it has said.
fn in_one_body(steps: &[Step], writer: &mut dyn Speak, status: u16) -> Vec<Act> {
    let words = steps.iter().filter(|step| is_word(step)).count();
    let mut body = if words > 0 { json_body(steps, writer) } else { Vec::new() };
    let ends = steps.contains(&Step::Done);
    let share = body.len() / (words + usize::from(!ends)).max(1);
    let mut begun = false;
    let mut acts = Vec::new();
    for step in steps {
        match step {
            Step::Done => acts.push(Act::Body(std::mem::take(&mut body))),
            step if is_word(step) => acts.push(Act::Body(body.drain(..share.min(body.len())).collect())),
            Step::Event(data) => acts.push(Act::Body(data.clone().into_bytes())),
            // White space is no fault before JSON, and is one in the middle of a string.
            Step::Comment(_) if begun => {}
            Step::Comment(_) => acts.push(Act::Body(b"\n".to_vec())),
            other => acts.extend(deed(other, writer, status)),
        }
        begun |= is_word(step);
    }
    acts.push(Act::Body(body));
    acts.retain(|act| !matches!(act, Act::Body(bytes) if bytes.is_empty()));
    acts
}

fn json_body(steps: &[Step], writer: &dyn Speak) -> Vec<u8> {
    let mut answer = Answer::default();
    for step in steps {
        match step {
            Step::Text(text) => answer.text(text),
            Step::Reasoning(text) => answer.reasoning(text),
            Step::Call { .. } | Step::HalfCall { .. } => answer.parts.extend(call(step).map(Part::Call)),
            Step::Finish(reason) => answer.finish = Some(reason.clone()),
            Step::Counts(_) | Step::Usage(_) => answer.usage = usage(step, writer),
            Step::Error { kind, message } => {
                return writer.refusal(kind.status(), *kind, message).to_string().into_bytes();
            }
            _ => {}
        }
    }
    writer.whole(&answer).to_string().into_bytes()
}

/// What is the same on every wire.
fn deed(step: &Step, writer: &dyn Speak, status: u16) -> Option<Act> {
    Some(match step {
        Step::Refusal { kind, message } => {
            Act::Body(writer.refusal(status, *kind, message).to_string().into_bytes())
        }
        Step::Body(text) => Act::Body(text.clone().into_bytes()),
        Step::Bytes(bytes) => Act::Body(bytes.clone()),
        Step::Repeat { text, count } => {
            Act::Repeat { bytes: text.clone().into_bytes(), count: (*count).min(MAX_REPEATS), pause: None }
        }
        Step::Every { pause_ms, text, count } => Act::Repeat {
            bytes: text.clone().into_bytes(),
            count: count.unwrap_or(ENDLESS).min(ENDLESS),
            pause: pause(*pause_ms),
        },
        Step::Raw(text) => Act::Raw(text.clone().into_bytes()),
        Step::Gate(name) => Act::Gate(name.clone()),
        Step::DelayMs(ms) => Act::Wait(Duration::from_millis(*ms)),
        Step::Stall => Act::Stall,
        Step::Reset => Act::Reset,
        Step::Fin => Act::Fin,
        _ => return None,
    })
}

/// Whether it is a part of an answer.
fn is_word(step: &Step) -> bool {
    matches!(
        step,
        Step::Begin
            | Step::Text(_)
            | Step::Reasoning(_)
            | Step::Call { .. }
            | Step::HalfCall { .. }
            | Step::Finish(_)
            | Step::Counts(_)
            | Step::Usage(_)
            | Step::Error { .. }
            | Step::Done
    )
}

fn call(step: &Step) -> Option<Call> {
    match step {
        Step::Call { index, id, name, arguments } | Step::HalfCall { index, id, name, arguments } => {
            Some(Call { index: *index, id: id.clone(), name: name.clone(), arguments: arguments.clone() })
        }
        _ => None,
    }
}

fn usage(step: &Step, writer: &dyn Speak) -> Option<Value> {
    match step {
        Step::Counts(counts) => Some(writer.counts(counts)),
        Step::Usage(usage) => Some(usage.clone()),
        _ => None,
    }
}

fn repeats(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Repeat { .. }))
}

/// The same acts with the body as gzip. Repetitions stay as they are, which makes the gzip bad.
fn packed(acts: Vec<Act>) -> Vec<Act> {
    let mut gzip = Gzip::new();
    let mut packed: Vec<_> = acts
        .into_iter()
        .map(|act| if let Act::Body(bytes) = act { Act::Body(gzip.pack(&bytes)) } else { act })
        .collect();
    packed.push(Act::Body(gzip.end()));
    packed
}

fn pause(ms: u64) -> Option<Duration> {
    (ms > 0).then(|| Duration::from_millis(ms))
}
