//! What is known of a run's attempts beside the books: waits, causes, providers that were not asked. The session's log
//! tells it; where that is gone, the audit does, which keeps the same facts of what happened between attempts.

use plyrum_audit::{Filter, RESULT_MAX};
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_protocol::{
    AttemptId, Excluded, FailureView, Frame, FrameBody, RunId, SessionId, StepId, Timestamp,
    view::ExplainCheck, view::ExplainDecision, view::ExplainHedge, view::ExplainRest, view::ExplainVotes,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A run, as it was told while it went on.
#[derive(Debug, Default)]
pub(super) struct Story {
    attempts: BTreeMap<AttemptId, Told>,
    /// How the run's check ended, by the step whose proposal was tried.
    checks: BTreeMap<StepId, ExplainCheck>,
    /// What the router decided.
    pub(super) decision: Option<ExplainDecision>,
    /// Votes that were counted.
    pub(super) votes: Vec<ExplainVotes>,
    /// Models that would have served if their provider had been asked.
    pub(super) resting: Vec<Excluded>,
    /// The ledger does not know which proposal was the best; the run's own result does.
    pub(super) extra_over_direct: Option<MicroRub>,
}

/// What was told of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) queued_ms: Option<u64>,
    pub(super) is_probe: bool,
    /// Why it failed, in words.
    pub(super) why: Option<String>,
    pub(super) failure: Option<FailureView>,
    pub(super) rest: Option<ExplainRest>,
    /// The wait before it, of a repeat.
    pub(super) repeat: Option<Repeat>,
    /// It was asked beside another one.
    pub(super) hedge: Option<ExplainHedge>,
}

/// The wait before a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) after_ms: u64,
    pub(super) is_retry_after: bool,
}

impl Story {
    /// What can be read of a run. What cannot be read is not told: the books stand by themselves.
    pub(super) fn read(paths: &Paths, session: &SessionId, run: &RunId) -> Self {
        let frames = plyrum_sessions::frames_of(&paths.sessions_dir(), session, run).unwrap_or_default();
        if frames.is_empty() { Self::of_records(&recorded(paths, run)) } else { Self::of_frames(&frames) }
    }

    fn of_frames(frames: &[Frame]) -> Self {
        let mut story = Self::default();
        for frame in frames {
            story.see(&frame.body);
        }
        story
    }

    /// The records' bodies are those of frames; of others there is nothing to tell.
    fn of_records(lines: &[String]) -> Self {
        let mut story = Self::default();
        for body in lines.iter().filter_map(|line| of_record(line)) {
            story.see(&body);
        }
        story
    }

    pub(super) fn of(&self, attempt: &str) -> Told {
        let found = self.attempts.iter().find(|(id, _)| id.as_str() == attempt);
        found.map(|(_, told)| told.clone()).unwrap_or_default()
    }

    pub(super) fn check_of(&self, step: &str) -> Option<ExplainCheck> {
        self.checks.iter().find(|(id, _)| id.as_str() == step).map(|(_, check)| check.clone())
    }

    fn told(&mut self, attempt: &AttemptId) -> &mut Told {
        self.attempts.entry(attempt.clone()).or_default()
    }

    fn see(&mut self, body: &FrameBody) {
        match body {
            FrameBody::RunRouted { decision } => {
                self.resting = decision.excluded.iter().filter(|e| e.only_rests()).cloned().collect();
                self.decision = Some(ExplainDecision {
                    intent: decision.intent,
                    intent_confidence_milli: decision.intent_confidence_milli,
                    domains: decision.domains.clone(),
                    risk: decision.risk,
                    risk_reasons: decision.risk_reasons.clone(),
                    output_kind: decision.output_kind,
                    language: decision.language,
                    router: decision.router.clone(),
                    reasons: decision.reasons.clone(),
                });
            }
            // The last one counts: a plan that was made smaller is told again.
            FrameBody::RunPlanned { reasons, .. } => {
                if let Some(decision) = &mut self.decision {
                    decision.reasons.clone_from(reasons);
                }
            }
            FrameBody::VotesCounted { step, groups, settles } => {
                let (step, groups) = (step.clone(), groups.clone());
                self.votes.push(ExplainVotes { step, groups, settles: *settles });
            }
            FrameBody::AttemptAdmitted { attempt, queued_ms, is_probe } => {
                let told = self.told(attempt);
                (told.queued_ms, told.is_probe) = (*queued_ms, *is_probe);
            }
            FrameBody::ProviderResting { attempt, failures, until, .. } => {
                self.rests(attempt, *failures, *until);
            }
            FrameBody::AttemptRetried { attempt, next, after_ms, is_retry_after, cause, failure } => {
                self.failed(attempt, cause, failure.as_ref());
                let repeat = Repeat { after_ms: *after_ms, is_retry_after: *is_retry_after };
                self.told(next).repeat = Some(repeat);
            }
            FrameBody::AttemptHedged { attempt, hedge, after_ms, .. } => {
                self.told(hedge).hedge = Some(ExplainHedge { beside: attempt.clone(), after_ms: *after_ms });
            }
            FrameBody::AttemptFinished { attempt, queued_ms, error: Some(fault), failure, .. } => {
                self.failed(attempt, &fault.message, failure.as_ref());
                self.told(attempt).queued_ms = *queued_ms; // of one that never went out, too
            }
            FrameBody::ProposalChecked { step, passed, exit, why, ms, .. } => {
                let check = ExplainCheck { passed: *passed, exit: *exit, why: why.clone(), ms: *ms };
                self.checks.insert(step.clone(), check);
            }
            FrameBody::RunFinished { result } => self.extra_over_direct = result.extra_over_direct_micro_rub,
            _ => {}
        }
    }

