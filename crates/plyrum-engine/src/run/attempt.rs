//! One request to one provider, from its hold to its booking.

use super::Run;
use super::ended::Ended;
use super::queue::Queue;
use super::stream::Flow;
use crate::effect::{Basis, Effect, HoldRequest, ModelCall, SettleRequest, Thought};
use crate::input::{AttemptEnd, AttemptFailure, Settlement, UsageReport};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{
    AttemptHold, AttemptId, AttemptOutcome, AttemptResult, ErrorKind, Fault, FrameBody, StepOutcome,
    Timestamp, UsageView,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) step: usize,
    /// Its number within the run; its id ends with it.
    pub(super) number: u32,
    pub(super) hold: HoldRequest,
    #[serde(default)]
    part: Part,
    state: State,
    /// When its request went out, or began to wait for that.
    pub(super) started_at: Timestamp,
    #[serde(default)]
    pub(super) queue: Queue,
    pub(super) ttft_ms: Option<u64>,
    pub(super) answer: Flow,
    pub(super) reasoning: Flow,
    pub(super) tool_args: Flow,
    /// Tools that its model calls.
    pub(super) calls: Vec<ModelCall>,
    /// It called a tool that it was not offered.
    #[serde(default)]
    pub(super) overstepped: bool,
    /// What goes back with those.
    #[serde(default)]
    pub(super) thoughts: Vec<Thought>,
    /// What came after nobody wanted it any more.
    drained_bytes: u64,
    pub(super) report: Option<UsageReport>,
    /// It was given back unsent.
    released: bool,
    end: Option<Ended>,
    settlement: Option<Settlement>,
    ms: u64,
}

/// Its part in its step. One loses where the other one of two shows something sooner.
#[derive(Debug, Default, Serialize, Deserialize)]
enum Part {
    #[default]
    Only,
    /// It was asked for beside another one.
    Second,
    FirstLost,
    SecondLost,
}

#[derive(Debug, Serialize, Deserialize)]
enum State {
    Holding {
        batch: u32,
    },
    /// Its money is held; its request waits for its turn.
    Granted,
    Live,
    /// Nobody wants its text any more; its usage report is still waited for.
    Draining {
        until: Timestamp,
    },
    /// A settle or release is under way.
    Resolving,
    Resolved,
    /// Refused by the ledger: no money, no request, no row in the result.
    NeverHeld,
}

impl Attempt {
    pub(super) fn new(step: usize, number: u32, batch: u32, hold: HoldRequest) -> Self {
        Self {
            step,
            number,
            hold,
            part: Part::Only,
            state: State::Holding { batch },
            started_at: Timestamp::default(),
            queue: Queue::default(),
            ttft_ms: None,
            answer: Flow::default(),
            reasoning: Flow::default(),
            tool_args: Flow::default(),
            calls: Vec::new(),
            overstepped: false,
            thoughts: Vec::new(),
            drained_bytes: 0,
            report: None,
            released: false,
            end: None,
            settlement: None,
            ms: 0,
        }
    }

    /// One that is asked for beside another.
    pub(super) fn hedge(step: usize, number: u32, batch: u32, hold: HoldRequest) -> Self {
        Self { part: Part::Second, ..Self::new(step, number, batch, hold) }
    }

    pub(super) const fn is_hedge(&self) -> bool {
        matches!(self.part, Part::Second | Part::SecondLost)
    }

    pub(super) const fn is_beaten(&self) -> bool {
        matches!(self.part, Part::FirstLost | Part::SecondLost)
    }

    /// Another one of its step showed something sooner.
    pub(super) const fn lose(&mut self) {
        self.part = if self.is_hedge() { Part::SecondLost } else { Part::FirstLost };
    }

    /// Whether the ledger has not answered for it yet.
    pub(super) const fn awaits_hold(&self) -> bool {
        matches!(self.state, State::Holding { .. })
    }

    /// Whether its request is out and nothing of it has shown: no text, no thought, no call.
    pub(super) fn is_silent(&self) -> bool {
        let said = self.received_bytes() > 0 || self.calls_tools() || !self.thoughts.is_empty();
        self.is_live() && !self.is_queued() && !said && !self.overstepped
    }

    /// Whether its request went out, and it is over.
    pub(super) const fn was_sent(&self) -> bool {
        self.end.is_some() && !self.released
    }

