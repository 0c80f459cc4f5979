//! The one writer: a thread that turns a queue into as few commits as possible.
//!
//! **Group commit.** Whatever waits in the queue (at most [`MAX_BATCH`]) goes into one transaction, so a
//! thousand runs share one fsync. Each request is decided in Rust before it writes; a refusal leaves its
//! neighbours alone, a storage error fails the batch as a whole, and nobody is answered before the commit.
//!
//! **Two critical fsyncs per attempt, no more.** Requests that move money commit with
//! `synchronous=FULL`: on disk before they are answered. A batch of nothing but marks (a run begun, a
//! request sent, bytes received …) commits with `synchronous=NORMAL`, which in WAL mode does not flush: it
//! survives the death of the process at once, and a power cut from the next FULL commit on, which flushes
//! the whole log. A mark lost to a power cut costs at most an estimate. The pragma works only outside of a
//! transaction, so it is set between batches, when it changes.
//!
//! **Outbox ids are handed out durable.** A body written by a mark must not reach the audit log while a
//! power cut could still give its id to another body, so taking from the outbox flushes first.
//!
//! **A moment for those who come back.** Runs that were answered together ask again together, a few
//! microseconds later; the writer waits for them (at most [`GATHER`]) instead of flushing for the first one.
//!
//! **Marks wait for nobody's flush.** A request that is about to go out would else wait for the flush of other
//! runs' money: where both are in one batch, the marks are committed and answered first.
//!
//! **Checkpoints wait.** They flush twice, so they run when the queue is empty, not inside a commit; only
//! a log that has grown over [`MAX_LOG_FRAMES`] is checkpointed under load.
//!
//! **Fail-stop.** After a failed COMMIT or fsync nobody knows what is on disk (the kernel may have dropped
//! the pages), so nothing is retried and everything later is refused. A full disk is not that: SQLite
//! takes the transaction back, the batch is refused, and a later one may fit.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::mpsc::{Receiver, error::TryRecvError};

use crate::error::{LedgerError, StorageKind, is_fail_stop};
use crate::op::{Answer, Message, Op, Reply, Weight};
use crate::open::Opened;
use crate::outbox;

/// The most requests in one commit: bounds how long the first of them waits.
pub(crate) const MAX_BATCH: usize = 256;
/// After this many requests an idle moment is used for a checkpoint.
const IDLE_CHECKPOINT_OPS: u64 = 256;
/// After this many requests without an idle moment the log's length is looked at.
const BUSY_CHECK_OPS: u64 = 4096;
/// A log of 64 MiB (of 4 KiB pages) is checkpointed even under load.
const MAX_LOG_FRAMES: i32 = 16_384;

/// From so many callers answered at once on, the writer gives them a moment to come back.
const WORTH_WAITING: usize = 4;
/// The longest such moment.
const GATHER: Duration = Duration::from_micros(200);

/// What the writer has done, for tests and benches.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub commits: AtomicU64,
    pub full_commits: AtomicU64,
    pub requests: AtomicU64,
    pub checkpoints: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Flushed before it is answered.
    Full,
    /// In the log; flushed with the next full one.
    Normal,
}

impl Durability {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// What a batch needs from its commit.
#[derive(Debug, Clone, Copy)]
struct Need {
    durability: Durability,
    /// Something must be written, so that the flush happens and carries earlier bodies along.
    barrier: bool,
    /// Marks among it may write to the outbox.
    bodies: bool,
}

pub(crate) struct Writer {
    conn: Connection,
    on_disk: bool,
    /// Keeps other writers out for as long as this one lives.
    _lock: Option<File>,
    counters: Arc<Counters>,
    durability: Durability,
    /// An earlier commit may have written to the outbox without a flush.
    unflushed_bodies: bool,
    /// How many callers of the last batch may be back in a moment.
    answered: usize,
    requests_since_checkpoint: u64,
    stopped: Option<LedgerError>,
    #[cfg(test)]
    fail_next_commit: Option<i32>,
}

impl Writer {
    /// A writer over a database that was opened with `synchronous=FULL`.
    pub(crate) fn new(opened: Opened, counters: Arc<Counters>) -> Self {
        Self {
            conn: opened.conn,
            on_disk: opened.lock.is_some(),
            _lock: opened.lock,
            counters,
            durability: Durability::Full,
            // A killed predecessor may have left some.
            unflushed_bodies: true,
            answered: 0,
            requests_since_checkpoint: 0,
            stopped: None,
            #[cfg(test)]
            fail_next_commit: None,
        }
    }