    fn rests(&mut self, attempt: &AttemptId, failures: u32, until: Timestamp) {
        self.told(attempt).rest = Some(ExplainRest { failures, until });
    }

    fn failed(&mut self, attempt: &AttemptId, why: &str, failure: Option<&FailureView>) {
        let told = self.told(attempt);
        told.why.get_or_insert_with(|| why.to_owned());
        told.failure = told.failure.take().or_else(|| failure.cloned());
    }
}

/// What the audit has of a run; at most the last ten thousand records.
fn recorded(paths: &Paths, run: &RunId) -> Vec<String> {
    let filter = Filter { run: Some(run.as_str().to_owned()), ..Filter::default() };
    plyrum_audit::search(&paths.audit_dir(), &filter, RESULT_MAX).map(|found| found.lines).unwrap_or_default()
}

fn of_record(line: &str) -> Option<FrameBody> {
    let mut record: Value = serde_json::from_str(line).ok()?;
    let kind = record.get("kind")?.clone();
    let mut body = record.get_mut("body")?.take();
    body.as_object_mut()?.insert("type".to_owned(), kind);
    serde_json::from_value(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RETRIED: &str = r#"{"attempt":"ab.1","next":"ab.2","after_ms":7000,"is_retry_after":true,"cause":"status 429","failure":{"class":"rate_limited","status":429}}"#;

    fn frame(kind: &str, mut fields: Value) -> Frame {
        let more = json!({"type": kind, "run": "ab", "seq": 1, "at": "1970-01-01T00:00:00.000Z"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(fields).unwrap()
    }

    fn finished(attempt: &str, queued_ms: Option<u64>) -> Frame {
        let usage = json!({"input": 0, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0, "output": 0,
            "reasoning": 0, "quality": "missing"});
        let error = json!({"kind": "provider_unavailable", "message": "no response headers within 60 s (limit `headers`)"});
        let failure = json!({"class": "timeout", "limit": "headers"});
        frame(
            "attempt.finished",
            json!({"attempt": attempt, "outcome": "failed", "usage": usage, "cost_micro_rub": 0, "ms": 5,
                "queued_ms": queued_ms, "error": error, "failure": failure}),
        )
    }

    #[test]
    fn waits_causes_and_limits_are_told_of_the_attempt_that_they_belong_to() {
        let retried: Value = serde_json::from_str(RETRIED).unwrap();
        let story = Story::of_frames(&[
            frame("attempt.admitted", json!({"attempt": "ab.1", "queued_ms": 3000})),
            frame("attempt.retried", retried),
            frame(
                "provider.resting",
                json!({"provider": "lab", "attempt": "ab.2", "failures": 5,
                "until": "1970-01-01T00:00:30.000Z"}),
            ),
            finished("ab.2", Some(4)),
        ]);
        let first = story.of("ab.1");
        assert_eq!((first.queued_ms, first.why.as_deref()), (Some(3000), Some("status 429")));
        assert_eq!(first.failure.and_then(|failure| failure.status), Some(429));
        let second = story.of("ab.2");
        assert_eq!(second.repeat, Some(Repeat { after_ms: 7000, is_retry_after: true }));
        assert_eq!(second.failure.and_then(|failure| failure.limit).as_deref(), Some("headers"));
        assert_eq!((second.queued_ms, second.rest.map(|rest| rest.failures)), (Some(4), Some(5)));
        assert_eq!(story.of("ab.3"), Told::default());
    }

    #[test]
    fn who_was_asked_beside_a_silent_one_is_told() {
        let fields = json!({"step": "answer", "attempt": "ab.1", "hedge": "ab.2", "after_ms": 2000,
            "provider": "lab", "model": "lab/slow"});
        let record = format!(r#"{{"seq":1,"kind":"attempt.hedged","body":{fields}}}"#);
        for story in [Story::of_frames(&[frame("attempt.hedged", fields)]), Story::of_records(&[record])] {
            let hedge = story.of("ab.2").hedge.unwrap();
            assert_eq!((hedge.beside.as_str(), hedge.after_ms), ("ab.1", 2000));
            assert_eq!(story.of("ab.1").hedge, None);
        }
    }

    #[test]
    fn a_check_is_told_of_the_step_that_it_tried() {
        let fields = json!({"step": "p2", "passed": false, "exit": 1, "ms": 40, "output": "no"});
        let story = Story::of_frames(&[frame("proposal.checked", fields)]);
        let check = story.check_of("p2").unwrap();
        assert_eq!((check.passed, check.exit, check.ms), (false, Some(1), 40));
        assert_eq!(story.check_of("p1"), None);
    }

    #[test]
    fn a_deleted_session_leaves_what_the_audit_has() {
        let line = format!(r#"{{"seq":1,"kind":"attempt.retried","body":{RETRIED}}}"#);
        let other = r#"{"seq":2,"kind":"hold","body":{"run":"ab"}}"#.to_owned();
        let story = Story::of_records(&[other, line, "torn".to_owned()]);
        assert_eq!(story.of("ab.2").repeat, Some(Repeat { after_ms: 7000, is_retry_after: true }));
        assert_eq!(story.of("ab.1").why.as_deref(), Some("status 429"));
    }
}
