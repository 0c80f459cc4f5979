//! One request to one provider, from its hold to its booking.

use super::step::StepState;
use super::{OpenText, Run};
use crate::effect::{Basis, Effect, HoldRequest, Request, SettleRequest};
use crate::input::{AttemptEnd, AttemptFailure, FailureClass, Settlement, Stop, UsageReport};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{
    AttemptHold, AttemptId, AttemptOutcome, AttemptResult, Channel, ErrorKind, Fault, FrameBody, StepOutcome,
    Timestamp, UsageView,
};

#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) step: usize,
    pub(super) hold: HoldRequest,
    state: State,
    started_at: Timestamp,
    ttft_ms: Option<u64>,
    answer_bytes: u64,
    reasoning_bytes: u64,
    tool_bytes: u64,
    /// Size of the answer as JSON would write it.
    answer_json_bytes: u64,
    report: Option<UsageReport>,
    end: Option<Ended>,
    settlement: Option<Settlement>,
    ms: u64,
}

#[derive(Debug)]
enum State {
    Holding {
        batch: u32,
        request: Box<Request>,
    },
    Live,
    /// A settle or release is under way.
    Resolving,
    Resolved,
    /// Refused by the ledger: no money, no request, no row in the result.
    NeverHeld,
}

/// How an attempt ended, as the engine sees it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) outcome: AttemptOutcome,
    /// Why it was not ok.
    pub(super) fault: Option<Fault>,
    /// For the retry rule.
    pub(super) failure: Option<AttemptFailure>,
    /// It was ended by the output limit.
    pub(super) at_length: bool,
}

impl Attempt {
    pub(super) fn new(step: usize, batch: u32, hold: HoldRequest, request: Request) -> Self {
        Self {
            step,
            hold,
            state: State::Holding { batch, request: Box::new(request) },
            started_at: Timestamp::default(),
            ttft_ms: None,
            answer_bytes: 0,
            reasoning_bytes: 0,
            tool_bytes: 0,
            answer_json_bytes: 0,
            report: None,
            end: None,
            settlement: None,
            ms: 0,
        }
    }

    pub(super) fn is_holding(&self, batch: u32) -> bool {
        matches!(&self.state, State::Holding { batch: b, .. } if *b == batch)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Live)
    }

    pub(super) fn is_unresolved(&self) -> bool {
        matches!(self.state, State::Holding { .. } | State::Live | State::Resolving)
    }

    /// The request, once: when its hold is durable.
    pub(super) fn go_live(&mut self, now: Timestamp) -> Option<Request> {
        self.started_at = now;
        match std::mem::replace(&mut self.state, State::Live) {
            State::Holding { request, .. } => Some(*request),
            other => {
                self.state = other;
                None
            }
        }
    }

    pub(super) fn never_held(&mut self) {
        self.state = State::NeverHeld;
    }

    pub(super) fn as_hold(&self) -> AttemptHold {
        AttemptHold { attempt: self.hold.attempt.clone(), micro_rub: self.hold.micro_rub }
    }

    /// What it takes out of the run's budget: its hold, then its cost.
    pub(super) fn committed(&self) -> MicroRub {
        match (&self.settlement, &self.state) {
            (Some(settlement), _) => settlement.cost,
            (None, State::NeverHeld) => MicroRub::ZERO,
            (None, _) => self.hold.micro_rub,
        }
    }

    pub(super) fn cost(&self) -> MicroRub {
        self.settlement.as_ref().map_or(MicroRub::ZERO, |s| s.cost)
    }

    pub(super) fn received_bytes(&self) -> u64 {
        self.answer_bytes + self.reasoning_bytes + self.tool_bytes
    }

    /// Its row in the result; none where its request was never sent.
    pub(super) fn as_result(&self) -> Option<AttemptResult> {
        let end = self.end.as_ref()?;
        Some(AttemptResult {
            attempt: self.hold.attempt.clone(),
            step: self.hold.step.clone(),
            role: self.hold.role,
            provider: self.hold.provider.clone(),
            model: self.hold.model.clone(),
            outcome: end.outcome,
            usage: self.usage_view(),
            cost_micro_rub: self.cost(),
            ms: self.ms,
        })
    }

    fn usage_view(&self) -> UsageView {
        self.settlement
            .as_ref()
            .map_or_else(UsageView::missing, |s| UsageView { meters: s.usage.clone(), quality: s.quality })
    }

    /// Reported figures win; else an estimate, except where nothing was delivered by a request that failed.
    fn basis(&self, outcome: AttemptOutcome) -> Basis {
        match &self.report {
            Some(UsageReport { usage: Ok(usage), .. }) => Basis::Reported(usage.clone()),
            None if outcome == AttemptOutcome::Failed && self.received_bytes() == 0 => Basis::Nothing,
            Some(UsageReport { usage: Err(_), .. }) | None => Basis::Estimated,
        }
    }
}

