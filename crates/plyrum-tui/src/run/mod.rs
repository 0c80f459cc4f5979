//! One run as its frames tell it: the plan's steps, what they said, what was done, what it cost. Pure: frames go in, in the
//! order in which they come, and the state is what a person should see now.
//!
//! Money is never added up here. A figure is one that a frame carries: what is held, what a step cost when it was settled,
//! what the run cost when it ended.

mod notice;
mod step;
mod tool;

pub use notice::Notice;
pub use step::{Phase, Step};
pub use tool::{Tool, ToolPhase};

use plyrum_billing_client::MicroRub;
use plyrum_client::{Follower, FrameLine};
use plyrum_protocol::{
    AttemptId, Channel, Fault, Frame, FrameBody, PictureMark, PlannedStep, RunId, RunResult, RunStatus,
    SessionId, StepId, StepKind, Timestamp,
};

/// Most bytes of an answer that are kept; the daemon itself bounds answers below this.
const MAX_ANSWER: usize = 1 << 20;
/// Most notices of a run.
const MAX_NOTICES: usize = 64;

/// The model that carries out what is typed after `!`, by its catalogue id.
pub const SHELL_MODEL: &str = "offline/shell";

/// What is to be done after a frame was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Something changed that is to be seen.
    Changed,
    /// Nothing new.
    Nothing,
    /// Something is missing: attach again behind this durable frame.
    Reattach {
        /// The last durable frame that was taken.
        after_seq: u64,
    },
}

/// What was said and done, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// What a model said before it acted.
    Said(String),
    /// An action, by its place in [`Run::tools`].
    Tool(usize),
    /// A notice, by its place in [`Run::notices`].
    Notice(usize),
}

/// Why proposals were not waited for any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// Proposals that were there.
    pub have: u32,
    /// Proposals that were planned.
    pub of: u32,
    /// `quorum`, `agreement` or `finish_now`.
    pub reason: String,
}

/// A run as far as it came.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Its session, once the daemon has taken it.
    pub session: Option<SessionId>,
    /// Its persona.
    pub persona: String,
    /// Pictures that came with its prompt.
    pub pictures: Vec<PictureMark>,
    /// The client that asked.
    pub client: String,
    /// The plan's name; empty until it stands.
    pub plan: String,
    /// Why this plan.
    pub reasons: Vec<String>,
    /// Least and most that it can cost.
    pub price: Option<(MicroRub, MicroRub)>,
    /// What is reserved by the last hold.
    pub held: MicroRub,
    /// The plan's steps, and those that followed from them.
    pub steps: Vec<Step>,
    /// Actions, in the order in which they were wanted.
    pub tools: Vec<Tool>,
    /// What should be known.
    pub notices: Vec<Notice>,
    /// What was said and done before the answer.
    pub items: Vec<Item>,
    /// The answer as far as it came.
    pub answer: String,
    /// Counts up whenever the answer begins anew instead of growing.
    pub answer_epoch: u32,
    /// A model's reasoning before its answer.
    pub reasoning: String,
    /// The step whose text stands for the answer until there is one.
    pub provisional: Option<StepId>,
    /// Why proposals were not waited for any longer.
    pub quorum: Option<Quorum>,
    /// When it was accepted.
    pub started_at: Option<Timestamp>,
    /// It waits for an answer from any client.
    pub parked: bool,
    /// How it ended; its answer is in [`Run::answer`].
    pub result: Option<Box<RunResult>>,
    /// Why nothing more is heard of it: the daemon knows no such run any more.
    pub lost: Option<Box<Fault>>,
    /// Whether somebody asked for its end.
    pub is_ending: bool,
    follower: Follower,
}

impl Run {
    /// A run of which nothing is known yet.
    #[must_use]
    pub fn new(id: RunId) -> Self {
        Self {
            follower: Follower::new(id.clone()),
            id,
            session: None,
            persona: String::new(),
            pictures: Vec::new(),
            client: String::new(),
            plan: String::new(),
            reasons: Vec::new(),
            price: None,
            held: MicroRub::ZERO,
            steps: Vec::new(),
            tools: Vec::new(),
            notices: Vec::new(),
            items: Vec::new(),
            answer: String::new(),
            answer_epoch: 0,
            reasoning: String::new(),
            provisional: None,
            quorum: None,
            started_at: None,
            parked: false,
            result: None,
            lost: None,
            is_ending: false,
        }
    }

