//! The driver of one run: executes what the engine asks for and feeds back what happens.
//!
//! One task owns the run. Ledger calls and provider streams are tasks of their own whose results come in
//! through one bounded queue, so a slow disk never holds up another stream's text. Deltas that wait in the
//! queue are merged before the engine sees them: once, before fan-out.

mod act;
mod attempt;
pub(crate) mod convert;
#[cfg(test)]
mod faults;
mod late;

use crate::calendar;
use crate::clock;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::hub::Hub;
use crate::recorder::of_frame;
use crate::recording::Recording;
use crate::tools::OfRun;
use plyrum_engine::{
    AnswerForm, CloseRun, Effect, HoldBatch, Input, OpenAttempt, Run, RunSpec, SettleRequest, Settlement,
};
use plyrum_ledger::{FinishRun, HoldOutcome, Limit, Limits, NewHold, Price, Settle};
use plyrum_protocol::{AttemptId, AttemptOutcome, Frame, FrameBody, StepId, Timestamp};
use plyrum_sessions::SessionLog;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Inputs that may wait for one run. Streams wait for room: that is back-pressure on the provider.
const MAX_INPUTS: usize = 512;
/// Times that a booking is tried while the ledger cannot be written, and the wait between.
const BOOKING_TRIES: u32 = 5;
const BOOKING_WAIT: Duration = Duration::from_millis(400);

/// Everything that one run needs.
pub(crate) struct Driver {
    daemon: Arc<Daemon>,
    context: Arc<Context>,
    hub: Arc<Hub>,
    log: SessionLog,
    /// The configuration's limits.
    budgets: Vec<Limit>,
    streams: HashMap<AttemptId, AbortHandle>,
    inputs: mpsc::Sender<Input>,
    inbox: mpsc::Receiver<Input>,
    wake: Option<Timestamp>,
    acting: act::Acting,
    recording: Option<Arc<Recording>>,
    /// Attempts of which nothing came yet.
    asked: HashMap<AttemptId, Asked>,
}

/// A silent attempt.
struct Asked {
    model: String,
    /// Another model was asked beside it.
    is_hedged: bool,
}

impl Driver {
    /// A driver and the queue through which others speak to its run.
    pub(crate) fn new(
        daemon: Arc<Daemon>,
        context: Arc<Context>,
        hub: Arc<Hub>,
        log: SessionLog,
        budgets: Vec<Limit>,
    ) -> (Self, mpsc::Sender<Input>) {
        let (inputs, inbox) = mpsc::channel(MAX_INPUTS);
        let driver = Self {
            daemon,
            context,
            hub,
            log,
            budgets,
            streams: HashMap::new(),
            inputs: inputs.clone(),
            inbox,
            wake: None,
            acting: act::Acting::default(),
            recording: None,
            asked: HashMap::new(),
        };
        (driver, inputs)
    }

    /// The run may act.
    pub(crate) fn with_tools(mut self, tools: OfRun) -> Self {
        self.acting.tools = Some(Arc::new(tools));
        self
    }

    /// What its providers send is kept. Not by a run that another daemon goes on with: the tape is this one's.
    pub(crate) fn with_recording(mut self, recording: Option<Recording>) -> Self {
        self.recording = recording.map(Arc::new);
        self
    }

    /// Runs from the beginning to the end.
    pub(crate) async fn drive(self, spec: RunSpec) {
        let catalog = Arc::clone(&self.context.catalog);
        let (run, effects) = Run::start(spec, catalog);
        self.go_on(run, effects).await;
    }

    /// Goes on to the end, or until the daemon ends while the run waits for a person: another one goes on then.
    async fn go_on(mut self, mut run: Run, effects: Vec<Effect>) {
        self.execute(effects);
        let mut waiting: Option<Input> = None;
        while !run.is_over() {
            let input = match waiting.take() {
                Some(input) => Some(input),
                None => self.next_input().await,
            };
            let Some(input) = input else { break };
            let input = self.merge(input, &mut waiting);
            let effects = run.apply(clock::now(), input);
            self.execute(effects);
        }
        if !run.is_over() {
            self.daemon.late.leave(self.hub.run.as_str());
        }
        self.daemon.runs.remove(&self.hub.run);
        self.daemon.sessions.touched(&self.hub.session);
        let log = self.log;
        if let Err(e) = self.daemon.flushes.flush(move || log.sync()).await {
            crate::log::line(&format!("run {}: its transcript cannot be synced: {e}", self.hub.run));
        }
    }

