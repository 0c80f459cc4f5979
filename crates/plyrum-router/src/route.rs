//! The decision, put together.

use plyrum_protocol::{AttachmentFeature, Decision, Features};

use crate::candidate::{self, Work};
use crate::input::RouteInput;
use crate::text::Text;
use crate::weights::Weights;
use crate::{language, reading};

/// Which rules decide; changes with every change of a rule that can change a decision.
pub const VERSION: &str = "rules-6";

/// Attachments that a decision lists.
const MAX_LISTED: usize = 256;

/// Decides what a prompt is and who may serve it. Never fails: with no model left the candidates are empty and
/// every model says why.
pub fn route(input: &RouteInput<'_>) -> Decision {
    let weights = Weights::shipped();
    let text = reading::text(weights, input.prompt);
    let reading = reading::of(weights, &text, language::of(input.prompt), input.attachments);
    let work = Work {
        intent: reading.intent,
        output: reading.output_kind,
        domains: &reading.domains,
        hardness_milli: reading.hardness_milli,
    };
    let (candidates, excluded) = candidate::choose(input, work);
    let (plan, mut reasons) = match input.plan_requested {
        Some(plan) => (plan.to_owned(), vec!["plan_requested".to_owned()]),
        None if candidates.iter().all(|model| model.expected_quality_milli.is_none()) => {
            ("direct".to_owned(), vec!["no_quality_data".to_owned()])
        }
        None => ("direct".to_owned(), vec!["direct_by_default".to_owned()]),
    };
    if candidates.is_empty() {
        reasons.push("no_model_left".to_owned());
    } else if candidates.iter().all(|model| model.reasons.iter().any(|reason| reason == "offline_last")) {
        reasons.push("offline_only".to_owned());
    }
    Decision {
        intent: reading.intent,
        intent_confidence_milli: reading.intent_confidence_milli,
        risk: reading.risk,
        risk_reasons: reading.risk_reasons,
        domains: reading.domains,
        output_kind: reading.output_kind,
        language: reading.language,
        features: features(input, &text),
        candidates,
        excluded,
        plan,
        reasons,
        router: version(weights),
    }
}

/// The rules and the weights that decide, these by their hash.
fn version(weights: Option<&Weights<'_>>) -> String {
    weights.map_or_else(|| VERSION.to_owned(), |weights| format!("{VERSION}+{}", weights.name))
}

fn features(input: &RouteInput<'_>, text: &Text) -> Features {
    let listed = input.attachments.iter().take(MAX_LISTED);
    Features {
        prompt_bytes: input.prompt.len() as u64,
        prompt_words: text.len() as u64,
        has_code: text.has("```"),
        pictures: input.pictures,
        attachments: listed
            .map(|a| AttachmentFeature { name: a.name.clone(), bytes: a.bytes, lines: a.lines })
            .collect(),
    }
}
