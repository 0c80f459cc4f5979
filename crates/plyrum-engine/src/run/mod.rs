//! One run: its steps, its attempts, and what to do next.
//!
//! Reading order: [`Run::start`] (start.rs) plans; funding.rs asks for the money of a whole mixture, hold.rs
//! for that of single attempts; refusal.rs makes less of what does not fit; open.rs sends; `apply` below takes
//! inputs; stream.rs passes text on; panel.rs waits for proposals, late.rs gives up what is not waited for, dropped.rs
//! what a person does not want, and combine.rs makes one answer of the rest; attempt.rs closes and books attempts, by what ended.rs makes of
//! their end; fit.rs asks for an answer again that does not fit its form; sift.rs and trial.rs find out what can be selected; act.rs carries out what a model calls, and keep.rs keeps a run that waits for a person; retry.rs decides
//! whether to ask again, hedge.rs whether to ask a second model beside a silent one; ending.rs cancels and finishes. After each input
//! [`Run::advance`] starts whatever became ready.
//!
//! Invariants, each with a test in `tests/simulation.rs`:
//! - an attempt is opened only after its hold, and settled or released exactly once;
//! - `seq` of the frames is consecutive from 1, and `run.finished` is the last and only one;
//! - the run finishes after every attempt is resolved, for every order of inputs.

mod act;
mod attempt;
mod ballot;
mod combine;
mod drain;
mod dropped;
mod ended;
mod ending;
mod fit;
mod funding;
mod hedge;
mod hold;
mod keep;
mod late;
mod open;
mod panel;
mod queue;
mod refusal;
mod retry;
mod sift;
mod start;
mod step;
mod stream;
mod trial;
mod unknown;

use crate::compose::Size;
use crate::effect::Effect;
use crate::input::Input;
use crate::random::Random;
use crate::spec::RunSpec;
use attempt::Attempt;
use ending::Ending;
pub use hold::price_hint;
pub use keep::ResumeError;
use plyrum_billing_client::Billing;
use plyrum_protocol::{AttemptId, Frame, FrameBody, Timestamp};
use std::fmt;
use std::sync::Arc;
use step::Step;

/// A run as a state machine. See the module's head.
pub struct Run {
    spec: RunSpec,
    billing: Arc<dyn Billing + Send + Sync>,
    steps: Vec<Step>,
    /// Size of the conversation, which no step changes.
    base: Size,
    /// Bytes that the answer's form adds to the request for it.
    form_bytes: u64,
    /// The answer as data, once it is known to fit.
    structured: Option<serde_json::Value>,
    /// In the order in which they were asked for.
    attempts: Vec<Attempt>,
    panels: Vec<panel::Panel>,
    /// The last attempt number that was given out.
    numbered: u32,
    batches: u32,
    /// The batch that holds the whole mixture, once asked for.
    funding: Option<u32>,
    /// How many steps were over when the panels were last looked at.
    tended: usize,
    random: Random,
    now: Timestamp,
    seq: u64,
    wake: Option<Timestamp>,
    ending: Option<Ending>,
    /// Nobody waits any more, not even for usage reports.
    at_once: bool,
    /// A person wants what is there: nothing is begun beside it.
    hurried: bool,
    phase: Phase,
    acting: act::Acting,
    /// What its proposals have to stand.
    trial: Option<trial::Trial>,
    effects: Vec<Effect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Closing,
    Over,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("run", &self.spec.run)
            .field("phase", &self.phase)
            .field("seq", &self.seq)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl Run {
    /// Takes one input and returns what to do, in order.
    pub fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        if self.phase == Phase::Over {
            return Vec::new();
        }
        self.now = self.now.max(now);
        match input {
            Input::Held { batch } => self.held(batch),
            Input::HoldRefused { batch, refusal } => self.hold_refused(batch, &refusal),
            Input::HoldFailed { batch, fault } => self.hold_failed(batch, &fault),
            Input::Queued { attempt, limit } => self.queued(&attempt, limit),
            Input::Admitted { attempt, is_probe } => self.admitted(&attempt, is_probe),
            Input::ProviderRests { attempt, failures, until } => self.rests(attempt, failures, until),
            Input::Opened { attempt } => self.opened(&attempt),
            Input::Delta { attempt, channel, text } => self.delta(&attempt, channel, text),
            Input::Thought { attempt, thought } => self.thought(&attempt, thought),
            Input::Call { attempt, call } => self.called(&attempt, call),
            Input::Tool { call, event } => self.tool(&call, event),
            Input::Checked { step, verdict } => self.checked(&step, verdict),
            Input::Tried { step, tried } => self.tried(&step, tried),
            Input::Usage { attempt, report } => self.usage(&attempt, report),
            Input::Closed { attempt, end } => self.closed(&attempt, end),
            Input::BudgetReached(reached) => self.budget_reached(reached),
            Input::RecordingFailed { reason } => self.emit(FrameBody::RecordingFailed { reason }),
            Input::Resolved { attempt, settlement } => self.resolved(&attempt, settlement),
            Input::ResolveFailed { attempt, fault } => self.resolve_failed(&attempt, fault),
            Input::RunClosed { total } => self.run_closed(total),
            Input::CloseFailed { fault } => self.close_failed(fault),
            // A clock that was set back makes a tick early: forgetting the wish asks for another.
            Input::Tick => self.wake = None,
            Input::FinishNow => self.finish_now(),
            Input::Drop { step } => self.drop_proposal(&step),
            Input::Cancel(reason) => self.cancel(reason),
        }
        self.advance();
        std::mem::take(&mut self.effects)
    }

    /// Whether `run.finished` was emitted.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    fn advance(&mut self) {
        if self.phase != Phase::Running {
            return;
        }
        self.enforce_deadline();
        self.tend_draining();
        if !self.waits_for_leave() {
            self.tend_panels();
            self.start_ready_steps();
        }
        self.tend_hedges();
        self.close_if_done();
        self.arrange_wake();
    }

    fn emit(&mut self, body: FrameBody) {
        let seq = body.is_durable().then(|| {
            self.seq += 1;
            self.seq
        });
        self.effects.push(Effect::Emit(Frame { body, run: self.spec.run.clone(), seq, at: self.now }));
    }

    fn find(&self, id: &AttemptId) -> Option<usize> {
        self.attempts.iter().position(|a| a.hold.attempt == *id)
    }

    /// Asks for a tick at the earliest moment at which something happens by itself.
    fn arrange_wake(&mut self) {
        if self.phase != Phase::Running {
            return;
        }
        let goes_on = self.ending.is_none();
        let deadline = self.spec.limits.deadline.filter(|d| goes_on && *d > self.now);
        let earliest = self
            .steps
            .iter()
            .filter_map(Step::wakes_at)
            .chain(self.panels.iter().filter(|_| goes_on).filter_map(panel::Panel::wakes_at))
            .chain(deadline)
            .chain(self.next_hedge())
            .chain(self.attempts.iter().filter_map(Attempt::drained_at))
            .min();
        if earliest != self.wake {
            self.wake = earliest;
            if let Some(at) = earliest {
                self.effects.push(Effect::Wake { at });
            }
        }
    }
}
