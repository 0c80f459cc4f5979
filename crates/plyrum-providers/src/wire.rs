//! Wire formats: bytes in, events out, no I/O, no clock. One file per format; the only seam where a vendor's
//! words become ours.

pub(crate) mod openai_chat;

use std::collections::VecDeque;

use crate::{ProviderError, StreamEvent};

/// What a format says about the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing that moves the answer: comments, roles, half a line.
    Noise,
    /// Something that moves the answer.
    Semantic,
    /// The provider said why it stopped; only its usage can still come.
    Stopping,
    /// The terminal event: nothing more is to be read.
    Over,
}

/// How the bytes ended, seen from the transport.
#[derive(Debug)]
pub(crate) enum End {
    /// The terminal event came; or the body ended as HTTP says it should.
    Clean,
    /// The body ended in the middle of its own framing.
    Truncated(ProviderError),
    /// The transport failed, a limit passed, or the bytes made no sense or said that they are an error.
    Broken(ProviderError),
}

/// One response's decoder.
pub(crate) trait Decode: Send {
    /// Takes the next bytes. An error is the end: [`Decode::end`] follows with it as [`End::Broken`].
    fn push(&mut self, bytes: &[u8], events: &mut VecDeque<StreamEvent>) -> Result<Progress, ProviderError>;

    /// No more bytes: adds usage, if any came, and the one `Closed`.
    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>);
}
