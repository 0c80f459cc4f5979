//! Fan-out of one run: every frame is encoded once and offered to each client that follows; a client that
//! attaches in the middle gets the durable frames that it misses, then the open texts, then what is live.

use crate::outbox::{Offered, Outbox, Place};
use plyrum_protocol::{
    AttemptId, Channel, Frame, FrameBody, Outgoing, RunId, SessionId, StepId, StepKind, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Bytes of frames and texts that a follower is brought at once; it takes them before it gets more.
const CATCH_UP_BYTES: usize = 1024 * 1024;
/// Text of one snapshot frame, so that it fits a message also where JSON takes six bytes for one.
const SNAPSHOT_BYTES: usize = 64 * 1024;

/// A text that an attempt writes.
type Stream = (StepId, AttemptId, Channel);

/// How far a follower was brought.
#[derive(Debug)]
pub(crate) struct Progress {
    /// The last durable frame that it has.
    seq: u64,
    /// Bytes that it was brought of each text that was open.
    texts: BTreeMap<Stream, usize>,
}

impl Progress {
    /// It has the durable frames up to this one, and of the open texts nothing that is known.
    pub(crate) fn after(seq: u64) -> Self {
        Self { seq, texts: BTreeMap::new() }
    }
}

/// Whether a follower was brought everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaughtUp {
    /// There is more.
    Partly,
    /// It has everything, and follows.
    Whole,
}

/// The frames of one living run and who follows them.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) run: RunId,
    pub(crate) session: SessionId,
    state: Mutex<State>,
    /// Whether its run waits for a person, and whether it is left to the next daemon.
    waiting: watch::Sender<Waiting>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    waits: bool,
    leaves: bool,
}

#[derive(Debug, Default)]
struct State {
    /// Encoded durable frames; `seq` n is at n − 1.
    durable: Vec<Arc<str>>,
    /// Steps that propose and are not over, as far as frames tell; a plan has at most 32.
    proposing: BTreeSet<StepId>,
    /// Text so far of each stream that is open.
    open: BTreeMap<Stream, String>,
    followers: Vec<Outbox>,
    policies: Vec<(Outbox, String)>,
    finished: bool,
}

