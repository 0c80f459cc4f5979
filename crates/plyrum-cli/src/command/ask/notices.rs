//! What a frame tells somebody who waits for an answer and asked for no details: that it takes longer, comes from
//! somebody else, or costs more than it should.

use crate::money;
use crate::text::{say, time, told, words};
use plyrum_protocol::{Excluded, FrameBody};

/// The notices of a frame, a line each.
pub(super) fn of(body: &FrameBody) -> Vec<String> {
    match body {
        FrameBody::RunRouted { decision } => passed_over(&decision.excluded),
        body => one(body).into_iter().collect(),
    }
}

/// Models that would serve if their provider were asked.
pub(super) fn passed_over(excluded: &[Excluded]) -> Vec<String> {
    let told = |model: &Excluded| {
        let at = model.resting_until.filter(|_| model.only_rests())?;
        Some(say!("ask-passed-over", model = &model.model, at = time(at)))
    };
    excluded.iter().filter_map(told).collect()
}

fn one(body: &FrameBody) -> Option<String> {
    Some(match body {
        FrameBody::AttemptQueued { provider, limit, .. } => {
            say!("ask-queued", provider = provider, limit = u64::from(*limit))
        }
        FrameBody::AttemptRetried { after_ms: 0, cause, .. } => say!("ask-once-more", cause = &*told(cause)),
        FrameBody::AttemptRetried { after_ms, is_retry_after, cause, .. } => {
            again(*after_ms, *is_retry_after, &told(cause))
        }
        FrameBody::AttemptFallback { from, to, cause, .. } => {
            say!("ask-fallback", to = to, from = from, cause = &*told(cause))
        }
        FrameBody::AttemptHedged { after_ms, model, .. } => {
            say!("ask-hedged", took = money::seconds(*after_ms), model = model)
        }
        FrameBody::ProviderResting { provider, failures, until, .. } => {
            say!("ask-resting", provider = provider, at = time(*until), n = u64::from(*failures))
        }
        FrameBody::RunPlanned { steps, reasons, .. }
            if reasons.iter().any(|code| code == "nobody_cheaper") =>
        {
            say!("ask-nobody-cheaper", model = &steps.first()?.model)
        }
        FrameBody::PlanShrunk { from, to, reason } => {
            say!("ask-became", from = from, to = to, why = &*told(reason))
        }
        FrameBody::BudgetNotice { scope, key, percent, spent_micro_rub, limit_micro_rub, setting } => {
            let scope = key.as_ref().map_or_else(|| scope.clone(), |key| format!("{scope} {key}"));
            let (spent, limit) = (words().rub(*spent_micro_rub), words().rub(*limit_micro_rub));
            let percent = words().percent(percent);
            say!(
                "ask-budget",
                percent = percent,
                scope = scope,
                spent = spent,
                limit = limit,
                setting = setting
            )
        }
        FrameBody::ProposalChecked { step, passed: true, .. } => {
            say!("ask-checked-passes", step = step.as_str())
        }
        FrameBody::ProposalChecked { step, exit, why, .. } => match (exit, why) {
            (Some(code), None) => say!("ask-checked-exit", step = step.as_str(), code = code.to_string()),
            (_, why) => {
                let why = told(why.as_deref().unwrap_or_default());
                say!("ask-checked-why", step = step.as_str(), why = &*why)
            }
        },
        FrameBody::ToolRefused { step, tool, .. } => {
            say!("ask-tool-refused", step = step.as_str(), tool = tool)
        }
        FrameBody::AttemptFinished { provider_says_micro_rub: Some(says), cost_micro_rub, .. } => {
            let (says, ours) = (words().rub(*says), words().rub(*cost_micro_rub));
            say!("ask-provider-says", says = says, ours = ours)
        }
        _ => return None,
    })
}

fn again(after_ms: u64, is_retry_after: bool, cause: &str) -> String {
    let wait = money::seconds(after_ms);
    if is_retry_after {
        say!("ask-again-as-asked", wait = wait, cause = cause)
    } else {
        say!("ask-again", wait = wait, cause = cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn tells(frame: serde_json::Value, expected: &[&str]) {
        assert_eq!(of(&serde_json::from_value(frame).unwrap()), expected);
    }

    #[test]
    fn a_wait_says_for_what_and_a_repeat_whose_wish_its_wait_is() {
        tells(
            json!({"type": "attempt.queued", "attempt": "ab.1", "provider": "lab", "limit": 1}),
            &["waiting for a free place: 1 request runs at lab, which is its limit"],
        );
        let retried = |after_ms: u64, is_retry_after: bool| {
            json!({"type": "attempt.retried", "attempt": "ab.1", "next": "ab.2", "after_ms": after_ms,
                "is_retry_after": is_retry_after, "cause": "status 429"})
        };
        tells(
            retried(7000, true),
            &["asking again in 7.0 s, as the provider asked (Retry-After): status 429"],
        );
        tells(retried(7000, false), &["asking again in 7.0 s: status 429"]);
        tells(retried(0, false), &["asking once more: status 429"]);
        tells(
            json!({"type": "attempt.hedged", "step": "answer", "attempt": "ab.1", "hedge": "ab.2",
                "after_ms": 2000, "provider": "lab", "model": "lab/slow"}),
            &["nothing came for 2.0 s: asking lab/slow too"],
        );
    }

    #[test]
    fn only_what_its_providers_rest_alone_keeps_away_is_told() {
        let excluded = |model: &str, reasons: &[&str], until: Option<&str>| {
            serde_json::from_value(json!({"model": model, "reasons": reasons, "resting_until": until}))
                .unwrap()
        };
        let until = Some("2026-11-27T12:00:30.000Z");
        let told = passed_over(&[
            excluded("lab/fast", &["breaker_open"], until),
            excluded("lab/dear", &["breaker_open", "price_unknown"], until),
            excluded("far/slow", &["no_key"], None),
        ]);
        assert_eq!(
            told,
            [
                "lab/fast is not asked: its provider failed too often in a row and rests until 2026-11-27 12:00:30Z"
            ]
        );
    }
}