    /// The last durable frame that was taken: where to attach again.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.follower.last_seq()
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.result.is_none() && self.lost.is_none()
    }

    /// Nothing more is heard of it. What was heard stays.
    pub(crate) fn is_lost(&mut self, fault: Fault) {
        for tool in &mut self.tools {
            tool.run_ended();
        }
        self.lost = Some(Box::new(fault));
    }

    /// Whether several models take part.
    #[must_use]
    pub fn is_mixture(&self) -> bool {
        self.steps.iter().filter(|step| step.kind == StepKind::Propose).count() > 1
    }

    /// Whether it carries out a command that its user typed, without a model.
    #[must_use]
    pub fn is_typed_command(&self) -> bool {
        self.steps.first().is_some_and(|step| step.model == SHELL_MODEL)
    }

    /// The step that an attempt belongs to.
    #[must_use]
    pub fn step_of(&self, attempt: &AttemptId) -> Option<&Step> {
        self.steps.iter().find(|step| step.attempt.as_ref() == Some(attempt))
    }

    /// What stands where the answer will be: the answer, or the text that stands for it.
    #[must_use]
    pub fn shown(&self) -> &str {
        match (&self.provisional, self.answer.is_empty()) {
            (Some(step), true) => {
                self.steps.iter().find(|s| s.id == *step).map_or("", |step| step.text.as_str())
            }
            _ => &self.answer,
        }
    }

    /// Whether what is shown is not the answer yet. Who attaches later does not get the words of proposals that are over.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.provisional.is_some()
            && self.answer.is_empty()
            && self.result.is_none()
            && !self.shown().is_empty()
    }

    /// The question that waits for a person, with its action.
    #[must_use]
    pub fn question(&self) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.phase == ToolPhase::Asked)
    }

    /// About how many bytes its texts take beside the answer.
    #[must_use]
    pub fn weight(&self) -> usize {
        let said = self.items.iter().map(|item| match item {
            Item::Said(text) => text.len(),
            Item::Tool(_) | Item::Notice(_) => 64,
        });
        let steps = self.steps.iter().map(|step| step.text.len());
        let tools = self.tools.iter().map(Tool::weight);
        said.chain(steps).chain(tools).sum::<usize>() + self.reasoning.len()
    }

    /// Whether what is told of an item stays as it is.
    #[must_use]
    pub fn is_settled(&self, item: &Item) -> bool {
        match item {
            Item::Said(_) | Item::Notice(_) => true,
            Item::Tool(at) => self.tools.get(*at).is_none_or(|tool| tool.phase == ToolPhase::Over),
        }
    }

    /// Takes what arrived.
    pub fn take(&mut self, line: &FrameLine) -> Taken {
        match self.follower.take(line) {
            plyrum_client::Step::Show { skip } => match line.frame.as_ref() {
                Some(frame) => {
                    self.apply(frame, skip);
                    Taken::Changed
                }
                None => Taken::Nothing,
            },
            plyrum_client::Step::Skip => Taken::Nothing,
            plyrum_client::Step::Reattach { after_seq } => Taken::Reattach { after_seq },
        }
    }

    fn apply(&mut self, frame: &Frame, skip: usize) {
        match &frame.body {
            FrameBody::RunAccepted { session, persona, client, pictures, .. } => {
                self.session = Some(session.clone());
                self.persona.clone_from(persona);
                self.client.clone_from(client);
                self.pictures.clone_from(pictures);
                self.started_at = Some(frame.at);
            }
            FrameBody::Resync { .. } => {}
            FrameBody::RunRouted { decision } => {
                notice::passed_over(&decision.excluded, frame.at).for_each(|notice| self.notice(notice));
            }
            FrameBody::RunPlanned {
                plan, steps, price_low_micro_rub, price_high_micro_rub, reasons, ..
            } => {
                self.plan.clone_from(plan);
                self.reasons.clone_from(reasons);
                self.price = Some((*price_low_micro_rub, *price_high_micro_rub));
                self.planned(steps);
            }
            FrameBody::HoldTaken { total_micro_rub, .. } => self.held = *total_micro_rub,
            FrameBody::QuorumReached { have, of, reason, .. } => {
                self.quorum = Some(Quorum { have: *have, of: *of, reason: reason.clone() });
            }
            FrameBody::Provisional { step } => self.provisional = Some(step.clone()),
            FrameBody::RunParked { .. } => self.parked = true,
            FrameBody::RunFinished { result } => self.finished(result),
            FrameBody::Delta { step, attempt, channel, text, .. } => {
                self.delta(step, attempt, *channel, text.get(skip..).unwrap_or_default());
            }
            body => {
                if let Some(notice) = Notice::of(body, frame.at) {
                    self.notice(notice);
                }
                self.step(frame);
                self.tool(frame);
            }
        }
    }

    fn planned(&mut self, steps: &[PlannedStep]) {
        let known = std::mem::take(&mut self.steps);
        self.steps = steps.iter().map(Step::planned).collect();
        for step in known.into_iter().filter(|step| step.started_at.is_some()) {
            match self.steps.iter_mut().find(|planned| planned.id == step.id) {
                Some(planned) => *planned = step,
                None => self.steps.push(step),
            }
        }
    }

    /// What a person should know beside the course of things.
    fn notice(&mut self, notice: Notice) {
        if self.notices.len() < MAX_NOTICES {
            self.items.push(Item::Notice(self.notices.len()));
            self.notices.push(notice);
        }
    }

    fn step(&mut self, frame: &Frame) {
        match &frame.body {
            FrameBody::StepStarted { step, kind, role } => {
                let at = if let Some(at) = self.steps.iter().position(|s| s.id == *step) {
                    at
                } else {
                    self.steps.push(Step::unplanned(step.clone(), *kind, *role));
                    self.steps.len() - 1
                };
                if let Some(step) = self.steps.get_mut(at) {
                    step.begins(frame.at);
                }
            }
            FrameBody::AttemptStarted { step, attempt, model, try_number, .. } => {
                let writes_answer = self.steps.iter().any(|s| s.id == *step && s.writes_answer());
                if let Some(step) = self.steps.iter_mut().find(|s| s.id == *step) {
                    step.asks(attempt.clone(), model, *try_number, frame.at);
                }
                if writes_answer {
                    self.answer_begins();
                }
            }
            body => {
                if let Some(step) = self.steps.iter_mut().find(|step| step.is_meant(body)) {
                    step.take(body, frame.at);
                }
            }
        }
    }

    /// A model begins to write what may be the answer: what another began does not count any more.
    fn answer_begins(&mut self) {
        self.reasoning.clear();
        if !self.answer.is_empty() {
            self.answer.clear();
            self.answer_epoch += 1;
        }
    }

    fn delta(&mut self, step: &StepId, attempt: &AttemptId, channel: Channel, text: &str) {
        match channel {
            Channel::Answer => push_bounded(&mut self.answer, text, MAX_ANSWER),
            Channel::Reasoning if self.steps.iter().any(|s| s.id == *step && s.writes_answer()) => {
                push_bounded(&mut self.reasoning, text, step::MAX_TEXT);
            }
            Channel::Proposal | Channel::Reasoning | Channel::ToolArgs => {}
        }
        if let Some(step) = self.steps.iter_mut().find(|s| s.id == *step) {
            step.hears(attempt, channel, text);
        }
    }

    fn tool(&mut self, frame: &Frame) {
        if let FrameBody::ToolProposed { call, tool, action, sha256, said, .. } = &frame.body {
            if !said.is_empty() {
                self.items.push(Item::Said(said.clone()));
            }
            // What was said before an action is told with it; the answer begins behind it.
            self.answer_begins();
            self.items.push(Item::Tool(self.tools.len()));
            self.tools.push(Tool::wanted(call.clone(), tool, (**action).clone(), sha256));
            return;
        }
        if let Some(tool) = self.tools.iter_mut().rev().find(|tool| tool.is_meant(&frame.body)) {
            tool.take(&frame.body, frame.at);
            self.parked &= self.tools.iter().any(|tool| tool.phase == ToolPhase::Asked);
        }
    }

    fn finished(&mut self, result: &RunResult) {
        // A daemon that died in the middle knows of no answer. What was heard of it was said, and stays.
        let is_unknown = result.status == RunStatus::Interrupted && result.answer.is_empty();
        if !is_unknown {
            self.answer_is(&result.answer);
        }
        self.provisional = None;
        self.parked = false;
        for step in &mut self.steps {
            step.run_ended();
        }
        for tool in &mut self.tools {
            tool.run_ended();
        }
        // Its answer is kept once, above.
        self.result = Some(Box::new(RunResult { answer: String::new(), ..result.clone() }));
    }

    fn answer_is(&mut self, answer: &str) {
        if !self.answer.is_empty() && !answer.starts_with(&self.answer) {
            self.answer_epoch += 1;
        }
        answer.clone_into(&mut self.answer);
    }
}

/// Appends as far as there is room.
fn push_bounded(to: &mut String, text: &str, most: usize) {
    let room = most.saturating_sub(to.len());
    to.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
}

#[cfg(test)]
mod tests;
