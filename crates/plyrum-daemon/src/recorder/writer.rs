//! The thread that writes: records of the daemon's, bodies of the ledger's, in order.
//!
//! **Where it cannot write** (a full disk, a file that was taken away) it is in *trouble*: everything waits, the
//! daemon's records in a bounded backlog, the ledger's bodies in its outbox, and it tries again each second and
//! whenever somebody asks. What does not fit into the backlog is counted, and the count is recorded when writing
//! works again. Money is never counted away: the outbox has no bound but the disk.

use super::health::Health;
use super::{DrainOrder, Kind, Order};
use plyrum_audit::{AuditError, AuditLog, CarriedOver, Retirable, Tombstone};
use plyrum_ledger::{AuditFloor, AuditHead, Ledger, OutboxRow, Retired};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Longest time that a record without money stays unsynced.
const SYNC_EVERY: Duration = Duration::from_millis(200);
/// Bodies carried over with one flush: about what a quarter of a second brings under full load. Under load it is the
/// flushes that take the time; more at once would only be more memory, which stays.
const DRAIN_AT_ONCE: usize = 512;
/// Between two tries where nothing can be written.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// Records that wait for a disk; later ones are counted.
const MAX_BACKLOG: usize = 4096;

/// Why something could not be done, in words.
type Done = Result<(), String>;

pub(super) struct Writer {
    dir: PathBuf,
    log: AuditLog,
    ledger: Ledger,
    runtime: tokio::runtime::Handle,
    health: Arc<Health>,
    /// Something was appended and not synced: when it must be.
    sync_by: Option<Instant>,
    /// The outbox has something: when it must be carried over.
    drain_by: Option<Instant>,
    /// When the outbox was last looked into until nothing was left.
    drained_at: Option<Instant>,
    /// Nothing can be written: when to try again.
    retry_by: Option<Instant>,
    backlog: VecDeque<(Kind, Value)>,
    left_out: u64,
    /// The last body of the outbox that is known to be in the log. Records that others may have written do not
    /// count, so that a forged one cannot keep a body back.
    carried: i64,
    /// The file that was written last.
    file: String,
}

