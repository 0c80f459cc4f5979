//! Seeded simulation: runs through random schedules of everything that can happen, in any order the world
//! allows, with the invariants checked at every step. `PLYRUM_SIM_SCHEDULES` sets how many.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

#[path = "simulation/plans.rs"]
mod plans;
mod world;

use plyrum_billing_client::{MicroRub, Usage};
use plyrum_engine::{
    AttemptEnd, AttemptFailure, Basis, Effect, FailureClass, Input, Refusal, RefusalCause, RunSpec, Stop,
    ToolEvent, ToolResult, Tried, UsageReport, Verdict,
};
use plyrum_protocol::{
    Action, AttemptId, CallId, CancelReason, ChangedFile, Channel, ErrorKind, Fault, Frame, FrameBody,
    RunStatus, StepId, StepKind, StepOutcome, Timestamp, ToolOutcome,
};
use std::collections::{BTreeMap, VecDeque};
use world::{Booked, Score};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()].clone()
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }
}

/// What the world still owes the run. Items of one source stay in order; sources interleave freely.
enum Owed {
    Hold { batch: u32 },
    Stream { attempt: AttemptId, script: VecDeque<Input> },
    Booking { attempt: AttemptId, basis: Option<Basis>, received: u64 },
    Close,
    Tool { script: VecDeque<Input> },
    Check { step: StepId, text: String },
    Try { call: CallId, step: StepId },
}

const CLASSES: [FailureClass; 8] = [
    FailureClass::Connect,
    FailureClass::Reset,
    FailureClass::RateLimited,
    FailureClass::Overloaded,
    FailureClass::Auth,
    FailureClass::Rejected,
    FailureClass::Timeout,
    FailureClass::Quota,
];

struct World {
    dice: Dice,
    score: Score,
    owed: Vec<Owed>,
    wake: Option<Timestamp>,
    ledger_dead: bool,
    /// Kept by the ledger; with one, providers report no more than was held.
    budget: Option<MicroRub>,
    /// What models say.
    texts: plans::Texts,
    /// The answer must fit a form.
    formed: bool,
    asked: u64,
    resumed: u64,
    kept: Option<(CallId, String)>,
    trial: Trial,
    /// How many frames there were when a step was to be dropped for the first time.
    dropped: BTreeMap<StepId, usize>,
}

/// The run's check.
#[derive(Default)]
struct Trial {
    /// Its proposals have to stand one.
    is_asked_for: bool,
    /// It may run.
    permitted: bool,
    /// What it ran on.
    tried: Vec<StepId>,
    /// One proposal has passed it.
    passed: bool,
}