impl Run {
    pub(super) fn open_text(&self, attempt: &Attempt) -> OpenText {
        let step = self.steps.get(attempt.step);
        OpenText {
            step: attempt.hold.step.clone(),
            attempt: attempt.hold.attempt.clone(),
            channel: step.map_or(Channel::Answer, super::Step::channel),
            text: step.map(|s| s.text.clone()).unwrap_or_default(),
        }
    }

    fn live(&mut self, id: &AttemptId) -> Option<usize> {
        self.find(id).filter(|i| self.attempts.get(*i).is_some_and(Attempt::is_live))
    }

    /// Headers arrived. The frame waits for the first text: that is the time a person feels.
    pub(super) fn opened(&mut self, id: &AttemptId) {
        let _live = self.live(id);
    }

    pub(super) fn delta(&mut self, id: &AttemptId, channel: Channel, text: String) {
        let Some(at) = self.live(id) else { return };
        if text.is_empty() {
            return;
        }
        let (now, max_json) = (self.now, self.spec.limits.max_answer_bytes);
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        if attempt.ttft_ms.is_none() {
            let ttft_ms = now.millis_since(attempt.started_at);
            attempt.ttft_ms = Some(ttft_ms);
            self.emit(FrameBody::AttemptOpened { attempt: id.clone(), ttft_ms });
        }
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        let Some(step) = self.steps.get_mut(attempt.step) else { return };
        let (offset, channel) = match channel {
            Channel::Answer | Channel::Proposal => {
                attempt.answer_json_bytes += json_bytes(&text);
                step.text.push_str(&text);
                (&mut attempt.answer_bytes, step.channel())
            }
            Channel::Reasoning => (&mut attempt.reasoning_bytes, Channel::Reasoning),
            Channel::ToolArgs => (&mut attempt.tool_bytes, Channel::ToolArgs),
        };
        let body = FrameBody::Delta {
            step: step.spec.step.clone(),
            attempt: id.clone(),
            channel,
            offset: *offset,
            text,
        };
        if let FrameBody::Delta { text, .. } = &body {
            *offset += text.len() as u64;
        }
        let too_long = attempt.answer_json_bytes > max_json;
        self.emit(body);
        if too_long {
            self.effects.push(Effect::Abort { attempt: id.clone() });
            let why = format!(
                "the answer is longer than {} KiB, which is as much as one message holds",
                max_json / 1024
            );
            self.closed(id, AttemptEnd::Cut { why });
        }
    }

    pub(super) fn usage(&mut self, id: &AttemptId, report: UsageReport) {
        let Some(at) = self.live(id) else { return };
        if let Some(attempt) = self.attempts.get_mut(at) {
            attempt.report = Some(report); // replaces an earlier one whole
        }
    }

    pub(super) fn closed(&mut self, id: &AttemptId, end: AttemptEnd) {
        let Some(at) = self.live(id) else { return };
        let Some(attempt) = self.attempts.get(at) else { return };
        let received = attempt.received_bytes();
        let ended = match end {
            AttemptEnd::NotSent(fault) => {
                if let Some(step) = self.steps.get_mut(attempt.step) {
                    step.fault = Some(fault);
                }
                return self.release(at);
            }
            AttemptEnd::Finished(stop) => finished(&stop, &attempt.hold.model, received),
            AttemptEnd::Cut { why } => cut(why, &attempt.hold.model, received),
            AttemptEnd::Failed(failure) => failed(failure, received),
        };
        self.settle(at, ended);
    }

