//! A step of a plan: who is asked, how far it is, what it said.

use super::push_bounded;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{
    AttemptId, AttemptOutcome, Channel, Fault, FrameBody, PlannedStep, Role, StepId, StepKind, StepOutcome,
    Timestamp, UsageView,
};

/// Most bytes of a step's text that are kept.
pub(super) const MAX_TEXT: usize = 256 * 1024;

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It waits for others.
    Waiting,
    /// Its request waits for a free place of its provider.
    Queued,
    /// A request is under way.
    Connecting,
    /// The answer has begun, and no text has come.
    FirstToken,
    /// Text comes.
    Streaming,
    /// It has its text.
    Done,
    /// It has a text that was cut short.
    Cut,
    /// It was not waited for.
    Late,
    /// It has no text.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// The plan ended without it.
    Skipped,
}

impl Phase {
    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Queued | Self::Connecting | Self::FirstToken | Self::Streaming)
    }
}

/// A step as far as it came.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name in the plan.
    pub id: StepId,
    /// What it does.
    pub kind: StepKind,
    /// What its attempts are booked as.
    pub role: Role,
    /// The model that is asked, or will be.
    pub model: String,
    /// Steps that must have ended before it.
    pub after: Vec<StepId>,
    /// How far it is.
    pub phase: Phase,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// The request that is under way, or was the last one.
    pub attempt: Option<AttemptId>,
    /// Which try that is.
    pub try_number: u32,
    /// When that request began.
    pub asked_at: Option<Timestamp>,
    /// The other request of the two that are under way, while nobody knows which of them will be the step's.
    pub(super) beside: Option<Asked>,
    /// From the request to the first text.
    pub ttft_ms: Option<u64>,
    /// From its start to its end.
    pub ms: Option<u64>,
    /// What the last attempt used.
    pub usage: Option<UsageView>,
    /// What all its attempts cost; known when it is over.
    pub cost: Option<MicroRub>,
    /// How many of them are not in it, since their price is not known.
    pub unpriced: u32,
    /// What it said.
    pub text: String,
    /// Bytes of text that came, also those that are not kept.
    pub bytes: u64,
    /// Why it has no text, was ended, or cannot be chosen.
    pub why: Option<String>,
}

/// A request of a step.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    attempt: AttemptId,
    model: String,
    try_number: u32,
    at: Option<Timestamp>,
}

impl Step {
    /// As a plan has it.
    pub(super) fn planned(step: &PlannedStep) -> Self {
        let mut new = Self::unplanned(step.step.clone(), step.kind, step.role);
        new.model.clone_from(&step.model);
        new.after.clone_from(&step.after);
        new
    }

    /// One that followed from a plan's step, such as a turn behind an action.
    pub(super) const fn unplanned(id: StepId, kind: StepKind, role: Role) -> Self {
        Self {
            id,
            kind,
            role,
            model: String::new(),
            after: Vec::new(),
            phase: Phase::Waiting,
            started_at: None,
            attempt: None,
            try_number: 0,
            asked_at: None,
            beside: None,
            ttft_ms: None,
            ms: None,
            usage: None,
            cost: None,
            unpriced: 0,
            text: String::new(),
            bytes: 0,
            why: None,
        }
    }

    /// Whether what it says is the run's answer.
    #[must_use]
    pub const fn writes_answer(&self) -> bool {
        matches!(self.role, Role::Answer | Role::Aggregator)
    }

    pub(super) const fn begins(&mut self, at: Timestamp) {
        self.started_at = Some(at);
        self.phase = Phase::Connecting;
    }

    /// A second request is to come beside the one that is under way.
    fn hedges(&mut self) {
        let (model, try_number) = (self.model.clone(), self.try_number);
        let asked =
            self.attempt.clone().map(|attempt| Asked { attempt, model, try_number, at: self.asked_at });
        self.beside = asked;
    }

    /// The other one of two requests is the step's.
    fn turns(&mut self) {
        let Some(asked) = self.beside.take() else { return };
        self.attempt = Some(asked.attempt);
        (self.model, self.try_number, self.asked_at) = (asked.model, asked.try_number, asked.at);
    }

    fn is_beside(&self, attempt: &AttemptId) -> bool {
        self.beside.as_ref().is_some_and(|asked| asked.attempt == *attempt)
    }

    pub(super) fn asks(&mut self, attempt: AttemptId, model: &str, try_number: u32, at: Timestamp) {
        self.attempt = Some(attempt);
        model.clone_into(&mut self.model);
        self.try_number = try_number;
        self.asked_at = Some(at);
        self.phase = Phase::Connecting;
        (self.ttft_ms, self.why) = (None, None);
        self.text.clear();
        self.bytes = 0;
    }

