//! The requests a client can make, each a type with its parameters and reply.
//!
//! `daemon/status`, `daemon/stop` and `daemon/drain` are protocol 0: their shapes never change.

use crate::{
    ApprovalRow, ApprovalScope, Asking, AttachmentId, Check, Compact, ContextMeter, Decision, DryRun,
    MediaType, RunId, SessionId, StepId, Undone, view,
};
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A request by its name, parameters and reply.
pub trait Method {
    /// `<noun>/<verb>`.
    const NAME: &'static str;
    /// What the client sends.
    type Params: Serialize + DeserializeOwned + Send;
    /// What the daemon answers.
    type Reply: Serialize + DeserializeOwned + Send;
}

macro_rules! methods {
    ($( $(#[$doc:meta])* $name:ident $text:literal $params:ty => $reply:ty; )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Method for $name {
                const NAME: &'static str = $text;
                type Params = $params;
                type Reply = $reply;
            }
        )*
    };
}
pub(crate) use methods;

methods! {
    /// Uploads a piece of a text or picture that a later submit names.
    AttachmentPut "attachment/put" AttachmentPiece => Empty;
    /// Starts a run; its frames follow to this client.
    RunSubmit "run/submit" Submit => Submitted;
    /// Follows a run from a frame on.
    RunAttach "run/attach" Attach => Attached;
    /// Ends a run.
    RunCancel "run/cancel" Cancel => Empty;
    /// Answers with the proposals that are there.
    RunFinishNow "run/finishNow" RunRef => Empty;
    /// Drops one proposal of a mixture: it is hung up, booked, and not asked for again.
    RunDropStep "run/dropStep" StepRef => Empty;
    /// Puts back what a run's tools changed.
    RunUndo "run/undo" UndoOrder => Undone;
    /// Says whether a run's answer was good.
    RunFeedback "run/feedback" FeedbackOrder => FeedbackTaken;
    /// Questions about tool actions.
    ApprovalList "approval/list" ApprovalQuery => Listing<ApprovalRow>;
    /// Answers one; the first answer counts.
    ApprovalAnswer "approval/answer" ApprovalReply => ApprovalAnswered;
    /// Routes a prompt without running it.
    RouteExplain "route/explain" RouteQuery => Decision;
    /// The plans.
    PlanList "plan/list" Page => Listing<view::PlanRow>;
    /// A plan as it would run.
    PlanShow "plan/show" PlanRef => view::PlanDetail;
    /// Checks plan files: texts of the client's, and everything that the daemon loads.
    PlanCheck "plan/check" PlanTexts => view::Checks;
    /// The personas.
    PersonaList "persona/list" Page => Listing<view::PersonaRow>;
    /// The models.
    ModelList "model/list" Page => Listing<view::ModelRow>;
    /// The providers, and how each is.
    ProviderList "provider/list" Page => Listing<view::ProviderRow>;
    /// Asks a provider for its list of models: whether it answers, and takes the key.
    ProviderTest "provider/test" ProviderRef => view::ProviderTested;
    /// Asks providers for their lists of models, and keeps them.
    ProviderRefresh "provider/refresh" ProviderChoice => Listing<view::RefreshRow>;
    /// Looks for servers of this machine at their usual ports.
    ProviderScan "provider/scan" Empty => Listing<view::FoundRow>;
    /// Limits, and how far they are used up.
    BudgetList "budget/list" BudgetQuery => Listing<view::BudgetRow>;
    /// Sets a limit.
    BudgetSet "budget/set" BudgetOrder => Empty;
    /// Takes a limit away.
    BudgetRemove "budget/remove" BudgetRef => Empty;
    /// Adds money to the account.
    BalanceTopUp "balance/topUp" TopUp => view::ToppedUp;
    /// Changes how the account is limited.
    BalanceSetMode "balance/setMode" ModeOrder => view::Balance;
    /// Corrects the account by entries of their own.
    LedgerAdjust "ledger/adjust" Adjustment => view::Balance;
    /// Removes old files of the audit log, or says which would go.
    AuditPrune "audit/prune" AuditPruneOrder => view::AuditPruned;
    /// How the daemon is. Protocol 0.
    DaemonStatus "daemon/status" Empty => view::DaemonStatus;
    /// Cancels what runs, settles it, and ends. Protocol 0.
    DaemonStop "daemon/stop" Empty => Empty;
    /// Takes nothing new, waits for what runs, and ends. Protocol 0.
    DaemonDrain "daemon/drain" Empty => Empty;
}

/// Nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderRef {
    /// Its id.
    pub provider: String,
}