    pub(super) fn settle(&mut self, at: usize, ended: Ended) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.state = State::Resolving;
        attempt.ms = now.millis_since(attempt.started_at);
        let request = SettleRequest {
            attempt: attempt.hold.attempt.clone(),
            basis: attempt.basis(ended.outcome),
            outcome: ended.outcome,
            error: ended.fault.as_ref().map(|f| f.kind),
            raw_usage: attempt.report.as_ref().map(|r| r.raw.clone()),
            received_bytes: attempt.received_bytes(),
            ms: attempt.ms,
            ttft_ms: attempt.ttft_ms,
        };
        attempt.end = Some(ended);
        self.effects.push(Effect::Settle(request));
    }

    pub(super) fn release(&mut self, at: usize) {
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.state = State::Resolving;
        let attempt = attempt.hold.attempt.clone();
        self.effects.push(Effect::Release { attempt });
    }

    pub(super) fn resolved(&mut self, id: &AttemptId, settlement: Settlement) {
        let Some(at) = self.find(id) else { return };
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        if !matches!(attempt.state, State::Resolving) {
            return;
        }
        attempt.state = State::Resolved;
        attempt.settlement = Some(settlement);
        let step = attempt.step;
        if let Some(end) = attempt.end.clone() {
            let body = FrameBody::AttemptFinished {
                attempt: id.clone(),
                outcome: end.outcome,
                usage: attempt.usage_view(),
                cost_micro_rub: attempt.cost(),
                ms: attempt.ms,
                error: end.fault.clone(),
            };
            self.emit(body);
            self.after_attempt(at, step, end);
        } else {
            self.after_release(step);
        }
    }

    /// What the end of an attempt means for its step.
    fn after_attempt(&mut self, at: usize, step: usize, end: Ended) {
        if self.ending.is_some() {
            return self.cancel_step(step, "cancelled");
        }
        match end.outcome {
            AttemptOutcome::Ok if end.at_length => self.finish_step(step, StepOutcome::Cut),
            AttemptOutcome::Ok => self.finish_step(step, StepOutcome::Ok),
            AttemptOutcome::Cut | AttemptOutcome::Failed | AttemptOutcome::Cancelled => {
                if self.ask_again(at, step, &end) {
                    return;
                }
                let fault = end.fault.unwrap_or_else(|| Fault::new(ErrorKind::Failed, "the attempt failed"));
                if end.outcome == AttemptOutcome::Cut
                    && self.steps.get(step).is_some_and(|s| !s.text.is_empty())
                {
                    if let Some(step) = self.steps.get_mut(step) {
                        step.fault = Some(fault);
                    }
                    self.finish_step(step, StepOutcome::Cut);
                } else {
                    self.fail_step(step, fault);
                }
            }
        }
    }

    fn after_release(&mut self, step: usize) {
        if self.ending.is_some() {
            return self.cancel_step(step, "cancelled");
        }
        let fault = self.steps.get(step).and_then(|s| s.fault.clone());
        self.fail_step(
            step,
            fault.unwrap_or_else(|| Fault::new(ErrorKind::Internal, "a hold was given back")),
        );
    }

    /// The ledger cannot book it: the run ends, and recovery will settle what is still held.
    pub(super) fn resolve_failed(&mut self, id: &AttemptId, fault: Fault) {
        let Some(at) = self.find(id) else { return };
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        if !matches!(attempt.state, State::Resolving) {
            return;
        }
        attempt.state = State::Resolved;
        let step = attempt.step;
        if let Some(step) = self.steps.get_mut(step) {
            step.state = StepState::Cancelled;
        }
        self.end_with(fault);
    }

    pub(super) fn step_cost(&self, step: usize) -> MicroRub {
        let mine = self.attempts.iter().filter(|a| a.step == step);
        mine.fold(MicroRub::ZERO, |sum, a| sum.checked_add(a.cost()).unwrap_or(sum))
    }
}

fn finished(stop: &Stop, model: &str, received: u64) -> Ended {
    let ok = |at_length| Ended { outcome: AttemptOutcome::Ok, fault: None, failure: None, at_length };
    match stop {
        Stop::Length => ok(true),
        Stop::ContentFilter => {
            let fault = Fault::new(
                ErrorKind::ProviderRejected,
                format!("{model}: the provider's filter ended the answer"),
            );
            let outcome = if received > 0 { AttemptOutcome::Cut } else { AttemptOutcome::Failed };
            Ended { outcome, fault: Some(fault), failure: None, at_length: false }
        }
        Stop::EndTurn | Stop::ToolUse | Stop::Other(_) if received == 0 => {
            let fault = Fault::new(ErrorKind::Failed, format!("{model} ended its answer without a word"));
            Ended { outcome: AttemptOutcome::Failed, fault: Some(fault), failure: None, at_length: false }
        }
        Stop::EndTurn | Stop::ToolUse | Stop::Other(_) => ok(false),
    }
}

fn cut(why: String, model: &str, received: u64) -> Ended {
    let message = format!("{model}: the answer broke off after {received} bytes: {why}");
    let fault =
        Fault::new(ErrorKind::ProviderUnavailable, message).hint("ask again; what came is charged once");
    let failure =
        AttemptFailure { class: FailureClass::Reset, status: None, message: why, retry_after_ms: None };
    Ended { outcome: AttemptOutcome::Cut, fault: Some(fault), failure: Some(failure), at_length: false }
}

fn failed(failure: AttemptFailure, received: u64) -> Ended {
    let fault = super::retry::fault_of(&failure);
    let outcome = if received > 0 { AttemptOutcome::Cut } else { AttemptOutcome::Failed };
    Ended { outcome, fault: Some(fault), failure: Some(failure), at_length: false }
}

/// Bytes that JSON needs for this text: control characters are written as `\u00xx`.
fn json_bytes(text: &str) -> u64 {
    text.chars()
        .map(|c| match c {
            '"' | '\\' | '\n' | '\t' | '\r' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8() as u64,
        })
        .sum()
}
