//! When money is refused: a mixture is made smaller (fewer proposers, then the question itself), an answer
//! shorter, and only what is of no use even then is refused, with the figures and the setting to change.

use super::Run;
use super::combine::Asks;
use super::hold::MIN_USEFUL_OUTPUT;
use super::step::StepState;
use crate::input::{BudgetReached, Refusal, RefusalCause};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{ErrorKind, Fault, FrameBody, StepKind};

/// Fewest proposers that are a mixture.
const FEWEST: usize = 2;
/// How often an answer is shortened: other runs may take the money each time that the ledger has named it.
const MAX_SHRINKS: u32 = 3;

impl Run {
    pub(super) fn hold_refused(&mut self, number: u32, refusal: &Refusal) {
        let batch = self.holding(number);
        if batch.is_empty() || self.hedge_refused(&batch) {
            return;
        }
        let refusal = self.in_own_words(refusal);
        let is_unknown = refusal.cause == RefusalCause::PriceUnknown;
        if !is_unknown {
            self.tell_refused(&refusal);
        }
        if self.ending.is_none() && self.funding == Some(number) {
            return self.refuse_plan(&batch, &refusal);
        }
        if is_unknown {
            return self.refuse_unknown(&batch, &refusal);
        }
        let smaller = self.smaller_answers(&batch, refusal.available);
        for (nth, at) in batch.into_iter().enumerate() {
            let Some(step) = self.not_held(at) else { continue };
            match smaller.as_ref().and_then(|s| s.get(nth)) {
                Some(output) => self.try_smaller(step, *output),
                None => self.lose_step(step, refusal_fault(&refusal)),
            }
        }
    }

    /// The figures of a refusal; one for what is not known has none, and is told in words where it ends something.
    fn tell_refused(&mut self, refusal: &Refusal) {
        self.emit(FrameBody::HoldRefused {
            needed_micro_rub: refusal.needed,
            available_micro_rub: refusal.available,
            limit_micro_rub: refusal.limit,
            setting: refusal.setting.clone(),
        });
    }

    /// Tells that a part of a budget is spent.
    pub(super) fn budget_reached(&mut self, reached: BudgetReached) {
        let own = Some(reached.limit) == self.spec.limits.budget && reached.scope == "run";
        self.emit(FrameBody::BudgetNotice {
            scope: reached.scope,
            key: reached.key,
            percent: reached.percent,
            spent_micro_rub: reached.spent,
            limit_micro_rub: reached.limit,
            setting: if own { self.spec.limits.budget_setting.clone() } else { reached.setting },
        });
    }

    pub(super) fn hold_failed(&mut self, batch: u32, fault: &Fault) {
        let batch = self.holding(batch);
        if self.hedge_refused(&batch) {
            return;
        }
        for at in batch {
            if let Some(step) = self.not_held(at) {
                self.lose_step(step, fault.clone());
            }
        }
    }

    /// Closes an attempt that got no money. Its step, where that still wants to go on.
    pub(super) fn not_held(&mut self, at: usize) -> Option<usize> {
        let attempt = self.attempts.get_mut(at)?;
        attempt.never_held();
        let step = attempt.step;
        if self.steps.get(step).is_none_or(super::Step::is_over) {
            self.tell_cancelled(step);
            return None;
        }
        if self.ending.is_some() {
            self.cancel_step(step, self.ending_reason());
            return None;
        }
        Some(step)
    }

    /// The money of a whole mixture is not there: less of it is asked for, down to what is there.
    fn refuse_plan(&mut self, batch: &[usize], refusal: &Refusal) {
        let mut is_less = false; // than was asked for: something of it was given up meanwhile
        for at in batch {
            let Some(attempt) = self.attempts.get_mut(*at) else { continue };
            attempt.never_held();
            let step_at = attempt.step;
            let Some(step) = self.steps.get_mut(step_at) else { continue };
            if step.is_over() {
                is_less = true;
                self.tell_cancelled(step_at);
                continue;
            }
            step.state = StepState::Waiting;
            step.tries = 0;
            step.attempts = 0;
        }
        self.funding = None;
        if refusal.cause == RefusalCause::PriceUnknown {
            return self.leave_out_unknown(batch, refusal, is_less);
        }
        let (needed, there, setting) = (refusal.needed, refusal.available, &refusal.setting);
        let reason = format!("this can cost up to {needed} RUB, and {there} RUB is left ({setting})");
        let mut fits = is_less && self.cost_of(&self.steps_to_fund()) <= there;
        while !fits && self.shrink(&reason) {
            fits = self.cost_of(&self.steps_to_fund()) <= there;
        }
    }

    /// One proposer less; where two are left, none at all: then the question itself is answered. False where
    /// there is no mixture any more.
    pub(super) fn shrink(&mut self, reason: &str) -> bool {
        if self.panels.is_empty() {
            return false;
        }
        self.make_less(self.expendable(), reason);
        true
    }

    /// Without this very proposer; where two are left, none at all.
    pub(super) fn leave_out(&mut self, member: usize, reason: &str) {
        let member = Some(member).filter(|m| !spares(&self.waiting_panels(), *m));
        self.make_less(member, reason);
    }

