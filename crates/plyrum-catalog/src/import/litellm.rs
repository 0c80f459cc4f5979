//! LiteLLM's `model_prices_and_context_window.json`.
//!
//! An object of models. US dollars per token as JSON numbers (`3e-06`, sometimes in quotes); `…_above_200k_tokens`
//! are the rates of an input of more than that; `…_above_1hr` is the one-hour cache write. What it prices by the
//! service class (`…_priority`, `…_flex`, `…_batches`), by the second, picture or character is not ours to charge.

use std::collections::BTreeMap;

use plyrum_billing_client::{Fee, PerMillion, RateCard, Rates, Tier};

use super::json::{Pairs, number_text};
use super::number::{NumberError, scaled};
use super::{Claim, ListError, Listed, MAX_MODELS, model_id, shown};
use crate::id::ProviderId;

/// The entry that explains the format.
const SAMPLE: &str = "sample_spec";
/// Modes whose answer is text.
const TEXT_MODES: [&str; 3] = ["chat", "completion", "responses"];
/// Unit under which a web search is counted.
const WEB_SEARCH: &str = "web_search";
/// Most tiers of a card, as in the configuration.
const MAX_TIERS: usize = 16;

pub(super) fn read(top: &Pairs<'_>, provider: Option<&ProviderId>) -> Result<Vec<Listed>, ListError> {
    if top.0.len() > MAX_MODELS {
        return Err(ListError::TooMany);
    }
    if !top.0.iter().any(|(_, value)| value.get().starts_with('{')) {
        return Err(ListError::Neither);
    }
    let twice = top.repeated();
    let entries = top.0.iter().filter(|(name, _)| name != SAMPLE);
    Ok(entries
        .map(|(name, value)| {
            let Some(entry) = Pairs::of(value) else {
                let model = Err("it is not an object".to_owned());
                let price = Claim::Refused("it is not an object".to_owned());
                return Listed { name: name.clone(), model, price, left_out: Vec::new() };
            };
            let theirs = entry.text("litellm_provider").unwrap_or_default();
            let prefix = format!("{theirs}/");
            let own = name.strip_prefix(prefix.as_str()).unwrap_or(name);
            let here = provider.map_or(theirs.as_str(), ProviderId::as_str);
            let model = if here.is_empty() {
                Err("the list names no provider for it: say one with --provider".to_owned())
            } else {
                model_id(here, own)
            };
            let mut left_out = Vec::new();
            let price = if twice == Some(name.as_str()) {
                Claim::Refused("the list has it twice".to_owned())
            } else {
                claim(&entry, &mut left_out)
            };
            Listed { name: name.clone(), model, price, left_out }
        })
        .collect())
}

fn claim(entry: &Pairs<'_>, left_out: &mut Vec<String>) -> Claim {
    if entry.text("mode").is_some_and(|mode| !TEXT_MODES.contains(&mode.as_str())) {
        return Claim::NotText;
    }
    if let Some(name) = entry.repeated() {
        return Claim::Refused(format!("it has `{}` twice", shown(name)));
    }
    if entry.get("tiered_pricing").is_some_and(|value| value.get() != "null") {
        return Claim::Refused("it has `tiered_pricing`, whose rule is not known here".to_owned());
    }
    match card(entry, left_out) {
        Ok(card) => match unknown(&card) {
            Some(why) => Claim::Unknown(why),
            None => Claim::Price(card),
        },
        Err(Why::Unknown(why)) => Claim::Unknown(why),
        Err(Why::Refused(why)) => Claim::Refused(why),
    }
}

/// Why no card.
pub(super) enum Why {
    Unknown(String),
    Refused(String),
}

fn card(entry: &Pairs<'_>, left_out: &mut Vec<String>) -> Result<RateCard, Why> {
    let mut by_threshold: BTreeMap<u64, Rates> = BTreeMap::new();
    let mut card = RateCard::default();
    for (name, value) in &entry.0 {
        if let Some((meter, above)) = meter_of(name) {
            let rates = by_threshold.entry(above).or_default();
            let price = figure(name, value, 12)?;
            if price == Some(0) {
                // Zero is "not known" in such lists: the meter falls back to a rate that is stated.
                if matches!(meter, Meter::Input | Meter::Output) {
                    return Err(Why::Unknown(format!("`{}` is 0", shown(name))));
                }
                left_out.push(format!("{name} (0)"));
                continue;
            }
            *meter.slot(rates) = price.map(PerMillion::new);
        } else if name == "input_cost_per_request" {
            card.request_fee = figure(name, value, 6)?.filter(|&fee| fee > 0).map(Fee::new);
        } else if name == "search_context_cost_per_query" {
            match one_search_fee(value)? {
                Some(fee) => {
                    card.unit_fees.insert(WEB_SEARCH.to_owned(), Fee::new(fee));
                }
                None => left_out.push(format!("{name} (depends on the search)")),
            }
        } else if is_price(name) && !matches!(value.get(), "null" | "0" | "0.0") {
            left_out.push(shown(name));
        }
    }
    card.base = by_threshold.remove(&0).unwrap_or_default();
    by_threshold.retain(|_, rates| *rates != Rates::default());
    if by_threshold.len() > MAX_TIERS {
        return Err(Why::Refused(format!("it has more than {MAX_TIERS} tiers")));
    }
    card.tiers = by_threshold
        .into_iter()
        .map(|(above_input_tokens, price)| Tier { above_input_tokens, price })
        .collect();
    card.check_bounds().map_err(|e| Why::Refused(e.to_string()))?;
    Ok(card)
}

