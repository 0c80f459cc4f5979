//! Everything that can happen to a run.

use crate::effect::{ModelCall, Thought};
use plyrum_billing_client::{MicroRub, Quality, SaidCost, Usage};
use plyrum_protocol::{
    Action, ApprovalId, ApprovalScope, ApprovalVerdict, AttemptId, CallId, CancelReason, ChangedFile,
    Channel, FailureView, Fault, Ruling, StepId, Timestamp, ToolOutcome,
};
use serde::{Deserialize, Serialize};

/// One thing that happened. Inputs about an attempt that is already closed are ignored: a late event of a
/// cancelled stream changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The batch of holds is durable.
    Held {
        /// Number of the batch.
        batch: u32,
    },
    /// The batch was refused as a whole.
    HoldRefused {
        /// Number of the batch.
        batch: u32,
        /// Why, with figures.
        refusal: Refusal,
    },
    /// The ledger could not be written: nothing was held.
    HoldFailed {
        /// Number of the batch.
        batch: u32,
        /// Why.
        fault: Fault,
    },
    /// The request waits for a free place of its provider.
    Queued {
        /// Which attempt.
        attempt: AttemptId,
        /// Requests that may run there at a time.
        limit: u32,
    },
    /// The request goes out: after it waited, or as the one that tries whether its provider answers again. Of others it is
    /// not said.
    Admitted {
        /// Which attempt.
        attempt: AttemptId,
        /// Whether it tries that.
        is_probe: bool,
    },
    /// The attempt's failure was one too many in a row: its provider is not asked for a while.
    ProviderRests {
        /// Which attempt.
        attempt: AttemptId,
        /// Failures in a row.
        failures: u32,
        /// Until when.
        until: Timestamp,
    },
    /// The provider's answer has begun (headers arrived).
    Opened {
        /// Which attempt.
        attempt: AttemptId,
    },
    /// Some text.
    Delta {
        /// Which attempt.
        attempt: AttemptId,
        /// Of which stream.
        channel: Channel,
        /// The text.
        text: String,
    },
    /// Something that has to go back with the calls of this attempt.
    Thought {
        /// Which attempt.
        attempt: AttemptId,
        /// What.
        thought: Thought,
    },
    /// The model calls a tool; all of its calls come before `Closed`.
    Call {
        /// Which attempt.
        attempt: AttemptId,
        /// What it wrote.
        call: ModelCall,
    },
    /// Something happened to a tool call.
    Tool {
        /// Which.
        call: CallId,
        /// What.
        event: ToolEvent,
    },
    /// Whether the answer of a step fits its form.
    Checked {
        /// Which step.
        step: StepId,
        /// What was found.
        verdict: Verdict,
    },
    /// What the run's check says of a proposal.
    Tried {
        /// Whose.
        step: StepId,
        /// What.
        tried: Tried,
    },
    /// The provider's figures; a later report replaces an earlier one whole.
    Usage {
        /// Which attempt.
        attempt: AttemptId,
        /// The figures.
        report: UsageReport,
    },
    /// The stream ended by itself.
    Closed {
        /// Which attempt.
        attempt: AttemptId,
        /// How.
        end: AttemptEnd,
    },
    /// The ledger says that a part of a budget is spent, before it says `Resolved`.
    BudgetReached(BudgetReached),
    /// What providers send is not recorded any more, though it was asked for.
    RecordingFailed {
        /// Why.
        reason: String,
    },
    /// The ledger settled or released an attempt.
    Resolved {
        /// Which attempt.
        attempt: AttemptId,
        /// What was booked.
        settlement: Settlement,
    },
    /// The ledger could not book an attempt; recovery will.
    ResolveFailed {
        /// Which attempt.
        attempt: AttemptId,
        /// Why.
        fault: Fault,
    },
    /// The ledger closed the run; this is its total.
    RunClosed {
        /// Sum of the run's rows.
        total: MicroRub,
    },
    /// The ledger could not close the run; recovery will.
    CloseFailed {
        /// Why.
        fault: Fault,
    },
    /// Time passed.
    Tick,
    /// Somebody wants the answer from what is there.
    FinishNow,
    /// Somebody does not want this proposal. A step that proposes nothing, or is over, stays as it is.
    Drop {
        /// Which step.
        step: StepId,
    },
    /// Somebody ends the run.
    Cancel(CancelReason),
}