/// One provider, or all that can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderChoice {
    /// Its id; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// Whose limits are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetQuery {
    /// The client's working directory: its project's limits are shown too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// What a limit is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetRef {
    /// `run`, `session`, `all`, `persona`, `project` or `provider`.
    pub scope: String,
    /// Which one; empty for each run, each session, and all.
    #[serde(default)]
    pub key: String,
    /// `total`, `day` or `month`.
    pub period: String,
}

/// A limit to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetOrder {
    /// What it is on.
    #[serde(flatten)]
    pub budget: BudgetRef,
    /// The most that may be spent and held.
    pub limit_micro_rub: MicroRub,
}

/// Money for the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopUp {
    /// The client's id of it: the same again adds nothing.
    pub id: String,
    /// How much.
    pub micro_rub: MicroRub,
}

/// How the account is to be limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModeOrder {
    /// `metered` or `prepaid`.
    pub mode: String,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// Where the last page ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Rows, and where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listing<T> {
    /// At most 256 rows.
    pub rows: Vec<T>,
    /// None on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Largest piece of an attachment, in bytes of UTF-8. JSON can blow text up sixfold, and a line is 1 MiB.
pub const MAX_PIECE_BYTES: usize = 160 * 1024;
/// Largest piece of a picture, in bytes before base64, which makes four of three.
pub const MAX_PICTURE_PIECE_BYTES: usize = MAX_PIECE_BYTES / 4 * 3;
/// Largest sum of the attachments of one run, in bytes: 16 MiB.
pub const MAX_ATTACHED_BYTES: usize = 16 * 1024 * 1024;
/// Most attachments of one run.
pub const MAX_ATTACHMENTS: usize = 64;
/// Largest prompt that travels in the submit itself, in bytes of UTF-8; longer text is an attachment.
pub const MAX_PROMPT_BYTES: usize = 128 * 1024;

/// A piece of an attachment, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentPiece {
    /// Which attachment; made by the client.
    pub attachment: AttachmentId,
    /// Its name for the model (`stdin`, a path). Taken from the first piece.
    pub name: String,
    /// The next piece of text, at most [`MAX_PIECE_BYTES`]; of a picture its next bytes in base64.
    pub text: String,
    /// What a picture is; absent for text. Taken from the first piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
}

/// How to trade quality against price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The cheapest that will do.
    Cheap,
    /// In between.
    #[default]
    Balanced,
    /// The best, whatever it costs.
    Best,
}

/// How long a model that thinks may think before it answers: what it thinks is paid too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// As little as it can.
    Low,
    /// In between.
    Medium,
    /// As much as it can.
    High,
}

impl Effort {
    /// All, from the least.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What happens to a run when the client that submitted it is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The run is cancelled: spending stops.
    #[default]
    Connection,
    /// The run goes on.
    Detached,
}

/// One prompt to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmitOptions {
    /// Catalogue id; none lets the router choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Persona name; none takes the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// Plan name; none takes the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Quality against price; none takes the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// How long models that think may think; none takes the persona's, else leaves it to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Most that this run may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost_micro_rub: Option<MicroRub>,
    /// Longest that this run may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Policy of the run's tool actions; none takes the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// What happens where the policy says that an action must be asked for.
    #[serde(default)]
    pub asking: Asking,
    /// Turns in which a model may call tools; none takes the configured number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// Read and think only: no tool that changes anything is offered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan_mode: bool,
    /// JSON Schema that the answer must fit, at most 64 KiB; references stay within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// Keep what the providers send in this file, an absolute path: a new one, or a cassette to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// What judges the proposals of a plan that selects one: the best-ranked that passes is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}

/// Parameters of `run/submit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submit {
    /// Made by the client: the same id again returns the first receipt and starts nothing.
    pub run: RunId,
    /// The conversation to continue: an id or a prefix, `last`, or none for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The prompt, at most [`MAX_PROMPT_BYTES`].
    pub prompt: String,
    /// Attachments uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentId>,
    /// What to use and what to spend.
    #[serde(default)]
    pub options: SubmitOptions,
    /// The client's working directory: finds the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Program and version of the client, for the record.
    pub client: String,
    /// What happens when the client is gone.
    #[serde(default)]
    pub owner: Owner,
    /// Plan and price it, but do not run it: nothing is written, and the attachments stay for the next submit.
    #[serde(default)]
    pub dry_run: bool,
    /// Summarise the session's older turns; `prompt` is then what the summary should mind, or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compact: Option<Compact>,
}

/// Reply to `run/submit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Submitted {
    /// What would run.
    Planned(DryRun),
    /// It runs.
    Receipt(Receipt),
}

