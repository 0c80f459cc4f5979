//! Run and select: where the run has a check, what a judge would choose from is tried instead.
//!
//! Leave is got before anything is held or asked: the check shows what it will do, and who says no has paid nothing. What
//! may be tried is then tried in the order of rank, one at a time, and the first that passes is the answer, unmodified:
//! with an order there is nothing to learn from the others. Where none passes, a judge chooses as without a check, and
//! the run is marked. Without leave, or where nothing can be tried, the run goes on as without a check.
//!
//! The driver has the policies, the question to a person and the sandbox; here is what follows from what it says. To those who
//! watch, the check is one action of a step of its own.

use super::{Phase, Run};
use crate::effect::{CheckOrder, Effect};
use crate::input::{ToolEvent, ToolResult, Tried};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{CallId, FrameBody, StepId, StepKind, StepOutcome, Timestamp, ToolOutcome};
use serde::{Deserialize, Serialize};

/// The name that the check has among actions. Models are offered nothing of this name.
const TOOL: &str = "check";
/// Bytes of a command's output that a frame keeps.
const MAX_OUTPUT: usize = 4 * 1024;

/// Why nothing more is tried where a person wants what is there.
const HURRIED: &str = "not carried out: what is there was wanted now";

/// The check of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    call: CallId,
    /// Its own step.
    step: StepId,
    began: Timestamp,
    state: State,
    /// Steps that were tried and do not pass.
    failed: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// The driver is getting leave.
    Asking,
    /// It may run.
    Permitted,
    /// It runs on the proposal of this step.
    Trying(usize),
    /// The proposal of this step passes.
    Passed(usize),
    /// It ran, and none passes.
    NonePassed,
    /// Nothing is tried, or nothing more.
    Over,
}

/// What the check says of the proposals that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trying {
    /// That is being found out.
    GoesOn,
    /// This one is the answer.
    Passed(usize),
    /// None is.
    NonePassed,
    /// Nothing: it is as without a check.
    Nothing,
}

impl Run {
    /// Asks for leave, where the run has a check and a step that selects.
    pub(super) fn begin_trial(&mut self) {
        let Some(last) = self.steps.last() else { return };
        if self.spec.check.is_none() || last.spec.kind != StepKind::Select {
            return;
        }
        let (role, began) = (last.spec.role, self.now);
        let name = format!("{}.check", last.spec.step);
        let step = StepId::new(name).unwrap_or_else(|_| last.spec.step.clone());
        let call = self.acting.next_id(&self.spec.run);
        self.emit(FrameBody::StepStarted { step: step.clone(), kind: StepKind::Tool, role });
        self.trial = Some(Trial { call, step, began, state: State::Asking, failed: Vec::new() });
        self.ask_for_leave();
    }

    /// Gives the check to the driver, also after another daemon has taken the run up.
    pub(super) fn ask_for_leave(&mut self) {
        let Some(trial) = self.trial.as_ref().filter(|trial| trial.state == State::Asking) else { return };
        let Some(check) = self.spec.check.clone() else { return };
        let proposals = self.steps.last().map_or(0, |last| last.sources.len());
        let proposals = u32::try_from(proposals).unwrap_or(u32::MAX);
        self.effects.push(Effect::Permit(CheckOrder { call: trial.call.clone(), check, proposals }));
    }

