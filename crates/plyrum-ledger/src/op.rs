//! Everything that can be asked of the writer, and what each request needs from the disk.

use std::collections::HashSet;

use rusqlite::Connection;
use tokio::sync::oneshot;

use plyrum_billing_client::MicroRub;

use crate::account::{self, Balance, ModeSource, TopUp, ToppedUp};
use crate::adjust::{self, Adjust, Adjusted};
use crate::approval::{self, AnswerApproval, Answered, Approval};
use crate::budget::{self, Budget, BudgetId};
use crate::error::LedgerError;
use crate::hold::{self, HoldBatch, HoldOutcome};
use crate::mark::{self, SentRequest};
use crate::outbox::{self, AuditHead, OutboxGap, OutboxRow};
use crate::retired::{self, AuditFloor};
use crate::run::{self, FinishRun, NewRun, RunTotals};
use crate::settle::{self, Settle, Settled};
use crate::words::Mode;

/// Where an answer goes. A caller that is gone is no error: its request was carried out.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, LedgerError>>;

/// A look at the database from inside the writer, which sends its own answer.
pub(crate) type Look = Box<dyn FnOnce(Result<&Connection, LedgerError>) -> Answer + Send>;

/// An answer that waits for its commit; given an error, it says that instead.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), LedgerError>) + Send>;

/// One request, with the place for its answer.
pub(crate) enum Op {
    BeginRun(NewRun, Reply<()>),
    Hold(HoldBatch, Reply<HoldOutcome>),
    MarkSent { attempt: String, at: i64, request: Option<SentRequest>, reply: Reply<()> },
    NoteReceived { attempt: String, bytes: u64, reply: Reply<()> },
    Settle(Settle, Reply<Settled>),
    Release { attempt: String, at: i64, reply: Reply<MicroRub> },
    FinishRun(FinishRun, Reply<RunTotals>),
    SetMode { mode: Mode, source: ModeSource, at: i64, reply: Reply<Balance> },
    TopUp(TopUp, Reply<ToppedUp>),
    SetBudget { budget: Budget, at: i64, reply: Reply<()> },
    RemoveBudget { id: BudgetId, at: i64, reply: Reply<bool> },
    Adjust(Adjust, Reply<Adjusted>),
    TakeOutbox { limit: usize, reply: Reply<Vec<OutboxRow>> },
    MarkDrained { up_to: i64, head: Option<AuditHead>, reply: Reply<()> },
    ResumeOutbox { told: i64, at: i64, reply: Reply<Option<OutboxGap>> },
    CloseAudit { head: Option<String>, reply: Reply<Option<String>> },
    TellAgain { told: i64, reply: Reply<u64> },
    RetireAudit { floor: AuditFloor, head: AuditHead, reply: Reply<()> },
    RequestApproval(Box<approval::Request>, Reply<()>),
    AnswerApproval(Box<AnswerApproval>, Reply<Answered>),
    ExpireApprovals { at: i64, reply: Reply<Vec<Approval>> },
    WithdrawApprovals { run: String, at: i64, reason: String, reply: Reply<Vec<Approval>> },
    BeginExecution { id: String, sha256: String, at: i64, reply: Reply<bool> },
    TakeUp { id: String, at: i64, reply: Reply<()> },
    Look(Look),
}

/// What goes through the queue.
pub(crate) enum Message {
    Do(Box<Op>),
    /// Serve what waits, close, and say so.
    Shutdown(Reply<()>),
}

/// What a request needs from its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Money, or what a person decides: on disk before it is answered.
    Critical,
    /// A mark: recovery does right without it.
    Mark,
    /// A mark that also writes to the outbox.
    MarkWithBody,
    /// Hands outbox ids out: whatever wrote them must be on disk first.
    Take,
}

