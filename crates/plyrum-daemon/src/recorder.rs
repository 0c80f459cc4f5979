//! The audit's only writer: a thread that takes records from the daemon and bodies from the ledger's
//! outbox, in order, and keeps the ledger told how far it is.
//!
//! Money never waits for it: a hold or a settle is durable with its body in the outbox, in the same
//! transaction; this thread carries the bodies over afterwards. After a crash the outbox is drained again
//! from the last body that the log has, so none is missing and none is there twice.
//!
//! Bodies of runs wait a moment ([`DRAIN_EVERY`]) before they are carried over. An id is handed out durable, so to take a
//! body that came with a mark (a run's end) is a flush of the ledger; at once, that flush would stand on the
//! path of the answer that the run is just sending. It also makes one flush of the log out of many.

use crate::clock;
use plyrum_audit::{AuditError, AuditLog};
use plyrum_ledger::{AuditHead, Ledger};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_redact::Redactor;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Records that may wait. Senders of lifecycle records wait for room: an audit is not thinned out.
const MAX_WAITING: usize = 4096;
/// Longest time that a record without money stays unsynced.
const SYNC_EVERY: Duration = Duration::from_millis(200);
/// Longest time that a run's body waits in the outbox.
const DRAIN_EVERY: Duration = Duration::from_millis(200);
/// Bodies carried over at once.
const DRAIN_AT_ONCE: usize = 256;

enum Order {
    Append { kind: &'static str, body: Value },
    Drain { due: Instant },
    Redact(Box<Redactor>),
    Stop(tokio::sync::oneshot::Sender<()>),
}

/// Handle of the audit's writer.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    orders: SyncSender<Order>,
}

impl Recorder {
    /// Opens the log, carries over what an earlier life left in the outbox, and starts the writer.
    pub(crate) fn start(
        dir: &Path,
        redactor: Redactor,
        boot: &str,
        ledger: Ledger,
        runtime: tokio::runtime::Handle,
    ) -> Result<(Self, JoinHandle<()>), Fault> {
        let log = AuditLog::open(dir, redactor, boot, Box::new(|| clock::now().to_string()))
            .map_err(|e| of_audit(&e))?;
        let (orders, inbox) = sync_channel(MAX_WAITING);
        let mut writer = Writer { log, ledger, runtime, sync_by: None, drain_by: None, broken: false };
        writer.resume();
        writer.drain().map_err(|e| of_audit(&e))?;
        let thread =
            std::thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&inbox)).map_err(
                |e| Fault::new(ErrorKind::Internal, format!("cannot start the audit thread: {e}")),
            )?;
        Ok((Self { orders }, thread))
    }

    /// Records something that happened. Never carries prompt text.
    pub(crate) fn record(&self, kind: &'static str, body: Value) {
        match self.orders.try_send(Order::Append { kind, body }) {
            Ok(()) => {}
            Err(TrySendError::Full(order)) => {
                // The writer is a disk behind; waiting a moment is right, since nothing may be lost.
                let _stopped = tokio::task::block_in_place(|| self.orders.send(order));
            }
            Err(TrySendError::Disconnected(_)) => crate::log::line("the audit writer is gone"),
        }
    }

    /// Says that the outbox has something that a person has just ordered: it is carried over at once.
    pub(crate) fn outbox_filled(&self) {
        self.drain(Duration::ZERO);
    }

    /// Says that a run has put something into the outbox: it is carried over in a moment.
    pub(crate) fn outbox_filled_by_run(&self) {
        self.drain(DRAIN_EVERY);
    }

    /// Orders that wait already cover it.
    fn drain(&self, within: Duration) {
        let _covered = self.orders.try_send(Order::Drain { due: Instant::now() + within });
    }

    /// Gives the log a redactor that knows newer keys.
    pub(crate) fn set_redactor(&self, redactor: Redactor) {
        let _stopped = self.orders.try_send(Order::Redact(Box::new(redactor)));
    }

    /// Carries over what is left, syncs, and ends the writer.
    pub(crate) async fn stop(&self) {
        let (done, finished) = tokio::sync::oneshot::channel();
        let orders = self.orders.clone();
        let sent = tokio::task::spawn_blocking(move || orders.send(Order::Stop(done))).await;
        if sent.is_ok_and(|s| s.is_ok()) {
            let _gone = finished.await;
        }
    }
}

