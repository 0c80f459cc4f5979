//! Usage, of the two blocks that only together are whole.

use std::collections::BTreeMap;

use plyrum_billing_client::{Convention, Counts, Usage};
use serde_json::value::RawValue;

use crate::ReportedUsage;
use crate::wire::counts::{self, Object, count, details, required};

/// How this wire counts: caches are outside of `input_tokens`, thinking is inside `output_tokens`.
pub(super) const CONVENTION: Convention = Convention::CachesOutside;

/// The block of `message_start` with what the last `message_delta` says in its place. The latter is cumulative: its values
/// replace, and are never added.
pub(super) fn whole(begun_with: Option<&str>, last: &str) -> String {
    let read = |text| serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text).ok();
    let (Some(mut all), Some(last)) = (begun_with.and_then(read), read(last)) else {
        return last.to_owned(); // as sent: whoever reads it says what is wrong
    };
    all.extend(last.into_iter().filter(|(_, value)| value.get() != "null"));
    serde_json::to_string(&all).unwrap_or_default()
}

/// Reads a whole block.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, |_| None)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let written = count(block, "cache_creation_input_tokens")?.unwrap_or(0);
    let by_life = details(block, "cache_creation")?;
    let for_an_hour = count(&by_life, "ephemeral_1h_input_tokens")?.unwrap_or(0);
    let for_minutes = count(&by_life, "ephemeral_5m_input_tokens")?;
    if for_minutes.is_some_and(|minutes| minutes.checked_add(for_an_hour) != Some(written)) {
        return Err(format!(
            "usage_invalid: cache_creation is not the {written} of cache_creation_input_tokens"
        ));
    }
    let cache_write_5m = written.checked_sub(for_an_hour).ok_or_else(|| {
        format!("usage_invalid: {for_an_hour} tokens written for an hour are more than {written}")
    })?;
    let counts = Counts {
        prompt: required(block, "input_tokens")?,
        cached: count(block, "cache_read_input_tokens")?.unwrap_or(0),
        cache_write_5m,
        cache_write_1h: for_an_hour,
        completion: required(block, "output_tokens")?,
        reasoning: count(&details(block, "output_tokens_details")?, "thinking_tokens")?.unwrap_or(0),
        total: None,
    };
    CONVENTION.to_usage(&counts).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input, cache read, writes for minutes and for an hour, output, reasoning.
    fn meters_of(raw: &str) -> Result<[u64; 6], String> {
        let of =
            |u: Usage| [u.input, u.cache_read, u.cache_write_5m, u.cache_write_1h, u.output, u.reasoning];
        report(raw.to_owned()).usage.map(of)
    }

    #[test]
    fn the_last_word_replaces_and_what_it_leaves_out_stays() {
        let begun =
            r#"{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1,"service_tier":"standard"}"#;
        let all = whole(Some(begun), r#"{"output_tokens":42,"cache_read_input_tokens":null}"#);
        assert_eq!(meters_of(&all), Ok([10, 5, 0, 0, 42, 0]));
        let all = whole(Some(begun), r#"{"output_tokens":42,"input_tokens":12,"cache_read_input_tokens":7}"#);
        assert_eq!(meters_of(&all), Ok([12, 7, 0, 0, 42, 0]));
        assert_eq!(whole(None, r#"{"output_tokens":1}"#), r#"{"output_tokens":1}"#);
    }

    #[test]
    fn caches_are_beside_the_input_and_told_apart_by_their_lives() {
        let raw = r#"{"input_tokens":3,"cache_creation_input_tokens":300,"cache_read_input_tokens":1000,
            "cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100},
            "output_tokens":50,"output_tokens_details":{"thinking_tokens":20}}"#;
        assert_eq!(meters_of(raw), Ok([3, 1000, 200, 100, 30, 20]));
        let old = r#"{"input_tokens":3,"cache_creation_input_tokens":300,"output_tokens":50}"#;
        assert_eq!(meters_of(old), Ok([3, 0, 300, 0, 50, 0]), "a life that is not told is the short one");
    }

    #[test]
    fn contradictions_are_reported_and_never_clamped() {
        for (raw, why) in [
            (r#"{"output_tokens":1}"#, "input_tokens is missing"),
            (r#"{"input_tokens":1}"#, "output_tokens is missing"),
            (r#"{"input_tokens":-1,"output_tokens":1}"#, "input_tokens is `-1`"),
            (
                r#"{"input_tokens":1,"output_tokens":1,"output_tokens_details":{"thinking_tokens":2}}"#,
                "usage_invalid",
            ),
            (
                r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":1}}"#,
                "cache_creation is not the 5",
            ),
            (
                r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":6}}"#,
                "more than 5",
            ),
        ] {
            let found = meters_of(raw).unwrap_err();
            assert!(found.contains(why), "{raw}: {found}");
        }
    }
}
