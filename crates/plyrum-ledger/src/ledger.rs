//! The handle that everyone else holds: typed requests into the writer's queue, answers out of it.
//!
//! A request that has entered the queue is carried out even if its caller goes away; asking again with the
//! same ids finds out. The queue is bounded: over [`QUEUE`] waiting requests, callers wait to enter it,
//! which slows new runs down instead of growing memory.

use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use plyrum_billing_client::MicroRub;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::account::{self, Balance, ModeSource, TopUp, ToppedUp};
use crate::adjust::{Adjust, Adjusted};
use crate::approval::{self, AnswerApproval, Answered, Approval, ApprovalFilter, NewApproval, Parked};
use crate::attempt::Attempt;
use crate::budget::{self, Budget, BudgetId, BudgetState, Limits};
use crate::check::{self, Check};
use crate::error::LedgerError;
use crate::hold::{HoldBatch, HoldOutcome};
use crate::mark::SentRequest;
use crate::op::{Look, Message, Op, Reply};
use crate::open::{self, Opened};
use crate::outbox::{self, AuditHead, OutboxGap, OutboxRow};
use crate::read::explain;
use crate::recover::{self, Recovery, RecoverySpec};
use crate::retired::{self, AuditFloor};
use crate::run::{self, FinishRun, NewRun, RunTotals};
use crate::settle::{Settle, Settled};
use crate::words::Mode;
use crate::writer::{Counters, Writer};

/// The most requests that wait: sixteen full commits.
pub const QUEUE: usize = 4096;

/// The ledger, open for writing. Clones share one writer; the last one to go closes the database, after
/// what waits has been served.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` only while it is being dropped.
    queue: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    counters: Arc<Counters>,
}

/// What the writer has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterStats {
    /// Requests carried out or refused.
    pub requests: u64,
    /// Commits that wrote something.
    pub commits: u64,
    /// Those of them that were flushed to disk.
    pub full_commits: u64,
    /// Checkpoints of the write-ahead log.
    pub checkpoints: u64,
}

impl Ledger {
    /// Opens the ledger at `path`, creating it where there is none, and resolves what a crash left behind.
    /// Blocks: reads and writes files.
    pub fn open(path: &Path, spec: RecoverySpec) -> Result<(Self, Recovery), LedgerError> {
        Self::start(open::file(path)?, spec)
    }

    /// A ledger that is gone when its last handle is, for tests and simulations.
    pub fn open_in_memory() -> Result<Self, LedgerError> {
        Self::start(open::in_memory()?, RecoverySpec { at: 0 }).map(|(ledger, _)| ledger)
    }

