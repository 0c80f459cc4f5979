//! What any keeper of the money must do, whatever database is under it.
//!
//! [`Ledger`] (one SQLite file, one writer) is the backend for one user; a server database for a team has
//! to mean the same by the same calls. So the meaning is said here and proved by one suite
//! (`conformance/`), which is generic over this trait; dialect, locking and how commits are shared stay
//! behind it. The daemon of one user calls [`Ledger`] itself: it needs no second name for the only
//! backend that it can have.
//!
//! Every call keeps these promises:
//!
//! - **Durable before answered.** Once a call that moves money (`hold`, `settle`, a `release` of a hold
//!   above zero, `top_up`, `adjust`, `set_mode`) or an approval (all of them) has answered, a power cut does not
//!   undo it. Marks
//!   (`begin_run`, `mark_sent`, `note_received`, `finish_run`, …) survive the death of the process at
//!   once, and a power cut from the next answered movement of money on. What `take_outbox` has returned
//!   is durable, and so is everything before it.
//! - **All or none.** A call has happened whole or not at all. An error leaves nothing behind, and never
//!   changes what a concurrent call of somebody else comes to.
//! - **Once.** The caller's id makes a call idempotent: the same id with the same content (times apart)
//!   gets the first answer, whatever has happened since; the same id with other content is
//!   [`LedgerError::IdReused`]. Two calls say which of several was first, and so answer a repeat otherwise:
//!   `answer_approval` and `begin_execution`.
//! - **One order.** All calls happen one after the other, in an order that every caller sees the same;
//!   whoever was answered comes before whoever asks later.
//! - **A future that is dropped** says nothing about its call, which may have happened: ask again with
//!   the same id.

use std::future::Future;

use plyrum_billing_client::MicroRub;

use crate::account::{Balance, ModeSource, TopUp, ToppedUp};
use crate::adjust::{Adjust, Adjusted};
use crate::approval::{AnswerApproval, Answered, Approval, ApprovalFilter, NewApproval, Parked};
use crate::attempt::Attempt;
use crate::budget::{Budget, BudgetId, BudgetState, Limits};
use crate::check::Check;
use crate::error::LedgerError;
use crate::hold::{HoldBatch, HoldOutcome};
use crate::ledger::Ledger;
use crate::mark::SentRequest;
use crate::outbox::{AuditHead, OutboxGap, OutboxRow};
use crate::retired::AuditFloor;
use crate::run::{FinishRun, NewRun, RunTotals};
use crate::settle::{Settle, Settled};
use crate::words::Mode;

/// One list of calls: the trait's, and the SQLite ledger's, which hands each to its own method of that name.
macro_rules! store {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        /// A backend of the ledger; clones are handles of the same one. See the module's header for what every
        /// call promises.
        pub trait Store: Clone + Send + Sync + 'static {
            $($(#[$doc])*
            fn $name(&self, $($argument: $type),*) -> impl Future<Output = Result<$answer, LedgerError>> + Send;)*
        }

        impl Store for Ledger {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, LedgerError> {
                Ledger::$name(self, $($argument),*).await
            })*
        }
    };
}