impl World {
    fn execute(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.score.take(&effect);
            match effect {
                Effect::Hold(batch) => self.owed.push(Owed::Hold { batch: batch.batch }),
                Effect::Open(open) => {
                    let script = self.script(&open.attempt, !open.request.tools.is_empty());
                    self.owed.push(Owed::Stream { attempt: open.attempt, script });
                }
                Effect::Abort { attempt } => {
                    if self.dice.one_in(2) {
                        continue; // what was already under way still arrives, late
                    }
                    self.owed.retain(|o| !matches!(o, Owed::Stream { attempt: a, .. } if *a == attempt));
                }
                Effect::Settle(s) => {
                    let (basis, received) = (Some(s.basis), s.received_bytes);
                    self.owed.push(Owed::Booking { attempt: s.attempt, basis, received });
                }
                Effect::Release { attempt } => {
                    self.owed.push(Owed::Booking { attempt, basis: None, received: 0 });
                }
                Effect::Wake { at } => self.wake = Some(at),
                Effect::Close(_) => self.owed.push(Owed::Close),
                Effect::Emit(_) => {}
                Effect::Act(order) => {
                    assert!(!self.acting(), "one call at a time");
                    let script = self.act(&order.call);
                    self.owed.push(Owed::Tool { script });
                }
                Effect::Ask { call, checkpoint } => {
                    self.asked += 1;
                    self.kept = checkpoint.filter(|_| self.dice.one_in(2)).map(|kept| (call, kept));
                }
                Effect::Check { step, text, .. } => self.owed.push(Owed::Check { step, text }),
                Effect::Permit(order) => {
                    assert!(!self.acting(), "one call at a time");
                    assert!(self.score.attempts.is_empty(), "leave comes before money");
                    let script = self.permit(&order.call);
                    self.owed.push(Owed::Tool { script });
                }
                Effect::Try { call, step, text } => {
                    assert!(self.trial.permitted && !self.is_trying(), "one at a time, and with leave");
                    assert!(!text.is_empty() && !self.trial.tried.contains(&step), "{step} is tried once");
                    self.trial.tried.push(step.clone());
                    self.owed.push(Owed::Try { call, step });
                }
                Effect::StopTool { call } => {
                    let tries = |o: &Owed| matches!(o, Owed::Try { call: c, .. } if *c == call);
                    if let Some(at) = self.owed.iter().position(tries) {
                        let Owed::Try { step, .. } = self.owed.remove(at) else { unreachable!() };
                        let tried = Tried::NotRun { why: "not carried out: the run ends".to_owned() };
                        self.owed.push(Owed::Tool { script: VecDeque::from([Input::Tried { step, tried }]) });
                        continue;
                    }
                    self.owed.retain(|o| !matches!(o, Owed::Tool { .. }));
                    let script = VecDeque::from([tool(&call, finished(ToolOutcome::Stopped, false))]);
                    self.owed.push(Owed::Tool { script });
                }
            }
        }
    }

    fn acting(&self) -> bool {
        self.owed.iter().any(|o| matches!(o, Owed::Tool { script, .. } if !script.is_empty()))
    }

    fn is_trying(&self) -> bool {
        self.owed.iter().any(|o| matches!(o, Owed::Try { .. }))
    }

    /// What comes of the question whether the run's check may run.
    fn permit(&mut self, call: &CallId) -> VecDeque<Input> {
        let mut script = VecDeque::new();
        let action = Box::new(Action::Invalid { arguments: String::new() });
        script.push_back(tool(call, ToolEvent::Proposed { action, sha256: "00".to_owned() }));
        if self.dice.one_in(2) {
            script.push_back(tool(call, ToolEvent::Ask));
        }
        let result = result(ToolOutcome::Denied, false);
        script.push_back(tool(
            call,
            match self.dice.roll(10) {
                0 => ToolEvent::Ends {
                    fault: Fault::new(ErrorKind::ApprovalNeeded, "nobody is there"),
                    result,
                },
                1 | 2 => ToolEvent::Finished(result),
                _ => {
                    self.trial.permitted = true;
                    ToolEvent::Permitted
                }
            },
        ));
        script
    }

    fn act(&mut self, call: &CallId) -> VecDeque<Input> {
        let mut script = VecDeque::new();
        if self.dice.one_in(8) {
            script.push_back(tool(call, ToolEvent::Misfit { why: "no such tool".to_owned() }));
            return script;
        }
        let action = Box::new(Action::Invalid { arguments: String::new() });
        script.push_back(tool(call, ToolEvent::Proposed { action, sha256: "00".to_owned() }));
        if self.dice.one_in(2) {
            script.push_back(tool(call, ToolEvent::Ask));
        }
        if self.dice.one_in(20) {
            let result = result(ToolOutcome::Denied, false);
            let fault = Fault::new(ErrorKind::ApprovalNeeded, "nobody is there");
            script.push_back(tool(call, ToolEvent::Ends { fault, result }));
            return script;
        }
        if self.dice.one_in(2) {
            script.push_back(tool(call, ToolEvent::Output { text: "out".to_owned() }));
        }
        script.push_back(tool(call, finished(ToolOutcome::Ok, self.dice.one_in(3))));
        script
    }

    /// Another daemon goes on with a run that was kept.
    fn resume(&mut self, run: &mut plyrum_engine::Run) {
        let Some((call, kept)) = self.kept.take() else { return };
        let seq = self.score.frames.iter().filter_map(|frame| frame.seq).max().unwrap();
        let (resumed, effects) =
            plyrum_engine::Run::resume(&kept, seq, &|_| None, std::sync::Arc::new(world::Prices)).unwrap();
        *run = resumed;
        self.owed.retain(|o| !matches!(o, Owed::Tool { .. } | Owed::Stream { .. }));
        self.wake = None;
        let acts = |effect: &&Effect| match effect {
            Effect::Act(order) => order.call == call,
            Effect::Permit(order) => order.call == call,
            _ => false,
        };
        assert_eq!(effects.iter().filter(acts).count(), 1, "it goes on with its call");
        self.resumed += 1;
        self.execute(effects);
    }

    fn script(&mut self, attempt: &AttemptId, may_act: bool) -> VecDeque<Input> {
        let id = || attempt.clone();
        let mut script = VecDeque::new();
        if self.dice.one_in(12) {
            let fault = Fault::new(ErrorKind::Auth, "no key");
            return VecDeque::from([Input::Closed { attempt: id(), end: AttemptEnd::NotSent(fault) }]);
        }
        if self.dice.one_in(6) {
            script.push_back(Input::Queued { attempt: id(), limit: 1 });
            script.push_back(Input::Admitted { attempt: id(), is_probe: self.dice.one_in(2) });
        }
        if !self.dice.one_in(5) {
            script.push_back(Input::Opened { attempt: id() });
            for text in self.texts.said(&mut self.dice) {
                let channel = if self.dice.one_in(5) { Channel::Reasoning } else { Channel::Answer };
                script.push_back(Input::Delta { attempt: id(), channel, text });
            }
            for _ in 0..self.dice.roll(3) {
                let usage = if self.dice.one_in(4) {
                    Err("reasoning exceeds completion".to_owned())
                } else {
                    Ok(self.usage(attempt))
                };
                let report = UsageReport { usage, raw: "{}".to_owned(), said_cost: None };
                script.push_back(Input::Usage { attempt: id(), report });
            }
        }
        if may_act && self.dice.one_in(2) {
            for _ in 0..=self.dice.roll(3) {
                let (id, name) = (format!("x{}", self.dice.roll(3)), "run".to_owned());
                let arguments = format!("{{\"argv\":[\"{}\"]}}", self.dice.roll(2));
                let call = plyrum_engine::ModelCall { id, name, arguments };
                script.push_back(Input::Call { attempt: attempt.clone(), call });
            }
        }
        let end = match self.dice.roll(8) {
            0..=3 => AttemptEnd::Finished(Stop::EndTurn),
            4 => AttemptEnd::Finished(Stop::Length),
            5 => AttemptEnd::Cut { why: "reset".to_owned() },
            _ => AttemptEnd::Failed(AttemptFailure {
                retry_after_ms: self.dice.one_in(4).then(|| self.dice.roll(400_000)),
                ..AttemptFailure::plain(CLASSES[usize::try_from(self.dice.roll(8)).unwrap()], "no luck")
            }),
        };
        script.push_back(Input::Closed { attempt: id(), end });
        script
    }

    /// Up to the very last token that was held; without a budget also beyond.
    fn usage(&mut self, attempt: &AttemptId) -> Usage {
        let bound = self.score.attempts[attempt].1.bound;
        let beyond = if self.budget.is_none() { 500 } else { 0 };
        let mut upto = |most: u64| if self.dice.one_in(3) { most } else { self.dice.roll(most + 1 + beyond) };
        Usage { input: upto(bound.input_tokens), output: upto(bound.max_output_tokens), ..Usage::default() }
    }

    /// The next thing that happens; `None` where nothing is owed.
    fn next(&mut self) -> Option<Input> {
        self.owed.retain(
            |o| !matches!(o, Owed::Stream { script, .. } | Owed::Tool { script, .. } if script.is_empty()),
        );
        if self.owed.is_empty() {
            return None;
        }
        let at = usize::try_from(self.dice.roll(self.owed.len() as u64)).unwrap();
        if let Owed::Stream { script, .. } | Owed::Tool { script, .. } = &mut self.owed[at] {
            return script.pop_front();
        }
        let storage = || Fault::new(ErrorKind::Storage, "disk full");
        Some(match self.owed.swap_remove(at) {
            Owed::Hold { batch } => {
                if self.ledger_dead || self.dice.one_in(40) {
                    self.score.batch(batch, Booked::NotHeld);
                    return Some(Input::HoldFailed { batch, fault: storage() });
                }
                let poor = self.dice.one_in(10).then(|| self.poor(batch));
                if let Some(refusal) = self.score.refusal(batch, self.budget).or(poor) {
                    self.score.batch(batch, Booked::NotHeld);
                    return Some(Input::HoldRefused { batch, refusal });
                }
                self.score.batch(batch, Booked::Held);
                Input::Held { batch }
            }
            Owed::Booking { attempt, basis, received } => {
                if self.ledger_dead || self.dice.one_in(40) {
                    self.ledger_dead = true;
                    self.score.give_up(&attempt);
                    return Some(Input::ResolveFailed { attempt, fault: storage() });
                }
                self.score.book(&attempt, basis.as_ref(), received)
            }
            Owed::Close if self.ledger_dead => Input::CloseFailed { fault: storage() },
            Owed::Check { step, text } => {
                let verdict = match self.dice.roll(8) {
                    0..=2 => Verdict::Fits { text, value: serde_json::Value::Null },
                    3 => Verdict::Unknown { why: "it took too long".to_owned() },
                    _ => Verdict::Misfit { why: "no object".to_owned() },
                };
                Input::Checked { step, verdict }
            }
            Owed::Try { step, .. } => {
                let (ms, output) = (
                    self.dice.roll(90),
                    "out\u{fffd}".repeat(usize::try_from(self.dice.roll(2_000)).unwrap()),
                );
                let tried = match self.dice.roll(8) {
                    0..=2 => Tried::Passed { ms, output },
                    3 => Tried::NotRun { why: "the disk is full".to_owned() },
                    4 => Tried::Failed { exit: None, why: Some("its time was over".to_owned()), ms, output },
                    _ => Tried::Failed { exit: Some(1), why: None, ms, output },
                };
                self.trial.passed |= matches!(tried, Tried::Passed { .. });
                Input::Tried { step, tried }
            }
            Owed::Close => Input::RunClosed { total: MicroRub::new(self.score.booked) },
            Owed::Stream { .. } | Owed::Tool { .. } => unreachable!(),
        })
    }

    fn poor(&mut self, batch: u32) -> Refusal {
        let needed = self.score.total(batch);
        let percent = i64::try_from(self.dice.roll(100)).unwrap();
        Refusal {
            cause: RefusalCause::Balance,
            needed,
            available: MicroRub::new(needed.get() * percent / 100),
            limit: Some(needed),
            setting: "plyrum balance top-up".to_owned(),
        }
    }
}