impl Op {
    pub(crate) fn weight(&self, conn: &Connection) -> Weight {
        match self {
            Self::Hold(..)
            | Self::Settle(..)
            | Self::TopUp(..)
            | Self::SetMode { .. }
            | Self::SetBudget { .. }
            | Self::RemoveBudget { .. }
            | Self::Adjust(..)
            | Self::ResumeOutbox { .. }
            | Self::TellAgain { .. }
            | Self::CloseAudit { .. }
            | Self::RetireAudit { .. }
            | Self::RequestApproval(..)
            | Self::AnswerApproval(..)
            | Self::WithdrawApprovals { .. }
            | Self::BeginExecution { .. }
            | Self::TakeUp { .. } => Weight::Critical,
            // Asked again and again, mostly for nothing: then it is no more than a look.
            Self::ExpireApprovals { at, .. } if approval::any_due(conn, *at) => Weight::Critical,
            // A power cut must not let a run that is over wait for an answer again.
            Self::FinishRun(finish, _) if approval::any_of(conn, &finish.run) => Weight::Critical,
            Self::Release { attempt, .. } if mark::release_moves_money(conn, attempt) => Weight::Critical,
            Self::Release { .. } | Self::FinishRun(..) => Weight::MarkWithBody,
            Self::TakeOutbox { .. } => Weight::Take,
            Self::BeginRun(..)
            | Self::MarkSent { .. }
            | Self::NoteReceived { .. }
            | Self::MarkDrained { .. }
            | Self::ExpireApprovals { .. }
            | Self::Look(_) => Weight::Mark,
        }
    }

    /// The attempt that this only marks.
    pub(crate) fn marks(&self) -> Option<&str> {
        match self {
            Self::MarkSent { attempt, .. } | Self::NoteReceived { attempt, .. } => Some(attempt),
            _ => None,
        }
    }

