//! The one seam between the daemon and everything that answers: hosted, local or embedded.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::cassette::Tape;
use crate::{ChatRequest, Close, ErrorClass, Listing, ProviderError, StreamEvent, Version, Way};

/// Something that answers conversations.
pub trait Provider: Send + Sync + fmt::Debug {
    /// Sends one request, once. Nothing happens until the stream is polled; every failure arrives as
    /// [`Close::Failed`] in it. Dropping the stream cancels the request.
    fn open(&self, request: ChatRequest) -> ProviderStream;

    /// The same, recorded. Who has no bytes of others to record only opens.
    fn open_on(&self, request: ChatRequest, tape: &Tape) -> ProviderStream {
        let _ = tape;
        self.open(request)
    }

    /// Bytes of the request as this provider sends it: the base of input bounds and of estimates.
    fn request_bytes(&self, request: &ChatRequest) -> u64;

    /// Asks for the models that it serves: one request that costs nothing, and so also what tells whether a key is taken.
    fn list(&self) -> Listing<'_>;

    /// Asks the server for its version, which confirms that it is what it is taken for.
    fn version(&self) -> Version<'_>;

    /// The seed of a run that was asked this before, where its answers are to come again.
    fn seed_of(&self, prompt_sha256: &str) -> Option<u64> {
        let _ = prompt_sha256;
        None
    }

    /// By which way its requests go. Who has no network goes straight.
    fn way(&self) -> Way {
        Way::default()
    }
}

/// The events of one request; see [`StreamEvent`] for their order. Dropping it hangs up.
pub struct ProviderStream {
    events: Pin<Box<dyn Stream<Item = StreamEvent> + Send>>,
    closed: bool,
}

impl ProviderStream {
    /// Wraps a provider's own stream. Whatever the inner stream does, the wrapper ends with exactly one
    /// `Closed`: events after it are not asked for, and an end without one becomes a protocol error.
    pub fn new(events: impl Stream<Item = StreamEvent> + Send + 'static) -> Self {
        Self { events: Box::pin(events), closed: false }
    }

    /// A stream that only fails.
    pub fn failed(error: ProviderError) -> Self {
        Self::new(Once(Some(StreamEvent::Closed(Close::Failed(error)))))
    }

    /// The next event; `None` after `Closed`. Cancel-safe.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for ProviderStream {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        if self.closed {
            return Poll::Ready(None);
        }
        self.events.as_mut().poll_next(context).map(|event| {
            let event = event.unwrap_or_else(|| {
                StreamEvent::Closed(Close::Failed(ProviderError::new(
                    ErrorClass::Protocol,
                    "the provider's stream ended without saying how",
                )))
            });
            self.closed = matches!(event, StreamEvent::Closed(_));
            Some(event)
        })
    }
}

impl fmt::Debug for ProviderStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderStream").field("closed", &self.closed).finish_non_exhaustive()
    }
}

struct Once(Option<StreamEvent>);

impl Stream for Once {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        Poll::Ready(self.0.take())
    }
}