fn tool(call: &CallId, event: ToolEvent) -> Input {
    Input::Tool { call: call.clone(), event }
}

fn finished(outcome: ToolOutcome, changed: bool) -> ToolEvent {
    ToolEvent::Finished(result(outcome, changed))
}

fn result(outcome: ToolOutcome, changed: bool) -> ToolResult {
    let file = ChangedFile { path: "a".to_owned(), before_sha256: None, after_sha256: None };
    let changed_files = changed.then_some(file).into_iter().collect();
    ToolResult { outcome, exit: None, ms: 1, bytes: 3, changed_files, text: "done".to_owned() }
}

fn run_schedule(seed: u64) -> (RunStatus, Vec<String>) {
    let (world, resumed) = play(seed, |_| {});
    let mut story = world.score.story();
    story.extend((0..resumed).map(|_| "resumed".to_owned()));
    let is_drop = |frame: &&Frame| matches!(&frame.body, FrameBody::StepCancelled { reason, .. } if reason == "dropped");
    story.extend(world.score.frames.iter().filter(is_drop).map(|_| "dropped".to_owned()));
    (world.score.finished().unwrap().status, story)
}

/// A schedule to its end, of a random run that was changed; with how often it was resumed.
fn play(seed: u64, change: impl Fn(&mut RunSpec)) -> (World, u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut spec = plans::random(&mut dice, seed);
    change(&mut spec);
    let (budget, steps) = (spec.limits.budget, spec.steps.len());
    let names: Vec<StepId> = spec.steps.iter().map(|step| step.step.clone()).collect();
    let texts = plans::Texts::of(&spec);
    let formed = spec.form.is_some();
    let selects = spec.steps.last().is_some_and(|step| step.kind == StepKind::Select);
    let checked = spec.check.is_some() && selects;
    let mut world = World {
        dice,
        score: Score::default(),
        owed: vec![],
        wake: None,
        ledger_dead: false,
        budget,
        texts,
        formed,
        asked: 0,
        resumed: 0,
        kept: None,
        trial: Trial { is_asked_for: checked, ..Trial::default() },
        dropped: BTreeMap::new(),
    };
    let mut now = Timestamp::from_millis(1_000_000);
    let (mut run, effects) = world::start(spec);
    world.execute(effects);
    let mut inputs = 0;
    while !run.is_over() {
        inputs += 1;
        assert!(inputs < 1_000 + 500 * steps, "seed {seed}: the run does not end");
        now = now.plus_millis(world.dice.roll(40));
        let input = match world.dice.roll(120) {
            0 => Some(Input::Cancel(CancelReason::User)),
            1..=3 => Some(Input::FinishNow),
            4..=6 => Some(Input::Drop { step: world.dice.pick(&names) }),
            _ => world.next(),
        };
        let input = input.or_else(|| {
            world.wake.take().map(|at| {
                let clock_was_set_back = world.dice.one_in(4);
                now = if clock_was_set_back { now } else { now.max(at) };
                Input::Tick
            })
        });
        if let Some(Input::Drop { step }) = &input {
            world.dropped.entry(step.clone()).or_insert(world.score.frames.len());
        }
        let input =
            input.unwrap_or_else(|| panic!("seed {seed}: nothing is owed and the run is not over: {run:?}"));
        let effects = run.apply(now, input);
        world.execute(effects);
        world.resume(&mut run);
    }
    assert!(run.apply(now, Input::Tick).is_empty(), "seed {seed}: a run that is over does something");
    check(&world, seed);
    let resumed = world.resumed;
    (world, resumed)
}

