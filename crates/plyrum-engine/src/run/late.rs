//! What is not waited for: proposals that come too late are hung up and booked, money that nobody will use
//! is given back, and "finish now" keeps what there is.
//!
//! A text that has arrived and is only being booked is never late, whatever the ledger's pace: whether it
//! counts must not depend on a disk.

use super::ended::Ended;
use super::step::StepState;
use super::{Attempt, Run, Step};
use plyrum_protocol::{FrameBody, StepKind};
use std::collections::BTreeSet;

impl Run {
    /// Gives up every step that no step waits for any more. Readers come later in the order, so one pass from
    /// the end finds them first; the frames go by rank.
    pub(super) fn give_up_unneeded(&mut self) {
        let mut unneeded = BTreeSet::new();
        for at in (0..self.steps.len()).rev() {
            let over = self.steps.get(at).is_none_or(Step::is_over);
            if !over && !self.is_needed(at, &unneeded) && !self.is_text_being_booked(at) {
                unneeded.insert(at);
            }
        }
        for at in unneeded {
            self.give_up(at);
        }
    }

    /// Whether a step is the answer, or one that reads it still waits for it.
    fn is_needed(&self, at: usize, unneeded: &BTreeSet<usize>) -> bool {
        let mut readers = self.steps.iter().enumerate().filter(|(_, s)| s.sources.contains(&at)).peekable();
        let waits = |reader: usize| self.panel_of(reader).is_none_or(|panel| !panel.closed);
        readers.peek().is_none()
            || readers.any(|(at, step)| !step.is_over() && !unneeded.contains(&at) && waits(at))
    }

    /// Whether the step's text, whole or cut, has arrived and only the ledger is waited for.
    pub(super) fn is_text_being_booked(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|step| step.hedge.has_text())
            || self.attempts.iter().any(|a| a.step == at && a.is_text_being_booked())
    }

    fn give_up(&mut self, at: usize) {
        let Some(step) = self.steps.get(at) else { return };
        if step.started_at.is_some() && step.spec.kind == StepKind::Propose {
            let step = step.spec.step.clone();
            self.emit(FrameBody::ProposalLate { step });
        }
        self.let_go(at, &Ended::late());
        self.cancel_step(at, "late");
    }

    /// Hangs up what a step has under way, and gives back what is held for it.
    pub(super) fn let_go(&mut self, at: usize, ended: &Ended) {
        for nth in 0..self.attempts.len() {
            let Some(attempt) = self.attempts.get(nth).filter(|a| a.step == at) else { continue };
            if attempt.is_live() {
                self.part_with(nth, ended.clone());
            } else if attempt.is_granted() {
                self.release(nth);
            }
        }
    }

    /// Ends a step from outside.
    pub(super) fn cancel_step(&mut self, at: usize, reason: &'static str) {
        if let Some(step) = self.steps.get_mut(at) {
            step.state = StepState::Cancelled;
            step.cancelled_for = Some(reason);
        }
        self.tell_cancelled(at);
    }

    /// Tells of a cancelled step, after the last of its attempts. What never showed is not taken back, except
    /// where a person did that: everybody who watches is to see it.
    pub(super) fn tell_cancelled(&mut self, at: usize) {
        let busy = self.attempts.iter().any(|a| a.step == at && a.is_unresolved());
        let Some(step) = self.steps.get_mut(at) else { return };
        let never_showed = step.started_at.is_none() && !step.dropped;
        if busy || never_showed || step.state != StepState::Cancelled {
            return;
        }
        let Some(reason) = step.cancelled_for.take() else { return };
        let body = FrameBody::StepCancelled { step: step.spec.step.clone(), reason: reason.to_owned() };
        self.emit(body);
    }

    /// "Answer with what is there": whole proposals, else the unfinished ones as far as they go. Where there
    /// is nothing yet, nothing changes.
    pub(super) fn finish_now(&mut self) {
        self.hurried = true;
        self.hurry_trial();
        for at in 0..self.panels.len() {
            if self.ending.is_none() {
                self.finish_panel_now(at);
            }
        }
        self.give_up_unneeded();
    }

    fn finish_panel_now(&mut self, at: usize) {
        let Some(panel) = self.panels.get(at).filter(|p| !p.closed) else { return };
        let members = panel.members.clone();
        let has_text = |m: usize| self.steps.get(m).is_some_and(Step::has_text);
        let whole = members.iter().filter(|m| has_text(**m) || self.is_text_being_booked(**m)).count();
        if whole > 0 {
            self.say_quorum(at, whole, "finish_now");
            return self.close_panel(at);
        }
        let unfinished = |a: &Attempt| a.is_live() && a.answer.bytes > 0 && members.contains(&a.step);
        let unfinished: Vec<usize> =
            (0..self.attempts.len()).filter(|nth| self.attempts.get(*nth).is_some_and(unfinished)).collect();
        if unfinished.is_empty() {
            return;
        }
        self.say_quorum(at, unfinished.len(), "finish_now");
        self.close_panel(at);
        for nth in unfinished {
            self.hang_up(nth, Ended::cut_short()); // its text is wanted now
        }
    }
}
