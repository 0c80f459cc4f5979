//! Usage, from `usageMetadata` to disjoint meters.

use plyrum_billing_client::{Counts, Usage};

use super::Gemini;
use crate::ReportedUsage;
use crate::wire::Format as _;
use crate::wire::counts::{self, Object, count, required};

/// Reads a usage block.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, |_| None)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let prompt = required(block, "promptTokenCount")?;
    // What tools of Google's own put into the prompt; it is counted apart from it.
    let tools = count(block, "toolUsePromptTokenCount")?.unwrap_or(0);
    let total = count(block, "totalTokenCount")?;
    let counts = Counts {
        prompt: prompt
            .checked_add(tools)
            .ok_or_else(|| "usage_invalid: the prompt's tokens are more than can be counted".to_owned())?,
        cached: count(block, "cachedContentTokenCount")?.unwrap_or(0),
        // A count of 0 is left out, and the total shows whether that is what was meant.
        completion: match total {
            Some(_) => count(block, "candidatesTokenCount")?.unwrap_or(0),
            None => required(block, "candidatesTokenCount")?,
        },
        reasoning: count(block, "thoughtsTokenCount")?.unwrap_or(0),
        total,
        ..Counts::default()
    };
    Gemini.convention().to_usage(&counts).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: Result<(u64, u64, u64, u64), &str>) {
        let found = report(raw.to_owned());
        assert_eq!(found.raw, raw);
        let meters = found.usage.map(|u| (u.input, u.cache_read, u.output, u.reasoning));
        match (meters, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{raw}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{raw}: {found}"),
            (found, expected) => panic!("{raw}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn cached_tokens_are_inside_the_prompt_and_thoughts_outside_of_the_candidates() {
        check(
            r#"{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":20,"thoughtsTokenCount":30,
                "totalTokenCount":150,"promptTokensDetails":[{"modality":"TEXT","tokenCount":100}]}"#,
            Ok((40, 60, 20, 30)),
        );
    }

    #[test]
    fn what_tools_put_into_the_prompt_is_counted_with_it() {
        check(
            r#"{"promptTokenCount":12,"cachedContentTokenCount":4,"candidatesTokenCount":71,"toolUsePromptTokenCount":65,
                "thoughtsTokenCount":89,"totalTokenCount":237}"#,
            Ok((73, 4, 71, 89)),
        );
    }

    #[test]
    fn a_count_of_nothing_is_left_out_and_the_total_shows_it() {
        check(r#"{"promptTokenCount":7,"totalTokenCount":7}"#, Ok((7, 0, 0, 0)));
        check(r#"{"promptTokenCount":7,"thoughtsTokenCount":3,"totalTokenCount":10}"#, Ok((7, 0, 0, 3)));
        check(r#"{"promptTokenCount":7,"totalTokenCount":9}"#, Err("not the total of 9"));
        check(r#"{"promptTokenCount":7}"#, Err("candidatesTokenCount is missing"));
        check(r#"{"candidatesTokenCount":7}"#, Err("promptTokenCount is missing"));
    }

    #[test]
    fn counts_may_be_strings() {
        check(
            r#"{"promptTokenCount":"7","candidatesTokenCount":"2","totalTokenCount":"9"}"#,
            Ok((7, 0, 2, 0)),
        );
    }

    #[test]
    fn contradictions_are_reported_and_never_clamped() {
        check(r#"{"promptTokenCount":-7,"candidatesTokenCount":2}"#, Err("promptTokenCount is `-7`"));
        check(r#"{"promptTokenCount":7,"candidatesTokenCount":1.5}"#, Err("candidatesTokenCount is `1.5`"));
        check(
            r#"{"promptTokenCount":7,"candidatesTokenCount":2,"cachedContentTokenCount":8}"#,
            Err("8 cached"),
        );
        check(
            r#"{"promptTokenCount":18446744073709551615,"toolUsePromptTokenCount":1,"candidatesTokenCount":2}"#,
            Err("more than can be counted"),
        );
        check("[]", Err("not an object"));
    }
}
