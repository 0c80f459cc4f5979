//! Submitting and cancelling runs.

use super::Visitor;
use super::attachments::Enclosed;
use crate::blocking;
use crate::recorder::Kind;
use crate::resolve::Asked;
use crate::runs::LiveRun;
use crate::submit;
use plyrum_engine::Input;
use plyrum_protocol::{
    Cancel, Empty, ErrorKind, Fault, Owner, RequestId, RunId, RunRef, RunSubmit, StepId, StepRef, Submit,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Characters of an id that is no prefix of one.
const WHOLE_ID: usize = 16;

/// Starts a run; the receipt goes out before its first frame.
pub(super) async fn submit(visitor: &mut Visitor, id: RequestId, submit: Submit) {
    let owner = submit.owner;
    match accept(visitor, submit).await {
        Ok(accepted) => {
            visitor.answer::<RunSubmit>(id, Ok(accepted.reply.clone()));
            if let Some(run) = accepted.start(&visitor.outbox)
                && owner == Owner::Connection
            {
                visitor.owned.retain(|owned| visitor.daemon.runs.get(owned).is_some());
                visitor.owned.push(run);
            }
        }
        Err(fault) => visitor.answer::<RunSubmit>(id, Err(fault)),
    }
}

async fn accept(visitor: &mut Visitor, submit: Submit) -> Result<submit::Accepted, Fault> {
    let kept = &mut visitor.attachments;
    let Enclosed { attachments, pictures } = blocking::by_size(kept.bytes(), || {
        if submit.dry_run { kept.copy(&submit.attachments) } else { kept.take(&submit.attachments) }
    })?;
    let asked = Asked { prompt: submit.prompt.clone(), attachments, pictures };
    let keys = visitor.hello.as_ref().map(|hello| hello.key_names.as_slice()).unwrap_or_default();
    submit::accept(&Arc::clone(&visitor.daemon), submit, asked, keys).await
}

/// Ends a run.
pub(super) async fn cancel(visitor: &mut Visitor, cancel: Cancel) -> Result<Empty, Fault> {
    let live = find_live(visitor, &cancel.run).inspect_err(|_| call_off(visitor, &cancel.run))?;
    let build = visitor.hello.as_ref().map(|hello| hello.build.as_str());
    let body = json!({"run": live.hub.run, "reason": cancel.reason, "by": "client", "build": build});
    visitor.daemon.recorder.record(Kind::RunCancelled, body);
    live.cancel(cancel.reason).await;
    Ok(Empty {})
}

/// A run by its whole id of which nothing is known may be on its way still, on a connection that broke: it does not begin.
fn call_off(visitor: &Visitor, asked: &str) {
    if asked.len() >= WHOLE_ID
        && let Ok(run) = RunId::new(asked)
    {
        visitor.daemon.runs.call_off(&run);
    }
}

/// Wants the answer from the proposals that are there.
pub(super) async fn finish_now(visitor: &mut Visitor, run: RunRef) -> Result<Empty, Fault> {
    let live = find_live(visitor, &run.run)?;
    let _run_is_over = live.inputs.send(Input::FinishNow).await;
    Ok(Empty {})
}

/// Goes on without one proposal.
pub(super) async fn drop_step(visitor: &mut Visitor, dropped: StepRef) -> Result<Empty, Fault> {
    let live = find_live(visitor, &dropped.run)?;
    let StepRef { step, .. } = dropped;
    let proposing = live.hub.proposing();
    if !proposing.contains(&step) {
        return Err(no_such_proposal(&live, &step, &proposing));
    }
    let build = visitor.hello.as_ref().map(|hello| hello.build.as_str());
    let body = json!({"run": live.hub.run, "step": step, "by": "client", "build": build});
    visitor.daemon.recorder.record(Kind::StepDropped, body);
    let _run_is_over = live.inputs.send(Input::Drop { step }).await;
    Ok(Empty {})
}

fn no_such_proposal(live: &LiveRun, step: &StepId, proposing: &BTreeSet<StepId>) -> Fault {
    let run = &live.hub.run;
    let names: Vec<&str> = proposing.iter().map(StepId::as_str).collect();
    let hint = match names.as_slice() {
        [] => "all of its proposals are there or given up".to_owned(),
        names => format!("proposals that are still to come: {}", names.join(", ")),
    };
    Fault::new(ErrorKind::NotFound, format!("run {run} waits for no proposal `{step}`")).hint(hint)
}

/// The living run that an id or a prefix names; `last` is the newest that lives.
pub(super) fn find_live(visitor: &Visitor, asked: &str) -> Result<LiveRun, Fault> {
    let runs = &visitor.daemon.runs;
    let hint = "plyrum runs list";
    if asked.is_empty() {
        return Err(Fault::new(ErrorKind::Usage, "an empty id names no run").hint(hint));
    }
    let mut fits = if asked == "last" { runs.newest().into_iter().collect() } else { runs.by_prefix(asked) };
    match (fits.pop(), fits.is_empty()) {
        (Some(run), true) => Ok(run),
        (Some(_), false) => {
            Err(Fault::new(ErrorKind::Ambiguous, format!("`{asked}` fits several living runs")).hint(hint))
        }
        (None, _) => Err(Fault::new(ErrorKind::NotFound, format!("no living run `{asked}`")).hint(hint)),
    }
}
