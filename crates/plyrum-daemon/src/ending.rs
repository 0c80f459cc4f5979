//! The end of the daemon's life, in a fixed order and within [`ENDS_WITHIN`]: cancel runs, let them settle, flush
//! transcripts, drain the outbox and flush the audit, close the ledger. A step that takes too long is left to the
//! next start, which puts right what is missing; each leaves time for those after it. Who signals a second time waits
//! neither for runs nor for transcripts.

use crate::daemon::Daemon;
use crate::log;
use crate::recorder::Kind;
use crate::signals::Signals;
use plyrum_protocol::{CancelReason, ENDS_WITHIN};
use serde_json::json;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What is left of the time when a step is given up.
const AFTER_RUNS: Duration = Duration::from_secs(12);
const AFTER_FLUSHES: Duration = Duration::from_secs(8);
const AFTER_AUDIT: Duration = Duration::from_secs(4);
const AFTER_LEDGER: Duration = Duration::from_secs(2);
/// The runtime's own end is in it.
const AFTER_ALL: Duration = Duration::from_secs(1);

const _: () = assert!(
    ENDS_WITHIN.as_secs() > AFTER_RUNS.as_secs()
        && AFTER_RUNS.as_secs() > AFTER_FLUSHES.as_secs()
        && AFTER_FLUSHES.as_secs() > AFTER_AUDIT.as_secs()
        && AFTER_AUDIT.as_secs() > AFTER_LEDGER.as_secs()
        && AFTER_LEDGER.as_secs() > AFTER_ALL.as_secs()
);

/// Takes the daemon down. Nobody is accepted any more.
pub(crate) async fn down(daemon: &Daemon, audit: JoinHandle<()>, signals: &Signals) {
    log::line("ending");
    let patience = Patience::new();
    if patience.wait_unless_hurried(AFTER_RUNS, end_runs(daemon), signals).await.is_none() {
        log::line(&format!("{} runs did not end in time; the next start resolves them", daemon.runs.count()));
    }
    if patience.wait_unless_hurried(AFTER_FLUSHES, daemon.flushes.all_done(), signals).await.is_none() {
        log::line("transcripts were not flushed in time");
    }
    daemon.recorder.record(Kind::DaemonStopped, json!({"pid": std::process::id()}));
    if patience.wait(AFTER_AUDIT, daemon.recorder.stop()).await.is_none() {
        log::line("the audit log was not finished in time");
    }
    // Its last act waits for a thread, which must not keep this one.
    let ledger = daemon.ledger.clone();
    let closing = tokio::spawn(async move { ledger.shutdown().await });
    match patience.wait(AFTER_LEDGER, closing).await {
        Some(Ok(Ok(()))) => {}
        Some(Ok(Err(e))) => log::line(&format!("the ledger did not close well: {e}")),
        Some(Err(e)) => log::line(&format!("the ledger did not close well: {e}")),
        None => log::line("the ledger was not closed in time"),
    }
    let _audit_thread_ended =
        patience.wait(AFTER_ALL, tokio::task::spawn_blocking(move || audit.join())).await;
    log::line("ended");
}

async fn end_runs(daemon: &Daemon) {
    for run in daemon.runs.all() {
        if run.hub.is_waiting() {
            run.hub.leave_if_waiting(); // the next daemon goes on with it
            continue;
        }
        let body = json!({"run": run.hub.run, "reason": CancelReason::Shutdown, "by": "daemon"});
        daemon.recorder.record(Kind::RunCancelled, body);
        run.cancel(CancelReason::Shutdown).await;
    }
    daemon.runs.all_over().await;
}

/// The time that the whole end may take.
#[derive(Debug)]
struct Patience {
    until: Instant,
}

impl Patience {
    fn new() -> Self {
        Self { until: Instant::now() + ENDS_WITHIN }
    }

    /// Waits until no more than `left` of the time is there.
    async fn wait<T>(&self, left: Duration, what: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.until - left, what).await.ok()
    }

    async fn wait_unless_hurried<T>(
        &self,
        left: Duration,
        what: impl Future<Output = T>,
        signals: &Signals,
    ) -> Option<T> {
        tokio::select! {
            biased; // what is done already is taken
            done = self.wait(left, what) => done,
            () = signals.to_hurry() => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::by_hand;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn however_many_steps_hang_the_whole_ends_in_time_and_each_step_had_its_share() {
        let (began, patience) = (Instant::now(), Patience::new());
        for left in [AFTER_RUNS, AFTER_FLUSHES, AFTER_AUDIT, AFTER_LEDGER, AFTER_ALL] {
            let step = Instant::now();
            assert_eq!(patience.wait(left, pending::<()>()).await, None);
            assert!(step.elapsed() >= Duration::from_secs(1), "{left:?}");
            assert_eq!(patience.wait(left, async { 7 }).await, Some(7), "what is done already is not lost");
        }
        assert!(began.elapsed() < ENDS_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_cuts_the_waits_for_runs_short() {
        let ((signal, signals), patience) = (by_hand(), Patience::new());
        signal();
        let began = Instant::now();
        let waiting = patience.wait_unless_hurried(AFTER_RUNS, pending::<()>(), &signals);
        let ((), cut) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                signal();
            },
            waiting
        );
        assert_eq!((cut, began.elapsed().as_secs()), (None, 1));
        assert_eq!(patience.wait_unless_hurried(AFTER_FLUSHES, async { 7 }, &signals).await, Some(7));
        assert_eq!(patience.wait_unless_hurried(AFTER_FLUSHES, pending::<()>(), &signals).await, None);
        assert_eq!(began.elapsed().as_secs(), 1);
    }
}
