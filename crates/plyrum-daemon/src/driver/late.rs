//! Bookings that could not be made in time: a disk that was full may have room again. They are tried until
//! they succeed or the daemon ends; then the next start resolves them.

use crate::clock;
use crate::daemon::{Daemon, Phase};
use plyrum_ledger::{FinishRun, LedgerError, RunStatus, Settle};
use plyrum_protocol::RunId;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Wait between two tries.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Settles an attempt when there is room, then ends its run.
pub(super) async fn settle(daemon: Arc<Daemon>, order: Settle, run: RunId) {
    let _waits = daemon.late.enter(run.as_str());
    if until_done(&daemon, || daemon.ledger.settle(order.clone())).await {
        let ended = FinishRun {
            run: run.as_str().to_owned(),
            status: RunStatus::Failed,
            plan: None,
            detail: json!({"booked": "late"}),
            at: clock::now().millis(),
        };
        finish(Arc::clone(&daemon), ended).await;
    }
}

/// Ends a run in the books when there is room.
pub(super) async fn finish(daemon: Arc<Daemon>, order: FinishRun) {
    let _waits = daemon.late.enter(&order.run);
    if until_done(&daemon, || daemon.ledger.finish_run(order.clone())).await {
        crate::log::line(&format!("run {}: booked late, now that the ledger can be written", order.run));
    }
}

async fn until_done<T, F, A>(daemon: &Daemon, mut book: A) -> bool
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, LedgerError>>,
{
    loop {
        tokio::time::sleep(AGAIN_AFTER).await;
        match book().await {
            Ok(_) => {
                daemon.recorder.outbox_filled_by_run();
                return true;
            }
            Err(LedgerError::Storage { .. }) if daemon.phase() == Phase::Open => {}
            Err(_) => return false, // resolved by somebody else, or the daemon ends
        }
    }
}
