//! What every wire gathers of an answer while it comes, and how an answer ends.

use std::collections::VecDeque;

use super::calls::{Calls, Piece};
use super::{End, Progress, protocol};
use crate::call_ids::CallIds;
use crate::{Channel, Close, ProviderError, ReportedUsage, Stop, StreamEvent};

/// Characters of a provider's own stop reason that we keep.
const MAX_REASON: usize = 64;

/// What a wire ends with, in its own words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// What says why the model stopped.
    pub(crate) reason: &'static str,
    /// The terminal event.
    pub(crate) last: &'static str,
}

/// What was learned of the answer so far.
#[derive(Debug)]
pub(crate) struct Gathered {
    stop: Option<Stop>,
    /// The last usage block, as sent. A later one replaces it whole.
    usage: Option<String>,
    calls: Calls,
    is_done: bool,
    has_delivered: bool,
    /// What the bytes that are read now come to.
    pub(super) progress: Progress,
}

impl Gathered {
    pub(super) fn new(ids: CallIds) -> Self {
        Self {
            stop: None,
            usage: None,
            calls: Calls::new(ids),
            is_done: false,
            has_delivered: false,
            progress: Progress::Noise,
        }
    }

    /// A piece of text; an empty one is none.
    pub(crate) fn deliver(&mut self, channel: Channel, text: String, events: &mut VecDeque<StreamEvent>) {
        if text.is_empty() {
            return;
        }
        self.has_delivered = true;
        self.progress = Progress::Semantic;
        events.push_back(StreamEvent::Delta { channel, text });
    }

    /// The pieces of calls that are taken from now on come in another delta.
    pub(crate) fn next_delta(&mut self) {
        self.calls.next_delta();
    }

    /// A piece of a call.
    pub(crate) fn call(
        &mut self,
        piece: Piece<'_>,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), ProviderError> {
        let begins = self.calls.take(&piece).inspect_err(|_| {
            // Whatever was said before, a call is missing now: this is no end that went well.
            self.stop = None;
        })?;
        if begins {
            self.progress = Progress::Semantic;
        }
        self.deliver(Channel::ToolArgs, piece.arguments.into_owned(), events);
        Ok(())
    }

    /// Something that is carried on and not shown, such as a signed thought.
    pub(crate) fn carry(&mut self, event: StreamEvent, events: &mut VecDeque<StreamEvent>) {
        self.progress = Progress::Semantic;
        events.push_back(event);
    }

    /// The provider said why it stopped: only usage can still come.
    pub(crate) fn stops(&mut self, stop: Stop) {
        self.stop = Some(stop);
        self.progress = Progress::Stopping;
    }

    /// The terminal event.
    pub(crate) fn is_over(&mut self) {
        self.is_done = true;
        self.progress = Progress::Over;
    }

    pub(crate) const fn has_stopped(&self) -> bool {
        self.stop.is_some()
    }

    pub(crate) const fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The provider's count, as sent, in the place of an earlier one.
    pub(crate) fn keep_usage(&mut self, raw: Option<&str>) {
        if let Some(raw) = raw {
            let kept = self.usage.get_or_insert_default();
            kept.clear();
            kept.push_str(raw);
            if self.progress == Progress::Noise {
                self.progress = if self.stop.is_some() { Progress::Stopping } else { Progress::Semantic };
            }
        }
    }

    /// Tells usage and the end. `ending` names what the wire ends with, for messages.
    pub(super) fn close(
        &mut self,
        end: End,
        is_empty: bool,
        ending: Ending,
        report: impl FnOnce(String) -> ReportedUsage,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let close = match (self.stop.take(), end) {
            // The provider said that it had stopped: whatever broke later took no text with it.
            (Some(stop), _) => self.finish(stop, events),
            // Proxies write a terminal event after an upstream that broke off, too: only a stop reason is an end.
            (None, End::Clean) if self.is_done && self.has_delivered => {
                Close::Cut { why: format!("{} came without {}", ending.last, ending.reason) }
            }
            (None, End::Clean) if self.has_delivered => {
                Close::Cut { why: format!("the stream ended without {} or {}", ending.reason, ending.last) }
            }
            (None, End::Clean) if is_empty => {
                Close::Failed(protocol("the server answered 200 with an empty body"))
            }
            (None, End::Clean) => Close::Failed(protocol("the stream ended without an answer")),
            (None, End::Truncated(error)) if self.has_delivered => Close::Cut { why: error.message },
            (None, End::Truncated(error) | End::Broken(error)) => Close::Failed(error),
        };
        if let Some(raw) = self.usage.take() {
            events.push_back(StreamEvent::Usage(report(raw)));
        }
        events.push_back(StreamEvent::Closed(close));
    }

    /// Tells the calls, unless what stopped the answer may have cut them.
    fn finish(&mut self, stop: Stop, events: &mut VecDeque<StreamEvent>) -> Close {
        if !matches!(stop, Stop::ToolUse | Stop::EndTurn) {
            return Close::Finished(stop);
        }
        match self.calls.finish() {
            Err(error) => Close::Failed(error),
            Ok(calls) if calls.is_empty() => Close::Finished(stop),
            Ok(calls) => {
                events.extend(calls.into_iter().map(StreamEvent::Call));
                // Some servers say `stop` to every answer.
                Close::Finished(Stop::ToolUse)
            }
        }
    }
}

/// A reason to stop that this build does not know.
pub(crate) fn other_stop(reason: &str) -> Stop {
    Stop::Other(reason.chars().take(MAX_REASON).collect())
}