fn check(world: &World, seed: u64) {
    let World { score, ledger_dead, budget, .. } = world;
    let result = score.finished().expect("finished");
    assert_eq!(score.story().iter().filter(|t| *t == "run.finished").count(), 1);
    assert_eq!(score.story().last().unwrap(), "run.finished");
    check_the_form(world, seed);
    if let Some(budget) = budget {
        assert!(score.booked <= budget.get(), "seed {seed}: {} of {budget} spent", score.booked);
    }
    if !ledger_dead {
        let rows: i64 = result.attempts.iter().map(|a| a.cost_micro_rub.get()).sum();
        assert_eq!(rows, result.cost_micro_rub.get(), "seed {seed}: Σ rows = total");
        assert_eq!(rows, score.booked, "seed {seed}: total = ledger");
    }
    if let Some(extra) = result.extra_over_direct_micro_rub {
        assert!((0..=result.cost_micro_rub.get()).contains(&extra.get()), "seed {seed}: {extra} extra");
    }
    check_that_proposals_are_used(score, seed);
    check_that_dropped_steps_rest(world, seed);
    check_the_trial(world, seed);
    check_that_one_of_two_speaks(score, seed);
    for (attempt, request) in &score.requests {
        plans::check_framing(attempt, request);
    }
    assert_eq!(
        result.error.is_none(),
        matches!(result.status, RunStatus::Succeeded | RunStatus::Degraded),
        "seed {seed}: {result:?}"
    );
    for (id, (state, _)) in &score.attempts {
        assert!(matches!(state, Booked::Resolved | Booked::NotHeld), "seed {seed}: {id} is {state:?}");
    }
}

