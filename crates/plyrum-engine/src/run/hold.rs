//! Money before requests: what a request may cost at most, asking for it, and what to do when it is refused.

use super::Run;
use super::attempt::Attempt;
use super::step::{Step, StepState};
use crate::compose::{request_for, size_of_proposals};
use crate::effect::{Effect, HoldBatch, HoldRequest, OpenAttempt};
use crate::input::{Refusal, RefusalCause};
use crate::spec::ModelChoice;
use plyrum_billing_client::{AttemptBound, CostError, MicroRub, estimate, input_bound};
use plyrum_protocol::{AttemptHold, AttemptId, ErrorKind, Fault, FrameBody};

/// An answer shorter than this is not worth its input; below it a run is refused instead of shrunk.
const MIN_USEFUL_OUTPUT: u64 = 16;
/// How often a step is shrunk: other runs may take the money each time that the ledger has named it.
const MAX_SHRINKS: u32 = 3;

impl Run {
    /// Asks for the holds of these steps in one batch. True where not one could be prepared: no answer will
    /// come, and the failures may have made other steps ready.
    pub(super) fn hold_for(&mut self, ready: &[usize]) -> bool {
        let mut holds = Vec::with_capacity(ready.len());
        self.batches += 1;
        for at in ready.iter().copied() {
            match self.prepare(at) {
                Ok(hold) => {
                    holds.push(hold.clone());
                    self.note_asked(at, hold);
                }
                Err(fault) => self.fail_step(at, fault),
            }
        }
        if holds.is_empty() {
            return true;
        }
        self.effects.push(Effect::Hold(HoldBatch { batch: self.batches, holds }));
        false
    }

    fn note_asked(&mut self, at: usize, hold: HoldRequest) {
        let Some(step) = self.steps.get_mut(at) else { return };
        let number = step.promised.take().unwrap_or(self.numbered + 1);
        self.numbered = self.numbered.max(number);
        step.state = StepState::Busy;
        step.tries += 1;
        step.attempts += 1;
        step.text.clear();
        self.attempts.push(Attempt::new(at, number, self.batches, hold));
    }

    /// What the next attempt of a step may cost at most. Its request is put together when the money is there.
    fn prepare(&self, at: usize) -> Result<HoldRequest, Fault> {
        let internal = || Fault::new(ErrorKind::Internal, "a step without a model was started");
        let step = self.steps.get(at).ok_or_else(internal)?;
        let model = step.spec.models.get(step.model).ok_or_else(internal)?;
        if let Some(fault) = self.source_fault(step) {
            return Err(fault);
        }
        let request_bytes = self.base.bytes.saturating_add(size_of_proposals(&self.proposals_for(step)));
        let limit = self.output_limit(step, model).min(answer_room(model, request_bytes)?);
        let input_tokens = input_bound(request_bytes, self.base.turns);
        let bound = AttemptBound {
            input_tokens,
            max_output_tokens: self.affordable(&model.id, input_tokens, limit)?,
        };
        Ok(HoldRequest {
            attempt: AttemptId::of(&self.spec.run, step.promised.unwrap_or(self.numbered + 1)),
            step: step.spec.step.clone(),
            layer: step.layer,
            role: step.spec.role,
            provider: model.provider.clone(),
            model: model.id.clone(),
            try_number: step.attempts + 1,
            bound,
            micro_rub: self.billing.hold(&model.id, &bound).map_err(|e| price_fault(&model.id, &e))?,
            request_bytes,
        })
    }

    /// Longest answer to ask for: what was asked, the model's own limit, else the default; of a fallback,
    /// never more than of the first choice, whose price was shown.
    pub(super) fn output_limit(&self, step: &Step, model: &ModelChoice) -> u64 {
        let limits = &self.spec.limits;
        let own = |m: &ModelChoice| m.max_output_tokens.unwrap_or(limits.max_output_tokens);
        let caps = [limits.asked_output_tokens, step.spec.models.first().map(own), step.shrunk_output];
        caps.into_iter().flatten().fold(own(model), u64::min)
    }

    /// Shrinks the answer to what the run's budget still allows; a budget that allows no useful answer is
    /// left for the ledger to refuse, with its figures.
    fn affordable(&self, model: &str, input_tokens: u64, limit: u64) -> Result<u64, Fault> {
        let Some(share) = self.share_of_budget() else { return Ok(limit) };
        let affordable =
            self.billing.affordable_output(model, share, input_tokens).map_err(|e| price_fault(model, &e))?;
        Ok(if affordable >= MIN_USEFUL_OUTPUT { limit.min(affordable) } else { limit })
    }

