//! Small pieces of text that the sections are made of, and the checks that they share.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::day::Day;

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
    Day::parse(text).is_some()
}

/// Whether the host of an address is this machine: by its name or number, never by how a name begins.
#[must_use]
pub fn is_of_this_machine(base_url: &str) -> bool {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(host, _)| host);
    let is_loopback = |ip: std::net::Ipv4Addr| ip.is_loopback();
    host == "localhost" || host == "[::1]" || host.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_three_capital_letters() {
        assert!(is_currency("USD"));
        for bad in ["usd", "US", "USDT", "РУБ", "U$D", ""] {
            assert!(!is_currency(bad), "{bad}");
        }
    }
}
