//! Panels: the sources of a step that reads others, and when to stop waiting for them.
//!
//! *Fast* asks all at once and stops at a quorum plus a grace; *thrifty* asks two and adds one at a time
//! until two agree. Both stop at once where discrete answers agree: on recorded answers of about 45
//! models that stays within 1.2 points of the full vote with 2.0 to 4.2 calls instead of 5 to 6. Where it is known how
//! often each member is right, "agree" means that the two heaviest who have not spoken could not change the result
//! (`agree::is_settled`). What is
//! then still under way is given up, see `late.rs`. A proposal that a person drops counts as if it had not
//! been planned, so that there is never more to wait for than before. A plan with `quorum = "all"` waits for everybody it has
//! asked, so that what it costs is no matter of time.

use super::step::StepState;
use super::{Run, Step};
use crate::spec::{FanOut, Quorum};
use plyrum_protocol::{FrameBody, StepKind, StepOutcome, Timestamp};
use serde::{Deserialize, Serialize};

/// Proposals that thrifty asks for at first.
const FIRST_TWO: usize = 2;

/// The steps that one step reads.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Panel {
    /// The step that reads the others.
    pub(super) combiner: usize,
    /// Steps that it reads, best-ranked first.
    pub(super) members: Vec<usize>,
    /// Set at the quorum: nothing is waited for after this.
    grace_until: Option<Timestamp>,
    pub(super) closed: bool,
    /// An earlier panel has the same members and speaks for both.
    echo: bool,
    #[serde(default)]
    pub(super) told: Told,
}

/// What was told of a panel's proposals, once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Told {
    #[default]
    Nothing,
    /// The first one, to be read until the answer replaces it.
    Provisional,
    /// How they were counted.
    Votes,
}

/// How many of `planned` proposals are enough: all of one or two, all but one of three to six, four fifths
/// (rounded up) of more.
pub(super) fn quorum(planned: usize) -> usize {
    match planned {
        0..=2 => planned,
        3..=6 => planned - 1,
        _ => (planned * 4).div_ceil(5),
    }
}

impl Panel {
    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        self.grace_until.filter(|_| !self.closed)
    }
}

impl Run {
    /// Steps that read others, each with its sources.
    pub(super) fn find_panels(&mut self) {
        for (combiner, step) in self.steps.iter().enumerate().filter(|(_, s)| !s.sources.is_empty()) {
            let members = step.sources.clone();
            let echo = self.panels.iter().any(|panel| panel.members == members);
            self.panels.push(Panel {
                combiner,
                members,
                grace_until: None,
                closed: false,
                echo,
                told: Told::Nothing,
            });
        }
    }

    pub(super) fn panel_of(&self, combiner: usize) -> Option<&Panel> {
        self.panels.iter().find(|panel| panel.combiner == combiner)
    }

    /// Whether a step may ask its model now: thrifty asks the third proposer when the first two are over.
    /// A repeat is no new question.
    pub(super) fn has_its_turn(&self, at: usize) -> bool {
        let fresh_proposer = |s: &Step| s.spec.kind == StepKind::Propose && s.started_at.is_none();
        if self.spec.fan_out == FanOut::Fast || !self.steps.get(at).is_some_and(fresh_proposer) {
            return true;
        }
        let mut mine = self.panels.iter().filter(|panel| panel.members.contains(&at)).peekable();
        mine.peek().is_none() || mine.any(|panel| !panel.closed && self.wants_one_more(panel))
    }

    fn wants_one_more(&self, panel: &Panel) -> bool {
        let members = panel.members.iter().filter_map(|m| self.steps.get(*m));
        let asked: Vec<&Step> = members.filter(|s| s.started_at.is_some()).collect();
        asked.len() < FIRST_TWO || asked.iter().all(|s| s.is_over())
    }

    /// Looks at the panels when a step has ended or a grace is over, and gives up what nobody waits for.
    pub(super) fn tend_panels(&mut self) {
        let is_due = |panel: &Panel| panel.wakes_at().is_some_and(|at| at <= self.now);
        let due = self.panels.iter().any(is_due);
        if self.ending.is_some() || (!due && self.steps_over() == self.tended) {
            return;
        }
        self.tended = self.steps_over();
        for at in 0..self.panels.len() {
            self.tend(at);
        }
        self.give_up_unneeded();
    }

    fn steps_over(&self) -> usize {
        self.steps.iter().filter(|s| s.is_over()).count()
    }

