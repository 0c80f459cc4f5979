//! A step of the plan while the run lives: what it waits for, what it has, how it ended.

use super::Run;
use super::combine::Asks;
use super::fit::Repair;
use super::hedge::Hedge;
use super::sift::Fit;
use crate::input::AttemptFailure;
use crate::spec::StepSpec;
use plyrum_protocol::{AttemptId, Channel, Fault, FrameBody, StepKind, StepOutcome, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
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
    /// What it asks its model.
    pub(super) asks: Asks,
    /// A person did not want its proposal.
    #[serde(default)]
    pub(super) dropped: bool,
    /// The answer that did not fit its form, once that was told to its model.
    #[serde(default)]
    pub(super) repair: Option<Repair>,
    /// Whether it is what was asked for, where somebody has to choose.
    #[serde(default)]
    pub(super) fit: Fit,
    /// Whether a second attempt was begun beside its first.
    #[serde(default)]
    pub(super) hedge: Hedge,
    /// Which of `spec.models` failed for good as a hedge: it does not stand in.
    #[serde(default)]
    pub(super) passed_over: Option<usize>,
    /// It answered with less than was planned.
    pub(super) degraded: bool,
    /// What its first model failed with, while another stands in that was not asked yet.
    #[serde(default)]
    pub(super) fell_back_for: Option<AttemptFailure>,
    /// The model whose text it took over.
    pub(super) answered_by: Option<String>,
    /// The attempt that wrote its text.
    pub(super) written_by: Option<AttemptId>,
    /// Why it was cancelled, until that is told.
    #[serde(skip)]
    pub(super) cancelled_for: Option<&'static str>,
    /// Why there is no (whole) text.
    pub(super) fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StepState {
    /// Nothing was asked for it.
    Waiting,
    /// Its money is held; it waits for its turn.
    Funded,
    /// An attempt is being held, answered or booked.
    Busy,
    /// Its model has called tools, which are being carried out.
    Acting,
    /// Its text is there; whether it fits its form is being found out.
    Checking,
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
        let asks = if sources.is_empty() { Asks::Question } else { Asks::Undecided };
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
            asks,
            dropped: false,
            repair: None,
            fit: Fit::Unknown,
            hedge: Hedge::None,
            passed_over: None,
            degraded: false,
            fell_back_for: None,
            answered_by: None,
            written_by: None,
            cancelled_for: None,
            fault: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_done() || self.state == StepState::Cancelled
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, StepState::Done(_))
    }

    /// Whether later steps can use its text.
    pub(super) fn has_text(&self) -> bool {
        matches!(self.state, StepState::Done(StepOutcome::Ok | StepOutcome::Cut)) && !self.text.is_empty()
    }

    /// Whether its text can become the answer of a step that reads it.
    pub(super) fn is_proposal(&self) -> bool {
        self.has_text() && self.fit != Fit::LeftOut
    }

    /// Its text; where a repair brought none, the one that was to be repaired.
    pub(super) fn take_answer(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        let before = || self.repair.take().map(|repair| repair.answer);
        Some(text).filter(|text| !text.is_empty()).or_else(before).unwrap_or_default()
    }

    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        match self.state {
            StepState::Backoff { until } => Some(until),
            StepState::Waiting
            | StepState::Funded
            | StepState::Busy
            | StepState::Acting
            | StepState::Checking
            | StepState::Done(_)
            | StepState::Cancelled => None,
        }
    }

    /// The stream that its deltas are shown in.
    pub(super) fn channel(&self) -> Channel {
        match self.spec.kind {
            StepKind::Propose => Channel::Proposal,
            _ if self.judges() => Channel::Reasoning, // a judge's words are not the answer
            _ => Channel::Answer,
        }
    }

    /// Whether its model is asked for a choice, not for a text.
    pub(super) fn judges(&self) -> bool {
        matches!(self.asks, Asks::Choice(_))
    }
}

impl Run {
    /// Asks for what is ready in one batch of holds: first the whole mixture, then repeats whose wait is
    /// over; a step that reads others first looks at what there is to read.
    pub(super) fn start_ready_steps(&mut self) {
        while self.ending.is_none() {
            let unfunded = self.funding.is_none() && !self.panels.is_empty() && self.hold_plan();
            self.open_granted();
            let ready: Vec<usize> = (0..self.steps.len()).filter(|at| self.is_ready(*at)).collect();
            let (reading, asking): (Vec<usize>, Vec<usize>) =
                ready.into_iter().partition(|at| self.is_undecided(*at));
            let combined = reading.into_iter().filter(|at| self.combine(*at)).count() > 0;
            let failed = !asking.is_empty() && self.hold_for(&asking);
            if !unfunded && !combined && !failed {
                return; // nothing to do, or the answer of the ledger will go on from here
            }
            self.tend_panels();
        }
    }

    /// Sends what has its money and whose turn it is.
    pub(super) fn open_granted(&mut self) {
        for at in 0..self.attempts.len() {
            let granted = self.attempts.get(at).filter(|a| a.is_granted()).map(|a| a.step);
            let Some(step) = granted.filter(|step| !self.is_undecided(*step)) else { continue };
            if self.has_its_turn(step) {
                if let Some(step) = self.steps.get_mut(step) {
                    step.state = StepState::Busy;
                }
                self.open(at);
            }
        }
    }

    fn is_undecided(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|s| s.asks == Asks::Undecided)
    }

    fn is_ready(&self, at: usize) -> bool {
        let Some(step) = self.steps.get(at) else { return false };
        match step.state {
            StepState::Waiting | StepState::Funded if step.asks == Asks::Undecided => {
                self.sources_are_there(at) && self.has_its_turn(at)
            }
            StepState::Waiting => true,
            StepState::Backoff { until } => until <= self.now,
            StepState::Funded
            | StepState::Busy
            | StepState::Acting
            | StepState::Checking
            | StepState::Done(_)
            | StepState::Cancelled => false,
        }
    }

    /// Nothing more is waited for, and what came in time is booked.
    fn sources_are_there(&self, at: usize) -> bool {
        let Some(panel) = self.panel_of(at) else { return false };
        let coming =
            |m: &usize| self.steps.get(*m).is_some_and(|s| !s.is_over()) && self.is_text_being_booked(*m);
        panel.closed && !panel.members.iter().any(coming)
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
        let (cost, unpriced) = (self.step_cost(at), self.step_unpriced(at));
        let now = self.now;
        self.note_started(at);
        let Some(step) = self.steps.get_mut(at) else { return };
        step.state = StepState::Done(outcome);
        let ms = step.started_at.map_or(0, |t| now.millis_since(t));
        let step = step.spec.step.clone();
        let body = FrameBody::StepFinished { step, outcome, cost_micro_rub: cost, unpriced, ms };
        self.emit(body);
    }

    pub(super) fn fail_step(&mut self, at: usize, fault: Fault) {
        let fault = self.fault_after_repair(at, fault);
        if let Some(step) = self.steps.get_mut(at) {
            step.fault = Some(fault);
        }
        self.finish_step(at, StepOutcome::Failed);
    }
}
