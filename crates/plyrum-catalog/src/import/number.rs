//! JSON numbers as exact integers of a smaller unit.
//!
//! `3e-06` dollars per token are 3 dollars per million: moving the point is exact, so it is done on the digits.
//! A number that is no whole count of the unit is refused; rounding would be a price that nobody stated.

/// Why a number is not such an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberError {
    /// Not the grammar of a JSON number.
    #[error("is not a number")]
    Malformed,
    /// Below zero.
    #[error("is negative")]
    Negative,
    /// Finer than the unit.
    #[error("needs more than six decimals, so it cannot be held exactly")]
    TooFine,
    /// Over 64 bits.
    #[error("is too large")]
    TooLarge,
}

/// Digits of mantissa or exponent that are looked at; more is not a price.
const MAX_DIGITS: usize = 64;

/// `text` × 10^`scale`.
pub(crate) fn scaled(text: &str, scale: i64) -> Result<u64, NumberError> {
    if text.len() > 2 * MAX_DIGITS {
        return Err(NumberError::Malformed);
    }
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(NumberError::Malformed),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(NumberError::Malformed);
    }
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let idle = digits.iter().rev().take_while(|&&digit| digit == 0).count();
    if idle == digits.len() {
        return Ok(0);
    }
    if negative {
        return Err(NumberError::Negative);
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let zeros = exponent + scale - count(fraction.len()) + count(idle);
    let zeros = u32::try_from(zeros)
        .map_err(|_| if zeros < 0 { NumberError::TooFine } else { NumberError::TooLarge })?;
    let mut significant = digits.iter().take(digits.len() - idle);
    significant
        .try_fold(0_u64, |value, &digit| value.checked_mul(10)?.checked_add(u64::from(digit)))
        .and_then(|value| value.checked_mul(10_u64.checked_pow(zeros)?))
        .ok_or(NumberError::TooLarge)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn power(text: &str) -> Result<i64, NumberError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || digits.len() > 9 || !is_digits(digits) {
        return Err(NumberError::Malformed);
    }
    let power: i64 = digits.parse().map_err(|_| NumberError::Malformed)?;
    Ok(if negative { -power } else { power })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Dollars per token as micro-dollars per million.
    const PER_MILLION: i64 = 12;

    #[test]
    fn prices_per_token_become_micro_units_per_million_exactly() {
        for (text, micro) in [
            ("3e-06", 3_000_000),
            ("0.000003", 3_000_000),
            ("1.5E-5", 15_000_000),
            ("7.5e-08", 75_000),
            ("1e-12", 1),
            ("0.0000000000010", 1),
            ("0", 0),
            ("-0.0", 0),
            ("0e999999999", 0),
            ("300e-08", 3_000_000),
            ("1e+1", 10_000_000_000_000),
            ("18446744.073709551615", u64::MAX),
        ] {
            assert_eq!(scaled(text, PER_MILLION), Ok(micro), "{text}");
        }
    }

    #[test]
    fn what_is_not_exact_or_not_a_number_is_refused() {
        for (text, why) in [
            ("1e-13", NumberError::TooFine),
            ("1.5000000000000002e-06", NumberError::TooFine),
            ("-1", NumberError::Negative),
            ("-3e-06", NumberError::Negative),
            ("18446744.073709551616", NumberError::TooLarge),
            ("1e999999999", NumberError::TooLarge),
            ("1e-999999999", NumberError::TooFine),
            ("1e9999999999", NumberError::Malformed),
            ("", NumberError::Malformed),
            ("-", NumberError::Malformed),
            ("+1", NumberError::Malformed),
            (".5", NumberError::Malformed),
            ("5.", NumberError::Malformed),
            ("1e", NumberError::Malformed),
            ("1e+-1", NumberError::Malformed),
            ("1.2.3", NumberError::Malformed),
            ("NaN", NumberError::Malformed),
            ("Infinity", NumberError::Malformed),
            ("0x10", NumberError::Malformed),
            ("1 ", NumberError::Malformed),
            ("٣", NumberError::Malformed),
        ] {
            assert_eq!(scaled(text, PER_MILLION), Err(why), "{text}");
        }
    }

    /// The oracle: decimal strings of any length, point moved by padding with zeros.
    fn by_hand(whole: &str, fraction: &str, exponent: i64) -> Option<u64> {
        let point = i64::try_from(whole.len()).unwrap() + exponent + PER_MILLION;
        let digits = format!("{whole}{fraction}");
        let mut padded = digits.clone();
        while i64::try_from(padded.len()).unwrap() < point {
            padded.push('0');
        }
        let (before, after) = if point <= 0 {
            (String::new(), padded)
        } else {
            let (a, b) = padded.split_at(usize::try_from(point).unwrap());
            (a.to_owned(), b.to_owned())
        };
        let is_whole = after.bytes().all(|byte| byte == b'0');
        let before = before.trim_start_matches('0');
        is_whole.then(|| if before.is_empty() { Some(0) } else { before.parse().ok() }).flatten()
    }

    proptest! {
        #[test]
        fn every_number_is_what_moving_the_point_by_hand_gives(
            whole in "(0|[1-9][0-9]{0,8})", fraction in "[0-9]{0,14}", exponent in -20_i64..20, upper: bool,
        ) {
            let point = if fraction.is_empty() { "" } else { "." };
            let e = if upper { 'E' } else { 'e' };
            let text = format!("{whole}{point}{fraction}{e}{exponent}");
            prop_assert_eq!(scaled(&text, PER_MILLION).ok(), by_hand(&whole, &fraction, exponent), "{}", text);
        }

        #[test]
        fn an_integer_survives_any_way_of_writing_it(micro: u64, shift in 0_u32..12) {
            let text = format!("{micro}e-{}", 12 + shift);
            let expected = micro.is_multiple_of(10_u64.pow(shift)).then(|| micro / 10_u64.pow(shift));
            prop_assert_eq!(scaled(&text, PER_MILLION).ok(), expected, "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = scaled(&text, PER_MILLION);
        }
    }
}
