//! An action that a model wants: what exactly, who allowed it, what came of it.

use plyrum_protocol::{
    Action, ApprovalId, ApprovalScope, ApprovalVerdict, CallId, ChangedFile, FrameBody, Ruling, Timestamp,
    ToolOutcome,
};

/// Most bytes of live output that are kept: the end of it.
const MAX_OUTPUT: usize = 64 * 1024;

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolPhase {
    /// A model wants it.
    Wanted,
    /// A person is asked.
    Asked,
    /// It is allowed and begins.
    Allowed,
    /// It runs.
    Running,
    /// It is over.
    Over,
}

/// An action as far as it came.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The call.
    pub call: CallId,
    /// The tool, by the name that the model used.
    pub tool: String,
    /// What will happen.
    pub action: Action,
    /// SHA-256 that binds an approval to it.
    pub sha256: String,
    /// How far it is.
    pub phase: ToolPhase,
    /// The question about it.
    pub approval: Option<ApprovalId>,
    /// Why it is asked or allowed.
    pub ruling: Option<Ruling>,
    /// The rule that "always" would save.
    pub rule: Option<String>,
    /// After this nobody can answer any more.
    pub deadline: Option<Timestamp>,
    /// How it was answered, and by whom.
    pub answered: Option<(ApprovalVerdict, String, Option<ApprovalScope>)>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// The end of its output while it runs.
    pub output: String,
    /// How it ended.
    pub outcome: Option<ToolOutcome>,
    /// Exit code of a command.
    pub exit: Option<i32>,
    /// From its start to its end.
    pub ms: u64,
    /// Files that it changed.
    pub changed_files: Vec<ChangedFile>,
    /// What the model is told.
    pub text: String,
}

impl Tool {
    pub(super) fn wanted(call: CallId, tool: &str, action: Action, sha256: &str) -> Self {
        Self {
            call,
            tool: tool.to_owned(),
            action,
            sha256: sha256.to_owned(),
            phase: ToolPhase::Wanted,
            approval: None,
            ruling: None,
            rule: None,
            deadline: None,
            answered: None,
            started_at: None,
            output: String::new(),
            outcome: None,
            exit: None,
            ms: 0,
            changed_files: Vec::new(),
            text: String::new(),
        }
    }

    /// About how many bytes its texts take.
    pub(super) fn weight(&self) -> usize {
        let action = match &self.action {
            Action::Write { changes } => changes.iter().map(|change| change.diff.len()).sum(),
            _ => 256,
        };
        action + self.output.len() + self.text.len()
    }

    /// Whether a frame speaks of this action.
    pub(super) fn is_meant(&self, body: &FrameBody) -> bool {
        match body {
            FrameBody::ApprovalRequested { call, .. }
            | FrameBody::ApprovalResolved { call, .. }
            | FrameBody::ToolStarted { call, .. }
            | FrameBody::ToolOutput { call, .. }
            | FrameBody::ToolFinished { call, .. } => self.call == *call,
            _ => false,
        }
    }

    pub(super) fn take(&mut self, body: &FrameBody, at: Timestamp) {
        match body {
            FrameBody::ApprovalRequested { approval, deadline, ruling, verdict_if_rule, .. } => {
                self.phase = ToolPhase::Asked;
                self.approval = Some(approval.clone());
                self.deadline = Some(*deadline);
                self.ruling = Some(ruling.clone());
                self.rule.clone_from(verdict_if_rule);
            }
            FrameBody::ApprovalResolved { verdict, by, scope, .. } => {
                self.phase = ToolPhase::Allowed;
                self.answered = Some((*verdict, by.clone(), *scope));
            }
            FrameBody::ToolStarted { ruling, .. } => {
                self.phase = ToolPhase::Running;
                self.ruling = Some(ruling.clone());
                self.started_at = Some(at);
            }
            FrameBody::ToolOutput { text, .. } => self.hears(text),
            FrameBody::ToolFinished { outcome, exit, ms, changed_files, text, .. } => {
                self.phase = ToolPhase::Over;
                (self.outcome, self.exit, self.ms) = (Some(*outcome), *exit, *ms);
                self.changed_files.clone_from(changed_files);
                self.text.clone_from(text);
                self.output = String::new();
            }
            _ => {}
        }
    }

    fn hears(&mut self, text: &str) {
        self.output.push_str(text);
        if self.output.len() > MAX_OUTPUT {
            let from = self.output.ceil_char_boundary(self.output.len() - MAX_OUTPUT / 2);
            self.output.drain(..from);
        }
    }

    pub(super) fn run_ended(&mut self) {
        if self.phase != ToolPhase::Over {
            self.phase = ToolPhase::Over;
            self.outcome.get_or_insert(ToolOutcome::Stopped);
        }
    }
}