    fn start(mut opened: Opened, spec: RecoverySpec) -> Result<(Self, Recovery), LedgerError> {
        // Opened with synchronous=FULL: what recovery says is on disk.
        let transaction = opened.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let recovery = recover::apply(&transaction, spec)?;
        transaction.commit()?;

        let (queue, requests) = mpsc::channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let writer = Writer::new(opened, Arc::clone(&counters));
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writer.run(requests))
            .map_err(|error| LedgerError::io(&error, "start the ledger's thread"))?;
        let inner = Inner { queue: Some(queue), thread: Mutex::new(Some(thread)), counters };
        Ok((Self { inner: Arc::new(inner) }, recovery))
    }

    /// Begins a run. A repeat with the same content changes nothing.
    pub async fn begin_run(&self, run: NewRun) -> Result<(), LedgerError> {
        self.ask(|reply| Op::BeginRun(run, reply)).await
    }

    /// Reserves money for a wave of attempts, all or none. Once this is answered `Granted`, the hold is on
    /// disk and the requests may go out.
    pub async fn hold(&self, batch: HoldBatch) -> Result<HoldOutcome, LedgerError> {
        self.ask(|reply| Op::Hold(batch, reply)).await
    }

    /// The request starts to go out now, at `at` (milliseconds since the epoch).
    pub async fn mark_sent(&self, attempt: &str, at: i64) -> Result<(), LedgerError> {
        let attempt = attempt.to_owned();
        self.ask(|reply| Op::MarkSent { attempt, at, request: None, reply }).await
    }

    /// The same with what is known of the request as it is sent. A hold made before the request was known has
    /// only its upper bound, and an estimate must start from what went out.
    pub async fn mark_sent_of(
        &self,
        attempt: &str,
        at: i64,
        request: SentRequest,
    ) -> Result<(), LedgerError> {
        let attempt = attempt.to_owned();
        self.ask(|reply| Op::MarkSent { attempt, at, request: Some(request), reply }).await
    }

    /// So many bytes have come back in all: what an estimate starts from if the stream is cut.
    pub async fn note_received(&self, attempt: &str, bytes: u64) -> Result<(), LedgerError> {
        let attempt = attempt.to_owned();
        self.ask(|reply| Op::NoteReceived { attempt, bytes, reply }).await
    }

    /// Charges an attempt, once. An identical repeat gets the first answer.
    pub async fn settle(&self, settle: Settle) -> Result<Settled, LedgerError> {
        self.ask(|reply| Op::Settle(settle, reply)).await
    }

    /// Gives back what an attempt that was never sent held, and returns how much that was.
    pub async fn release(&self, attempt: &str, at: i64) -> Result<MicroRub, LedgerError> {
        let attempt = attempt.to_owned();
        self.ask(|reply| Op::Release { attempt, at, reply }).await
    }

    /// Ends a run, all of whose attempts are resolved, and returns its final totals.
    pub async fn finish_run(&self, finish: FinishRun) -> Result<RunTotals, LedgerError> {
        self.ask(|reply| Op::FinishRun(finish, reply)).await
    }

    /// Changes how the account is limited, and returns it.
    pub async fn set_mode(&self, mode: Mode, source: ModeSource, at: i64) -> Result<Balance, LedgerError> {
        self.ask(|reply| Op::SetMode { mode, source, at, reply }).await
    }

    /// Adds money to the account; debt is paid first.
    pub async fn top_up(&self, top_up: TopUp) -> Result<ToppedUp, LedgerError> {
        self.ask(|reply| Op::TopUp(top_up, reply)).await
    }

    /// Sets a budget, or changes it; it holds from the next hold on.
    pub async fn set_budget(&self, budget: Budget, at: i64) -> Result<(), LedgerError> {
        self.ask(|reply| Op::SetBudget { budget, at, reply }).await
    }

    /// Takes a budget away; false where there was none.
    pub async fn remove_budget(&self, id: BudgetId, at: i64) -> Result<bool, LedgerError> {
        self.ask(|reply| Op::RemoveBudget { id, at, reply }).await
    }

    /// Corrects the account, with a reason that stays.
    pub async fn adjust(&self, adjust: Adjust) -> Result<Adjusted, LedgerError> {
        self.ask(|reply| Op::Adjust(adjust, reply)).await
    }

    /// The oldest bodies that are not marked as drained, at most `limit` (and 1 024), all on disk.
    pub async fn take_outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
        self.ask(|reply| Op::TakeOutbox { limit, reply }).await
    }

    /// Every body up to `up_to` is in the audit log, on disk, whose last record there is `head`.
    pub async fn mark_drained(&self, up_to: i64, head: Option<AuditHead>) -> Result<(), LedgerError> {
        self.ask(|reply| Op::MarkDrained { up_to, head, reply }).await
    }

    /// The audit log has a tombstone, whose record is `head`, for everything up to `floor`: once this is answered
    /// its files may go.
    pub async fn retire_audit(&self, floor: AuditFloor, head: AuditHead) -> Result<(), LedgerError> {
        self.ask(|reply| Op::RetireAudit { floor, head, reply }).await
    }

    /// What this ledger knows of the audit log: the last record that it saw on disk, and where the log begins.
    pub async fn audit_witness(&self) -> Result<(Option<AuditHead>, Option<AuditFloor>), LedgerError> {
        self.look(|conn| Ok((outbox::head(conn)?, retired::floor(conn)?))).await
    }

    /// Nobody writes the audit log any more, and its last record has this hash; `None`: somebody is about to
    /// write. What was known before; on disk once this is answered.
    pub async fn close_audit(&self, head: Option<String>) -> Result<Option<String>, LedgerError> {
        self.ask(|reply| Op::CloseAudit { head, reply }).await
    }

    /// The audit log has lost its end and has bodies up to the outbox id `told` only: later ones that are still
    /// kept here wait again. How many those are.
    pub async fn tell_again(&self, told: i64) -> Result<u64, LedgerError> {
        self.ask(|reply| Op::TellAgain { told, reply }).await
    }

    /// The audit log has bodies up to the outbox id `told`. Where this ledger never gave that id out, it was
    /// restored from an older copy: ids go on behind it, so that no body is lost, and the gap is noted for
    /// good and returned.
    pub async fn resume_outbox(&self, told: i64, at: i64) -> Result<Option<OutboxGap>, LedgerError> {
        self.ask(|reply| Op::ResumeOutbox { told, at, reply }).await
    }

    /// Asks for a tool action. Once this is answered it is on disk, and clients may be told. A repeat with the same
    /// content changes nothing.
    pub async fn request_approval(&self, approval: NewApproval) -> Result<(), LedgerError> {
        let request = Box::new(approval::Request::checked(approval)?);
        self.ask(|reply| Op::RequestApproval(request, reply)).await
    }

    /// Answers an approval; the first answer wins, at the deadline it is too late. A repeat is a later answer.
    pub async fn answer_approval(&self, answer: AnswerApproval) -> Result<Answered, LedgerError> {
        self.ask(|reply| Op::AnswerApproval(Box::new(answer), reply)).await
    }

    /// Ends what is pending and due at `at`, and returns it, the earliest deadline first.
    pub async fn expire_approvals(&self, at: i64) -> Result<Vec<Approval>, LedgerError> {
        self.ask(|reply| Op::ExpireApprovals { at, reply }).await
    }

    /// Ends what a run still waits for, with a reason, and returns it. The end of a run does that by itself.
    pub async fn withdraw_approvals(
        &self,
        run: &str,
        at: i64,
        reason: &str,
    ) -> Result<Vec<Approval>, LedgerError> {
        let (run, reason) = (run.to_owned(), reason.to_owned());
        self.ask(|reply| Op::WithdrawApprovals { run, at, reason, reply }).await
    }

    /// The action is about to run: true once, of an approved one of an open run, whose hash this is. On disk
    /// before it is answered, so it never runs a second time.
    pub async fn begin_execution(&self, id: &str, sha256: &str, at: i64) -> Result<bool, LedgerError> {
        let (id, sha256) = (id.to_owned(), sha256.to_owned());
        self.ask(|reply| Op::BeginExecution { id, sha256, at, reply }).await
    }

    /// The run has taken the answer: its checkpoint goes, and a restart does not resume from it.
    pub async fn take_up(&self, id: &str, at: i64) -> Result<(), LedgerError> {
        let id = id.to_owned();
        self.ask(|reply| Op::TakeUp { id, at, reply }).await
    }

    /// An approval by its whole id.
    pub async fn approval(&self, id: &str) -> Result<Option<Approval>, LedgerError> {
        let id = id.to_owned();
        self.look(move |conn| approval::find(conn, &id)).await
    }

    /// Approvals, newest first.
    pub async fn approvals(&self, filter: ApprovalFilter) -> Result<Vec<Approval>, LedgerError> {
        self.look(move |conn| approval::list(conn, &filter)).await
    }

    /// What open runs wait for, or have not taken the answer of, with what they need to go on after a restart;
    /// the oldest first.
    pub async fn parked(&self) -> Result<Vec<Parked>, LedgerError> {
        self.look(approval::parked).await
    }

    /// The account as it is when its turn in the queue comes.
    pub async fn balance(&self) -> Result<Balance, LedgerError> {
        self.look(account::balance).await
    }

    /// These limits and those of the table, and how far each is used up.
    pub async fn budgets(&self, limits: Limits) -> Result<Vec<BudgetState>, LedgerError> {
        self.look(move |conn| budget::states(conn, &limits)).await
    }

    /// A run and the sum of its usage rows so far.
    pub async fn run_totals(&self, run: &str) -> Result<RunTotals, LedgerError> {
        let run = run.to_owned();
        self.look(move |conn| run::totals(conn, &run)).await
    }

    /// All attempts of a run, in the order of their holds.
    pub async fn attempts_of(&self, run: &str) -> Result<Vec<Attempt>, LedgerError> {
        let run = run.to_owned();
        self.look(move |conn| explain::attempts_of(conn, &run)).await
    }

    /// All attempts that hold money now, the oldest first: for a sweeper that looks for forgotten ones.
    pub async fn unresolved(&self) -> Result<Vec<Attempt>, LedgerError> {
        self.look(recover::unresolved).await
    }

    /// All runs that are begun and not ended, the oldest first; those that wait for an approval apart.
    pub async fn running(&self) -> Result<Vec<String>, LedgerError> {
        self.look(recover::running).await
    }

    /// Proves the books from inside the writer, which serves nothing else meanwhile: for tests and small
    /// ledgers. Beside a running daemon use [`crate::LedgerReader::check`].
    pub async fn check(&self) -> Result<Vec<Check>, LedgerError> {
        self.look(check::all).await
    }

    /// What the writer has done so far.
    pub fn stats(&self) -> WriterStats {
        let counters = &self.inner.counters;
        WriterStats {
            requests: counters.requests.load(Ordering::Relaxed),
            commits: counters.commits.load(Ordering::Relaxed),
            full_commits: counters.full_commits.load(Ordering::Relaxed),
            checkpoints: counters.checkpoints.load(Ordering::Relaxed),
        }
    }

    /// Serves what waits, takes nothing new, closes the database and ends its thread. A second call finds
    /// that done. An error says that the ledger had stopped, or could not be closed.
    pub async fn shutdown(&self) -> Result<(), LedgerError> {
        let ended = match self.send(Message::Shutdown).await {
            Err(LedgerError::Closed) => Ok(()),
            ended => ended,
        };
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Its answer was its last act.
            let _panicked = thread.join();
        }
        ended
    }

    async fn ask<T>(&self, op: impl FnOnce(Reply<T>) -> Op) -> Result<T, LedgerError> {
        self.send(|reply| Message::Do(Box::new(op(reply)))).await
    }

    /// Looks at the database from inside the writer.
    pub(crate) async fn look<T, F>(&self, look: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    {
        self.ask(|reply| {
            let look: Look = Box::new(move |conn| {
                let seen = conn.and_then(look);
                Box::new(move |commit| {
                    let _gone = reply.send(commit.and(seen));
                })
            });
            Op::Look(look)
        })
        .await
    }

    async fn send<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.inner.queue.as_ref().ok_or(LedgerError::Closed)?;
        queue.send(message(reply)).await.map_err(|_| LedgerError::Closed)?;
        answer.await.unwrap_or_else(|_| Err(LedgerError::Stopped { why: "its thread has died".to_owned() }))
    }
}

impl Drop for Inner {
    /// Waits for the writer, so that the file is closed and its lock is free once the last handle is gone.
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _panicked = thread.join();
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
