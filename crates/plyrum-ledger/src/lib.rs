//! Append-only holds, settles, releases and usage rows over SQLite.
//!
//! No request goes to a provider before its money is reserved on disk, and every reservation is resolved
//! exactly once. This crate knows attempts, runs and amounts; it knows no network, terminal, vendor or
//! clock: ids are text, and times are milliseconds since the epoch that come from the caller.
//!
//! Reading order: [`Ledger`] (the handle) → [`HoldBatch`] (reserve) → [`Settle`] (charge) → [`FinishRun`]
//! (the total) → [`NewApproval`] (a tool action that somebody is asked for) → [`OutboxRow`] (what the audit log gets) → [`Recovery`] (after a crash) →
//! [`Store`] (what any backend must do) →
//! [`LedgerReader`] (figures, with or without a daemon) → [`Check`] (the proof) → [`Reconciliation`] (against the audit log). How commits are shared
//! and which of them are flushed is told in `writer.rs`; what is stored, in `schema.sql`.
//!
//! Invariants, each with a test:
//! 0. No limit is passed by holds, in whatever order they come: it is checked in the hold's transaction
//!    against what is posted and what is held (`budget.rs`).
//! 1. A granted hold is on disk before it is answered; all of a batch or none (`hold.rs`).
//! 2. An attempt is resolved once: settled or released; a repeat gets the first answer (`settle.rs`).
//! 3. Σ entries = 0, posted = Σ wallet + debt, held = Σ unresolved holds (`check.rs`).
//! 4. Each charge recomputes from its own row (`charge.rs`).
//! 5. A run's total is the sum of its usage rows, and final when it is finished (`run.rs`).
//! 6. After a crash nothing stays held and no run stays running but those that wait for an approval
//!    (`recover.rs`).
//! 7. Every roll-up is the sum of its attempts (`rollup.rs`).
//! 8. What is committed is in the outbox, under an id that is never given twice (`outbox.rs`).
//! 9. An approval is answered once and executed at most once, as what was asked for (`approval.rs`).

#![deny(clippy::float_arithmetic)]

mod account;
mod adjust;
mod approval;
mod attempt;
mod backup;
mod bounds;
mod budget;
mod charge;
mod check;
mod entries;
mod error;
mod fingerprint;
mod hold;
mod ledger;
mod mark;
mod op;
mod open;
mod outbox;
mod place;
mod raw_usage;
mod read;
mod reconcile;
mod recover;
mod retired;
mod rollup;
mod run;
mod settle;
mod spent;
mod store;
mod terms;
mod words;
mod writer;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;

pub use account::{Balance, ModeSource, TopUp, ToppedUp};
pub use adjust::{Adjust, Adjusted};
pub use approval::{
    AnswerApproval, Answered, Approval, ApprovalFilter, MAX_ACTION, MAX_CHECKPOINT, MAX_PENDING, NewApproval,
    Parked,
};
pub use attempt::Attempt;
pub use budget::{Budget, BudgetId, BudgetNotice, BudgetState, Limit, Limits, MAX_BUDGETS, Windows};
pub use charge::{Basis, Price};
pub use check::Check;
pub use error::{LedgerError, StorageKind};
pub use hold::{HoldBatch, HoldOutcome, NewHold, Refusal};
pub use ledger::{Ledger, QUEUE, WriterStats};
pub use mark::SentRequest;
pub use outbox::{AuditHead, OUTBOX_KINDS, OutboxGap, OutboxRow};
pub use place::{FileSystem, file_system};
pub use read::LedgerReader;
pub use read::dashboard::{
    CacheCase, CacheFigures, DashboardFigures, DashboardQuery, UsageGroup, UsagePoint, cache_saving_at_most,
};
pub use read::explain::{Aside, Earlier};
pub use read::runs::{RunRow, RunsAfter};
pub use read::sums::{Part, UsageTotal};
pub use read::usage::{Buckets, UsageBy, UsageFilter, UsageQuery, UsageReport, UsageRow};
pub use reconcile::{AuditRecord, Reconciliation};
pub use recover::{Recovery, RecoverySpec};
pub use retired::{AuditFloor, Retired};
pub use rollup::SpentBy;
pub use run::{FinishRun, NewRun, RunTotals};
pub use settle::{Settle, Settled};
pub use store::Store;
pub use words::{
    ApprovalScope, ApprovalStatus, ApprovalVerdict, AttemptState, BudgetScope, Mode, Outcome, Period,
    RunStatus, Scope,
};