    fn make_less(&mut self, member: Option<usize>, reason: &str) {
        let had = self.proposers();
        match member {
            Some(member) => self.drop_step(member),
            None => self.go_direct(),
        }
        let name = |members: usize| match members {
            0 => "direct".to_owned(),
            n => format!("{} of {n}", self.spec.plan),
        };
        let (from, to) = (name(had), name(self.proposers()));
        if from != to {
            self.emit(FrameBody::PlanShrunk { from, to, reason: reason.to_owned() });
        }
    }

    fn proposers(&self) -> usize {
        let proposes = |s: &&super::Step| s.spec.kind == StepKind::Propose && s.state == StepState::Waiting;
        self.steps.iter().filter(proposes).count()
    }

    /// The worst-ranked member of the largest panel, if every panel that it is in stays a mixture.
    fn expendable(&self) -> Option<usize> {
        let mut panels = self.waiting_panels();
        panels.sort_by_key(|members| std::cmp::Reverse(members.len())); // stable: of equals the first
        panels.iter().find_map(|panel| panel.last().copied().filter(|last| !spares(&panels, *last)))
    }

    /// The members of each panel that were not asked yet.
    fn waiting_panels(&self) -> Vec<Vec<usize>> {
        let waits = |m: &usize| self.steps.get(*m).is_some_and(|s| s.state == StepState::Waiting);
        let waiting =
            |panel: &super::panel::Panel| panel.members.iter().copied().filter(waits).collect::<Vec<usize>>();
        self.panels.iter().map(waiting).collect()
    }

    /// Takes a step out of the plan, and with it what nobody else reads.
    fn drop_step(&mut self, dropped: usize) {
        let read = |steps: &[super::Step], at: usize| steps.iter().any(|s| s.sources.contains(&at));
        for at in (0..=dropped).rev() {
            let waits = self.steps.get(at).is_some_and(|s| s.state == StepState::Waiting);
            if !waits || (at != dropped && read(&self.steps, at)) {
                continue;
            }
            if let Some(step) = self.steps.get_mut(at) {
                step.state = StepState::Cancelled;
                step.sources.clear();
            }
            self.steps.iter_mut().for_each(|s| s.sources.retain(|source| *source != at));
            self.panels.iter_mut().for_each(|p| p.members.retain(|member| *member != at));
            self.panels.retain(|p| p.combiner != at);
        }
    }

    /// Only the last step is left, and it answers the question itself.
    fn go_direct(&mut self) {
        self.panels.clear();
        let Some((last, others)) = self.steps.split_last_mut() else { return };
        for step in others.iter_mut().filter(|s| !s.is_over()) {
            step.state = StepState::Cancelled;
        }
        last.sources.clear();
        last.asks = Asks::Question;
        last.degraded = true;
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
        if let Some(step) = self.steps.get_mut(at) {
            step.shrunk_output = Some(output);
            step.shrinks += 1;
        }
        self.hold_anew(at);
    }

    /// The same step again, as if it had not been tried to hold it.
    pub(super) fn hold_anew(&mut self, at: usize) {
        let now = self.now;
        if let Some(step) = self.steps.get_mut(at) {
            step.tries = step.tries.saturating_sub(1);
            step.attempts = step.attempts.saturating_sub(1);
            step.state = StepState::Backoff { until: now };
        }
    }
}

/// Whether a panel would be no mixture without this member.
fn spares(panels: &[Vec<usize>], member: usize) -> bool {
    panels.iter().any(|panel| panel.contains(&member) && panel.len() <= FEWEST)
}

fn refusal_fault(refusal: &Refusal) -> Fault {
    let (kind, hint) = match refusal.cause {
        RefusalCause::PriceUnknown => return unknown_fault(refusal),
        RefusalCause::Budget if refusal.setting.starts_with("plyrum ") => (
            ErrorKind::Budget,
            format!("`{} RUB` raises it; or shorten the prompt, or take a cheaper model", refusal.setting),
        ),
        RefusalCause::Budget => (
            ErrorKind::Budget,
            format!("raise {}, shorten the prompt, or take a cheaper model", refusal.setting),
        ),
        RefusalCause::Balance => (
            ErrorKind::Balance,
            "plyrum balance top-up RUB, shorten the prompt, or take a cheaper model".to_owned(),
        ),
    };
    let of = refusal.limit.map(|l| format!(" of {l}")).unwrap_or_default();
    let message = format!(
        "this can cost up to {} RUB, and {}{of} RUB is left ({})",
        refusal.needed, refusal.available, refusal.setting
    );
    Fault::new(kind, message).hint(hint)
}

/// Under a limit nothing is sent whose cost nobody can bound.
pub(super) fn unknown_fault(refusal: &Refusal) -> Fault {
    let setting = &refusal.setting;
    Fault::new(
        ErrorKind::PriceUnknown,
        format!("what this can cost at most is not known, so no limit can be kept: there is no {setting}"),
    )
    .hint(format!("set {setting} in config.toml, or take another model"))
}
