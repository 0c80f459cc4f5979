//! Hedges: a second request of a step, to another model, where the first has shown nothing for a while. The one that
//! shows anything first is the step's attempt; the other is parted with like a late proposal, and booked.
//!
//! A duplicate is paid for and may not act twice, so it is sent only where that is safe: while nothing of the first was
//! shown, where no tools are offered, for a step whose answer somebody waits for, once for a step, with its money held
//! first, and not where the run is about to end. What is not safe is not done, and nothing is said of it.
//!
//! The two are one race, and its step goes on when both are closed: a step that is over has no attempt under way.

use super::ended::Ended;
use super::step::{Step, StepState};
use super::{Attempt, Run};
use crate::effect::{Effect, HoldBatch, HoldRequest};
use crate::input::AttemptFailure;
use plyrum_billing_client::{AttemptBound, MicroRub};
use plyrum_protocol::{AttemptOutcome, FrameBody, StepKind, Timestamp};
use serde::{Deserialize, Serialize};

/// How much of the run's time has to be left: one part of so many.
const LAST_PART: u64 = 4;

/// Whether a step was hedged.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) enum Hedge {
    /// Not yet.
    #[default]
    None,
    /// Two attempts are under way.
    Race(Race),
    /// It was, or nobody was there for it.
    Over,
}

/// Two attempts of one step.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Race {
    first: usize,
    second: usize,
    /// Which of the step's models the second one asks.
    model: usize,
    /// Who showed something.
    winner: Option<usize>,
    /// Who has ended, and how.
    ends: Vec<(usize, Ended)>,
}

impl Race {
    const fn other(&self, than: usize) -> usize {
        if than == self.first { self.second } else { self.first }
    }

    fn has_ended(&self, at: usize) -> bool {
        self.ends.iter().any(|(who, _)| *who == at)
    }
}

impl Hedge {
    const fn race(&self) -> Option<&Race> {
        match self {
            Self::Race(race) => Some(race),
            Self::None | Self::Over => None,
        }
    }

    /// The text of the one that won is there; only the other is still to be booked.
    pub(super) fn has_text(&self) -> bool {
        let whole = |end: &Ended| matches!(end.outcome, AttemptOutcome::Ok | AttemptOutcome::Cut);
        self.race().is_some_and(|race| race.ends.iter().any(|(_, end)| whole(end)))
    }
}

impl Run {
    /// Begins the hedges whose time has come.
    pub(super) fn tend_hedges(&mut self) {
        for at in 0..self.steps.len() {
            if self.hedges_at(at).is_some_and(|due| due <= self.now) {
                self.begin_hedge(at);
            }
        }
    }

    /// When the next hedge is due.
    pub(super) fn next_hedge(&self) -> Option<Timestamp> {
        (0..self.steps.len()).filter_map(|at| self.hedges_at(at)).min()
    }

    /// When a step is hedged, as far as is known now; none where that is not safe.
    fn hedges_at(&self, at: usize) -> Option<Timestamp> {
        let step = self.steps.get(at).filter(|step| step.state == StepState::Busy)?;
        if !matches!(step.hedge, Hedge::None) || !self.may_hedge(at) {
            return None;
        }
        let first = self.attempts.iter().find(|a| a.step == at && a.is_live())?;
        let after_ms = self.hedges_after(&first.hold.model)?;
        let due = first.started_at.plus_millis(after_ms);
        (first.is_silent() && self.has_time_at(due.max(self.now))).then_some(due)
    }

    fn hedges_after(&self, model: &str) -> Option<u64> {
        self.spec.limits.hedge_after_ms.get(model).copied()
    }

    /// Whether a duplicate of a step's request could do no harm, and somebody waits for its answer: proposals are not
    /// waited for where there are enough of them.
    fn may_hedge(&self, at: usize) -> bool {
        let is_proposal = self.steps.get(at).is_none_or(|step| step.spec.kind == StepKind::Propose);
        let is_one_of_many = self.panels.iter().any(|p| p.members.len() > 1 && p.members.contains(&at));
        self.ending.is_none()
            && !self.hurried
            && !is_proposal
            && !is_one_of_many
            && self.offered(at).is_empty()
    }

    /// Whether a request that goes out then has some of the run's time.
    fn has_time_at(&self, then: Timestamp) -> bool {
        let Some(deadline) = self.spec.limits.deadline else { return true };
        let all = deadline.millis_since(self.spec.accepted_at);
        then < deadline && deadline.millis_since(then).saturating_mul(LAST_PART) >= all
    }

