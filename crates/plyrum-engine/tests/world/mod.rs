//! A world around a run for tests: a ledger that keeps score, prices, and steps to ask for. It executes
//! effects the way the daemon's driver does and checks the engine's promises while doing so.

#![allow(dead_code, reason = "each test binary uses its part")]

use plyrum_billing_client::{
    AttemptBound, Billing, BytesPerToken, CostError, Fx, MicroRub, PerMillion, Quality, RateCard, Rates,
    Usage, affordable_output, cost, hold_amount,
};
use plyrum_engine::{Conversation, Effect, Input, Limits, ModelChoice, Run, RunSpec, Settlement, StepSpec};
use plyrum_protocol::{
    AttemptId, Decision, Features, Frame, FrameBody, Intent, Language, OutputKind, Risk, Role, RunId,
    RunResult, SessionId, StepId, StepKind, Timestamp,
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
        id: id.to_owned(),
        provider: "lab".to_owned(),
        context_tokens: 100_000,
        max_output_tokens: Some(1000),
        bytes_per_token: BytesPerToken::default(),
    }
}

pub(crate) fn step(name: &str, kind: StepKind, after: &[&str], models: &[&str]) -> StepSpec {
    StepSpec {
        step: StepId::new(name).unwrap(),
        kind,
        role: match kind {
            StepKind::Propose => Role::Proposer,
            StepKind::Aggregate => Role::Aggregator,
            _ => Role::Answer,
        },
        after: after.iter().map(|a| StepId::new(*a).unwrap()).collect(),
        models: models.iter().map(|m| model(m)).collect(),
    }
}

pub(crate) fn direct(models: &[&str]) -> Vec<StepSpec> {
    vec![step("answer", StepKind::Answer, &[], models)]
}

pub(crate) fn spec(steps: Vec<StepSpec>, limits: Limits, seed: u64) -> RunSpec {
    RunSpec {
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
            features: Features { prompt_bytes: 5, prompt_words: 1, has_code: false, attachments: vec![] },
            candidates: vec![],
            excluded: vec![],
            plan: "direct".to_owned(),
            reasons: vec![],
            router: "test".to_owned(),
        },
        steps,
        conversation: Conversation { prompt: "hello".to_owned(), ..Conversation::default() },
        prompt_sha256: "00".to_owned(),
        limits,
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
    pub(crate) attempts: BTreeMap<AttemptId, (Booked, String)>,
    pub(crate) batches: BTreeMap<u32, Vec<AttemptId>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) booked: i64,
    pub(crate) text: BTreeMap<AttemptId, u64>,
}

impl Score {
    fn set(&mut self, id: &AttemptId, from: &[Booked], to: Booked) {
        let (state, _) = self.attempts.get_mut(id).unwrap_or_else(|| panic!("{id} was never asked for"));
        assert!(from.contains(state), "{id}: {state:?} -> {to:?}");
        *state = to;
    }

    pub(crate) fn batch(&mut self, batch: u32, to: Booked) {
        for id in self.batches[&batch].clone() {
            self.set(&id, &[Booked::Asked], to);
        }
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
                    let new = self.attempts.insert(hold.attempt.clone(), (Booked::Asked, hold.model.clone()));
                    assert!(new.is_none(), "{} asked for twice", hold.attempt);
                }
                let ids = batch.holds.iter().map(|h| h.attempt.clone()).collect();
                assert!(self.batches.insert(batch.batch, ids).is_none());
            }
            Effect::Open(open) => self.set(&open.attempt, &[Booked::Held], Booked::Opened),
            Effect::Abort { attempt } => assert!(self.is_opened(attempt)),
            Effect::Settle(settle) => self.set(&settle.attempt, &[Booked::Opened], Booked::Resolving),
            Effect::Release { attempt } => {
                self.set(attempt, &[Booked::Held, Booked::Opened], Booked::Resolving)
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
            Effect::Wake { .. } => {}
        }
    }

    fn frame(&mut self, frame: &Frame) {
        if let Some(seq) = frame.seq {
            let expected = self.frames.iter().filter(|f| f.seq.is_some()).count() as u64 + 1;
            assert_eq!(seq, expected, "seq of {frame:?}");
        }
        assert_eq!(frame.seq.is_some(), frame.body.is_durable());
        if let FrameBody::Delta { attempt, offset, text, channel, .. } = &frame.body
            && !matches!(channel, plyrum_protocol::Channel::Reasoning | plyrum_protocol::Channel::ToolArgs)
        {
            let so_far = self.text.entry(attempt.clone()).or_default();
            assert_eq!(so_far, offset, "a gap in {attempt}");
            *so_far += text.len() as u64;
        }
        self.frames.push(frame.clone());
    }

    pub(crate) fn resolve(&mut self, id: &AttemptId, usage: Usage, quality: Quality) -> Input {
        self.set(id, &[Booked::Resolving], Booked::Resolved);
        let cost = Prices.charge(&self.attempts[id].1, &usage).unwrap();
        self.booked += cost.get();
        Input::Resolved { attempt: id.clone(), settlement: Settlement { cost, usage, quality } }
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
