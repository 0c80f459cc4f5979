//! Prices: from decimal text to a versioned rate card.

use std::collections::BTreeSet;

use plyrum_billing_client::{DecimalError, Fee, PerMillion, RateCard, Rates, Tier};
use serde::Serialize;
use toml::Spanned;

use crate::error::{CatalogError, Problems};
use crate::section::{PriceSection, TierSection};
use crate::text::{DecimalText, check_label, is_currency};
use crate::version;

const MAX_TIERS: usize = 16;
const MAX_UNIT_FEES: usize = 64;

/// A model's price, or the fact that nobody stated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one per model, and nearly every model has a price")]
pub enum PriceState {
    /// Stated; `"0"` is a price too.
    Known(PriceRow),
    /// Not stated: an error at use, never 0.
    Unknown,
}

/// One immutable version of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceRow {
    /// Hash of currency and card: the same content is the same version everywhere.
    pub version: String,
    /// ISO 4217 code of the card's figures.
    pub currency: String,
    /// The figures.
    pub card: RateCard,
}

/// Checks one price; `None` where something was noted in `problems`.
pub(crate) fn build(price: &Spanned<PriceSection>, problems: &mut Problems) -> Option<PriceRow> {
    let section = price.get_ref();
    let currency = section.currency.get_ref();
    if !is_currency(currency) {
        problems.at(&section.currency, "a currency is three capital letters, such as \"USD\" or \"RUB\"");
    }
    if section.tiers.len() > MAX_TIERS {
        problems.at(price, format!("more than {MAX_TIERS} tiers"));
        return None;
    }
    if section.unit_fees.len() > MAX_UNIT_FEES {
        problems.at(price, format!("more than {MAX_UNIT_FEES} unit fees"));
        return None;
    }
    let mut unit_fees = std::collections::BTreeMap::new();
    for (name, fee) in &section.unit_fees {
        if let Err(why) = check_label("the unit's name", name, 64) {
            problems.at(fee, why);
        }
        unit_fees.extend(decimal(Some(fee), Fee::parse, problems).map(|fee| (name.clone(), fee)));
    }
    let card = RateCard {
        base: rates(
            [
                &section.input,
                &section.output,
                &section.cache_read,
                &section.cache_write_5m,
                &section.cache_write_1h,
                &section.reasoning,
            ],
            problems,
        ),
        request_fee: decimal(section.request_fee.as_ref(), Fee::parse, problems),
        unit_fees,
        tiers: tiers(&section.tiers, problems),
    };
    let bounds = card.check_bounds().map_err(|error| CatalogError::at(price, error.to_string()));
    problems.keep(bounds)?;
    Some(PriceRow { version: version::of(&(currency, &card)), currency: currency.clone(), card })
}

/// Ordered by threshold, so that the same tiers written in another order are the same version.
fn tiers(sections: &[TierSection], problems: &mut Problems) -> Vec<Tier> {
    let mut thresholds = BTreeSet::new();
    let mut tiers = Vec::with_capacity(sections.len());
    for section in sections {
        let above_input_tokens = *section.above_input_tokens.get_ref();
        if !thresholds.insert(above_input_tokens) {
            problems.at(&section.above_input_tokens, "another tier has this threshold");
        }
        let price = rates(
            [
                &section.input,
                &section.output,
                &section.cache_read,
                &section.cache_write_5m,
                &section.cache_write_1h,
                &section.reasoning,
            ],
            problems,
        );
        tiers.push(Tier { above_input_tokens, price });
    }
    tiers.sort_by_key(|tier| tier.above_input_tokens);
    tiers
}

fn rates(written: [&Option<Spanned<DecimalText>>; 6], problems: &mut Problems) -> Rates {
    let [input, output, cache_read, cache_write_5m, cache_write_1h, reasoning] =
        written.map(|text| decimal(text.as_ref(), PerMillion::parse, problems));
    Rates { input, output, cache_read, cache_write_5m, cache_write_1h, reasoning }
}

fn decimal<T>(
    text: Option<&Spanned<DecimalText>>,
    parse: fn(&str) -> Result<T, DecimalError>,
    problems: &mut Problems,
) -> Option<T> {
    let text = text?;
    parse(text.get_ref().as_str()).map_err(|why| problems.at(text, format!("this price {why}"))).ok()
}