    pub(super) fn is_holding(&self, batch: u32) -> bool {
        matches!(&self.state, State::Holding { batch: b } if *b == batch)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Live)
    }

    pub(super) fn is_unresolved(&self) -> bool {
        match self.state {
            State::Holding { .. }
            | State::Granted
            | State::Live
            | State::Draining { .. }
            | State::Resolving => true,
            State::Resolved | State::NeverHeld => false,
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        matches!(self.state, State::Draining { .. })
    }

    /// When its usage report is waited for no longer.
    pub(super) fn drained_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Draining { until } => Some(until),
            _ => None,
        }
    }

    /// Nobody wants it: it will end so, whatever still comes.
    pub(super) fn drain(&mut self, until: Timestamp, ended: Ended) {
        self.state = State::Draining { until };
        self.end = Some(ended);
    }

    pub(super) fn count_drained(&mut self, bytes: u64) {
        self.drained_bytes = self.drained_bytes.saturating_add(bytes);
    }

    /// How a stream that is being drained ends.
    pub(super) fn drained(&mut self) -> Option<Ended> {
        self.end.take().filter(|_| matches!(self.state, State::Draining { .. }))
    }

    pub(super) fn is_granted(&self) -> bool {
        matches!(self.state, State::Granted)
    }

    pub(super) fn granted(&mut self) {
        self.state = State::Granted;
    }

    /// All of its text has arrived, and the ledger books it.
    pub(super) fn is_ok_and_resolving(&self) -> bool {
        let ok = self.end.as_ref().is_some_and(|e| e.outcome == AttemptOutcome::Ok);
        ok && matches!(self.state, State::Resolving)
    }

    /// A text of it has arrived, whole or cut, and the ledger books it.
    pub(super) fn is_text_being_booked(&self) -> bool {
        let has_text = |e: &Ended| {
            matches!(e.outcome, AttemptOutcome::Ok | AttemptOutcome::Cut) && self.answer.bytes > 0
        };
        self.end.as_ref().is_some_and(has_text) && matches!(self.state, State::Resolving)
    }

    /// Its hold is durable and its request goes out.
    pub(super) fn go_live(&mut self, now: Timestamp) {
        self.started_at = now;
        self.state = State::Live;
    }

    pub(super) fn never_held(&mut self) {
        self.state = State::NeverHeld;
    }

    pub(super) fn as_hold(&self) -> AttemptHold {
        AttemptHold {
            attempt: self.hold.attempt.clone(),
            micro_rub: self.hold.micro_rub,
            unpriced: self.hold.unpriced,
        }
    }

    /// What it takes out of the run's budget: its hold, then its cost.
    pub(super) fn committed(&self) -> MicroRub {
        match (&self.settlement, &self.state) {
            (Some(settlement), _) => settlement.cost.unwrap_or_default(),
            (None, State::NeverHeld) => MicroRub::ZERO,
            (None, _) => self.hold.micro_rub,
        }
    }

    pub(super) fn cost(&self) -> MicroRub {
        self.settlement.as_ref().and_then(|s| s.cost).unwrap_or_default()
    }

    /// Whether it was sent and nobody knows what it cost.
    pub(super) fn is_unpriced(&self) -> bool {
        self.settlement.as_ref().is_some_and(|s| s.cost.is_none())
    }

    pub(super) fn received_bytes(&self) -> u64 {
        self.answer.bytes + self.reasoning.bytes + self.tool_args.bytes + self.drained_bytes
    }

    /// Its row in the result; none where its request was never sent.
    pub(super) fn as_result(&self) -> Option<AttemptResult> {
        let end = self.end.as_ref().filter(|_| !self.released)?;
        Some(AttemptResult {
            attempt: self.hold.attempt.clone(),
            step: self.hold.step.clone(),
            role: self.hold.role,
            provider: self.hold.provider.clone(),
            model: self.hold.model.clone(),
            outcome: end.outcome,
            usage: self.usage_view(),
            cost_micro_rub: self.cost(),
            unpriced: self.is_unpriced(),
            ms: self.ms,
            queued_ms: self.queue.waited_ms,
            error: end.fault.as_ref().map(|f| f.kind),
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
    pub(super) fn live(&self, id: &AttemptId) -> Option<usize> {
        self.find(id).filter(|i| self.attempts.get(*i).is_some_and(Attempt::is_live))
    }

    pub(super) fn closed(&mut self, id: &AttemptId, end: AttemptEnd) {
        if let Some(at) = self.draining(id) {
            return self.stop_draining(at);
        }
        let Some(at) = self.live(id) else { return };
        let Some(attempt) = self.attempts.get(at) else { return };
        match end {
            AttemptEnd::NotSent(fault) => self.give_back(at, Ended::not_sent(fault)),
            AttemptEnd::Finished(stop) => self.settle(at, Ended::finished(&stop, attempt)),
            AttemptEnd::Cut { why } => self.settle(at, Ended::cut(why, attempt)),
            AttemptEnd::Failed(failure) => self.settle(at, Ended::failed(failure, attempt)),
        }
    }

    pub(super) fn settle(&mut self, at: usize, ended: Ended) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.leave_queue(now);
        attempt.state = State::Resolving;
        attempt.ms = now.millis_since(attempt.started_at);
        let request = SettleRequest {
            attempt: attempt.hold.attempt.clone(),
            basis: attempt.basis(ended.outcome),
            outcome: ended.outcome,
            error: ended.fault.as_ref().map(|f| f.kind),
            raw_usage: attempt.report.as_ref().map(|r| r.raw.clone()),
            said_cost: attempt.report.as_ref().and_then(|r| r.said_cost.clone()),
            received_bytes: attempt.received_bytes(),
            ms: attempt.ms,
            ttft_ms: attempt.ttft_ms,
        };
        attempt.end = Some(ended);
        self.effects.push(Effect::Settle(request));
    }

    /// Gives back the hold of a request that was about to be sent and was not.
    fn give_back(&mut self, at: usize, ended: Ended) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.leave_queue(now);
        attempt.ms = now.millis_since(attempt.started_at);
        attempt.end = Some(ended);
        self.release(at);
    }

    pub(super) fn release(&mut self, at: usize) {
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.state = State::Resolving;
        attempt.released = true;
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
        // Without an end it was never opened: it was held for a run that had begun to end.
        let Some(end) = attempt.end.clone() else { return self.after_release(step) };
        let body = FrameBody::AttemptFinished {
            attempt: id.clone(),
            outcome: end.outcome,
            usage: attempt.usage_view(),
            cost_micro_rub: attempt.cost(),
            unpriced: attempt.is_unpriced(),
            provider_says_micro_rub: attempt.settlement.as_ref().and_then(|s| s.said_otherwise),
            ms: attempt.ms,
            queued_ms: attempt.queue.waited_ms,
            error: end.fault.clone(),
            failure: end.failure.as_ref().map(AttemptFailure::view),
        };
        self.emit(body);
        self.after_attempt(at, step, end);
    }

    /// What the end of an attempt means for its step.
    fn after_attempt(&mut self, at: usize, step: usize, end: Ended) {
        if self.steps.get(step).is_none_or(super::Step::is_over) {
            return self.tell_cancelled(step); // it was given up before
        }
        if self.ending.is_some() {
            return self.cancel_step(step, self.ending_reason());
        }
        // Of two attempts of one step only one is gone on with.
        let Some((at, end)) = self.end_of_race(at, step, end) else { return };
        self.after_end(at, step, end);
    }

    /// The same, of the attempt that its step goes on with.
    pub(super) fn after_end(&mut self, at: usize, step: usize, end: Ended) {
        match end.outcome {
            AttemptOutcome::Ok if self.begin_turn(at, step) || self.take_choice(step) => {}
            AttemptOutcome::Ok if self.oversteps(at, step) && self.stand_in(step) => {}
            AttemptOutcome::Ok if end.at_length => self.finish_text(step, StepOutcome::Cut),
            AttemptOutcome::Ok => self.finish_text(step, StepOutcome::Ok),
            AttemptOutcome::Cut | AttemptOutcome::Failed | AttemptOutcome::Cancelled => {
                if self.ask_again(at, step, &end) || self.stand_in(step) {
                    return;
                }
                let fault = end.fault.unwrap_or_else(|| Fault::new(ErrorKind::Failed, "the attempt failed"));
                let has_text = self.steps.get(step).is_some_and(|s| !s.text.is_empty());
                if end.outcome == AttemptOutcome::Cut && has_text {
                    let fault = self.fault_after_repair(step, fault);
                    if let Some(step) = self.steps.get_mut(step) {
                        step.fault = Some(fault);
                    }
                    self.finish_step(step, StepOutcome::Cut);
                } else {
                    let fault = self.with_not_asked(at, step, end.failure.as_ref(), fault);
                    self.fail_step(step, fault);
                }
            }
        }
    }

    /// Money that was given back unused: its step is over already, or the run ends.
    fn after_release(&mut self, step: usize) {
        if self.steps.get(step).is_none_or(super::Step::is_over) {
            self.tell_cancelled(step);
        } else if self.ending.is_some() {
            self.cancel_step(step, self.ending_reason());
        }
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
        self.end_with(fault);
        self.after_release(step);
    }

    pub(super) fn step_cost(&self, step: usize) -> MicroRub {
        let mine = self.attempts.iter().filter(|a| a.step == step);
        mine.fold(MicroRub::ZERO, |sum, a| sum.checked_add(a.cost()).unwrap_or(sum))
    }

    /// How many attempts of a step nobody knows the cost of.
    pub(super) fn step_unpriced(&self, step: usize) -> u32 {
        let mine = self.attempts.iter().filter(|a| a.step == step && a.is_unpriced());
        u32::try_from(mine.count()).unwrap_or(u32::MAX)
    }
}