/// What was found of an answer that must fit a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It fits.
    Fits {
        /// The JSON text alone, without a code fence.
        text: String,
        /// What it says.
        value: serde_json::Value,
    },
    /// It does not.
    Misfit {
        /// What is wrong with it, in a few bounded lines that its model is told.
        why: String,
    },
    /// It could not be found out, and asking again would not change that.
    Unknown {
        /// Why.
        why: String,
    },
}

/// What a check says of a proposal. Output is without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// Its command ended with 0.
    Passed {
        /// How long it took.
        ms: u64,
        /// What it wrote, or the end of it.
        output: String,
    },
    /// It did not.
    Failed {
        /// Exit code, where it ended by itself.
        exit: Option<i32>,
        /// Why it does not pass, where no exit code says it.
        why: Option<String>,
        /// How long it took.
        ms: u64,
        /// What it wrote, or the end of it.
        output: String,
    },
    /// It could not run, and will not on another proposal.
    NotRun {
        /// Why.
        why: String,
    },
}

/// The life of one tool call: `Proposed`, where it is asked for `Ask`, `Asked` and `Resolved`, then `Started`, output,
/// and one of `Finished`, `Misfit` and `Ends`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolEvent {
    /// What would happen.
    Proposed {
        /// To its last detail.
        action: Box<Action>,
        /// SHA-256 that binds an approval to it.
        sha256: String,
    },
    /// A person has to be asked.
    Ask,
    /// Of a check: it may run.
    Permitted,
    /// The question is durable.
    Asked {
        /// Its id.
        approval: ApprovalId,
        /// After this the default holds.
        deadline: Timestamp,
        /// Why it is asked.
        ruling: Ruling,
        /// The rule that an answer "always" would save.
        rule: Option<String>,
    },
    /// Nobody is waited for: the run stands until somebody answers.
    Parked {
        /// The question.
        approval: ApprovalId,
        /// The command that answers it.
        resume: String,
    },
    /// The question is answered.
    Resolved {
        /// Its id.
        approval: ApprovalId,
        /// The answer.
        verdict: ApprovalVerdict,
        /// Who answered.
        by: String,
        /// For how long it holds.
        scope: Option<ApprovalScope>,
        /// The rule that was saved.
        rule: Option<String>,
        /// Why not.
        reason: Option<String>,
    },
    /// It begins.
    Started {
        /// What the policies said.
        ruling: Ruling,
        /// What allowed it, where that was a person.
        approval: Option<ApprovalId>,
        /// The sandbox's level, of commands.
        sandbox: Option<String>,
    },
    /// Output of a running command.
    Output {
        /// The next piece.
        text: String,
    },
    /// It is over.
    Finished(ToolResult),
    /// The call does not fit its tool. Told to the model once.
    Misfit {
        /// What does not fit.
        why: String,
    },
    /// The call ends the run.
    Ends {
        /// Why.
        fault: Fault,
        /// What the record says of the call.
        result: ToolResult,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// How it ended.
    pub outcome: ToolOutcome,
    /// Exit code of a command that ended by itself.
    pub exit: Option<i32>,
    /// From its start to its end.
    pub ms: u64,
    /// Bytes of output in all.
    pub bytes: u64,
    /// Files that it changed.
    pub changed_files: Vec<ChangedFile>,
    /// What the model is told.
    pub text: String,
}

