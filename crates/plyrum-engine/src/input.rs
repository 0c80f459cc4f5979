//! Everything that can happen to a run.

use plyrum_billing_client::{MicroRub, Quality, SaidCost, Usage};
use plyrum_protocol::{AttemptId, CancelReason, Channel, Fault};

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
    /// Somebody ends the run.
    Cancel(CancelReason),
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
}

/// A provider's usage report, converted to canonical meters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Disjoint meters, or why the report makes no sense.
    pub usage: Result<Usage, String>,
    /// The provider's own JSON.
    pub raw: String,
    /// What it itself says that this cost.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFailure {
    /// What kind.
    pub class: FailureClass,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// What happened, masked.
    pub message: String,
    /// When the provider asked to be asked again.
    pub retry_after_ms: Option<u64>,
}

/// Kinds of failure that the retry rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The answer could not be understood.
    Protocol,
    /// Our configuration of this provider does not work.
    Config,
}

/// What the ledger booked for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What was charged.
    pub cost: MicroRub,
    /// Meters charged.
    pub usage: Usage,
    /// How well they are known.
    pub quality: Quality,
    /// What the provider says that it cost, where that is far from the charge.
    pub said_otherwise: Option<MicroRub>,
}
