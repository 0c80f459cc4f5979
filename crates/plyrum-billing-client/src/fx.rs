//! Exchange rates as exact rationals.
//!
//! A rate is written as decimal text and kept as `num/den` rubles per one unit of currency, reduced, so
//! that equal rates are equal values and a markup multiplies in without rounding.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cost::CostError;
use crate::decimal::{self, DecimalError, Excerpt};

/// The highest numerator and denominator that a rate may have after markup and reduction.
pub const MAX_FX_TERM: u128 = 1_000_000_000_000;

/// Decimals of a rate: more could not pass [`MAX_FX_TERM`] unless they were zeros.
const RATE_DECIMALS: usize = 12;
const BASIS_POINTS: u128 = 10_000;
/// Decimals that a configured rate can have: its own, and four of a markup in basis points.
const SHOWN_DECIMALS: usize = RATE_DECIMALS + 4;

/// Rubles per one unit of a currency, as a reduced fraction. A value read from JSON may be out of range
/// (even `0/0`): [`crate::cost`] refuses to charge with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fx {
    num: u128,
    den: u128,
}

impl Fx {
    /// The ruble itself: 1/1.
    pub const RUB: Self = Self { num: 1, den: 1 };

    /// The rate `num/den`, reduced; [`CostError::FxOutOfRange`] unless both terms are in
    /// 1..=[`MAX_FX_TERM`] then.
    pub fn new(num: u128, den: u128) -> Result<Self, CostError> {
        let fx = Self::reduced(num, den);
        fx.check_bounds().map(|()| fx)
    }

    /// Reads rubles per unit as decimal text: `"80.1234"`. At most twelve decimals; zero and rates out of
    /// range are errors.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let rate = decimal::parse(text, RATE_DECIMALS)?;
        if rate.digits == 0 {
            return Err(DecimalError::Zero(Excerpt::of(text)));
        }
        let den = 10_u128.pow(u32::try_from(rate.decimals).unwrap_or(0));
        Self::new(rate.digits, den).map_err(|_| DecimalError::TooManyDigits(Excerpt::of(text)))
    }

    /// This rate times `1 + basis_points / 10 000`, exactly; [`CostError::FxOutOfRange`] where the product
    /// has terms out of range.
    pub fn with_markup_bps(self, basis_points: u32) -> Result<Self, CostError> {
        self.check_bounds()?;
        Self::new(self.num * (BASIS_POINTS + u128::from(basis_points)), self.den * BASIS_POINTS)
    }

    /// The numerator, reduced.
    pub const fn num(self) -> u128 {
        self.num
    }

    /// The denominator, reduced.
    pub const fn den(self) -> u128 {
        self.den
    }

    /// [`CostError::FxOutOfRange`] unless both terms are in 1..=[`MAX_FX_TERM`].
    pub fn check_bounds(self) -> Result<(), CostError> {
        let allowed = 1..=MAX_FX_TERM;
        if allowed.contains(&self.num) && allowed.contains(&self.den) {
            return Ok(());
        }
        Err(CostError::FxOutOfRange { what: format!("{}/{}", self.num, self.den) })
    }

    fn reduced(num: u128, den: u128) -> Self {
        match decimal::gcd(num, den) {
            0 => Self { num, den },
            divisor => Self { num: num / divisor, den: den / divisor },
        }
    }
}

/// The exact decimal, as a rate is written (`80.1234`, any markup multiplied in). A rate that has none of the
/// length that a configured one can have is shown as the fraction that it is.
impl fmt::Display for Fx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { num, den } = *self;
        let digits = self.check_bounds().ok().and_then(|()| decimals(num % den, den));
        match digits.as_deref() {
            None => write!(f, "{num}/{den}"),
            Some("") => write!(f, "{}", num / den),
            Some(digits) => write!(f, "{}.{digits}", num / den),
        }
    }
}

/// The digits of `rest/den` behind the point, by long division; `None` where more than [`SHOWN_DECIMALS`] would
/// be needed. `rest` is less than `den`, which is in bounds.
fn decimals(mut rest: u128, den: u128) -> Option<String> {
    let mut digits = String::new();
    while rest != 0 {
        if digits.len() == SHOWN_DECIMALS {
            return None;
        }
        rest *= 10;
        digits += &(rest / den).to_string();
        rest %= den;
    }
    Some(digits)
}

/// JSON: both terms as strings, because they may pass what JavaScript reads exactly.
#[derive(Serialize, Deserialize)]
struct FxText {
    num: String,
    den: String,
}