    /// The next thing that happens; none where the run is left to another daemon. The queue cannot close: this driver
    /// holds a sender itself.
    async fn next_input(&mut self) -> Option<Input> {
        let wake = self.wake.map(|at| Duration::from_millis(at.millis_since(clock::now())));
        let timer = async {
            match wake {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = self.inbox.recv() => Some(input.unwrap_or(Input::Tick)),
            () = self.hub.left() => None,
            () = timer => {
                self.wake = None;
                Some(Input::Tick)
            }
        }
    }

    /// Joins deltas of one stream that wait behind each other.
    fn merge(&mut self, first: Input, waiting: &mut Option<Input>) -> Input {
        let Input::Delta { attempt, channel, mut text } = first else { return first };
        while text.len() < MAX_MERGED_BYTES {
            match self.inbox.try_recv() {
                Ok(Input::Delta { attempt: a, channel: c, text: more }) if a == attempt && c == channel => {
                    text.push_str(&more);
                }
                Ok(other) => {
                    *waiting = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        Input::Delta { attempt, channel, text }
    }

    fn execute(&mut self, effects: Vec<Effect>) {
        let mut frames: Vec<Frame> = Vec::new();
        for effect in effects {
            if !matches!(effect, Effect::Emit(_)) {
                self.emit(&std::mem::take(&mut frames));
            }
            match effect {
                Effect::Emit(frame) => frames.push(frame),
                Effect::Hold(batch) => self.hold(batch),
                Effect::Open(open) => self.open(open),
                Effect::Abort { attempt } => self.abort(&attempt),
                Effect::Settle(request) => self.settle(request),
                Effect::Release { attempt } => self.release(attempt),
                Effect::Wake { at } => self.wake = Some(at),
                Effect::Act(order) => self.act(order),
                Effect::Ask { call, checkpoint } => self.acting.keep(&call, checkpoint),
                Effect::StopTool { call } => self.acting.stop(&call),
                Effect::Check { step, form, text } => self.check(step, form, text),
                Effect::Permit(order) => self.permit(order),
                Effect::Try { call, step, text } => self.try_it(&call, step, text),
                Effect::Close(close) => self.close(close),
            }
        }
        self.emit(&frames);
    }

    /// Keeps the durable ones of frames that come together, in one write, then shows all in order.
    fn emit(&mut self, frames: &[Frame]) {
        let durable = frames.iter().filter(|frame| frame.seq.is_some());
        if self.log.append_frames(durable.clone()).is_err() {
            durable.for_each(|frame| self.keep_alone(frame));
        }
        for frame in frames {
            self.learn(frame);
            if let Some((kind, body)) = of_frame(frame) {
                self.daemon.recorder.record(kind, body);
            }
            self.hub.publish(frame);
        }
    }

    /// Whole answers tell how long their models take, and first tokens how long those do.
    fn learn(&mut self, frame: &Frame) {
        let first_tokens = &self.daemon.learned.first_tokens;
        match &frame.body {
            FrameBody::AttemptStarted { attempt, model, .. } => {
                self.asked.insert(attempt.clone(), Asked { model: model.clone(), is_hedged: false });
            }
            FrameBody::AttemptOpened { attempt, ttft_ms } => {
                if let Some(asked) = self.asked.remove(attempt) {
                    first_tokens.note(&asked.model, *ttft_ms);
                }
            }
            FrameBody::AttemptHedged { attempt, .. } => {
                if let Some(asked) = self.asked.get_mut(attempt) {
                    asked.is_hedged = true;
                }
            }
            FrameBody::AttemptFinished { attempt, outcome, ms, .. } => {
                // Given up while silent, its first token takes longer than that; of one that failed nothing is known.
                let asked = self.asked.remove(attempt).filter(|asked| asked.is_hedged);
                if let Some(asked) = asked.filter(|_| *outcome == AttemptOutcome::Cancelled) {
                    first_tokens.note(&asked.model, *ms);
                }
            }
            FrameBody::RunFinished { result } => {
                for attempt in result.attempts.iter().filter(|attempt| attempt.outcome == AttemptOutcome::Ok)
                {
                    self.daemon.learned.pace.note(&attempt.model, attempt.ms);
                }
            }
            _ => {}
        }
    }

    /// A frame that no log takes is missed alone.
    fn keep_alone(&self, frame: &Frame) {
        if let Err(e) = self.log.append_frame(frame) {
            crate::log::line(&format!("run {}: its transcript cannot be written: {e}", frame.run));
        }
    }

    fn hold(&self, batch: HoldBatch) {
        let number = batch.batch;
        let holds = batch.holds.into_iter().map(|hold| self.new_hold(hold)).collect();
        let order = plyrum_ledger::HoldBatch {
            run: self.hub.run.as_str().to_owned(),
            at: clock::now().millis(),
            holds,
            run_budget: None, // the run began with it
            limits: self.limits(),
        };
        let (daemon, inputs) = (Arc::clone(&self.daemon), self.inputs.clone());
        tokio::spawn(async move {
            let input = match daemon.ledger.hold(order).await {
                Ok(HoldOutcome::Granted) => Input::Held { batch: number },
                Ok(HoldOutcome::Refused(refusal)) => {
                    Input::HoldRefused { batch: number, refusal: convert::refusal(&refusal) }
                }
                Err(e) => Input::HoldFailed { batch: number, fault: convert::storage(&e) },
            };
            daemon.recorder.outbox_filled_by_run();
            let _run_is_over = inputs.send(input).await;
        });
    }

    /// The configuration's limits, with the day and the month that it is now.
    fn limits(&self) -> Limits {
        Limits { configured: self.budgets.clone(), windows: calendar::windows(clock::now()) }
    }

    fn new_hold(&self, hold: plyrum_engine::HoldRequest) -> NewHold {
        let basis = self.context.catalog.price_basis(&hold.model).ok().filter(|_| !hold.unpriced);
        let price = basis.map(|basis| Price {
            version: basis.price_version,
            currency: basis.currency,
            card: basis.card,
            fx_version: basis.fx_version,
            fx: basis.fx,
        });
        let bytes_per_token =
            self.context.catalog.model(&hold.model).map(|m| m.bytes_per_token).unwrap_or_default();
        NewHold {
            attempt: hold.attempt.as_str().to_owned(),
            step: hold.step.as_str().to_owned(),
            layer: hold.layer,
            role: hold.role.as_str().to_owned(),
            provider: hold.provider,
            model: hold.model,
            try_no: hold.try_number,
            amount: hold.micro_rub,
            price,
            request_bytes: hold.request_bytes,
            bytes_per_token,
            is_bounded: hold.is_bounded,
        }
    }

    fn open(&mut self, open: OpenAttempt) {
        let attempt = open.attempt.clone();
        let stream = attempt::stream(
            Arc::clone(&self.daemon),
            Arc::clone(&self.context),
            self.recording.clone(),
            open,
            self.inputs.clone(),
        );
        let task = tokio::spawn(stream);
        self.streams.insert(attempt, task.abort_handle());
    }

    /// Dropping the stream hangs up.
    fn abort(&mut self, attempt: &AttemptId) {
        if let Some(stream) = self.streams.remove(attempt) {
            stream.abort();
        }
    }

    fn settle(&mut self, request: SettleRequest) {
        self.streams.remove(&request.attempt);
        let order = Settle {
            attempt: request.attempt.as_str().to_owned(),
            at: clock::now().millis(),
            basis: convert::basis(request.basis),
            outcome: convert::outcome(request.outcome),
            error_kind: request.error.map(|kind| kind.as_str().to_owned()),
            raw_usage: request.raw_usage,
            said_cost: request.said_cost,
            ms: Some(request.ms),
            ttft_ms: request.ttft_ms,
            received_bytes: request.received_bytes,
            limits: self.limits(),
        };
        let (daemon, inputs, attempt) = (Arc::clone(&self.daemon), self.inputs.clone(), request.attempt);
        let run = self.hub.run.clone();
        let recording = self.recording.clone();
        tokio::spawn(async move {
            let settled = retried(|| daemon.ledger.settle(order.clone())).await;
            if let Some(recording) = recording
                && let Some(reason) = recording.failure().await
            {
                let _run_is_over = inputs.send(Input::RecordingFailed { reason }).await;
            }
            let input = match settled {
                Ok(settled) => {
                    for notice in settled.notices {
                        let _run_is_over = inputs.send(convert::notice(notice)).await;
                    }
                    Input::Resolved {
                        attempt,
                        settlement: Settlement {
                            cost: settled.cost,
                            usage: settled.usage,
                            quality: settled.quality,
                            said_otherwise: settled.said_otherwise,
                        },
                    }
                }
                Err(e) => {
                    tokio::spawn(late::settle(Arc::clone(&daemon), order, run));
                    Input::ResolveFailed { attempt, fault: convert::storage(&e) }
                }
            };
            daemon.recorder.outbox_filled_by_run();
            let _run_is_over = inputs.send(input).await;
        });
    }

    fn release(&mut self, attempt: AttemptId) {
        self.streams.remove(&attempt);
        let (daemon, inputs) = (Arc::clone(&self.daemon), self.inputs.clone());
        tokio::spawn(async move {
            let at = clock::now().millis();
            let input = match retried(|| daemon.ledger.release(attempt.as_str(), at)).await {
                Ok(_) => Input::Resolved { attempt, settlement: nothing() },
                Err(e) => Input::ResolveFailed { attempt, fault: convert::storage(&e) },
            };
            daemon.recorder.outbox_filled_by_run();
            let _run_is_over = inputs.send(input).await;
        });
    }

    fn check(&self, step: StepId, form: AnswerForm, text: String) {
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            let verdict = crate::form::check(form, text).await;
            let _run_is_over = inputs.send(Input::Checked { step, verdict }).await;
        });
    }

    fn close(&self, close: CloseRun) {
        let order = FinishRun {
            run: self.hub.run.as_str().to_owned(),
            status: convert::status(close.status),
            plan: None,
            detail: json!({}),
            at: clock::now().millis(),
        };
        let (daemon, inputs) = (Arc::clone(&self.daemon), self.inputs.clone());
        let recording = self.recording.clone();
        tokio::spawn(async move {
            // Who is told that the run is over finds the recording whole.
            if let Some(recording) = recording
                && let Some(reason) = recording.last_failure().await
            {
                let _run_is_over = inputs.send(Input::RecordingFailed { reason }).await;
            }
            let input = match retried(|| daemon.ledger.finish_run(order.clone())).await {
                Ok(totals) => Input::RunClosed { total: totals.total.cost },
                Err(e) => {
                    tokio::spawn(late::finish(Arc::clone(&daemon), order));
                    Input::CloseFailed { fault: convert::storage(&e) }
                }
            };
            daemon.recorder.outbox_filled_by_run();
            let _run_is_over = inputs.send(input).await;
        });
    }
}

/// Most text in one merged delta.
const MAX_MERGED_BYTES: usize = 16 * 1024;

fn nothing() -> Settlement {
    Settlement {
        cost: Some(plyrum_billing_client::MicroRub::ZERO),
        usage: plyrum_billing_client::Usage::default(),
        quality: plyrum_billing_client::Quality::Missing,
        said_otherwise: None,
    }
}

/// A booking again for a little while where the ledger says that its storage is full or busy: what was
/// used must be written down, and space may come back. Other errors are final.
async fn retried<T, F, A>(mut book: A) -> Result<T, plyrum_ledger::LedgerError>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, plyrum_ledger::LedgerError>>,
{
    let mut tries = 0;
    loop {
        match book().await {
            Err(plyrum_ledger::LedgerError::Storage { .. }) if tries < BOOKING_TRIES => {
                tries += 1;
                tokio::time::sleep(BOOKING_WAIT).await;
            }
            result => return result,
        }
    }
}
