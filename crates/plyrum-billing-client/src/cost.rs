//! The one formula.
//!
//! ```text
//! S    = Σ meter_tokens × meter_price                        micro-currency × 1e-6
//! S   += 1_000_000 × (request_fee + Σ units_k × unit_fee_k)
//! cost = ceil(S × fx.num / (1_000_000 × fx.den))             micro-RUB, checked i64
//! ```
//!
//! One rounding, upward, once per attempt; nothing is rounded anywhere else, so totals are plain sums.
//! Upward, because non-zero use at a non-zero price is then never free and splitting a call (on an
//! untiered card) never pays.

use crate::card::{PerMillion, RateCard, Rates};
use crate::fx::Fx;
use crate::money::MicroRub;
use crate::usage::Usage;

/// Tokens per price, and micro-units per unit: both a million.
pub(crate) const PER_MILLION: i128 = 1_000_000;

/// Why an amount cannot be stated. None of these is ever shown or charged as 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Something was, or may be, used that has no price.
    #[error("price_unknown: {what}")]
    PriceUnknown {
        /// What has no price (a meter, a unit, a model), and where to state one.
        what: String,
    },
    /// More tokens or units than an attempt can plausibly use.
    #[error("usage_out_of_range: {what}")]
    UsageOutOfRange {
        /// The meter and its value.
        what: String,
    },
    /// A price or fee of the card, used or not, is over its bound.
    #[error("price_out_of_range: {what} micro-units")]
    PriceOutOfRange {
        /// The rate and its value.
        what: String,
    },
    /// The exchange rate is zero or has terms over their bound.
    #[error("fx_out_of_range: {what} is not a rate with terms in 1..=10^12")]
    FxOutOfRange {
        /// The rate.
        what: String,
    },
    /// The exact result does not fit: it is never saturated.
    #[error("cost_overflow: the amount does not fit 64 bits of micro-rubles")]
    CostOverflow,
}

impl CostError {
    /// The code for frames, rows and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PriceUnknown { .. } => "price_unknown",
            Self::UsageOutOfRange { .. } => "usage_out_of_range",
            Self::PriceOutOfRange { .. } => "price_out_of_range",
            Self::FxOutOfRange { .. } => "fx_out_of_range",
            Self::CostOverflow => "cost_overflow",
        }
    }
}

/// What `usage` costs on `card` at `fx`: pure, and the only place where tokens become money.
///
/// Checked in this order, so that everybody reports the same error for the same inputs:
/// `usage_out_of_range`, `price_out_of_range`, `fx_out_of_range`, `price_unknown`, `cost_overflow`.
pub fn cost(usage: &Usage, card: &RateCard, fx: &Fx) -> Result<MicroRub, CostError> {
    usage.check_bounds()?;
    card.check_bounds()?;
    fx.check_bounds()?;
    let sum = token_sum(usage, &card.at(usage.total_input()))? + fee_sum(usage, card)?;
    to_micro_rub(sum, *fx)
}

/// Σ `meter_tokens × meter_price` ≤ 6 × 1e12 × 1e13 = 6e25 within the bounds.
fn token_sum(usage: &Usage, rates: &Rates) -> Result<i128, CostError> {
    Ok(priced("input", usage.input, rates.input)?
        + priced("cache_read", usage.cache_read, rates.cache_read)?
        + priced("cache_write_5m", usage.cache_write_5m, rates.cache_write_5m)?
        + priced("cache_write_1h", usage.cache_write_1h, rates.cache_write_1h)?
        + priced("output", usage.output, rates.output)?
        + priced("reasoning", usage.reasoning, rates.reasoning)?)
}

/// `tokens × price`; an unknown price matters only where there is something to charge.
pub(crate) fn priced(meter: &str, tokens: u64, price: Option<PerMillion>) -> Result<i128, CostError> {
    match price {
        _ if tokens == 0 => Ok(0),
        Some(price) => Ok(i128::from(tokens) * i128::from(price.get())),
        None => Err(CostError::PriceUnknown {
            what: format!(
                "no price for {tokens} `{meter}` tokens: state one in the model's price (\"0\" declares it free)"
            ),
        }),
    }
}

