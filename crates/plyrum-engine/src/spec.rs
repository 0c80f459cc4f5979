//! What a run is made of: resolved once at submit, unchanged while it lives.

use crate::picture::Picture;
use plyrum_billing_client::{BytesPerToken, MicroRub};
use plyrum_protocol::{
    Check, ContextFile, Decision, Effort, Role, RunId, SessionId, StepId, StepKind, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunSpec {
    /// Its id.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// Name of its persona.
    pub persona: String,
    /// Program that submitted it.
    pub client: String,
    /// Name of its plan.
    pub plan: String,
    /// What the router said.
    pub decision: Decision,
    /// Steps in the plan's order, each with its models; dependencies come before dependants.
    pub steps: Vec<StepSpec>,
    /// How proposers are asked.
    pub fan_out: FanOut,
    /// How many proposals are waited for.
    pub quorum: Quorum,
    /// What to say.
    pub conversation: Conversation,
    /// SHA-256 of what was asked, in hex.
    pub prompt_sha256: String,
    /// What of the project's files is in the conversation, for the record.
    pub context: Vec<ContextFile>,
    /// The last run that this one summarises.
    pub compacts: Option<RunId>,
    /// What the step that writes the answer may call; none where nothing is offered.
    pub tools: Option<Tools>,
    /// What its answer must be; none where any text will do.
    #[serde(default)]
    pub form: Option<AnswerForm>,
    /// What judges the proposals of its last step, where that selects one.
    #[serde(default)]
    pub check: Option<Check>,
    /// What it may spend and how long it may take.
    pub limits: Limits,
    /// For jitter and shuffles.
    pub seed: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// How the proposers of a mixture are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FanOut {
    /// All at once; the rest is cancelled at a quorum and a grace.
    #[default]
    Fast,
    /// Two, then one more at a time until two agree.
    Thrifty,
}

/// How many proposals of a panel are waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quorum {
    /// All of one or two, all but one of three to six, four fifths of more.
    #[default]
    Usual,
    /// Everybody who was asked, even where the first ones agree.
    All,
}

/// One step with its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSpec {
    /// Its name.
    pub step: StepId,
    /// What it does.
    pub kind: StepKind,
    /// What its attempts are booked as.
    pub role: Role,
    /// Steps that must have ended before it starts.
    pub after: Vec<StepId>,
    /// First choice, then fallbacks. Never empty.
    pub models: Vec<ModelChoice>,
}

/// What a step needs to know of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// Catalogue id.
    pub id: String,
    /// Its provider.
    pub provider: String,
    /// Size of its context.
    pub context_tokens: u64,
    /// Longest answer it can give; `None` takes the limit of the run.
    pub max_output_tokens: Option<u64>,
    /// For estimates.
    pub bytes_per_token: BytesPerToken,
    /// Whether it can call tools.
    pub tools: bool,
    /// Whether it takes pictures; to one that does not they are told in words.
    #[serde(default)]
    pub images: bool,
    /// Most input tokens of one picture; `None`: not known.
    #[serde(default)]
    pub image_tokens: Option<u64>,
    /// How long a stream that is not wanted any more is still read for its usage report; 0 hangs up at once.
    pub drain_ms: u64,
}

/// Tools of a run. Only the step that writes the answer may call them: proposers advise and never act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// What is offered, in the order in which it is told.
    pub offered: Arc<[ToolOffer]>,
    /// Most turns in which tools are called.
    pub max_turns: u32,
}

/// The form of an answer: JSON that fits a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerForm {
    /// The JSON Schema. It can be checked against: that was seen to before the run.
    pub schema: Arc<serde_json::Value>,
}

impl AnswerForm {
    /// Bytes of it in a request: it is told in words and, where the wire has one, in a field of its own.
    pub fn bytes(&self) -> u64 {
        crate::form::bytes(self)
    }
}

/// A tool as a model is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOffer {
    /// Its name.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of its arguments.
    pub schema: Arc<serde_json::Value>,
}

impl ToolOffer {
    /// Bytes of it in a request, with what wires put around it.
    pub fn bytes(&self) -> u64 {
        const AROUND: u64 = 96;
        (self.name.len() + self.description.len() + self.schema.to_string().len()) as u64 + AROUND
    }
}

/// What is said to the models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The persona's system prompt.
    pub system: String,
    /// Instructions files of the project: untrusted, and before everything that was said.
    pub project: Vec<Attachment>,
    /// What stands for the exchanges before `history`.
    pub summary: Option<String>,
    /// Earlier exchanges of the session, oldest first.
    pub history: Vec<Exchange>,
    /// The prompt.
    pub prompt: String,
    /// Texts that came with it.
    pub attachments: Vec<Attachment>,
    /// Pictures that came with it.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// Decimal text.
    pub temperature: Option<String>,
    /// How long models that think may think; none leaves it to them.
    #[serde(default)]
    pub effort: Option<Effort>,
}

/// An earlier question and its answer. It is sent again as it was sent the first time, so that what a provider
/// has cached of a conversation is met again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What came with the question.
    pub attachments: Vec<Attachment>,
    /// Pictures that came with it.
    #[serde(default)]
    pub pictures: Vec<Picture>,
    /// What was asked.
    pub prompt: String,
    /// What was answered.
    pub answer: String,
}

/// A text that came with the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Bounds of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest answer where the model states none.
    pub max_output_tokens: u64,
    /// Longest answer that somebody asked for.
    pub asked_output_tokens: Option<u64>,
    /// Most that the run may cost.
    pub budget: Option<MicroRub>,
    /// The setting that holds `budget`, for messages.
    pub budget_setting: String,
    /// When it must be over.
    pub deadline: Option<Timestamp>,
    /// Most requests per model and step.
    pub max_tries: u32,
    /// Most bytes of answer, counted as JSON would write them: an answer has to fit one message.
    pub max_answer_bytes: u64,
    /// A fallback may hold at most this many percent of what the first choice would.
    pub fallback_max_price_percent: u64,
    /// What is done with a model whose price is not known.
    #[serde(default)]
    pub unpriced: Unpriced,
    /// After how many milliseconds without a sign of a model another one is asked beside it, by catalogue id. One that is
    /// not named is waited for.
    #[serde(default)]
    pub hedge_after_ms: BTreeMap<String, u64>,
}

/// What is done with a model whose price is not known. Under a limit it cannot serve in any case: nobody could say when the
/// limit is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// It is not asked.
    #[default]
    Refuse,
    /// It is asked; what it cost is told as not known, never as nothing.
    Allow,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_output_tokens: 4096,
            asked_output_tokens: None,
            budget: None,
            budget_setting: "budgets.run".to_owned(),
            deadline: None,
            max_tries: 3,
            max_answer_bytes: 700 * 1024,
            fallback_max_price_percent: 200,
            unpriced: Unpriced::Refuse,
            hedge_after_ms: BTreeMap::new(),
        }
    }
}