    /// An even share of what the run's budget has left, for each step that still needs money: proposers that
    /// take it all would be paid for an answer that nobody can afford any more.
    fn share_of_budget(&self) -> Option<MicroRub> {
        let left = self.spec.limits.budget?.get().saturating_sub(self.committed().get());
        let to_come = |s: &&Step| matches!(s.state, StepState::Waiting | StepState::Backoff { .. });
        let steps = i64::try_from(self.steps.iter().filter(to_come).count()).unwrap_or(i64::MAX);
        Some(MicroRub::new(left / steps.max(1)))
    }

    /// Settled costs plus open holds of this run.
    fn committed(&self) -> MicroRub {
        self.attempts.iter().fold(MicroRub::ZERO, |sum, a| sum.checked_add(a.committed()).unwrap_or(sum))
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
        attempt.go_live(now);
        let (step_at, hold) = (attempt.step, attempt.hold.clone());
        self.note_started(step_at);
        self.emit(FrameBody::AttemptStarted {
            step: hold.step,
            attempt: hold.attempt.clone(),
            provider: hold.provider.clone(),
            model: hold.model.clone(),
            try_number: hold.try_number,
        });
        let proposals = self.steps.get(step_at).map(|s| self.proposals_for(s)).unwrap_or_default();
        let longest = hold.bound.max_output_tokens;
        let request = request_for(&self.spec.conversation, &proposals, longest, self.spec.seed);
        debug_assert_eq!(request.text_bytes(), hold.request_bytes, "the hold was for another request");
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
        let refusal = self.in_own_words(refusal);
        self.emit(FrameBody::HoldRefused {
            needed_micro_rub: refusal.needed,
            available_micro_rub: refusal.available,
            limit_micro_rub: refusal.limit,
            setting: refusal.setting.clone(),
        });
        let smaller = self.smaller_answers(&batch, refusal.available);
        for (nth, at) in batch.into_iter().enumerate() {
            let Some(attempt) = self.attempts.get_mut(at) else { continue };
            attempt.never_held();
            let step = attempt.step;
            let smaller = smaller.as_ref().and_then(|s| s.get(nth));
            match (&self.ending, smaller) {
                (Some(_), _) => self.cancel_step(step),
                (None, Some(output)) => self.try_smaller(step, *output),
                (None, None) => self.fail_step(step, refusal_fault(&refusal)),
            }
        }
    }

    /// The ledger does not know where the run's budget was set; the run does.
    fn in_own_words(&self, refusal: &Refusal) -> Refusal {
        let limits = &self.spec.limits;
        let own_budget = refusal.cause == RefusalCause::Budget
            && refusal.limit.is_some()
            && refusal.limit == limits.budget;
        let setting = if own_budget { &limits.budget_setting } else { &refusal.setting };
        Refusal { setting: setting.clone(), ..refusal.clone() }
    }

    /// An answer for each attempt of a refused batch such that all fit into what is there, in even shares;
    /// `None` where one would be useless or nothing would be saved.
    fn smaller_answers(&self, batch: &[usize], available: MicroRub) -> Option<Vec<u64>> {
        let share = MicroRub::new(available.get() / i64::try_from(batch.len()).ok()?);
        let mut answers = Vec::with_capacity(batch.len());
        let mut saves = false;
        for at in batch {
            let attempt = self.attempts.get(*at)?;
            let (model, bound) = (&attempt.hold.model, attempt.hold.bound);
            let had = bound.max_output_tokens;
            let output = self.billing.affordable_output(model, share, bound.input_tokens).ok()?.min(had);
            if output < MIN_USEFUL_OUTPUT.min(had) || self.steps.get(attempt.step)?.shrinks >= MAX_SHRINKS {
                return None;
            }
            saves |= output < had;
            answers.push(output);
        }
        saves.then_some(answers)
    }

    /// The same step again with a shorter answer, as a new attempt: a refused id stays refused.
    fn try_smaller(&mut self, at: usize, output: u64) {
        let now = self.now;
        if let Some(step) = self.steps.get_mut(at) {
            step.shrunk_output = Some(output);
            step.shrinks += 1;
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
                self.cancel_step(step);
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
}

/// Tokens that the model's context leaves for an answer, by estimate.
pub(super) fn answer_room(model: &ModelChoice, request_bytes: u64) -> Result<u64, Fault> {
    let expected = estimate(request_bytes, 0, &model.bytes_per_token).input;
    match model.context_tokens.checked_sub(expected) {
        Some(room) if room >= MIN_USEFUL_OUTPUT => Ok(room),
        _ => Err(Fault::new(
            ErrorKind::ContextTooLong,
            format!(
                "the prompt has about {expected} tokens ({request_bytes} bytes) and {} takes {} with its answer",
                model.id, model.context_tokens
            ),
        )
        .hint("shorten it, split it, or take a model with a larger context: plyrum models list")),
    }
}

fn price_fault(model: &str, error: &CostError) -> Fault {
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