/// `1e6 × (request_fee + Σ units × unit_fee)` ≤ 1e6 × (1e15 + 1e5 × 1e15) = 1e26 + 1e21 within the bounds.
fn fee_sum(usage: &Usage, card: &RateCard) -> Result<i128, CostError> {
    let mut fees = request_fee(card);
    for (name, &count) in usage.units.iter().filter(|&(_, &count)| count > 0) {
        let fee = card.unit_fees.get(name).ok_or_else(|| CostError::PriceUnknown {
            what: format!("no fee for {count} `{name}` units: add one to the price's unit_fees"),
        })?;
        fees += i128::from(count) * i128::from(fee.get());
    }
    Ok(PER_MILLION * fees)
}

pub(crate) fn request_fee(card: &RateCard) -> i128 {
    card.request_fee.map_or(0, |fee| i128::from(fee.get()))
}

/// `ceil(sum × num / (1e6 × den))`.
///
/// The numerator fits: `sum` ≤ 6e25 + 1e26 + 1e21 = 1.60001e26 and `num` ≤ 1e12, so the product is at most
/// 1.60001e38; adding the rounding term (< 1e6 × 1e12 = 1e18) leaves it below `i128::MAX` ≈ 1.70141e38.
/// `the_corner_of_all_bounds_fits_the_numerator` computes it. (A hold's `sum` is smaller still: two
/// bounded token counts instead of six, and no units.)
pub(crate) fn to_micro_rub(sum: i128, fx: Fx) -> Result<MicroRub, CostError> {
    let (num, den) = signed_terms(fx);
    let divisor = PER_MILLION * den;
    let micro_rub = (sum * num + (divisor - 1)) / divisor;
    i64::try_from(micro_rub).map(MicroRub::new).map_err(|_| CostError::CostOverflow)
}

