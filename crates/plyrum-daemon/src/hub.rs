//! Fan-out of one run: every frame is encoded once and offered to each client that follows; a client that
//! attaches in the middle gets the durable frames that it misses, then the open texts, then what is live.

use crate::outbox::{Offered, Outbox};
use plyrum_protocol::{AttemptId, Channel, Frame, FrameBody, Outgoing, RunId, SessionId, StepId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The frames of one living run and who follows them.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) run: RunId,
    pub(crate) session: SessionId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Encoded durable frames; `seq` n is at n − 1.
    durable: Vec<Arc<str>>,
    /// Text so far of each stream that is open.
    open: BTreeMap<(StepId, AttemptId, Channel), String>,
    followers: Vec<Outbox>,
    finished: bool,
}

impl Hub {
    pub(crate) fn new(run: RunId, session: SessionId) -> Self {
        Self { run, session, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a frame to everybody.
    pub(crate) fn publish(&self, frame: &Frame) {
        let Ok(line) = Outgoing::notification("frame", frame).to_line() else {
            crate::log::line(&format!("run {}: a frame cannot be written as JSON", self.run));
            return;
        };
        let line: Arc<str> = line.into();
        let mut state = self.lock();
        let last_seq = state.durable.len() as u64;
        state.note(frame, &line);
        state.followers.retain(|f| f.offer(&self.run, &line, last_seq) != Offered::Closed);
    }

    /// Adds a follower: what it misses first, then everything to come. Nothing can slip in between.
    pub(crate) fn attach(&self, outbox: &Outbox, after_seq: u64, now: Timestamp) {
        outbox.forgive(&self.run);
        let mut state = self.lock();
        let from = usize::try_from(after_seq).unwrap_or(usize::MAX);
        for (at, line) in state.durable.iter().enumerate().skip(from) {
            outbox.offer(&self.run, line, at as u64);
        }
        let seq = state.durable.len() as u64;
        for ((step, attempt, channel), text) in &state.open {
            let (step, attempt, channel) = (step.clone(), attempt.clone(), *channel);
            let body = FrameBody::Delta { step, attempt, channel, offset: 0, text: text.clone() };
            let frame = Frame { body, run: self.run.clone(), seq: None, at: now };
            if let Ok(line) = Outgoing::notification("frame", &frame).to_line() {
                outbox.offer(&self.run, &line.into(), seq);
            }
        }
        if !state.finished && !state.followers.iter().any(|f| f.is_same(outbox)) {
            state.followers.push(outbox.clone());
        }
    }

    /// Whether its `run.finished` was shown.
    pub(crate) fn is_finished(&self) -> bool {
        self.lock().finished
    }
}

impl State {
    fn note(&mut self, frame: &Frame, line: &Arc<str>) {
        if frame.seq.is_some() {
            self.durable.push(line.clone());
        }
        match &frame.body {
            FrameBody::Delta { step, attempt, channel, text, .. } => {
                self.open.entry((step.clone(), attempt.clone(), *channel)).or_default().push_str(text);
            }
            FrameBody::AttemptFinished { attempt, .. } => self.open.retain(|(_, a, _), _| a != attempt),
            FrameBody::RunFinished { .. } => {
                self.open.clear();
                self.finished = true;
            }
            _ => {}
        }
    }
}