    /// Serves the queue until it is closed and empty, then closes the database.
    pub(crate) fn run(mut self, mut queue: Receiver<Message>) {
        let mut goodbyes: Vec<Reply<()>> = Vec::new();
        while let Some(first) = self.next(&mut queue) {
            self.gather(&queue, 1);
            let mut batch = Vec::new();
            take(&mut queue, Some(first), &mut batch, &mut goodbyes);
            let (marks, mut batch) = marks_first(batch);
            if !marks.is_empty() {
                self.answered = marks.len();
                self.serve(marks);
                self.gather(&queue, 0);
                let next = queue.try_recv().ok();
                take(&mut queue, next, &mut batch, &mut goodbyes);
            }
            self.answered = batch.len();
            self.serve(batch);
        }
        let ended = self.close();
        for goodbye in goodbyes {
            let _gone = goodbye.send(ended.clone());
        }
    }

    fn next(&mut self, queue: &mut Receiver<Message>) -> Option<Message> {
        match queue.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        if self.requests_since_checkpoint >= IDLE_CHECKPOINT_OPS {
            self.checkpoint();
        }
        queue.blocking_recv()
    }

    /// Waits for those that were just answered together: runs that share a flush go on sharing it. One run
    /// alone never waits, and nobody waits longer than a fast disk's flush takes. So many as `taken` of them
    /// are here already.
    fn gather(&self, queue: &Receiver<Message>, taken: usize) {
        if self.answered < WORTH_WAITING {
            return;
        }
        let began = Instant::now();
        while queue.len() + taken < self.answered && began.elapsed() < GATHER {
            std::thread::yield_now();
        }
    }

    /// One transaction for the whole batch, and the answers after it.
    pub(crate) fn serve(&mut self, batch: Vec<Op>) {
        if batch.is_empty() {
            return;
        }
        let count = batch.len() as u64;
        self.counters.requests.fetch_add(count, Ordering::Relaxed);
        self.requests_since_checkpoint += count;
        let mut answers = Vec::with_capacity(batch.len());
        let mut waiting = batch.into_iter();
        let end = match &self.stopped {
            Some(stopped) => Err(stopped.clone()),
            None => self.transact(&mut waiting, &mut answers),
        };
        for answer in answers {
            answer(end.clone());
        }
        if let Err(error) = end {
            waiting.for_each(|op| op.refuse(error.clone()));
        }
        self.checkpoint_under_load();
    }

    fn transact(
        &mut self,
        waiting: &mut std::vec::IntoIter<Op>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), LedgerError> {
        let need = self.need(waiting.as_slice());
        self.set_durability(need.durability)?;
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        let before = self.conn.total_changes();
        if need.barrier
            && let Err(error) = outbox::barrier(&self.conn)
        {
            return Err(self.roll_back(error.into()));
        }
        for op in waiting {
            let (answer, done) = op.execute(&self.conn);
            answers.push(answer);
            if let Err(error) = done {
                return Err(self.roll_back(error));
            }
        }
        let wrote = self.conn.total_changes() != before;
        self.commit(need, wrote)
    }

    fn need(&self, batch: &[Op]) -> Need {
        let weights: Vec<Weight> = batch.iter().map(|op| op.weight(&self.conn)).collect();
        let takes = weights.contains(&Weight::Take);
        let bodies = weights.contains(&Weight::MarkWithBody);
        let barrier = takes && self.unflushed_bodies;
        let full = weights.contains(&Weight::Critical) || barrier || (takes && bodies);
        let durability = if full { Durability::Full } else { Durability::Normal };
        Need { durability, barrier, bodies }
    }

    fn set_durability(&mut self, durability: Durability) -> Result<(), LedgerError> {
        if self.durability != durability {
            self.conn.pragma_update(None, "synchronous", durability.as_str())?;
            self.durability = durability;
        }
        Ok(())
    }