    /// Adds the attempts whose money this moves.
    pub(crate) fn moves_money_of<'a>(&'a self, attempts: &mut HashSet<&'a str>) {
        match self {
            Self::Hold(batch, _) => attempts.extend(batch.holds.iter().map(|hold| hold.attempt.as_str())),
            Self::Settle(Settle { attempt, .. }, _) | Self::Release { attempt, .. } => {
                attempts.insert(attempt);
            }
            _ => {}
        }
    }

    /// Carries the request out inside the open transaction. The answer is sent after its commit. `Err`:
    /// storage failed, and with it the whole batch.
    pub(crate) fn execute(self, conn: &Connection) -> (Answer, Result<(), LedgerError>) {
        let before = conn.total_changes();
        let (answer, done, refused) = match self {
            Self::BeginRun(run, reply) => later(reply, run::begin(conn, &run)),
            Self::Hold(batch, reply) => later(reply, hold::apply(conn, &batch)),
            Self::MarkSent { attempt, at, request, reply } => {
                later(reply, mark::sent(conn, &attempt, at, request.as_ref()))
            }
            Self::NoteReceived { attempt, bytes, reply } => {
                later(reply, mark::received(conn, &attempt, bytes))
            }
            Self::Settle(settle, reply) => later(reply, settle::apply(conn, &settle)),
            Self::Release { attempt, at, reply } => later(reply, mark::release(conn, &attempt, at)),
            Self::FinishRun(finish, reply) => later(reply, run::finish(conn, &finish)),
            Self::SetMode { mode, source, at, reply } => {
                later(reply, account::set_mode(conn, mode, source, at))
            }
            Self::TopUp(top_up, reply) => later(reply, account::top_up(conn, &top_up)),
            Self::SetBudget { budget, at, reply } => later(reply, budget::set(conn, &budget, at)),
            Self::RemoveBudget { id, at, reply } => later(reply, budget::remove(conn, &id, at)),
            Self::Adjust(adjust, reply) => later(reply, adjust::apply(conn, &adjust)),
            Self::TakeOutbox { limit, reply } => later(reply, outbox::take(conn, limit)),
            Self::MarkDrained { up_to, head, reply } => {
                later(reply, outbox::mark_drained(conn, up_to, head.as_ref()))
            }
            Self::ResumeOutbox { told, at, reply } => later(reply, outbox::resume(conn, told, at)),
            Self::CloseAudit { head, reply } => later(reply, outbox::close(conn, head.as_deref())),
            Self::TellAgain { told, reply } => later(reply, outbox::tell_again(conn, told)),
            Self::RetireAudit { floor, head, reply } => later(reply, retired::retire(conn, &floor, &head)),
            Self::RequestApproval(request, reply) => later(reply, approval::request(conn, &request)),
            Self::AnswerApproval(answer, reply) => later(reply, approval::answer(conn, &answer)),
            Self::ExpireApprovals { at, reply } => later(reply, approval::expire(conn, at)),
            Self::WithdrawApprovals { run, at, reason, reply } => {
                later(reply, approval::withdraw(conn, &run, at, &reason))
            }
            Self::BeginExecution { id, sha256, at, reply } => {
                later(reply, approval::begin_execution(conn, &id, &sha256, at))
            }
            Self::TakeUp { id, at, reply } => later(reply, approval::take_up(conn, &id, at)),
            Self::Look(look) => (look(Ok(conn)), Ok(()), false),
        };
        // A refused request leaves nothing behind, so its neighbours can be committed: every operation
        // decides before its first write.
        debug_assert!(!refused || conn.total_changes() == before, "a refusal after a write");
        (answer, done)
    }

    /// Answers without carrying the request out.
    pub(crate) fn refuse(self, error: LedgerError) {
        match self {
            Self::BeginRun(_, reply)
            | Self::MarkSent { reply, .. }
            | Self::NoteReceived { reply, .. }
            | Self::SetBudget { reply, .. }
            | Self::MarkDrained { reply, .. }
            | Self::RetireAudit { reply, .. }
            | Self::RequestApproval(_, reply)
            | Self::TakeUp { reply, .. } => say(reply, Err(error)),
            Self::Hold(_, reply) => say(reply, Err(error)),
            Self::Settle(_, reply) => say(reply, Err(error)),
            Self::Release { reply, .. } => say(reply, Err(error)),
            Self::FinishRun(_, reply) => say(reply, Err(error)),
            Self::SetMode { reply, .. } => say(reply, Err(error)),
            Self::TopUp(_, reply) => say(reply, Err(error)),
            Self::RemoveBudget { reply, .. } => say(reply, Err(error)),
            Self::Adjust(_, reply) => say(reply, Err(error)),
            Self::TakeOutbox { reply, .. } => say(reply, Err(error)),
            Self::CloseAudit { reply, .. } => say(reply, Err(error)),
            Self::TellAgain { reply, .. } => say(reply, Err(error)),
            Self::ResumeOutbox { reply, .. } => say(reply, Err(error)),
            Self::AnswerApproval(_, reply) => say(reply, Err(error)),
            Self::ExpireApprovals { reply, .. } | Self::WithdrawApprovals { reply, .. } => {
                say(reply, Err(error));
            }
            Self::BeginExecution { reply, .. } => say(reply, Err(error)),
            Self::Look(look) => look(Err(error))(Ok(())),
        }
    }
}

/// Keeps a result for after the commit: the answer, whether storage failed, whether it is a refusal.
fn later<T: Send + 'static>(
    reply: Reply<T>,
    result: Result<T, LedgerError>,
) -> (Answer, Result<(), LedgerError>, bool) {
    let done = match &result {
        Err(error) if error.is_storage() => Err(error.clone()),
        _ => Ok(()),
    };
    let refused = result.is_err() && done.is_ok();
    let answer = move |commit: Result<(), LedgerError>| say(reply, commit.and(result));
    (Box::new(answer), done, refused)
}

fn say<T>(reply: Reply<T>, result: Result<T, LedgerError>) {
    let _gone = reply.send(result);
}