    pub(super) fn hears(&mut self, attempt: &AttemptId, channel: Channel, text: &str) {
        if self.is_beside(attempt) {
            self.turns();
        }
        if self.attempt.as_ref() != Some(attempt) {
            return;
        }
        if matches!(channel, Channel::Answer | Channel::Proposal) {
            push_bounded(&mut self.text, text, MAX_TEXT);
        }
        self.bytes += text.len() as u64;
        if !self.phase.is_over() {
            self.phase = Phase::Streaming;
        }
    }

    /// Whether a frame speaks of this step.
    pub(super) fn is_meant(&self, body: &FrameBody) -> bool {
        match body {
            FrameBody::StepFinished { step, .. }
            | FrameBody::StepCancelled { step, .. }
            | FrameBody::ProposalLate { step }
            | FrameBody::AttemptHedged { step, .. }
            | FrameBody::ProposalUnfit { step, .. }
            | FrameBody::ProposalChecked { step, .. } => self.id == *step,
            FrameBody::AttemptQueued { attempt, .. }
            | FrameBody::AttemptAdmitted { attempt, .. }
            | FrameBody::AttemptOpened { attempt, .. }
            | FrameBody::AttemptFinished { attempt, .. } => {
                self.attempt.as_ref() == Some(attempt) || self.is_beside(attempt)
            }
            _ => false,
        }
    }

    pub(super) fn take(&mut self, body: &FrameBody, at: Timestamp) {
        match body {
            FrameBody::AttemptHedged { .. } => self.hedges(),
            FrameBody::AttemptOpened { attempt, .. } if self.is_beside(attempt) => {
                self.turns();
                self.take(body, at);
            }
            // The other one goes on: of the two only one was the step's.
            FrameBody::AttemptFinished { attempt, .. } if self.is_beside(attempt) => self.beside = None,
            FrameBody::AttemptFinished { .. } if self.beside.is_some() => self.turns(),
            FrameBody::AttemptQueued { .. } if self.phase == Phase::Connecting => self.phase = Phase::Queued,
            FrameBody::AttemptAdmitted { .. } if self.phase == Phase::Queued => {
                self.phase = Phase::Connecting;
            }
            FrameBody::AttemptOpened { ttft_ms, .. } => {
                self.beside = None; // it is known now
                self.ttft_ms = Some(*ttft_ms);
                if self.phase == Phase::Connecting {
                    self.phase = Phase::FirstToken;
                }
            }
            FrameBody::AttemptFinished { outcome, usage, ms, error, cost_micro_rub, unpriced, .. } => {
                // The step's own sum comes with its end; one that is ended from outside has only this.
                self.cost = (self.try_number <= 1).then_some(*cost_micro_rub);
                self.unpriced = u32::from(*unpriced);
                self.usage = Some(usage.clone());
                self.ms = Some(*ms);
                self.attempt_ended(*outcome, error.as_ref());
            }
            FrameBody::StepFinished { outcome, cost_micro_rub, unpriced, ms, .. } => {
                self.phase = match outcome {
                    StepOutcome::Ok => Phase::Done,
                    StepOutcome::Cut => Phase::Cut,
                    StepOutcome::Failed => Phase::Failed,
                };
                (self.cost, self.ms) = (Some(*cost_micro_rub), Some(*ms));
                self.unpriced = *unpriced;
            }
            FrameBody::StepCancelled { reason, .. } => {
                self.phase = if reason == "late" { Phase::Late } else { Phase::Cancelled };
                self.why.get_or_insert_with(|| reason.clone());
                self.ms = self.ms.or_else(|| self.started_at.map(|began| at.millis_since(began)));
            }
            FrameBody::ProposalLate { .. } => self.phase = Phase::Late,
            FrameBody::ProposalUnfit { why, .. } => self.why = Some(why.clone()),
            FrameBody::ProposalChecked { passed: false, why: Some(why), .. } => self.why = Some(why.clone()),
            _ => {}
        }
    }

    /// An attempt is over, the step perhaps not: it may be asked again.
    fn attempt_ended(&mut self, outcome: AttemptOutcome, error: Option<&Fault>) {
        if let Some(error) = error {
            self.why = Some(error.message.clone());
        }
        if self.phase.is_over() {
            return;
        }
        match outcome {
            AttemptOutcome::Ok => self.phase = Phase::Done,
            AttemptOutcome::Cut => self.phase = Phase::Cut,
            AttemptOutcome::Cancelled => self.phase = Phase::Cancelled,
            AttemptOutcome::Failed => self.phase = Phase::Failed,
        }
    }

    pub(super) const fn run_ended(&mut self) {
        if !self.phase.is_over() {
            self.phase = if self.started_at.is_some() { Phase::Cancelled } else { Phase::Skipped };
        }
    }
}
