//! Plays a prepared answer as a stream: text in small pieces, with the waits and faults it was prepared with.
//!
//! Between two pieces the stream yields to the executor, so that cancelling works on an offline answer as it
//! does on a real one, and a long answer starves nobody.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::{Channel, Close, ErrorClass, ProviderError, StreamEvent};

/// Words of one piece.
const WORDS: usize = 4;
/// Bytes of one piece of text without spaces.
const MAX_PIECE_BYTES: usize = 256;

/// One thing a playback does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Event(StreamEvent),
    Wait(Duration),
    /// Let others run.
    Yield,
}

/// Work done at the first poll, not before: opening a stream costs nothing until somebody wants it.
pub(super) enum Start {
    /// Quick work.
    Now(Box<dyn FnOnce() -> Vec<Step> + Send>),
    /// Work that may take a second or two: off the executor, after `Opened`.
    Blocking(Box<dyn FnOnce() -> Vec<Step> + Send>),
}

/// The stream of one offline answer.
#[derive(Debug)]
pub(super) struct Playback(State);

enum State {
    Start(Option<Start>),
    Working(JoinHandle<Vec<Step>>),
    Playing { steps: VecDeque<Step>, wait: Option<Pin<Box<Sleep>>> },
}

impl Playback {
    pub(super) fn new(start: Start) -> Self {
        Self(State::Start(Some(start)))
    }
}

impl Stream for Playback {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        loop {
            match &mut self.0 {
                State::Start(start) => match start.take() {
                    Some(Start::Blocking(work)) => {
                        self.0 = State::Working(tokio::task::spawn_blocking(work));
                        return Poll::Ready(Some(StreamEvent::Opened));
                    }
                    Some(Start::Now(work)) => self.0 = State::Playing { steps: work().into(), wait: None },
                    None => return Poll::Ready(None),
                },
                State::Working(work) => match Pin::new(work).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(steps)) => self.0 = State::Playing { steps: steps.into(), wait: None },
                    Poll::Ready(Err(failure)) => {
                        self.0 = State::Start(None);
                        let message = format!("the offline extractor failed: {failure}");
                        let failed = Close::Failed(ProviderError::new(ErrorClass::Server, message));
                        return Poll::Ready(Some(StreamEvent::Closed(failed)));
                    }
                },
                State::Playing { steps, wait } => {
                    if let Some(sleep) = wait {
                        match sleep.as_mut().poll(context) {
                            Poll::Pending => return Poll::Pending,
                            Poll::Ready(()) => *wait = None,
                        }
                    }
                    match steps.pop_front() {
                        None => return Poll::Ready(None),
                        Some(Step::Event(event)) => return Poll::Ready(Some(event)),
                        Some(Step::Wait(pause)) => *wait = Some(Box::pin(tokio::time::sleep(pause))),
                        Some(Step::Yield) => {
                            context.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                    }
                }
            }
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start(_) => "Start",
            Self::Working(_) => "Working",
            Self::Playing { .. } => "Playing",
        })
    }
}

/// A text as deltas, each followed by a turn of others.
pub(super) fn deltas<'a>(
    channel: Channel,
    pieces: impl Iterator<Item = &'a str> + 'a,
) -> impl Iterator<Item = Step> + 'a {
    pieces.filter(|piece| !piece.is_empty()).flat_map(move |piece| {
        [Step::Event(StreamEvent::Delta { channel, text: piece.to_owned() }), Step::Yield]
    })
}

/// The text in pieces of a few words, spaces kept.
pub(super) fn in_words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut words = 0;
        let mut inside = false;
        let end = rest.char_indices().find(|&(at, letter)| {
            let begins = !inside && !letter.is_whitespace();
            inside = !letter.is_whitespace();
            words += usize::from(begins);
            (begins && words > WORDS) || at >= MAX_PIECE_BYTES
        });
        let end = end.map_or(rest.len(), |(at, _)| at);
        cut(&mut rest, end)
    })
}

/// The text in pieces of `bytes` bytes, a little less where a character would be cut, one character at least.
pub(super) fn in_bytes(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest.floor_char_boundary(bytes).max(first);
        cut(&mut rest, end)
    })
}

fn cut<'a>(rest: &mut &'a str, at: usize) -> Option<&'a str> {
    let whole: &'a str = rest;
    let (piece, after) = whole.split_at_checked(at)?;
    *rest = after;
    (!piece.is_empty()).then_some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_join_to_the_text(text in "\\PC{0,200}", bytes in 1usize..9) {
            prop_assert_eq!(in_words(&text).collect::<String>(), text.as_str());
            prop_assert_eq!(in_bytes(&text, bytes).collect::<String>(), text.as_str());
            prop_assert!(in_bytes(&text, bytes).all(|piece| piece.len() <= bytes.max(4)));
        }
    }

    #[test]
    fn a_piece_is_a_few_words() {
        let pieces: Vec<&str> = in_words("one two three four five six").collect();
        assert_eq!(pieces, ["one two three four ", "five six"]);
    }
}
