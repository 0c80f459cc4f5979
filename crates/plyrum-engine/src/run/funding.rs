//! The money of a whole mixture, before its first request: every proposer at its longest answer and the
//! step that reads them over all of that, held in one transaction.

use super::Run;
use super::combine::Asks;
use super::step::{Step, StepState};
use crate::compose::Size;
use crate::proposals::{POLICY_BYTES, PROPOSAL_FRAME_BYTES};
use crate::spec::FanOut;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{ErrorKind, Fault, StepKind};

/// A token of a proposal is counted as at most so many bytes when it becomes input; a proposal that is
/// longer is shown cut.
const BYTES_PER_PROPOSED_TOKEN: u64 = 6;
/// A reader that could show less than this of each proposal gets fewer proposals.
const MIN_SHOWN_BYTES: u64 = 256;

impl Run {
    /// Whether a step makes a request of its own by plan. A vote counts; it asks only to rescue.
    pub(super) fn asks_a_model(&self, at: usize) -> bool {
        self.steps.get(at).is_some_and(|s| s.spec.kind != StepKind::Vote)
    }

    /// Whether a step's request is made however the others go: not what is added on disagreement.
    pub(super) fn runs_in_any_case(&self, at: usize) -> bool {
        let place = self.panels.iter().find_map(|p| p.members.iter().position(|m| *m == at));
        match place {
            Some(place) => self.spec.fan_out == FanOut::Fast || place < 2,
            None => self.panel_of(at).is_none(),
        }
    }

    /// The most that a step's request can have: the question, and room for what it reads.
    pub(super) fn request_size(&self, at: usize) -> Size {
        let (said, acted) = (self.size_of_question(at), self.acting_size(at));
        let bytes = said.bytes.saturating_add(acted.bytes).saturating_add(self.form_bytes(at));
        Size { bytes, turns: said.turns.saturating_add(acted.turns), pictures: said.pictures }
    }

    fn size_of_question(&self, at: usize) -> Size {
        let Some(step) = self.steps.get(at) else { return self.base };
        let may_have_text = |s: &&usize| self.steps.get(**s).is_some_and(|s| !s.is_over() || s.has_text());
        let read: Vec<usize> = match &step.asks {
            Asks::Undecided if self.reads(at) => step.sources.iter().filter(may_have_text).copied().collect(),
            Asks::Undecided | Asks::Question => return self.base,
            Asks::Synthesis(shown) | Asks::Choice(shown) => shown.iter().map(|(member, _)| *member).collect(),
        };
        let room = |source: &usize| self.proposal_room(at, *source).saturating_add(PROPOSAL_FRAME_BYTES);
        let proposals = read.iter().map(room).fold(POLICY_BYTES, u64::saturating_add);
        // The policy stands in the system prompt, which is a turn of its own where the persona has none.
        let turns = self.base.turns + u64::from(self.spec.conversation.system.is_empty());
        Size { bytes: self.base.bytes.saturating_add(proposals), turns, pictures: self.base.pictures }
    }

    /// Bytes of one proposal that its reader is shown: its longest answer, and no more than its share of the
    /// reader's context.
    pub(super) fn proposal_room(&self, at: usize, source: usize) -> u64 {
        self.longest_proposal(source).min(self.share_of_context(at))
    }

    fn longest_proposal(&self, source: usize) -> u64 {
        let longest = |step: &Step| Some(self.output_limit(step, step.spec.models.first()?));
        let tokens = self.steps.get(source).and_then(longest).unwrap_or(0);
        tokens.saturating_mul(BYTES_PER_PROPOSED_TOKEN)
    }

    fn share_of_context(&self, at: usize) -> u64 {
        const MEGABYTE: u128 = 1_000_000;
        let Some(step) = self.steps.get(at) else { return 0 };
        let Some(reader) = step.spec.models.get(step.model) else { return 0 };
        let free_tokens = reader.context_tokens.saturating_sub(self.output_limit(step, reader));
        let tokens_per_megabyte = u128::from(reader.bytes_per_token.tokens_in(1_000_000)).max(1);
        let free = u128::from(free_tokens) * MEGABYTE / tokens_per_megabyte;
        let free = u64::try_from(free).unwrap_or(u64::MAX);
        let free = free.saturating_sub(self.base.estimated_bytes(reader).saturating_add(self.form_bytes(at)));
        let free = free.saturating_sub(POLICY_BYTES);
        (free / (step.sources.len() as u64).max(1)).saturating_sub(PROPOSAL_FRAME_BYTES)
    }

    /// Asks for the money of all steps of the mixture at once, or of what is left of it when it fits. True
    /// where nothing could be asked for.
    pub(super) fn hold_plan(&mut self) -> bool {
        while !self.panels.is_empty() {
            let asking = self.steps_to_fund();
            let fault = self.reader_fault(&asking);
            if let Some(fault) = fault.as_ref().filter(|fault| fault.kind != ErrorKind::ContextTooLong) {
                self.end_with(fault.clone()); // proposals that nobody could read are not bought
                return false;
            }
            if let Some((member, reason)) = self.unknown_proposer(&asking) {
                self.leave_out(member, &reason);
            } else if let Some(fault) = fault {
                self.shrink(&fault.message);
            } else if let Some(reason) = self.over_budget(&asking) {
                self.shrink(&reason);
            } else {
                self.funding = Some(self.batches + 1);
                return self.hold_for(&asking);
            }
        }
        false
    }

    pub(super) fn steps_to_fund(&self) -> Vec<usize> {
        let waiting = |at: &usize| self.steps.get(*at).is_some_and(|s| s.state == StepState::Waiting);
        (0..self.steps.len()).filter(waiting).filter(|at| self.asks_a_model(*at)).collect()
    }

    /// Why a step that combines others could not do its work, however they go.
    fn reader_fault(&self, asking: &[usize]) -> Option<Fault> {
        let combines = |at: &&usize| {
            let kind = self.steps.get(**at).map(|s| s.spec.kind);
            self.panel_of(**at).is_some() && kind != Some(StepKind::Propose)
        };
        asking.iter().filter(combines).find_map(|at| match self.prepare_in_full(*at) {
            Err(fault) => Some(fault),
            Ok(_) => self.cramped(*at),
        })
    }

    /// The reader's context has no room for all of its proposals.
    fn cramped(&self, at: usize) -> Option<Fault> {
        let step = self.steps.get(at).filter(|_| self.reads(at))?;
        let share = self.share_of_context(at);
        let needs = |source: &usize| self.longest_proposal(*source).min(MIN_SHOWN_BYTES);
        let cramped = step.sources.iter().any(|source| share < needs(source));
        cramped.then(|| {
            let (model, count) = (self.model_of(at), step.sources.len());
            let message = format!("the context of {model} has no room for {count} proposals");
            Fault::new(ErrorKind::ContextTooLong, message)
        })
    }

    fn over_budget(&self, asking: &[usize]) -> Option<String> {
        let (left, cost) = (self.budget_left()?, self.cost_of(asking));
        let setting = &self.spec.limits.budget_setting;
        (cost > left).then(|| format!("this can cost up to {cost} RUB, and {left} RUB is left ({setting})"))
    }

    /// Sum of what these steps would hold. One that cannot be asked costs nothing.
    pub(super) fn cost_of(&self, steps: &[usize]) -> MicroRub {
        let holds = steps.iter().filter_map(|at| self.prepare_in_full(*at).ok());
        holds.fold(MicroRub::ZERO, |sum, hold| sum.checked_add(hold.micro_rub).unwrap_or(sum))
    }
}
