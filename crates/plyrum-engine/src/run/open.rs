//! From a hold to a request on its way: the text is put together only when the money is there.

use super::Run;
use super::combine::Asks;
use crate::compose::{request_for, request_over};
use crate::effect::{Effect, HoldRequest, OpenAttempt, Request};
use crate::proposals::Task;
use plyrum_protocol::FrameBody;

impl Run {
    pub(super) fn open(&mut self, at: usize) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.go_live(now);
        let (step_at, hold) = (attempt.step, attempt.hold.clone());
        self.note_started(step_at);
        if let Some(step) = self.steps.get_mut(step_at) {
            step.text.clear(); // until here what a model said before its tools is the answer
            step.written_by = Some(hold.attempt.clone());
        }
        self.send(step_at, hold);
    }

    /// Puts the request of a step together and sends it.
    pub(super) fn send(&mut self, step_at: usize, hold: HoldRequest) {
        self.emit(FrameBody::AttemptStarted {
            step: hold.step,
            attempt: hold.attempt.clone(),
            provider: hold.provider.clone(),
            model: hold.model.clone(),
            try_number: hold.try_number,
        });
        let mut request = self.request_of(step_at, hold.bound.max_output_tokens);
        self.show_pictures(step_at, &mut request);
        self.add_form(step_at, &mut request);
        self.add_tools(step_at, &mut request);
        debug_assert!(request.estimated_bytes() <= hold.request_bytes, "the hold was for a smaller request");
        self.effects.push(Effect::Open(OpenAttempt {
            attempt: hold.attempt,
            provider: hold.provider,
            model: hold.model,
            request,
        }));
    }

    /// To a model that takes no pictures they are told in words alone.
    fn show_pictures(&self, step: usize, request: &mut Request) {
        let Some(model) = self.steps.get(step).and_then(|s| s.spec.models.get(s.model)) else { return };
        let turns = request.turns.iter_mut();
        if model.images {
            let pictures: usize = turns.map(|turn| turn.pictures.len()).sum();
            request.picture_bytes = model.picture_bytes(pictures as u64);
        } else {
            turns.for_each(|turn| turn.pictures.clear());
        }
    }

    fn request_of(&self, step: usize, longest: u64) -> Request {
        let conversation = &self.spec.conversation;
        // Samples of one model differ by their seed; the first is what a direct answer would be.
        let sample = self.panels.iter().find_map(|p| p.members.iter().position(|m| *m == step)).unwrap_or(0);
        let seed = self.spec.seed.wrapping_add(sample as u64);
        let proposals = self.shown_proposals(step);
        if proposals.is_empty() {
            return request_for(conversation, longest, seed);
        }
        let task = match self.steps.get(step).map(|s| &s.asks) {
            Some(Asks::Choice(_)) => Task::Choice,
            _ if !self.offered(step).is_empty() => Task::Action,
            _ => Task::Synthesis,
        };
        request_over(conversation, task, &proposals, longest, seed)
    }
}
