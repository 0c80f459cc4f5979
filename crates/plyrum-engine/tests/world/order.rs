//! The order that frames promise: nothing ends that did not begin, nothing begins or ends twice, and text
//! has no gap.

use plyrum_protocol::{AttemptId, AttemptOutcome, Channel, Frame, FrameBody, StepId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct Order {
    at: Timestamp,
    answering: Option<StepId>,
    steps: BTreeMap<StepId, Phase>,
    attempts: BTreeMap<AttemptId, (StepId, Phase)>,
    held: BTreeSet<AttemptId>,
    promised: BTreeMap<AttemptId, StepId>,
    texts: BTreeMap<(AttemptId, Channel), String>,
    last_answering: Option<AttemptId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begun,
    Shown,
    Ended,
}

impl Order {
    pub(crate) fn check(&mut self, frame: &Frame) {
        assert!(frame.at >= self.at, "time goes on: {frame:?}");
        self.at = frame.at;
        match &frame.body {
            FrameBody::RunPlanned { steps, .. } => self.answering = steps.last().map(|s| s.step.clone()),
            FrameBody::HoldTaken { holds, .. } => {
                for hold in holds {
                    assert!(self.held.insert(hold.attempt.clone()), "{} held twice", hold.attempt);
                }
            }
            FrameBody::StepStarted { step, .. } => {
                assert!(self.steps.insert(step.clone(), Phase::Begun).is_none(), "{step} started twice");
            }
            FrameBody::StepFinished { step, .. } | FrameBody::StepCancelled { step, .. } => {
                self.end_step(step);
            }
            FrameBody::AttemptStarted { step, attempt, .. } => self.start_attempt(step, attempt),
            FrameBody::AttemptOpened { attempt, .. } => self.go_on(attempt, Phase::Begun, Phase::Shown),
            FrameBody::Delta { attempt, channel, offset, text, .. } => {
                assert_eq!(self.attempts[attempt].1, Phase::Shown, "text of {attempt}");
                let so_far = self.texts.entry((attempt.clone(), *channel)).or_default();
                assert_eq!(so_far.len() as u64, *offset, "a gap in {attempt}");
                so_far.push_str(text);
            }
            FrameBody::AttemptFinished { attempt, outcome, error, .. } => {
                let shown = self.attempts[attempt].1;
                self.go_on(attempt, shown, Phase::Ended);
                assert_ne!(shown, Phase::Ended, "{attempt} ended twice");
                assert_eq!(*outcome == AttemptOutcome::Ok, error.is_none(), "{attempt}");
            }
            FrameBody::AttemptRetried { attempt, next, .. } => {
                let (step, phase) = &self.attempts[attempt];
                assert_eq!(*phase, Phase::Ended, "{attempt} is retried");
                assert!(self.promised.insert(next.clone(), step.clone()).is_none(), "{next} promised twice");
            }
            FrameBody::RunFinished { .. } => {
                let open: Vec<_> = self.steps.iter().filter(|(_, p)| **p != Phase::Ended).collect();
                assert!(open.is_empty(), "steps without an end: {open:?}");
            }
            _ => {}
        }
    }

    pub(crate) fn shown_answer(&self) -> &str {
        let last = self.last_answering.clone();
        let text = last.and_then(|attempt| self.texts.get(&(attempt, Channel::Answer)));
        text.map_or("", String::as_str)
    }

    fn start_attempt(&mut self, step: &StepId, attempt: &AttemptId) {
        assert!(self.held.contains(attempt), "{attempt} was not held");
        assert_eq!(self.steps.get(step), Some(&Phase::Begun), "{attempt} of {step}");
        let new = self.attempts.insert(attempt.clone(), (step.clone(), Phase::Begun));
        assert!(new.is_none(), "{attempt} started twice");
        assert_eq!(
            self.promised.get(attempt).unwrap_or(step),
            step,
            "{attempt} was promised to another step"
        );
        if self.answering.as_ref() == Some(step) {
            self.last_answering = Some(attempt.clone());
        }
    }

    fn go_on(&mut self, attempt: &AttemptId, from: Phase, to: Phase) {
        let (_, phase) = self.attempts.get_mut(attempt).unwrap_or_else(|| panic!("{attempt} never started"));
        assert_eq!(*phase, from, "{attempt} -> {to:?}");
        *phase = to;
    }

    fn end_step(&mut self, step: &StepId) {
        let phase = self.steps.insert(step.clone(), Phase::Ended);
        assert_eq!(phase, Some(Phase::Begun), "{step} ended");
        let mine = self.attempts.values().filter(|(s, _)| s == step);
        let open = mine.filter(|(_, phase)| *phase != Phase::Ended).count();
        // One attempt may stay open: the one that the ledger could not book.
        assert!(open <= 1, "{step} ended with {open} attempts open");
    }
}