/// Why a card is no price: without input or output nothing can be held or charged.
pub(super) fn unknown(card: &RateCard) -> Option<String> {
    match (card.base.input, card.base.output) {
        (None, None) => Some("it has no price per token".to_owned()),
        (None, _) => Some("it has no input price".to_owned()),
        (_, None) => Some("it has no output price".to_owned()),
        (Some(_), Some(_)) => None,
    }
}

/// A member that is a figure, × 10^scale.
pub(super) fn figure(
    name: &str,
    value: &serde_json::value::RawValue,
    scale: i64,
) -> Result<Option<u64>, Why> {
    let refused = |why: &str, text: &str| Why::Refused(format!("`{}` = {} {why}", shown(name), shown(text)));
    let text = number_text(value).map_err(|why| refused(&format!("is {why}"), value.get()))?;
    let Some(text) = text else { return Ok(None) };
    match scaled(&text, scale) {
        Ok(figure) => Ok(Some(figure)),
        Err(NumberError::Negative) => {
            Err(Why::Unknown(format!("`{}` = {}: it varies or is not told", shown(name), shown(&text))))
        }
        Err(why) => Err(refused(&why.to_string(), &text)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meter {
    Input,
    Output,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    Reasoning,
}

impl Meter {
    pub(super) fn slot(self, rates: &mut Rates) -> &mut Option<PerMillion> {
        match self {
            Self::Input => &mut rates.input,
            Self::Output => &mut rates.output,
            Self::CacheRead => &mut rates.cache_read,
            Self::CacheWrite5m => &mut rates.cache_write_5m,
            Self::CacheWrite1h => &mut rates.cache_write_1h,
            Self::Reasoning => &mut rates.reasoning,
        }
    }
}

/// The meter of a member, and the input above which it applies (0: always).
fn meter_of(name: &str) -> Option<(Meter, u64)> {
    let tiered = name.rsplit_once("_above_").and_then(|(stem, above)| Some((stem, threshold(above)?)));
    let (stem, above) = tiered.unwrap_or((name, 0));
    let meter = match stem {
        "input_cost_per_token" => Meter::Input,
        "output_cost_per_token" => Meter::Output,
        "cache_read_input_token_cost" => Meter::CacheRead,
        "cache_creation_input_token_cost" => Meter::CacheWrite5m,
        "cache_creation_input_token_cost_above_1hr" => Meter::CacheWrite1h,
        "output_cost_per_reasoning_token" => Meter::Reasoning,
        _ => return None,
    };
    Some((meter, above))
}

/// `200k_tokens`, `199999_tokens`.
fn threshold(text: &str) -> Option<u64> {
    let count = text.strip_suffix("_tokens")?;
    let (digits, unit) = count.strip_suffix('k').map_or((count, 1), |digits| (digits, 1000));
    digits.parse::<u64>().ok()?.checked_mul(unit).filter(|&above| above > 0)
}

/// The fee of a search where it is one fee whatever the search.
fn one_search_fee(value: &serde_json::value::RawValue) -> Result<Option<u64>, Why> {
    let Some(sizes) = Pairs::of(value) else { return Ok(None) };
    let fees: Result<Vec<_>, _> = sizes.0.iter().map(|(name, fee)| figure(name, fee, 6)).collect();
    let fees = fees?;
    let first = fees.first().copied().flatten().filter(|&fee| fee > 0);
    Ok(first.filter(|_| fees.iter().all(|fee| *fee == first)))
}

/// Whether a member that we do not read is a price of ordinary service.
fn is_price(name: &str) -> bool {
    let other_service = ["_priority", "_flex", "_batches"].iter().any(|end| name.contains(end));
    !other_service && (name.contains("_cost_per_") || name.contains("_token_cost"))
}
