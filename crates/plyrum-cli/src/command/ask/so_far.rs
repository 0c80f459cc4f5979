//! What is known of a run that a command does not follow to its end.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::{FrameBody, RunResult, SessionId};

/// A run as far as it came.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    pub(super) session: Option<SessionId>,
    plan: String,
    model: String,
    cost: MicroRub,
    unpriced: u32,
}

impl SoFar {
    pub(super) fn see(&mut self, body: &FrameBody) {
        match body {
            FrameBody::RunAccepted { session, .. } => self.session = Some(session.clone()),
            FrameBody::RunPlanned { plan, .. } => self.plan.clone_from(plan),
            FrameBody::AttemptStarted { model, .. } => self.model.clone_from(model),
            FrameBody::AttemptFinished { cost_micro_rub, unpriced, .. } => {
                self.cost = self.cost.checked_add(*cost_micro_rub).unwrap_or(self.cost);
                self.unpriced = self.unpriced.saturating_add(u32::from(*unpriced));
            }
            _ => {}
        }
    }

    pub(super) fn fill(&self, result: &mut RunResult) {
        result.session.clone_from(&self.session);
        result.plan.clone_from(&self.plan);
        result.model.clone_from(&self.model);
        result.cost_micro_rub = self.cost;
        result.unpriced = self.unpriced;
    }
}