/// A run was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// True where every candidate model is the offline extractor.
    pub offline: bool,
    /// Key variables that this client has and the daemon does not, where the daemon found no key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys_only_in_client: Vec<String>,
    /// Something about the daemon that its user must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What of a continued session the run is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextMeter>,
}

/// Parameters of `run/attach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attach {
    /// The run: an id, a prefix, or `last`.
    pub run: String,
    /// Durable frames after this one are wanted; 0 for all.
    pub after_seq: u64,
    /// The policy of this client: while it is attached, the strictest of all counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
}

/// Reply to `run/attach`; the missing frames, a snapshot of each open step, then live frames follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attached {
    /// The run's whole id.
    pub run: RunId,
    /// Whether it is still going.
    pub live: bool,
}

/// A run, by an id, a prefix, or `last`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRef {
    /// Which.
    pub run: String,
}

/// A step of a living run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepRef {
    /// The run: its id, a prefix of it, or `last`.
    pub run: String,
    /// The step, by its name in the plan.
    pub step: StepId,
}

/// A plan, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRef {
    /// Which.
    pub plan: String,
}

/// Plan files to check, at most 64 of at most 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanTexts {
    /// Name and content of each.
    pub files: Vec<PlanText>,
}

/// A plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanText {
    /// Its path, for messages.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Parameters of `run/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// The run: an id, a prefix, or `last`.
    pub run: String,
    /// Why, for the record.
    pub reason: CancelReason,
}

/// Why a run is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// Nobody reads the answer any more.
    OutputClosed,
    /// A person, from another client.
    User,
    /// The client that owned it is gone.
    ClientGone,
    /// The daemon stops.
    Shutdown,
}

impl CancelReason {
    /// The word used in JSON and in the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
            Self::OutputClosed => "output_closed",
            Self::User => "user",
            Self::ClientGone => "client_gone",
            Self::Shutdown => "shutdown",
        }
    }
}

/// Parameters of `run/undo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndoOrder {
    /// The run: an id, a prefix, or `last`.
    pub run: String,
    /// Put back also what was changed since.
    #[serde(default)]
    pub overwrite: bool,
    /// Program and version of the client, for the record.
    #[serde(default)]
    pub client: String,
}

/// Parameters of `run/feedback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackOrder {
    /// The run: an id, a prefix, or `last`.
    pub run: String,
    /// Whether its answer was good; null takes an earlier verdict back.
    pub good: Option<bool>,
    /// Program and version of the client, for the record.
    #[serde(default)]
    pub client: String,
}

/// A verdict that counts now: `feedback --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackTaken {
    /// The run.
    pub run: RunId,
    /// Who wrote its answer.
    pub model: String,
    /// Fields of its prompt; none counts for the model as a whole.
    pub domains: Vec<String>,
    /// Whether the answer was good; null where a verdict was taken back.
    pub good: Option<bool>,
    /// False where the same was said before, or nothing was there to take back.
    pub changed: bool,
}

/// Parameters of `approval/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalQuery {
    /// Also those that are answered.
    #[serde(default)]
    pub all: bool,
    /// Where the last page ended; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Parameters of `approval/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalReply {
    /// The question: an id, or an unambiguous prefix of a pending one's.
    pub approval: String,
    /// Whether it may run.
    pub approve: bool,
    /// For how long that holds.
    #[serde(default)]
    pub scope: ApprovalScope,
    /// Why not, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// End the run with the denial.
    #[serde(default)]
    pub end: bool,
    /// Program and version of the client, for the record.
    pub client: String,
}

/// Reply to `approval/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAnswered {
    /// The question as it stands.
    pub approval: ApprovalRow,
    /// Whether this answer was the first.
    pub first: bool,
    /// What else the user must know, such as that a rule was saved and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Parameters of `ledger/adjust`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adjustment {
    /// Made by the client: the same again changes nothing.
    pub adjustment: String,
    /// Above zero gives, below zero takes.
    pub amount_micro_rub: MicroRub,
    /// Why; kept with the entries.
    pub reason: String,
}

/// Parameters of `audit/prune`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPruneOrder {
    /// Files go whose records all are from before this day (`2026-11-01`, in UTC); the newest file never goes.
    pub before: String,
    /// Say what would go, and remove nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// Parameters of `route/explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteQuery {
    /// The prompt.
    pub prompt: String,
    /// Attachments uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentId>,
    /// What to use and what to spend.
    #[serde(default)]
    pub options: SubmitOptions,
    /// The client's working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}