/// The terms of a rate whose bounds were checked: at most 1e12, so the sign bit is free.
pub(crate) fn signed_terms(fx: Fx) -> (i128, i128) {
    (fx.num().cast_signed(), fx.den().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Fee, MAX_FEE, MAX_PRICE};
    use crate::fx::MAX_FX_TERM;
    use crate::usage::{MAX_TOKENS, MAX_UNITS};
    use std::collections::BTreeMap;

    fn corner_usage() -> Usage {
        Usage {
            input: MAX_TOKENS,
            cache_read: MAX_TOKENS,
            cache_write_5m: MAX_TOKENS,
            cache_write_1h: MAX_TOKENS,
            output: MAX_TOKENS,
            reasoning: MAX_TOKENS,
            units: BTreeMap::from([("web_search".to_owned(), MAX_UNITS)]),
        }
    }

    fn corner_card() -> RateCard {
        let price = Some(PerMillion::new(MAX_PRICE));
        let fee = Fee::new(MAX_FEE);
        RateCard {
            base: Rates { input: price, output: price, ..Rates::default() },
            request_fee: Some(fee),
            unit_fees: BTreeMap::from([("web_search".to_owned(), fee)]),
            tiers: Vec::new(),
        }
    }

    #[test]
    fn the_corner_of_all_bounds_fits_the_numerator() {
        let (usage, card) = (corner_usage(), corner_card());
        let sum = token_sum(&usage, &card.at(0)).unwrap() + fee_sum(&usage, &card).unwrap();
        assert_eq!(sum, 160_001 * 10_i128.pow(21));
        let num = i128::try_from(MAX_FX_TERM).unwrap();
        let rounding = PER_MILLION * num - 1;
        assert!(sum.checked_mul(num).and_then(|product| product.checked_add(rounding)).is_some());
        let fx = Fx::new(MAX_FX_TERM, 1).unwrap();
        assert_eq!(cost(&usage, &card, &fx), Err(CostError::CostOverflow));
        let smallest = Fx::new(1, MAX_FX_TERM).unwrap();
        assert_eq!(cost(&usage, &card, &smallest), Ok(MicroRub::new(160_001_000)));
    }

    #[test]
    fn the_largest_amount_fits_and_one_more_overflows() {
        let card = RateCard {
            base: Rates {
                input: Some(PerMillion::new(1)),
                output: Some(PerMillion::new(1)),
                ..Rates::default()
            },
            request_fee: None,
            ..RateCard::default()
        };
        let fx = Fx::new(1, 1).unwrap();
        assert_eq!(to_micro_rub(i128::from(i64::MAX) * PER_MILLION, fx), Ok(MicroRub::new(i64::MAX)));
        assert_eq!(to_micro_rub(i128::from(i64::MAX) * PER_MILLION + 1, fx), Err(CostError::CostOverflow));
        assert_eq!(cost(&Usage { input: 1, ..Usage::default() }, &card, &fx), Ok(MicroRub::new(1)));
    }

    #[test]
    fn a_meter_holds_up_to_the_corner_and_not_one_further() {
        let set: [fn(&mut Usage) -> &mut u64; 6] = [
            |usage| &mut usage.input,
            |usage| &mut usage.cache_read,
            |usage| &mut usage.cache_write_5m,
            |usage| &mut usage.cache_write_1h,
            |usage| &mut usage.output,
            |usage| &mut usage.reasoning,
        ];
        for meter in set {
            let mut usage = Usage::default();
            *meter(&mut usage) = MAX_TOKENS;
            assert!(cost(&usage, &RateCard::free(), &Fx::RUB).is_ok());
            *meter(&mut usage) += 1;
            assert_eq!(cost(&usage, &RateCard::free(), &Fx::RUB).unwrap_err().code(), "usage_out_of_range");
        }
    }

    #[test]
    fn units_are_bounded_together_and_their_sum_cannot_wrap() {
        let units = |a, b| Usage {
            units: BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]),
            ..Usage::default()
        };
        let card = RateCard {
            unit_fees: BTreeMap::from([("a".to_owned(), Fee::new(1)), ("b".to_owned(), Fee::new(0))]),
            ..RateCard::free()
        };
        let fits = cost(&units(MAX_UNITS - 1, 1), &card, &Fx::RUB);
        assert_eq!(fits, Ok(MicroRub::new(99_999)));
        for over in [units(MAX_UNITS, 1), units(u64::MAX, u64::MAX)] {
            assert_eq!(cost(&over, &card, &Fx::RUB).unwrap_err().code(), "usage_out_of_range");
        }
    }

    #[test]
    fn errors_come_in_the_documented_order() {
        let mut usage = Usage { input: MAX_TOKENS + 1, output: MAX_TOKENS, ..Usage::default() };
        let mut card = RateCard { request_fee: Some(Fee::new(MAX_FEE + 1)), ..RateCard::default() };
        let mut fx: Fx = serde_json::from_str(r#"{"num":"0","den":"1"}"#).unwrap();
        let code = |usage: &Usage, card: &RateCard, fx: &Fx| cost(usage, card, fx).unwrap_err().code();
        assert_eq!(code(&usage, &card, &fx), "usage_out_of_range");
        usage.input = MAX_TOKENS;
        assert_eq!(code(&usage, &card, &fx), "price_out_of_range");
        card.request_fee = None;
        assert_eq!(code(&usage, &card, &fx), "fx_out_of_range");
        fx = Fx::new(MAX_FX_TERM, 1).unwrap();
        assert_eq!(code(&usage, &card, &fx), "price_unknown");
        card.base = corner_card().base;
        assert_eq!(code(&usage, &card, &fx), "cost_overflow");
    }

    #[test]
    fn what_was_not_used_needs_no_price_and_what_was_used_does() {
        let only_input = RateCard {
            base: Rates { input: Some(PerMillion::new(1_000_000)), ..Rates::default() },
            ..RateCard::default()
        };
        let usage = Usage { input: 5, units: BTreeMap::from([("images".to_owned(), 0)]), ..Usage::default() };
        assert_eq!(cost(&usage, &only_input, &Fx::RUB), Ok(MicroRub::new(5)));
        let thinking = Usage { reasoning: 1, ..Usage::default() };
        let error = cost(&thinking, &only_input, &Fx::RUB).unwrap_err();
        assert_eq!(error.code(), "price_unknown");
        assert!(error.to_string().contains("`reasoning`"), "{error}");
        let image = Usage { units: BTreeMap::from([("images".to_owned(), 1)]), ..Usage::default() };
        assert_eq!(cost(&image, &RateCard::free(), &Fx::RUB).unwrap_err().code(), "price_unknown");
    }
}
