//! What an attempt used, in disjoint meters.
//!
//! The costly mistakes elsewhere are of meaning: cached tokens inside the input count *and* beside it,
//! reasoning inside the output *and* beside it. Here no token is in two meters; whoever speaks another
//! convention converts first (see [`crate::Convention`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::CostError;

/// The most tokens that one meter may report.
pub const MAX_TOKENS: u64 = 1_000_000_000_000;
/// The most counted units, all kinds together, that one attempt may report.
pub const MAX_UNITS: u64 = 100_000;

/// Tokens and counted units of one attempt. Meters are disjoint: their sum is the number of tokens that
/// went through the model. A later snapshot replaces an earlier one whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Usage {
    /// Input tokens that were neither read from nor written to a cache.
    pub input: u64,
    /// Input tokens read from the provider's cache.
    pub cache_read: u64,
    /// Input tokens written to a cache that lives five minutes (or whose life is not stated).
    pub cache_write_5m: u64,
    /// Input tokens written to a cache that lives one hour.
    pub cache_write_1h: u64,
    /// Visible output tokens.
    pub output: u64,
    /// Output tokens that the model spent on thinking.
    pub reasoning: u64,
    /// Things charged by the piece, by name: `web_search`, `images` …
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, u64>,
}

impl Usage {
    /// All four input meters: what a tier's threshold is compared with. Saturates, which only a usage
    /// that [`crate::cost`] refuses can reach.
    pub fn total_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// All six meters; saturates like [`Usage::total_input`].
    pub fn total_tokens(&self) -> u64 {
        self.total_input().saturating_add(self.output).saturating_add(self.reasoning)
    }

    /// True where nothing at all was used: no token and no unit.
    pub fn is_zero(&self) -> bool {
        self.total_tokens() == 0 && self.units.values().all(|&count| count == 0)
    }

    /// Meter by meter, for totals over attempts; `None` where a meter does not fit.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let mut units = self.units.clone();
        for (name, &count) in &other.units {
            let total = units.entry(name.clone()).or_insert(0);
            *total = total.checked_add(count)?;
        }
        Some(Self {
            input: self.input.checked_add(other.input)?,
            cache_read: self.cache_read.checked_add(other.cache_read)?,
            cache_write_5m: self.cache_write_5m.checked_add(other.cache_write_5m)?,
            cache_write_1h: self.cache_write_1h.checked_add(other.cache_write_1h)?,
            output: self.output.checked_add(other.output)?,
            reasoning: self.reasoning.checked_add(other.reasoning)?,
            units,
        })
    }

    /// [`CostError::UsageOutOfRange`] for a meter over [`MAX_TOKENS`] or units over [`MAX_UNITS`].
    pub fn check_bounds(&self) -> Result<(), CostError> {
        let meters = [
            ("input", self.input),
            ("cache_read", self.cache_read),
            ("cache_write_5m", self.cache_write_5m),
            ("cache_write_1h", self.cache_write_1h),
            ("output", self.output),
            ("reasoning", self.reasoning),
        ];
        for (meter, tokens) in meters {
            check_tokens(meter, tokens)?;
        }
        let units = self.units.values().fold(0_u64, |sum, &count| sum.saturating_add(count));
        if units > MAX_UNITS {
            return Err(CostError::UsageOutOfRange { what: format!("units: {units} > {MAX_UNITS}") });
        }
        Ok(())
    }
}

pub(crate) fn check_tokens(meter: &str, tokens: u64) -> Result<(), CostError> {
    if tokens > MAX_TOKENS {
        return Err(CostError::UsageOutOfRange { what: format!("{meter}: {tokens} > {MAX_TOKENS} tokens") });
    }
    Ok(())
}

/// How far a usage figure can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The provider's own last word.
    Reported,
    /// Counted by us from bytes, because the provider did not say or contradicted itself.
    Estimated,
    /// Nothing was said and nothing was received.
    Missing,
}

impl Quality {
    /// The word used in JSON, SQL and on screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::Missing => "missing",
        }
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> Usage {
        Usage {
            input: 1,
            cache_read: 2,
            cache_write_5m: 3,
            cache_write_1h: 4,
            output: 5,
            reasoning: 6,
            units: BTreeMap::from([("web_search".to_owned(), 7)]),
        }
    }

    #[test]
    fn totals_add_disjoint_meters() {
        assert_eq!(usage().total_input(), 10);
        assert_eq!(usage().total_tokens(), 21);
        assert!(!usage().is_zero());
        assert!(Usage::default().is_zero());
        assert!(!Usage { units: BTreeMap::from([("images".to_owned(), 1)]), ..Usage::default() }.is_zero());
    }

    #[test]
    fn adding_is_meter_by_meter_and_checked() {
        let twice = usage().checked_add(&usage()).unwrap();
        assert_eq!((twice.input, twice.reasoning, twice.units["web_search"]), (2, 12, 14));
        let full = Usage { output: u64::MAX, ..Usage::default() };
        assert_eq!(full.checked_add(&usage()), None);
    }

    #[test]
    fn json_round_trips_and_absent_meters_are_zero() {
        let text = serde_json::to_string(&usage()).unwrap();
        assert_eq!(serde_json::from_str::<Usage>(&text).unwrap(), usage());
        assert_eq!(serde_json::from_str::<Usage>("{}").unwrap(), Usage::default());
        let zero = serde_json::to_value(Usage::default()).unwrap();
        assert_eq!(zero["cache_read"], 0, "zero is a value, so it is written");
        assert!(zero.get("units").is_none());
        assert!(serde_json::from_str::<Usage>(r#"{"input":-1}"#).is_err());
    }

    #[test]
    fn quality_is_one_word_everywhere() {
        for quality in [Quality::Reported, Quality::Estimated, Quality::Missing] {
            assert_eq!(serde_json::to_value(quality).unwrap(), quality.as_str());
            assert_eq!(quality.to_string(), quality.as_str());
        }
    }
}
