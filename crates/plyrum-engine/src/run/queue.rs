//! The wait for a free place of a provider, told apart from the request: a provider's pace must not be judged by the
//! queue before it.

use super::{Attempt, Run};
use plyrum_protocol::{AttemptId, FrameBody, Timestamp};
use serde::{Deserialize, Serialize};

/// An attempt's wait.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Queue {
    /// Since when it waits; none where it does not.
    since: Option<Timestamp>,
    /// How long it waited; none where it did not.
    pub(super) waited_ms: Option<u64>,
}

impl Attempt {
    /// Whether its request waits, and so was not sent.
    pub(super) const fn is_queued(&self) -> bool {
        self.queue.since.is_some()
    }

    /// Its time begins now, where it waited until now.
    pub(super) fn leave_queue(&mut self, now: Timestamp) {
        if let Some(since) = self.queue.since.take() {
            self.queue.waited_ms = Some(now.millis_since(since));
            self.started_at = now;
        }
    }
}

impl Run {
    pub(super) fn queued(&mut self, id: &AttemptId, limit: u32) {
        let (at, now) = (self.live(id), self.now);
        let Some(attempt) = at.and_then(|at| self.attempts.get_mut(at)).filter(|a| !a.is_queued()) else {
            return;
        };
        attempt.queue.since = Some(now);
        let provider = attempt.hold.provider.clone();
        self.emit(FrameBody::AttemptQueued { attempt: id.clone(), provider, limit });
    }

    pub(super) fn admitted(&mut self, id: &AttemptId, is_probe: bool) {
        let (at, now) = (self.live(id), self.now);
        let Some(attempt) = at.and_then(|at| self.attempts.get_mut(at)) else { return };
        attempt.leave_queue(now);
        let queued_ms = attempt.queue.waited_ms;
        self.emit(FrameBody::AttemptAdmitted { attempt: id.clone(), queued_ms, is_probe });
    }

    /// Also where nobody waits for the attempt any more: it concerns every run.
    pub(super) fn rests(&mut self, attempt: AttemptId, failures: u32, until: Timestamp) {
        let Some(known) = self.find(&attempt).and_then(|at| self.attempts.get(at)) else { return };
        let provider = known.hold.provider.clone();
        self.emit(FrameBody::ProviderResting { provider, attempt, failures, until });
    }
}
