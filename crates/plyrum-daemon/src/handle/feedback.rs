//! A person's verdict on an answer.

use super::Visitor;
use super::attach::{Found, find, told};
use crate::clock;
use crate::learned::Given;
use crate::recorder::Kind;
use plyrum_protocol::{Decision, ErrorKind, Fault, FeedbackOrder, FeedbackTaken, FrameBody, RunResult};
use serde_json::json;
use std::sync::Arc;

/// Counts a verdict on a run that is over and has an answer.
pub(super) async fn give(visitor: &mut Visitor, order: FeedbackOrder) -> Result<FeedbackTaken, Fault> {
    let (row, run, session) = match find(visitor, &order.run).await? {
        Found::Over { row, run, session } => (row, run, session),
        Found::Living(live) => {
            let run = &live.hub.run;
            let message = format!("run {run} is still going on");
            return Err(Fault::new(ErrorKind::Failed, message).hint("say it when its answer is whole"));
        }
    };
    let (mut decision, mut result): (Option<Box<Decision>>, Option<Box<RunResult>>) = (None, None);
    for frame in told(visitor, &row, &run, &session).await? {
        match frame.body {
            FrameBody::RunRouted { decision: routed } => decision = Some(routed),
            FrameBody::RunFinished { result: finished } => result = Some(finished),
            _ => {}
        }
    }
    let result = result.filter(|result| !result.answer.is_empty() && !result.model.is_empty());
    let (Some(decision), Some(result)) = (decision, result) else {
        return Err(Fault::new(ErrorKind::Failed, format!("run {run} has no answer to say that of")));
    };
    let (model, domains, at) = (result.model, decision.domains, clock::now().millis());
    let given = Given { run: run.to_string(), model, domains, good: order.good, at };
    let (learned, kept) = (Arc::clone(&visitor.daemon.learned), given.clone());
    let changed = tokio::task::spawn_blocking(move || learned.feedback.give(kept)).await;
    let changed = changed.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?.map_err(|e| {
        Fault::new(ErrorKind::Storage, format!("the verdict cannot be written: {e}"))
            .hint("free some space or mend the disk, then say it again; plyrum doctor")
    })?;
    if changed {
        let client: String = order.client.chars().filter(|c| !c.is_control()).take(80).collect();
        let body = json!({ "run": run, "model": given.model, "good": given.good, "client": client });
        visitor.daemon.recorder.record(Kind::FeedbackGiven, body);
    }
    Ok(FeedbackTaken { run, model: given.model, domains: given.domains, good: given.good, changed })
}
