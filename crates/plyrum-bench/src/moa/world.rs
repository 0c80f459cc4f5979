//! What is around a run that is replayed: a clock that jumps, a ledger that grants, and providers that say what was
//! recorded, when it was recorded to come.

use super::timing::{Draw, Refused};
use plyrum_billing_client::{Billing, BytesPerToken, MicroRub, Quality, Usage, estimate};
use plyrum_engine::{
    AttemptEnd, AttemptFailure, Basis, Effect, FailureClass, Input, Run, RunSpec, Settlement, Stop,
    UsageReport,
};
use plyrum_protocol::{AttemptId, Channel, FrameBody, RunResult, StepId, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// Most inputs of one run: one that went on would be a fault of the engine's.
const MAX_INPUTS: usize = 10_000;

/// What one model says to one request, and when.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    /// Characters of the recorded answer.
    pub(super) chars: u64,
    pub(super) draw: Draw,
}

/// What became of a run.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) result: RunResult,
    /// Models that were asked, in order; a repeat of a refused request is none.
    pub(super) calls: Vec<String>,
    /// Requests that a host refused.
    pub(super) refused: u64,
    /// Characters that were answered, of answers that came to their end.
    pub(super) chars: u64,
    /// When each step began, from the start of the run.
    pub(super) started_ms: BTreeMap<StepId, u64>,
}

/// Plays a run to its end. `says` is what a model answers to this question when it is asked for the `n`th time.
pub(super) fn play(
    spec: RunSpec,
    billing: &Arc<dyn Billing + Send + Sync>,
    says: &dyn Fn(&str, u64) -> Line,
) -> Option<Played> {
    let mut world = World {
        began: spec.accepted_at,
        now: spec.accepted_at,
        billing: Arc::clone(billing),
        says,
        owed: BinaryHeap::new(),
        inputs: Vec::new(),
        asked: BTreeMap::new(),
        times: BTreeMap::new(),
        calls: Vec::new(),
        refused: 0,
        chars: 0,
        started_ms: BTreeMap::new(),
        result: None,
        booked: MicroRub::ZERO,
    };
    let (mut run, effects) = Run::start(spec, Arc::clone(billing));
    world.execute(effects);
    for _ in 0..MAX_INPUTS {
        let Some(input) = world.next().filter(|_| !run.is_over()) else { break };
        let effects = run.apply(world.now, input);
        world.execute(effects);
    }
    let (calls, refused) = (world.calls, world.refused);
    let (chars, started_ms) = (world.chars, world.started_ms);
    world.result.map(|result| Played { result, calls, refused, chars, started_ms })
}

/// A request, from its hold on.
#[derive(Default)]
struct Asked {
    model: String,
    request_bytes: u64,
    is_repeat: bool,
    /// Characters that come back.
    chars: u64,
}

struct World<'a> {
    began: Timestamp,
    now: Timestamp,
    billing: Arc<dyn Billing + Send + Sync>,
    says: &'a dyn Fn(&str, u64) -> Line,
    /// When, in the order in which it was promised, and which of `inputs`.
    owed: BinaryHeap<Reverse<(Timestamp, usize)>>,
    inputs: Vec<Option<Input>>,
    asked: BTreeMap<AttemptId, Asked>,
    /// How often each model was asked.
    times: BTreeMap<String, u64>,
    calls: Vec<String>,
    refused: u64,
    chars: u64,
    started_ms: BTreeMap<StepId, u64>,
    result: Option<RunResult>,
    booked: MicroRub,
}

