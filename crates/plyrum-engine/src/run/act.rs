//! Tool turns: the model of the lead step calls tools, each call is carried out in order, and the model is asked
//! again with what came of them.
//!
//! The lead is the step that writes the answer; proposers advise and never act. A turn is a step of its own for
//! those who watch. What a call may do is not decided here: the driver asks the policies, and a person where they
//! say so. Bounds on a model that runs in circles are here: turns, calls of a turn, and the same call again.

use super::Run;
use super::attempt::Attempt;
use super::combine::Asks;
use super::fit::Repair;
use super::step::StepState;
use crate::compose::Size;
use crate::effect::{Effect, ModelCall, Request, Speaker, Thought, ToolCall, Turn};
use crate::input::{ToolEvent, ToolResult};
use crate::spec::ToolOffer;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{
    ApprovalVerdict, AttemptId, CallId, ErrorKind, Fault, FrameBody, RunId, StepId, StepKind, StepOutcome,
    Timestamp, ToolOutcome,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Bytes of thoughts that are kept of an answer.
const MAX_THOUGHTS: usize = 1024 * 1024;
/// Calls of one turn; more are not carried out.
const MAX_CALLS: usize = 32;
/// The same call so often without a change in between is refused.
const SAME_CALLS: usize = 3;
/// Bytes of what a model said before a call that are kept in the transcript.
const MAX_SAID: usize = 16 * 1024;
/// Bytes of a refused tool's name that are told.
const MAX_NAME: usize = 64;
/// Bytes of one call's result that a model is told.
const MAX_TOLD: usize = 64 * 1024;

/// What the lead has done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Acting {
    turns: Vec<ToolTurn>,
    /// Number of the last call.
    called: u32,
    /// The last call did not fit its tool.
    misfit: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToolTurn {
    /// Its own step.
    step: StepId,
    /// Place of the lead.
    lead: usize,
    said: String,
    /// What the model thought before its calls.
    #[serde(default)]
    thoughts: Vec<Thought>,
    calls: Vec<Acted>,
    started_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Acted {
    call: ModelCall,
    id: CallId,
    /// Whether the driver has it.
    given: bool,
    /// What the model is told; none while it is not over.
    told: Option<String>,
    /// Whether it changed a file.
    changed: bool,
    output_bytes: u64,
}

impl ToolTurn {
    /// What the model is told of it: its own words with the calls, then what came of each.
    fn told(&self) -> Vec<Turn> {
        let calls = self.calls.iter().map(|acted| acted.call.clone()).collect();
        let thoughts = self.thoughts.clone();
        let said = Turn { calls, thoughts, ..Turn::said(Speaker::Assistant, self.said.clone()) };
        let told = self.calls.iter().map(|acted| Turn {
            answers: Some(acted.call.id.clone()),
            ..Turn::said(Speaker::Tool, acted.told.clone().unwrap_or_default())
        });
        std::iter::once(said).chain(told).collect()
    }
}

impl Run {
    /// The place of the step that may act, if tools are offered at all.
    fn lead(&self) -> Option<usize> {
        self.spec.tools.as_ref()?;
        let at = self.steps.len().checked_sub(1)?;
        let step = self.steps.get(at)?;
        let writes = matches!(step.spec.kind, StepKind::Answer | StepKind::Aggregate);
        (writes && !matches!(step.asks, Asks::Choice(_))).then_some(at)
    }

    /// What the model of a step is offered.
    pub(super) fn offered(&self, at: usize) -> Arc<[ToolOffer]> {
        let can = self.steps.get(at).and_then(|s| s.spec.models.get(s.model)).is_some_and(|m| m.tools);
        match &self.spec.tools {
            Some(tools) if can && self.lead() == Some(at) => Arc::clone(&tools.offered),
            _ => Arc::default(),
        }
    }

    /// What tools add to a step's request.
    pub(super) fn acting_size(&self, at: usize) -> Size {
        let mut size =
            Size { bytes: self.offered(at).iter().map(ToolOffer::bytes).sum(), turns: 0, pictures: 0 };
        for turn in self.turns_of(at) {
            size.bytes += turn.bytes();
            size.turns += 1;
        }
        size
    }

    /// Adds to a request what may be called and what was.
    pub(super) fn add_tools(&self, at: usize, request: &mut Request) {
        request.tools = self.offered(at);
        request.turns.extend(self.turns_of(at));
    }

    /// The turns of a lead's tools, and the answer among them that it was asked to repair.
    fn turns_of(&self, at: usize) -> impl Iterator<Item = Turn> {
        let repair = self.steps.get(at).and_then(|step| step.repair.as_ref());
        let before = repair.map_or(usize::MAX, |repair| repair.after_turns);
        let mine = move || self.acting.turns.iter().filter(move |turn| turn.lead == at);
        let said_before = mine().take(before).flat_map(ToolTurn::told);
        let repaired = repair.into_iter().flat_map(Repair::turns);
        said_before.chain(repaired).chain(mine().skip(before).flat_map(ToolTurn::told))
    }

    /// How many turns of tools a lead had.
    pub(super) fn turns_before(&self, at: usize) -> usize {
        self.acting.turns.iter().filter(|turn| turn.lead == at).count()
    }

    /// Something goes back with the attempt's calls. What is over the bound is left out whole: a part of a thought is none.
    pub(super) fn thought(&mut self, id: &AttemptId, thought: Thought) {
        let Some(at) = self.live(id) else { return };
        self.note_shown(at);
        let Some(attempt) = self.attempts.get_mut(at) else { return };
        let kept: usize = attempt.thoughts.iter().map(|thought| thought.json.len()).sum();
        if kept + thought.json.len() <= MAX_THOUGHTS {
            attempt.thoughts.push(thought);
        }
    }

    /// The model calls a tool. One that was offered none is refused.
    pub(super) fn called(&mut self, id: &AttemptId, call: ModelCall) {
        let Some(at) = self.live(id) else { return };
        self.note_shown(at);
        let Some(step) = self.attempts.get(at).map(|a| a.step) else { return };
        if self.offered(step).is_empty() {
            return self.refuse_call(at, step, call.name);
        }
        if let Some(attempt) = self.attempts.get_mut(at) {
            attempt.calls.push(call);
        }
    }

    /// Tells of a call that nobody has offered, once for an attempt: a stream may be full of them.
    fn refuse_call(&mut self, at: usize, step: usize, mut tool: String) {
        let Some(step) = self.steps.get(step).map(|s| s.spec.step.clone()) else { return };
        let Some(attempt) = self.attempts.get_mut(at).filter(|a| !a.overstepped) else { return };
        attempt.overstepped = true;
        let attempt = attempt.hold.attempt.clone();
        tool.truncate(tool.floor_char_boundary(MAX_NAME));
        self.emit(FrameBody::ToolRefused { step, attempt, tool });
    }

    /// Whether an attempt that was to write one answer of proposals called for tools that it does not have: then it waits
    /// for what they show, or does what a proposal told it, and its text is no answer.
    pub(super) fn oversteps(&self, attempt: usize, step: usize) -> bool {
        let writes = self.steps.get(step).is_some_and(|s| matches!(s.asks, Asks::Synthesis(_)));
        writes && self.attempts.get(attempt).is_some_and(|a| a.overstepped)
    }

    /// The answer of an attempt calls tools: a turn begins. False where it calls none.
    pub(super) fn begin_turn(&mut self, attempt: usize, step_at: usize) -> bool {
        let taken = |a: &mut Attempt| (std::mem::take(&mut a.calls), std::mem::take(&mut a.thoughts));
        let (calls, thoughts) = self.attempts.get_mut(attempt).map(taken).unwrap_or_default();
        let Some(most) = self.spec.tools.as_ref().map(|t| t.max_turns).filter(|_| !calls.is_empty()) else {
            return false;
        };
        if self.acting.turns.len() >= most as usize {
            let message = format!("the model called tools in {most} turns and wants to go on");
            let fault = Fault::new(ErrorKind::TurnLimit, message)
                .hint("raise --max-turns, or continue the session with a smaller request");
            self.end_with(fault);
            self.cancel_step(step_at, self.ending_reason());
            return true;
        }
        let now = self.now;
        let Some(step) = self.steps.get_mut(step_at) else { return false };
        step.state = StepState::Acting;
        let said = step.text.clone();
        let role = step.spec.role;
        let number = self.acting.turns.len() + 1;
        let name = format!("{}.tools-{number}", step.spec.step);
        let step = StepId::new(name).unwrap_or_else(|_| step.spec.step.clone());
        let calls = calls.into_iter().map(|call| self.acting.acted(&self.spec.run, call)).collect();
        let turn = ToolTurn { step: step.clone(), lead: step_at, said, thoughts, calls, started_at: now };
        self.acting.turns.push(turn);
        self.emit(FrameBody::StepStarted { step, kind: StepKind::Tool, role });
        self.next_call();
        true
    }

    /// Gives the next call to the driver, or ends the turn.
    fn next_call(&mut self) {
        let Some(turn) = self.acting.turns.last() else { return };
        let Some(place) = turn.calls.iter().position(|acted| acted.told.is_none()) else {
            return self.end_turn(StepOutcome::Ok);
        };
        let Some(acted) = turn.calls.get(place) else { return };
        let id = acted.id.clone();
        if place >= MAX_CALLS {
            return self.refuse(&id, &format!("not carried out: a turn may have {MAX_CALLS} calls"));
        }
        let before = self.acting.same_since_a_change(&acted.call);
        if before >= SAME_CALLS {
            let message =
                format!("the model calls `{}` again and again with the same arguments", acted.call.name);
            let fault =
                Fault::new(ErrorKind::Failed, message).hint("ask in another way, or take another model");
            return self.stop_acting(&id, fault, invalid("the run ends: the same call again and again"));
        }
        if before + 1 >= SAME_CALLS {
            let text = "not carried out: this is the third time that you make exactly this call with nothing \
                        changed in between; its result would be the same. Do something else, or answer.";
            return self.refuse(&id, text);
        }
        let order =
            ToolCall { call: id, name: acted.call.name.clone(), arguments: acted.call.arguments.clone() };
        self.mark_given(place);
        self.effects.push(Effect::Act(order));
    }

    fn mark_given(&mut self, place: usize) {
        if let Some(acted) = self.acting.turns.last_mut().and_then(|turn| turn.calls.get_mut(place)) {
            acted.given = true;
        }
    }

    /// Answers a call without the driver.
    fn refuse(&mut self, id: &CallId, text: &str) {
        self.tell(id, invalid(text));
        self.next_call();
    }

    /// What happened to a call that the driver has.
    pub(super) fn tool(&mut self, id: &CallId, event: ToolEvent) {
        if self.is_trial(id) {
            return self.trial_event(event);
        }
        if !self.acting.is_going_on(id) {
            return;
        }
        match event {
            ToolEvent::Proposed { action, sha256 } => {
                let said = self.acting.said_before(id);
                let Some((step, tool)) = self.acting.place_of(id) else { return };
                self.emit(FrameBody::ToolProposed { call: id.clone(), step, tool, action, sha256, said });
            }
            ToolEvent::Ask => {
                let checkpoint = self.checkpoint();
                self.effects.push(Effect::Ask { call: id.clone(), checkpoint });
            }
            ToolEvent::Output { text } => {
                let offset = self.acting.count_output(id, text.len() as u64);
                self.emit(FrameBody::ToolOutput { call: id.clone(), offset, text });
            }
            ToolEvent::Finished(result) => {
                self.acting.misfit = false;
                self.tell(id, result);
                self.go_on();
            }
            ToolEvent::Misfit { why } if self.acting.misfit => {
                let fault =
                    Fault::new(ErrorKind::Failed, format!("the model does not manage to call a tool: {why}"))
                        .hint("take another model: plyrum models list");
                self.stop_acting(id, fault, invalid(&why));
            }
            ToolEvent::Misfit { why } => {
                self.acting.misfit = true;
                self.tell(id, invalid(&why));
                self.go_on();
            }
            ToolEvent::Ends { fault, result } => self.stop_acting(id, fault, result),
            ToolEvent::Permitted => {} // said of a check alone
            other => self.tell_question(id, other),
        }
    }

    /// How an action came to be allowed, and that it begins.
    pub(super) fn tell_question(&mut self, id: &CallId, event: ToolEvent) {
        match event {
            ToolEvent::Asked { approval, deadline, ruling, rule } => {
                self.emit(FrameBody::ApprovalRequested {
                    approval,
                    call: id.clone(),
                    deadline,
                    default: ApprovalVerdict::Denied,
                    ruling,
                    verdict_if_rule: rule,
                });
            }
            ToolEvent::Parked { approval, resume } => self.emit(FrameBody::RunParked { approval, resume }),
            ToolEvent::Resolved { approval, verdict, by, scope, rule, reason } => {
                self.emit(FrameBody::ApprovalResolved {
                    approval,
                    call: id.clone(),
                    verdict,
                    by,
                    scope,
                    rule,
                    reason,
                });
            }
            ToolEvent::Started { ruling, approval, sandbox } => {
                self.emit(FrameBody::ToolStarted { call: id.clone(), ruling, approval, sandbox });
            }
            _ => {}
        }
    }

    fn go_on(&mut self) {
        if self.ending.is_some() {
            self.end_turn(StepOutcome::Cut);
        } else {
            self.next_call();
        }
    }

    /// The run ends with this call.
    fn stop_acting(&mut self, id: &CallId, fault: Fault, result: ToolResult) {
        self.tell(id, result);
        self.end_with(fault);
        self.end_turn(StepOutcome::Failed);
    }

    /// A call is over.
    fn tell(&mut self, id: &CallId, mut result: ToolResult) {
        shorten(&mut result.text);
        let Some(acted) = self.acting.find(id).filter(|acted| acted.told.is_none()) else { return };
        acted.told = Some(result.text.clone());
        acted.changed = !result.changed_files.is_empty();
        self.emit(FrameBody::ToolFinished {
            call: id.clone(),
            outcome: result.outcome,
            exit: result.exit,
            ms: result.ms,
            bytes: result.bytes,
            changed_files: result.changed_files,
            text: result.text,
        });
    }

    /// All calls of the turn are over, or the run ends.
    fn end_turn(&mut self, outcome: StepOutcome) {
        let Some(turn) = self.acting.turns.last() else { return };
        let (step, lead, ms) = (turn.step.clone(), turn.lead, self.now.millis_since(turn.started_at));
        self.emit(FrameBody::StepFinished { step, outcome, cost_micro_rub: MicroRub::ZERO, unpriced: 0, ms });
        if self.ending.is_some() {
            return self.cancel_step(lead, self.ending_reason());
        }
        if let Some(step) = self.steps.get_mut(lead) {
            step.state = StepState::Waiting;
            step.tries = 0;
            step.attempts = 0; // a turn is no repeat
        }
    }

    /// The run ends: the action that goes on is ended, and waited for.
    pub(super) fn stop_tools(&mut self) {
        let acted =
            self.acting.turns.last().and_then(|turn| turn.calls.iter().find(|acted| acted.is_going_on()));
        if let Some(call) = acted.map(|acted| acted.id.clone()) {
            self.effects.push(Effect::StopTool { call });
        }
    }

    /// The call that goes on, for a run that was taken up again.
    pub(super) fn act_again(&mut self) {
        let acted =
            self.acting.turns.last().and_then(|turn| turn.calls.iter().find(|acted| acted.is_going_on()));
        let Some(acted) = acted else { return };
        let order = ToolCall {
            call: acted.id.clone(),
            name: acted.call.name.clone(),
            arguments: acted.call.arguments.clone(),
        };
        self.effects.push(Effect::Act(order));
    }
}

impl Acting {
    fn acted(&mut self, run: &RunId, call: ModelCall) -> Acted {
        let id = self.next_id(run);
        Acted { call, id, given: false, told: None, changed: false, output_bytes: 0 }
    }

    /// The id of the run's next call.
    pub(super) fn next_id(&mut self, run: &RunId) -> CallId {
        self.called += 1;
        CallId::of(run, self.called)
    }

    fn find(&mut self, id: &CallId) -> Option<&mut Acted> {
        self.turns.last_mut()?.calls.iter_mut().find(|acted| acted.id == *id)
    }

    fn is_going_on(&self, id: &CallId) -> bool {
        self.turns
            .last()
            .is_some_and(|turn| turn.calls.iter().any(|acted| acted.id == *id && acted.is_going_on()))
    }

    /// The turn's step and the tool of a call.
    fn place_of(&self, id: &CallId) -> Option<(StepId, String)> {
        let turn = self.turns.last()?;
        let acted = turn.calls.iter().find(|acted| acted.id == *id)?;
        Some((turn.step.clone(), acted.call.name.clone()))
    }

    /// What the model said before the turn's first call; nothing with the others.
    fn said_before(&self, id: &CallId) -> String {
        let Some(turn) = self.turns.last() else { return String::new() };
        if turn.calls.first().is_none_or(|acted| acted.id != *id) {
            return String::new();
        }
        let mut said = turn.said.clone();
        said.truncate(said.floor_char_boundary(MAX_SAID));
        said
    }

    fn count_output(&mut self, id: &CallId, bytes: u64) -> u64 {
        let Some(acted) = self.find(id) else { return 0 };
        let offset = acted.output_bytes;
        acted.output_bytes += bytes;
        offset
    }

    /// How often this call was made since a call last changed a file.
    fn same_since_a_change(&self, call: &ModelCall) -> usize {
        let over = self.turns.iter().flat_map(|turn| &turn.calls).filter(|acted| acted.told.is_some());
        let since: Vec<&Acted> = over.collect();
        let from = since.iter().rposition(|acted| acted.changed).map_or(0, |at| at + 1);
        let same = |acted: &&&Acted| acted.call.name == call.name && acted.call.arguments == call.arguments;
        since.iter().skip(from).filter(same).count()
    }
}

impl Acted {
    fn is_going_on(&self) -> bool {
        self.given && self.told.is_none()
    }
}

impl Attempt {
    /// Whether it calls tools.
    pub(super) fn calls_tools(&self) -> bool {
        !self.calls.is_empty()
    }
}

fn invalid(text: &str) -> ToolResult {
    ToolResult {
        outcome: ToolOutcome::Invalid,
        exit: None,
        ms: 0,
        bytes: 0,
        changed_files: Vec::new(),
        text: text.to_owned(),
    }
}

/// Keeps both ends of a long text.
pub(super) fn shorten(text: &mut String) {
    if text.len() <= MAX_TOLD {
        return;
    }
    let head = text.floor_char_boundary(MAX_TOLD / 2);
    let tail = text.ceil_char_boundary(text.len() - MAX_TOLD / 2);
    let note = format!("\n[… {} bytes left out …]\n", tail - head);
    text.replace_range(head..tail, &note);
}
