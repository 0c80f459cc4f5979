//! Money before requests: what a request may cost at most, asking for it, and what to do when it is refused.

use super::Run;
use super::attempt::Attempt;
use super::step::{Step, StepState};
use crate::compose::request_for;
use crate::effect::{Effect, HoldBatch, HoldRequest, OpenAttempt, Request};
use crate::input::{Refusal, RefusalCause};
use crate::spec::ModelChoice;
use plyrum_billing_client::{AttemptBound, CostError, MicroRub, estimate, input_bound};
use plyrum_protocol::{AttemptHold, AttemptId, ErrorKind, Fault, FrameBody};

/// An answer shorter than this is not worth its input; below it a run is refused instead of shrunk.
const MIN_USEFUL_OUTPUT: u64 = 16;

impl Run {
    /// Asks for the holds of these steps in one batch. False where not one could be prepared, so that
    /// steps waiting for them may begin.
    pub(super) fn hold_for(&mut self, ready: &[usize]) -> bool {
        let mut holds = Vec::with_capacity(ready.len());
        let mut asked = MicroRub::ZERO;
        self.batches += 1;
        for at in ready.iter().copied() {
            match self.prepare(at, asked) {
                Ok((hold, request)) => {
                    asked = asked.checked_add(hold.micro_rub).unwrap_or(asked);
                    holds.push(hold.clone());
                    self.attempts.push(Attempt::new(at, self.batches, hold, request));
                    if let Some(step) = self.steps.get_mut(at) {
                        step.state = StepState::Busy;
                        step.tries += 1;
                        step.attempts += 1;
                        step.text.clear();
                    }
                }
                Err(fault) => self.fail_step(at, fault),
            }
        }
        if holds.is_empty() {
            return true; // failures may have made other steps ready
        }
        self.effects.push(Effect::Hold(HoldBatch { batch: self.batches, holds }));
        false
    }

    fn prepare(&self, at: usize, asked: MicroRub) -> Result<(HoldRequest, Request), Fault> {
        let internal = || Fault::new(ErrorKind::Internal, "a step without a model was started");
        let step = self.steps.get(at).ok_or_else(internal)?;
        let model = step.spec.models.get(step.model).ok_or_else(internal)?;
        if self.sources_failed(at) {
            return Err(self.source_fault(step));
        }
        let proposals: Vec<&str> = self
            .steps
            .iter()
            .filter(|s| step.spec.after.contains(&s.spec.step) && s.has_text())
            .map(|s| s.text.as_str())
            .collect();
        let limit = self.output_limit(step, model);
        let mut request = request_for(&self.spec.conversation, &proposals, limit, self.spec.seed);
        let request_bytes = request.text_bytes();
        check_context(model, request_bytes)?;
        let input_tokens = input_bound(request_bytes, request.turns.len() as u64);
        request.max_output_tokens = self.affordable(&model.id, input_tokens, limit, asked)?;
        let bound = AttemptBound { input_tokens, max_output_tokens: request.max_output_tokens };
        let micro_rub = self.billing.hold(&model.id, &bound).map_err(|e| price_fault(&model.id, &e))?;
        let number = u32::try_from(self.attempts.len() + 1).map_err(|_| internal())?;
        let hold = HoldRequest {
            attempt: AttemptId::of(&self.spec.run, number),
            step: step.spec.step.clone(),
            layer: self.layer(at),
            role: step.spec.role,
            provider: model.provider.clone(),
            model: model.id.clone(),
            try_number: step.attempts + 1,
            bound,
            micro_rub,
            request_bytes,
        };
        Ok((hold, request))
    }

    /// Longest answer to ask for: what was asked, the model's own limit, else the default.
    pub(super) fn output_limit(&self, step: &Step, model: &ModelChoice) -> u64 {
        let limits = &self.spec.limits;
        let own = model.max_output_tokens.unwrap_or(limits.max_output_tokens);
        let asked = limits.asked_output_tokens.unwrap_or(own);
        own.min(asked).min(step.shrunk_output.unwrap_or(u64::MAX))
    }

    /// Shrinks the answer to what the run's budget still allows; a budget that allows no useful answer is
    /// left for the ledger to refuse, with its figures.
    fn affordable(&self, model: &str, input_tokens: u64, limit: u64, asked: MicroRub) -> Result<u64, Fault> {
        let Some(budget) = self.spec.limits.budget else { return Ok(limit) };
        let left =
            MicroRub::new(budget.get().saturating_sub(self.committed().get()).saturating_sub(asked.get()));
        let affordable =
            self.billing.affordable_output(model, left, input_tokens).map_err(|e| price_fault(model, &e))?;
        Ok(if affordable >= MIN_USEFUL_OUTPUT { limit.min(affordable) } else { limit })
    }

    /// Settled costs plus open holds of this run.
    fn committed(&self) -> MicroRub {
        self.attempts.iter().fold(MicroRub::ZERO, |sum, a| sum.checked_add(a.committed()).unwrap_or(sum))
    }

    fn layer(&self, at: usize) -> u32 {
        let Some(step) = self.steps.get(at) else { return 0 };
        let sources = self.steps.iter().enumerate().filter(|(_, s)| step.spec.after.contains(&s.spec.step));
        sources.map(|(source, _)| self.layer(source) + 1).max().unwrap_or(0)
    }

