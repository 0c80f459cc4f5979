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
//!
//! Whether it can write is known to everybody ([`Recorder::ready`]): no run that may cost money begins without.

mod configuration;
mod frames;
mod health;
mod kinds;
mod writer;

pub(crate) use configuration::{Loads, key_print, loaded_files};
pub(crate) use frames::of_frame;
pub(crate) use kinds::Kind;

use crate::clock;
use health::Health;
use plyrum_audit::{Anchor, AuditError, AuditLog, Opening, Retirable, Tombstone};
use plyrum_ledger::{Ledger, OutboxGap, Retired};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_redact::Redactor;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use writer::Writer;

/// Records that may wait. Senders of lifecycle records wait for room: an audit is not thinned out.
const MAX_WAITING: usize = 1024;
/// Longest time that a run's body waits in the outbox.
const DRAIN_EVERY: Duration = Duration::from_millis(200);
/// Longest that a writer is waited for which may hang on a disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

enum Order {
    Append { kind: Kind, body: Value },
    Drain(DrainOrder),
    Redact(Box<Redactor>),
    Flush(oneshot::Sender<Option<String>>),
    Probe(oneshot::Sender<Option<String>>),
    Retire { what: Box<(Retirable, Retired)>, answer: oneshot::Sender<Result<Tombstone, String>> },
    RemoveRetired { last_seq: u64, answer: oneshot::Sender<Result<(), String>> },
    Stop(oneshot::Sender<()>),
}

/// The outbox has had something to carry over since `asked`; it may wait until `due`.
#[derive(Debug, Clone, Copy)]
struct DrainOrder {
    asked: Instant,
    due: Instant,
}

/// Handle of the audit's writer.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    orders: SyncSender<Order>,
    health: Arc<Health>,
    dir: Arc<PathBuf>,
}

impl Recorder {
    /// Opens the log, finishes a removal that a crash has cut short, carries over what an earlier life left in
    /// the outbox, and starts the writer.
    pub(crate) fn start(
        dir: &Path,
        redactor: Redactor,
        boot: &str,
        ledger: Ledger,
        runtime: tokio::runtime::Handle,
    ) -> Result<(Self, JoinHandle<()>), Fault> {
        let (head, floor) =
            runtime.block_on(ledger.audit_witness()).map_err(|e| crate::driver::convert::storage(&e))?;
        let anchor = head.map_or_else(Anchor::genesis, |head| Anchor { seq: head.seq, hash: head.hash });
        let clock = Box::new(|| clock::now().to_string());
        // Forgotten before anything is written: what a crash leaves behind the anchor is no forgery.
        let closed =
            runtime.block_on(ledger.close_audit(None)).map_err(|e| crate::driver::convert::storage(&e))?;
        let mut log = AuditLog::open(dir, Opening { redactor, boot, anchor: Some(anchor), clock })
            .map_err(|e| of_audit(&e))?;
        if let Some(Err(e)) = floor.map(|floor| log.remove_retired(floor.seq)) {
            crate::log::line(&format!("audit: retired files are still there: {e}"));
        }
        let health = Arc::new(Health::default());
        let gap = resume(&log, &ledger, &runtime)?;
        // A ledger that was restored knows an older end, and says so itself.
        if let Some(hash) = closed.filter(|_| gap.is_none()) {
            log.was_closed_at(&hash).map_err(|e| of_audit(&e))?;
        }
        if let Some(what) = log.broken() {
            crate::log::line(&format!("audit: THE CHAIN IS BROKEN: {what}; plyrum audit verify"));
            health.set_broken(what);
        }
        let mut writer = Writer::new(dir.to_owned(), log, ledger, runtime, Arc::clone(&health));
        writer.drain().map_err(|why| of_trouble(&why))?;
        let (orders, inbox) = sync_channel(MAX_WAITING);
        let alive = health::Alive(Arc::clone(&health));
        let run = move || {
            let _alive = alive;
            writer.run(&inbox);
        };
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(run)
            .map_err(|e| Fault::new(ErrorKind::Internal, format!("cannot start the audit thread: {e}")))?;
        Ok((Self { orders, health, dir: Arc::new(dir.to_owned()) }, thread))
    }

    /// Records something that happened. Never carries prompt text.
    pub(crate) fn record(&self, kind: Kind, body: Value) {
        self.send(Order::Append { kind, body });
    }

