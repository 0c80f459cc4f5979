//! An answer that must fit a form: the driver is asked whether it does, and a model that missed it is asked again once,
//! with what it wrote and what is wrong with it.
//!
//! Only the text that would be the run's answer is looked at, when it is whole: what the step that answers wrote last,
//! or the proposal that it took over; and before a judge chooses, what it would choose from (`sift.rs`). What broke off is a failure of its own. The repair is a new attempt with its own
//! hold, and is told of as a repeat, or as a fallback where a proposal
//! was taken over; nothing is asked again that the run's budget or its time has no room for.

use super::Run;
use super::combine::Asks;
use super::step::StepState;
use crate::effect::{Effect, Request, Speaker, Turn};
use crate::form;
use crate::input::Verdict;
use crate::spec::AnswerForm;
use plyrum_protocol::{AttemptId, ErrorKind, Fault, FrameBody, StepId, StepKind, StepOutcome};
use serde::{Deserialize, Serialize};

/// An answer that did not fit, of which its model was told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Repair {
    /// All of it: it is the run's answer where no other comes.
    pub(super) answer: String,
    why: String,
    /// How many turns of tools came before it.
    pub(super) after_turns: usize,
}

impl Repair {
    /// What is added to the conversation.
    pub(super) fn turns(&self) -> [Turn; 2] {
        let mut said = self.answer.clone();
        super::act::shorten(&mut said);
        [Turn::said(Speaker::Assistant, said), Turn::said(Speaker::User, form::repair(&self.why))]
    }
}

impl Run {
    /// The form that a step's text must have: of the one that writes the run's answer, and of those that it is chosen
    /// from as they are. A judge's words have none.
    fn form_of(&self, at: usize) -> Option<&AnswerForm> {
        let form = self.spec.form.as_ref().filter(|_| self.is_answer(at) || self.is_chosen_from(at))?;
        self.steps.get(at).is_some_and(|step| !step.judges()).then_some(form)
    }

    /// Whether its answer is compared with others, and the one that is shared is the run's.
    fn is_counted(&self, at: usize) -> bool {
        let proposes = self.steps.get(at).is_some_and(|step| step.spec.kind == StepKind::Propose);
        let counts = |step: &super::Step| {
            matches!(step.spec.kind, StepKind::Vote | StepKind::Answer) && step.sources.contains(&at)
        };
        self.spec.form.is_none() && proposes && self.is_discrete() && self.steps.iter().any(counts)
    }

    fn is_answer(&self, at: usize) -> bool {
        at + 1 == self.steps.len()
    }

    /// Bytes that a form adds to a step's request at most. A judge may yet have to answer itself.
    pub(super) fn form_bytes(&self, at: usize) -> u64 {
        if self.is_counted(at) {
            form::MARKED.len() as u64
        } else if self.is_answer(at) || self.is_chosen_from(at) {
            self.form_bytes
        } else {
            0
        }
    }

    /// Adds to a request what its answer must be.
    pub(super) fn add_form(&self, at: usize, request: &mut Request) {
        let form = self.form_of(at);
        let instruction = match form {
            Some(form) => form::instruction(form),
            None if self.is_counted(at) => form::MARKED.to_owned(),
            None => return,
        };
        if let Some(prompt) = request.turns.get_mut(request.prompt) {
            prompt.text.push_str(&instruction);
        }
        request.form = form.cloned();
    }

    /// A step's text is whole: it is over, unless the text has to be looked at first.
    pub(super) fn finish_text(&mut self, at: usize, outcome: StepOutcome) {
        let Some(form) = self.spec.form.clone().filter(|_| self.is_answer(at)) else {
            return self.finish_step(at, outcome);
        };
        let Some(step) = self.steps.get_mut(at) else { return };
        step.state = StepState::Checking;
        let (step, text) = (step.spec.step.clone(), step.text.clone());
        self.effects.push(Effect::Check { step, form, text });
    }

