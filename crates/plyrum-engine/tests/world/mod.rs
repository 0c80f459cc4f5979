//! A world around a run for tests: a ledger that keeps score, prices, and steps to ask for. It executes
//! effects the way the daemon's driver does and checks the engine's promises while doing so.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod order;
pub(crate) mod story;

use order::Order;
use plyrum_billing_client::{
    AttemptBound, Billing, BytesPerToken, CostError, Fx, MicroRub, PerMillion, Quality, RateCard, Rates,
    Usage, affordable_output, cost, estimate, hold_amount, input_bound,
};
use plyrum_engine::{
    AnswerForm, Basis, Conversation, Effect, FanOut, HoldRequest, Input, Limits, ModelChoice, Refusal,
    RefusalCause, Request, Run, RunSpec, Settlement, StepSpec, ToolOffer, Tools,
};
use plyrum_protocol::{
    AttemptId, Candidate, Check, Decision, Features, Frame, FrameBody, Intent, Language, OutputKind, Risk,
    Role, RunId, RunResult, SessionId, StepId, StepKind, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every model costs the same, except those whose name ends in `-dear` (ten times) and `-unpriced`.
#[derive(Debug)]
pub(crate) struct Prices;

impl Prices {
    fn card(model: &str) -> RateCard {
        let times = if model.ends_with("-dear") { 10 } else { 1 };
        let price =
            |rub: u64| (!model.ends_with("-unpriced")).then(|| PerMillion::new(rub * 1_000_000 * times));
        RateCard {
            base: Rates { input: price(100), output: price(400), ..Rates::default() },
            ..RateCard::default()
        }
    }
}

impl Billing for Prices {
    fn hold(&self, model: &str, bound: &AttemptBound) -> Result<MicroRub, CostError> {
        hold_amount(bound, &Self::card(model), &Fx::RUB)
    }
    fn charge(&self, model: &str, usage: &Usage) -> Result<MicroRub, CostError> {
        cost(usage, &Self::card(model), &Fx::RUB)
    }
    fn affordable_output(
        &self,
        model: &str,
        available: MicroRub,
        input_tokens: u64,
    ) -> Result<u64, CostError> {
        affordable_output(available, input_tokens, &Self::card(model), &Fx::RUB)
    }
}

pub(crate) fn model(id: &str) -> ModelChoice {
    ModelChoice {
        tools: true,
        id: id.to_owned(),
        provider: "lab".to_owned(),
        context_tokens: 100_000,
        max_output_tokens: Some(1000),
        bytes_per_token: BytesPerToken::default(),
        images: false,
        image_tokens: None,
        drain_ms: 0,
    }
}

pub(crate) fn step(name: &str, kind: StepKind, after: &[&str], models: &[&str]) -> StepSpec {
    StepSpec {
        step: StepId::new(name).unwrap(),
        kind,
        role: match kind {
            StepKind::Propose => Role::Proposer,
            StepKind::Aggregate => Role::Aggregator,
            StepKind::Vote | StepKind::Select => Role::Judge,
            _ => Role::Answer,
        },
        after: after.iter().map(|a| StepId::new(*a).unwrap()).collect(),
        models: models.iter().map(|m| model(m)).collect(),
    }
}

pub(crate) fn direct(models: &[&str]) -> Vec<StepSpec> {
    vec![step("answer", StepKind::Answer, &[], models)]
}

/// One tool, for at most so many turns.
pub(crate) fn tools(max_turns: u32) -> Tools {
    let schema = Arc::new(serde_json::json!({"type": "object"}));
    let offer = ToolOffer { name: "run".to_owned(), description: "Runs.".to_owned(), schema };
    Tools { offered: [offer].into(), max_turns }
}

/// A check of proposals.
pub(crate) fn check() -> Check {
    Check { command: "make test".to_owned(), file: "sum.py".to_owned() }
}

/// An answer that is an object.
pub(crate) fn form() -> AnswerForm {
    AnswerForm { schema: Arc::new(serde_json::json!({"type": "object"})) }
}

/// One of whom this quality is expected, in thousandths.
pub(crate) fn candidate(model: &str, quality_milli: u32) -> Candidate {
    Candidate {
        model: model.to_owned(),
        expected_quality_milli: Some(quality_milli),
        quality_basis: None,
        expected_cost_micro_rub: None,
        expected_latency_ms: None,
        reasons: Vec::new(),
    }
}

pub(crate) fn spec(steps: Vec<StepSpec>, limits: Limits, seed: u64) -> RunSpec {
    RunSpec {
        tools: None,
        form: None,
        check: None,
        run: RunId::new("ab12").unwrap(),
        session: SessionId::new("cd34").unwrap(),
        persona: "default".to_owned(),
        client: "test".to_owned(),
        plan: "direct".to_owned(),
        decision: Decision {
            intent: Intent::Unknown,
            intent_confidence_milli: 0,
            risk: Risk::Low,
            risk_reasons: vec![],
            domains: vec![],
            output_kind: OutputKind::Prose,
            language: Language::En,
            features: Features {
                prompt_bytes: 5,
                prompt_words: 1,
                has_code: false,
                attachments: vec![],
                pictures: 0,
            },
            candidates: vec![],
            excluded: vec![],
            plan: "direct".to_owned(),
            reasons: vec![],
            router: "test".to_owned(),
        },
        steps,
        conversation: Conversation { prompt: "hello".to_owned(), ..Conversation::default() },
        prompt_sha256: "00".to_owned(),
        context: Vec::new(),
        compacts: None,
        limits,
        fan_out: FanOut::Fast,
        quorum: plyrum_engine::Quorum::Usual,
        seed,
        accepted_at: Timestamp::from_millis(1_000_000),
    }
}

/// State of an attempt as a strict ledger sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Booked {
    Asked,
    Held,
    Opened,
    Resolving,
    Resolved,
    NotHeld,
}

