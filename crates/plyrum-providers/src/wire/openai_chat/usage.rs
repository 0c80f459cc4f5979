//! Usage, from the family's overlapping counts to disjoint meters.
//!
//! Read as text, once per stream: counts may be JSON strings (int64), money may be a float that must not be
//! rounded, and whatever contradicts itself is reported, never repaired.

use std::collections::BTreeMap;

use plyrum_billing_client::{Inclusive, Usage};
use serde_json::value::RawValue;

use crate::ReportedUsage;

/// Bytes of a provider's usage JSON that are kept for the record; real ones are a few hundred.
const MAX_RAW: usize = 16 * 1024;

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// Reads a usage block.
pub(super) fn report(mut raw: String) -> ReportedUsage {
    if raw.len() > MAX_RAW {
        let usage = Err(format!("usage_invalid: the usage block is {} bytes", raw.len()));
        raw.truncate(raw.floor_char_boundary(MAX_RAW));
        return ReportedUsage { usage, raw, provider_cost: None };
    }
    let (usage, provider_cost) = match serde_json::from_str::<Object<'_>>(&raw) {
        Ok(block) => (meters(&block), cost(&block)),
        Err(_) => (Err("usage_invalid: the usage block is not an object".to_owned()), None),
    };
    ReportedUsage { usage, raw, provider_cost }
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let prompt_details = details(block, "prompt_tokens_details")?;
    let completion_details = details(block, "completion_tokens_details")?;
    let counts = Inclusive {
        prompt: required(block, "prompt_tokens")?,
        completion: required(block, "completion_tokens")?,
        // DeepSeek's own field is right where its `cached_tokens` may stay 0.
        cached: match count(block, "prompt_cache_hit_tokens")? {
            Some(hits) => hits,
            None => count(&prompt_details, "cached_tokens")?.unwrap_or(0),
        },
        cache_write: count(&prompt_details, "cache_write_tokens")?.unwrap_or(0),
        reasoning: count(&completion_details, "reasoning_tokens")?.unwrap_or(0),
        total: count(block, "total_tokens")?,
    };
    counts.to_usage().map_err(|error| error.to_string())
}

/// The provider's own price, as decimal text.
fn cost(block: &Object<'_>) -> Option<String> {
    let text = unquoted(block.get("cost")?);
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()).then(|| text.to_owned())
}

fn details<'a>(block: &Object<'a>, name: &str) -> Result<Object<'a>, String> {
    match block.get(name).map(|value| value.get()) {
        None | Some("null") => Ok(Object::new()),
        Some(text) => {
            serde_json::from_str(text).map_err(|_| format!("usage_invalid: {name} is not an object"))
        }
    }
}

fn required(block: &Object<'_>, name: &str) -> Result<u64, String> {
    count(block, name)?.ok_or_else(|| format!("usage_invalid: {name} is missing"))
}

/// A count as a number or as a string of digits. Absent and `null` are another state than 0.
fn count(block: &Object<'_>, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = block.get(name) else { return Ok(None) };
    let text = unquoted(value);
    if text == "null" {
        return Ok(None);
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("usage_invalid: {name} is `{shown}`")
    })
}

fn unquoted(value: &RawValue) -> &str {
    let text = value.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: Result<(u64, u64, u64, u64, u64), &str>) {
        let found = report(raw.to_owned());
        assert_eq!(found.raw, raw);
        let meters = found.usage.map(|u| (u.input, u.cache_read, u.cache_write_5m, u.output, u.reasoning));
        match (meters, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{raw}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{raw}: {found}"),
            (found, expected) => panic!("{raw}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn cached_and_reasoning_tokens_are_taken_out_of_their_wholes() {
        check(
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},
                "completion_tokens_details":{"reasoning_tokens":30}}"#,
            Ok((30, 60, 10, 20, 30)),
        );
    }

    #[test]
    fn counts_may_be_strings_and_details_null() {
        check(
            r#"{"prompt_tokens":"100","completion_tokens":"5","prompt_tokens_details":null,"total_tokens":null}"#,
            Ok((100, 0, 0, 5, 0)),
        );
    }

    #[test]
    fn deepseeks_cache_hits_win_over_a_cached_tokens_that_stays_zero() {
        check(
            r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":64,
                "prompt_cache_miss_tokens":36,"prompt_tokens_details":{"cached_tokens":0}}"#,
            Ok((36, 64, 0, 5, 0)),
        );
    }

    #[test]
    fn contradictions_are_reported_and_never_clamped() {
        check(r#"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":4}"#, Err("usage_invalid"));
        check(r#"{"prompt_tokens":-1,"completion_tokens":2}"#, Err("prompt_tokens is `-1`"));
        check(r#"{"prompt_tokens":1.5,"completion_tokens":2}"#, Err("prompt_tokens is `1.5`"));
        check(r#"{"prompt_tokens":1,"completion_tokens":99999999999999999999}"#, Err("completion_tokens is"));
        check(r#"{"prompt_tokens":1}"#, Err("completion_tokens is missing"));
        check(r#"{"prompt_tokens":"","completion_tokens":1}"#, Err("prompt_tokens is ``"));
        check("[1]", Err("not an object"));
        check(
            r#"{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2}}"#,
            Err("usage_invalid"),
        );
        check(
            r#"{"prompt_tokens":1,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}}"#,
            Err("usage_invalid"),
        );
    }

    #[test]
    fn a_price_is_kept_as_the_providers_digits() {
        let found =
            report(r#"{"prompt_tokens":1,"completion_tokens":1,"cost":0.00014000000000000001}"#.to_owned());
        assert_eq!(found.provider_cost.as_deref(), Some("0.00014000000000000001"));
    }
}