    /// Asks for the money of a second attempt. Once for a step, whatever comes of it.
    fn begin_hedge(&mut self, at: usize) {
        let first = self.attempts.iter().position(|a| a.step == at && a.is_live());
        let prepared = first.and_then(|first| Some((first, self.prepare_hedge(at)?)));
        let Some(step) = self.steps.get_mut(at) else { return };
        let Some((first, (model, hold))) = prepared else {
            step.hedge = Hedge::Over;
            return;
        };
        step.attempts += 1;
        self.numbered += 1;
        self.batches += 1;
        let second = self.attempts.len();
        step.hedge = Hedge::Race(Race { first, second, model, winner: None, ends: Vec::new() });
        self.attempts.push(Attempt::hedge(at, self.numbered, self.batches, hold.clone()));
        self.effects.push(Effect::Hold(HoldBatch { batch: self.batches, holds: vec![hold] }));
    }

    /// The model that is asked beside the first, and its money at its longest answer; none where the run's budget has
    /// no room for it.
    fn prepare_hedge(&mut self, at: usize) -> Option<(usize, HoldRequest)> {
        let model = self.hedge_of(at)?;
        let hold = self.as_model(at, model, |run| run.prepare_in_full(at).ok())?;
        let fits = self.budget_left().is_none_or(|left| hold.micro_rub <= left);
        fits.then_some((model, hold))
    }

    /// Which of a step's models is asked beside the one that is being asked: one that would stand in for it, of another
    /// provider where there is one. One that could act is none.
    fn hedge_of(&mut self, at: usize) -> Option<usize> {
        let mut models: Vec<usize> = self.fallbacks_of(at).collect();
        let step = self.steps.get(at)?;
        let provider = |model: usize| step.spec.models.get(model).map(|m| m.provider.as_str());
        let own = provider(step.model);
        models.sort_by_key(|model| provider(*model) == own); // stable: of equals the first
        models.into_iter().find(|model| self.as_model(at, *model, |run| run.offered(at).is_empty()))
    }

    /// What something comes to if a step asked another of its models.
    pub(super) fn as_model<T>(&mut self, at: usize, model: usize, what: impl FnOnce(&mut Self) -> T) -> T {
        let swap = |run: &mut Self, model| {
            run.steps.get_mut(at).map(|step| std::mem::replace(&mut step.model, model))
        };
        let own = swap(self, model);
        let result = what(self);
        own.and_then(|own| swap(self, own));
        result
    }

    /// Which model may be asked beside the first of a step, and what that may cost at most, where that is known; none where
    /// there will be no hedge.
    pub(super) fn price_of_hedge(&mut self, at: usize) -> Option<(String, Option<MicroRub>)> {
        let first = self.steps.get(at)?.spec.models.first()?.id.clone();
        self.hedges_after(&first).filter(|_| self.may_hedge(at))?;
        let model = self.hedge_of(at)?;
        self.as_model(at, model, |run| {
            let size = run.request_size(at);
            let step = run.steps.get(at)?;
            let model = step.spec.models.get(model)?;
            let max_output_tokens = run.output_limit(step, model);
            let bound = AttemptBound { input_tokens: size.input_bound(model), max_output_tokens };
            Some((model.id.clone(), run.highest(&model.id, &bound).ok()?))
        })
    }

    /// The money of a hedge is there: it goes out if it is still wanted.
    pub(super) fn hedge_held(&mut self, at: usize) {
        let Some((step, race)) = self.race_of(at) else { return self.release(at) };
        let (model, first) = (race.model, race.first);
        let is_alone = race.has_ended(first);
        let is_silent = self.attempts.get(first).is_some_and(|a| !a.is_live() || a.is_silent());
        let is_safe = is_silent && self.may_hedge(step) && self.has_time_at(self.now);
        if !is_alone && !is_safe {
            self.release(at);
            return self.without_hedge(step);
        }
        let (now, waited_from) = (self.now, self.attempts.get(first).map(|a| a.started_at));
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        attempt.go_live(now);
        let hold = attempt.hold.clone();
        let first = self.attempts.get(first).map(|a| a.hold.attempt.clone());
        self.emit(FrameBody::AttemptHedged {
            step: hold.step.clone(),
            attempt: first.unwrap_or_else(|| hold.attempt.clone()),
            hedge: hold.attempt.clone(),
            after_ms: waited_from.map_or(0, |from| now.millis_since(from)),
            provider: hold.provider.clone(),
            model: hold.model.clone(),
        });
        self.as_model(step, model, |run| run.send(step, hold));
    }

    /// The attempts of a batch that is a hedge's and gets no money, and no word is said of it. False where it is none.
    pub(super) fn hedge_refused(&mut self, batch: &[usize]) -> bool {
        let &[at] = batch else { return false };
        if !self.attempts.get(at).is_some_and(Attempt::is_hedge) {
            return false;
        }
        let is_in_race = self.race_of(at).is_some();
        if let Some(step) = self.not_held(at).filter(|_| is_in_race) {
            self.without_hedge(step);
        }
        true
    }

    /// The race of an attempt, with its step.
    fn race_of(&self, at: usize) -> Option<(usize, &Race)> {
        let step = self.attempts.get(at)?.step;
        let race = self.steps.get(step)?.hedge.race()?;
        (race.first == at || race.second == at).then_some((step, race))
    }

