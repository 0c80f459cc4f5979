//! Prices: from decimal text to versioned rate cards, and which of them holds on a day.
//!
//! A row is never changed: a new price is a further row with its own first day. A charge stores the row's version
//! and its figures, so that no later row can change what was charged.

use std::collections::BTreeSet;

use plyrum_billing_client::{DecimalError, Fee, PerMillion, RateCard, Rates, Tier};
use serde::Serialize;
use toml::Spanned;

use crate::Origin;
use crate::day::Day;
use crate::error::{CatalogError, Problems};
use crate::section::{ModelSection, PriceSection, TierSection};
use crate::text::{DecimalText, check_label, is_currency};
use crate::version;

const MAX_TIERS: usize = 16;
const MAX_ROWS: usize = 256;
/// The longest text that says where a price is from.
pub(crate) const MAX_SOURCE_BYTES: usize = 512;
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

/// Who stated a price. In this order: an earlier one goes before a later one, whatever their days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceOrigin {
    /// The user's configuration.
    User,
    /// The imported price book.
    Imported,
    /// Came with Plyrum.
    Shipped,
}

/// One immutable version of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceRow {
    /// Hash of currency and card: the same figures are the same version everywhere, whenever they hold.
    pub version: String,
    /// The first day on which it holds; `None`: it always did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// The day on which the figures were seen at their source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// Where the figures are from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who stated it.
    pub origin: PriceOrigin,
    /// ISO 4217 code of the card's figures.
    pub currency: String,
    /// The figures.
    pub card: RateCard,
}

impl PriceRow {
    /// A row of these figures, without days and source.
    pub fn new(currency: &str, card: RateCard, origin: PriceOrigin) -> Self {
        let version = version::of(&(currency, &card));
        Self { version, from: None, as_of: None, source: None, origin, currency: currency.to_owned(), card }
    }

    /// Whether it has begun to hold on that day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day)
    }
}

/// The row that holds: of the first origin that has one, the one with the latest beginning; of two with the same
/// beginning the later in the list, which was written later. Without a day only a row that needs none is
/// given: nobody may be charged by a price list whose day was forgotten.
pub(crate) fn holding(rows: &[PriceRow], day: Option<Day>) -> Option<&PriceRow> {
    let origins = [PriceOrigin::User, PriceOrigin::Imported, PriceOrigin::Shipped];
    let of = |origin| rows.iter().filter(move |row| row.origin == origin);
    if let Some(day) = day {
        let latest = |origin| of(origin).filter(|row| row.holds_on(day)).max_by_key(|row| row.from);
        return origins.into_iter().find_map(latest);
    }
    let first = origins.into_iter().find(|&origin| of(origin).next().is_some())?;
    let mut rows = of(first);
    rows.next().filter(|row| row.from.is_none() && rows.next().is_none())
}

/// All rows of a model's section, by their days.
pub(crate) fn build_all(
    section: &ModelSection,
    origin: Origin,
    problems: &mut Problems,
) -> Option<Vec<PriceRow>> {
    let origin = match origin {
        Origin::Shipped | Origin::Listed => PriceOrigin::Shipped,
        Origin::User => PriceOrigin::User,
    };
    if section.prices.len() > MAX_ROWS {
        problems.somewhere(format!("a model with more than {MAX_ROWS} price rows"));
        return None;
    }
    let mut days = BTreeSet::new();
    let mut rows = Vec::new();
    let mut complete = true;
    for price in section.price.iter().chain(&section.prices) {
        let Some(row) = build(price, origin, problems) else {
            complete = false;
            continue;
        };
        if !days.insert(row.from) {
            let what = match row.from {
                Some(day) => format!("another price of this model holds from {day}"),
                None => "another price of this model has no day either: add from = \"2026-11-20\"".to_owned(),
            };
            match &price.get_ref().from {
                Some(from) => problems.at(from, what),
                None => problems.at(price, what),
            }
        }
        rows.push(row);
    }
    rows.sort_by_key(|row| row.from);
    complete.then_some(rows)
}

/// Checks one price; `None` where something was noted in `problems`.
pub(crate) fn build(
    price: &Spanned<PriceSection>,
    origin: PriceOrigin,
    problems: &mut Problems,
) -> Option<PriceRow> {
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
    let (from, as_of) =
        (day("from", section.from.as_ref(), problems), day("as_of", section.as_of.as_ref(), problems));
    if let Some(source) = &section.source
        && let Err(why) = check_label("source", source.get_ref(), MAX_SOURCE_BYTES)
    {
        problems.at(source, why);
    }
    let source = section.source.as_ref().map(|source| source.get_ref().clone());
    Some(PriceRow { from: from?, as_of: as_of?, source, ..PriceRow::new(currency, card, origin) })
}

/// `None` where something is written that is no day; that was noted.
#[expect(clippy::option_option, reason = "absent is fine, wrong is not")]
fn day(what: &str, written: Option<&Spanned<String>>, problems: &mut Problems) -> Option<Option<Day>> {
    let Some(text) = written else { return Some(None) };
    let day = Day::parse(text.get_ref());
    if day.is_none() {
        problems.at(text, format!("{what} must be a day such as \"2026-11-20\""));
    }
    day.map(Some)
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