impl World<'_> {
    fn owe(&mut self, after_ms: u64, input: Input) {
        self.owed.push(Reverse((self.now.plus_millis(after_ms), self.inputs.len())));
        self.inputs.push(Some(input));
    }

    /// The next thing that happens; the clock goes there.
    fn next(&mut self) -> Option<Input> {
        while let Some(Reverse((at, index))) = self.owed.pop() {
            if let Some(input) = self.inputs.get_mut(index).and_then(Option::take) {
                self.now = self.now.max(at);
                return Some(input);
            }
        }
        None
    }

    fn execute(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Emit(frame) => self.hear(frame.body),
                Effect::Hold(batch) => {
                    for hold in batch.holds {
                        let (request_bytes, is_repeat) = (hold.request_bytes, hold.try_number > 1);
                        let asked = Asked { model: hold.model, request_bytes, is_repeat, chars: 0 };
                        self.asked.insert(hold.attempt, asked);
                    }
                    self.owe(0, Input::Held { batch: batch.batch });
                }
                Effect::Open(open) => self.answer(&open.attempt, &open.model, open.request.text_bytes()),
                Effect::Abort { attempt } => self.hang_up(&attempt),
                Effect::Settle(settle) => self.book(settle.attempt, &settle.basis, settle.received_bytes),
                Effect::Release { attempt } => self.book(attempt, &Basis::Nothing, 0),
                Effect::Wake { at } => self.owe(at.millis_since(self.now), Input::Tick),
                Effect::Close(_) => self.owe(0, Input::RunClosed { total: self.booked }),
                // Nothing is offered to these runs, no form is asked for, and they have no check.
                Effect::Act(_)
                | Effect::Ask { .. }
                | Effect::StopTool { .. }
                | Effect::Check { .. }
                | Effect::Permit(_)
                | Effect::Try { .. } => {}
            }
        }
    }

    fn hear(&mut self, body: FrameBody) {
        match body {
            FrameBody::StepStarted { step, .. } => {
                self.started_ms.insert(step, self.now.millis_since(self.began));
            }
            FrameBody::RunFinished { result } => self.result = Some(*result),
            _ => {}
        }
    }

    fn answer(&mut self, attempt: &AttemptId, model: &str, request_bytes: u64) {
        let nth = self.times.entry(model.to_owned()).or_default();
        let line = (self.says)(model, *nth);
        *nth += 1;
        let asked = self.asked.entry(attempt.clone()).or_default();
        if !asked.is_repeat {
            self.calls.push(model.to_owned());
        }
        let (id, draw) = (|| attempt.clone(), line.draw);
        if let Some(fault) = draw.fault {
            self.refused += 1;
            let end = AttemptEnd::Failed(failure(fault));
            return self.owe(draw.total_ms, Input::Closed { attempt: id(), end });
        }
        asked.chars = line.chars;
        let tokens = estimate(request_bytes, line.chars, &BytesPerToken::default());
        let report = UsageReport { usage: Ok(tokens), raw: "{}".to_owned(), said_cost: None };
        self.owe(draw.ttft_ms.min(draw.total_ms), Input::Opened { attempt: id() });
        let delta = Input::Delta { attempt: id(), channel: Channel::Answer, text: line.text };
        self.owe(draw.total_ms, delta);
        self.owe(draw.total_ms, Input::Usage { attempt: id(), report });
        self.owe(draw.total_ms, Input::Closed { attempt: id(), end: AttemptEnd::Finished(Stop::EndTurn) });
    }

    /// What was still to come does not come.
    fn hang_up(&mut self, attempt: &AttemptId) {
        for input in &mut self.inputs {
            let is_its = match input {
                Some(
                    Input::Opened { attempt: of }
                    | Input::Delta { attempt: of, .. }
                    | Input::Usage { attempt: of, .. }
                    | Input::Closed { attempt: of, .. },
                ) => of == attempt,
                _ => false,
            };
            if is_its {
                *input = None;
            }
        }
    }

    /// As the ledger books it: by the report, else by what went and came.
    fn book(&mut self, attempt: AttemptId, basis: &Basis, received: u64) {
        let nobody = Asked::default();
        let asked = self.asked.get(&attempt).unwrap_or(&nobody);
        let (usage, quality) = match basis {
            Basis::Reported(usage) => (usage.clone(), Quality::Reported),
            Basis::Estimated => {
                (estimate(asked.request_bytes, received, &BytesPerToken::default()), Quality::Estimated)
            }
            Basis::Nothing => (Usage::default(), Quality::Missing), // never sent, given back, or refused
        };
        if matches!(basis, Basis::Reported(_)) {
            self.chars += asked.chars;
        }
        let cost = self.billing.charge(&asked.model, &usage).unwrap_or(MicroRub::ZERO);
        self.booked = self.booked.checked_add(cost).unwrap_or(self.booked);
        let settlement = Settlement { cost: Some(cost), usage, quality, said_otherwise: None };
        self.owe(0, Input::Resolved { attempt, settlement });
    }
}

/// As a provider's edge tells it.
fn failure(fault: Refused) -> AttemptFailure {
    match fault {
        Refused::RateLimited => AttemptFailure {
            status: Some(429),
            ..AttemptFailure::plain(FailureClass::RateLimited, "rate limited")
        },
        Refused::Failed => AttemptFailure::plain(FailureClass::Reset, "the request failed"),
    }
}
