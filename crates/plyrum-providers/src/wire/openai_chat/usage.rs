//! Usage, from the family's overlapping counts to disjoint meters.

use plyrum_billing_client::{Convention, Counts, Usage};

use crate::ReportedUsage;
use crate::wire::counts::{self, Object, cost, count, details, required};

/// How the family counts.
pub(in crate::wire) const CONVENTION: Convention = Convention::Inclusive;

/// Reads a usage block.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, cost)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let prompt_details = details(block, "prompt_tokens_details")?;
    let completion_details = details(block, "completion_tokens_details")?;
    let counts = Counts {
        prompt: required(block, "prompt_tokens")?,
        completion: required(block, "completion_tokens")?,
        // DeepSeek's own field is right where its `cached_tokens` may stay 0.
        cached: match count(block, "prompt_cache_hit_tokens")? {
            Some(hits) => hits,
            None => count(&prompt_details, "cached_tokens")?.unwrap_or(0),
        },
        cache_write_5m: count(&prompt_details, "cache_write_tokens")?.unwrap_or(0),
        reasoning: count(&completion_details, "reasoning_tokens")?.unwrap_or(0),
        total: count(block, "total_tokens")?,
        ..Counts::default()
    };
    CONVENTION.to_usage(&counts).map_err(|error| error.to_string())
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
