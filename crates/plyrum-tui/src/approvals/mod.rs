//! Questions that wait for a person: of the runs that are followed here, and of every other client. One is answered at a
//! time, seen whole, by digits, arrows and enter; esc is no. No letter answers anything: the key that types `y` on one
//! layout types the first letter of "no" on another.

mod view;

pub(crate) use view::{Prompt, is_seen_whole, overlay_height};

use crate::keymap::Action as Key;
use crate::run::{Run, Tool};
use plyrum_protocol::{Action, ApprovalId, ApprovalReply, ApprovalRow, ApprovalScope, RunId, Timestamp};

/// Most questions that are listed.
const MAX_QUESTIONS: usize = 256;
/// Lines that a page key moves: fewer than are ever seen at once, so that none is skipped on the way to the end.
const PAGE: usize = 4;
/// Longest reason for a no, in characters.
const MAX_REASON: usize = 1000;
/// A question that is on the screen for less than this was read by nobody; so was one while somebody types.
pub(crate) const UNREAD_MS: u64 = 400;

/// A question about an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub approval: ApprovalId,
    /// The run that wants it.
    pub run: RunId,
    /// The tool.
    pub tool: String,
    /// What will happen.
    pub action: Action,
    /// SHA-256 that binds the answer to the action.
    pub sha256: String,
    /// Why it is asked.
    pub why: String,
    /// The rule that "always" would save; none where no rule can allow it.
    pub rule: Option<String>,
    /// After this nobody can answer any more.
    pub deadline: Timestamp,
}

impl Question {
    /// As a list of all questions has it.
    #[must_use]
    pub fn of_row(row: &ApprovalRow) -> Option<Self> {
        (row.status == "pending").then(|| Self {
            approval: row.approval.clone(),
            run: row.run.clone(),
            tool: row.tool.clone(),
            action: row.action.clone(),
            sha256: row.sha256.clone(),
            why: row.why.clone(),
            rule: row.rule.clone(),
            deadline: row.deadline,
        })
    }

    fn of_tool(run: &Run, tool: &Tool) -> Option<Self> {
        Some(Self {
            approval: tool.approval.clone()?,
            run: run.id.clone(),
            tool: tool.tool.clone(),
            action: tool.action.clone(),
            sha256: tool.sha256.clone(),
            why: tool.ruling.as_ref().map(|ruling| ruling.reason.clone()).unwrap_or_default(),
            rule: tool.rule.clone(),
            deadline: tool.deadline?,
        })
    }
}

/// What can be said, in the order of the digits: a digit means the same at every question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Yes, for so long.
    Yes(ApprovalScope),
    /// No.
    No,
    /// No, and why.
    Why,
    /// No, and the run ends.
    End,
}

/// What can be said to this question.
#[must_use]
pub(crate) fn choices(question: &Question) -> &'static [Choice] {
    const ALL: [Choice; 6] = [
        Choice::Yes(ApprovalScope::Once),
        Choice::No,
        Choice::Why,
        Choice::End,
        Choice::Yes(ApprovalScope::Session),
        Choice::Yes(ApprovalScope::Always),
    ];
    const WITHOUT_RULE: [Choice; 4] =
        [Choice::Yes(ApprovalScope::Once), Choice::No, Choice::Why, Choice::End];
    if question.rule.is_some() { &ALL } else { &WITHOUT_RULE }
}

/// Where the mark begins, and what esc means.
const SAFE: usize = 1;

/// The questions, and the one that is being answered.
#[derive(Debug, Default)]
pub struct Approvals {
    questions: Vec<Question>,
    /// The one question that is on the screen and that keys answer: there is no other way to choose one.
    asking: Option<Asking>,
}

/// A question on the screen.
#[derive(Debug, Clone)]
pub struct Asking {
    approval: ApprovalId,
    /// The answer that is marked.
    pub mark: usize,
    /// The first line of the action that is seen.
    pub scroll: usize,
    /// The reason that is being typed.
    pub reason: Option<String>,
    /// When it came on the screen, or the last key that answered nothing was pressed.
    quiet_since: Timestamp,
    /// It was answered, and the daemon has not said so yet.
    pub is_sent: bool,
    /// The whole of it was on the screen, up to its end.
    was_seen_whole: bool,
}

