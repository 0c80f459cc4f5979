//! Plays a story: what the provider, the ledger and the user do, one thing after the other, and tells what
//! the run made of it. The ledger answers at once unless the story says otherwise, and keeps the budget.

use super::{Booked, Score, start};
use plyrum_billing_client::{MicroRub, Usage};
use plyrum_engine::{
    AttemptEnd, AttemptFailure, Basis, Effect, FailureClass, HoldBatch, HoldRequest, Input, ModelCall,
    Refusal, RefusalCause, Run, RunSpec, Stop, ToolCall, ToolEvent, ToolResult, Tried, Unpriced, UsageReport,
    Verdict,
};
use plyrum_protocol::{
    ApprovalId, ApprovalVerdict, AttemptId, CancelReason, ChangedFile, Channel, ErrorKind, Fault, FrameBody,
    Ruling, RunResult, StepId, StepOutcome, Timestamp, ToolOutcome, VoteGroup, Voter,
};
use std::collections::VecDeque;

/// One thing that happens. What the ledger has asked for is answered first. What a provider does, the attempt opened last does, unless [`Event::At`] names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Says(&'static str),
    SaysText(String),
    SaysAtLength(usize),
    Thinks(&'static str),
    /// Input and output tokens.
    Uses(u64, u64),
    UsesNonsense,
    Ends,
    EndsWith(Stop),
    Fails(FailureClass),
    /// It fails and asks to be asked again after so many milliseconds.
    FailsFor(FailureClass, u64),
    Breaks,
    CannotBeSent,
    /// Its provider has no free place for it.
    Queues,
    /// It has one again.
    IsAdmitted,
    /// It is the one that tries whether its provider answers again.
    Probes,
    /// Its provider is not asked for a while after it.
    WasOneTooMany,
    At(u32, Box<Event>),
    Waits(u64),
    /// Until the run asked to be woken, and one tick.
    WaitsForTheRun,
    /// It has asked for no tick.
    WakesNoMore,
    /// A tick that comes before its time, as after a clock was set back.
    TicksEarly,
    Cancels,
    /// The client that waited is gone.
    ClientGoes,
    /// "Finish now with what we have."
    WantsItNow,
    /// "Not this one."
    Drops(&'static str),
    /// Its model calls `run` with these arguments.
    Calls(&'static str),
    /// The action of the call that the driver has is over, and the model is told this.
    Acts(&'static str),
    /// The same, and it changed a file.
    Changes(&'static str),
    /// It does not fit its tool.
    DoesNotFit,
    /// It must be asked for; the run is kept and taken up again by another daemon.
    Asks,
    /// The question is answered.
    Answers(ApprovalVerdict),
    /// A person ends the run with it.
    EndsTheRun,
    /// The answer fits its form, as this text.
    Fits(&'static str),
    /// It does not, for this reason.
    Misses(&'static str),
    /// Nobody can tell.
    CannotTell,
    /// The run's check may run.
    Permits,
    /// The check says nothing, for this reason.
    Refuses(&'static str),
    /// The proposal that is being tried passes.
    Passes,
    /// It does not: the command ended with this code.
    DoesNotPass(i32),
    /// It cannot be tried.
    CannotTry(&'static str),
    LedgerWaits,
    LedgerGoesOn,
    /// One thing that the ledger was asked for.
    LedgerAnswersOnce,
    /// The next hold cannot be written.
    HoldBreaks,
    /// The next holds are refused by the wallet, which has so much left.
    HasOnly(i64),
    /// So much is left, and others take 0.001 RUB of it before each hold.
    HasEverLess(i64),
    /// From now on there is a limit that the ledger keeps: it holds nothing whose cost nobody can bound.
    HasALimit,
    /// The next booking cannot be written, nor anything after it.
    LedgerBreaks,
}

/// A whole proposal: said, reported (30 tokens in, 1 out), ended.
pub(crate) fn proposes(attempt: u32, text: &str) -> Vec<Event> {
    let does = [Event::SaysText(text.to_owned()), Event::Uses(30, 1), Event::Ends];
    does.into_iter().map(|event| at(attempt, event)).collect()
}

pub(crate) fn at(attempt: u32, event: Event) -> Event {
    Event::At(attempt, Box::new(event))
}

/// What a run made of a story.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) score: Score,
    pub(crate) result: RunResult,
    /// The durable frames after `run.planned`, a line each, and the result.
    pub(crate) text: String,
}

/// Plays a story and compares how it goes, line by line.
#[track_caller]
pub(crate) fn check(spec: &RunSpec, story: &[Event], goes: &str) -> Told {
    let told = play(spec, story);
    let goes: Vec<&str> = goes.trim().lines().map(str::trim).collect();
    let went: Vec<&str> = told.text.lines().collect();
    assert!(went == goes, "it went:\n{}", told.text);
    told
}

pub(crate) fn budget(micro_rub: i64, mut spec: RunSpec) -> RunSpec {
    spec.limits.budget = Some(MicroRub::new(micro_rub));
    "--max-cost".clone_into(&mut spec.limits.budget_setting);
    spec
}

/// The user lets models be asked whose price is not known.
pub(crate) fn unpriced(mut spec: RunSpec) -> RunSpec {
    spec.limits.unpriced = Unpriced::Allow;
    spec
}

pub(crate) fn deadline(after_ms: u64, mut spec: RunSpec) -> RunSpec {
    spec.limits.deadline = Some(spec.accepted_at.plus_millis(after_ms));
    spec
}

pub(crate) fn hint(told: &Told) -> &str {
    told.result.error.as_ref().and_then(|e| e.hint.as_deref()).unwrap_or_default()
}

/// What an attempt held.
pub(crate) fn hold(told: &Told, attempt: u32) -> &HoldRequest {
    &told.score.attempts[&AttemptId::new(format!("ab12.{attempt}")).unwrap()].1
}

/// Plays a story to the end of its run.
pub(crate) fn play(spec: &RunSpec, story: &[Event]) -> Told {
    let mut player = Player {
        budget: spec.limits.budget,
        now: spec.accepted_at,
        run: start(spec.clone()),
        score: Score::default(),
        ledger: VecDeque::new(),
        ledger_waits: false,
        hold_breaks: false,
        ledger_broken: false,
        wallet: None,
        limit: None,
        taken_by_others: 0,
        wake: None,
        last: None,
        acting: None,
        kept: None,
        checking: VecDeque::new(),
        trying: VecDeque::new(),
    };
    let effects = std::mem::take(&mut player.run.1);
    player.execute(effects);
    for event in story {
        player.happens(event);
    }
    player.settle_down();
    let Some(result) = player.score.finished().cloned() else {
        panic!("the story is over and the run is not:\n{}", player.score.told().join("\n"))
    };
    // Under a form a fence may be taken off, and an answer that was not repaired is kept.
    let is_shown = spec.form.is_some() || result.answer == player.score.shown_answer();
    assert!(is_shown, "what was shown is what is in the result: {:?}", result.answer);
    let mut lines = player.score.told();
    lines.push(tell_result(&result));
    Told { text: lines.join("\n"), result, score: player.score }
}

struct Player {
    run: (Run, Vec<Effect>),
    score: Score,
    now: Timestamp,
    budget: Option<MicroRub>,
    ledger: VecDeque<Effect>,
    ledger_waits: bool,
    hold_breaks: bool,
    ledger_broken: bool,
    wallet: Option<i64>,
    /// What the ledger keeps to.
    limit: Option<MicroRub>,
    taken_by_others: i64,
    wake: Option<Timestamp>,
    last: Option<AttemptId>,
    acting: Option<ToolCall>,
    kept: Option<String>,
    /// The step whose answer is being looked at.
    checking: VecDeque<StepId>,
    /// Steps whose proposals are to be tried.
    trying: VecDeque<StepId>,
}

impl Player {
    fn execute(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.score.take(&effect);
            match effect {
                Effect::Open(open) => self.last = Some(open.attempt),
                Effect::Wake { at } => self.wake = Some(at),
                Effect::Act(call) => self.acting = Some(call),
                Effect::Ask { checkpoint, .. } => self.kept = checkpoint,
                Effect::Check { step, .. } => self.checking.push_back(step),
                Effect::Permit(order) => {
                    let (name, arguments) = ("check".to_owned(), order.check.command);
                    self.acting = Some(ToolCall { call: order.call, name, arguments });
                }
                Effect::Try { step, .. } => self.trying.push_back(step),
                Effect::Abort { .. } | Effect::Emit(_) | Effect::StopTool { .. } => {}
                Effect::Hold(_) | Effect::Settle(_) | Effect::Release { .. } | Effect::Close(_) => {
                    self.ledger.push_back(effect);
                }
            }
        }
    }

    fn apply(&mut self, input: Input) {
        let effects = self.run.0.apply(self.now, input);
        self.execute(effects);
    }

    /// The ledger answers everything that waits.
    fn settle_down(&mut self) {
        while !self.ledger_waits {
            let Some(order) = self.ledger.pop_front() else { return };
            let answer = self.answer(order);
            self.apply(answer);
        }
    }

    fn answer(&mut self, order: Effect) -> Input {
        let fault = || Fault::new(ErrorKind::Storage, "the disk is full");
        match order {
            Effect::Hold(batch) => {
                let unbounded = self.limit.and_then(|limit| unbounded(&batch, limit));
                let batch = batch.batch;
                if std::mem::take(&mut self.hold_breaks) || self.ledger_broken {
                    self.score.batch(batch, Booked::NotHeld);
                    return Input::HoldFailed { batch, fault: fault() };
                }
                self.wallet = self.wallet.map(|left| left - self.taken_by_others);
                let wallet = self.wallet.filter(|left| self.score.total(batch).get() > *left);
                let refusal = unbounded.or_else(|| wallet.map(|left| self.poor(batch, left)));
                if let Some(refusal) = refusal.or_else(|| self.score.refusal(batch, self.budget)) {
                    self.score.batch(batch, Booked::NotHeld);
                    return Input::HoldRefused { batch, refusal };
                }
                self.score.batch(batch, Booked::Held);
                Input::Held { batch }
            }
            Effect::Settle(settle) if self.ledger_broken => self.cannot_book(settle.attempt, fault()),
            Effect::Release { attempt } if self.ledger_broken => self.cannot_book(attempt, fault()),
            Effect::Settle(settle) => {
                self.score.book(&settle.attempt, Some(&settle.basis), settle.received_bytes)
            }
            Effect::Release { attempt } => self.score.book(&attempt, None::<&Basis>, 0),
            Effect::Close(_) if self.ledger_broken => Input::CloseFailed {
                fault: Fault::new(ErrorKind::Storage, "the run has attempts that are not booked"),
            },
            Effect::Close(_) => Input::RunClosed { total: MicroRub::new(self.score.booked) },
            Effect::Open(_)
            | Effect::Abort { .. }
            | Effect::Emit(_)
            | Effect::Wake { .. }
            | Effect::Act(_)
            | Effect::Ask { .. }
            | Effect::Check { .. }
            | Effect::Permit(_)
            | Effect::Try { .. }
            | Effect::StopTool { .. } => unreachable!(),
        }
    }

    fn poor(&self, batch: u32, left: i64) -> Refusal {
        Refusal {
            cause: RefusalCause::Balance,
            needed: self.score.total(batch),
            available: MicroRub::new(left),
            limit: Some(MicroRub::new(left)),
            setting: "plyrum balance top-up".to_owned(),
        }
    }

    fn cannot_book(&mut self, attempt: AttemptId, fault: Fault) -> Input {
        self.score.give_up(&attempt);
        Input::ResolveFailed { attempt, fault }
    }

    fn happens(&mut self, event: &Event) {
        match event {
            Event::LedgerWaits => return self.ledger_waits = true,
            Event::HoldBreaks => return self.hold_breaks = true,
            Event::HasALimit => return self.limit = Some(MicroRub::new(1_000_000)),
            Event::HasOnly(left) => return self.wallet = Some(*left),
            Event::HasEverLess(left) => {
                self.taken_by_others = 1_000;
                return self.wallet = Some(*left);
            }
            Event::LedgerBreaks => {
                self.settle_down();
                return self.ledger_broken = true;
            }
            Event::LedgerGoesOn => self.ledger_waits = false,
            Event::LedgerAnswersOnce => {
                let order = self.ledger.pop_front().expect("the ledger has nothing to do");
                let answer = self.answer(order);
                return self.apply(answer);
            }
            _ => {}
        }
        self.settle_down();
        match event {
            Event::Waits(ms) => self.wait_until(self.now.plus_millis(*ms)),
            Event::WaitsForTheRun => {
                let wake = self.wake.expect("the run waits for nothing");
                self.wait_until(wake);
            }
            Event::WakesNoMore => assert_eq!(self.wake, None, "nothing is to come by itself"),
            Event::TicksEarly => {
                self.wake.take().expect("the run waits for nothing");
                self.apply(Input::Tick);
            }
            Event::Cancels => self.apply(Input::Cancel(CancelReason::Interrupt)),
            Event::ClientGoes => self.apply(Input::Cancel(CancelReason::ClientGone)),
            Event::WantsItNow => self.apply(Input::FinishNow),
            Event::Drops(step) => self.apply(Input::Drop { step: StepId::new(*step).unwrap() }),
            Event::At(n, event) => {
                let attempt = AttemptId::new(format!("ab12.{n}")).unwrap();
                let input = provider(attempt, event);
                self.apply(input);
            }
            Event::LedgerGoesOn => {}
            Event::Acts(text) => self.tool(finished(text, false)),
            Event::Changes(text) => self.tool(finished(text, true)),
            Event::DoesNotFit => self.tool(ToolEvent::Misfit { why: "`argv` is missing".to_owned() }),
            Event::Asks => self.asks(),
            Event::Answers(verdict) => self.tool(ToolEvent::Resolved {
                approval: ApprovalId::new("ab12.a1").unwrap(),
                verdict: *verdict,
                by: "test".to_owned(),
                scope: None,
                rule: None,
                reason: None,
            }),
            Event::EndsTheRun => self.tool(ToolEvent::Ends {
                fault: Fault::new(ErrorKind::ApprovalDenied, "a person ended the run"),
                result: ToolResult { outcome: ToolOutcome::Denied, ..done("no", false) },
            }),
            Event::Fits(text) => {
                let value = serde_json::from_str(text).unwrap();
                self.finds(Verdict::Fits { text: (*text).to_owned(), value });
            }
            Event::Misses(why) => self.finds(Verdict::Misfit { why: (*why).to_owned() }),
            Event::Permits => self.tool(ToolEvent::Permitted),
            Event::Refuses(why) => {
                let result = ToolResult { outcome: ToolOutcome::Denied, ..done(why, false) };
                self.tool(ToolEvent::Finished(result));
            }
            Event::Passes => self.says_of_it(Tried::Passed { ms: 5, output: "1 passed".to_owned() }),
            Event::DoesNotPass(exit) => {
                let (exit, output) = (Some(*exit), "1 failed".to_owned());
                self.says_of_it(Tried::Failed { exit, why: None, ms: 5, output });
            }
            Event::CannotTry(why) => self.says_of_it(Tried::NotRun { why: (*why).to_owned() }),
            Event::CannotTell => self.finds(Verdict::Unknown { why: "it took too long".to_owned() }),
            event => {
                let attempt = self.last.clone().expect("no attempt is open");
                self.apply(provider(attempt, event));
            }
        }
        self.settle_down();
    }

    fn tool(&mut self, event: ToolEvent) {
        let call = self.acting.clone().expect("no tool was called").call;
        self.apply(Input::Tool { call, event });
    }

    fn finds(&mut self, verdict: Verdict) {
        let step = self.checking.pop_front().expect("no answer is being looked at");
        self.apply(Input::Checked { step, verdict });
    }

    fn says_of_it(&mut self, tried: Tried) {
        let step = self.trying.pop_front().expect("no proposal is being tried");
        self.apply(Input::Tried { step, tried });
    }

    /// The question is written down with the run, the daemon dies, and another one goes on.
    fn asks(&mut self) {
        self.tool(ToolEvent::Ask);
        let kept = self.kept.take().expect("a run that waits is kept");
        let seq = self.score.frames.iter().filter_map(|frame| frame.seq).max().unwrap_or(0);
        let (run, effects) = Run::resume(&kept, seq, &|_| None, std::sync::Arc::new(super::Prices)).unwrap();
        self.run.0 = run;
        let before = self.acting.take();
        self.execute(effects);
        assert_eq!(self.acting, before, "it goes on with the call that it waited for");
        self.tool(ToolEvent::Asked {
            approval: ApprovalId::new("ab12.a1").unwrap(),
            deadline: self.now.plus_millis(60_000),
            ruling: Ruling {
                verdict: "ask".to_owned(),
                policy: "ask".to_owned(),
                rule: None,
                file: None,
                line: None,
                reason: "no rule".to_owned(),
            },
            rule: None,
        });
    }

    fn wait_until(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        if self.wake.is_some_and(|wake| wake <= self.now) {
            self.wake = None;
            self.apply(Input::Tick);
        }
    }
}

/// What the ledger says of the first hold that no limit can be kept with.
fn unbounded(batch: &HoldBatch, limit: MicroRub) -> Option<Refusal> {
    let hold = batch.holds.iter().find(|hold| hold.unpriced || !hold.is_bounded)?;
    let what = if hold.unpriced { "price" } else { "image_tokens" };
    Some(Refusal {
        cause: RefusalCause::PriceUnknown,
        needed: MicroRub::ZERO,
        available: MicroRub::ZERO,
        limit: Some(limit),
        setting: format!("{what} of [models.\"{}\"]", hold.model),
    })
}

fn finished(text: &str, changed: bool) -> ToolEvent {
    ToolEvent::Finished(done(text, changed))
}

fn done(text: &str, changed: bool) -> ToolResult {
    let file = ChangedFile { path: "a".to_owned(), before_sha256: None, after_sha256: None };
    ToolResult {
        outcome: ToolOutcome::Ok,
        exit: None,
        ms: 1,
        bytes: 0,
        changed_files: changed.then_some(file).into_iter().collect(),
        text: text.to_owned(),
    }
}

fn provider(attempt: AttemptId, event: &Event) -> Input {
    let says = |channel, text: &str| (channel, text.to_owned());
    let (channel, text) = match event {
        Event::Says(text) => says(Channel::Answer, text),
        Event::SaysText(text) => says(Channel::Answer, text),
        Event::SaysAtLength(bytes) => says(Channel::Answer, &"x".repeat(*bytes)),
        Event::Thinks(text) => says(Channel::Reasoning, text),
        Event::Uses(input, output) => {
            let usage = Ok(Usage { input: *input, output: *output, ..Usage::default() });
            return Input::Usage {
                attempt,
                report: UsageReport { usage, raw: "{}".to_owned(), said_cost: None },
            };
        }
        Event::UsesNonsense => {
            let usage = Err("reasoning exceeds completion".to_owned());
            return Input::Usage {
                attempt,
                report: UsageReport { usage, raw: "{}".to_owned(), said_cost: None },
            };
        }
        Event::Calls(arguments) => {
            let (id, name) = ("x1".to_owned(), "run".to_owned());
            let call = ModelCall { id, name, arguments: (*arguments).to_owned() };
            return Input::Call { attempt, call };
        }
        Event::Queues => return Input::Queued { attempt, limit: 1 },
        Event::IsAdmitted => return Input::Admitted { attempt, is_probe: false },
        Event::Probes => return Input::Admitted { attempt, is_probe: true },
        Event::WasOneTooMany => {
            return Input::ProviderRests { attempt, failures: 5, until: Timestamp::from_millis(30_000) };
        }
        ended => return Input::Closed { attempt, end: end(ended) },
    };
    Input::Delta { attempt, channel, text }
}

fn end(event: &Event) -> AttemptEnd {
    let failed = |class: FailureClass, retry_after_ms| {
        let message = format!("the provider failed ({class:?})");
        AttemptEnd::Failed(AttemptFailure { retry_after_ms, ..AttemptFailure::plain(class, message) })
    };
    match event {
        Event::Ends => AttemptEnd::Finished(Stop::EndTurn),
        Event::EndsWith(stop) => AttemptEnd::Finished(stop.clone()),
        Event::Fails(class) => failed(*class, None),
        Event::FailsFor(class, ms) => failed(*class, Some(*ms)),
        Event::Breaks => AttemptEnd::Cut { why: "connection reset".to_owned() },
        Event::CannotBeSent => AttemptEnd::NotSent(Fault::new(ErrorKind::Auth, "no key")),
        other => panic!("{other:?} is nothing that a provider does"),
    }
}

impl Score {
    /// The durable frames after `run.planned`, a line each.
    pub(crate) fn told(&self) -> Vec<String> {
        self.frames.iter().filter(|f| f.seq.is_some_and(|seq| seq > 3)).map(|f| tell(&f.body)).collect()
    }
}

fn tell(body: &FrameBody) -> String {
    let nr = |id: &AttemptId| id.as_str().trim_start_matches("ab12.").to_owned();
    match body {
        FrameBody::HoldTaken { holds, total_micro_rub } => {
            let ids: Vec<String> = holds.iter().map(|h| nr(&h.attempt)).collect();
            let unpriced = holds.iter().filter(|hold| hold.unpriced).count();
            format!("hold.taken {} for {total_micro_rub} RUB{}", ids.join(" and "), without_price(unpriced))
        }
        FrameBody::HoldRefused { needed_micro_rub, available_micro_rub, setting, .. } => {
            format!("hold.refused {needed_micro_rub} of {available_micro_rub} RUB ({setting})")
        }
        FrameBody::StepStarted { step, .. } => format!("step.started {step}"),
        FrameBody::StepFinished { step, outcome, cost_micro_rub, unpriced, .. } => {
            let outcome = match outcome {
                StepOutcome::Ok => "ok",
                StepOutcome::Cut => "cut",
                StepOutcome::Failed => "failed",
            };
            format!(
                "step.finished {step} {outcome} {cost_micro_rub} RUB{}",
                without_price(*unpriced as usize)
            )
        }
        FrameBody::StepCancelled { step, reason } => format!("step.cancelled {step} ({reason})"),
        FrameBody::AttemptStarted { attempt, model, try_number, .. } => {
            format!("attempt.started {} {model}, try {try_number}", nr(attempt))
        }
        FrameBody::AttemptQueued { attempt, provider, limit } => {
            format!("attempt.queued {} at {provider}, which takes {limit}", nr(attempt))
        }
        FrameBody::AttemptAdmitted { attempt, queued_ms, is_probe } => {
            let waited = queued_ms.map(|ms| format!(" after {ms} ms")).unwrap_or_default();
            format!("attempt.admitted {}{waited}{}", nr(attempt), if *is_probe { " as a probe" } else { "" })
        }
        FrameBody::ProviderResting { provider, attempt, failures, until } => {
            format!(
                "provider.resting {provider} after {} and {failures} failures, until {until}",
                nr(attempt)
            )
        }
        FrameBody::AttemptOpened { attempt, ttft_ms } => {
            format!("attempt.opened {} after {ttft_ms} ms", nr(attempt))
        }
        FrameBody::AttemptFinished { attempt, outcome, usage, cost_micro_rub, unpriced, error, .. } => {
            let error = error.as_ref().map(|e| format!(" ({})", e.kind.as_str())).unwrap_or_default();
            let quality = serde_json::to_value(usage.quality).unwrap();
            format!(
                "attempt.finished {} {}{error}, {} {cost_micro_rub} RUB{}",
                nr(attempt),
                outcome.as_str(),
                quality.as_str().unwrap(),
                without_price(usize::from(*unpriced))
            )
        }
        FrameBody::AttemptRetried { attempt, next, .. } => {
            format!("attempt.retried {} as {}", nr(attempt), nr(next))
        }
        FrameBody::AttemptFallback { from, to, .. } => format!("attempt.fallback {from} to {to}"),
        FrameBody::AttemptHedged { attempt, hedge, after_ms, model, .. } => {
            format!("attempt.hedged {} by {} {model} after {after_ms} ms", nr(attempt), nr(hedge))
        }
        FrameBody::PlanShrunk { from, to, reason } => format!("plan.shrunk {from} to {to}: {reason}"),
        FrameBody::ProposalLate { step } => format!("proposal.late {step}"),
        FrameBody::ProposalUnfit { step, why } => format!("proposal.unfit {step}: {why}"),
        FrameBody::ProposalChecked { step, passed, exit, .. } => {
            let exit = exit.map(|code| format!(", exit {code}")).unwrap_or_default();
            format!("proposal.checked {step} {}{exit}", if *passed { "passes" } else { "does not pass" })
        }
        FrameBody::ToolRefused { attempt, tool, .. } => format!("tool.refused {} {tool}", nr(attempt)),
        FrameBody::VotesCounted { step, groups, settles } => {
            let voter = |vote: &Voter| {
                let weight = vote.weight_milli.map(|weight| format!(" {weight}")).unwrap_or_default();
                format!("{}{weight}", vote.step)
            };
            let group = |group: &VoteGroup| {
                let votes: Vec<String> = group.votes.iter().map(voter).collect();
                format!("{} by {}", group.answer.as_deref().unwrap_or("?"), votes.join(" + "))
            };
            let groups: Vec<String> = groups.iter().map(group).collect();
            format!("votes.counted {step}: {}{}", groups.join(", "), if *settles { "" } else { " (open)" })
        }
        FrameBody::QuorumReached { have, of, waited_ms, reason } => {
            format!("quorum.reached {have} of {of} after {waited_ms} ms ({reason})")
        }
        FrameBody::Provisional { step } => format!("provisional {step}"),
        FrameBody::ToolFinished { call, outcome, text, .. } => {
            let call = call.as_str().trim_start_matches("ab12.");
            format!("tool.finished {call} {}: {text}", outcome.as_str())
        }
        FrameBody::ApprovalResolved { verdict, .. } => format!("approval.resolved {}", verdict.as_str()),
        FrameBody::RunFinished { .. } => "run.finished".to_owned(),
        other => serde_json::to_value(other).unwrap()["type"].as_str().unwrap().to_owned(),
    }
}

fn tell_result(result: &RunResult) -> String {
    let error = result.error.as_ref().map(|e| format!(" ({}: {e})", e.kind.as_str())).unwrap_or_default();
    let answer: String = result.answer.chars().take(40).collect();
    let unpriced = without_price(result.unpriced as usize);
    format!("{}{error} {answer:?} {} RUB{unpriced}", result.status.as_str(), result.cost_micro_rub)
}

fn without_price(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" and {count} without price") }
}