store! {
    /// Begins a run. Once for each id.
    begin_run(run: NewRun) -> ();
    /// Reserves money for a wave of attempts, all or none, against the account and every budget in one
    /// step that no other hold can come between. A refusal is an answer, not an error; a refused id
    /// stays refused with its first figures, a granted one stays granted.
    hold(batch: HoldBatch) -> HoldOutcome;
    /// The request starts to go out: from here on a crash charges the attempt by an estimate. An error
    /// once the attempt is resolved.
    mark_sent(attempt: &str, at: i64) -> ();
    /// The same with the request as sent: its size, which estimates start from, and its messages' hashes.
    mark_sent_of(attempt: &str, at: i64, request: SentRequest) -> ();
    /// So many bytes have come back in all; the largest count wins. An error unless it was sent.
    note_received(attempt: &str, bytes: u64) -> ();
    /// Gives the hold back and charges the attempt, once, by the price that its hold was made with.
    /// Never refused for what it costs: what exceeds the hold is posted too, as debt in prepaid mode.
    settle(settle: Settle) -> Settled;
    /// Gives back what an attempt that was never sent held; an error once it was sent.
    release(attempt: &str, at: i64) -> MicroRub;
    /// Ends a run, all of whose attempts are resolved; its totals are final.
    finish_run(finish: FinishRun) -> RunTotals;
    /// Asks for a tool action of a run that is open. Once for each id.
    request_approval(approval: NewApproval) -> ();
    /// Answers an approval. The first answer wins; at or after the deadline it is expired, and is made so.
    answer_approval(answer: AnswerApproval) -> Answered;
    /// Ends what is pending and due; what that was, the earliest deadline first.
    expire_approvals(at: i64) -> Vec<Approval>;
    /// Ends what is pending of a run; what that was. The end of a run includes it.
    withdraw_approvals(run: &str, at: i64, reason: &str) -> Vec<Approval>;
    /// An approved action is about to run: true once, for the hash that was approved, of a run that is open.
    begin_execution(id: &str, sha256: &str, at: i64) -> bool;
    /// The run has taken the answer: it is not parked by this approval any more.
    take_up(id: &str, at: i64) -> ();
    /// An approval by its whole id.
    approval(id: &str) -> Option<Approval>;
    /// Approvals, newest first.
    approvals(filter: ApprovalFilter) -> Vec<Approval>;
    /// What open runs wait for, or have not taken the answer of, the oldest first.
    parked() -> Vec<Parked>;
    /// Changes how the account is limited. `Config` counts only for an account that is still new.
    set_mode(mode: Mode, source: ModeSource, at: i64) -> Balance;
    /// Adds money; debt is paid first.
    top_up(top_up: TopUp) -> ToppedUp;
    /// Corrects the account by entries of their own, with a reason.
    adjust(adjust: Adjust) -> Adjusted;
    /// Sets a budget, or changes it; it holds from the next hold on.
    set_budget(budget: Budget, at: i64) -> ();
    /// Takes a budget away; false where there was none.
    remove_budget(id: BudgetId, at: i64) -> bool;
    /// These limits and those that were set, and how far each is used up.
    budgets(limits: Limits) -> Vec<BudgetState>;
    /// The oldest audit bodies not marked as drained, in order. Ids rise and are never given twice,
    /// not even after a crash.
    take_outbox(limit: usize) -> Vec<OutboxRow>;
    /// All bodies up to `up_to` are in the audit log, whose last record on disk is `head`.
    mark_drained(up_to: i64, head: Option<AuditHead>) -> ();
    /// The audit log has bodies up to this id: where it was never given out here, ids go on behind it, and
    /// the gap is noted for good.
    resume_outbox(told: i64, at: i64) -> Option<OutboxGap>;
    /// The log ends with this record, or is about to be written; what was known before.
    close_audit(head: Option<String>) -> Option<String>;
    /// The log has lost bodies behind `told`: those that are still kept wait again; so many.
    tell_again(told: i64) -> u64;
    /// The log has a tombstone, its record `head`, for everything up to `floor`: durable before a file goes.
    retire_audit(floor: AuditFloor, head: AuditHead) -> ();
    /// The last record of the log that was seen on disk, and where the log begins.
    audit_witness() -> (Option<AuditHead>, Option<AuditFloor>);
    /// The account.
    balance() -> Balance;
    /// A run and the sum of its usage rows so far.
    run_totals(run: &str) -> RunTotals;
    /// All attempts of a run, in the order of their holds.
    attempts_of(run: &str) -> Vec<Attempt>;
    /// All attempts that hold money, the oldest first.
    unresolved() -> Vec<Attempt>;
    /// All runs that are begun and not ended, the oldest first; those that are parked apart.
    running() -> Vec<String>;
    /// Proves the books from nothing but what is stored.
    check() -> Vec<Check>;
    /// Serves what waits, takes nothing new, and lets the storage go.
    shutdown() -> ();
}
