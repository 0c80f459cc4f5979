//! Small pieces of text that the sections are made of, and the checks that they share.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A decimal in quotes, such as `"3.00"`. A bare `3.00` is refused: TOML would hand it over as a float,
/// and the digits that were written would be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecimalText(String);

impl DecimalText {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for DecimalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InQuotes;

        impl Visitor<'_> for InQuotes {
            type Value = DecimalText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal in quotes, such as \"3.00\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DecimalText, E> {
                Ok(DecimalText(text.to_owned()))
            }
        }

        deserializer.deserialize_str(InQuotes)
    }
}

/// A label for people: 1 to `most` bytes without control characters.
pub(crate) fn check_label(what: &str, text: &str, most: usize) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{what} is empty"));
    }
    if text.len() > most {
        return Err(format!("{what} is longer than {most} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{what} has a control character"));
    }
    Ok(())
}

/// A currency as ISO 4217 writes it: three capital letters.
pub(crate) fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A day that exists, as `2026-11-20`.
pub(crate) fn is_date(text: &str) -> bool {
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        for good in ["2026-11-20", "2024-02-29", "2000-02-29", "2026-12-31"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "20-11-20",
            "2026-1-2",
            "today",
            "",
            "2026-11-20-1",
            "2026-11-00",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn currencies_are_three_capital_letters() {
        assert!(is_currency("USD"));
        for bad in ["usd", "US", "USDT", "РУБ", "U$D", ""] {
            assert!(!is_currency(bad), "{bad}");
        }
    }
}