    /// Whether nothing may begin yet.
    pub(super) fn waits_for_leave(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.state == State::Asking)
    }

    /// Whether the driver has something to do for the check.
    fn is_trial_busy(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| matches!(trial.state, State::Asking | State::Trying(_)))
    }

    /// Whether a call is the check.
    pub(super) fn is_trial(&self, call: &CallId) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.call == *call)
    }

    /// What happened to the check before it runs.
    pub(super) fn trial_event(&mut self, event: ToolEvent) {
        let is_told = |state| matches!(state, State::Passed(_) | State::NonePassed | State::Over);
        let Some(trial) = self.trial.as_mut().filter(|trial| !is_told(trial.state)) else { return };
        let (call, step) = (trial.call.clone(), trial.step.clone());
        match event {
            ToolEvent::Proposed { action, sha256 } => {
                let (tool, said) = (TOOL.to_owned(), String::new());
                self.emit(FrameBody::ToolProposed { call, step, tool, action, sha256, said });
            }
            ToolEvent::Ask => {
                let checkpoint = self.checkpoint();
                self.effects.push(Effect::Ask { call, checkpoint });
            }
            ToolEvent::Permitted if trial.state == State::Asking => trial.state = State::Permitted,
            ToolEvent::Finished(result) => self.end_trial(result),
            ToolEvent::Ends { fault, result } => {
                self.end_trial(result);
                self.end_with(fault);
            }
            ToolEvent::Permitted | ToolEvent::Misfit { .. } | ToolEvent::Output { .. } => {}
            other => self.tell_question(&call, other),
        }
    }

    /// Tries the proposals that the answer is selected from, as far as that is needed.
    pub(super) fn try_proposals(&mut self, at: usize, members: &[usize]) -> Trying {
        let Some(trial) = self.trial.as_ref().filter(|_| at + 1 == self.steps.len()) else {
            return Trying::Nothing;
        };
        match trial.state {
            State::Permitted if self.hurried => {
                self.end_trial(told(ToolOutcome::Stopped, None, HURRIED.to_owned()));
                return Trying::Nothing;
            }
            State::Permitted => {}
            State::Asking | State::Trying(_) => return Trying::GoesOn,
            State::Passed(member) => return Trying::Passed(member),
            State::NonePassed => return Trying::NonePassed,
            State::Over => return Trying::Nothing,
        }
        let there = self.texts_of(members);
        if there.is_empty() {
            return Trying::Nothing;
        }
        let text_of = |at: &usize| self.steps.get(*at).map(|step| step.text.as_str());
        let fails = |text: &str| trial.failed.iter().any(|failed| text_of(failed) == Some(text));
        let next = there.into_iter().find(|(_, text)| !fails(text));
        let next = next.map(|(member, text)| (member, text.to_owned()));
        let Some((member, text)) = next else {
            self.set_trial(State::NonePassed);
            self.end_trial(told(ToolOutcome::Failed, None, "no proposal passes the check".to_owned()));
            return Trying::NonePassed;
        };
        self.set_trial(State::Trying(member));
        let step = self.steps.get(member).map(|step| step.spec.step.clone());
        let call = self.trial.as_ref().map(|trial| trial.call.clone());
        if let (Some(call), Some(step)) = (call, step) {
            self.effects.push(Effect::Try { call, step, text });
        }
        Trying::GoesOn
    }

    /// What the check said of a proposal.
    pub(super) fn tried(&mut self, step: &StepId, tried: Tried) {
        let Some(trial) = self.trial.as_mut() else { return };
        let State::Trying(member) = trial.state else { return };
        if self.steps.get(member).is_none_or(|tried| tried.spec.step != *step) {
            return;
        }
        let (passed, exit, why, ms, output) = match tried {
            Tried::Passed { ms, output } => (true, Some(0), None, ms, output),
            Tried::Failed { exit, why, ms, output } => (false, exit, why, ms, output),
            Tried::NotRun { why } => {
                return self.end_trial(told(ToolOutcome::Failed, None, why));
            }
        };
        if passed {
            trial.state = State::Passed(member);
        } else {
            trial.state = State::Permitted;
            trial.failed.push(member);
        }
        let output = end_of(&output).to_owned();
        self.emit(FrameBody::ProposalChecked { step: step.clone(), passed, exit, why, ms, output });
        if passed {
            self.end_trial(told(ToolOutcome::Ok, Some(0), format!("{step} passes the check")));
        } else if self.ending.is_some() {
            self.stop_trial();
        }
    }

    /// A person wants what is there: what runs is ended, and nothing more is tried.
    pub(super) fn hurry_trial(&mut self) {
        let Some(trial) = self.trial.as_ref().filter(|trial| matches!(trial.state, State::Trying(_))) else {
            return;
        };
        let call = trial.call.clone();
        self.effects.push(Effect::StopTool { call });
    }

    fn set_trial(&mut self, state: State) {
        if let Some(trial) = &mut self.trial {
            trial.state = state;
        }
    }

    /// Tells the end of the check, once. What it has found stays.
    fn end_trial(&mut self, result: ToolResult) {
        let Some(trial) = &mut self.trial else { return };
        let (call, step) = (trial.call.clone(), trial.step.clone());
        let ms = self.now.millis_since(trial.began);
        if !matches!(trial.state, State::Passed(_) | State::NonePassed) {
            trial.state = State::Over;
        }
        let ToolResult { outcome, exit, bytes, changed_files, mut text, .. } = result;
        super::act::shorten(&mut text);
        self.emit(FrameBody::ToolFinished { call, outcome, exit, ms, bytes, changed_files, text });
        let outcome = if outcome == ToolOutcome::Ok { StepOutcome::Ok } else { StepOutcome::Failed };
        self.emit(FrameBody::StepFinished { step, outcome, cost_micro_rub: MicroRub::ZERO, unpriced: 0, ms });
    }

    /// The run ends, or the answer is there without it: what runs is ended and waited for. True where nothing is left of
    /// the check.
    pub(super) fn stop_trial(&mut self) -> bool {
        let Some(trial) = &self.trial else { return true };
        match trial.state {
            State::Asking | State::Trying(_) => {
                let call = trial.call.clone();
                self.effects.push(Effect::StopTool { call });
            }
            State::Permitted => {
                let ends = self.ending.is_some();
                let why = if ends { "the run ends" } else { "no proposal came to be tried" };
                self.end_trial(told(ToolOutcome::Stopped, None, format!("not carried out: {why}")));
            }
            State::Passed(_) | State::NonePassed | State::Over => {}
        }
        !self.is_trial_busy()
    }

    /// Before the run is closed. False while the driver has something to do.
    pub(super) fn is_trial_over(&mut self) -> bool {
        if self.phase != Phase::Running || self.is_trial_busy() {
            return false;
        }
        self.stop_trial()
    }
}

fn told(outcome: ToolOutcome, exit: Option<i32>, text: String) -> ToolResult {
    ToolResult { outcome, exit, ms: 0, bytes: 0, changed_files: Vec::new(), text }
}

/// The end of an output says what went wrong.
fn end_of(output: &str) -> &str {
    let from = output.ceil_char_boundary(output.len().saturating_sub(MAX_OUTPUT));
    output.get(from..).unwrap_or_default()
}
