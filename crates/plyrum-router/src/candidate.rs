//! Which models may serve a prompt, in which order, and why the others may not.
//!
//! Live models always come before the offline extractor. Among live ones the profile decides: `cheap` by price, among
//! those that are not known to be far under the best; `best` by quality; `balanced` by quality less a penalty that grows with
//! each doubling of price and of time. Quality is what is expected in the prompt's fields (`quality.rs`); of a prompt
//! that is harder than usual, differences count more. A quality of which nothing is known counts as middling and
//! is shown as unknown. All integers.

use std::cmp::Reverse;

use plyrum_billing_client::{
    AttemptBound, Billing, CostError, MicroRub, USUAL_PICTURE_TOKENS, Usage, estimate, input_bound,
};
use plyrum_catalog::{Model, PriceState, Wire};
use plyrum_protocol::{Candidate, Excluded, Intent, OutputKind, Profile};

use crate::input::{Health, RouteInput};
use crate::quality::{self, Expected};

/// What a model of unknown quality counts as, per mille.
const UNKNOWN_QUALITY: i64 = 500;
/// Points of quality (per mille) that one doubling of the price must be worth, in the balanced profile.
const POINTS_PER_DOUBLING: i64 = 15;
/// The price under which doublings do not count: 0.01 ₽.
const FREE_ENOUGH_MICRO_RUB: i64 = 10_000;
/// An unknown price counts as a dear one, this many doublings.
const UNKNOWN_PRICE_DOUBLINGS: i64 = 16;
/// Output tokens that must fit into the context beside the input.
const MIN_OUTPUT_TOKENS: u64 = 256;
/// Bytes of a prompt that brings its own text.
const LONG_PROMPT_BYTES: usize = 400;

/// Points that one doubling of the time over a second must be worth, in the balanced profile.
const POINTS_PER_SLOWNESS: i64 = 5;
/// A model this far under the best is not cheap but useless.
const USELESS_UNDER: i64 = 250;
/// Hardness of a usual prompt, in thousandths.
const USUAL_HARDNESS: i64 = 500;

/// What of the prompt matters for the choice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) intent: Intent,
    pub(crate) output: OutputKind,
    /// Its fields of knowledge.
    pub(crate) domains: &'a [String],
    /// How much a stronger model is likely to gain on it, in thousandths; none where nothing tells.
    pub(crate) hardness_milli: Option<u32>,
}

/// Models that may serve, best first, and those that may not, by id.
pub(crate) fn choose(input: &RouteInput<'_>, work: Work<'_>) -> (Vec<Candidate>, Vec<Excluded>) {
    let mut usable = Vec::new();
    let mut excluded = Vec::new();
    for model in input.catalog.models.values() {
        let reasons = why_not(input, model);
        if reasons.is_empty() {
            usable.push(model);
        } else {
            let resting_until = match (input.health)(&model.id) {
                Health::BreakerOpen { until } => Some(until),
                Health::Ready | Health::NoKey => None,
            };
            excluded.push(Excluded { model: model.id.to_string(), reasons, resting_until });
        }
    }
    if let Some(requested) = input.requested_model
        && input.catalog.model(requested.as_str()).is_none()
    {
        let (model, reasons) = (requested.to_string(), vec!["unknown_model".to_owned()]);
        excluded.push(Excluded { model, reasons, resting_until: None });
    }
    (ranked(input, work, &usable), excluded)
}

/// Those that may serve, best first.
fn ranked(input: &RouteInput<'_>, work: Work<'_>, usable: &[&Model]) -> Vec<Candidate> {
    let expected: Vec<Option<Expected>> =
        usable.iter().map(|model| quality::expected(model, work.domains, input.verdicts)).collect();
    let live = usable.iter().zip(&expected).filter(|(model, _)| !is_offline(input, model));
    let best = live.filter_map(|(_, expected)| Some(expected.as_ref()?.milli)).max();
    let mut ranked: Vec<Ranked> = usable
        .iter()
        .zip(expected)
        .map(|(model, expected)| Ranked::of(input, work, model, expected, best))
        .collect();
    ranked.sort_by(|one, other| {
        one.order.cmp(&other.order).then_with(|| one.candidate.model.cmp(&other.candidate.model))
    });
    ranked.into_iter().map(|ranked| ranked.candidate).collect()
}