/// Keeps score of what a run asks for and panics where a promise is broken.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) attempts: BTreeMap<AttemptId, (Booked, HoldRequest)>,
    pub(crate) batches: BTreeMap<u32, Vec<AttemptId>>,
    pub(crate) frames: Vec<Frame>,
    /// What was sent.
    pub(crate) requests: BTreeMap<AttemptId, Request>,
    /// Σ of everything booked.
    pub(crate) booked: i64,
    durable: u64,
    order: Order,
}

impl Score {
    fn set(&mut self, id: &AttemptId, from: &[Booked], to: Booked) {
        let (state, _) = self.attempts.get_mut(id).unwrap_or_else(|| panic!("{id} was never asked for"));
        assert!(from.contains(state), "{id}: {state:?} -> {to:?}");
        *state = to;
    }

    /// What a batch asks for.
    pub(crate) fn total(&self, batch: u32) -> MicroRub {
        MicroRub::sum(self.batches[&batch].iter().map(|id| self.attempts[id].1.micro_rub)).unwrap()
    }

    /// Why a ledger with this budget refuses a batch, if it does.
    pub(crate) fn refusal(&self, batch: u32, budget: Option<MicroRub>) -> Option<Refusal> {
        let held: i64 = self
            .attempts
            .values()
            .filter(|(state, _)| matches!(state, Booked::Held | Booked::Opened | Booked::Resolving))
            .map(|(_, hold)| hold.micro_rub.get())
            .sum();
        let available = MicroRub::new(budget?.get() - held - self.booked);
        let needed = self.total(batch);
        (needed > MicroRub::ZERO && needed > available).then(|| Refusal {
            cause: RefusalCause::Budget,
            needed,
            available,
            limit: budget,
            setting: "--max-cost, or run in [budgets]".to_owned(),
        })
    }

    pub(crate) fn batch(&mut self, batch: u32, to: Booked) {
        for id in self.batches[&batch].clone() {
            self.set(&id, &[Booked::Asked], to);
        }
    }

    /// An attempt that the ledger could not book: recovery will.
    pub(crate) fn give_up(&mut self, id: &AttemptId) {
        self.set(id, &[Booked::Resolving], Booked::Resolved);
    }

    pub(crate) fn is_opened(&self, id: &AttemptId) -> bool {
        self.attempts[id].0 == Booked::Opened
    }

