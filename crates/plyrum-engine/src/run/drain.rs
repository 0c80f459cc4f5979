//! Parting with a stream that nobody wants any more: hung up at once, or read on, unseen, until its provider
//! says what it used.
//!
//! Hanging up stops the provider's work and leaves an estimate; draining pays for all of the answer and leaves
//! the provider's own figures. Which one is the provider entry's choice (`on_cancel`), and bounded in time.

use super::Run;
use super::ended::{self, Ended};
use crate::effect::Effect;
use plyrum_protocol::AttemptId;

impl Run {
    /// Ends a live stream from outside, by its provider's policy. What waits for its turn has nothing to be read on.
    pub(super) fn part_with(&mut self, at: usize, ended: Ended) {
        let drain_ms = self.drain_ms(at);
        let until = self.now.plus_millis(drain_ms);
        match self.attempts.get_mut(at).filter(|a| drain_ms > 0 && a.report.is_none() && !a.is_queued()) {
            Some(attempt) if !self.at_once => attempt.drain(until, ended),
            _ => self.hang_up(at, ended),
        }
    }

    /// Ends a live stream now.
    pub(super) fn hang_up(&mut self, at: usize, ended: Ended) {
        let Some(attempt) = self.attempts.get(at) else { return };
        self.effects.push(Effect::Abort { attempt: attempt.hold.attempt.clone() });
        self.settle(at, ended);
    }

    fn drain_ms(&self, at: usize) -> u64 {
        let Some(attempt) = self.attempts.get(at) else { return 0 };
        let models = self.steps.get(attempt.step).map(|step| step.spec.models.as_slice()).unwrap_or_default();
        models.iter().find(|model| model.id == attempt.hold.model).map_or(0, |model| model.drain_ms)
    }

    pub(super) fn draining(&self, id: &AttemptId) -> Option<usize> {
        self.attempts.iter().position(|a| a.is_draining() && a.hold.attempt == *id)
    }

    /// Text of a stream that is being drained is counted and dropped, as long as it keeps to its limit.
    pub(super) fn count_drained(&mut self, at: usize, bytes: u64) {
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.count_drained(bytes);
        if ended::is_over_its_limit(attempt) {
            self.stop_draining(at);
        }
    }

    /// Books a drained stream with what is known now.
    pub(super) fn stop_draining(&mut self, at: usize) {
        if let Some(ended) = self.attempts.get_mut(at).and_then(super::Attempt::drained) {
            self.hang_up(at, ended);
        }
    }

    /// Streams whose time is over; all of them where nobody waits any more.
    pub(super) fn tend_draining(&mut self) {
        for at in 0..self.attempts.len() {
            let until = self.attempts.get(at).and_then(super::Attempt::drained_at);
            if until.is_some_and(|until| until <= self.now || self.at_once) {
                self.stop_draining(at);
            }
        }
    }
}
