//! Money as an exact integer.
//!
//! One currency, one unit: a micro-ruble. Amounts add up exactly, so every total that a user sees is a
//! plain sum, and a sum that does not fit is an error rather than a wrapped or saturated figure.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::CostError;
use crate::decimal::{self, DecimalError, Excerpt, micro_text};

/// An amount in micro-rubles: 1 RUB = 1 000 000. May be negative (a correction, an overdrawn balance).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct MicroRub(i64);

impl MicroRub {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `micro_rub` micro-rubles.
    pub const fn new(micro_rub: i64) -> Self {
        Self(micro_rub)
    }

    /// The amount in micro-rubles.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` where it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, or `None` where it does not fit.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The exact sum of all amounts; [`CostError::CostOverflow`] where the total does not fit. The order
    /// of the amounts does not matter.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, CostError> {
        // 2^64 terms of 64 bits fit in 128: the sum itself cannot overflow.
        let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.0)).sum();
        i64::try_from(total).map(Self).map_err(|_| CostError::CostOverflow)
    }

    /// Reads rubles as decimal text, `"50.25"` or `"-0.01"`, with at most six decimals.
    pub fn parse_rub(text: &str) -> Result<Self, DecimalError> {
        let too_large = || DecimalError::TooLarge(Excerpt::of(text));
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let micro = i128::from(decimal::parse_micro(digits)?);
        i64::try_from(if negative { -micro } else { micro }).map(Self).map_err(|_| too_large())
    }
}

/// Exact rubles: at least two decimals, further ones only as far as they say something (`12.30`,
/// `12.345678`). No currency sign and no grouping: those belong to the screen's language.
impl fmt::Display for MicroRub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", micro_text(self.0.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rubles_show_at_least_two_decimals_and_no_idle_zeros() {
        for (micro_rub, shown) in [
            (0, "0.00"),
            (1, "0.000001"),
            (12_300_000, "12.30"),
            (12_345_678, "12.345678"),
            (12_345_000, "12.345"),
            (-500_000, "-0.50"),
            (i64::MIN, "-9223372036854.775808"),
            (i64::MAX, "9223372036854.775807"),
        ] {
            assert_eq!(MicroRub::new(micro_rub).to_string(), shown);
        }
    }

    #[test]
    fn rubles_are_read_exactly() {
        assert_eq!(MicroRub::parse_rub("50.25"), Ok(MicroRub::new(50_250_000)));
        assert_eq!(MicroRub::parse_rub("-0.01"), Ok(MicroRub::new(-10_000)));
        assert!(matches!(MicroRub::parse_rub("9223372036854.775808"), Err(DecimalError::TooLarge(_))));
        assert!(MicroRub::parse_rub("--1").is_err());
        assert!(MicroRub::parse_rub("1.0000001").is_err());
    }

    #[test]
    fn sums_are_exact_or_an_error_and_never_depend_on_order() {
        let max = MicroRub::new(i64::MAX);
        let one = MicroRub::new(1);
        assert_eq!(MicroRub::sum([]), Ok(MicroRub::ZERO));
        assert_eq!(MicroRub::sum([max, one]), Err(CostError::CostOverflow));
        assert_eq!(MicroRub::sum([max, one, MicroRub::new(-1)]), Ok(max));
        assert_eq!(max.checked_add(one), None);
        assert_eq!(one.checked_add(one), Some(MicroRub::new(2)));
        assert_eq!(MicroRub::new(i64::MIN).checked_sub(one), None);
        assert_eq!(one.checked_sub(MicroRub::new(3)), Some(MicroRub::new(-2)));
    }

    #[test]
    fn json_is_a_bare_integer() {
        assert_eq!(serde_json::to_string(&MicroRub::new(-7)).unwrap(), "-7");
        assert!(serde_json::from_str::<MicroRub>("1.5").is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(micro_rub: i64) {
            let amount = MicroRub::new(micro_rub);
            prop_assert_eq!(MicroRub::parse_rub(&amount.to_string()), Ok(amount));
        }
    }
}
