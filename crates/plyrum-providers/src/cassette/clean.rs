//! No secret reaches a cassette: headers, messages and the whole body pass the redactors before the disk.
//!
//! A stream gives an answer a few letters at a time, so a secret in it stands nowhere in the bytes as one. What the answer comes to
//! is therefore looked at, too: [`literals`](super::literals) takes secrets out of the pieces of JSON that carry them. At the end
//! the cleaned bytes are decoded, and where a secret is still to be found, or where what was taken out changed how the exchange
//! ends or what was used, the body is not kept at all.
//!
//! Redaction changes lengths. The piece in which a match ends carries its mark.

use std::ops::Range;

use plyrum_redact::Redactor;

use super::{Ended, Piece, Recorded, literals};
use crate::call_ids::CallIds;
use crate::wire::{End, format};
use crate::{Channel, Close, StreamEvent};

/// What one exchange is cleaned with.
pub(super) struct Cleaner {
    pub(super) redactors: Vec<Redactor>,
    /// The ids that its calls may have.
    pub(super) ids: CallIds,
}

impl Cleaner {
    fn text(&self, text: &str) -> String {
        self.redactors.iter().fold(text.to_owned(), |text, redactor| redactor.redact(&text).into_owned())
    }

    fn is_clean(&self, text: &str) -> bool {
        self.redactors.iter().all(|redactor| redactor.redact(text) == text)
    }
}

/// A part of a body and what stands in its place.
pub(super) type Edit = (Range<usize>, Vec<u8>);

/// The exchange as it may be kept.
pub(super) fn clean(mut recorded: Recorded, cleaner: &Cleaner) -> Recorded {
    recorded.model = cleaner.text(&recorded.model);
    for value in recorded.response.iter_mut().flat_map(|head| head.headers.values_mut()) {
        *value = cleaner.text(value);
    }
    match &mut recorded.ended {
        Ended::Cut(why) => *why = cleaner.text(why),
        Ended::Failed(error) => error.message = cleaner.text(&error.message),
        Ended::Clean | Ended::Left | Ended::Withheld => {}
    }
    let before =
        recorded.pieces.iter().any(|piece| !piece.bytes.is_empty()).then(|| told(&recorded, cleaner));
    let mut body = Body::of(&recorded.pieces);
    let mut is_edited = false;
    for redactor in &cleaner.redactors {
        for edits in [of_bytes, literals::edits] {
            let edits = edits(&body, redactor);
            is_edited |= !edits.is_empty();
            body = body.edited(edits);
        }
    }
    recorded.pieces = body.pieces();
    let Some(before) = before else { return recorded };
    let after = if is_edited { told(&recorded, cleaner) } else { before.clone() };
    if !after.is_clean || after.shape != before.shape {
        recorded.pieces = Vec::new();
        recorded.ended = Ended::Withheld;
    }
    recorded
}

/// A body with the ends of its pieces.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// When each piece came, and where it ends.
    ends: Vec<(u64, usize)>,
}

impl Body {
    /// A letter that came in two pieces goes to the later one.
    fn of(pieces: &[Piece]) -> Self {
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
        let is_inside = |end: usize| bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
        let mut whole = 0;
        let ends = pieces.iter().map(|piece| {
            whole += piece.bytes.len();
            // No letter has more than three bytes behind its first.
            let end = (whole.saturating_sub(3)..=whole).rev().find(|end| !is_inside(*end)).unwrap_or(whole);
            (piece.us, end)
        });
        let ends = ends.collect();
        Self { bytes, ends }
    }

    fn pieces(&self) -> Vec<Piece> {
        let mut from = 0;
        let pieces = self.ends.iter().map(|(us, end)| {
            let bytes = self.bytes.get(from..*end).unwrap_or_default().to_vec();
            from = from.max(*end);
            Piece { us: *us, bytes }
        });
        pieces.filter(|piece| !piece.bytes.is_empty()).collect()
    }

    /// The stretches of it that are UTF-8, with their places.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 0;
        self.bytes.utf8_chunks().map(move |chunk| {
            let place = at;
            at += chunk.valid().len() + chunk.invalid().len();
            (place, chunk.valid())
        })
    }

    /// With the parts replaced, which stand in order and apart.
    fn edited(self, edits: Vec<Edit>) -> Self {
        if edits.is_empty() {
            return self;
        }
        let mut ends = self.ends.into_iter().peekable();
        let (mut bytes, mut moved, mut from) = (Vec::with_capacity(self.bytes.len()), Vec::new(), 0);
        for (range, replacement) in edits {
            while let Some((us, end)) = ends.next_if(|(_, end)| *end <= range.start) {
                moved.push((us, bytes.len() + end.saturating_sub(from)));
            }
            bytes.extend_from_slice(self.bytes.get(from..range.start).unwrap_or_default());
            let start = bytes.len();
            bytes.extend_from_slice(&replacement);
            while let Some((us, _)) = ends.next_if(|(_, end)| *end < range.end) {
                moved.push((us, start));
            }
            from = range.end;
        }
        moved.extend(ends.map(|(us, end)| (us, bytes.len() + end.saturating_sub(from))));
        bytes.extend_from_slice(self.bytes.get(from..).unwrap_or_default());
        Self { bytes, ends: moved }
    }
}