/// A check that was asked for has one end, before the run's; what passed is the answer as it is, and nobody was paid to
/// choose.
fn check_the_trial(world: &World, seed: u64) {
    let (score, result) = (&world.score, world.score.finished().expect("finished"));
    let shown = |is: &dyn Fn(&FrameBody) -> bool| score.frames.iter().filter(|frame| is(&frame.body)).count();
    let is_step = |step: &StepId| step.as_str() == "lead.check";
    let begun = shown(&|body| matches!(body, FrameBody::StepStarted { step, .. } if is_step(step)));
    let ended = shown(&|body| matches!(body, FrameBody::StepFinished { step, .. } if is_step(step)));
    assert_eq!(
        (begun, ended),
        (usize::from(world.trial.is_asked_for), usize::from(world.trial.is_asked_for)),
        "seed {seed}"
    );
    let told = shown(&|body| matches!(body, FrameBody::ProposalChecked { .. }));
    assert!(told <= world.trial.tried.len(), "seed {seed}");
    let answered = matches!(result.status, RunStatus::Succeeded | RunStatus::Degraded);
    if world.trial.passed && answered && !world.formed {
        let is_passed =
            |frame: &&Frame| matches!(&frame.body, FrameBody::ProposalChecked { passed: true, .. });
        assert_eq!(
            score.frames.iter().filter(is_passed).count(),
            1,
            "seed {seed}: the first that passes is enough"
        );
        let mut of_judge = score.attempts.iter().filter(|(_, (_, hold))| hold.step.as_str() == "lead");
        let is_paid = of_judge.any(|(id, _)| score.requests.contains_key(id));
        assert!(!is_paid, "seed {seed}: nobody is paid to choose");
    }
}

