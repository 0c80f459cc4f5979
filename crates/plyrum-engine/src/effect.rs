//! Everything that a run may ask of the world.

use plyrum_billing_client::{AttemptBound, MicroRub, SaidCost, Usage};
use plyrum_protocol::{AttemptId, AttemptOutcome, ErrorKind, Frame, Role, RunStatus, StepId, Timestamp};

/// One thing to do. Effects are executed in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Reserve money for several attempts in one transaction, all or none. Answer: `Held`, `HoldRefused` or
    /// `HoldFailed`.
    Hold(HoldBatch),
    /// Mark the attempt as sent, then send its request. Answers: `Opened`, `Delta`, `Usage`, one `Closed`.
    Open(OpenAttempt),
    /// Hang up. Nothing is answered; the engine has already closed the attempt.
    Abort {
        /// Which attempt.
        attempt: AttemptId,
    },
    /// Book what an attempt used. Answer: `Resolved` or `ResolveFailed`.
    Settle(SettleRequest),
    /// Give a hold back: its request was never sent. Answer: `Resolved` or `ResolveFailed`.
    Release {
        /// Which attempt.
        attempt: AttemptId,
    },
    /// Number, keep and show a frame.
    Emit(Frame),
    /// Give a `Tick` at this time; replaces an earlier wish.
    Wake {
        /// When.
        at: Timestamp,
    },
    /// Close the run in the ledger. Answer: `RunClosed` or `CloseFailed`.
    Close(CloseRun),
}

/// Holds of one wave of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldBatch {
    /// Number within the run, from 1.
    pub batch: u32,
    /// At least one.
    pub holds: Vec<HoldRequest>,
}

/// Money for one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRequest {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its step.
    pub step: StepId,
    /// Depth of the step in the plan, from 0.
    pub layer: u32,
    /// What it is booked as.
    pub role: Role,
    /// Who will serve it.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// Which try of the step, from 1.
    pub try_number: u32,
    /// Upper bound of its tokens.
    pub bound: AttemptBound,
    /// Upper bound of its cost.
    pub micro_rub: MicroRub,
    /// Size of its text, for an estimate if no usage is reported.
    pub request_bytes: u64,
}

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAttempt {
    /// The attempt.
    pub attempt: AttemptId,
    /// Who serves it.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// What to say.
    pub request: Request,
}

/// A chat request without vendor words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// System prompt first, then the conversation.
    pub turns: Vec<Turn>,
    /// Longest answer.
    pub max_output_tokens: u64,
    /// Decimal text, as the persona has it.
    pub temperature: Option<String>,
    /// For providers that take one.
    pub seed: u64,
}

impl Request {
    /// Bytes of UTF-8 of all turns.
    pub fn text_bytes(&self) -> u64 {
        self.turns.iter().map(|t| t.text.len() as u64).sum()
    }
}

/// Who says a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Policy and persona.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
}

/// What to book for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleRequest {
    /// The attempt.
    pub attempt: AttemptId,
    /// From which figures.
    pub basis: Basis,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed.
    pub error: Option<ErrorKind>,
    /// The provider's own JSON.
    pub raw_usage: Option<String>,
    /// What the provider itself says that it cost.
    pub said_cost: Option<SaidCost>,
    /// Bytes of text received.
    pub received_bytes: u64,
    /// From request to end.
    pub ms: u64,
    /// Time to first token.
    pub ttft_ms: Option<u64>,
}

/// Where the figures of a settlement come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The provider's report.
    Reported(Usage),
    /// The bytes that went and came.
    Estimated,
    /// Nothing was delivered and nothing reported: no charge.
    Nothing,
}

/// The end of a run, for the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseRun {
    /// How it ended.
    pub status: RunStatus,
}