/// What a redactor takes out of the bytes as they stand.
fn of_bytes(body: &Body, redactor: &Redactor) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (place, text) in body.texts().filter(|(_, text)| redactor.redact(text) != *text) {
        let mut stream = redactor.stream();
        let mut stretch = Stretch::at(place);
        // By lines: what is replaced is then as short as the secret allows.
        for line in text.split_inclusive('\n') {
            stretch.push(line, &stream.push(line));
            if stream.held_bytes() == 0 {
                edits.extend(stretch.next());
            }
        }
        stretch.push("", &stream.finish());
        edits.extend(stretch.next());
    }
    edits
}

/// Text and what a redactor made of it, up to a place at which it holds nothing back.
struct Stretch {
    from: usize,
    before: String,
    after: String,
}

impl Stretch {
    fn at(from: usize) -> Self {
        Self { from, before: String::new(), after: String::new() }
    }

    fn push(&mut self, before: &str, after: &str) {
        self.before.push_str(before);
        self.after.push_str(after);
    }

    /// The edit, if there is something to edit, without what is the same at both ends; the next stretch begins behind it.
    fn next(&mut self) -> Option<Edit> {
        let (before, after) = (std::mem::take(&mut self.before), std::mem::take(&mut self.after));
        let from = self.from;
        self.from += before.len();
        if before == after {
            return None;
        }
        let same = |(a, b): &(u8, u8)| a == b;
        let head = before.bytes().zip(after.bytes()).take_while(same).count();
        let head = before.floor_char_boundary(head);
        let (before, after) = (before.as_bytes().get(head..)?, after.as_bytes().get(head..)?);
        Some((from + head..from + head + before.len(), after.to_vec()))
    }
}

/// What a body comes to.
#[derive(Clone)]
struct Told {
    is_clean: bool,
    shape: Shape,
}

/// What redaction must not change.
#[derive(Clone, PartialEq, Eq)]
struct Shape {
    usage: Option<String>,
    calls: usize,
    end: &'static str,
}

fn told(recorded: &Recorded, cleaner: &Cleaner) -> Told {
    let mut shape = Shape { usage: None, calls: 0, end: "none" };
    let mut is_clean = true;
    let mut channels = [Channel::Answer, Channel::Reasoning, Channel::ToolArgs].map(|it| (it, String::new()));
    for event in decoded(recorded, cleaner) {
        match event {
            StreamEvent::Opened => {}
            StreamEvent::Delta { channel, text } => {
                if let Some((_, told)) = channels.iter_mut().find(|(known, _)| *known == channel) {
                    told.push_str(&text);
                }
            }
            StreamEvent::Call(call) => {
                shape.calls += 1;
                is_clean &= [&call.id, &call.name, &call.arguments].iter().all(|text| cleaner.is_clean(text));
            }
            StreamEvent::Thought(thought) => is_clean &= cleaner.is_clean(&thought.json),
            StreamEvent::Usage(usage) => shape.usage = Some(format!("{:?}", usage.usage)),
            StreamEvent::Closed(Close::Finished(_)) => shape.end = "finished",
            StreamEvent::Closed(Close::Cut { .. }) => shape.end = "cut",
            StreamEvent::Closed(Close::Failed(error)) => shape.end = error.class.name(),
        }
    }
    is_clean &= channels.iter().all(|(_, text)| cleaner.is_clean(text));
    Told { is_clean, shape }
}

/// The events of the bytes, however they came.
fn decoded(recorded: &Recorded, cleaner: &Cleaner) -> Vec<StreamEvent> {
    let Some(head) = &recorded.response else { return Vec::new() };
    let format = format(recorded.wire);
    if !(200..300).contains(&head.status) {
        let body: Vec<u8> = recorded.pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
        let error = format.refusal(head.status, &String::from_utf8(body).unwrap_or_default());
        return vec![StreamEvent::Closed(Close::Failed(error))];
    }
    let mut decoder = format.decoder(cleaner.ids.clone());
    let mut events = std::collections::VecDeque::new();
    let mut end = crate::transport::end_of(&recorded.ended);
    for piece in &recorded.pieces {
        match decoder.push(&piece.bytes, &mut events) {
            Ok(crate::wire::Progress::Over) => {
                end = End::Clean;
                break;
            }
            Ok(_) => {}
            Err(error) => {
                end = End::Broken(error);
                break;
            }
        }
    }
    decoder.end(end, &mut events);
    events.into()
}

#[cfg(test)]
mod tests;
