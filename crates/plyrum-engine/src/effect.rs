//! Everything that a run may ask of the world.

use crate::form;
use crate::picture::Picture;
use crate::spec::{AnswerForm, ToolOffer};
use plyrum_billing_client::{AttemptBound, MicroRub, SaidCost, Usage};
use plyrum_protocol::{
    AttemptId, AttemptOutcome, CallId, Check, Effort, ErrorKind, Frame, Role, RunStatus, StepId, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    /// Do what a model wants, by policy and approval. Answers: `Tool` with this call, `Finished` or `Misfit` last.
    Act(ToolCall),
    /// Write the question about a call down, with what is needed to go on after a restart. Answer: `Tool` with
    /// `Asked`, or `Finished`.
    Ask {
        /// The call.
        call: CallId,
        /// The run as it stands, see [`Run::resume`](crate::Run::resume); none where it cannot be kept.
        checkpoint: Option<String>,
    },
    /// End the action of a call, or the check. It is answered by its `Finished`, or by `Tried`, all the same.
    StopTool {
        /// Which.
        call: CallId,
    },
    /// Look whether an answer fits its form. Answer: `Checked` with this step.
    Check {
        /// The step that has it.
        step: StepId,
        /// What it must be.
        form: AnswerForm,
        /// The answer.
        text: String,
    },
    /// Get leave for the run's check, by policy and approval. Answers: `Tool` with its call, `Permitted`, `Finished` or
    /// `Ends` last; where it was permitted, `Try` follows.
    Permit(CheckOrder),
    /// Run the check on a proposal. Answer: `Tried` with this step.
    Try {
        /// The call that it was permitted as.
        call: CallId,
        /// The step whose proposal it is.
        step: StepId,
        /// The proposal, whole.
        text: String,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Its price is not known, which the user allows: nothing is held for it, and nothing is charged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// Size of its text, and of text as long as its pictures, for an estimate if no usage is reported.
    pub request_bytes: u64,
    /// Whether the bound is one: it is not where nobody knows what the request's pictures come to.
    #[serde(default = "yes")]
    pub is_bounded: bool,
}

/// Of attempts that were kept before there were pictures.
const fn yes() -> bool {
    true
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
    /// Bytes of text that would be as many tokens as its pictures.
    pub picture_bytes: u64,
    /// The place of the prompt among them; behind it is what came of it so far.
    pub prompt: usize,
    /// Longest answer.
    pub max_output_tokens: u64,
    /// Decimal text, as the persona has it.
    pub temperature: Option<String>,
    /// How long the model may think, if it does.
    pub effort: Option<Effort>,
    /// For providers that take one.
    pub seed: u64,
    /// What it may call.
    pub tools: Arc<[ToolOffer]>,
    /// What the answer must be, for wires that have a field for it; the prompt says it too.
    pub form: Option<AnswerForm>,
}

impl Request {
    /// Bytes of its text, and of text as long as its pictures: what an estimate starts from.
    pub fn estimated_bytes(&self) -> u64 {
        self.text_bytes().saturating_add(self.picture_bytes)
    }

    /// Bytes of UTF-8 of all turns, with the calls in them, of the tools and of the form.
    pub fn text_bytes(&self) -> u64 {
        let tools: u64 = self.tools.iter().map(ToolOffer::bytes).sum();
        let form = self.form.as_ref().map_or(0, form::field_bytes);
        self.turns.iter().map(Turn::bytes).sum::<u64>() + tools + form
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
    /// A tool that the model called.
    Tool,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
    /// Pictures of the person's.
    pub pictures: Vec<Picture>,
    /// What a model called with it.
    pub calls: Vec<ModelCall>,
    /// Of a tool: the model's id of the call that this answers.
    pub answers: Option<String>,
    /// What a model thought before its calls; it goes back to the same provider unchanged.
    pub thoughts: Vec<Thought>,
}

impl Turn {
    /// A turn of text alone.
    pub fn said(speaker: Speaker, text: impl Into<String>) -> Self {
        Self {
            speaker,
            text: text.into(),
            pictures: Vec::new(),
            calls: Vec::new(),
            answers: None,
            thoughts: Vec::new(),
        }
    }

    /// Bytes of UTF-8, with its calls and what wires put around those.
    pub fn bytes(&self) -> u64 {
        let answers = self.answers.as_ref().map_or(0, |id| id.len() as u64 + CALL_FRAME_BYTES);
        let thoughts = self.thoughts.iter().map(|thought| thought.json.len() as u64).sum::<u64>();
        self.text.len() as u64 + answers + thoughts + self.calls.iter().map(ModelCall::bytes).sum::<u64>()
    }
}

/// Bytes that wires put around a call or its answer, at most.
const CALL_FRAME_BYTES: u64 = 96;

/// What a model thought, in a form that only its provider reads. It is never shown; calls that followed from it are refused
/// by some providers where it does not come back with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thought {
    /// The wire that it belongs to, by its name.
    pub wire: String,
    /// JSON, as the provider sent it.
    pub json: String,
}

/// A call as a model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCall {
    /// The model's own id of it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments, as JSON text.
    pub arguments: String,
}

impl ModelCall {
    /// Bytes of it in a request. The arguments are JSON text within JSON there, which escapes quotes and breaks.
    fn bytes(&self) -> u64 {
        let escaped = self.arguments.bytes().filter(|b| matches!(b, b'"' | b'\\' | b'\n')).count();
        (self.id.len() + self.name.len() + self.arguments.len() + escaped) as u64 + CALL_FRAME_BYTES
    }
}

/// An action to take for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Our id of it.
    pub call: CallId,
    /// The tool.
    pub name: String,
    /// Its arguments, as JSON text.
    pub arguments: String,
}

/// A check to get leave for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOrder {
    /// Our id of it.
    pub call: CallId,
    /// What is to run.
    pub check: Check,
    /// For how many proposals at most.
    pub proposals: u32,
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
