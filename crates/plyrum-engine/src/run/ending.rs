//! The end of a run: cancelled, out of time, or through; then closed in the ledger, then told.

use super::ended::Ended;
use super::step::StepState;
use super::{Phase, Run};
use crate::effect::{CloseRun, Effect};
use plyrum_billing_client::{MicroRub, Quality, Usage};
use plyrum_protocol::{
    CancelReason, ErrorKind, Fault, FrameBody, ResultTag, RunResult, RunStatus, StepOutcome, UsageView,
};

/// Why a run ends before its plan does.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    status: RunStatus,
    fault: Fault,
}

impl Run {
    pub(super) fn cancel(&mut self, reason: CancelReason) {
        // A second wish to end, and a daemon that stops, wait for nobody's usage report.
        self.at_once |= self.ending.is_some() || reason == CancelReason::Shutdown;
        let fault = match reason {
            CancelReason::Interrupt => Fault::new(ErrorKind::Cancelled, "cancelled by Ctrl-C"),
            CancelReason::Terminate => Fault::new(ErrorKind::Cancelled, "ended by SIGTERM"),
            CancelReason::OutputClosed => {
                Fault::new(ErrorKind::Cancelled, "nobody reads the answer any more")
            }
            CancelReason::ClientGone => Fault::new(ErrorKind::Cancelled, "its client is gone"),
            CancelReason::User => Fault::new(ErrorKind::CancelledElsewhere, "cancelled by another client"),
            CancelReason::Shutdown => {
                Fault::new(ErrorKind::CancelledElsewhere, "the daemon was stopped").hint("ask again")
            }
        };
        self.end(Ending { status: RunStatus::Cancelled, fault });
    }

    pub(super) fn enforce_deadline(&mut self) {
        let Some(deadline) = self.spec.limits.deadline else { return };
        if self.now >= deadline && self.ending.is_none() && !self.is_being_booked() {
            let ms = deadline.millis_since(self.spec.accepted_at);
            let message = format!("the run took longer than {} s", ms.div_ceil(1000));
            let fault = Fault::new(ErrorKind::Timeout, message).hint("raise --timeout");
            self.end(Ending { status: RunStatus::Failed, fault });
        }
    }

    /// Whether every answer is there and only the ledger is waited for: that is not the model's time.
    fn is_being_booked(&self) -> bool {
        let booked = |step| self.attempts.iter().any(|a| a.step == step && a.is_ok_and_resolving());
        let settled =
            |step: &super::Step| step.is_over() || step.state == StepState::Checking || step.hedge.has_text();
        self.steps.iter().enumerate().all(|(at, step)| settled(step) || booked(at))
    }