    /// What the driver says of the answer, or of a proposal for it.
    pub(super) fn checked(&mut self, step: &StepId, verdict: Verdict) {
        if self.checked_proposal(step, &verdict) {
            return;
        }
        let is_it = |s: &super::Step| s.spec.step == *step && s.state == StepState::Checking;
        let Some(at) = self.steps.iter().position(is_it) else { return };
        match verdict {
            Verdict::Fits { text, value } => {
                self.structured = Some(value);
                if let Some(step) = self.steps.get_mut(at) {
                    step.text = text;
                }
                self.finish_step(at, StepOutcome::Ok); // also where a limit ended it: nothing of it is missing
            }
            Verdict::Misfit { why } => {
                if let Err(fault) = self.ask_for_the_form(at, &why) {
                    self.fail_step(at, fault);
                }
            }
            Verdict::Unknown { why } => self.fail_step(at, misfit(&why)),
        }
    }

    /// Arranges that the model is asked again, or says why the run fails.
    fn ask_for_the_form(&mut self, at: usize, why: &str) -> Result<(), Fault> {
        let after_turns = self.turns_before(at);
        let Some(step) = self.steps.get_mut(at).filter(|step| step.repair.is_none()) else {
            return Err(misfit(why));
        };
        step.repair = Some(Repair { answer: step.text.clone(), why: why.to_owned(), after_turns });
        if matches!(step.asks, Asks::Undecided | Asks::Choice(_)) {
            step.asks = Asks::Question; // it took over a text; now it writes one
        }
        step.tries = 0;
        if let Some(why_not) = self.why_not_again(at) {
            let message =
                format!("the answer does not fit the schema: {why}; it was not asked for again: {why_not}");
            return Err(Fault::new(ErrorKind::SchemaNotMet, message).hint(LOOSEN));
        }
        self.tell_of_repair(at, format!("the answer does not fit the schema: {why}"));
        let until = self.now;
        if let Some(step) = self.steps.get_mut(at) {
            step.answered_by = None;
            step.state = StepState::Backoff { until };
        }
        Ok(())
    }

    /// A step's own attempt is repeated; in the place of the model whose text it took over, its own is asked.
    fn tell_of_repair(&mut self, at: usize, cause: String) {
        let Some(step) = self.steps.get(at) else { return };
        if let Some(from) = step.answered_by.clone() {
            let to = step.spec.models.get(step.model).map(|model| model.id.clone()).unwrap_or_default();
            return self.emit(FrameBody::AttemptFallback { from, to, cause, failure: None });
        }
        let Some(attempt) = step.written_by.clone() else { return };
        let number = self.numbered + 1;
        self.numbered = number;
        let next = AttemptId::of(&self.spec.run, number);
        if let Some(step) = self.steps.get_mut(at) {
            step.promised = Some(number);
        }
        let (after_ms, is_retry_after, failure) = (0, false, None);
        self.emit(FrameBody::AttemptRetried { attempt, next, after_ms, is_retry_after, cause, failure });
    }

    /// What stands in the way of the repair: time, the model's context, its price, the run's budget.
    fn why_not_again(&self, at: usize) -> Option<String> {
        if self.spec.limits.deadline.is_some_and(|deadline| self.now >= deadline) {
            return Some("the run's time is up".to_owned());
        }
        let hold = match self.prepare(at) {
            Ok(hold) => hold,
            Err(fault) => return Some(fault.message),
        };
        let (cost, left) = (hold.micro_rub, self.budget_left()?);
        let setting = &self.spec.limits.budget_setting;
        (cost > left).then(|| format!("this can cost up to {cost} RUB, and {left} RUB is left ({setting})"))
    }

    /// The fault of a step, told as what it means where it ended a repair. That the disk is full stays what it is.
    pub(super) fn fault_after_repair(&self, at: usize, fault: Fault) -> Fault {
        let repair = self.steps.get(at).and_then(|step| step.repair.as_ref());
        let is_told = matches!(fault.kind, ErrorKind::SchemaNotMet | ErrorKind::Storage);
        let Some(repair) = repair.filter(|_| !is_told) else { return fault };
        let (why, failed) = (&repair.why, &fault.message);
        let message = format!("the answer does not fit the schema: {why}; asking again failed: {failed}");
        Fault { hint: fault.hint, ..Fault::new(ErrorKind::SchemaNotMet, message) }
    }
}

const LOOSEN: &str = "plyrum transcript show last shows the answer; loosen the schema, or take another model";

fn misfit(why: &str) -> Fault {
    Fault::new(ErrorKind::SchemaNotMet, format!("the answer does not fit the schema: {why}")).hint(LOOSEN)
}