impl Serialize for Fx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FxText { num: self.num.to_string(), den: self.den.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fx {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = FxText::deserialize(deserializer)?;
        let term =
            |text: &str| decimal::parse(text, 0).map(|term| term.digits).map_err(serde::de::Error::custom);
        Ok(Self::reduced(term(&text.num)?, term(&text.den)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_text_becomes_a_reduced_fraction() {
        for (text, num, den) in [
            ("80.1234", 400_617, 5_000),
            ("1", 1, 1),
            ("0.5", 1, 2),
            ("100.00", 100, 1),
            ("0.000000000001", 1, 1_000_000_000_000),
        ] {
            let fx = Fx::parse(text).unwrap();
            assert_eq!((fx.num(), fx.den()), (num, den), "{text}");
        }
    }

    #[test]
    fn markup_multiplies_in_exactly() {
        let fx = Fx::parse("80.1234").unwrap().with_markup_bps(1250).unwrap();
        assert_eq!(fx, Fx::new(9_013_882_500, 100_000_000).unwrap());
        assert_eq!(Fx::RUB.with_markup_bps(0), Ok(Fx::RUB));
        let long = Fx::parse("0.999999999999").unwrap();
        assert_eq!(long.with_markup_bps(1).unwrap_err().code(), "fx_out_of_range");
    }

    #[test]
    fn a_rate_is_shown_as_the_exact_decimal_or_as_the_fraction() {
        for text in ["80.1234", "1", "100", "0.5", "0.000000000001", "1000000000000", "7.05"] {
            assert_eq!(Fx::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Fx::parse("100.00").unwrap().to_string(), "100");
        let with_markup = Fx::parse("80.1234").unwrap().with_markup_bps(250).unwrap();
        assert_eq!(with_markup.to_string(), "82.126485");
        assert_eq!(Fx::new(1, 3).unwrap().to_string(), "1/3");
        assert_eq!(Fx::new(22, 35).unwrap().to_string(), "22/35");
        let stored: Fx = serde_json::from_str(r#"{"num":"0","den":"0"}"#).unwrap();
        assert_eq!(stored.to_string(), "0/0");
    }

    #[test]
    fn sixteen_decimals_are_shown_and_seventeen_are_a_fraction() {
        // 1/2^n has n decimals.
        assert_eq!(Fx::new(1, 1 << 16).unwrap().to_string(), "0.0000152587890625");
        assert_eq!(Fx::new(1, 1 << 17).unwrap().to_string(), "1/131072");
    }

    #[test]
    fn terms_hold_up_to_the_corner_and_not_one_further() {
        let corner = MAX_FX_TERM;
        assert!(Fx::new(corner, 1).is_ok());
        assert!(Fx::new(1, corner).is_ok());
        assert!(Fx::new(corner * 7, 7).is_ok(), "checked after reduction");
        for (num, den) in [(corner + 1, 1), (1, corner + 1), (0, 1), (1, 0), (0, 0)] {
            assert_eq!(Fx::new(num, den).unwrap_err().code(), "fx_out_of_range", "{num}/{den}");
        }
        assert!(Fx::parse("1000000000000").is_ok());
        assert!(matches!(Fx::parse("1000000000001"), Err(DecimalError::TooManyDigits(_))));
        assert!(matches!(Fx::parse("0.00"), Err(DecimalError::Zero(_))));
        assert!(matches!(Fx::parse("1.0000000000001"), Err(DecimalError::TooManyDecimals { .. })));
    }

    #[test]
    fn json_is_two_strings_and_is_reduced_when_read() {
        let fx: Fx = serde_json::from_str(r#"{"num":"801234","den":"10000"}"#).unwrap();
        assert_eq!(fx, Fx::parse("80.1234").unwrap());
        assert_eq!(serde_json::to_string(&fx).unwrap(), r#"{"num":"400617","den":"5000"}"#);
        assert!(serde_json::from_str::<Fx>(r#"{"num":"-1","den":"1"}"#).is_err());
        assert!(serde_json::from_str::<Fx>(r#"{"num":"1.5","den":"1"}"#).is_err());
    }

    #[test]
    fn a_stored_rate_out_of_range_is_read_but_not_charged_with() {
        let fx: Fx = serde_json::from_str(r#"{"num":"0","den":"0"}"#).unwrap();
        assert_eq!(fx.check_bounds().unwrap_err().code(), "fx_out_of_range");
        assert!(fx.with_markup_bps(5).is_err());
    }

    proptest! {
        #[test]
        fn a_shown_decimal_is_the_rate(digits in 1..=MAX_FX_TERM, decimals in 0..=12_u32, markup in 0..100_000_u32) {
            let parsed = Fx::new(digits, 10_u128.pow(decimals)).unwrap();
            prop_assert_eq!(Fx::parse(&parsed.to_string()), Ok(parsed));
            if let Ok(fx) = parsed.with_markup_bps(markup) {
                let shown = fx.to_string();
                let read = decimal::parse(&shown, SHOWN_DECIMALS).unwrap();
                let scale = 10_u128.pow(u32::try_from(read.decimals).unwrap());
                prop_assert_eq!(Fx::new(read.digits, scale), Ok(fx), "{}", shown);
            }
        }

        #[test]
        fn every_rate_is_shown_without_a_panic(num: u64, den: u64) {
            let shown = Fx { num: num.into(), den: den.into() }.to_string();
            prop_assert!(!shown.is_empty());
        }

        #[test]
        fn every_rate_survives_json(num in 1..=MAX_FX_TERM, den in 1..=MAX_FX_TERM) {
            let fx = Fx::new(num, den).unwrap();
            let text = serde_json::to_string(&fx).unwrap();
            prop_assert_eq!(serde_json::from_str::<Fx>(&text).unwrap(), fx);
            prop_assert_eq!(fx.num() * den, fx.den() * num, "reduction keeps the value");
        }
    }
}