impl Asking {
    fn new(approval: ApprovalId, now: Timestamp) -> Self {
        Self {
            approval,
            mark: SAFE,
            scroll: 0,
            reason: None,
            quiet_since: now,
            is_sent: false,
            was_seen_whole: false,
        }
    }

    /// Whether somebody can have read it, and is not in the middle of typing something else.
    #[must_use]
    pub fn is_read(&self, now: Timestamp) -> bool {
        self.is_quiet_for(UNREAD_MS, now)
    }

    /// Whether nothing else was typed for so long.
    #[must_use]
    pub fn is_quiet_for(&self, ms: u64, now: Timestamp) -> bool {
        now.millis_since(self.quiet_since) >= ms
    }
}

impl Approvals {
    /// Takes the questions of all clients. Those of the run that is followed come from its frames, which are newer.
    pub fn listed(&mut self, rows: &[ApprovalRow], followed: Option<&RunId>, now: Timestamp) {
        self.questions.retain(|known| Some(&known.run) == followed);
        let others = rows.iter().filter_map(Question::of_row).filter(|row| Some(&row.run) != followed);
        self.questions.extend(others.take(MAX_QUESTIONS.saturating_sub(self.questions.len())));
        self.ask_next(now);
    }

    /// Takes what a run's frames say: a new question, or that one is answered.
    pub fn seen(&mut self, run: &Run, now: Timestamp) {
        let open = run.tools.iter().filter(|tool| tool.phase == crate::run::ToolPhase::Asked);
        let open: Vec<Question> = open.filter_map(|tool| Question::of_tool(run, tool)).collect();
        self.questions
            .retain(|known| known.run != run.id || open.iter().any(|it| it.approval == known.approval));
        for question in open {
            let is_known = self.questions.iter().any(|known| known.approval == question.approval);
            if !is_known && self.questions.len() < MAX_QUESTIONS {
                self.questions.push(question);
            }
        }
        self.ask_next(now);
    }

    /// A question that is answered is gone, whoever answered it.
    pub fn answered(&mut self, approval: &ApprovalId, now: Timestamp) {
        self.questions.retain(|question| question.approval != *approval);
        self.ask_next(now);
    }

    /// All that wait, the oldest first.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The question of a run that is to be answered first, with how it is shown.
    #[must_use]
    pub fn of_run(&self, run: &RunId) -> Option<(&Question, &Asking)> {
        let question = self.questions.iter().find(|question| question.run == *run)?;
        let asking = self.asking.as_ref().filter(|asking| asking.approval == question.approval)?;
        Some((question, asking))
    }

    /// The question that is on the screen of its own, how it is shown, and its place.
    #[must_use]
    pub fn chosen(&self) -> Option<(&Question, &Asking, usize)> {
        let asking = self.asking.as_ref()?;
        let at = self.questions.iter().position(|question| question.approval == asking.approval)?;
        Some((self.questions.get(at)?, asking, at))
    }

    /// All of the question was on the screen, up to its end: it can be allowed.
    pub(crate) fn was_seen_whole(&mut self) {
        if let Some(asking) = &mut self.asking {
            asking.was_seen_whole = true;
        }
    }

    /// Puts a question on the screen: it has to be read before it can be answered.
    pub fn show(&mut self, approval: &ApprovalId, now: Timestamp) {
        if self.asking.as_ref().is_none_or(|asking| asking.approval != *approval) {
            self.asking = Some(Asking::new(approval.clone(), now));
        }
    }

    /// Shows the next question; after the last comes the first.
    pub fn step_around(&mut self, now: Timestamp) {
        let at = self.chosen().map_or(0, |(_, _, at)| at + 1) % self.questions.len().max(1);
        if let Some(approval) = self.questions.get(at).map(|question| question.approval.clone()) {
            self.show(&approval, now);
        }
    }