/// Why the ledger refused a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What stands in the way.
    pub cause: RefusalCause,
    /// What was asked for.
    pub needed: MicroRub,
    /// What was there.
    pub available: MicroRub,
    /// The limit, where there is one.
    pub limit: Option<MicroRub>,
    /// The setting to change.
    pub setting: String,
}

/// Half, four fifths or all of a budget is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetReached {
    /// What it limits.
    pub scope: String,
    /// Which persona, project or provider.
    pub key: Option<String>,
    /// 50, 80 or 100.
    pub percent: u8,
    /// What is charged so far.
    pub spent: MicroRub,
    /// The limit.
    pub limit: MicroRub,
    /// The setting to change.
    pub setting: String,
}

/// What stands in the way of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCause {
    /// A budget of the user.
    Budget,
    /// The prepaid balance.
    Balance,
    /// There is a limit, and nobody knows what this costs at most.
    PriceUnknown,
}

/// A provider's usage report, converted to canonical meters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Disjoint meters, or why the report makes no sense.
    pub usage: Result<Usage, String>,
    /// The provider's own JSON.
    pub raw: String,
    /// What it itself says that this cost. Not kept with a run: it is booked by then.
    #[serde(skip)]
    pub said_cost: Option<SaidCost>,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The model said that it is done.
    Finished(Stop),
    /// The stream broke off.
    Cut {
        /// What broke.
        why: String,
    },
    /// The provider refused or could not be reached.
    Failed(AttemptFailure),
    /// Nothing was sent: the request could not even be prepared.
    NotSent(Fault),
}

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It had said everything.
    EndTurn,
    /// It reached the output limit.
    Length,
    /// It wants a tool.
    ToolUse,
    /// The provider's filter ended it.
    ContentFilter,
    /// A word that we do not know.
    Other(String),
}

/// A provider's failure, without vendor words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// What kind.
    pub class: FailureClass,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// What happened, masked.
    pub message: String,
    /// When the provider asked to be asked again.
    pub retry_after_ms: Option<u64>,
    /// Our limit that passed, by its name.
    #[serde(default)]
    pub limit: Option<String>,
}

impl AttemptFailure {
    /// A failure that came with no status, wish or limit.
    pub fn plain(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, status: None, message: message.into(), retry_after_ms: None, limit: None }
    }

    /// The same for frames.
    pub fn view(&self) -> FailureView {
        FailureView { class: self.class.as_str().to_owned(), status: self.status, limit: self.limit.clone() }
    }
}

/// Kinds of failure that the retry rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureClass {
    /// The name or the port could not be reached: DNS, refused, connect time-out, proxy.
    Connect,
    /// TLS did not come about; asking again changes nothing.
    Tls,
    /// The connection was reset.
    Reset,
    /// Our own time limit on the stream was reached.
    Timeout,
    /// The key was refused.
    Auth,
    /// The request was refused.
    Rejected,
    /// The request was too large.
    TooLarge,
    /// Too many requests.
    RateLimited,
    /// The provider's credit is used up.
    Quota,
    /// The provider is overloaded (503, 529, or an event in the stream).
    Overloaded,
    /// The provider failed (500, 502, 504, 408, 425).
    Server,
    /// The provider failed in a way that another try does not mend: another status, or an error in its stream.
    Broken,
    /// It was not even asked: it has no key, or failed too often just now.
    NotAsked,
    /// The answer could not be understood.
    Protocol,
    /// Our configuration of this provider does not work.
    Config,
}

impl FailureClass {
    /// The word in frames.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Auth => "auth",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Quota => "quota",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Broken => "broken",
            Self::NotAsked => "not_asked",
            Self::Protocol => "protocol",
            Self::Config => "config",
        }
    }
}

/// What the ledger booked for an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// What was charged; none where the price is not known.
    pub cost: Option<MicroRub>,
    /// Meters charged.
    pub usage: Usage,
    /// How well they are known.
    pub quality: Quality,
    /// What the provider says that it cost, where that is far from the charge.
    pub said_otherwise: Option<MicroRub>,
}