/// What was shown is what is in the result. Under a form an answer is only what fits, and it is asked for twice at most.
fn check_the_form(world: &World, seed: u64) {
    let (score, result) = (&world.score, world.score.finished().expect("finished"));
    if !world.formed {
        assert_eq!(result.answer, score.shown_answer(), "seed {seed}: what was shown is in the result");
        return assert_eq!(result.structured, None, "seed {seed}");
    }
    let answered = matches!(result.status, RunStatus::Succeeded | RunStatus::Degraded);
    assert!(!answered || result.structured.is_some(), "seed {seed}: {result:?}");
    assert!(
        answered || score.shown_answer().is_empty() || !result.answer.is_empty(),
        "seed {seed}: {result:?}"
    );
    let repaired = score.frames.iter().filter(
        |frame| matches!(&frame.body, FrameBody::AttemptRetried { cause, .. } if cause.contains("schema")),
    );
    assert!(repaired.count() <= 1, "seed {seed}: repaired twice");
}

/// A text that the answering step could read is an answer, whatever happens to that step's own model.
fn check_that_proposals_are_used(score: &Score, seed: u64) {
    let result = score.finished().expect("finished");
    let mut read = Vec::new();
    let (mut has_text, mut acted) = (false, false);
    for frame in &score.frames {
        match &frame.body {
            FrameBody::RunPlanned { steps, .. } => read.clone_from(&steps.last().unwrap().after),
            FrameBody::ToolFinished { .. } => acted = true,
            FrameBody::StepFinished { step, outcome, .. } => {
                has_text |= read.contains(step) && *outcome != StepOutcome::Failed;
            }
            _ => {}
        }
    }
    let ended = |kind| {
        matches!(
            kind,
            ErrorKind::Timeout
                | ErrorKind::Storage
                | ErrorKind::CancelledElsewhere
                | ErrorKind::ApprovalNeeded
                | ErrorKind::TurnLimit
                | ErrorKind::SchemaNotMet
        )
    };
    // A model that acted and ran in circles has lost its run.
    let in_circles = |fault: &Fault| acted && fault.kind == ErrorKind::Failed;
    let lost = result.error.as_ref().is_some_and(|fault| !ended(fault.kind) && !in_circles(fault));
    assert!(!has_text || !lost, "seed {seed}: there was a proposal, and yet {result:?}");
}