    fn commit(&mut self, need: Need, wrote: bool) -> Result<(), LedgerError> {
        if let Err(error) = self.try_commit() {
            // SQLite takes these back as a whole; of any other failure nobody knows what is on disk.
            return match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Err(self.roll_back(error.into())),
                _ => Err(self.stop(&format!("a commit failed: {error}"))),
            };
        }
        if wrote {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
        }
        match need.durability {
            // A commit that wrote nothing flushed nothing.
            Durability::Full if wrote => {
                self.counters.full_commits.fetch_add(1, Ordering::Relaxed);
                self.unflushed_bodies = false;
            }
            Durability::Full => {}
            Durability::Normal => self.unflushed_bodies |= need.bodies,
        }
        Ok(())
    }

    #[cfg(not(test))]
    fn try_commit(&self) -> rusqlite::Result<()> {
        self.conn.execute_batch("COMMIT")
    }

    #[cfg(test)]
    fn try_commit(&mut self) -> rusqlite::Result<()> {
        match self.fail_next_commit.take() {
            Some(code) => Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)),
            None => self.conn.execute_batch("COMMIT"),
        }
    }

    /// Takes the batch back and returns what to tell everyone in it.
    fn roll_back(&mut self, error: LedgerError) -> LedgerError {
        if !self.conn.is_autocommit()
            && let Err(second) = self.conn.execute_batch("ROLLBACK")
        {
            return self.stop(&format!("a rollback failed: {second} (after: {error})"));
        }
        match &error {
            LedgerError::Stopped { why } => self.stop(why),
            LedgerError::Storage { kind: StorageKind::Corrupt, message } => self.stop(message),
            _ => error,
        }
    }

    fn stop(&mut self, why: &str) -> LedgerError {
        let stopped = LedgerError::Stopped { why: why.to_owned() };
        self.stopped.get_or_insert(stopped).clone()
    }

    fn checkpoint_under_load(&mut self) {
        if self.requests_since_checkpoint < BUSY_CHECK_OPS || !self.on_disk {
            return;
        }
        let length = self.conn.wal_checkpoint_v2(None::<&str>, CheckpointMode::NOOP);
        if length.is_ok_and(|(frames, _)| frames > MAX_LOG_FRAMES) {
            self.checkpoint();
        }
    }

    /// Moves the log into the database as far as readers allow, without waiting for them. That it did not
    /// work is no loss (the log has everything), unless a flush failed.
    fn checkpoint(&mut self) {
        if !self.on_disk || self.stopped.is_some() {
            return;
        }
        self.requests_since_checkpoint = 0;
        match self.conn.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
            Ok(_) => drop(self.counters.checkpoints.fetch_add(1, Ordering::Relaxed)),
            Err(error) if is_fail_stop(&error) => drop(self.stop(&format!("a checkpoint failed: {error}"))),
            Err(_) => {}
        }
    }

    /// Closes the database, which moves the whole log into it, unless the disk is no longer trusted.
    fn close(self) -> Result<(), LedgerError> {
        if self.stopped.is_some() {
            self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        let closed = self.conn.close().map_err(|(_, error)| LedgerError::from(error));
        self.stopped.map_or(closed, Err)
    }
}

/// Takes what waits into the batch, as far as it has room.
fn take(
    queue: &mut Receiver<Message>,
    mut message: Option<Message>,
    batch: &mut Vec<Op>,
    goodbyes: &mut Vec<Reply<()>>,
) {
    while let Some(taken) = message {
        match taken {
            Message::Do(op) => batch.push(*op),
            // Nothing new comes in from here on; what waits is still served.
            Message::Shutdown(goodbye) => {
                queue.close();
                goodbyes.push(goodbye);
            }
        }
        message = if batch.len() < MAX_BATCH { queue.try_recv().ok() } else { None };
    }
}

/// The marks of attempts under way that need not wait for the money in the batch, and the rest. What is said
/// of one attempt keeps its order.
fn marks_first(batch: Vec<Op>) -> (Vec<Op>, Vec<Op>) {
    let mut moved = HashSet::new();
    for op in &batch {
        op.moves_money_of(&mut moved);
    }
    if moved.is_empty() {
        return (Vec::new(), batch);
    }
    let early: Vec<bool> =
        batch.iter().map(|op| op.marks().is_some_and(|attempt| !moved.contains(attempt))).collect();
    let mut early = early.into_iter();
    batch.into_iter().partition(|_| early.next().unwrap_or(false))
}

#[cfg(test)]
impl Writer {
    /// The next COMMIT fails with this code instead of being tried.
    pub(crate) fn fail_next_commit(&mut self, code: i32) {
        self.fail_next_commit = Some(code);
    }
}
