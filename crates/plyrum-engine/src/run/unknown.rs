//! A model whose cost nobody can bound, under a limit: its price is not known, or what its pictures come to. A mixture goes on
//! without it and says so; a step that fell back to it goes on as if it had not been there.

use super::Run;
use super::refusal::unknown_fault;
use super::retry::{fault_of, with_hint};
use super::step::StepState;
use crate::input::Refusal;
use plyrum_protocol::{ErrorKind, StepKind};

impl Run {
    /// A proposer that could not be held, and why it is left out; the step that reads the others is none.
    pub(super) fn unknown_proposer(&self, asking: &[usize]) -> Option<(usize, String)> {
        asking.iter().copied().filter(|at| self.proposes(*at)).find_map(|at| match self.prepare_in_full(at) {
            Err(fault) if fault.kind == ErrorKind::PriceUnknown => Some((at, no_price(&self.model_of(at)))),
            Ok(hold) if !hold.is_bounded && self.spec.limits.budget.is_some() => {
                Some((at, no_bound(&hold.model)))
            }
            _ => None,
        })
    }

    /// The ledger cannot hold one of a mixture's models: the mixture is tried without it. `is_less` than was asked for it is
    /// where one was given up meanwhile.
    pub(super) fn leave_out_unknown(&mut self, batch: &[usize], refusal: &Refusal, is_less: bool) {
        let named: Vec<(usize, String)> = batch.iter().filter_map(|at| self.named_in(*at, refusal)).collect();
        let named: Vec<(usize, String)> = named.into_iter().filter(|(at, _)| self.is_waiting(*at)).collect();
        let is_needed = named.iter().any(|(at, _)| !self.proposes(*at));
        if is_needed || (named.is_empty() && !is_less) {
            return self.end_with(unknown_fault(refusal)); // proposals that nobody could read are not bought
        }
        for (at, why) in named {
            if self.is_waiting(at) && !self.panels.is_empty() {
                self.leave_out(at, &why);
            }
        }
    }

    /// The same of attempts that are no whole mixture: only what is named is lost.
    pub(super) fn refuse_unknown(&mut self, batch: &[usize], refusal: &Refusal) {
        let named: Vec<bool> = batch.iter().map(|at| self.named_in(*at, refusal).is_some()).collect();
        let any_is_named = named.contains(&true);
        for (at, is_named) in batch.iter().zip(named) {
            let Some(step) = self.not_held(*at) else { continue };
            if is_named || !any_is_named {
                self.lose_unknown(step, refusal);
            } else {
                self.hold_anew(step);
            }
        }
    }

    /// What it fell back for is what it fails with: the model that stood in was never asked.
    fn lose_unknown(&mut self, at: usize, refusal: &Refusal) {
        let fell_back_for = self.steps.get_mut(at).and_then(|step| step.fell_back_for.take());
        match fell_back_for {
            Some(failure) if self.fall_back(at, &failure) => {}
            Some(failure) => {
                let model = self.steps.get(at).and_then(|s| s.spec.models.get(s.model)).map(|m| m.id.clone());
                let why = no_limit_with(&model.unwrap_or_default());
                self.lose_step(at, with_hint(fault_of(&failure), &why));
            }
            None => self.lose_step(at, unknown_fault(refusal)),
        }
    }

    /// The step of an attempt whose model the ledger names, and why it is left out.
    fn named_in(&self, attempt: usize, refusal: &Refusal) -> Option<(usize, String)> {
        let attempt = self.attempts.get(attempt)?;
        let model = &attempt.hold.model;
        let is_named = refusal.setting.ends_with(&format!("[models.\"{model}\"]"));
        let why = if attempt.hold.unpriced { no_price(model) } else { no_bound(model) };
        is_named.then_some((attempt.step, why))
    }

    fn proposes(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|step| step.spec.kind == StepKind::Propose)
    }

    fn is_waiting(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|step| step.state == StepState::Waiting)
    }
}

/// Why a model does not stand in under a limit.
pub(super) fn no_limit_with(model: &str) -> String {
    format!("{model} stands in, but what it costs at most is not known, so no limit can be kept: not asked")
}

fn no_price(model: &str) -> String {
    format!("{model} is left out: its price is not known")
}

fn no_bound(model: &str) -> String {
    format!("{model} is left out: what pictures cost there at most is not known")
}
