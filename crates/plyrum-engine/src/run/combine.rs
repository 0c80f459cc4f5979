//! From proposals to one answer.
//!
//! What a combining step does depends on what is there: nothing → the model is asked directly; one proposal
//! → it is the answer, marked as degraded; proposals that all say the same → that is the answer, and nobody
//! else is asked; one that passes the run's check (`trial.rs`) is the answer too. Otherwise by kind: votes and
//! cascades count (`ballot.rs`), an aggregator writes, a judge picks one unmodified. Where the asking fails, the
//! best-ranked proposal stands in.

use super::Run;
use super::step::{Step, StepState};
use super::trial::Trying;
use crate::agree;
use crate::proposals::{Proposal, chosen};
use crate::random::Random;
use plyrum_protocol::{Channel, Fault, FrameBody, StepKind, StepOutcome};
use serde::{Deserialize, Serialize};

/// Proposals to show: steps, with how many said it, in the order of their labels.
pub(super) type Shown = Vec<(usize, usize)>;

/// What a step asks its model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Asks {
    /// That is decided when its sources are there.
    #[default]
    Undecided,
    /// The question itself.
    Question,
    /// One answer from these proposals.
    Synthesis(Shown),
    /// Which of these proposals is best.
    Choice(Shown),
}

impl Run {
    /// Makes one answer of a closed panel, or asks for it. True where the step is over.
    pub(super) fn combine(&mut self, at: usize) -> bool {
        let Some(panel) = self.panels.iter().position(|panel| panel.combiner == at) else { return false };
        let members = self.panels.get(panel).map(|p| p.members.clone()).unwrap_or_default();
        let Some(kind) = self.steps.get(at).map(|s| s.spec.kind) else { return false };
        if self.is_sifting(at, &members) {
            return false; // the driver says what fits
        }
        match self.try_proposals(at, &members) {
            Trying::GoesOn => return false,
            Trying::Passed(member) => {
                self.say_quorum(panel, self.texts_of(&members).len(), "code_with_tests");
                return self.adopt(at, member);
            }
            Trying::NonePassed => {
                self.say_quorum(panel, self.texts_of(&members).len(), "none_passed");
                self.degrade(at, true);
            }
            Trying::Nothing => {}
        }
        if kind == StepKind::Vote || self.escalates(at) {
            return self.count(at, panel, &members);
        }
        let (ranked, texts): (Vec<usize>, Vec<&str>) = self.texts_of(&members).into_iter().unzip();
        let Some(best) = ranked.first().copied() else { return self.ask_plainly(at) };
        let writes = !matches!(kind, StepKind::Aggregate | StepKind::Select);
        if ranked.len() == 1 && !writes {
            if self.is_sifted(&members) {
                self.say_quorum(panel, 1, "one_fits");
            } else {
                self.degrade(at, members.len() > 1);
            }
            return self.adopt(at, best);
        }
        let merged = agree::near_duplicates(&texts, self.reading());
        if merged.len() == 1 && !writes {
            self.say_quorum(panel, ranked.len(), "duplicates");
            return self.adopt(at, best);
        }
        let shown = merged.iter().filter_map(|g| Some((*ranked.get(*g.first()?)?, g.len()))).collect();
        self.ask_over(at, shown)
    }

    /// Whether a step answers the question itself where its proposers disagree.
    fn escalates(&self, at: usize) -> bool {
        let is = |step: &Step, kind| step.spec.kind == kind;
        let Some(step) = self.steps.get(at).filter(|s| is(s, StepKind::Answer)) else { return false };
        step.sources.iter().filter_map(|s| self.steps.get(*s)).any(|s| is(s, StepKind::Propose))
    }

    /// Whether a step shows its sources to its model by plan.
    pub(super) fn reads(&self, at: usize) -> bool {
        let counts = self.steps.get(at).is_none_or(|s| s.sources.is_empty() || s.spec.kind == StepKind::Vote);
        !counts && !self.escalates(at)
    }

    /// Every source failed: the question itself goes to the model of this step.
    pub(super) fn ask_plainly(&mut self, at: usize) -> bool {
        self.degrade(at, true);
        self.ask(at, Asks::Question)
    }

    fn ask_over(&mut self, at: usize, shown: Shown) -> bool {
        let shown = self.shuffled(at, shown);
        let selects = self.steps.get(at).is_some_and(|s| s.spec.kind == StepKind::Select);
        self.ask(at, if selects { Asks::Choice(shown) } else { Asks::Synthesis(shown) })
    }

