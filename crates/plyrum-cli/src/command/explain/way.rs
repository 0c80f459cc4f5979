//! The way of a request, in sentences: how long it waited and for what, what it met, and what followed for its provider.

use crate::text::{say, time};
use crate::votes;
use plyrum_protocol::{Excluded, view};
use plyrum_words::Words;

/// What is told of an attempt's way, in the order in which it happened.
pub(super) fn lines(words: &Words, attempt: &view::ExplainAttempt) -> Vec<String> {
    let provider = &attempt.provider;
    let mut lines: Vec<String> = attempt.retry.iter().filter_map(|retry| repeat(words, retry)).collect();
    if let Some(hedge) = &attempt.hedge {
        let took = words.seconds(hedge.after_ms);
        lines.push(say!(in words, "explain-hedged", attempt = hedge.beside.as_str(), took = took));
    }
    if let Some(ms) = attempt.queued_ms {
        lines.push(say!(in words, "explain-queued", took = words.seconds(ms), provider = provider));
    }
    if attempt.is_probe {
        lines.push(say!(in words, "explain-probe", provider = provider));
    }
    lines.extend(attempt.why.as_ref().map(|why| words.told(why).into_owned()));
    if let Some(rest) = &attempt.rest {
        let (n, at) = (u64::from(rest.failures), time(rest.until));
        lines.push(say!(in words, "explain-rest", provider = provider, n = n, at = at));
    }
    lines.extend(attempt.check.as_ref().map(|check| tried(words, check)));
    lines
}

/// How the run's check ended for its answer.
fn tried(words: &Words, check: &view::ExplainCheck) -> String {
    let took = words.seconds(check.ms);
    match (check.passed, check.exit, &check.why) {
        (true, ..) => say!(in words, "explain-check-passed", took = took),
        (false, Some(code), None) => {
            say!(in words, "explain-check-exit", code = code.to_string(), took = took)
        }
        (false, _, why) => {
            let why = words.told(why.as_deref().unwrap_or_default());
            say!(in words, "explain-check-why", why = &*why)
        }
    }
}

/// After how long it was asked again, and whose wish that was; a repeat at once has no wait to tell of.
fn repeat(words: &Words, retry: &view::ExplainRetry) -> Option<String> {
    let took = words.seconds(retry.after_ms.filter(|ms| *ms > 0)?);
    Some(if retry.is_retry_after {
        say!(in words, "explain-after-as-asked", took = took)
    } else {
        say!(in words, "explain-after", took = took)
    })
}

/// What the router made of the prompt, and why this plan.
pub(super) fn decided(words: &Words, decision: &view::ExplainDecision) -> Vec<String> {
    let because = |reasons: &[String]| match reasons {
        [] => String::new(),
        reasons => format!(" ({})", words.told(&reasons.join(", "))),
    };
    let confidence = words.percent(decision.intent_confidence_milli / 10);
    let (intent, risk) = (decision.intent.to_string(), decision.risk.to_string());
    let shape = format!("{}, {}", decision.output_kind, decision.language);
    let risk = format!("{risk}{}", because(&decision.risk_reasons));
    let routed = say!(in words, "explain-routed", intent = intent, confidence = confidence, shape = shape, risk = risk);
    let reasons = words.told(&decision.reasons.join(", ")).into_owned();
    let plan = (!decision.reasons.is_empty()).then(|| say!(in words, "explain-planned", reasons = reasons));
    std::iter::once(routed).chain(plan).collect()
}

/// Who said what, and whether that settled it.
pub(super) fn counted(words: &Words, counted: &view::ExplainVotes) -> Vec<String> {
    let key = if counted.settles { "explain-votes" } else { "explain-votes-open" };
    let head = words.with(key, &[("step", counted.step.as_str().into())]);
    let groups = votes::lines(words, &counted.groups).into_iter().map(|group| format!("  {group}"));
    std::iter::once(head).chain(groups).collect()
}

/// Models that were passed over because their provider was not asked then.
pub(super) fn resting(words: &Words, models: &[Excluded]) -> Vec<String> {
    let told = |model: &Excluded| {
        let at = model.resting_until.map(time)?;
        Some(say!(in words, "explain-passed-over", model = &model.model, at = at))
    };
    models.iter().filter_map(told).collect()
}
