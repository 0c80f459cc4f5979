//! Exact decimal text to integers.
//!
//! Prices, budgets and rates are written by people as `"3.00"`. A float on the way would make the figure
//! depend on who parsed it, so the digits themselves are read. One grammar everywhere: `digits` or
//! `digits.digits`, nothing else; no sign, exponent, grouping or blank.

use std::fmt;

/// Micro-units in one unit, and the number of decimals that they can hold.
pub(crate) const MICRO: u64 = 1_000_000;
pub(crate) const MICRO_DECIMALS: usize = 6;

/// Why a piece of text is not an exact decimal that we can hold. Carries the text, so that the message
/// can be shown beside the setting that it came from; never parse a secret with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// There is no text at all.
    #[error("is empty: write a decimal number such as \"3.00\"")]
    Empty,
    /// A leading minus where an amount cannot be negative.
    #[error("`{0}` is negative: write zero or more")]
    Negative(Excerpt),
    /// Anything but `digits` or `digits.digits`.
    #[error("`{0}` is not a decimal number: write digits with at most one point, such as \"3.00\"")]
    Malformed(Excerpt),
    /// More decimals than the unit can hold exactly; rounding it would be a silent change of price.
    #[error("`{text}` has more than {most} decimals: it cannot be held exactly")]
    TooManyDecimals {
        /// What was written.
        text: Excerpt,
        /// How many decimals fit.
        most: usize,
    },
    /// The number does not fit the integer that would hold it.
    #[error("`{0}` is too large")]
    TooLarge(Excerpt),
    /// An exchange rate whose exact fraction has terms over their bound.
    #[error("`{0}` has too many digits: a rate can have about twelve")]
    TooManyDigits(Excerpt),
    /// Zero where only a positive number makes sense (an exchange rate, bytes per token).
    #[error("`{0}` must be greater than zero")]
    Zero(Excerpt),
}

/// The offending text, at most 40 characters of it, with control characters made visible.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    const CHARS: usize = 40;

    pub(crate) fn of(text: &str) -> Self {
        let mut excerpt: String = text.chars().take(Self::CHARS).flat_map(char::escape_debug).collect();
        if text.chars().nth(Self::CHARS).is_some() {
            excerpt.push('…');
        }
        Self(excerpt)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// A decimal as written: `digits / 10^decimals`, not reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) digits: u128,
    pub(crate) decimals: usize,
}

/// Reads `text` with at most `most` decimals.
pub(crate) fn parse(text: &str, most: usize) -> Result<Decimal, DecimalError> {
    let malformed = || DecimalError::Malformed(Excerpt::of(text));
    if text.is_empty() {
        return Err(DecimalError::Empty);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(malformed()),
        Some(parts) => parts,
        None => (text, ""),
    };
    if text.starts_with('-') {
        return Err(DecimalError::Negative(Excerpt::of(text)));
    }
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(malformed());
    }
    if fraction.len() > most {
        return Err(DecimalError::TooManyDecimals { text: Excerpt::of(text), most });
    }
    let digits = whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0_u128, |value, byte| value.checked_mul(10)?.checked_add(u128::from(byte - b'0')))
        .ok_or_else(|| DecimalError::TooLarge(Excerpt::of(text)))?;
    Ok(Decimal { digits, decimals: fraction.len() })
}

/// Reads `text` as micro-units: `"0.005"` → 5000.
pub(crate) fn parse_micro(text: &str) -> Result<u64, DecimalError> {
    let Decimal { digits, decimals } = parse(text, MICRO_DECIMALS)?;
    let missing = u32::try_from(MICRO_DECIMALS - decimals).unwrap_or(0);
    digits
        .checked_mul(10_u128.pow(missing))
        .and_then(|micro| u64::try_from(micro).ok())
        .ok_or_else(|| DecimalError::TooLarge(Excerpt::of(text)))
}

/// Micro-units as the exact decimal: at least two decimals, no idle zeros behind them.
pub(crate) fn micro_text(magnitude: u64) -> String {
    let mut fraction = format!("{:0width$}", magnitude % MICRO, width = MICRO_DECIMALS);
    while fraction.len() > 2 && fraction.ends_with('0') {
        fraction.pop();
    }
    format!("{}.{fraction}", magnitude / MICRO)
}

/// The greatest common divisor; 0 only for `gcd(0, 0)`.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_become_exact_micro_units() {
        for (text, micro) in [
            ("0", 0),
            ("3.00", 3_000_000),
            ("0.005", 5_000),
            ("0.000001", 1),
            ("00.1", 100_000),
            ("18446744073709.551615", u64::MAX),
        ] {
            assert_eq!(parse_micro(text), Ok(micro), "{text}");
        }
    }

    #[test]
    fn a_seventh_decimal_is_an_error_even_when_it_is_zero() {
        for text in ["0.0000001", "3.0000000"] {
            assert!(
                matches!(parse_micro(text), Err(DecimalError::TooManyDecimals { most: 6, .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_but_plain_digits_and_one_point_is_read() {
        for text in [
            "+1", "1e3", "1_000", " 1", "1 ", ".5", "5.", ".", "1.2.3", "0x10", "NaN", "inf", "1,5", "٣",
            "1.-2",
        ] {
            assert!(matches!(parse_micro(text), Err(DecimalError::Malformed(_))), "{text}");
        }
        assert_eq!(parse_micro(""), Err(DecimalError::Empty));
        assert!(matches!(parse_micro("-1"), Err(DecimalError::Negative(_))));
    }

    #[test]
    fn one_over_the_integer_is_too_large_and_so_is_a_very_long_number() {
        assert!(matches!(parse_micro("18446744073709.551616"), Err(DecimalError::TooLarge(_))));
        let long = "9".repeat(10_000);
        let error = parse_micro(&long).unwrap_err();
        assert!(matches!(error, DecimalError::TooLarge(_)));
        assert_eq!(error.to_string(), format!("`{}…` is too large", "9".repeat(40)), "only an excerpt");
    }

    #[test]
    fn an_error_shows_what_was_written_with_its_control_characters_visible() {
        assert_eq!(parse_micro("-1\u{1b}[2J").unwrap_err().to_string().matches('\u{1b}').count(), 0);
        let shown = Excerpt::of("1\n2").to_string();
        assert_eq!(shown, r"1\n2");
        let (fits, over) = ("1".repeat(40), "1".repeat(41));
        assert_eq!(
            (Excerpt::of(&fits).to_string(), Excerpt::of(&over).to_string()),
            (fits.clone(), fits + "…")
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_with_six_decimals_is_read_back(micro: u64) {
            let text = format!("{}.{:06}", micro / MICRO, micro % MICRO);
            prop_assert_eq!(parse_micro(&text), Ok(micro));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = parse_micro(&text);
        }
    }
}
