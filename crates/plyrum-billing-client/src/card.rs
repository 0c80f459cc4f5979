//! What a model costs, as stored with every charge.
//!
//! A rate card says only what the vendor says: a rate that is not named is absent, not zero. What an
//! absent rate means is decided here, once ([`RateCard::at`]), for the cost and for the hold alike, so
//! that the two cannot come to disagree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cost::CostError;
use crate::decimal::{self, DecimalError};

/// The highest price that a card may hold, in micro-units per million tokens.
pub const MAX_PRICE: u64 = 10_000_000_000_000;
/// The highest fee that a card may hold, in micro-units.
pub const MAX_FEE: u64 = 1_000_000_000_000_000;

/// A price: integer micro-units of the card's currency per 1 000 000 tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PerMillion(u64);

/// Units of currency per million tokens, as the exact decimal.
impl std::fmt::Display for PerMillion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&decimal::micro_text(self.0))
    }
}

impl PerMillion {
    /// A price of `micro` micro-units per million tokens.
    pub const fn new(micro: u64) -> Self {
        Self(micro)
    }

    /// The price in micro-units per million tokens.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads units of currency per million tokens: `"3.00"`. Does not check [`MAX_PRICE`]: the card does.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse_micro(text).map(Self)
    }
}

/// A fee: integer micro-units of the card's currency, for a request or for one counted unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fee(u64);

/// Units of currency, as the exact decimal.
impl std::fmt::Display for Fee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&decimal::micro_text(self.0))
    }
}

impl Fee {
    /// A fee of `micro` micro-units.
    pub const fn new(micro: u64) -> Self {
        Self(micro)
    }

    /// The fee in micro-units.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads units of currency: `"0.005"`. Does not check [`MAX_FEE`]: the card does.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse_micro(text).map(Self)
    }
}

/// One price for each meter, as far as it is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Uncached input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<PerMillion>,
    /// Visible output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<PerMillion>,
    /// Cache reads; absent: the input price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<PerMillion>,
    /// Five-minute cache writes; absent: the input price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_5m: Option<PerMillion>,
    /// One-hour cache writes; absent: the five-minute price, else the input price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<PerMillion>,
    /// Reasoning; absent: the output price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<PerMillion>,
}

impl Rates {
    /// These rates where stated, those of `base` elsewhere.
    fn over(self, base: Self) -> Self {
        Self {
            input: self.input.or(base.input),
            output: self.output.or(base.output),
            cache_read: self.cache_read.or(base.cache_read),
            cache_write_5m: self.cache_write_5m.or(base.cache_write_5m),
            cache_write_1h: self.cache_write_1h.or(base.cache_write_1h),
            reasoning: self.reasoning.or(base.reasoning),
        }
    }

    /// Fills in what an absent rate means; input and output may stay unknown.
    fn with_fallbacks(self) -> Self {
        let cache_write_5m = self.cache_write_5m.or(self.input);
        Self {
            cache_read: self.cache_read.or(self.input),
            cache_write_5m,
            cache_write_1h: self.cache_write_1h.or(cache_write_5m),
            reasoning: self.reasoning.or(self.output),
            ..self
        }
    }

    fn named(&self) -> [(&'static str, Option<PerMillion>); 6] {
        [
            ("input", self.input),
            ("output", self.output),
            ("cache_read", self.cache_read),
            ("cache_write_5m", self.cache_write_5m),
            ("cache_write_1h", self.cache_write_1h),
            ("reasoning", self.reasoning),
        ]
    }
}

/// Rates of an attempt whose total input is above a threshold. They apply to all its meters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The tier applies to a total input (all four input meters) of more than this.
    pub above_input_tokens: u64,
    /// What changes; a meter that is not named keeps the base rate.
    pub price: Rates,
}

/// The whole price of a model in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RateCard {
    /// Rates below every tier.
    #[serde(flatten)]
    pub base: Rates,
    /// Charged once per attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_fee: Option<Fee>,
    /// Charged per counted unit, by its name; a used unit without a fee is `price_unknown`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unit_fees: BTreeMap<String, Fee>,
    /// In any order; the highest exceeded threshold wins (the later one of two equal thresholds).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

