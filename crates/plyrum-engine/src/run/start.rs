//! The first moments of a run: accepted, routed, planned with its price range.

use super::step::Step;
use super::{Phase, Run};
use crate::compose::size_of;
use crate::effect::Effect;
use crate::random::Random;
use crate::spec::{AnswerForm, RunSpec};
use plyrum_billing_client::{AttemptBound, Billing, CostError, MicroRub, estimate};
use plyrum_protocol::{DryRun, DryRunStep, FrameBody, PlannedStep, ResultTag};
use std::sync::Arc;

/// Reason code: the upper end of the price has a second request for a step whose first one is silent for long.
const MAY_HEDGE: &str = "may_hedge";

/// Least and most that a run can cost by its plan.
#[derive(Debug, Clone)]
struct PriceRange {
    low: MicroRub,
    high: MicroRub,
    /// Models whose price is in neither.
    unpriced: Vec<String>,
    /// A hedge is in the upper end.
    hedges: bool,
}

impl Run {
    /// Starts a run; the effects are its first frames and holds.
    pub fn start(spec: RunSpec, billing: Arc<dyn Billing + Send + Sync>) -> (Self, Vec<Effect>) {
        let mut run = Self::new(spec, billing);
        run.emit(FrameBody::RunAccepted {
            session: run.spec.session.clone(),
            persona: run.spec.persona.clone(),
            client: run.spec.client.clone(),
            prompt_sha256: run.spec.prompt_sha256.clone(),
            context: run.spec.context.clone(),
            compacts: run.spec.compacts.clone(),
            pictures: run.spec.conversation.pictures.iter().map(|picture| picture.mark.clone()).collect(),
            has_schema: run.spec.form.is_some(),
        });
        run.emit(FrameBody::RunRouted { decision: Box::new(run.spec.decision.clone()) });
        let price = run.price_range();
        run.emit(FrameBody::RunPlanned {
            plan: run.spec.plan.clone(),
            steps: run.planned_steps(),
            price_low_micro_rub: price.low,
            price_high_micro_rub: price.high,
            unpriced: price.unpriced,
            reasons: run.reasons(price.hedges),
        });
        run.begin_trial();
        run.advance();
        let effects = std::mem::take(&mut run.effects);
        (run, effects)
    }

    /// What would run and what it would cost, without running it.
    pub fn dry(spec: RunSpec, billing: Arc<dyn Billing + Send + Sync>) -> DryRun {
        let mut run = Self::new(spec, billing);
        let price = run.price_range();
        DryRun {
            tag: ResultTag::DryRun,
            plan: run.spec.plan.clone(),
            steps: run
                .planned_steps()
                .into_iter()
                .map(|s| DryRunStep { step: s.step, role: s.role, model: s.model })
                .collect(),
            price_low_micro_rub: price.low,
            price_high_micro_rub: price.high,
            unpriced: price.unpriced,
            reasons: run.reasons(price.hedges),
            check: run.spec.check.clone(),
            resting: run.spec.decision.excluded.iter().filter(|e| e.only_rests()).cloned().collect(),
        }
    }

    fn new(spec: RunSpec, billing: Arc<dyn Billing + Send + Sync>) -> Self {
        let mut run = Self {
            steps: Step::all(&spec.steps),
            base: size_of(&spec.conversation),
            form_bytes: spec.form.as_ref().map_or(0, AnswerForm::bytes),
            structured: None,
            attempts: Vec::new(),
            panels: Vec::new(),
            numbered: 0,
            batches: 0,
            funding: None,
            tended: 0,
            random: Random::new(spec.seed),
            now: spec.accepted_at,
            seq: 0,
            wake: None,
            ending: None,
            at_once: false,
            hurried: false,
            phase: Phase::Running,
            acting: super::act::Acting::default(),
            trial: None,
            effects: Vec::new(),
            spec,
            billing,
        };
        run.find_panels();
        run
    }

    /// The decision's reasons, and that a step may be asked of two models.
    fn reasons(&self, hedges: bool) -> Vec<String> {
        let hedged = hedges.then(|| MAY_HEDGE.to_owned());
        self.spec.decision.reasons.iter().cloned().chain(hedged).collect()
    }

    fn planned_steps(&self) -> Vec<PlannedStep> {
        let first = |step: &Step| step.spec.models.first().map(|m| m.id.clone()).unwrap_or_default();
        self.steps
            .iter()
            .map(|step| PlannedStep {
                step: step.spec.step.clone(),
                kind: step.spec.kind,
                role: step.spec.role,
                model: first(step),
                after: step.spec.after.clone(),
            })
            .collect()
    }

    /// Low: the expected input and an empty answer, of the steps that run in any case. High: the sum of the
    /// holds of every step's first try, with each source's whole answer as input of the steps after it. A
    /// model whose price is not known adds nothing here, and is named. A step that may be hedged has the hold of its hedge too.
    fn price_range(&mut self) -> PriceRange {
        let mut range = self.price_of_first_tries();
        for at in 0..self.steps.len() {
            let Some((model, high)) = self.price_of_hedge(at).filter(|_| self.asks_a_model(at)) else {
                continue;
            };
            range.hedges = true;
            range.high = range.high.checked_add(high.unwrap_or_default()).unwrap_or(range.high);
            if high.is_none() && !range.unpriced.contains(&model) {
                range.unpriced.push(model);
            }
        }
        range
    }

    fn price_of_first_tries(&self) -> PriceRange {
        let mut range =
            PriceRange { low: MicroRub::ZERO, high: MicroRub::ZERO, unpriced: Vec::new(), hedges: false };
        for (at, step) in self.steps.iter().enumerate() {
            let Some(model) = step.spec.models.first().filter(|_| self.asks_a_model(at)) else { continue };
            let size = self.request_size(at);
            let bound = AttemptBound {
                input_tokens: size.input_bound(model),
                max_output_tokens: self.output_limit(step, model),
            };
            match self.billing.hold(&model.id, &bound) {
                Ok(high) => range.high = range.high.checked_add(high).unwrap_or(range.high),
                Err(CostError::PriceUnknown { .. }) if !range.unpriced.contains(&model.id) => {
                    range.unpriced.push(model.id.clone());
                }
                Err(_) => {} // refused when it is held
            }
            let bytes = self.base.estimated_bytes(model) + self.form_bytes(at);
            let least = estimate(bytes, 0, &model.bytes_per_token);
            if let Ok(low) = self.billing.charge(&model.id, &least)
                && self.runs_in_any_case(at)
            {
                range.low = range.low.checked_add(low).unwrap_or(range.low);
            }
        }
        range
    }
}