struct Writer {
    log: AuditLog,
    ledger: Ledger,
    runtime: tokio::runtime::Handle,
    /// Something was appended and not synced: when it must be.
    sync_by: Option<Instant>,
    /// The outbox has something: when it must be carried over.
    drain_by: Option<Instant>,
    broken: bool,
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let order = match self.sync_by.into_iter().chain(self.drain_by).min() {
                Some(due) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let done = match order {
                Ok(Order::Append { kind, body }) => self.append(kind, &body),
                Ok(Order::Drain { due }) => {
                    self.drain_by = Some(self.drain_by.map_or(due, |earlier| earlier.min(due)));
                    Ok(())
                }
                Ok(Order::Redact(redactor)) => {
                    self.log.set_redactor(*redactor);
                    Ok(())
                }
                Ok(Order::Stop(done)) => {
                    let last = self.drain().and_then(|()| self.sync());
                    self.anchor(self.log.last_outbox().unwrap_or(0));
                    self.note(last);
                    let _gone = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.note(done);
            // Also where orders keep coming, so that nothing waits for a quiet moment.
            let done = self.catch_up(Instant::now());
            self.note(done);
        }
    }

    /// Does what is due: a drain, or else a sync.
    fn catch_up(&mut self, now: Instant) -> Result<(), AuditError> {
        if self.drain_by.is_some_and(|due| due <= now) {
            self.drain()?;
        }
        if self.sync_by.is_some_and(|due| due <= now) { self.sync() } else { Ok(()) }
    }

    /// A ledger that was restored from an older copy would give its ids a second time.
    fn resume(&self) {
        let Some(told) = self.log.last_outbox() else { return };
        match self.runtime.block_on(self.ledger.resume_outbox(told, clock::now().millis())) {
            Ok(None) => {}
            Ok(Some(gap)) => crate::log::line(&format!("audit: {gap}; plyrum ledger reconcile")),
            Err(e) => crate::log::line(&format!("audit: the outbox cannot be resumed: {e}")),
        }
    }

    fn note(&mut self, done: Result<(), AuditError>) {
        match done {
            Ok(()) => self.broken = false,
            Err(e) if !self.broken => {
                self.broken = true;
                crate::log::line(&format!("audit: {e}"));
            }
            Err(_) => {}
        }
    }

    fn append(&mut self, kind: &str, body: &Value) -> Result<(), AuditError> {
        self.log.append(kind, body)?;
        self.sync_by.get_or_insert_with(|| Instant::now() + SYNC_EVERY);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), AuditError> {
        if self.sync_by.is_some() {
            // Where it fails it is tried again, as late as after any other record.
            self.sync_by = Some(Instant::now() + SYNC_EVERY);
            self.log.sync()?;
            self.sync_by = None;
        }
        Ok(())
    }

    /// Carries the outbox over, syncs, and anchors the head in the ledger.
    fn drain(&mut self) -> Result<(), AuditError> {
        self.drain_by = None;
        loop {
            let rows = match self.runtime.block_on(self.ledger.take_outbox(DRAIN_AT_ONCE)) {
                Ok(rows) => rows,
                Err(e) => {
                    crate::log::line(&format!("audit: the outbox cannot be read: {e}"));
                    return Ok(());
                }
            };
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
            let written = self.log.last_outbox().unwrap_or(0);
            for row in rows.iter().filter(|row| row.id > written) {
                let mut body = row.body.clone();
                if let Some(fields) = body.as_object_mut() {
                    fields.insert("outbox".to_owned(), json!(row.id));
                }
                self.append(&row.kind, &body)?;
            }
            self.sync()?;
            if !self.anchor(last) {
                return Ok(());
            }
        }
    }

    /// Tells the ledger how far the log is: what is carried over, and the hash of its last record.
    fn anchor(&self, up_to: i64) -> bool {
        let head = self.log.head();
        let anchor = AuditHead { seq: head.seq, hash: head.hash };
        let marked = self.runtime.block_on(self.ledger.mark_drained(up_to, Some(anchor)));
        if let Err(e) = &marked {
            crate::log::line(&format!("audit: the outbox cannot be marked: {e}"));
        }
        marked.is_ok()
    }
}

/// An audit that cannot be opened, as the user meets it.
fn of_audit(error: &AuditError) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the audit log: {error}"))
        .hint("plyrum audit verify; plyrum doctor")
}
