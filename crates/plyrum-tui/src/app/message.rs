//! What can happen to the model.

use super::effect::Order;
use crate::conversation::{Answer, Laid, Wanted};
use crate::screen::audit::AuditReply;
use crate::screen::models::ModelsReply;
use crate::screen::sessions::SessionsReply;
use crate::transcript::TranscriptPage;
use crossterm::event::{KeyEvent, MouseEvent};
use plyrum_client::FrameLine;
use plyrum_protocol::{
    ApprovalAnswered, ApprovalRow, Attached, DryRun, Fault, Receipt, RunId, SessionId, Undone, view,
};

/// What can happen.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// A paste.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The window got or lost the keys.
    Focus(bool),
    /// Time has passed.
    Tick,
    /// We are to end, by a signal.
    Terminate {
        /// With this exit code.
        code: u8,
    },
    /// We were stopped and go on.
    Continued,
    /// The daemon is there.
    Connected {
        /// Its version.
        build: String,
    },
    /// The daemon is gone; it is looked for.
    Disconnected(Fault),
    /// A frame of a run that is followed.
    Frame(Box<FrameLine>),
    /// An answer to something that was asked for.
    Reply(Reply),
}

/// Models, personas, plans and runs to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Models.
    pub models: Vec<view::ModelRow>,
    /// Who serves them, or would if it had its key.
    pub providers: Vec<view::ProviderRow>,
    /// Personas.
    pub personas: Vec<view::PersonaRow>,
    /// Plans.
    pub plans: Vec<view::PlanRow>,
    /// The latest runs.
    pub runs: Vec<view::RunRow>,
}

/// What an editor left of a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edited {
    /// The text as it was kept last; none where it is as it was, or no prompt can be made of it.
    pub text: Option<String>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// Answers to the dashboard.
#[derive(Debug)]
pub enum UsageReply {
    /// Its figures.
    Loaded(Result<Box<view::Dashboard>, Fault>),
    /// Where they were written.
    Exported(Result<std::path::PathBuf, Fault>),
    /// Whether the books are right.
    Verified(Result<view::Checks, Fault>),
}

/// Answers to effects.
#[derive(Debug)]
pub enum Reply {
    /// To a submit.
    Submitted {
        /// Of which order.
        ticket: u64,
        /// The receipt; or why not, with the order as it was.
        outcome: Result<Receipt, (Fault, Box<Order>)>,
        /// It was sent before, on a connection that broke: the run's frames do not come by themselves.
        is_again: bool,
    },
    /// To a quote.
    Quoted {
        /// Of which order.
        ticket: u64,
        /// What it would cost.
        outcome: Result<DryRun, Fault>,
    },
    /// To an attach.
    Attached {
        /// Which run was meant.
        run: RunId,
        /// Whether it is followed.
        outcome: Result<Attached, Fault>,
    },
    /// Something about a run could not be done.
    Refused(Fault),
    /// To an answered question.
    Answered(Result<Box<ApprovalAnswered>, Fault>),
    /// Questions that wait.
    Approvals(Result<Vec<ApprovalRow>, Fault>),
    /// What there is to choose from.
    Choices(Result<Box<Choices>, Fault>),
    /// What the books have of a run and its conversation.
    Live(crate::screen::usage::LiveFigures),
    /// Money.
    Figures(Result<view::Statusline, Fault>),
    /// A session's latest turns.
    Opened {
        /// What was asked for: an id, its beginning, `last`.
        asked: String,
        /// The number of the reading.
        reading: u64,
        /// They.
        outcome: Result<Box<TranscriptPage>, Fault>,
    },
    /// Turns beside those that are known.
    Turns {
        /// Of which session.
        session: SessionId,
        /// What was wanted.
        wanted: Wanted,
        /// By which conversation.
        number: u64,
        /// They, and the answer of each with its lines.
        outcome: Result<(Box<TranscriptPage>, Vec<Answer>), Fault>,
    },
    /// Lines for what will come into view.
    LaidOut(Box<Laid>),
    /// Turns were taken back.
    Rewound(Result<Box<view::SessionDetail>, Fault>),
    /// A session was copied.
    Forked(Result<SessionId, Fault>),
    /// A session was named.
    Renamed(Result<String, Fault>),
    /// Files were put back.
    Undone(Result<Undone, Fault>),
    /// To the sessions screen.
    Sessions(SessionsReply),
    /// To the audit screen.
    Audit(AuditReply),
    /// To the models screen.
    Models(ModelsReply),
    /// To the dashboard.
    Usage(UsageReply),
    /// Files below the workspace.
    Files(Vec<String>),
    /// Prompts of earlier conversations, oldest first.
    EarlierPrompts(Vec<String>),
    /// What the editor left, and what went wrong.
    Edited(Edited),
    /// How a copy was made.
    Copied(usize),
}