impl Hub {
    pub(crate) fn new(run: RunId, session: SessionId) -> Self {
        Self { run, session, state: Mutex::default(), waiting: watch::channel(Waiting::default()).0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run waits for a person, or does not any more.
    pub(crate) fn set_waiting(&self, waits: bool) {
        self.waiting.send_modify(|waiting| waiting.waits = waits);
    }

    /// The daemon ends: as soon as the run waits for a person, it is left to the next daemon.
    pub(crate) fn leave_if_waiting(&self) {
        self.waiting.send_modify(|waiting| waiting.leaves = true);
    }

    /// Whether the run waits for a person.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.borrow().waits
    }

    /// Waits until the run is to be left.
    pub(crate) async fn left(&self) {
        let mut watch = self.waiting.subscribe();
        let _sender_lives_in_self = watch.wait_for(|waiting| waiting.waits && waiting.leaves).await;
    }

    /// This client is here with a policy of its own.
    pub(crate) fn watch_with(&self, outbox: &Outbox, policy: String) {
        let mut state = self.lock();
        state.policies.retain(|(known, _)| !known.is_same(outbox));
        state.policies.push((outbox.clone(), policy));
    }

    /// Policies of the clients that are here.
    pub(crate) fn policies(&self) -> Vec<String> {
        let mut state = self.lock();
        state.policies.retain(|(outbox, _)| !outbox.is_closed());
        state.policies.iter().map(|(_, policy)| policy.clone()).collect()
    }

    /// Frames that an earlier daemon has shown.
    pub(crate) fn recall(&self, frames: &[Frame]) {
        let mut state = self.lock();
        for frame in frames {
            if let Ok(line) = Outgoing::notification("frame", frame).to_line() {
                state.note(frame, &line.into());
            }
        }
    }

    /// Shows a frame to everybody. Only the run's own driver calls this.
    pub(crate) fn publish(&self, frame: &Frame) {
        if frame.seq.is_none() && self.lock().heard_by_nobody(frame) {
            return; // the next follower finds the text in what is open
        }
        let Ok(line) = Outgoing::notification("frame", frame).to_line() else {
            crate::log::line(&format!("run {}: a frame cannot be written as JSON", self.run));
            return;
        };
        let line: Arc<str> = line.into();
        let place = match frame.body {
            FrameBody::RunFinished { .. } => Place::Last,
            _ => Place::Among,
        };
        let mut state = self.lock();
        let last_seq = state.durable.len() as u64;
        state.note(frame, &line);
        state.followers.retain(|f| f.offer(&self.run, &line, last_seq, place) != Offered::Closed);
    }

    /// Brings a follower a step nearer: some of what it misses, durable frames first, then the open texts; with
    /// the last of it, everything to come. Nothing can slip in between. They pass as replies, so that a follower
    /// whose queue is full gets further with each attach.
    pub(crate) fn catch_up(&self, outbox: &Outbox, progress: &mut Progress, now: Timestamp) -> CaughtUp {
        let mut state = self.lock();
        // Until it has everything, nothing live comes between.
        state.followers.retain(|follower| !follower.is_same(outbox));
        outbox.forgive(&self.run);
        let from = usize::try_from(progress.seq).unwrap_or(usize::MAX);
        let mut bytes = 0;
        for line in state.durable.iter().skip(from) {
            if bytes >= CATCH_UP_BYTES {
                return CaughtUp::Partly;
            }
            outbox.reply(line.clone());
            bytes += line.len();
            progress.seq += 1;
        }
        for (stream, text) in &state.open {
            let brought = progress.texts.entry(stream.clone()).or_default();
            for (offset, piece) in pieces(text, *brought) {
                if bytes >= CATCH_UP_BYTES {
                    return CaughtUp::Partly;
                }
                let (step, attempt, channel) = stream.clone();
                *brought = offset + piece.len();
                let (offset, text) = (offset as u64, piece.to_owned());
                let body = FrameBody::Delta { step, attempt, channel, offset, text };
                let frame = Frame { body, run: self.run.clone(), seq: None, at: now };
                if let Ok(line) = Outgoing::notification("frame", &frame).to_line() {
                    bytes += line.len();
                    outbox.reply(line);
                }
            }
        }
        if !state.finished {
            state.followers.push(outbox.clone());
        }
        CaughtUp::Whole
    }

    /// Steps whose proposals are still to come.
    pub(crate) fn proposing(&self) -> BTreeSet<StepId> {
        self.lock().proposing.clone()
    }

    /// Whether its `run.finished` was shown.
    pub(crate) fn is_finished(&self) -> bool {
        self.lock().finished
    }
}

impl State {
    /// Takes the text of a delta where nobody follows: it need not be encoded.
    fn heard_by_nobody(&mut self, frame: &Frame) -> bool {
        let nobody = self.followers.is_empty();
        if nobody {
            self.note_live(frame);
        }
        nobody
    }

    fn note_live(&mut self, frame: &Frame) {
        if let FrameBody::Delta { step, attempt, channel, text, .. } = &frame.body {
            self.open.entry((step.clone(), attempt.clone(), *channel)).or_default().push_str(text);
        }
    }

    fn note(&mut self, frame: &Frame, line: &Arc<str>) {
        if frame.seq.is_some() {
            self.durable.push(line.clone());
        }
        match &frame.body {
            FrameBody::Delta { .. } => self.note_live(frame),
            FrameBody::AttemptFinished { attempt, .. } => self.open.retain(|(_, a, _), _| a != attempt),
            FrameBody::RunPlanned { steps, .. } => {
                let proposes = steps.iter().filter(|step| step.kind == StepKind::Propose);
                self.proposing = proposes.map(|step| step.step.clone()).collect();
            }
            FrameBody::StepFinished { step, .. } | FrameBody::StepCancelled { step, .. } => {
                self.proposing.remove(step);
            }
            FrameBody::RunFinished { .. } => {
                self.open.clear();
                self.proposing.clear();
                self.finished = true;
            }
            _ => {}
        }
    }
}

/// A text from an offset on, in pieces with their offsets, cut between characters. An empty one has none.
fn pieces(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text.get(from..).unwrap_or_default();
    std::iter::from_fn(move || {
        let offset = text.len() - rest.len();
        let (piece, more) = rest.split_at(rest.floor_char_boundary(SNAPSHOT_BYTES));
        rest = more;
        (!piece.is_empty()).then_some((offset, piece))
    })
}

#[cfg(test)]
mod tests;