impl RateCard {
    /// A card that declares all tokens free. Counted units still need a fee.
    pub fn free() -> Self {
        let zero = Some(PerMillion::new(0));
        Self { base: Rates { input: zero, output: zero, ..Rates::default() }, ..Self::default() }
    }

    /// Whether nothing that this card has a price for costs anything. What it has no price for is no reason to
    /// call it free: that is an error when it is used.
    pub fn is_free(&self) -> bool {
        let zero = |rates: &Rates| rates.named().iter().all(|(_, price)| price.is_none_or(|p| p.get() == 0));
        let mut fees = self.request_fee.iter().chain(self.unit_fees.values());
        let stated = self.base.input.is_some() && self.base.output.is_some();
        stated
            && zero(&self.base)
            && self.tiers.iter().all(|tier| zero(&tier.price))
            && fees.all(|fee| fee.get() == 0)
    }

    /// The rates that apply to an attempt with this total input, fallbacks filled in. `None` is left only
    /// where neither the meter nor what it falls back to has a price.
    pub fn at(&self, total_input: u64) -> Rates {
        let tier = self
            .tiers
            .iter()
            .filter(|tier| total_input > tier.above_input_tokens)
            .max_by_key(|tier| tier.above_input_tokens);
        match tier {
            Some(tier) => tier.price.over(self.base).with_fallbacks(),
            None => self.base.with_fallbacks(),
        }
    }

    /// Every set of rates that an attempt of at most `input_tokens` may be charged at: a shorter input
    /// may miss a tier, so a bound reaches the base and each tier below it.
    pub(crate) fn reachable(&self, input_tokens: u64) -> impl Iterator<Item = Rates> {
        let just_above = |tier: &Tier| tier.above_input_tokens.saturating_add(1);
        let reached = move |&total: &u64| total <= input_tokens;
        std::iter::once(0)
            .chain(self.tiers.iter().map(just_above).filter(reached))
            .map(|total| self.at(total))
    }

    /// [`CostError::PriceOutOfRange`] for any price over [`MAX_PRICE`] or fee over [`MAX_FEE`], used or
    /// not: a card that is wrong anywhere is not charged with.
    pub fn check_bounds(&self) -> Result<(), CostError> {
        check_rates("", &self.base)?;
        for tier in &self.tiers {
            check_rates(&format!("tier above {}: ", tier.above_input_tokens), &tier.price)?;
        }
        if let Some(fee) = self.request_fee {
            check_fee("request_fee", fee)?;
        }
        self.unit_fees.iter().try_for_each(|(name, &fee)| check_fee(&format!("unit fee `{name}`"), fee))
    }
}

fn check_rates(place: &str, rates: &Rates) -> Result<(), CostError> {
    for (meter, price) in rates.named() {
        if let Some(PerMillion(price)) = price
            && price > MAX_PRICE
        {
            return Err(CostError::PriceOutOfRange {
                what: format!("{place}{meter}: {price} > {MAX_PRICE}"),
            });
        }
    }
    Ok(())
}

