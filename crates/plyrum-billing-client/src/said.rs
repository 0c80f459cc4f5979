//! What a provider itself says that an attempt cost, beside what we charge.
//!
//! Some providers send a price with the usage, as a JSON float (`OpenRouter`: `"cost": 0.00014000000000000001`, in
//! dollars). It is never what is charged: it is recorded, and compared, so that a wrong price row or a
//! miscounted meter shows on the first request and not on the invoice. Digits are read from the text, so a
//! float's noise stays what it is.

use crate::fx::Fx;
use crate::money::MicroRub;

/// Significant digits of such a figure; a float has 17.
const MAX_DIGITS: usize = 24;
/// Exponents beyond this are no price.
const MAX_EXPONENT: i64 = 30;
/// Figures are compared in 1e-18 of the currency's unit.
const SCALE: i64 = 18;
/// A difference is told where it is over a twentieth …
const TOLERANCE_PERCENT: i128 = 5;
/// … and over a kopeck.
const TOLERANCE_MICRO_RUB: i128 = 10_000;

/// A figure as its provider wrote it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SaidCost {
    /// Decimal text, perhaps with an exponent.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

impl SaidCost {
    /// A figure, if it is one: not negative, no longer than a float is.
    pub fn new(amount: &str, currency: &str) -> Option<Self> {
        attos(amount)?;
        Some(Self { amount: amount.to_owned(), currency: currency.to_owned() })
    }

    /// In micro-rubles at this rate, rounded up; `None` over 64 bits.
    pub fn in_rubles(&self, fx: &Fx) -> Option<MicroRub> {
        let product = attos(&self.amount)?.checked_mul(fx.num())?;
        let unit = 10_u128.pow(12).checked_mul(fx.den())?; // 1e-18 of a unit to 1e-6
        i64::try_from(product.div_ceil(unit)).ok().map(MicroRub::new)
    }
}

/// Whether the provider's figure is so far from ours that a person should look.
pub fn is_far_off(ours: MicroRub, theirs: MicroRub) -> bool {
    let (ours, theirs) = (i128::from(ours.get()), i128::from(theirs.get()));
    let difference = (ours - theirs).abs();
    difference > TOLERANCE_MICRO_RUB && difference * 100 > ours.max(theirs) * TOLERANCE_PERCENT
}

/// A JSON number in 1e-18, rounded up.
fn attos(text: &str) -> Option<u128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    let is_number =
        !whole.is_empty() && digits.len() <= MAX_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number || exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let value: u128 = digits.parse().ok()?;
    let shift = exponent + SCALE - i64::try_from(fraction.len()).ok()?;
    let power = 10_u128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
    if shift < 0 { Some(value.div_ceil(power)) } else { value.checked_mul(power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rubles(amount: &str, rate: &str) -> Option<i64> {
        let said = SaidCost::new(amount, "USD")?;
        said.in_rubles(&Fx::parse(rate).unwrap()).map(MicroRub::get)
    }

    #[test]
    fn figures_are_read_from_their_digits_and_rounded_up_once() {
        assert_eq!(rubles("0.00014", "80"), Some(11_200));
        assert_eq!(rubles("1.4e-04", "80"), Some(11_200));
        assert_eq!(rubles("0.00014000000000000001", "80"), Some(11_201), "a float's noise is noise upward");
        assert_eq!(rubles("0", "80"), Some(0));
        assert_eq!(rubles("1E+2", "1"), Some(100_000_000));
        assert_eq!(rubles("1e-29", "1"), Some(1), "not nothing");
    }

    #[test]
    fn what_is_no_price_is_none() {
        for text in
            ["", "-1", "1e", "1e99", ".5", "NaN", "1_0", "1.2.3", "1234567890123456789012345", "0x1", "1e3e3"]
        {
            assert_eq!(SaidCost::new(text, "USD"), None, "{text}");
        }
        assert_eq!(rubles("999999999999e12", "100"), None, "over 64 bits");
    }

    #[test]
    fn only_a_difference_that_is_large_both_ways_is_told() {
        let far = |ours, theirs| is_far_off(MicroRub::new(ours), MicroRub::new(theirs));
        assert!(!far(1_000_000, 1_050_000) && !far(1_050_000, 1_000_000), "within a twentieth");
        assert!(far(1_000_000, 1_100_000) && far(1_100_000, 1_000_000));
        assert!(!far(10, 10_010), "within a kopeck");
        assert!(far(0, 10_001) && far(10_001, 0));
        assert!(far(i64::MAX, i64::MIN + 1));
    }
}