    /// The second of a race never went out: its step goes on as if there had been no race.
    fn without_hedge(&mut self, step: usize) {
        let Some(Hedge::Race(mut race)) = self.end_race(step) else { return };
        if let Some((at, end)) = race.ends.pop() {
            self.after_end(at, step, end);
        }
    }

    fn end_race(&mut self, step: usize) -> Option<Hedge> {
        self.steps.get_mut(step).map(|step| std::mem::replace(&mut step.hedge, Hedge::Over))
    }

    /// An attempt shows something: if it is one of two, it is the step's attempt from now on.
    pub(super) fn note_shown(&mut self, at: usize) {
        let Some((step_at, race)) = self.race_of(at).filter(|(_, race)| race.winner.is_none()) else {
            return;
        };
        let (other, is_hedge, model) = (race.other(at), race.second == at, race.model);
        if let Some(Step { hedge: Hedge::Race(race), .. }) = self.steps.get_mut(step_at) {
            race.winner = Some(at);
        }
        if is_hedge {
            self.take_over(step_at, at, model);
        }
        if let Some(other) = self.attempts.get_mut(other) {
            other.lose();
        }
        if self.attempts.get(other).is_some_and(Attempt::is_live) {
            self.part_with(other, Ended::hedged());
        } else if self.attempts.get(other).is_some_and(Attempt::awaits_hold) {
            self.end_race(step_at); // its money is given back when it comes
        }
    }

    /// The hedge is the step's attempt.
    fn take_over(&mut self, step: usize, at: usize, model: usize) {
        let attempt = self.attempts.get(at).map(|a| a.hold.attempt.clone());
        if let Some(step) = self.steps.get_mut(step) {
            step.model = model;
            step.tries = 1;
            step.written_by = attempt;
        }
    }

    /// One attempt of a step has ended. Of two, the step goes on with the one that showed something, and where both are
    /// closed; else with what the retry rule can do most with.
    pub(super) fn end_of_race(&mut self, at: usize, step: usize, end: Ended) -> Option<(usize, Ended)> {
        let Some((_, race)) = self.race_of(at) else { return Some((at, end)) };
        let other = race.other(at);
        let is_alone = race.has_ended(other);
        if let Some(Step { hedge: Hedge::Race(race), .. }) = self.steps.get_mut(step) {
            race.ends.push((at, end));
        }
        if !is_alone {
            if self.attempts.get(other).is_some_and(Attempt::is_draining) {
                self.stop_draining(other); // the answer is there: nobody waits for another's usage report
            }
            return None;
        }
        let Some(Hedge::Race(mut race)) = self.end_race(step) else { return None };
        if let Some(winner) = race.winner {
            return race.ends.into_iter().find(|(who, _)| *who == winner);
        }
        race.ends.sort_by_key(|(who, end)| (std::cmp::Reverse(says(end)), *who != race.first));
        self.blame(step, &race);
        race.ends.into_iter().next()
    }

    /// Both have failed: the first of the ends is the one to be asked again. A hedge whose failure does not pass is asked
    /// no more.
    fn blame(&mut self, step: usize, race: &Race) {
        let second = race.ends.iter().find(|(who, _)| *who == race.second);
        let passes = second.and_then(|(_, end)| end.failure.as_ref()).is_some_and(|f| f.class.may_pass());
        if !passes {
            if let Some(step) = self.steps.get_mut(step) {
                step.passed_over = Some(race.model);
            }
        } else if race.ends.first().is_some_and(|(who, _)| *who == race.second) {
            self.take_over(step, race.second, race.model);
        }
    }

    /// What one of each two attempts of a step has cost: the one that lost, and the hedge where neither won. None where there
    /// were no hedges.
    pub(super) fn cost_of_hedging(&self) -> Option<MicroRub> {
        let hedged: Vec<usize> =
            self.attempts.iter().filter(|a| a.is_hedge() && a.was_sent()).map(|a| a.step).collect();
        let is_lost = |a: &&Attempt| {
            let beaten_first = |b: &Attempt| b.step == a.step && b.is_beaten() && !b.is_hedge();
            if a.is_hedge() { !self.attempts.iter().any(beaten_first) } else { a.is_beaten() }
        };
        let lost = self.attempts.iter().filter(|a| hedged.contains(&a.step)).filter(is_lost);
        let sum = lost.fold(MicroRub::ZERO, |sum, a| sum.checked_add(a.cost()).unwrap_or(sum));
        (!hedged.is_empty()).then_some(sum)
    }
}

/// How much an end says to the retry rule: that it may pass, then what the provider itself said, then anything at all.
fn says(end: &Ended) -> u8 {
    let of = |failure: &AttemptFailure| if failure.status.is_some() { 2 } else { 1 };
    match &end.failure {
        Some(failure) if failure.class.may_pass() => 3,
        Some(failure) => of(failure),
        None => 0,
    }
}
