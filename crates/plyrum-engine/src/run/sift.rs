//! What a judge may choose from: where some proposals are what was asked for, only those.
//!
//! A judge picks one unmodified, so what it picks has to be usable as it is. Under a schema the driver says which proposals
//! fit, as it does of an answer; a command, a JSON text or a diff is looked at here (`shape.rs`). One that is not what it
//! claims to be is left out and named as long as another is; where none is, all are shown, and a person sees what came.

use super::Run;
use crate::effect::Effect;
use crate::input::Verdict;
use crate::shape::{Asked, fault_of};
use crate::spec::AnswerForm;
use plyrum_protocol::{FrameBody, Intent, OutputKind, StepId, StepKind};
use serde::{Deserialize, Serialize};

/// Whether a proposal is what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fit {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// The driver is asked.
    Asked,
    /// It is.
    Fits,
    /// It is not, for this reason.
    Misfit(String),
    /// It is not, and another one is: it is no proposal any more.
    LeftOut,
}

impl Run {
    /// Looks at the proposals that a step chooses from. True while that is not over.
    pub(super) fn is_sifting(&mut self, at: usize, members: &[usize]) -> bool {
        let chooses = self.steps.get(at).is_some_and(|step| step.spec.kind == StepKind::Select);
        let there: Vec<usize> = self.texts_of(members).into_iter().map(|(member, _)| member).collect();
        if !chooses || there.len() < 2 {
            return false;
        }
        for member in there.iter().copied() {
            self.look_at(at, member);
        }
        if there.iter().any(|member| self.fit(*member) == Some(&Fit::Asked)) {
            return true;
        }
        self.leave_out_misfits(&there);
        false
    }

    /// Whether something of a panel was left out.
    pub(super) fn is_sifted(&self, members: &[usize]) -> bool {
        members.iter().any(|member| self.fit(*member) == Some(&Fit::LeftOut))
    }

    /// Whether the answer is chosen, unmodified, among proposals of which this is one.
    pub(super) fn is_chosen_from(&self, at: usize) -> bool {
        let proposes = self.steps.get(at).is_some_and(|step| step.spec.kind == StepKind::Propose);
        let chooses = |step: &super::Step| step.spec.kind == StepKind::Select && step.sources.contains(&at);
        proposes && self.steps.last().is_some_and(chooses)
    }

    fn fit(&self, member: usize) -> Option<&Fit> {
        self.steps.get(member).map(|step| &step.fit)
    }

    fn look_at(&mut self, at: usize, member: usize) {
        if self.fit(member) != Some(&Fit::Unknown) {
            return;
        }
        let form = self.spec.form.clone().filter(|_| at + 1 == self.steps.len());
        match form {
            Some(form) => self.ask_whether_it_fits(member, form),
            None if self.spec.decision.output_kind == OutputKind::Structured => {
                self.look_at_its_shape(member);
            }
            None => {}
        }
    }

    fn ask_whether_it_fits(&mut self, member: usize, form: AnswerForm) {
        let Some(step) = self.steps.get_mut(member) else { return };
        step.fit = Fit::Asked;
        let (step, text) = (step.spec.step.clone(), step.text.clone());
        self.effects.push(Effect::Check { step, form, text });
    }

    fn look_at_its_shape(&mut self, member: usize) {
        let asked =
            if self.spec.decision.intent == Intent::Shell { Asked::Command } else { Asked::Structure };
        let files = &self.spec.conversation.attachments;
        let Some(step) = self.steps.get_mut(member) else { return };
        step.fit = match fault_of(&step.text, asked, files) {
            Some(why) => Fit::Misfit(why),
            None => Fit::Fits,
        };
    }

    /// What the driver says of a proposal. False where none was asked for.
    pub(super) fn checked_proposal(&mut self, step: &StepId, verdict: &Verdict) -> bool {
        let is_it = |s: &&mut super::Step| s.spec.step == *step && s.fit == Fit::Asked;
        let Some(step) = self.steps.iter_mut().find(is_it) else { return false };
        step.fit = match verdict {
            Verdict::Fits { .. } => Fit::Fits,
            Verdict::Misfit { why } | Verdict::Unknown { why } => Fit::Misfit(why.clone()),
        };
        true
    }

    fn leave_out_misfits(&mut self, there: &[usize]) {
        if !there.iter().any(|member| self.fit(*member) == Some(&Fit::Fits)) {
            return;
        }
        for member in there.iter().copied() {
            let Some(step) = self.steps.get_mut(member) else { continue };
            let Fit::Misfit(why) = &step.fit else { continue };
            let body = FrameBody::ProposalUnfit { step: step.spec.step.clone(), why: why.clone() };
            step.fit = Fit::LeftOut;
            self.emit(body);
        }
    }
}
