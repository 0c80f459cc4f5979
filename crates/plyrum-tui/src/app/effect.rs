//! What the model asks of the world. Carried out by `runtime`, which answers with messages.

use crate::conversation::{Unlaid, Wanted};
use crate::screen::audit::AuditAsk;
use crate::screen::models::ModelsAsk;
use crate::screen::sessions::SessionsAsk;
use crate::screen::usage::UsageAsk;
use plyrum_protocol::{ApprovalReply, CancelReason, RunId, SessionId, StepId, SubmitOptions};

/// A prompt as it is to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Names the order until the daemon has given it a run.
    pub ticket: u64,
    /// The conversation that it goes on with; none begins one.
    pub session: Option<SessionId>,
    /// The prompt.
    pub prompt: String,
    /// Files that are named in it, to be read and sent along.
    pub files: Vec<String>,
    /// Texts that are sent along.
    pub texts: Vec<(String, String)>,
    /// What to use and what to spend.
    pub options: SubmitOptions,
    /// Summarise the conversation instead of asking.
    pub is_compaction: bool,
}

/// What the model asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a prompt.
    Submit(Box<Order>),
    /// Do not send this order; where it went out already, the answer is its receipt.
    Withdraw {
        /// Its number.
        ticket: u64,
    },
    /// What a prompt would cost.
    Quote(Box<Order>),
    /// Follow a run from a frame on.
    Attach {
        /// The run.
        run: RunId,
        /// The last durable frame that is known.
        after_seq: u64,
        /// The policy that holds while this client watches.
        approve: Option<String>,
    },
    /// End a run.
    Cancel {
        /// The run.
        run: RunId,
        /// Why, for the record.
        reason: CancelReason,
    },
    /// Answer with the proposals that are there.
    FinishNow(RunId),
    /// Do without a proposal.
    Drop {
        /// The run.
        run: RunId,
        /// Whose proposal.
        step: StepId,
    },
    /// Answer a question.
    Answer(Box<ApprovalReply>),
    /// The questions that wait, of all clients.
    ListApprovals,
    /// Models, personas, plans, runs: for lists to choose from.
    ListChoices,
    /// Money: what is spent and left.
    Figures,
    /// What the books have of a run and its conversation.
    Live {
        /// The run.
        run: RunId,
        /// Its conversation.
        session: SessionId,
        /// How much of the model's context is used.
        context_percent: Option<u64>,
        /// Whether the run goes on.
        is_live: bool,
    },
    /// The latest turns of a session.
    OpenSession {
        /// An id, its beginning, or `last`.
        asked: String,
        /// The number of this reading.
        reading: u64,
    },
    /// Turns of a session beside those that are known.
    Turns {
        /// Whose.
        session: SessionId,
        /// Which.
        wanted: Wanted,
        /// The number of the conversation that wants them.
        number: u64,
        /// The width for which their answers are laid out.
        columns: u16,
    },
    /// Make lines for what will come into view.
    LayOut(Unlaid),
    /// Take back the last turns.
    Rewind {
        /// Whose.
        session: SessionId,
        /// How many.
        turns: u32,
    },
    /// Copy a session.
    Fork(SessionId),
    /// Name a session.
    Rename {
        /// Which.
        session: SessionId,
        /// Its name; empty takes it away.
        title: String,
    },
    /// Put back what a run changed.
    Undo(RunId),
    /// The sessions screen asks.
    Sessions(SessionsAsk),
    /// The audit screen asks.
    Audit(AuditAsk),
    /// The models screen asks.
    Models(ModelsAsk),
    /// The dashboard asks.
    Usage(UsageAsk),
    /// Files below the workspace, for completion.
    ListFiles,
    /// To the clipboard.
    Copy(String),
    /// Text into the user's editor.
    Edit(String),
    /// Prompts of earlier conversations.
    EarlierPrompts,
    /// Tell somebody who does not look.
    Notify(String),
    /// Capture the mouse, or leave it to the terminal.
    CaptureMouse(bool),
    /// Stop until the shell continues us.
    Suspend,
    /// Paint everything anew.
    Redraw,
    /// The end.
    Quit(Farewell),
}

/// What is said on the terminal after the screen is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Farewell {
    /// Lines of text.
    pub lines: Vec<String>,
    /// The process's exit code.
    pub code: u8,
}