/// Every reason that keeps a model from serving; none: it may.
fn why_not(input: &RouteInput<'_>, model: &Model) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut exclude = |is: bool, reason: &str| {
        if is {
            reasons.push(reason.to_owned());
        }
    };
    let is_requested = input.requested_model.is_some_and(|requested| *requested == model.id);
    exclude(input.requested_model.is_some() && !is_requested, "not_requested");
    exclude(!is_allowed(input, model), "not_allowed");
    match (input.health)(&model.id) {
        Health::Ready => {}
        Health::NoKey => exclude(true, "no_key"),
        Health::BreakerOpen { .. } => exclude(true, Excluded::RESTING),
    }
    let output = output_limit(input, model).min(MIN_OUTPUT_TOKENS);
    exclude(input_tokens(input, model).saturating_add(output) > model.context_tokens, "context_too_small");
    let may_be_unpriced = input.allows_unpriced && input.available.is_none();
    exclude(!may_be_unpriced && is_unpriced(input, model), "price_unknown");
    exclude(input.needs.tools && !model.tools && !is_offline(input, model), "calls_no_tools");
    exclude(input.pictures > 0 && model.images == Some(false), "takes_no_images");
    exclude(input.pictures > 0 && model.images.is_none(), "images_unknown");
    exclude(input.available.is_some() && is_unbounded(input, model), "image_bound_unknown");
    exclude(model.only_when_named && !is_requested, "only_when_named");
    exclude(
        is_offline(input, model)
            && !is_requested
            && !model.only_when_named
            && offline_rank(model, Intent::Unknown, true).is_none(),
        "is_offline_helper",
    );
    reasons
}

fn is_allowed(input: &RouteInput<'_>, model: &Model) -> bool {
    let names = [model.provider.as_str(), model.id.as_str()];
    input.allow_list.is_none_or(|allowed| allowed.iter().any(|name| names.contains(&name.as_str())))
}

fn is_offline(input: &RouteInput<'_>, model: &Model) -> bool {
    input.catalog.provider(model.provider.as_str()).is_some_and(|provider| provider.kind == Wire::Offline)
}

/// The place of an offline model among its kind; none for helpers (aggregators, scripts), which serve only when
/// they are named.
fn offline_rank(model: &Model, intent: Intent, has_text: bool) -> Option<i64> {
    let order: [&str; 3] = if intent == Intent::Summarize && has_text {
        ["central", "query", "lead"]
    } else {
        ["query", "central", "lead"]
    };
    order.iter().position(|name| *name == model.name).and_then(|place| i64::try_from(place).ok())
}

fn is_unpriced(input: &RouteInput<'_>, model: &Model) -> bool {
    model.price == PriceState::Unknown
        || matches!(
            input.catalog.charge(model.id.as_str(), &one_token()),
            Err(CostError::PriceUnknown { .. })
        )
}

/// Whether pictures would be sent of which nobody knows what they cost at most.
fn is_unbounded(input: &RouteInput<'_>, model: &Model) -> bool {
    shown_pictures(input, model) > 0
        && model.image_tokens.is_none()
        && !is_unpriced(input, model)
        && !input.catalog.input_is_free(model.id.as_str())
}

/// Pictures of the whole conversation, to a model that takes them; to others they are told in words.
fn shown_pictures(input: &RouteInput<'_>, model: &Model) -> u64 {
    if model.images == Some(true) { input.pictures.saturating_add(input.told_pictures) } else { 0 }
}

/// Tokens of pictures, at most where that is known.
fn picture_tokens(pictures: u64, model: &Model) -> u64 {
    pictures.saturating_mul(model.image_tokens.unwrap_or(USUAL_PICTURE_TOKENS))
}

fn one_token() -> Usage {
    Usage { input: 1, output: 1, ..Usage::default() }
}

fn output_limit(input: &RouteInput<'_>, model: &Model) -> u64 {
    model.max_output_tokens.unwrap_or(input.max_output_tokens_default)
}

/// Bytes of prompt and attachments.
fn text_bytes(input: &RouteInput<'_>) -> u64 {
    input
        .attachments
        .iter()
        .fold(input.prompt.len() as u64, |sum, attachment| sum.saturating_add(attachment.bytes))
}

fn input_tokens(input: &RouteInput<'_>, model: &Model) -> u64 {
    let text = estimate(text_bytes(input), 0, &model.bytes_per_token).input;
    text.saturating_add(picture_tokens(input.pictures, model))
}

/// Tokens of the conversation's past that a model is told, and whether that is all of it.
fn told_tokens(input: &RouteInput<'_>, model: &Model) -> (u64, bool) {
    let pictures = shown_pictures(input, model).saturating_sub(input.pictures);
    let told = model.bytes_per_token.tokens_in(input.told_bytes);
    let told = told.saturating_add(picture_tokens(pictures, model));
    let room = model.context_tokens / 2;
    (told.min(room), told <= room)
}

/// A usable model and its place: smaller is better.
struct Ranked {
    candidate: Candidate,
    order: (bool, bool, bool, bool, Reverse<i64>, i64),
}

