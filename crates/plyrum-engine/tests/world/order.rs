//! The order that frames promise: nothing ends that did not begin, nothing begins or ends twice, and text
//! has no gap.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::{AttemptId, AttemptOutcome, CallId, Channel, Frame, FrameBody, StepId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct Order {
    at: Timestamp,
    answering: Option<StepId>,
    /// Who reads a step.
    readers: BTreeMap<StepId, Vec<StepId>>,
    steps: BTreeMap<StepId, Phase>,
    attempts: BTreeMap<AttemptId, (StepId, Phase)>,
    held: BTreeSet<AttemptId>,
    promised: BTreeMap<AttemptId, StepId>,
    texts: BTreeMap<(AttemptId, Channel), String>,
    costs: BTreeMap<StepId, i64>,
    late: BTreeSet<StepId>,
    /// Steps that two attempts were under way for.
    hedged: BTreeSet<StepId>,
    /// Calls that are over.
    calls: BTreeSet<CallId>,
    /// The answering step's text, and whose it is.
    answer: (Option<AttemptId>, String),
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
            FrameBody::RunPlanned { steps, .. } => {
                self.answering = steps.last().map(|s| s.step.clone());
                for step in steps {
                    for source in &step.after {
                        self.readers.entry(source.clone()).or_default().push(step.step.clone());
                    }
                }
            }
            FrameBody::HoldTaken { holds, .. } => {
                for hold in holds {
                    assert!(self.held.insert(hold.attempt.clone()), "{} held twice", hold.attempt);
                }
            }
            FrameBody::StepStarted { step, .. } => {
                assert!(self.steps.insert(step.clone(), Phase::Begun).is_none(), "{step} started twice");
            }
            FrameBody::StepFinished { step, cost_micro_rub, .. } => {
                self.end_step(step, 0);
                let spent = self.costs.get(step).copied().unwrap_or_default();
                assert_eq!(*cost_micro_rub, MicroRub::new(spent), "{step}: what its attempts cost");
                assert!(!self.late.contains(step), "{step} was late and is finished");
            }
            FrameBody::AttemptHedged { step, attempt, hedge, .. } => {
                assert_eq!(self.attempts[attempt].0, *step, "{attempt} of {step} is hedged");
                assert!(self.held.contains(hedge) && !self.attempts.contains_key(hedge), "{hedge} of {step}");
                assert!(self.hedged.insert(step.clone()), "{step} is hedged twice");
            }
            // An attempt may stay open: the one that the ledger could not book, and who was asked beside it.
            FrameBody::StepCancelled { step, reason } => {
                if reason == "dropped" {
                    self.steps.entry(step.clone()).or_insert(Phase::Begun); // also before it has begun
                }
                self.end_step(step, 1 + usize::from(self.hedged.contains(step)));
                assert!(reason == "late" || !self.late.contains(step), "{step} was late, not {reason}");
            }
            FrameBody::ProposalLate { step } => {
                assert_eq!(self.steps.get(step), Some(&Phase::Begun), "{step} is late");
                assert!(self.late.insert(step.clone()), "{step} is late twice");
            }
            FrameBody::QuorumReached { have, of, .. } => assert!(0 < *have && have <= of, "{have} of {of}"),
            FrameBody::AttemptStarted { step, attempt, .. } => self.start_attempt(step, attempt),
            FrameBody::AttemptOpened { attempt, .. } => self.go_on(attempt, Phase::Begun, Phase::Shown),
            FrameBody::Delta { step, attempt, channel, offset, text } => {
                self.text(step, attempt, *channel, *offset, text);
            }
            FrameBody::AttemptFinished { attempt, outcome, error, cost_micro_rub, .. } => {
                let (step, shown) = self.attempts[attempt].clone();
                self.go_on(attempt, shown, Phase::Ended);
                assert_ne!(shown, Phase::Ended, "{attempt} ended twice");
                assert_eq!(*outcome == AttemptOutcome::Ok, error.is_none(), "{attempt}");
                *self.costs.entry(step).or_default() += cost_micro_rub.get();
            }
            FrameBody::AttemptRetried { attempt, next, .. } => {
                let (step, phase) = &self.attempts[attempt];
                assert_eq!(*phase, Phase::Ended, "{attempt} is retried");
                assert!(self.promised.insert(next.clone(), step.clone()).is_none(), "{next} promised twice");
            }
            FrameBody::ToolProposed { call, step, .. } => {
                assert_eq!(self.steps.get(step), Some(&Phase::Begun), "{call} of {step}");
            }
            FrameBody::ToolFinished { call, .. } => {
                assert!(self.calls.insert(call.clone()), "{call} ended twice");
            }
            FrameBody::ApprovalRequested { call, .. }
            | FrameBody::ApprovalResolved { call, .. }
            | FrameBody::ToolStarted { call, .. } => assert!(!self.calls.contains(call), "{call} is over"),
            FrameBody::RunFinished { .. } => {
                let open: Vec<_> = self.steps.iter().filter(|(_, p)| **p != Phase::Ended).collect();
                assert!(open.is_empty(), "steps without an end: {open:?}");
            }
            _ => {}
        }
    }

    pub(crate) fn shown_answer(&self) -> &str {
        &self.answer.1
    }

    /// A text grows without a gap. A text that a step takes over is whole, and shown as it was.
    fn text(&mut self, step: &StepId, attempt: &AttemptId, channel: Channel, offset: u64, text: &str) {
        let (own, phase) = &self.attempts[attempt];
        if own == step {
            assert_eq!(*phase, Phase::Shown, "text of {attempt}");
            let so_far = self.texts.entry((attempt.clone(), channel)).or_default();
            assert_eq!(so_far.len() as u64, offset, "a gap in {attempt}");
            so_far.push_str(text);
        } else {
            assert_eq!((*phase, offset), (Phase::Ended, 0), "{step} takes over {attempt}");
            let whole = [Channel::Proposal, Channel::Answer].map(|c| self.texts.get(&(attempt.clone(), c)));
            assert!(whole.iter().flatten().any(|whole| *whole == text), "{step} changed {attempt}");
        }
        if self.answering.as_ref() == Some(step) && channel == Channel::Answer {
            if self.answer.0.as_ref() != Some(attempt) {
                self.answer = (Some(attempt.clone()), String::new());
            }
            self.answer.1.push_str(text);
        }
    }

    fn start_attempt(&mut self, step: &StepId, attempt: &AttemptId) {
        assert!(self.held.contains(attempt), "{attempt} was not held");
        assert_eq!(self.steps.get(step), Some(&Phase::Begun), "{attempt} of {step}");
        if let Some(readers) = self.readers.get(step) {
            let waits = |reader: &StepId| !self.steps.contains_key(reader);
            assert!(readers.iter().any(waits), "{attempt} of {step} is asked, and nobody waits for it");
        }
        let new = self.attempts.insert(attempt.clone(), (step.clone(), Phase::Begun));
        assert!(new.is_none(), "{attempt} started twice");
        assert_eq!(
            self.promised.get(attempt).unwrap_or(step),
            step,
            "{attempt} was promised to another step"
        );
        if self.answering.as_ref() == Some(step) {
            self.answer = (Some(attempt.clone()), String::new());
        }
    }

    fn go_on(&mut self, attempt: &AttemptId, from: Phase, to: Phase) {
        let (_, phase) = self.attempts.get_mut(attempt).unwrap_or_else(|| panic!("{attempt} never started"));
        assert_eq!(*phase, from, "{attempt} -> {to:?}");
        *phase = to;
    }

    fn end_step(&mut self, step: &StepId, may_be_open: usize) {
        let phase = self.steps.insert(step.clone(), Phase::Ended);
        assert_eq!(phase, Some(Phase::Begun), "{step} ended");
        let mine = self.attempts.values().filter(|(s, _)| s == step);
        let open = mine.filter(|(_, phase)| *phase != Phase::Ended).count();
        assert!(open <= may_be_open, "{step} ended with {open} attempts open");
    }
}
