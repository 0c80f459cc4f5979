//! A step of the plan while the run lives: what it waits for, what it has, how it ended.

use super::Run;
use crate::spec::StepSpec;
use plyrum_protocol::{Channel, ErrorKind, Fault, FrameBody, StepKind, StepOutcome, Timestamp};

#[derive(Debug)]
pub(super) struct Step {
    pub(super) spec: StepSpec,
    /// The steps it comes after, by their place.
    pub(super) sources: Vec<usize>,
    /// Length of the longest way to it, from 0.
    pub(super) layer: u32,
    pub(super) state: StepState,
    /// Which of `spec.models` is being asked.
    pub(super) model: usize,
    /// Requests made to that model.
    pub(super) tries: u32,
    /// Requests made in all.
    pub(super) attempts: u32,
    pub(super) started_at: Option<Timestamp>,
    /// Text of the last attempt.
    pub(super) text: String,
    /// Number of the attempt that a retry has promised.
    pub(super) promised: Option<u32>,
    /// A smaller answer, after the ledger refused the full one.
    pub(super) shrunk_output: Option<u64>,
    /// How often it was shrunk.
    pub(super) shrinks: u32,
    /// Why there is no (whole) text.
    pub(super) fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepState {
    /// Its dependencies are not over.
    Waiting,
    /// An attempt is being held, answered or booked.
    Busy,
    /// It will be asked again.
    Backoff { until: Timestamp },
    /// It is over, with its text.
    Done(StepOutcome),
    /// It was ended from outside.
    Cancelled,
}

impl Step {
    /// The steps of a plan. Each comes after its sources, so a source is always an earlier one.
    pub(super) fn all(specs: &[StepSpec]) -> Vec<Self> {
        let mut steps: Vec<Self> = Vec::with_capacity(specs.len());
        for spec in specs {
            let earlier = steps.iter().enumerate();
            let sources: Vec<(usize, u32)> = earlier
                .filter(|(_, s)| spec.after.contains(&s.spec.step))
                .map(|(at, s)| (at, s.layer))
                .collect();
            let layer = sources.iter().map(|(_, layer)| layer + 1).max().unwrap_or(0);
            let sources = sources.into_iter().map(|(at, _)| at).collect();
            steps.push(Self::new(spec.clone(), sources, layer));
        }
        steps
    }

    fn new(spec: StepSpec, sources: Vec<usize>, layer: u32) -> Self {
        Self {
            spec,
            sources,
            layer,
            state: StepState::Waiting,
            model: 0,
            tries: 0,
            attempts: 0,
            started_at: None,
            text: String::new(),
            promised: None,
            shrunk_output: None,
            shrinks: 0,
            fault: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, StepState::Done(_) | StepState::Cancelled)
    }

    /// Whether later steps can use its text.
    pub(super) fn has_text(&self) -> bool {
        matches!(self.state, StepState::Done(StepOutcome::Ok | StepOutcome::Cut)) && !self.text.is_empty()
    }

    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        match self.state {
            StepState::Backoff { until } => Some(until),
            StepState::Waiting | StepState::Busy | StepState::Done(_) | StepState::Cancelled => None,
        }
    }

    /// The stream that its deltas are shown in.
    pub(super) fn channel(&self) -> Channel {
        match self.spec.kind {
            StepKind::Propose => Channel::Proposal,
            StepKind::Answer | StepKind::Aggregate | StepKind::Vote | StepKind::Select | StepKind::Tool => {
                Channel::Answer
            }
        }
    }
}

impl Run {
    /// Steps whose dependencies are over, and repeats whose wait is over, begin in one batch of holds.
    pub(super) fn start_ready_steps(&mut self) {
        if self.ending.is_some() {
            return;
        }
        loop {
            let ready: Vec<usize> = (0..self.steps.len()).filter(|i| self.is_ready(*i)).collect();
            if ready.is_empty() || !self.hold_for(&ready) {
                return; // nothing to do, or the answer of the ledger will go on from here
            }
        }
    }

    fn is_ready(&self, at: usize) -> bool {
        let Some(step) = self.steps.get(at) else { return false };
        match step.state {
            StepState::Waiting => self.sources_of(step).all(Step::is_over),
            StepState::Backoff { until } => until <= self.now,
            StepState::Busy | StepState::Done(_) | StepState::Cancelled => false,
        }
    }

    pub(super) fn sources_of<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Step> {
        step.sources.iter().filter_map(|at| self.steps.get(*at))
    }

    /// Texts of the sources that have one.
    pub(super) fn proposals_for<'a>(&'a self, step: &'a Step) -> Vec<&'a str> {
        self.sources_of(step).filter(|s| s.has_text()).map(|s| s.text.as_str()).collect()
    }

    /// Why a step cannot do its work: it has sources, and every one of them failed.
    pub(super) fn source_fault(&self, step: &Step) -> Option<Fault> {
        if step.sources.is_empty() || self.sources_of(step).any(Step::has_text) {
            return None;
        }
        let first = self.sources_of(step).find_map(|s| s.fault.clone());
        Some(first.unwrap_or_else(|| Fault::new(ErrorKind::Failed, "no step before this one gave a text")))
    }

    /// The first sign of a step, once.
    pub(super) fn note_started(&mut self, at: usize) {
        let now = self.now;
        let Some(step) = self.steps.get_mut(at) else { return };
        if step.started_at.is_none() {
            step.started_at = Some(now);
            let body = FrameBody::StepStarted {
                step: step.spec.step.clone(),
                kind: step.spec.kind,
                role: step.spec.role,
            };
            self.emit(body);
        }
    }

    pub(super) fn finish_step(&mut self, at: usize, outcome: StepOutcome) {
        let cost = self.step_cost(at);
        let now = self.now;
        self.note_started(at);
        let Some(step) = self.steps.get_mut(at) else { return };
        step.state = StepState::Done(outcome);
        let ms = step.started_at.map_or(0, |t| now.millis_since(t));
        let body =
            FrameBody::StepFinished { step: step.spec.step.clone(), outcome, cost_micro_rub: cost, ms };
        self.emit(body);
    }

    pub(super) fn fail_step(&mut self, at: usize, fault: Fault) {
        if let Some(step) = self.steps.get_mut(at) {
            step.fault = Some(fault);
        }
        self.finish_step(at, StepOutcome::Failed);
    }

    /// Ends a step because the run ends.
    pub(super) fn cancel_step(&mut self, at: usize) {
        let reason = self.ending_reason().to_owned();
        let Some(step) = self.steps.get_mut(at) else { return };
        step.state = StepState::Cancelled;
        if step.started_at.is_none() {
            return; // it never showed: nothing to take back
        }
        let body = FrameBody::StepCancelled { step: step.spec.step.clone(), reason };
        self.emit(body);
    }
}
