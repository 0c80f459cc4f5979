//! One request's life as a stream: opening, reading, over. Polling drives everything, so dropping the stream
//! drops the connection, and a slow reader slows the provider down instead of filling memory.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::limits::Watch;
use super::mask::Mask;
use crate::cassette::Take;
use crate::wire::{Decode, End, Progress};
use crate::{Close, ErrorClass, Limit, ProviderError, StreamEvent, Timeouts};

/// Bytes of one body.
const MAX_BODY: u64 = 64 * 1024 * 1024;
/// Pieces of bytes taken in one poll before other tasks get their turn.
const MAX_PIECES: u32 = 32;
/// Bytes and time granted to a body after its terminal event, so that the connection can be used again.
const REST_BYTES: usize = 64 * 1024;
const REST_TIME: Duration = Duration::from_secs(1);

pub(super) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, End>> + Send>>;
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Body, ProviderError>> + Send>>;

pub(super) struct Exchange {
    state: State,
    decoder: Box<dyn Decode>,
    /// Decoded and not yet taken; filled only when empty, so one piece of bytes bounds it; the calls come at the end.
    events: VecDeque<StreamEvent>,
    timeouts: Timeouts,
    /// Runs from the first poll on.
    watch: Option<Watch>,
    timer: Option<Pin<Box<Sleep>>>,
    /// When the reader was last given something.
    handed_out: Option<Instant>,
    received: u64,
    mask: Arc<Mask>,
    /// Keeps what comes, where it is recorded.
    take: Option<Take>,
}

enum State {
    Opening(Opening),
    Reading(Body),
    Over,
}

impl Exchange {
    pub(super) fn new(
        opening: Opening,
        decoder: Box<dyn Decode>,
        timeouts: Timeouts,
        mask: Arc<Mask>,
        take: Option<Take>,
    ) -> Self {
        Self {
            state: State::Opening(opening),
            decoder,
            events: VecDeque::new(),
            timeouts,
            watch: None,
            timer: None,
            handed_out: None,
            received: 0,
            mask,
            take,
        }
    }

    fn watch(&mut self) -> &mut Watch {
        let timeouts = self.timeouts;
        self.watch.get_or_insert_with(|| Watch::new(timeouts, Instant::now()))
    }

    /// Moves on once: `Pending` when nothing is to be had now.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Over => Poll::Ready(()),
            State::Opening(opening) => match opening.as_mut().poll(context) {
                Poll::Ready(Ok(body)) => {
                    self.state = State::Reading(body);
                    self.watch().opened(Instant::now());
                    self.events.push_back(StreamEvent::Opened);
                    Poll::Ready(())
                }
                Poll::Ready(Err(error)) => {
                    self.state = State::Over;
                    self.take.iter_mut().for_each(|take| take.refused(&error));
                    self.events.push_back(StreamEvent::Closed(Close::Failed(error)));
                    Poll::Ready(())
                }
                Poll::Pending => self.poll_limit(context),
            },
            State::Reading(body) => match body.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => {
                    self.take(&bytes);
                    Poll::Ready(())
                }
                Poll::Ready(Some(Err(end))) => {
                    self.end(end);
                    Poll::Ready(())
                }
                Poll::Ready(None) => {
                    self.end(End::Clean);
                    Poll::Ready(())
                }
                Poll::Pending => self.poll_limit(context),
            },
        }
    }

    fn take(&mut self, bytes: &Bytes) {
        self.take.iter().for_each(|take| take.piece(bytes));
        self.received = self.received.saturating_add(bytes.len() as u64);
        if self.received > MAX_BODY {
            let error = ProviderError::new(ErrorClass::Protocol, "the answer is over 64 MiB");
            return self.end(End::Broken(error));
        }
        match self.decoder.push(bytes, &mut self.events) {
            Err(error) => self.end(End::Broken(error)),
            Ok(Progress::Over) => {
                if let State::Reading(body) = std::mem::replace(&mut self.state, State::Over) {
                    tokio::spawn(read_rest(body));
                }
                self.take.iter_mut().for_each(|take| take.ended(&End::Clean));
                self.decoder.end(End::Clean, &mut self.events);
            }
            Ok(progress) => {
                let now = Instant::now();
                let watch = self.watch();
                watch.bytes(progress, now);
                // Comments without end are always ready: the timer would never be asked.
                let (deadline, limit) = watch.nearest();
                if self.events.is_empty() && deadline <= now {
                    self.pass(limit);
                }
            }
        }
    }

    fn poll_limit(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (deadline, limit) = self.watch().nearest();
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context).map(|()| self.pass(limit))
    }

    /// A limit passed.
    fn pass(&mut self, limit: Limit) {
        let error = self.watch().error(limit);
        self.end(End::Broken(error));
    }

    /// Hangs up and lets the decoder say what that means.
    fn end(&mut self, end: End) {
        self.state = State::Over;
        self.take.iter_mut().for_each(|take| take.ended(&end));
        self.decoder.end(end, &mut self.events);
    }
}

impl Stream for Exchange {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        let this = &mut *self;
        if let Some(since) = this.handed_out.take() {
            this.watch().excuse(since.elapsed());
        }
        for _ in 0..MAX_PIECES {
            if let Some(event) = this.events.pop_front() {
                this.handed_out = Some(Instant::now());
                return Poll::Ready(Some(this.mask.event(event)));
            }
            if matches!(this.state, State::Over) {
                return Poll::Ready(None);
            }
            if this.advance(context).is_pending() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Reads what little follows the terminal event, else the connection could not be used again.
async fn read_rest(mut body: Body) {
    let rest = async {
        let mut left = REST_BYTES;
        while let Some(Ok(bytes)) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
            match left.checked_sub(bytes.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Over time means that the connection is closed instead of reused: nothing is lost.
    let _ = timeout(REST_TIME, rest).await;
}

#[cfg(test)]
mod tests;