    pub(super) fn degrade(&mut self, at: usize, degraded: bool) {
        if let Some(step) = self.steps.get_mut(at) {
            step.degraded |= degraded;
        }
    }

    /// Asks the model of this step, with the money that was held for it at the start where there is some.
    pub(super) fn ask(&mut self, at: usize, asks: Asks) -> bool {
        if let Some(step) = self.steps.get_mut(at) {
            step.asks = asks;
        }
        let Some(attempt) = self.granted_attempt(at) else { return self.hold_for(&[at]) };
        if let Some(step) = self.steps.get_mut(at) {
            step.state = StepState::Busy;
        }
        self.open(attempt);
        false
    }

    fn granted_attempt(&self, step: usize) -> Option<usize> {
        self.attempts.iter().position(|a| a.step == step && a.is_granted())
    }

    /// Takes a proposal as it is for the answer, and gives back what was held for asking. Always true: the
    /// step is over, or will be when its text was looked at.
    pub(super) fn adopt(&mut self, at: usize, member: usize) -> bool {
        if let Some(unused) = self.granted_attempt(at) {
            self.release(unused);
        }
        let Some(from) = self.steps.get(member) else { return false };
        let (text, model, attempt) = (from.text.clone(), self.model_of(member), from.written_by.clone());
        let cut = from.state == StepState::Done(StepOutcome::Cut);
        self.note_started(at);
        if let Some(step) = self.steps.get_mut(at) {
            step.text.clone_from(&text);
            step.fault = None;
            step.answered_by = Some(model);
            step.written_by.clone_from(&attempt);
            let (step, channel) = (step.spec.step.clone(), Channel::Answer);
            if let Some(attempt) = attempt {
                self.emit(FrameBody::Delta { step, attempt, channel, offset: 0, text });
            }
        }
        self.finish_text(at, if cut { StepOutcome::Cut } else { StepOutcome::Ok });
        true
    }

    /// The end of a step whose model gave no whole answer: the best-ranked proposal in its place, where it
    /// combines and there is one.
    pub(super) fn lose_step(&mut self, at: usize, fault: Fault) {
        if !self.stand_in(at) {
            self.fail_step(at, fault);
        }
    }

    /// The best-ranked proposal in place of an answer that did not come about. False where there is none, and where an
    /// answer came that only does not fit its form.
    pub(super) fn stand_in(&mut self, at: usize) -> bool {
        let combines =
            self.steps.get(at).is_some_and(|s| s.spec.kind != StepKind::Propose && s.repair.is_none());
        let Some(panel) = self.panel_of(at).filter(|_| combines) else { return false };
        let Some((best, _)) = self.texts_of(&panel.members).first().copied() else { return false };
        self.degrade(at, true);
        self.adopt(at, best)
    }

    /// What a judge's words choose. An unclear word leaves the best-ranked proposal, marked.
    pub(super) fn take_choice(&mut self, at: usize) -> bool {
        let Some(step) = self.steps.get(at) else { return false };
        let Asks::Choice(shown) = &step.asks else { return false };
        match chosen(&step.text, shown.len()).and_then(|i| shown.get(i)).copied() {
            Some((member, _)) => self.adopt(at, member),
            None => self.stand_in(at),
        }
    }

    /// Fisher–Yates from the run's seed and the step: a label says nothing about rank, and nothing about who
    /// came first.
    fn shuffled(&self, at: usize, mut shown: Shown) -> Shown {
        let mut random = Random::new(self.spec.seed.rotate_left(17) ^ at as u64);
        for i in (1..shown.len()).rev() {
            let j = usize::try_from(random.between(0, i as u64)).unwrap_or(0);
            shown.swap(i, j);
        }
        shown
    }

    /// The proposals that a step shows to its model.
    pub(super) fn shown_proposals(&self, at: usize) -> Vec<Proposal<'_>> {
        let text = |(member, votes): &(usize, usize)| {
            let source = self.steps.get(*member)?;
            Some(Proposal { text: &source.text, votes: *votes, max_bytes: self.proposal_room(at, *member) })
        };
        match self.steps.get(at).map(|s| &s.asks) {
            Some(Asks::Synthesis(shown) | Asks::Choice(shown)) => shown.iter().filter_map(text).collect(),
            Some(Asks::Undecided | Asks::Question) | None => Vec::new(),
        }
    }
}
