//! OpenRouter's `GET /api/v1/models`.
//!
//! `{"data": [{"id": "vendor/model", "pricing": {"prompt": "0.000003", …}}]}`: US dollars per token, request or
//! piece, as strings; `"-1"` where the price varies. `overrides` change prices under conditions; those by the size
//! of the prompt are tiers, every other condition (the time of day) is not ours to tell, and refuses the model.

use plyrum_billing_client::{Fee, PerMillion, RateCard, Rates, Tier};
use serde_json::value::RawValue;

use super::json::{Items, Pairs};
use super::litellm::{Meter, Why, figure, unknown};
use super::{Claim, ListError, Listed, MAX_MODELS, model_id, shown};
use crate::id::ProviderId;

/// Who serves them, where the user names nobody.
const PROVIDER: &str = "openrouter";
/// Most overrides of a model.
const MAX_OVERRIDES: usize = 16;

pub(super) fn read(top: &Pairs<'_>, provider: Option<&ProviderId>) -> Result<Vec<Listed>, ListError> {
    let data = top.get("data").ok_or(ListError::Neither)?;
    if !data.get().starts_with('[') {
        return Err(ListError::Neither);
    }
    let Items(entries) = serde_json::from_str(data.get()).map_err(|_| ListError::TooMany)?;
    if entries.len() > MAX_MODELS {
        return Err(ListError::TooMany);
    }
    let here = provider.map_or(PROVIDER, ProviderId::as_str);
    Ok(entries.into_iter().map(|entry| listed(entry, here)).collect())
}

fn listed(entry: &RawValue, here: &str) -> Listed {
    let entry = Pairs::of(entry).unwrap_or_default();
    let Some(name) = entry.text("id") else {
        let why = "it has no id".to_owned();
        return Listed {
            name: "?".to_owned(),
            model: Err(why.clone()),
            price: Claim::Refused(why),
            left_out: Vec::new(),
        };
    };
    let mut left_out = Vec::new();
    let price = match entry.get("pricing").and_then(Pairs::of) {
        None => Claim::Unknown("it has no `pricing`".to_owned()),
        Some(pricing) => match card(&pricing, &mut left_out) {
            Ok(card) => unknown(&card).map_or(Claim::Price(card), Claim::Unknown),
            Err(Why::Unknown(why)) => Claim::Unknown(why),
            Err(Why::Refused(why)) => Claim::Refused(why),
        },
    };
    Listed { model: model_id(here, &name), name, price, left_out }
}

fn card(pricing: &Pairs<'_>, left_out: &mut Vec<String>) -> Result<RateCard, Why> {
    if let Some(name) = pricing.repeated() {
        return Err(Why::Refused(format!("it has `{}` twice", shown(name))));
    }
    let mut card = RateCard::default();
    for (name, value) in &pricing.0 {
        if let Some(meter) = meter_of(name) {
            let price = figure(name, value, 12)?;
            if price == Some(0) && matches!(meter, Meter::Input | Meter::Output) {
                return Err(Why::Unknown(format!("`{name}` is 0")));
            }
            *meter.slot(&mut card.base) = price.filter(|&price| price > 0).map(PerMillion::new);
            continue;
        }
        match name.as_str() {
            "request" => card.request_fee = figure(name, value, 6)?.filter(|&fee| fee > 0).map(Fee::new),
            "web_search" => {
                let fee = figure(name, value, 6)?.filter(|&fee| fee > 0);
                card.unit_fees.extend(fee.map(|fee| ("web_search".to_owned(), Fee::new(fee))));
            }
            "image" => {
                let fee = figure(name, value, 6)?.filter(|&fee| fee > 0);
                card.unit_fees.extend(fee.map(|fee| ("images".to_owned(), Fee::new(fee))));
            }
            "discount" => {
                if figure(name, value, 6)?.is_some_and(|discount| discount > 0) {
                    return Err(Why::Refused("it has a `discount`, whose use is not known here".to_owned()));
                }
            }
            "overrides" => card.tiers = tiers(value)?,
            _ if matches!(value.get(), "null" | "0" | "\"0\"") => {}
            _ => left_out.push(shown(name)),
        }
    }
    card.check_bounds().map_err(|e| Why::Refused(e.to_string()))?;
    Ok(card)
}

fn meter_of(name: &str) -> Option<Meter> {
    Some(match name {
        "prompt" => Meter::Input,
        "completion" => Meter::Output,
        "internal_reasoning" => Meter::Reasoning,
        "input_cache_read" => Meter::CacheRead,
        "input_cache_write" => Meter::CacheWrite5m,
        "input_cache_write_1h" => Meter::CacheWrite1h,
        _ => return None,
    })
}

/// Overrides by the size of the prompt. A later entry wins per price, and ours is the highest threshold as a
/// whole: the same only where they rise, and each names what the one before it names.
fn tiers(value: &RawValue) -> Result<Vec<Tier>, Why> {
    let refused = |why: &str| Why::Refused(format!("its `overrides` {why}"));
    let entries: Option<Vec<&RawValue>> =
        serde_json::from_str(value.get()).map_err(|_| refused("are no list"))?;
    let entries = entries.unwrap_or_default();
    if entries.len() > MAX_OVERRIDES {
        return Err(refused("are too many"));
    }
    let mut tiers: Vec<Tier> = Vec::new();
    for entry in entries {
        let entry = Pairs::of(entry).ok_or_else(|| refused("are no objects"))?;
        let mut price = Rates::default();
        let mut least = None;
        for (name, value) in &entry.0 {
            if name == "min_prompt_tokens" {
                least = figure(name, value, 0)?;
            } else if let Some(meter) = meter_of(name) {
                let figure = figure(name, value, 12)?.filter(|&price| price > 0);
                let figure = figure.ok_or_else(|| Why::Unknown(format!("an override's `{name}` is 0")))?;
                *meter.slot(&mut price) = Some(PerMillion::new(figure));
            } else {
                return Err(refused(&format!(
                    "depend on or change `{}`, which is not known here",
                    shown(name)
                )));
            }
        }
        let above_input_tokens = least.and_then(|least| least.checked_sub(1));
        let above_input_tokens = above_input_tokens.ok_or_else(|| refused("have no `min_prompt_tokens`"))?;
        let rises = tiers.last().is_none_or(|last| {
            last.above_input_tokens < above_input_tokens && names_all_of(&price, &last.price)
        });
        if !rises {
            return Err(refused("are not in the order of `min_prompt_tokens`"));
        }
        tiers.push(Tier { above_input_tokens, price });
    }
    Ok(tiers)
}

fn names_all_of(price: &Rates, earlier: &Rates) -> bool {
    let named = |rates: &Rates| {
        [
            rates.input,
            rates.output,
            rates.cache_read,
            rates.cache_write_5m,
            rates.cache_write_1h,
            rates.reasoning,
        ]
        .map(|price| price.is_some())
    };
    named(earlier).into_iter().zip(named(price)).all(|(before, now)| now || !before)
}