fn check_fee(name: &str, Fee(fee): Fee) -> Result<(), CostError> {
    if fee > MAX_FEE {
        return Err(CostError::PriceOutOfRange { what: format!("{name}: {fee} > {MAX_FEE}") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "shaped like the fields that it fills")]
    fn per(micro: u64) -> Option<PerMillion> {
        Some(PerMillion::new(micro))
    }

    fn tier(above_input_tokens: u64, price: Rates) -> Tier {
        Tier { above_input_tokens, price }
    }

    #[test]
    fn a_card_is_free_only_where_nothing_on_it_costs_anything() {
        let free = RateCard::free();
        assert!(free.is_free());
        let rates = |change: fn(&mut Rates)| {
            let mut card = RateCard::free();
            change(&mut card.base);
            card
        };
        let fee = |micro| Some(Fee::new(micro));
        let costly = Rates { reasoning: per(1), ..Rates::default() };
        for card in [
            RateCard::default(),
            rates(|base| base.input = None),
            rates(|base| base.output = per(1)),
            rates(|base| base.cache_read = per(1)),
            RateCard { request_fee: fee(1), ..RateCard::free() },
            RateCard { unit_fees: BTreeMap::from([("search".to_owned(), Fee::new(1))]), ..RateCard::free() },
            RateCard { tiers: vec![tier(5, costly)], ..RateCard::free() },
        ] {
            assert!(!card.is_free(), "{card:?}");
        }
        assert!(RateCard { request_fee: fee(0), tiers: vec![tier(5, Rates::default())], ..free }.is_free());
    }

    #[test]
    fn absent_rates_fall_back_and_never_to_zero() {
        let card = RateCard {
            base: Rates { input: per(1), output: per(2), cache_write_5m: per(3), ..Rates::default() },
            ..RateCard::default()
        };
        let rates = card.at(0);
        assert_eq!((rates.cache_read, rates.cache_write_1h, rates.reasoning), (per(1), per(3), per(2)));
        assert_eq!(RateCard::default().at(0), Rates::default());
    }

    #[test]
    fn a_tier_starts_above_its_threshold_and_the_highest_wins_in_any_order() {
        let card = RateCard {
            base: Rates { input: per(1), ..Rates::default() },
            tiers: vec![
                tier(200, Rates { input: per(3), ..Rates::default() }),
                tier(100, Rates { input: per(2), ..Rates::default() }),
            ],
            ..RateCard::default()
        };
        let input_at = |total| card.at(total).input;
        assert_eq!(
            (input_at(100), input_at(101), input_at(200), input_at(201)),
            (per(1), per(2), per(2), per(3))
        );
        assert_eq!(card.reachable(100).count(), 1);
        assert_eq!(card.reachable(101).count(), 2);
        assert_eq!(card.reachable(u64::MAX).count(), 3);
    }

    #[test]
    fn a_tier_keeps_the_base_rate_of_a_meter_that_it_does_not_name() {
        let card = RateCard {
            base: Rates { input: per(5), output: per(6), cache_read: per(1), ..Rates::default() },
            tiers: vec![tier(10, Rates { input: per(9), ..Rates::default() })],
            ..RateCard::default()
        };
        let rates = card.at(11);
        assert_eq!((rates.cache_read, rates.output), (per(1), per(6)), "named by the base");
        assert_eq!(rates.cache_write_5m, per(9), "named by neither: the tier's own input price");
    }

    #[test]
    fn json_is_flat_and_round_trips() {
        let text = r#"{"input":3,"output":5,"request_fee":7,"unit_fees":{"images":9},"tiers":[{"above_input_tokens":1,"price":{"input":4}}]}"#;
        let card: RateCard = serde_json::from_str(text).unwrap();
        assert_eq!(card.base.input, per(3));
        assert_eq!(serde_json::to_string(&card).unwrap(), text);
        let free = serde_json::to_string(&RateCard::free()).unwrap();
        assert_eq!(free, r#"{"input":0,"output":0}"#);
        assert_eq!(serde_json::from_str::<RateCard>(&free).unwrap(), RateCard::free());
    }

    #[test]
    fn prices_and_fees_are_shown_as_they_are_written() {
        for text in ["3.00", "0.005", "0.00", "10000000.00"] {
            assert_eq!(PerMillion::parse(text).unwrap().to_string(), text);
            assert_eq!(Fee::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn bounds_hold_up_to_the_corner_and_not_one_further() {
        let price = |micro| RateCard {
            base: Rates { reasoning: per(micro), ..Rates::default() },
            ..RateCard::default()
        };
        let in_tier = |micro| RateCard {
            tiers: vec![tier(0, Rates { cache_read: per(micro), ..Rates::default() })],
            ..RateCard::default()
        };
        let request = |micro| RateCard { request_fee: Some(Fee::new(micro)), ..RateCard::default() };
        let unit = |micro| RateCard {
            unit_fees: BTreeMap::from([("images".to_owned(), Fee::new(micro))]),
            ..RateCard::default()
        };
        for card in [price(MAX_PRICE), in_tier(MAX_PRICE), request(MAX_FEE), unit(MAX_FEE)] {
            assert_eq!(card.check_bounds(), Ok(()));
        }
        for card in [price(MAX_PRICE + 1), in_tier(MAX_PRICE + 1), request(MAX_FEE + 1), unit(MAX_FEE + 1)] {
            assert_eq!(card.check_bounds().unwrap_err().code(), "price_out_of_range");
        }
    }
}
