//! Approvals: tool actions that the policy says a person must be asked for.
//!
//! An approval is a durable object, not a question in somebody's terminal: it is on disk before any client is
//! told of it, every client sees the same one, and it outlives the daemon that asked. Hence its rules, each
//! kept in the transaction that changes the row and once more by the schema's triggers:
//!
//! - *The first answer wins.* Whoever comes later is told what was answered and by whom. That goes for one's own
//!   answer too: said again it finds itself, so an answer is acted upon once.
//! - *It has an end.* At its deadline, or when its run ends, it expires, which is as good as denied. An answer
//!   at the deadline is late, whether or not somebody has looked at the clock before.
//! - *What runs is what was approved, at most once.* [`crate::Ledger::begin_execution`] compares the action's hash,
//!   takes the approval from `approved` to `executed`, and is on disk before anything runs: after a crash
//!   nothing runs again.
//! - *A run waits across restarts.* Where the daemon gave a checkpoint, recovery leaves the run open until its
//!   answer is [taken up](crate::Ledger::take_up). Once its action has begun, or its answer is taken, the run is like
//!   any other: nothing of it is done twice.
//! - *Each change has its body in the outbox*, one, in the same transaction.

mod change;
mod rows;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::bounds;
use crate::error::LedgerError;
use crate::fingerprint::{self, Print};
use crate::words::{ApprovalScope, ApprovalStatus, ApprovalVerdict};

pub(crate) use change::{
    answer, any_due, any_of, begin_execution, end_of_run, expire, request, take_up, withdraw,
};
pub(crate) use rows::{find, list, parked, parked_runs};

/// The longest text of an action, in bytes.
pub const MAX_ACTION: usize = 1024 * 1024;
/// The longest checkpoint, in bytes.
pub const MAX_CHECKPOINT: usize = 8 * 1024 * 1024;
/// The most approvals that are pending at once.
pub const MAX_PENDING: u32 = 10_000;
/// The longest rule, reason or explanation, in bytes: all of them fit into one body for the audit log.
const MAX_WORDS: usize = 16 * 1024;

/// A tool action to be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewApproval {
    /// The caller's id.
    pub id: String,
    /// The run that wants it; it must be open.
    pub run: String,
    /// The conversation that the run belongs to.
    pub session: String,
    /// The tool call that it answers.
    pub call: String,
    /// The tool.
    pub tool: String,
    /// JSON of exactly what will run; at most [`MAX_ACTION`].
    pub action: String,
    /// The action's hash, in lower-case hex.
    pub sha256: String,
    /// Why it is asked.
    pub why: String,
    /// The rule by which it is asked.
    pub rule: Option<String>,
    /// When, in milliseconds since the epoch. Not part of what makes a repeat a repeat.
    #[serde(skip)]
    pub at: i64,
    /// From when on nobody can answer. Not part of it either: the first one stays.
    #[serde(skip)]
    pub deadline: i64,
    /// JSON of what the daemon needs to go on with the run after a restart; at most [`MAX_CHECKPOINT`].
    pub checkpoint: Option<String>,
}

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerApproval {
    /// Which approval.
    pub id: String,
    /// Yes or no.
    pub verdict: ApprovalVerdict,
    /// How far it reaches.
    pub scope: ApprovalScope,
    /// The client that answers.
    pub by: String,
    /// The rule that was saved with it.
    pub rule: Option<String>,
    /// Why; a model that was denied is told.
    pub reason: Option<String>,
    /// The run is to end with it.
    pub ends_run: bool,
    /// When, in milliseconds since the epoch.
    pub at: i64,
}

/// What an answer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It counts.
    Now(Approval),
    /// It comes too late: somebody has answered before, or nobody can any more.
    Before(Approval),
    /// There is no such approval.
    Unknown,
}

/// An approval as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// The run that wants the action.
    pub run: String,
    /// The conversation that the run belongs to.
    pub session: String,
    /// The tool call that it answers.
    pub call: String,
    /// The tool.
    pub tool: String,
    /// JSON of exactly what will run.
    pub action: String,
    /// The action's hash.
    pub sha256: String,
    /// Why it is asked.
    pub why: String,
    /// The rule that was saved with its answer; where none was, the one by which it is asked.
    pub rule: Option<String>,
    /// When it was asked, in milliseconds since the epoch, as all times here.
    pub at: i64,
    /// From when on nobody can answer.
    pub deadline: i64,
    /// Where it is.
    pub status: ApprovalStatus,
    /// How far its answer reaches.
    pub scope: Option<ApprovalScope>,
    /// The client that answered; none where it expired.
    pub by: Option<String>,
    /// What the answer said, or why it expired.
    pub reason: Option<String>,
    /// The answer ends the run.
    pub ends_run: bool,
    /// When it was answered or expired.
    pub answered_at: Option<i64>,
    /// When its action began to run.
    pub executed_at: Option<i64>,
}

/// An approval that a run waits for, or whose answer it has not taken yet, across restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The approval.
    pub approval: Approval,
    /// What the daemon needs to go on with the run.
    pub checkpoint: String,
}

/// Which approvals to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// Those that can still be answered only.
    pub pending_only: bool,
    /// Those of one run only.
    pub run: Option<String>,
    /// Those before this one only: `at` and id of the last row of the page before.
    pub before: Option<(i64, String)>,
    /// At most so many (and 1 000).
    pub limit: u32,
}

/// A request that keeps every bound, with its print. Made before it enters the writer's queue, where megabytes
/// to parse and hash would keep everybody waiting.
#[derive(Debug)]
pub(crate) struct Request {
    new: NewApproval,
    print: Print,
}

impl Request {
    pub(crate) fn checked(new: NewApproval) -> Result<Self, LedgerError> {
        for (what, id) in [
            ("approval id", &new.id),
            ("run id", &new.run),
            ("session", &new.session),
            ("tool call", &new.call),
            ("tool", &new.tool),
        ] {
            bounds::check_id(what, id)?;
        }
        check_long_json("action", &new.action, MAX_ACTION)?;
        bounds::check_sha256("action's hash", &new.sha256)?;
        bounds::check_text("why it is asked", &new.why, MAX_WORDS)?;
        check_words("rule", new.rule.as_deref())?;
        bounds::check_time("approval time", new.at)?;
        bounds::check_time("approval deadline", new.deadline)?;
        if let Some(checkpoint) = &new.checkpoint {
            check_long_json("checkpoint", checkpoint, MAX_CHECKPOINT)?;
        }
        let print = fingerprint::of(&new)?;
        Ok(Self { new, print })
    }
}

fn check_words(what: &str, words: Option<&str>) -> Result<(), LedgerError> {
    words.map_or(Ok(()), |words| bounds::check_text(what, words, MAX_WORDS))
}

fn check_long_json(what: &str, text: &str, at_most: usize) -> Result<(), LedgerError> {
    bounds::check_text(what, text, at_most)?;
    let parsed = serde_json::from_str::<IgnoredAny>(text);
    parsed.map(drop).map_err(|error| LedgerError::invalid(format!("{what} is not JSON: {error}")))
}