    /// Puts an order into the queue, where there is room at last.
    fn send(&self, order: Order) {
        match self.orders.try_send(order) {
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

    /// Where the queue is full, the writer finds it after the next order.
    fn drain(&self, within: Duration) {
        let asked = Instant::now();
        if self.orders.try_send(Order::Drain(DrainOrder { asked, due: asked + within })).is_err() {
            self.health.drain_is_due();
        }
    }

    /// Gives the log a redactor that knows newer keys.
    pub(crate) fn set_redactor(&self, redactor: Redactor) {
        self.send(Order::Redact(Box::new(redactor)));
    }

    /// Whether records can be written; if not, why. Where all was well and looks well, nobody is waited for; else
    /// the writer tries now, so that what was mended heals with the next question.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let (health, dir) = (Arc::clone(&self.health), Arc::clone(&self.dir));
        let look = tokio::task::spawn_blocking(move || health.looks_well(&dir));
        if tokio::time::timeout(ANSWER_WITHIN, look).await.is_ok_and(|well| well.unwrap_or(false)) {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        self.order(Order::Probe(answer), answered).await?.map_or(Ok(()), Err)
    }

    /// Waits until everything recorded so far is on the disk; else says why it is not.
    pub(crate) async fn flushed(&self) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Flush(answer), answered).await?.map_or(Ok(()), Err)
    }

    /// Why records could not be written when that was last tried.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.health.trouble(&self.dir)
    }

    /// How the chain was found broken in this life of the daemon.
    pub(crate) fn broken(&self) -> Option<String> {
        self.health.broken()
    }

    /// Removes old files of the log for good, with a tombstone and the ledger's word.
    pub(crate) async fn retire(&self, retirable: Retirable, retired: Retired) -> Result<Tombstone, String> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Retire { what: Box::new((retirable, retired)), answer }, answered).await?
    }

    /// Removes what an earlier removal has left.
    pub(crate) async fn remove_retired(&self, last_seq: u64) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::RemoveRetired { last_seq, answer }, answered).await?
    }

    async fn order<T>(&self, order: Order, answered: oneshot::Receiver<T>) -> Result<T, String> {
        let orders = self.orders.clone();
        let answer = async {
            let sent = tokio::task::spawn_blocking(move || orders.send(order).is_ok()).await;
            if sent.is_ok_and(|sent| sent) { answered.await.ok() } else { None }
        };
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err("its writer is gone".to_owned()),
            Err(_) => Err(format!("its writer does not answer within {} s", ANSWER_WITHIN.as_secs())),
        }
    }

    /// Carries over what is left, syncs, and ends the writer.
    pub(crate) async fn stop(&self) {
        let (done, finished) = oneshot::channel();
        let orders = self.orders.clone();
        let sent = tokio::task::spawn_blocking(move || orders.send(Order::Stop(done))).await;
        if sent.is_ok_and(|s| s.is_ok()) {
            let _gone = finished.await;
        }
    }
}

/// A ledger that was restored from an older copy would give its ids a second time; and what a log has lost
/// that the ledger still keeps is told to it again.
fn resume(
    log: &AuditLog,
    ledger: &Ledger,
    runtime: &tokio::runtime::Handle,
) -> Result<Option<OutboxGap>, Fault> {
    let told = log.last_outbox().unwrap_or(0);
    let failed = |e| crate::driver::convert::storage(&e);
    if log.lost_its_end() {
        let again = runtime.block_on(ledger.tell_again(told)).map_err(failed)?;
        crate::log::line(&format!(
            "audit: its end is missing; {again} movements of money are recorded again"
        ));
    }
    let gap = runtime.block_on(ledger.resume_outbox(told, clock::now().millis())).map_err(failed)?;
    if let Some(gap) = &gap {
        crate::log::line(&format!("audit: {gap}; plyrum ledger reconcile"));
    }
    Ok(gap)
}

/// An audit that cannot be opened, as the user meets it.
fn of_audit(error: &AuditError) -> Fault {
    of_trouble(&error.to_string())
}