impl Ranked {
    fn of(
        input: &RouteInput<'_>,
        work: Work<'_>,
        model: &Model,
        expected_quality: Option<Expected>,
        best: Option<u32>,
    ) -> Self {
        let (told, remembers) = told_tokens(input, model);
        let expected = Usage {
            input: input_tokens(input, model).saturating_add(told),
            output: usual_output(work.output).min(output_limit(input, model)),
            ..Usage::default()
        };
        let cost = input.catalog.charge(model.id.as_str(), &expected).ok();
        let quality = expected_quality.as_ref().map(|expected| expected.milli);
        let ms = (input.pace)(&model.id);
        let is_requested = input.requested_model.is_some();
        let over_budget = !fits_budget(input, model);
        let mut reasons = Vec::new();
        let mut say = |is: bool, reason: &str| {
            if is {
                reasons.push(reason.to_owned());
            }
        };
        say(is_requested, "requested");
        let offline = is_offline(input, model);
        let points = if offline {
            let has_text = !input.attachments.is_empty() || input.prompt.len() >= LONG_PROMPT_BYTES;
            let place = offline_rank(model, work.intent, has_text);
            say(!is_requested, "offline_last");
            say(work.intent == Intent::Summarize && place == Some(0), "intent_summarize");
            -place.unwrap_or(i64::MAX)
        } else {
            say(!is_requested, profile_reason(input.profile));
            say(
                work.hardness_milli.is_some_and(|hardness| i64::from(hardness) > USUAL_HARDNESS),
                "hard_prompt",
            );
            let basis = expected_quality.as_ref().map(|expected| expected.basis).unwrap_or_default();
            say(basis.stated, "quality_stated");
            say(basis.measured > 0, "quality_measured");
            say(basis.good + basis.bad > 0, "quality_of_feedback");
            say(quality.is_none(), "quality_unknown");
            say(cost.is_none(), "price_unknown");
            points(input.profile, by_hardness(quality, best, work.hardness_milli), cost)
                - slowness(input.profile, ms)
        };
        let useless = !offline
            && input.profile == Profile::Cheap
            && quality.zip(best).is_some_and(|(own, best)| i64::from(best) - i64::from(own) > USELESS_UNDER);
        say(useless, "far_under_the_best");
        say(over_budget, "over_budget");
        say(!remembers, "history_does_not_fit");
        say(is_unbounded(input, model), "image_bound_unknown");
        let price = cost.map_or(i64::MAX, MicroRub::get);
        let candidate = Candidate {
            model: model.id.to_string(),
            expected_quality_milli: quality,
            quality_basis: expected_quality.map(|expected| expected.basis),
            expected_cost_micro_rub: cost,
            expected_latency_ms: ms,
            reasons,
        };
        // The extractor stands in for models that are not there, never for money that is not.
        Self { candidate, order: (offline, over_budget, !remembers, useless, Reverse(points), price) }
    }
}

/// Tokens that an answer of a shape usually has. A planning figure, not a limit.
fn usual_output(output: OutputKind) -> u64 {
    match output {
        OutputKind::Discrete => 150,
        OutputKind::Structured => 300,
        OutputKind::Prose => 600,
        OutputKind::Code => 900,
    }
}

fn profile_reason(profile: Profile) -> &'static str {
    match profile {
        Profile::Cheap => "by_price",
        Profile::Balanced => "by_quality_and_price",
        Profile::Best => "by_quality",
    }
}

/// A model's points in a profile: more is better.
pub fn points(profile: Profile, quality: Option<u32>, cost: Option<MicroRub>) -> i64 {
    let quality = quality.map_or(UNKNOWN_QUALITY, i64::from);
    match profile {
        Profile::Cheap => -cost.map_or(i64::MAX, MicroRub::get),
        Profile::Balanced => quality - POINTS_PER_DOUBLING * doublings(cost),
        Profile::Best => quality,
    }
}

/// A quality as it counts for this prompt: how far it is under the best weighs more the harder the prompt is, and less on
/// an easy one.
fn by_hardness(quality: Option<u32>, best: Option<u32>, hardness: Option<u32>) -> Option<u32> {
    let (Some(own), Some(best), Some(hardness)) = (quality, best, hardness) else { return quality };
    let under = i64::from(best.saturating_sub(own)) * i64::from(hardness.min(1000)) / USUAL_HARDNESS;
    Some(u32::try_from(i64::from(best) - under).unwrap_or(0))
}

/// Points that a slow model loses, in the profile that weighs everything.
fn slowness(profile: Profile, ms: Option<u64>) -> i64 {
    let doublings = ms.map_or(0, |ms| i64::from((ms / 1000 + 1).ilog2()));
    if profile == Profile::Balanced { POINTS_PER_SLOWNESS * doublings } else { 0 }
}

/// How often the smallest price that counts must be doubled to reach `cost`.
fn doublings(cost: Option<MicroRub>) -> i64 {
    cost.map_or(UNKNOWN_PRICE_DOUBLINGS, |cost| {
        i64::from((cost.get().max(0) / FREE_ENOUGH_MICRO_RUB + 1).ilog2())
    })
}

/// Whether at least one token of output fits what may be spent, in the worst case for the input.
fn fits_budget(input: &RouteInput<'_>, model: &Model) -> bool {
    let messages = u64::try_from(input.attachments.len()).unwrap_or(u64::MAX).saturating_add(2);
    let told = input.told_bytes.min(model.bytes_per_token.bytes_in(model.context_tokens / 2));
    let bytes = text_bytes(input).saturating_add(told);
    let pictures = picture_tokens(shown_pictures(input, model), model);
    let input_tokens = input_bound(bytes, messages).saturating_add(pictures);
    let bound = AttemptBound { input_tokens, max_output_tokens: 1 };
    input.available.is_none()
        || matches!(input.catalog.quote(model.id.as_str(), &bound, input.available), Ok(Some(_)))
}
