//! A body of events, or one JSON text in its place. The content type is not asked: servers get it wrong, the first byte does
//! not.

use std::collections::VecDeque;
use std::fmt;

use super::gathered::{Ending, Gathered};
use super::{Decode, End, Progress, protocol};
use crate::call_ids::CallIds;
use crate::sse::{MAX_EVENT, Next, SseDecoder, SseError, SseEvent};
use crate::{ProviderError, ReportedUsage, StreamEvent};

/// What a wire makes of its events.
pub(crate) trait Answer: Send + fmt::Debug {
    /// What the wire ends with, for messages.
    const ENDING: Ending;

    /// Takes an event.
    fn event(
        &mut self,
        event: SseEvent<'_>,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<Next, ProviderError>;

    /// Takes an answer that came in one piece.
    fn whole(
        &mut self,
        text: &str,
        gathered: &mut Gathered,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError>;

    /// Reads the usage that was kept.
    fn report(raw: String) -> ReportedUsage;
}

/// Decodes one response.
#[derive(Debug)]
pub(crate) struct EventBody<A> {
    body: Body,
    answer: A,
    gathered: Gathered,
}

/// What the body turned out to be.
#[derive(Debug)]
enum Body {
    /// Nothing but white space and a byte order mark so far, which may be the beginning of a stream's line.
    Unknown(SseDecoder),
    /// Chunks as events.
    Events(SseDecoder),
    /// One JSON text; the server did not stream.
    Json(Vec<u8>),
}

impl<A> EventBody<A> {
    /// A decoder at the first byte of a body, with the ids that the answer's calls may have.
    pub(crate) fn new(answer: A, ids: CallIds) -> Self {
        Self { body: Body::Unknown(SseDecoder::default()), answer, gathered: Gathered::new(ids) }
    }
}

/// Lets the decoder's errors and ours leave the same callback.
struct Failure(ProviderError);

impl From<SseError> for Failure {
    fn from(error: SseError) -> Self {
        Self(protocol(error.to_string()))
    }
}

/// Whether a byte says nothing of what a body is: white space, or a byte of the byte order mark, which a JSON text should not
/// begin with and a reader may pass over (RFC 8259, section 8.1). The mark may come in several pieces.
const fn comes_before(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF)
}

impl<A: Answer> Decode for EventBody<A> {
    fn push(&mut self, bytes: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<Progress, ProviderError> {
        if let Body::Unknown(decoder) = &mut self.body {
            match bytes.iter().find(|byte| !comes_before(**byte)) {
                None => {}
                Some(b'{' | b'[') => self.body = Body::Json(Vec::new()),
                Some(b'<') => {
                    return Err(protocol("the server answered 200 with a web page, not with an answer"));
                }
                Some(_) => self.body = Body::Events(std::mem::take(decoder)),
            }
        }
        match &mut self.body {
            Body::Unknown(decoder) | Body::Events(decoder) => {
                let (answer, gathered) = (&mut self.answer, &mut self.gathered);
                gathered.progress = Progress::Noise;
                let pushed =
                    decoder.push(bytes, |event| answer.event(event, gathered, events).map_err(Failure));
                pushed.map_err(|failure| failure.0)?;
                Ok(gathered.progress)
            }
            Body::Json(text) => {
                if text.len() + bytes.len() > MAX_EVENT {
                    return Err(protocol("the answer is one JSON text of over 8 MiB"));
                }
                text.extend_from_slice(bytes);
                Ok(Progress::Noise)
            }
        }
    }

    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>) {
        let end = match (&self.body, end) {
            (Body::Json(text), End::Clean) => {
                let start = text.iter().position(|byte| !comes_before(*byte)).unwrap_or(0);
                let text = std::str::from_utf8(text.get(start..).unwrap_or_default())
                    .map_err(|_| protocol("the answer is not UTF-8"));
                let read = text.and_then(|text| self.answer.whole(text, &mut self.gathered, events));
                read.map_or_else(End::Broken, |()| End::Clean)
            }
            (_, end) => end,
        };
        let is_empty = matches!(self.body, Body::Unknown(_));
        self.gathered.close(end, is_empty, A::ENDING, A::report, events);
    }
}