    pub(super) fn held(&mut self, batch: u32) {
        let batch: Vec<usize> = self.holding(batch);
        let holds: Vec<AttemptHold> =
            batch.iter().filter_map(|i| self.attempts.get(*i)).map(Attempt::as_hold).collect();
        if holds.is_empty() {
            return;
        }
        let total = holds.iter().fold(MicroRub::ZERO, |sum, h| sum.checked_add(h.micro_rub).unwrap_or(sum));
        self.emit(FrameBody::HoldTaken { holds, total_micro_rub: total });
        for at in batch {
            if self.ending.is_some() {
                self.release(at);
            } else {
                self.open(at);
            }
        }
    }

    fn open(&mut self, at: usize) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        let Some(request) = attempt.go_live(now) else { return };
        let hold = attempt.hold.clone();
        let step_at = attempt.step;
        self.note_started(step_at);
        self.emit(FrameBody::AttemptStarted {
            step: hold.step,
            attempt: hold.attempt.clone(),
            provider: hold.provider.clone(),
            model: hold.model.clone(),
            try_number: hold.try_number,
        });
        self.effects.push(Effect::Open(OpenAttempt {
            attempt: hold.attempt,
            provider: hold.provider,
            model: hold.model,
            request,
        }));
    }

    pub(super) fn hold_refused(&mut self, batch: u32, refusal: &Refusal) {
        let batch = self.holding(batch);
        if batch.is_empty() {
            return;
        }
        self.emit(FrameBody::HoldRefused {
            needed_micro_rub: refusal.needed,
            available_micro_rub: refusal.available,
            limit_micro_rub: refusal.limit,
            setting: refusal.setting.clone(),
        });
        let single = batch.len() == 1;
        for at in batch {
            let Some(attempt) = self.attempts.get_mut(at) else { continue };
            attempt.never_held();
            let (step, model) = (attempt.step, attempt.hold.model.clone());
            let (input, had) = (attempt.hold.bound.input_tokens, attempt.hold.bound.max_output_tokens);
            if self.ending.is_some() {
                self.cancel_step(step, "cancelled");
                continue;
            }
            let smaller = self.billing.affordable_output(&model, refusal.available, input).unwrap_or(0);
            if single && smaller >= MIN_USEFUL_OUTPUT && smaller < had {
                self.try_smaller(step, smaller);
            } else {
                self.fail_step(step, refusal_fault(refusal));
            }
        }
    }

    /// The same step again with a shorter answer, as a new attempt: a refused id stays refused.
    fn try_smaller(&mut self, at: usize, output: u64) {
        let now = self.now;
        if let Some(step) = self.steps.get_mut(at) {
            step.shrunk_output = Some(output);
            step.tries = step.tries.saturating_sub(1);
            step.attempts = step.attempts.saturating_sub(1);
            step.state = StepState::Backoff { until: now };
        }
    }

    pub(super) fn hold_failed(&mut self, batch: u32, fault: &Fault) {
        for at in self.holding(batch) {
            let Some(attempt) = self.attempts.get_mut(at) else { continue };
            attempt.never_held();
            let step = attempt.step;
            if self.ending.is_some() {
                self.cancel_step(step, "cancelled");
            } else {
                self.fail_step(step, fault.clone());
            }
        }
    }

    fn holding(&self, batch: u32) -> Vec<usize> {
        (0..self.attempts.len())
            .filter(|i| self.attempts.get(*i).is_some_and(|a| a.is_holding(batch)))
            .collect()
    }

    fn source_fault(&self, step: &Step) -> Fault {
        let sources = self.steps.iter().filter(|s| step.spec.after.contains(&s.spec.step));
        let first = sources.filter_map(|s| s.fault.clone()).next();
        first.unwrap_or_else(|| Fault::new(ErrorKind::Failed, "no step before this one gave a text"))
    }
}

fn check_context(model: &ModelChoice, request_bytes: u64) -> Result<(), Fault> {
    let expected = estimate(request_bytes, 0, &model.bytes_per_token).input;
    if expected <= model.context_tokens {
        return Ok(());
    }
    Err(Fault::new(
        ErrorKind::ContextTooLong,
        format!(
            "the prompt has about {expected} tokens ({request_bytes} bytes) and {} takes {}",
            model.id, model.context_tokens
        ),
    )
    .hint("shorten it, split it, or take a model with a larger context: plyrum models list"))
}

pub(super) fn price_fault(model: &str, error: &CostError) -> Fault {
    match error {
        CostError::PriceUnknown { .. } => {
            Fault::new(ErrorKind::PriceUnknown, format!("the price of {model} is not known: {error}"))
                .hint(format!("set models.\"{model}\".price in config.toml; \"0\" declares it free"))
        }
        other => Fault::new(ErrorKind::Budget, format!("the price of {model} cannot be computed: {other}"))
            .hint("check the model's price and the fx rate in config.toml"),
    }
}

fn refusal_fault(refusal: &Refusal) -> Fault {
    let kind = match refusal.cause {
        RefusalCause::Budget => ErrorKind::Budget,
        RefusalCause::Balance => ErrorKind::Balance,
    };
    let of = refusal.limit.map(|l| format!(" of {l}")).unwrap_or_default();
    let message = format!(
        "this can cost up to {} RUB, and {}{of} RUB is left ({})",
        refusal.needed, refusal.available, refusal.setting
    );
    let hint = match refusal.cause {
        RefusalCause::Budget => {
            format!("raise {}, shorten the prompt, or take a cheaper model", refusal.setting)
        }
        RefusalCause::Balance => {
            "plyrum balance top-up RUB, shorten the prompt, or take a cheaper model".to_owned()
        }
    };
    Fault::new(kind, message).hint(hint)
}