/// What was dropped is asked nothing more, says nothing more, is told once, and was a proposal.
fn check_that_dropped_steps_rest(world: &World, seed: u64) {
    let frames = &world.score.frames;
    let proposes = |name: &StepId| {
        frames.iter().any(|frame| match &frame.body {
            FrameBody::RunPlanned { steps, .. } => {
                steps.iter().any(|s| s.step == *name && s.kind == StepKind::Propose)
            }
            _ => false,
        })
    };
    let is_told = |name: &StepId| {
        frames.iter().any(|frame| {
            matches!(&frame.body, FrameBody::StepCancelled { step, reason } if step == name && reason == "dropped")
        })
    };
    let told = frames.iter().filter_map(|frame| match &frame.body {
        FrameBody::StepCancelled { step, reason } if reason == "dropped" => Some(step),
        _ => None,
    });
    for step in told {
        assert!(proposes(step), "seed {seed}: {step} is no proposal");
        assert!(world.dropped.contains_key(step), "seed {seed}: nobody dropped {step}");
    }
    for (name, since) in world.dropped.iter().filter(|(name, _)| is_told(name)) {
        for frame in frames.iter().skip(*since) {
            match &frame.body {
                FrameBody::AttemptStarted { step, .. }
                | FrameBody::Delta { step, .. }
                | FrameBody::StepFinished { step, .. }
                | FrameBody::Provisional { step }
                | FrameBody::ProposalLate { step } => {
                    assert_ne!(step, name, "seed {seed}: {name} was dropped, and then {frame:?}");
                }
                _ => {}
            }
        }
    }
}

/// Of two attempts of one step at a time one alone says anything, and a step is hedged once, where it may not act.
fn check_that_one_of_two_speaks(score: &Score, seed: u64) {
    let mut hedges = BTreeMap::<&StepId, [&AttemptId; 2]>::new();
    for frame in &score.frames {
        let FrameBody::AttemptHedged { step, attempt, hedge, .. } = &frame.body else { continue };
        assert!(hedges.insert(step, [attempt, hedge]).is_none(), "seed {seed}: {step} is hedged twice");
        for asked in [attempt, hedge] {
            assert!(score.requests[asked].tools.is_empty(), "seed {seed}: {asked} may act");
        }
        assert_ne!(score.attempts[attempt].1.model, score.attempts[hedge].1.model, "seed {seed}");
    }
    for two in hedges.values() {
        let says = |one: &AttemptId| {
            score.frames.iter().any(
                |frame| matches!(&frame.body, FrameBody::Delta { attempt, offset: 0, .. } if attempt == one),
            )
        };
        assert!(two.iter().filter(|one| says(one)).count() < 2, "seed {seed}: both of {two:?} speak");
    }
}

fn schedules() -> u64 {
    std::env::var("PLYRUM_SIM_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000)
}

#[test]
fn every_random_schedule_keeps_the_promises() {
    let mut seen = BTreeMap::<String, u64>::new();
    for seed in 1..=schedules() {
        let (status, story) = run_schedule(seed);
        *seen.entry(status.as_str().to_owned()).or_default() += 1;
        for frame in story {
            *seen.entry(frame).or_default() += 1;
        }
    }
    let ends = ["succeeded", "degraded", "failed", "cancelled"];
    let turns = [
        "plan.shrunk",
        "proposal.late",
        "proposal.unfit",
        "proposal.checked",
        "dropped",
        "quorum.reached",
        "votes.counted",
        "provisional",
        "attempt.retried",
        "attempt.hedged",
    ];
    let acts = ["tool.proposed", "tool.finished", "resumed"];
    for what in ends.into_iter().chain(turns).chain(acts) {
        assert!(seen.get(what).copied().unwrap_or(0) > 0, "no schedule had {what}: {seen:?}");
    }
    println!("{seen:?}");
}

#[test]
fn hedges_of_models_that_nobody_asks_change_nothing() {
    for seed in 1..=300 {
        let off = play(seed, |spec| spec.limits.hedge_after_ms.clear()).0.score;
        let others = [("nobody/asks".to_owned(), 1)];
        let named = play(seed, |spec| spec.limits.hedge_after_ms = others.clone().into()).0.score;
        assert_eq!(off.frames, named.frames, "seed {seed}");
        assert!(!off.story().contains(&"attempt.hedged".to_owned()), "seed {seed}");
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 1..=50 {
        assert_eq!(run_schedule(seed), run_schedule(seed), "seed {seed}");
    }
}