impl Writer {
    pub(super) fn new(
        dir: PathBuf,
        log: AuditLog,
        ledger: Ledger,
        runtime: tokio::runtime::Handle,
        health: Arc<Health>,
    ) -> Self {
        Self {
            dir,
            log,
            ledger,
            runtime,
            health,
            sync_by: None,
            drain_by: None,
            drained_at: None,
            retry_by: None,
            backlog: VecDeque::new(),
            left_out: 0,
            carried: 0,
            file: String::new(),
        }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let due = match self.retry_by {
                Some(retry) => Some(retry),
                None => self.sync_by.into_iter().chain(self.drain_by).min(),
            };
            self.health.set_busy(None);
            let order = match due {
                Some(due) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            self.health.set_busy(Some(Instant::now()));
            match order {
                Ok(Order::Append { kind, body }) => self.take(kind, body),
                Ok(Order::Drain(order)) => self.drain_later(order),
                Ok(Order::Redact(redactor)) => self.log.set_redactor(*redactor),
                Ok(Order::Probe(answer)) => {
                    self.probe();
                    let _gone = answer.send(self.health.trouble(&self.dir));
                }
                Ok(Order::Flush(answer)) => {
                    if self.retry_by.is_none() {
                        let done = self.sync();
                        self.note(done);
                    }
                    let _gone = answer.send(self.health.trouble(&self.dir));
                }
                Ok(Order::Retire { what, answer }) => {
                    let _gone = answer.send(self.retire(what.0, &what.1));
                }
                Ok(Order::RemoveRetired { last_seq, answer }) => {
                    let done = self.log.remove_retired(last_seq).map(drop);
                    let _gone = answer.send(done.map_err(|e| e.to_string()));
                }
                Ok(Order::Stop(done)) => {
                    self.end();
                    drop(self); // and with it the log's lock
                    let _gone = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.health.take_due_drain() {
                self.drain_by = Some(Instant::now());
            }
            // Also where orders keep coming, so that nothing waits for a quiet moment.
            self.catch_up(Instant::now());
            self.tell_file();
        }
    }

    /// Makes the next drain due in time for this order, unless one has begun since it was given: the body was in the
    /// outbox by then. Without that, a queue that is behind would be a drain an order, each with its flushes, and
    /// never catch up again.
    fn drain_later(&mut self, order: DrainOrder) {
        if self.drained_at.is_some_and(|drained| drained > order.asked) {
            return;
        }
        self.drain_by = Some(self.drain_by.map_or(order.due, |earlier| earlier.min(order.due)));
    }

    /// Does what is due: a new try, or a drain and a sync.
    fn catch_up(&mut self, now: Instant) {
        match self.retry_by {
            Some(retry) if retry <= now => self.try_again(),
            Some(_) => {}
            None => {
                let mut done = Ok(());
                if self.drain_by.is_some_and(|due| due <= now) {
                    done = self.drain();
                }
                if self.sync_by.is_some_and(|due| due <= now) {
                    done = done.and_then(|()| self.sync());
                }
                self.note(done);
            }
        }
    }

    /// A record of the daemon's: written, or kept until it can be.
    fn take(&mut self, kind: Kind, body: Value) {
        if self.retry_by.is_some() {
            return self.keep(kind, body);
        }
        match self.append(kind.as_str(), &body) {
            Ok(()) => {}
            Err(e) if may_pass(&e) => {
                self.keep(kind, body);
                self.note(Err("a record could not be written".to_owned()));
                self.try_again();
            }
            // It can never be written: too long, or no JSON. That is a fault of ours.
            Err(e) => crate::log::line(&format!("audit: {e}")),
        }
    }

    fn keep(&mut self, kind: Kind, body: Value) {
        if self.backlog.len() < MAX_BACKLOG {
            self.backlog.push_back((kind, body));
        } else {
            self.left_out += 1;
        }
    }

    fn append(&mut self, kind: &str, body: &Value) -> Result<(), AuditError> {
        self.log.append(kind, body)?;
        self.sync_by.get_or_insert_with(|| Instant::now() + SYNC_EVERY);
        Ok(())
    }

    /// Whether writing works, tried now.
    fn probe(&mut self) {
        if self.retry_by.is_some() {
            self.try_again();
        } else {
            let in_place = self.in_place();
            self.note(in_place);
        }
    }

    fn in_place(&self) -> Done {
        self.log.is_in_place().map_err(|e| e.to_string())
    }

    fn try_again(&mut self) {
        let done = self.write_what_waits();
        self.note(done);
    }

    fn write_what_waits(&mut self) -> Done {
        self.in_place()?;
        while let Some((kind, body)) = self.backlog.front().cloned() {
            match self.append(kind.as_str(), &body) {
                Err(e) if may_pass(&e) => return Err(e.to_string()),
                Err(e) => crate::log::line(&format!("audit: {e}")),
                Ok(()) => {}
            }
            self.backlog.pop_front();
        }
        if self.left_out > 0 {
            let body = json!({"records": self.left_out});
            self.append(Kind::AuditGap.as_str(), &body).map_err(|e| e.to_string())?;
            self.left_out = 0;
        }
        self.drain()?;
        self.sync()
    }

    /// Keeps what came of a try where others see it, and says when it changes.
    fn note(&mut self, done: Done) {
        match done {
            Ok(()) => {
                if self.retry_by.take().is_some() {
                    crate::log::line("audit: it can be written again");
                }
                self.health.set(None);
            }
            Err(why) => {
                if self.health.last().as_ref() != Some(&why) {
                    crate::log::line(&format!("audit: {why}"));
                }
                self.retry_by = Some(Instant::now() + RETRY_EVERY);
                self.health.set(Some(why));
            }
        }
    }

    fn sync(&mut self) -> Done {
        if self.sync_by.is_some() {
            self.log.sync().map_err(|e| e.to_string())?;
            self.sync_by = None;
            self.anchor()?;
        }
        Ok(())
    }

    /// Carries the outbox over, syncs, and anchors the head in the ledger.
    pub(super) fn drain(&mut self) -> Done {
        loop {
            let looked_at = Instant::now();
            let rows = self
                .runtime
                .block_on(self.ledger.take_outbox(DRAIN_AT_ONCE))
                .map_err(|e| format!("the ledger's outbox cannot be read: {e}"))?;
            self.drain_by = None;
            let more = rows.len() >= DRAIN_AT_ONCE;
            for row in &rows {
                if row.id <= self.carried {
                    continue;
                }
                self.carry_over(row).map_err(|e| self.still_to_drain(&e))?;
                self.carried = row.id;
            }
            if !rows.is_empty() {
                self.log.sync().map_err(|e| self.still_to_drain(&e))?;
                self.sync_by = None;
                self.anchor()?;
            }
            if !more {
                self.drained_at = Some(looked_at);
                return Ok(());
            }
        }
    }

    fn carry_over(&mut self, row: &OutboxRow) -> Result<(), AuditError> {
        let carried = match self.log.carry_over(row.id, &row.kind, &row.body) {
            Err(e) if !may_pass(&e) => {
                crate::log::line(&format!("audit: outbox id {} is recorded by its hash only: {e}", row.id));
                self.log.carry_over(row.id, Kind::AuditStandIn.as_str(), &stand_in(row))?
            }
            other => other?,
        };
        match carried {
            CarriedOver::Before => return Ok(()),
            CarriedOver::Written => {}
            CarriedOver::Against => {
                let id = row.id;
                let what =
                    format!("it has a record of outbox id {id} that the ledger did not write: it was forged");
                crate::log::line(&format!("audit: THE CHAIN IS BROKEN: {what}; plyrum audit verify"));
                self.health.set_broken(&what);
            }
        }
        self.sync_by.get_or_insert_with(|| Instant::now() + SYNC_EVERY);
        Ok(())
    }

    fn still_to_drain(&mut self, error: &AuditError) -> String {
        self.drain_by = Some(Instant::now());
        error.to_string()
    }

    /// Tells the ledger how far the log is: what is carried over, and the hash of its last record, both on disk
    /// and where readers find them.
    fn anchor(&mut self) -> Done {
        self.in_place()?;
        let marked = self.runtime.block_on(self.ledger.mark_drained(self.carried, Some(self.head())));
        marked.map_err(|e| format!("the ledger cannot keep the audit's head: {e}"))
    }

    fn head(&self) -> AuditHead {
        let head = self.log.head();
        AuditHead { seq: head.seq, hash: head.hash }
    }

    /// Tombstone, floor, removal: in this order, each durable before the next.
    fn retire(&mut self, retirable: Retirable, retired: &Retired) -> Result<Tombstone, String> {
        // The head moves with the floor: no body may wait whose record is before it.
        self.write_what_waits()?;
        let told = serde_json::to_value(retired).map_err(|e| e.to_string())?;
        let tombstone = self.log.bury(retirable, told).map_err(|e| e.to_string())?;
        let floor =
            AuditFloor { seq: tombstone.last_seq, hash: tombstone.last_hash.clone(), told: retired.clone() };
        self.runtime.block_on(self.ledger.retire_audit(floor, self.head())).map_err(|e| {
            format!("the ledger cannot keep where the log begins, so nothing was removed: {e}")
        })?;
        self.log.remove_retired(tombstone.last_seq).map_err(|e| {
            format!("{e}; what is left of the retired files goes at the next start of the daemon")
        })?;
        Ok(tombstone)
    }

    /// The last words: everything that waits, and a checkpoint of the file so far.
    fn end(&mut self) {
        let done = self.write_what_waits().and_then(|()| {
            self.log.checkpoint().and_then(|()| self.log.sync()).map_err(|e| e.to_string())?;
            self.anchor()?;
            let closed = self.runtime.block_on(self.ledger.close_audit(Some(self.log.head().hash)));
            closed.map(drop).map_err(|e| format!("the ledger cannot keep the audit's end: {e}"))
        });
        self.note(done);
    }

    /// Lets others see which file is written, where it is another one.
    fn tell_file(&mut self) {
        let now = self.log.head().file;
        if now != self.file {
            self.health.set_file(Some(self.dir.join(&now)).filter(|_| !now.is_empty()));
            self.file = now;
        }
    }
}

/// Whether the same record may be written later. If not it never can be: too long, say. That is a fault of ours,
/// and must not keep others back.
fn may_pass(error: &AuditError) -> bool {
    !matches!(error, AuditError::TooLong { .. } | AuditError::Kind { .. } | AuditError::Json(_))
}

/// What is recorded of a body that cannot be.
fn stand_in(row: &OutboxRow) -> Value {
    let kind: String = row.kind.chars().take(64).collect();
    let sha256 = crate::ids::hex(&Sha256::digest(row.body.to_string()));
    json!({"kind": kind, "sha256": sha256})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn writer(home: &Path, runtime: &tokio::runtime::Runtime) -> Writer {
        let redactor = plyrum_redact::Redactor::new([0; 32], []);
        let clock = Box::new(|| "2026-11-10T00:00:00.000Z".to_owned());
        let opening = plyrum_audit::Opening { redactor, boot: "b", anchor: None, clock };
        let log = AuditLog::open(home, opening).unwrap();
        let (ledger, health) = (Ledger::open_in_memory().unwrap(), Arc::new(Health::default()));
        Writer::new(home.to_owned(), log, ledger, runtime.handle().clone(), health)
    }

    #[test]
    fn one_drain_serves_every_order_that_waited_for_it() {
        let home = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut writer = writer(home.path(), &runtime);
        let asked = Instant::now();
        let orders: Vec<_> = (0..100).map(|_| DrainOrder { asked, due: asked }).collect();
        for order in &orders {
            writer.drain_later(*order);
            writer.catch_up(Instant::now());
        }
        assert_eq!(writer.ledger.stats().requests, 1, "looks into the outbox");
        let later = DrainOrder { asked: Instant::now(), due: Instant::now() };
        writer.drain_later(later);
        assert_eq!(writer.drain_by, Some(later.due), "its body may have come after the look");
    }

    #[test]
    fn a_body_that_cannot_be_written_is_stood_in_for_by_its_hash() {
        let home = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut writer = writer(home.path(), &runtime);
        let row = |id, kind: &str, body| OutboxRow { id, at: 1, kind: kind.to_owned(), body };
        let poison = json!({"reason": "x".repeat(2 * 1024 * 1024)});
        for row in [row(1, "hold", json!({})), row(2, "adjustment", poison), row(3, "No Kind", json!({}))] {
            writer.carry_over(&row).unwrap();
        }
        let lines = plyrum_audit::tail(home.path(), 9).unwrap();
        let told: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let shown = told.iter().map(|r| (r["kind"].as_str().unwrap(), r["body"]["outbox"].as_i64().unwrap()));
        let stand_in = Kind::AuditStandIn.as_str();
        assert_eq!(shown.collect::<Vec<_>>(), [("hold", 1), (stand_in, 2), (stand_in, 3)]);
        assert_eq!(told[1]["body"]["kind"], "adjustment");
        writer.keep(Kind::RunFinished, json!("x".repeat(2 * 1024 * 1024)));
        writer.keep(Kind::RunFinished, json!({}));
        writer.write_what_waits().unwrap();
        assert!(plyrum_audit::tail(home.path(), 1).unwrap()[0].contains("run.finished"));
    }
}
