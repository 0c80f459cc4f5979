//! What the audit keeps of a run's life. Money comes through the ledger's outbox instead.

use super::Kind;
use plyrum_protocol::{FailureView, Frame, FrameBody};
use serde_json::{Value, json};

/// Most models or steps that one record names.
const MAX_NAMED: usize = 16;

/// The record that a frame leaves, if any.
pub(crate) fn of_frame(frame: &Frame) -> Option<(Kind, Value)> {
    let run = frame.run.as_str();
    let record = match &frame.body {
        FrameBody::RunAccepted {
            session,
            persona,
            client,
            prompt_sha256,
            context,
            compacts,
            pictures,
            ..
        } => (
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
        FrameBody::RunPlanned {
            plan, steps, price_low_micro_rub, price_high_micro_rub, unpriced, ..
        } => {
            let step = |step: &plyrum_protocol::PlannedStep| json!({"step": step.step, "role": step.role, "model": step.model});
            let record = json!({
                "run": run, "plan": plan, "steps": steps.iter().take(MAX_NAMED).map(step).collect::<Vec<_>>(),
                "price_low_micro_rub": price_low_micro_rub, "price_high_micro_rub": price_high_micro_rub,
            });
            let unpriced: Vec<_> = unpriced.iter().take(MAX_NAMED).collect();
            (Kind::RunPlanned, with_unpriced(record, (!unpriced.is_empty()).then(|| json!(unpriced))))
        }
        FrameBody::PlanShrunk { from, to, reason } => {
            (Kind::PlanShrunk, json!({"run": run, "from": from, "to": to, "reason": reason}))
        }
        body @ (FrameBody::AttemptAdmitted { .. }
        | FrameBody::AttemptRetried { .. }
        | FrameBody::AttemptFallback { .. }
        | FrameBody::AttemptHedged { .. }
        | FrameBody::ProviderResting { .. }) => of_attempt(run, body)?,
        FrameBody::ToolRefused { step, attempt, tool } => (
            Kind::ToolDecided,
            json!({
                "run": run, "step": step, "attempt": attempt, "tool": tool, "verdict": "denied", "by": "engine",
                "reason": "it was not offered",
            }),
        ),
        FrameBody::RunFinished { result } => {
            let record = json!({
                "run": run, "status": result.status, "plan": result.plan, "model": result.model,
                "attempts": result.attempts.len(), "cost_micro_rub": result.cost_micro_rub, "ms": result.duration_ms,
                "error": result.error.as_ref().map(|fault| fault.kind),
            });
            let unpriced = (result.unpriced > 0).then(|| json!(result.unpriced));
            (Kind::RunFinished, with_unpriced(record, unpriced))
        }
        _ => return None,
    };
    Some(record)
}

/// Adds what has no price, without which the sums beside it would look whole.
fn with_unpriced(mut record: Value, unpriced: Option<Value>) -> Value {
    if let (Some(fields), Some(unpriced)) = (record.as_object_mut(), unpriced) {
        fields.insert("unpriced".to_owned(), unpriced);
    }
    record
}

/// What `explain` tells of attempts also where the session is deleted: the frame's own fields.
fn of_attempt(run: &str, body: &FrameBody) -> Option<(Kind, Value)> {
    Some(match body {
        FrameBody::AttemptAdmitted { attempt, queued_ms, is_probe } => (
            Kind::AttemptAdmitted,
            json!({"run": run, "attempt": attempt, "queued_ms": queued_ms, "is_probe": is_probe}),
        ),
        FrameBody::AttemptRetried { attempt, next, after_ms, is_retry_after, cause, failure } => (
            Kind::AttemptRetried,
            json!({
                "run": run, "attempt": attempt, "next": next, "after_ms": after_ms,
                "is_retry_after": is_retry_after, "cause": cause_of(cause, failure.as_ref()), "failure": failure,
            }),
        ),
        FrameBody::AttemptFallback { from, to, cause, failure } => (
            Kind::AttemptFallback,
            json!({
                "run": run, "from": from, "to": to, "cause": cause_of(cause, failure.as_ref()), "failure": failure,
            }),
        ),
        FrameBody::AttemptHedged { step, attempt, hedge, after_ms, provider, model } => (
            Kind::AttemptHedged,
            json!({
                "run": run, "step": step, "attempt": attempt, "hedge": hedge, "after_ms": after_ms,
                "provider": provider, "model": model,
            }),
        ),
        FrameBody::ProviderResting { provider, attempt, failures, until } => (
            Kind::ProviderResting,
            json!({"run": run, "provider": provider, "attempt": attempt, "failures": failures, "until": until}),
        ),
        _ => return None,
    })
}

/// What is wrong with an answer quotes it, and answers are not recorded.
fn cause_of<'a>(cause: &'a str, failure: Option<&FailureView>) -> &'a str {
    if failure.is_some() { cause } else { "the answer does not fit the schema" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(body: &Value) -> (Kind, Value) {
        let mut frame = json!({"run": "ab", "seq": 4, "at": "1970-01-01T00:00:00.000Z"});
        frame.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        of_frame(&serde_json::from_value(frame).unwrap()).unwrap()
    }

    #[test]
    fn what_explain_tells_of_attempts_is_recorded_as_the_frame_has_it() {
        let failure = json!({"class": "rate_limited", "status": 429});
        for body in [
            json!({"type": "attempt.admitted", "attempt": "ab.1", "queued_ms": 7, "is_probe": true}),
            json!({"type": "attempt.retried", "attempt": "ab.1", "next": "ab.2", "after_ms": 7000,
                "is_retry_after": true, "cause": "status 429", "failure": failure}),
            json!({"type": "attempt.fallback", "from": "a/b", "to": "c/d", "cause": "status 429", "failure": failure}),
            json!({"type": "attempt.hedged", "step": "answer", "attempt": "ab.1", "hedge": "ab.2",
                "after_ms": 2000, "provider": "lab", "model": "lab/slow"}),
            json!({"type": "provider.resting", "provider": "lab", "attempt": "ab.1", "failures": 5,
                "until": "1970-01-01T00:00:30.000Z"}),
        ] {
            let (kind, record) = recorded(&body);
            assert_eq!(body["type"], kind.as_str());
            let mut read = record.clone();
            read["type"] = body["type"].clone();
            let read: FrameBody = serde_json::from_value(read).unwrap();
            assert_eq!(read, serde_json::from_value(body).unwrap(), "{record}");
            assert_eq!(record["run"], "ab");
        }
    }

    #[test]
    fn what_has_no_price_is_recorded_beside_the_sums_and_nothing_where_all_have_one() {
        let planned = |unpriced: &[&str]| {
            recorded(&json!({"type": "run.planned", "plan": "direct", "steps": [], "price_low_micro_rub": 1,
                "price_high_micro_rub": 2, "unpriced": unpriced, "reasons": []}))
            .1
        };
        assert_eq!(planned(&["lab/a"])["unpriced"], json!(["lab/a"]));
        assert_eq!(planned(&[]).get("unpriced"), None);
        let fault = plyrum_protocol::Fault::new(plyrum_protocol::ErrorKind::Internal, "");
        let mut result = plyrum_protocol::RunResult::refused(None, plyrum_protocol::RunStatus::Failed, fault);
        for (unpriced, told) in [(0, None), (2, Some(json!(2)))] {
            result.unpriced = unpriced;
            let (_, record) = recorded(&json!({"type": "run.finished", "result": result}));
            assert_eq!(record.get("unpriced"), told.as_ref());
        }
    }

    #[test]
    fn an_answer_that_misses_its_schema_is_not_quoted() {
        let cause = "the answer does not fit the schema: \"my secret plan\" is no number";
        let (_, record) =
            recorded(&json!({"type": "attempt.retried", "attempt": "ab.1", "next": "ab.2", "after_ms": 0,
            "cause": cause}));
        assert!(!record.to_string().contains("secret plan"), "{record}");
    }
}
