//! The tool call that goes on: a task of its own, which is told to stop, and given the run as the engine keeps it when a
//! person has to be asked.

use super::Driver;
use crate::tools::{OfRun, act};
use plyrum_engine::{Effect, Run, ToolCall};
use plyrum_protocol::{ApprovalId, CallId};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// What the driver knows of its tools.
#[derive(Default)]
pub(super) struct Acting {
    /// None where nothing is offered.
    pub(super) tools: Option<Arc<OfRun>>,
    /// The question that an earlier daemon asked about the run's next call.
    waits_for: Option<ApprovalId>,
    going_on: Option<GoingOn>,
}

struct GoingOn {
    call: CallId,
    stop: watch::Sender<bool>,
    kept: Option<oneshot::Sender<Option<String>>>,
}

impl Acting {
    /// A person has to be asked.
    pub(super) fn keep(&mut self, call: &CallId, checkpoint: Option<String>) {
        let going_on = self.going_on.as_mut().filter(|going_on| going_on.call == *call);
        if let Some(kept) = going_on.and_then(|going_on| going_on.kept.take()) {
            let _is_over = kept.send(checkpoint);
        }
    }

    /// Ends the call; its last event comes all the same.
    pub(super) fn stop(&mut self, call: &CallId) {
        if let Some(going_on) = self.going_on.as_ref().filter(|going_on| going_on.call == *call) {
            going_on.stop.send_replace(true);
        }
    }
}

impl Driver {
    /// Begins a call. One goes on at a time.
    pub(super) fn act(&mut self, order: ToolCall) {
        let Some(tools) = self.acting.tools.clone() else {
            crate::log::line(&format!("run {}: a tool was called and none was offered", self.hub.run));
            return;
        };
        let (stop, stopped) = watch::channel(false);
        let (kept, keeps) = oneshot::channel();
        self.acting.going_on = Some(GoingOn { call: order.call.clone(), stop, kept: Some(kept) });
        let waits_for = self.acting.waits_for.take();
        tokio::spawn(act(tools, order, stopped, keeps, waits_for));
    }

    /// Goes on with a run that an earlier daemon left waiting for the answer to this question.
    pub(crate) async fn resume(mut self, run: Run, effects: Vec<Effect>, waits_for: ApprovalId) {
        self.acting.waits_for = Some(waits_for);
        self.go_on(run, effects).await;
    }
}