    /// One word for frames that say what the end of the run took with it.
    pub(super) fn ending_reason(&self) -> &'static str {
        self.ending.as_ref().map_or(ErrorKind::Cancelled, |e| e.fault.kind).as_str()
    }

    /// Ends the run for a fault of ours.
    pub(super) fn end_with(&mut self, fault: Fault) {
        self.end(Ending { status: RunStatus::Failed, fault });
    }

    /// Hangs up what is live and starts nothing more. What is being held or booked is waited for.
    fn end(&mut self, ending: Ending) {
        if self.ending.is_some() || self.phase != Phase::Running {
            return;
        }
        let fault = ending.fault.clone();
        self.ending = Some(ending);
        self.stop_trial();
        for at in 0..self.attempts.len() {
            if self.attempts.get(at).is_some_and(super::Attempt::is_granted) {
                self.release(at);
            }
            if self.attempts.get(at).is_some_and(super::Attempt::is_live) {
                self.part_with(at, Ended::cancelled(fault.clone()));
            }
        }
        for at in 0..self.steps.len() {
            match self.steps.get(at).map(|s| s.state) {
                Some(
                    StepState::Backoff { .. } | StepState::Waiting | StepState::Funded | StepState::Checking,
                ) => {
                    self.cancel_step(at, self.ending_reason());
                }
                Some(StepState::Acting) => self.stop_tools(),
                Some(StepState::Busy | StepState::Done(_) | StepState::Cancelled) | None => {}
            }
        }
    }

    pub(super) fn close_if_done(&mut self) {
        let waiting = self.attempts.iter().any(super::Attempt::is_unresolved);
        if self.phase != Phase::Running || waiting || !self.steps.iter().all(super::Step::is_over) {
            return;
        }
        if !self.is_trial_over() {
            return;
        }
        self.phase = Phase::Closing;
        self.effects.push(Effect::Close(CloseRun { status: self.verdict().0 }));
    }

    pub(super) fn run_closed(&mut self, total: MicroRub) {
        if self.phase == Phase::Closing {
            let (status, error) = self.verdict();
            self.finish(status, error, total);
        }
    }

    /// The ledger cannot close the run; recovery will. The client is told what is known, and of two faults
    /// the first: a ledger that could not book an attempt cannot close its run either.
    pub(super) fn close_failed(&mut self, fault: Fault) {
        if self.phase == Phase::Closing {
            let earlier = self.ending.take().filter(|e| e.fault.kind == ErrorKind::Storage);
            let fault = earlier.map_or(fault, |e| e.fault);
            let sum = self.attempts.iter().fold(MicroRub::ZERO, |s, a| s.checked_add(a.cost()).unwrap_or(s));
            self.finish(RunStatus::Failed, Some(fault), sum);
        }
    }

    /// Status and error by what the steps have.
    fn verdict(&self) -> (RunStatus, Option<Fault>) {
        if let Some(ending) = &self.ending {
            return (ending.status, Some(ending.fault.clone()));
        }
        let Some(answer) = self.steps.last() else {
            return (
                RunStatus::Failed,
                Some(Fault::new(ErrorKind::Internal, "a plan without steps was run")),
            );
        };
        if let Some(fault) = &answer.fault {
            return (RunStatus::Failed, Some(fault.clone()));
        }
        // A proposal that was not waited for, or not needed, is no loss: that is the plan.
        let as_planned = |s: &super::Step| {
            matches!(s.state, StepState::Done(StepOutcome::Ok) | StepState::Cancelled) && !s.degraded
        };
        let whole = self.steps.iter().all(as_planned);
        (if whole { RunStatus::Succeeded } else { RunStatus::Degraded }, None)
    }

    fn finish(&mut self, status: RunStatus, error: Option<Fault>, total: MicroRub) {
        self.phase = Phase::Over;
        // A judge's words are no answer; what it chose is one, also while that is being looked at.
        let chosen = |s: &&mut super::Step| !s.judges() || s.is_done() || s.answered_by.is_some();
        let answer = self.steps.last_mut().filter(chosen).map(super::Step::take_answer);
        self.attempts.sort_by_key(|a| a.number);
        let attempts: Vec<_> = self.attempts.iter().filter_map(super::Attempt::as_result).collect();
        let unpriced = attempts.iter().filter(|attempt| attempt.unpriced).count();
        let unpriced = u32::try_from(unpriced).unwrap_or(u32::MAX);
        let result = RunResult {
            tag: ResultTag::Result,
            schema: 1,
            run: Some(self.spec.run.clone()),
            session: Some(self.spec.session.clone()),
            status,
            answer: answer.unwrap_or_default(),
            structured: self.structured.take(),
            plan: self.spec.plan.clone(),
            model: self.model_of(self.steps.len().saturating_sub(1)),
            usage: sum_usage(attempts.iter().map(|a| &a.usage)),
            cost_micro_rub: total,
            unpriced,
            extra_over_direct_micro_rub: self.extra_over_direct(total),
            attempts,
            duration_ms: self.now.millis_since(self.spec.accepted_at),
            error,
        };
        self.emit(FrameBody::RunFinished { result: Box::new(result) });
    }

    /// The model whose text a step has, or else is asked.
    pub(super) fn model_of(&self, at: usize) -> String {
        let Some(step) = self.steps.get(at) else { return String::new() };
        let own = || step.spec.models.get(step.model).map(|m| m.id.clone());
        step.answered_by.clone().or_else(own).unwrap_or_default()
    }

    /// What the mixture cost beyond its best-ranked proposal, had that been the answer; of a question that was hedged, what the
    /// attempt cost that did not answer it. None where the cost of an attempt is not known: a difference of parts is none.
    fn extra_over_direct(&self, total: MicroRub) -> Option<MicroRub> {
        if self.attempts.iter().any(super::Attempt::is_unpriced) {
            return None;
        }
        let Some(members) = self.panels.first().map(|panel| &panel.members) else {
            return self.cost_of_hedging();
        };
        let (best, _) = *self.texts_of(members).first()?;
        total.checked_sub(self.step_cost(best))
    }
}

/// Meters summed; quality is the worst among attempts that used anything, as in the ledger's totals.
fn sum_usage<'a>(rows: impl Iterator<Item = &'a UsageView>) -> UsageView {
    let mut sum: Option<UsageView> = None;
    for row in rows.filter(|row| row.quality != Quality::Missing || !row.meters.is_zero()) {
        sum = Some(match sum {
            None => row.clone(),
            Some(so_far) => UsageView {
                meters: add(&so_far.meters, &row.meters),
                quality: worst(so_far.quality, row.quality),
            },
        });
    }
    sum.unwrap_or_else(UsageView::missing)
}

fn add(a: &Usage, b: &Usage) -> Usage {
    let mut units = a.units.clone();
    for (unit, count) in &b.units {
        let sum = units.entry(unit.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    Usage {
        input: a.input.saturating_add(b.input),
        cache_read: a.cache_read.saturating_add(b.cache_read),
        cache_write_5m: a.cache_write_5m.saturating_add(b.cache_write_5m),
        cache_write_1h: a.cache_write_1h.saturating_add(b.cache_write_1h),
        output: a.output.saturating_add(b.output),
        reasoning: a.reasoning.saturating_add(b.reasoning),
        units,
    }
}

fn worst(a: Quality, b: Quality) -> Quality {
    match (a, b) {
        (Quality::Missing, _) | (_, Quality::Missing) => Quality::Missing,
        (Quality::Estimated, _) | (_, Quality::Estimated) => Quality::Estimated,
        (Quality::Reported, Quality::Reported) => Quality::Reported,
    }
}
