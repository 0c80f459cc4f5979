//! Lengths of time as people write them: whole seconds, or a text with a unit, as on the command line.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// Reads `30`, `"30s"`, `"2m"` or `"1h"` as seconds. Whether it is a sensible wait is for the caller to say.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Written;

    impl Visitor<'_> for Written {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("whole seconds, or a time such as \"30s\", \"2m\" or \"1h\"")
        }

        fn visit_i64<E: Error>(self, seconds: i64) -> Result<u64, E> {
            u64::try_from(seconds)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(seconds), &self))
        }

        fn visit_u64<E: Error>(self, seconds: u64) -> Result<u64, E> {
            Ok(seconds)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
            parse(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_any(Written).map(Some)
}

/// `None`: no time, or one that no number of seconds can hold.
fn parse(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds_in_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds_in_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_whole_number_with_or_without_a_unit() {
        for (text, seconds) in [("3s", 3), ("2m", 120), ("1h", 3600), ("90", 90), ("0s", 0)] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for wrong in ["", "s", "3 s", "1.5s", "-3s", "3d", "3ms", "3S", "тридцать", "99999999999999999999s"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("18446744073709551615h"), None);
    }
}
