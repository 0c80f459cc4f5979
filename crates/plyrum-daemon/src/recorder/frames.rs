//! What the audit keeps of a run's life. Money comes through the ledger's outbox instead.

use super::Kind;
use plyrum_protocol::{Frame, FrameBody};
use serde_json::{Value, json};

/// Most models or steps that one record names.
const MAX_NAMED: usize = 16;

/// The record that a frame leaves, if any.
pub(crate) fn of_frame(frame: &Frame) -> Option<(Kind, Value)> {
    let run = frame.run.as_str();
    let record = match &frame.body {
        FrameBody::RunAccepted { session, persona, client, prompt_sha256, context, compacts, pictures } => (
            Kind::RunAccepted,
            json!({
                "run": run, "session": session, "persona": persona, "client": client,
                "prompt_sha256": prompt_sha256, "context": context, "compacts": compacts,
                "pictures": pictures,
            }),
        ),
        FrameBody::RunRouted { decision } => (
            Kind::RunRouted,
            json!({
                "run": run, "intent": decision.intent, "risk": decision.risk, "plan": decision.plan,
                "models": decision.candidates.iter().map(|c| &c.model).take(MAX_NAMED).collect::<Vec<_>>(),
                "router": decision.router,
            }),
        ),
        FrameBody::RunPlanned { plan, steps, price_low_micro_rub, price_high_micro_rub, .. } => {
            let step = |step: &plyrum_protocol::PlannedStep| json!({"step": step.step, "role": step.role, "model": step.model});
            (
                Kind::RunPlanned,
                json!({
                    "run": run, "plan": plan, "steps": steps.iter().take(MAX_NAMED).map(step).collect::<Vec<_>>(),
                    "price_low_micro_rub": price_low_micro_rub, "price_high_micro_rub": price_high_micro_rub,
                }),
            )
        }
        FrameBody::PlanShrunk { from, to, reason } => {
            (Kind::PlanShrunk, json!({"run": run, "from": from, "to": to, "reason": reason}))
        }
        FrameBody::AttemptFallback { from, to, cause } => {
            (Kind::AttemptFallback, json!({"run": run, "from": from, "to": to, "cause": cause}))
        }
        FrameBody::RunFinished { result } => (
            Kind::RunFinished,
            json!({
                "run": run, "status": result.status, "plan": result.plan, "model": result.model,
                "attempts": result.attempts.len(), "cost_micro_rub": result.cost_micro_rub, "ms": result.duration_ms,
                "error": result.error.as_ref().map(|fault| fault.kind),
            }),
        ),
        _ => return None,
    };
    Some(record)
}
