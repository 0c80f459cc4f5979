//! The tool call that goes on: a task of its own, which is told to stop, and given the run as the engine keeps it when a
//! person has to be asked.

use super::Driver;
use crate::tools::{Candidate, OfRun, act, check};
use plyrum_engine::{CheckOrder, Effect, Input, Run, ToolCall, ToolEvent, ToolResult, Tried};
use plyrum_protocol::{ApprovalId, CallId, StepId, ToolOutcome};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

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
    /// Of a check: proposals to try. One is tried at a time.
    candidates: Option<mpsc::Sender<Candidate>>,
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
        let call = order.call.clone();
        self.acting.going_on = Some(GoingOn { call, stop, kept: Some(kept), candidates: None });
        let waits_for = self.acting.waits_for.take();
        tokio::spawn(act(tools, order, stopped, keeps, waits_for));
    }

    /// Gets leave for the run's check.
    pub(super) fn permit(&mut self, order: CheckOrder) {
        let Some(tools) = self.acting.tools.clone() else {
            let text = "not carried out: the run has no folder to work in".to_owned();
            let outcome = ToolOutcome::Failed;
            let result = ToolResult { outcome, exit: None, ms: 0, bytes: 0, changed_files: Vec::new(), text };
            return self.answer(Input::Tool { call: order.call, event: ToolEvent::Finished(result) });
        };
        let (stop, stopped) = watch::channel(false);
        let (kept, keeps) = oneshot::channel();
        let (candidates, come) = mpsc::channel(1);
        let call = order.call.clone();
        self.acting.going_on = Some(GoingOn { call, stop, kept: Some(kept), candidates: Some(candidates) });
        let waits_for = self.acting.waits_for.take();
        tokio::spawn(check(tools, order, stopped, keeps, waits_for, come));
    }

    /// Gives a proposal to the check.
    pub(super) fn try_it(&mut self, call: &CallId, step: StepId, text: String) {
        let going_on = self.acting.going_on.as_ref().filter(|going_on| going_on.call == *call);
        let candidates = going_on.and_then(|going_on| going_on.candidates.as_ref());
        let why =
            match candidates.map(|candidates| candidates.try_send(Candidate { step: step.clone(), text })) {
                Some(Ok(())) => return,
                Some(Err(e)) => format!("not carried out: {e}"),
                None => "not carried out: nobody has leave for the check".to_owned(),
            };
        self.answer(Input::Tried { step, tried: Tried::NotRun { why } });
    }

    /// Tells the run something in its turn.
    fn answer(&self, input: Input) {
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            let _run_is_over = inputs.send(input).await;
        });
    }

    /// Goes on with a run that an earlier daemon left waiting for the answer to this question.
    pub(crate) async fn resume(mut self, run: Run, effects: Vec<Effect>, waits_for: ApprovalId) {
        self.acting.waits_for = Some(waits_for);
        self.go_on(run, effects).await;
    }
}
