//! Proposals as votes: what each says, what its word counts, and whether that settles the answer.
//!
//! A vote is told with all that it rests on (`votes.counted`): who gave which answer as it was read, and what each one's word
//! counts, so that a person can count again.

use super::Run;
use super::combine::Asks;
use super::panel::Told;
use crate::agree::{self, Group, Vote};
use crate::answer::Reading;
use crate::spec::FanOut;
use crate::weight;
use plyrum_protocol::{FrameBody, Intent, OutputKind, StepKind, VoteGroup, Voter};

/// Characters of an answer that are told.
const MAX_TOLD: usize = 120;

impl Run {
    /// The answer that most of the weight is behind; a cascade in which no two agree asks the question itself. True where the
    /// step is over.
    pub(super) fn count(&mut self, at: usize, panel: usize, members: &[usize]) -> bool {
        let found = self.texts_of(members);
        let reading = self.reading();
        let groups = match reading {
            Some(reading) => agree::groups(&self.ballot(&found, members, reading)),
            None => agree::alike(&found.iter().map(|(_, text)| *text).collect::<Vec<_>>()),
        };
        let ranked: Vec<usize> = found.into_iter().map(|(member, _)| member).collect();
        let largest = groups.first().map(|group| group.members.as_slice()).unwrap_or_default();
        let Some(favourite) = largest.first().and_then(|place| ranked.get(*place)).copied() else {
            return self.ask_plainly(at);
        };
        let is_vote = self.steps.get(at).is_some_and(|step| step.spec.kind == StepKind::Vote);
        let settles = is_vote || (reading.is_some() && largest.len() >= 2);
        if ranked.len() > 1 {
            self.tell_votes(panel, &ranked, &groups, settles);
        } else if is_vote {
            self.degrade(at, members.len() > 1);
        }
        if settles { self.adopt(at, favourite) } else { self.ask(at, Asks::Question) }
    }

    /// Tells how the votes of a panel stand, once.
    fn tell_votes(&mut self, panel: usize, ranked: &[usize], groups: &[Group], settles: bool) {
        let Some(told) = self.panels.get(panel).filter(|panel| panel.told == Told::Nothing) else { return };
        let weights = self.weights(&told.members);
        let voter = |at: &usize| {
            let member = *ranked.get(*at)?;
            let place = told.members.iter().position(|other| *other == member)?;
            let weight_milli = weights.as_ref().and_then(|weights| weights.get(place)).copied();
            Some(Voter { step: self.steps.get(member)?.spec.step.clone(), weight_milli })
        };
        let group = |group: &Group| VoteGroup {
            answer: group.answer.as_ref().map(|answer| answer.chars().take(MAX_TOLD).collect()),
            votes: group.members.iter().filter_map(voter).collect(),
        };
        let Some(step) = self.steps.get(told.combiner).map(|step| step.spec.step.clone()) else { return };
        let body = FrameBody::VotesCounted { step, groups: groups.iter().map(group).collect(), settles };
        if let Some(panel) = self.panels.get_mut(panel) {
            panel.told = Told::Votes;
        }
        self.emit(body);
    }

    /// Whether what was proposed so far settles the answer. Where the qualities of all members are known, their words are
    /// weighed by them; else two that say the same are enough.
    pub(super) fn agree(&self, texts: &[(usize, &str)], members: &[usize]) -> bool {
        let Some(reading) = self.reading() else { return false };
        let votes = self.ballot(texts, members, reading);
        match self.weights(members) {
            None => agree::two_agree(&votes),
            Some(weights) => {
                let may_speak = |at: &usize| self.steps.get(*at).is_some_and(|s| !s.is_over());
                // Asked one after the other, who has not spoken is ranked lower and loses a tie.
                let tie = i64::from(self.spec.fan_out == FanOut::Fast);
                let unheard = members.iter().zip(weights).filter(|(at, _)| may_speak(at));
                agree::is_settled(&votes, &unheard.map(|(_, weight)| weight + tie).collect::<Vec<_>>())
            }
        }
    }

    /// The votes of the members that have a text, best-ranked first.
    pub(super) fn ballot(&self, texts: &[(usize, &str)], members: &[usize], reading: Reading) -> Vec<Vote> {
        let weights = self.weights(members);
        let weight_of = |at: usize| {
            let place = members.iter().position(|member| *member == at);
            place.and_then(|place| weights.as_ref()?.get(place).copied()).unwrap_or(1)
        };
        texts.iter().map(|(at, text)| Vote::of(text, weight_of(*at), reading)).collect()
    }

    /// What the word of each member counts, where the quality of every one is known.
    pub(super) fn weights(&self, members: &[usize]) -> Option<Vec<i64>> {
        let quality = |at: &usize| {
            let step = self.steps.get(*at)?;
            let model = step.answered_by.as_ref().or(step.spec.models.first().map(|model| &model.id))?;
            let candidates = &self.spec.decision.candidates;
            candidates.iter().find(|c| c.model == *model)?.expected_quality_milli
        };
        members.iter().map(|at| quality(at).map(weight::of)).collect()
    }

    /// Whether two answers can be compared for being the same.
    pub(super) fn is_discrete(&self) -> bool {
        self.spec.decision.output_kind == OutputKind::Discrete
    }

    /// How answers are compared; `None` where they cannot be.
    pub(super) fn reading(&self) -> Option<Reading> {
        let decision = &self.spec.decision;
        let reading = match decision.intent {
            Intent::CodeDebugExplain => Reading::Exact, // what a program prints
            Intent::Math => Reading::Number,
            _ => Reading::Value,
        };
        self.is_discrete().then_some(reading)
    }
}