    fn ask_next(&mut self, now: Timestamp) {
        let is_there =
            |asking: &Asking| self.questions.iter().any(|question| question.approval == asking.approval);
        if self.asking.as_ref().is_some_and(is_there) {
            return;
        }
        self.asking = self.questions.first().map(|question| Asking::new(question.approval.clone(), now));
    }

    /// Somebody types something else: what follows at once is no answer.
    pub const fn typing(&mut self, now: Timestamp) {
        if let Some(asking) = &mut self.asking {
            asking.quiet_since = now;
        }
    }

    /// What a key says to the question on the screen.
    pub fn press(&mut self, key: Key, now: Timestamp, client: &str) -> Option<ApprovalReply> {
        let asking = self.asking.as_mut()?;
        let question = self.questions.iter().find(|question| question.approval == asking.approval)?;
        let choices = choices(question);
        if asking.is_sent {
            return None;
        }
        if asking.reason.is_some() {
            return Self::reason_key(asking, key, client);
        }
        match key {
            Key::PageUp => asking.scroll = asking.scroll.saturating_sub(PAGE),
            Key::PageDown => asking.scroll = asking.scroll.saturating_add(PAGE),
            Key::Top => asking.scroll = 0,
            Key::Up => asking.mark = asking.mark.checked_sub(1).unwrap_or(choices.len().saturating_sub(1)),
            Key::Down => asking.mark = (asking.mark + 1) % choices.len().max(1),
            _ if !asking.is_read(now) => asking.quiet_since = now,
            Key::Answer(digit) => {
                let place = usize::from(digit).checked_sub(1)?;
                return Self::choose_read(asking, *choices.get(place)?, client);
            }
            Key::Confirm => return Self::choose_read(asking, *choices.get(asking.mark)?, client),
            Key::Escape => return Self::choose(asking, Choice::No, client),
            _ => {}
        }
        None
    }

    /// Nothing is allowed that was not on the screen up to its end.
    fn choose_read(asking: &mut Asking, choice: Choice, client: &str) -> Option<ApprovalReply> {
        if matches!(choice, Choice::Yes(_)) && !asking.was_seen_whole {
            return None;
        }
        Self::choose(asking, choice, client)
    }

    fn choose(asking: &mut Asking, choice: Choice, client: &str) -> Option<ApprovalReply> {
        let (approve, scope, end) = match choice {
            Choice::Yes(scope) => (true, scope, false),
            Choice::No => (false, ApprovalScope::Once, false),
            Choice::End => (false, ApprovalScope::Once, true),
            Choice::Why => {
                asking.reason = Some(String::new());
                return None;
            }
        };
        asking.is_sent = true;
        Some(ApprovalReply {
            approval: asking.approval.as_str().to_owned(),
            approve,
            scope,
            reason: None,
            end,
            client: client.to_owned(),
        })
    }

    fn reason_key(asking: &mut Asking, key: Key, client: &str) -> Option<ApprovalReply> {
        match key {
            Key::Escape => asking.reason = None,
            Key::DeleteBack => {
                let _nothing_left = asking.reason.as_mut().and_then(String::pop);
            }
            Key::Confirm | Key::Send | Key::Open => {
                let reason = asking.reason.take().filter(|reason| !reason.trim().is_empty());
                asking.is_sent = true;
                return Some(ApprovalReply {
                    approval: asking.approval.as_str().to_owned(),
                    approve: false,
                    scope: ApprovalScope::Once,
                    reason,
                    end: false,
                    client: client.to_owned(),
                });
            }
            _ => {}
        }
        None
    }

    /// Whether a reason is being typed.
    #[must_use]
    pub fn is_typing_reason(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.reason.is_some())
    }

    /// Adds to the reason that is being typed.
    pub fn typed(&mut self, text: &str) {
        if let Some(reason) = self.asking.as_mut().and_then(|asking| asking.reason.as_mut()) {
            let room = MAX_REASON.saturating_sub(reason.chars().count());
            reason.extend(text.chars().filter(|c| !c.is_control()).take(room));
        }
    }

    /// The answer did not arrive: it can be given again.
    pub const fn not_sent(&mut self) {
        if let Some(asking) = &mut self.asking {
            asking.is_sent = false;
        }
    }
}

#[cfg(test)]
mod tests;
