//! A proposal that a person does not want: hung up and booked like a late one, and from then on as if it had not
//! been planned. What is left goes on by its own rules, and where nothing is left, as if all had failed.
//!
//! A text that has arrived and is only being booked is there already: whether it can still be dropped must not
//! depend on a disk.

use super::Run;
use super::ended::Ended;
use plyrum_protocol::{StepId, StepKind};

impl Run {
    /// Drops the proposal of a step, unless it is no proposal, there already, or over.
    pub(super) fn drop_proposal(&mut self, step: &StepId) {
        let Some(at) = self.steps.iter().position(|s| s.spec.step == *step) else { return };
        if self.ending.is_some() || !self.is_to_come(at) {
            return;
        }
        if let Some(step) = self.steps.get_mut(at) {
            step.dropped = true;
        }
        self.let_go(at, &Ended::dropped());
        self.cancel_step(at, "dropped");
        self.give_up_unneeded(); // what only it would have read
    }

    fn is_to_come(&self, at: usize) -> bool {
        let proposes = self.steps.get(at).is_some_and(|s| s.spec.kind == StepKind::Propose && !s.is_over());
        proposes && !self.is_text_being_booked(at)
    }
}