fn of_trouble(why: &str) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the audit log: {why}")).hint("plyrum audit verify; plyrum doctor")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn records(dir: &Path, kind: &str) -> Vec<Value> {
        let filter = plyrum_audit::Filter { kind: Some(kind.to_owned()), ..plyrum_audit::Filter::default() };
        let found = plyrum_audit::search(dir, &filter, 10_000).unwrap();
        found.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn start(dir: &Path, ledger: &Ledger) -> Recorder {
        let (dir, ledger, runtime) = (dir.to_owned(), ledger.clone(), tokio::runtime::Handle::current());
        let start = move || Recorder::start(&dir, Redactor::new([0; 32], []), "boot", ledger, runtime);
        tokio::task::spawn_blocking(start).await.unwrap().unwrap().0
    }

    /// Moves money, which fills the outbox.
    async fn top_up(ledger: &Ledger, payment: &str) {
        let amount = plyrum_billing_client::MicroRub::new(1_000_000);
        ledger.top_up(plyrum_ledger::TopUp { id: payment.to_owned(), amount, at: 1 }).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_forged_record_keeps_no_money_from_the_log() {
        let home = tempfile::tempdir().unwrap();
        let (dir, ledger) = (home.path().join("audit"), Ledger::open_in_memory().unwrap());
        let recorder = start(&dir, &ledger).await;
        top_up(&ledger, "a").await;
        recorder.stop().await;
        for (n, told) in [2, 3, 1_000_000_000_000, i64::MAX - 1, i64::MAX].into_iter().enumerate() {
            let clock = Box::new(|| clock::now().to_string());
            let redactor = Redactor::new([0; 32], []);
            let mut log =
                AuditLog::open(&dir, Opening { redactor, boot: "forged", anchor: None, clock }).unwrap();
            log.append("top_up", &json!({"outbox": told})).unwrap();
            drop(log);
            top_up(&ledger, &format!("waits {n}")).await;
            let recorder = start(&dir, &ledger).await;
            top_up(&ledger, &format!("later {n}")).await;
            recorder.stop().await;
            assert!(ledger.take_outbox(10).await.unwrap().is_empty());
            let told = records(&dir, "top_up");
            let there = |payment: String| told.iter().any(|r| r["body"].to_string().contains(&payment));
            assert!(there(format!("waits {n}")) && there(format!("later {n}")), "{told:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn money_is_not_drained_into_a_file_that_was_taken_away_and_what_went_with_it_is_told_again() {
        let home = tempfile::tempdir().unwrap();
        let (dir, ledger) = (home.path().join("audit"), Ledger::open_in_memory().unwrap());
        let recorder = start(&dir, &ledger).await;
        top_up(&ledger, "before").await;
        recorder.outbox_filled();
        recorder.flushed().await.unwrap();
        assert_eq!(records(&dir, "top_up").len(), 1);
        let anchor = ledger.audit_witness().await.unwrap().0;
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(recorder.trouble().unwrap().contains("not where it was"), "seen from outside");
        top_up(&ledger, "after").await;
        recorder.outbox_filled();
        recorder.stop().await;
        assert_eq!(ledger.take_outbox(10).await.unwrap().len(), 1, "still to be told");
        assert_eq!(ledger.audit_witness().await.unwrap().0, anchor);
        let recorder = start(&dir, &ledger).await;
        assert!(recorder.broken().unwrap().contains("is not here") && recorder.trouble().is_none());
        recorder.stop().await;
        let told: Vec<_> = records(&dir, "top_up").iter().map(|r| r["body"]["outbox"].clone()).collect();
        assert_eq!((told, records(&dir, "chain_break").len()), (vec![json!(1), json!(2)], 1));
        assert!(ledger.take_outbox(10).await.unwrap().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_added_behind_a_closed_end_is_a_break_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let (dir, ledger) = (home.path().join("audit"), Ledger::open_in_memory().unwrap());
        for _ in 0..2 {
            let recorder = start(&dir, &ledger).await;
            recorder.record(Kind::DaemonStarted, json!({}));
            assert_eq!(recorder.broken(), None);
            recorder.stop().await;
        }
        let clock = Box::new(|| clock::now().to_string());
        let opening = Opening { redactor: Redactor::new([0; 32], []), boot: "forged", anchor: None, clock };
        AuditLog::open(&dir, opening).unwrap().append("run.finished", &json!({})).unwrap();
        let recorder = start(&dir, &ledger).await;
        assert!(recorder.broken().unwrap().contains("behind the end"));
        recorder.stop().await;
        assert_eq!(records(&dir, "chain_break").len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_written_waits_up_to_a_bound_and_what_is_left_out_is_counted() {
        let home = tempfile::tempdir().unwrap();
        let (dir, ledger) = (home.path().join("audit"), Ledger::open_in_memory().unwrap());
        let recorder = start(&dir, &ledger).await;
        recorder.record(Kind::DaemonStarted, json!({"n": 0}));
        let probe = async || {
            let (answer, answered) = oneshot::channel();
            recorder.order(Order::Probe(answer), answered).await.unwrap()
        };
        assert_eq!(probe().await, None);
        let file = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path());
        let file = file.into_iter().find(|path| path.extension().is_some()).unwrap();
        std::fs::rename(&file, home.path().join("away")).unwrap();
        assert!(recorder.ready().await.unwrap_err().contains("cannot find"));
        for n in 0..5_000 {
            recorder.record(Kind::RunAccepted, json!({"n": n}));
        }
        assert!(probe().await.is_some() && recorder.trouble().is_some());
        std::fs::rename(home.path().join("away"), &file).unwrap();
        recorder.ready().await.unwrap();
        assert_eq!(recorder.trouble(), None);
        let kept = records(&dir, "run.accepted");
        assert_eq!(
            (kept.len(), &kept[4_095]["body"]["n"]),
            (4_096, &json!(4_095)),
            "the first ones, in order"
        );
        assert_eq!(records(&dir, "audit.gap")[0]["body"]["records"], 904);
        recorder.stop().await;
        let (head, _) = ledger.audit_witness().await.unwrap();
        let anchor = head.map(|head| Anchor { seq: head.seq, hash: head.hash });
        let last = records(&dir, "checkpoint");
        assert_eq!(
            last.last().unwrap()["seq"],
            json!(anchor.clone().unwrap().seq),
            "the last word, and anchored"
        );
        let witness = plyrum_audit::Witness { anchor, floor: None };
        assert!(plyrum_audit::verify(&dir, None, Some(&witness)).unwrap().ok);
    }
}
