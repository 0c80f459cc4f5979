//! A run is written down, in the books and in its session's log, before anything of it is done.

use super::{Start, not_called_off};
use crate::blocking;
use crate::budgets;
use crate::clock;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::driver::{Driver, convert};
use crate::hub::Hub;
use crate::resolve::Asked;
use crate::runs::LiveRun;
use crate::tools::{OfRun, Order};
use plyrum_engine::RunSpec;
use plyrum_ledger::{FinishRun, NewRun, RunStatus};
use plyrum_protocol::{ErrorKind, Fault, PictureMark};
use plyrum_sessions::{Event, SessionLog, keep_picture};
use serde_json::json;
use std::sync::Arc;

/// Writes the run down and makes its driver.
pub(super) async fn begin(
    daemon: &Arc<Daemon>,
    context: Arc<Context>,
    project: Option<String>,
    asked: &Asked,
    spec: RunSpec,
    is_new: bool,
    acting: Option<Order>,
) -> Result<Start, Fault> {
    // First in the books: a run that they refuse leaves no word on the disk.
    let new = NewRun {
        run: spec.run.as_str().to_owned(),
        session: spec.session.as_str().to_owned(),
        persona: spec.persona.clone(),
        plan: spec.plan.clone(),
        project: project.clone(),
        client: spec.client.clone(),
        budget: spec.limits.budget,
        at: spec.accepted_at.millis(),
    };
    daemon.ledger.begin_run(new).await.map_err(|e| convert::storage(&e))?;
    let opened = Event::Opened { at: spec.accepted_at, project: project.clone() };
    let log = match open_log(daemon, &context, &spec, asked, Some(&opened).filter(|_| is_new)) {
        Ok(log) => log,
        Err(fault) => {
            give_up(daemon, &spec).await;
            return Err(fault);
        }
    };
    let hub = Arc::new(Hub::new(spec.run.clone(), spec.session.clone()));
    let budgets = budgets::configured(&context.settings, project.as_deref());
    let (mut driver, inputs) =
        Driver::new(Arc::clone(daemon), Arc::clone(&context), Arc::clone(&hub), log, budgets);
    if let Some(order) = acting {
        driver = driver.with_tools(OfRun::new(
            Arc::clone(daemon),
            context,
            Arc::clone(&hub),
            inputs.clone(),
            order,
        ));
    }
    if !daemon.runs.add(LiveRun { hub: Arc::clone(&hub), inputs, accepted_at: spec.accepted_at }) {
        not_called_off(daemon, &spec.run)?;
        return Err(Fault::new(ErrorKind::Failed, "a run of this id was submitted at the same moment"));
    }
    Ok(Start { daemon: Arc::clone(daemon), driver, spec, hub })
}

/// Ends a run that could not be written down.
async fn give_up(daemon: &Daemon, spec: &RunSpec) {
    let order = FinishRun {
        run: spec.run.as_str().to_owned(),
        status: RunStatus::Failed,
        plan: None,
        detail: json!({ "by": "submit" }),
        at: clock::now().millis(),
    };
    if let Err(e) = daemon.ledger.finish_run(order).await {
        crate::log::line(&format!("run {}: it is left to the sweeper: {e}", spec.run));
    }
    daemon.recorder.outbox_filled();
}

/// The session's log, with what was asked as its next items: all of it, or the log is as it was.
fn open_log(
    daemon: &Daemon,
    context: &Context,
    spec: &RunSpec,
    asked: &Asked,
    opened: Option<&Event>,
) -> Result<SessionLog, Fault> {
    let storage = |e: std::io::Error| {
        Fault::new(ErrorKind::Storage, format!("the transcript cannot be written: {e}"))
            .hint("free some space or mend the disk, then ask again; plyrum doctor")
    };
    // A new session's directory is flushed.
    let log = tokio::task::block_in_place(|| match opened {
        Some(_) => SessionLog::open(&daemon.sessions.dir, &spec.session),
        None => SessionLog::open_existing(&daemon.sessions.dir, &spec.session),
    });
    let log = log.map_err(storage)?;
    let attachments: Vec<(&str, &str)> =
        asked.attachments.iter().map(|a| (a.name.as_str(), a.text.as_str())).collect();
    let marks: Vec<PictureMark> = asked.pictures.iter().map(|picture| picture.mark.clone()).collect();
    // A picture is there before the line that names it.
    let append = || {
        asked.pictures.iter().try_for_each(|picture| {
            keep_picture(&daemon.sessions.dir, &spec.session, &picture.mark, &picture.data)
        })?;
        log.append_asked(opened, &spec.run, &asked.prompt, &attachments, &marks, &context.redactor)
    };
    let bytes = if marks.is_empty() { asked.bytes() } else { u64::MAX };
    match blocking::by_size(bytes, append) {
        Ok(()) => Ok(log),
        Err(e) => {
            if opened.is_some()
                && let Err(e) = log.remove_if_empty()
            {
                crate::log::line(&format!("session {}: {e}", spec.session));
            }
            Err(storage(e))
        }
    }
}