    fn tend(&mut self, at: usize) {
        let Some(panel) = self.panels.get(at).filter(|p| !p.closed) else { return };
        let members = panel.members.clone();
        let out_of_grace = panel.grace_until.is_some_and(|until| until <= self.now);
        let in_grace = panel.grace_until.is_some();
        let all_over = members.iter().all(|m| self.steps.get(*m).is_some_and(Step::is_over));
        let texts = self.texts_of(&members);
        let have = texts.len();
        let agreed = self.agree(&texts, &members);
        self.show_first(at);
        if all_over || out_of_grace {
            self.close_panel(at);
        } else if self.waits_for_all(&members) {
            // Everybody who was asked is heard first.
        } else if agreed {
            let weighed = self.weights(&members).is_some();
            self.say_quorum(at, have, if weighed { "weighed_agreement" } else { "agreement" });
            self.close_panel(at);
        } else if self.spec.fan_out == FanOut::Fast && have >= quorum(self.wanted(&members)) && !in_grace {
            self.say_quorum(at, have, "quorum");
            let until = self.now.plus_millis(self.grace_ms(&members));
            if let Some(panel) = self.panels.get_mut(at) {
                panel.grace_until = Some(until);
                panel.closed = until <= self.now;
            }
        }
    }

    /// How many of the members are still wanted: the quorum is one of these.
    fn wanted(&self, members: &[usize]) -> usize {
        members.iter().filter(|m| self.steps.get(**m).is_some_and(|s| !s.dropped)).count()
    }

    pub(super) fn close_panel(&mut self, at: usize) {
        if let Some(panel) = self.panels.get_mut(at) {
            panel.closed = true;
        }
    }

    /// Whether the plan waits for all that it has asked, and one of them is still under way.
    fn waits_for_all(&self, members: &[usize]) -> bool {
        let under_way = |s: &Step| s.started_at.is_some() && !s.is_over();
        let asks_all_at_once = self.spec.fan_out == FanOut::Fast;
        self.spec.quorum == Quorum::All
            && (asks_all_at_once || members.iter().any(|m| self.steps.get(*m).is_some_and(under_way)))
    }

    /// A quarter of the time that the quorum took, and no more than a quarter of what the deadline leaves.
    fn grace_ms(&self, members: &[usize]) -> u64 {
        let left = self.spec.limits.deadline.map(|deadline| deadline.millis_since(self.now));
        self.waited_ms(members).min(left.unwrap_or(u64::MAX)) / 4
    }

    /// Since the first of them was asked.
    fn waited_ms(&self, members: &[usize]) -> u64 {
        let first = members.iter().filter_map(|m| self.steps.get(*m)?.started_at).min();
        first.map_or(0, |at| self.now.millis_since(at))
    }

    /// The first whole proposal, as a text that stands until the answer replaces it; once in a run.
    fn show_first(&mut self, at: usize) {
        let Some(panel) =
            self.panels.get(at).filter(|_| !self.panels.iter().any(|p| p.told == Told::Provisional))
        else {
            return;
        };
        if self.steps.get(panel.combiner).is_none_or(|s| s.spec.kind != StepKind::Aggregate) {
            return;
        }
        let mut members = panel.members.iter().filter_map(|m| self.steps.get(*m));
        let whole = |s: &&Step| s.state == StepState::Done(StepOutcome::Ok);
        let Some(step) = members.find(whole).map(|s| s.spec.step.clone()) else { return };
        if let Some(panel) = self.panels.get_mut(at) {
            panel.told = Told::Provisional;
        }
        self.emit(FrameBody::Provisional { step });
    }

    /// Says why no more proposals are waited for.
    pub(super) fn say_quorum(&mut self, at: usize, have: usize, reason: &str) {
        let Some(panel) = self.panels.get(at).filter(|p| !p.echo) else { return };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let body = FrameBody::QuorumReached {
            have: count(have),
            of: count(self.wanted(&panel.members)),
            waited_ms: self.waited_ms(&panel.members),
            reason: reason.to_owned(),
        };
        self.emit(body);
    }

    /// Texts of the members that have one and can be chosen, best-ranked first.
    pub(super) fn texts_of(&self, members: &[usize]) -> Vec<(usize, &str)> {
        let with_text =
            |m: &usize| self.steps.get(*m).filter(|s| s.is_proposal()).map(|s| (*m, s.text.as_str()));
        members.iter().filter_map(with_text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::quorum;

    #[test]
    fn the_quorum_is_the_published_one() {
        let table = [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (8, 7), (10, 8), (16, 13)];
        for (planned, enough) in table {
            assert_eq!(quorum(planned), enough, "{planned}");
        }
    }
}
