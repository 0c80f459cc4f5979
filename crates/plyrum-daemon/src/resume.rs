//! Runs that an earlier daemon left waiting for a person: they go on here, or are ended with the reason.

use crate::clock;
use crate::daemon::Daemon;
use crate::driver::Driver;
use crate::hub::Hub;
use crate::runs::LiveRun;
use crate::sessions::pictures::{Pictures, Reads};
use crate::tools::{OfRun, Parked as Kept};
use crate::{budgets, recover};
use plyrum_engine::Run;
use plyrum_ledger::{FinishRun, Parked, RunStatus};
use plyrum_protocol::{ApprovalId, ErrorKind, Fault, PictureMark, RunId, SessionId, Timestamp};
use plyrum_sessions::SessionLog;
use serde_json::json;
use std::sync::Arc;

/// Goes on with every run that waits. Returns how many do.
pub(crate) async fn resume_parked(daemon: &Arc<Daemon>) -> usize {
    let parked = match daemon.ledger.parked().await {
        Ok(parked) => parked,
        Err(e) => {
            crate::log::line(&format!("runs that wait for an approval cannot be read: {e}"));
            return 0;
        }
    };
    let mut resumed = 0;
    for waiting in parked {
        let run = waiting.approval.run.clone();
        match resume(daemon, waiting).await {
            Ok(()) => resumed += 1,
            Err(fault) => {
                crate::log::line(&format!("run {run}: it cannot go on: {fault}"));
                end(daemon, &run).await;
            }
        }
    }
    resumed
}

async fn resume(daemon: &Arc<Daemon>, waiting: Parked) -> Result<(), Fault> {
    let broken = |e: String| Fault::new(ErrorKind::Internal, e);
    let kept: Kept = serde_json::from_str(&waiting.checkpoint).map_err(|e| broken(e.to_string()))?;
    let approval = ApprovalId::new(waiting.approval.id).map_err(|e| broken(e.to_string()))?;
    let run = RunId::new(waiting.approval.run).map_err(|e| broken(e.to_string()))?;
    let session = SessionId::new(waiting.approval.session).map_err(|e| broken(e.to_string()))?;
    let workspace = kept.order.workspace.to_str().map(str::to_owned);
    let context = daemon.context(workspace.as_deref()).await?;
    let dir = daemon.paths.sessions_dir();
    let storage = |e: std::io::Error| Fault::new(ErrorKind::Storage, format!("session {session}: {e}"));
    let totals = daemon.ledger.run_totals(run.as_str()).await.map_err(|e| broken(e.to_string()))?;
    let begun = Timestamp::from_millis(totals.started_at);
    let read = || plyrum_sessions::frames_of_run_at(&dir, &session, &run, begun);
    let frames = tokio::task::block_in_place(read).map_err(storage)?;
    let log = SessionLog::open_existing(&dir, &session).map_err(storage)?;
    let seq = frames.iter().filter_map(|frame| frame.seq).max().unwrap_or(0);
    let catalog = Arc::<plyrum_catalog::Catalog>::clone(&context.catalog);
    let pictures = Pictures { dir: &dir, session: &session, reads: Reads::Bytes };
    let find = |mark: &PictureMark| tokio::task::block_in_place(|| pictures.find(mark));
    let (resumed, effects) =
        Run::resume(&kept.run, seq, &find, catalog).map_err(|e| broken(e.to_string()))?;
    let hub = Arc::new(Hub::new(run, session));
    hub.recall(&frames);
    let budgets =
        budgets::configured(&context.settings, workspace.as_deref().map(crate::project::of).as_deref());
    let (driver, inputs) =
        Driver::new(Arc::clone(daemon), Arc::clone(&context), Arc::clone(&hub), log, budgets);
    let tools = OfRun::new(Arc::clone(daemon), context, Arc::clone(&hub), inputs.clone(), kept.order);
    if !daemon.runs.add(LiveRun { hub, inputs, accepted_at: resumed.spec().accepted_at }) {
        return Err(broken("it lives already".to_owned()));
    }
    tokio::spawn(driver.with_tools(tools).resume(resumed, effects, approval));
    Ok(())
}

/// As after a crash.
async fn end(daemon: &Daemon, run: &str) {
    let order = FinishRun {
        run: run.to_owned(),
        status: RunStatus::Interrupted,
        plan: None,
        detail: json!({ "by": "resume" }),
        at: clock::now().millis(),
    };
    match daemon.ledger.finish_run(order).await {
        Ok(totals) => {
            daemon.recorder.outbox_filled();
            let Ok(session) = SessionId::new(totals.session) else { return };
            let is_it = |unfinished: &RunId| unfinished.as_str() == run;
            let dir = daemon.paths.sessions_dir();
            if let Err(e) =
                recover::finish_session(&dir, &daemon.ledger, &daemon.recorder, &session, is_it).await
            {
                crate::log::line(&format!("session {session} cannot be ended properly: {e}"));
            }
        }
        Err(e) => crate::log::line(&format!("run {run}: it is left to the sweeper: {e}")),
    }
}
