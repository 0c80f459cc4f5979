//! Money before requests: what a request may cost at most, asking for it, and what to do when it is there.

use super::Run;
use super::attempt::Attempt;
use super::step::{Step, StepState};
use crate::compose::Size;
use crate::effect::{Effect, HoldBatch, HoldRequest};
use crate::spec::{ModelChoice, Unpriced};
use plyrum_billing_client::{AttemptBound, CostError, MicroRub, estimate};
use plyrum_protocol::{AttemptHold, AttemptId, ErrorKind, Fault, FrameBody};

/// An answer shorter than this is not worth its input; below it a run is refused instead of shrunk.
pub(super) const MIN_USEFUL_OUTPUT: u64 = 16;

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
                Err(fault) => self.lose_step(at, fault),
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
        self.attempts.push(Attempt::new(at, number, self.batches, hold));
    }

    /// What the next attempt of a step may cost at most. Its request is put together when the money is there.
    pub(super) fn prepare(&self, at: usize) -> Result<HoldRequest, Fault> {
        let mut hold = self.prepare_in_full(at)?;
        hold.bound.max_output_tokens =
            self.affordable(at, &hold.model, hold.bound.input_tokens, hold.bound.max_output_tokens)?;
        hold.micro_rub = self.highest(&hold.model, &hold.bound)?.unwrap_or_default();
        Ok(hold)
    }

    /// The same with the longest answer, whatever the run's budget says.
    pub(super) fn prepare_in_full(&self, at: usize) -> Result<HoldRequest, Fault> {
        let internal = || Fault::new(ErrorKind::Internal, "a step without a model was started");
        let step = self.steps.get(at).ok_or_else(internal)?;
        let model = step.spec.models.get(step.model).ok_or_else(internal)?;
        let size = self.request_size(at);
        let limit = self.output_limit(step, model).min(answer_room(model, size)?);
        let bound = AttemptBound { input_tokens: size.input_bound(model), max_output_tokens: limit };
        let highest = self.highest(&model.id, &bound)?;
        Ok(HoldRequest {
            attempt: AttemptId::of(&self.spec.run, step.promised.unwrap_or(self.numbered + 1)),
            step: step.spec.step.clone(),
            layer: step.layer,
            role: step.spec.role,
            provider: model.provider.clone(),
            model: model.id.clone(),
            try_number: step.attempts + 1,
            bound,
            micro_rub: highest.unwrap_or_default(),
            unpriced: highest.is_none(),
            request_bytes: size.estimated_bytes(model),
            is_bounded: self.is_bounded(model, size),
        })
    }

    /// Whether a hold for this model is known to be enough.
    pub(super) fn is_bounded(&self, model: &ModelChoice, size: Size) -> bool {
        model.bounds_pictures(size.pictures) || self.billing.input_is_free(&model.id)
    }

    /// What a request within this bound costs at most; none where its price is not known and may stay so.
    pub(super) fn highest(&self, model: &str, bound: &AttemptBound) -> Result<Option<MicroRub>, Fault> {
        match self.billing.hold(model, bound) {
            Ok(micro_rub) => Ok(Some(micro_rub)),
            Err(CostError::PriceUnknown { .. }) if self.may_stay_unpriced() => Ok(None),
            Err(error) => Err(price_fault(model, &error)),
        }
    }

    pub(super) fn may_stay_unpriced(&self) -> bool {
        self.spec.limits.unpriced == Unpriced::Allow && self.spec.limits.budget.is_none()
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
    fn affordable(&self, at: usize, model: &str, input_tokens: u64, limit: u64) -> Result<u64, Fault> {
        let Some(share) = self.share_of_budget() else { return Ok(limit) };
        if self.panel_of(at).is_some() || self.panels.iter().any(|panel| panel.members.contains(&at)) {
            return Ok(limit); // a mixture gets smaller by its members, not by their answers
        }
        let affordable =
            self.billing.affordable_output(model, share, input_tokens).map_err(|e| price_fault(model, &e))?;
        Ok(if affordable >= MIN_USEFUL_OUTPUT { limit.min(affordable) } else { limit })
    }

    /// An even share of what the run's budget has left, for each step that still needs money: proposers that
    /// take it all would be paid for an answer that nobody can afford any more.
    fn share_of_budget(&self) -> Option<MicroRub> {
        let left = self.budget_left()?.get();
        let to_come = |s: &&Step| matches!(s.state, StepState::Waiting | StepState::Backoff { .. });
        let steps = i64::try_from(self.steps.iter().filter(to_come).count()).unwrap_or(i64::MAX);
        Some(MicroRub::new(left / steps.max(1)))
    }

    /// What the run's budget still allows to hold.
    pub(super) fn budget_left(&self) -> Option<MicroRub> {
        let budget = self.spec.limits.budget?;
        Some(MicroRub::new(budget.get().saturating_sub(self.committed().get())))
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
            let step = self.attempts.get(at).map(|a| a.step);
            let over = step.and_then(|s| self.steps.get(s)).is_none_or(Step::is_over);
            if self.ending.is_some() || over {
                self.release(at);
            } else if self.attempts.get(at).is_some_and(Attempt::is_hedge) {
                self.hedge_held(at);
            } else {
                self.grant(at);
            }
        }
    }

    /// Its money is there; it is sent when its turn comes.
    fn grant(&mut self, at: usize) {
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.granted();
        if let Some(step) = self.steps.get_mut(attempt.step) {
            step.state = StepState::Funded;
            step.fell_back_for = None;
        }
    }

    /// The attempts of a batch that the ledger has not answered.
    pub(super) fn holding(&self, batch: u32) -> Vec<usize> {
        (0..self.attempts.len())
            .filter(|i| self.attempts.get(*i).is_some_and(|a| a.is_holding(batch)))
            .collect()
    }
}

/// Tokens that the model's context leaves for an answer, by estimate.
pub(super) fn answer_room(model: &ModelChoice, size: Size) -> Result<u64, Fault> {
    let expected = estimate(size.estimated_bytes(model), 0, &model.bytes_per_token).input;
    match model.context_tokens.checked_sub(expected) {
        Some(room) if room >= MIN_USEFUL_OUTPUT => Ok(room),
        _ => Err(Fault::new(
            ErrorKind::ContextTooLong,
            match size.pictures {
                0 => format!(
                    "the prompt has about {expected} tokens ({} bytes) and {} takes {} with its answer",
                    size.bytes, model.id, model.context_tokens
                ),
                pictures => format!(
                    "the prompt has about {expected} tokens ({} bytes, pictures: {pictures}) and {} takes {} with its answer",
                    size.bytes, model.id, model.context_tokens
                ),
            },
        )
        .hint("shorten it, split it, or take a model with a larger context: plyrum models list")),
    }
}

/// What to do about a price that is not known.
#[must_use]
pub fn price_hint(model: &str) -> String {
    format!(
        "say its price in config.toml: [models.\"{model}\"] price = {{ currency = \"USD\", input = \"0.50\", output = \"1.50\" }} (\"0\" in both: free); where no limit is set, `unpriced = \"allow\"` in [billing] lets it serve without one"
    )
}

fn price_fault(model: &str, error: &CostError) -> Fault {
    match error {
        CostError::PriceUnknown { .. } => {
            Fault::new(ErrorKind::PriceUnknown, format!("the price of {model} is not known: {error}"))
                .hint(price_hint(model))
        }
        other => Fault::new(ErrorKind::Budget, format!("the price of {model} cannot be computed: {other}"))
            .hint("check the model's price and the fx rate in config.toml"),
    }
}