    pub(crate) fn take(&mut self, effect: &Effect) {
        assert!(self.finished().is_none(), "an effect after run.finished: {effect:?}");
        match effect {
            Effect::Hold(batch) => {
                assert!(!batch.holds.is_empty());
                for hold in &batch.holds {
                    let new = self.attempts.insert(hold.attempt.clone(), (Booked::Asked, hold.clone()));
                    assert!(new.is_none(), "{} asked for twice", hold.attempt);
                }
                let ids = batch.holds.iter().map(|h| h.attempt.clone()).collect();
                assert!(self.batches.insert(batch.batch, ids).is_none());
            }
            Effect::Open(open) => {
                self.set(&open.attempt, &[Booked::Held], Booked::Opened);
                let hold = &self.attempts[&open.attempt].1;
                let bytes = open.request.text_bytes();
                assert!(bytes <= hold.request_bytes, "{}: {bytes} B sent", open.attempt);
                let input = input_bound(bytes, open.request.turns.len() as u64);
                assert!(input <= hold.bound.input_tokens, "{}: input of {input} tokens", open.attempt);
                assert_eq!(open.request.max_output_tokens, hold.bound.max_output_tokens);
                self.requests.insert(open.attempt.clone(), open.request.clone());
            }
            Effect::Abort { attempt } => assert!(self.is_opened(attempt)),
            Effect::Settle(settle) => self.set(&settle.attempt, &[Booked::Opened], Booked::Resolving),
            Effect::Release { attempt } => {
                self.set(attempt, &[Booked::Held, Booked::Opened], Booked::Resolving);
            }
            Effect::Close(_) => {
                for (id, (state, _)) in &self.attempts {
                    assert!(
                        matches!(state, Booked::Resolved | Booked::NotHeld),
                        "closed with {id} {state:?}"
                    );
                }
            }
            Effect::Emit(frame) => self.frame(frame),
            Effect::Wake { .. }
            | Effect::Act(_)
            | Effect::Ask { .. }
            | Effect::StopTool { .. }
            | Effect::Check { .. }
            | Effect::Permit(_)
            | Effect::Try { .. } => {}
        }
    }

    fn frame(&mut self, frame: &Frame) {
        assert_eq!(frame.seq.is_some(), frame.body.is_durable());
        if let Some(seq) = frame.seq {
            self.durable += 1;
            assert_eq!(seq, self.durable, "seq of {frame:?}");
        }
        self.order.check(frame);
        self.frames.push(frame.clone());
    }

    /// Books an attempt the way the ledger does: an estimate never costs more than the hold.
    pub(crate) fn book(&mut self, id: &AttemptId, basis: Option<&Basis>, received: u64) -> Input {
        self.set(id, &[Booked::Resolving], Booked::Resolved);
        let hold = &self.attempts[id].1;
        let charge = |usage: &Usage| {
            if hold.unpriced { MicroRub::ZERO } else { Prices.charge(&hold.model, usage).unwrap() }
        };
        let (usage, quality, cost) = match basis {
            Some(Basis::Reported(usage)) => (usage.clone(), Quality::Reported, charge(usage)),
            Some(Basis::Estimated) => {
                let usage = estimate(hold.request_bytes, received, &BytesPerToken::default());
                let cost = charge(&usage).min(hold.micro_rub);
                (usage, Quality::Estimated, cost)
            }
            Some(Basis::Nothing) | None => (Usage::default(), Quality::Missing, MicroRub::ZERO),
        };
        self.booked += cost.get();
        Input::Resolved {
            attempt: id.clone(),
            settlement: Settlement {
                cost: Some(cost).filter(|_| !hold.unpriced),
                usage,
                quality,
                said_otherwise: None,
            },
        }
    }

    /// What the answering step showed last.
    pub(crate) fn shown_answer(&self) -> &str {
        self.order.shown_answer()
    }

    pub(crate) fn finished(&self) -> Option<&RunResult> {
        self.frames.iter().find_map(|f| match &f.body {
            FrameBody::RunFinished { result } => Some(&**result),
            _ => None,
        })
    }

    /// Names of the durable frames, for stories.
    pub(crate) fn story(&self) -> Vec<String> {
        let kind = |f: &Frame| serde_json::to_value(f).unwrap()["type"].as_str().unwrap().to_owned();
        self.frames.iter().filter(|f| f.seq.is_some()).map(kind).collect()
    }
}

pub(crate) fn start(spec: RunSpec) -> (Run, Vec<Effect>) {
    Run::start(spec, Arc::new(Prices))
}
