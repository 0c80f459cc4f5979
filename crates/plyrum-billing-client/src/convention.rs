//! From a vendor's overlapping counts to disjoint meters.
//!
//! Vendors disagree on what contains what. Counting a part and its whole costs users five to ten times
//! the price, so the conversion is done in one place, it subtracts, and a contradiction is an error:
//! clamping a negative count to zero would turn a broken report into a plausible bill.
//!
//! A wire declares its [`Convention`] and fills [`Counts`] with what the provider said; the conversion is here alone.

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// What contains what in a vendor's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// Cached and cache-writing tokens are inside the prompt, reasoning is inside the completion: OpenAI chat and Responses,
    /// OpenRouter, DeepSeek, xAI, Yandex and whatever is compatible with them.
    Inclusive,
    /// Cached and cache-writing tokens are outside of the prompt; thinking is part of the completion and not told apart:
    /// Anthropic.
    CachesOutside,
    /// Cached tokens are inside the prompt, thoughts are outside of the completion: Gemini.
    ThoughtsOutside,
    /// The prompt is what was not cached: GigaChat. Its total may count the cached ones or not.
    PromptNetOfCache,
    /// Two counts and nothing else: Ollama.
    Plain,
}

/// Counts as a provider reports them, before it is known what contains what. An absent detail is zero; an absent total is
/// `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Input tokens.
    pub prompt: u64,
    /// Input tokens that were read from a cache.
    pub cached: u64,
    /// Input tokens that were written to a cache that lives for minutes.
    pub cache_write_5m: u64,
    /// Input tokens that were written to a cache that lives for an hour.
    pub cache_write_1h: u64,
    /// Output tokens.
    pub completion: u64,
    /// Output tokens that were spent on thinking.
    pub reasoning: u64,
    /// The provider's own total, where it sends one.
    pub total: Option<u64>,
}

/// A report that contradicts itself (`usage_invalid`): settle by estimate and flag the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsageInvalid {
    /// The cache counts are more than the whole prompt.
    #[error(
        "usage_invalid: {cached} cached + {cache_write} written tokens are more than the prompt's {prompt}"
    )]
    CacheOverPrompt {
        /// All input tokens, as reported.
        prompt: u64,
        /// Tokens read from a cache, as reported.
        cached: u64,
        /// Tokens written to a cache, as reported.
        cache_write: u64,
    },
    /// Reasoning is more than the whole completion.
    #[error("usage_invalid: {reasoning} reasoning tokens are more than the completion's {completion}")]
    ReasoningOverCompletion {
        /// All output tokens, as reported.
        completion: u64,
        /// Reasoning tokens, as reported.
        reasoning: u64,
    },
    /// The total is not the sum of its parts.
    #[error("usage_invalid: {prompt} prompt + {completion} completion tokens are not the total of {total}")]
    TotalDisagrees {
        /// All input tokens, as reported.
        prompt: u64,
        /// All output tokens, as reported.
        completion: u64,
        /// The total, as reported.
        total: u64,
    },
}

impl UsageInvalid {
    /// The code for frames, rows and logs.
    pub const fn code(&self) -> &'static str {
        "usage_invalid"
    }
}

impl Convention {
    /// The same tokens in disjoint meters: every token of prompt and completion exactly once.
    pub fn to_usage(self, counts: &Counts) -> Result<Usage, UsageInvalid> {
        let Counts { prompt, cached, cache_write_5m, cache_write_1h, completion, reasoning, total } = *counts;
        let cache_write = cache_write_5m.saturating_add(cache_write_1h);
        let inside = match self {
            Self::Inclusive | Self::ThoughtsOutside => {
                prompt.checked_sub(cached).and_then(|rest| rest.checked_sub(cache_write))
            }
            Self::CachesOutside | Self::PromptNetOfCache | Self::Plain => Some(prompt),
        };
        let input = inside.ok_or(UsageInvalid::CacheOverPrompt { prompt, cached, cache_write })?;
        let output = match self {
            Self::Inclusive | Self::CachesOutside => completion
                .checked_sub(reasoning)
                .ok_or(UsageInvalid::ReasoningOverCompletion { completion, reasoning })?,
            Self::ThoughtsOutside | Self::PromptNetOfCache | Self::Plain => completion,
        };
        let sums = match self {
            Self::Inclusive | Self::Plain => [prompt.checked_add(completion), None],
            Self::ThoughtsOutside => {
                [prompt.checked_add(completion).and_then(|sum| sum.checked_add(reasoning)), None]
            }
            Self::CachesOutside | Self::PromptNetOfCache => {
                let net = prompt.checked_add(completion);
                [net, net.and_then(|sum| sum.checked_add(cached)?.checked_add(cache_write))]
            }
        };
        if let Some(total) = total
            && !sums.contains(&Some(total))
        {
            return Err(UsageInvalid::TotalDisagrees { prompt, completion, total });
        }
        Ok(Usage {
            input,
            cache_read: cached,
            cache_write_5m,
            cache_write_1h,
            output,
            reasoning,
            ..Usage::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Input, cache read, writes for minutes and for an hour, output, reasoning.
    fn meters(convention: Convention, counts: Counts) -> [u64; 6] {
        let usage = convention.to_usage(&counts).unwrap();
        [
            usage.input,
            usage.cache_read,
            usage.cache_write_5m,
            usage.cache_write_1h,
            usage.output,
            usage.reasoning,
        ]
    }

    #[test]
    fn each_convention_takes_parts_out_of_the_wholes_that_contain_them() {
        let counts = Counts {
            prompt: 1000,
            cached: 700,
            cache_write_5m: 200,
            cache_write_1h: 50,
            completion: 90,
            reasoning: 30,
            total: None,
        };
        for (convention, expected) in [
            (Convention::Inclusive, [50, 700, 200, 50, 60, 30]),
            (Convention::CachesOutside, [1000, 700, 200, 50, 60, 30]),
            (Convention::ThoughtsOutside, [50, 700, 200, 50, 90, 30]),
            (Convention::PromptNetOfCache, [1000, 700, 200, 50, 90, 30]),
            (Convention::Plain, [1000, 700, 200, 50, 90, 30]),
        ] {
            assert_eq!(meters(convention, counts), expected, "{convention:?}");
        }
    }

    #[test]
    fn totals_are_held_against_what_they_can_be_the_sum_of() {
        let counts = Counts { prompt: 100, cached: 40, completion: 20, reasoning: 5, ..Counts::default() };
        for (convention, right, wrong) in [
            (Convention::Inclusive, &[120][..], 125),
            (Convention::CachesOutside, &[120, 160], 125),
            (Convention::ThoughtsOutside, &[125], 120),
            (Convention::PromptNetOfCache, &[120, 160], 125),
            (Convention::Plain, &[120], 160),
        ] {
            for total in right {
                let counts = Counts { total: Some(*total), ..counts };
                assert!(convention.to_usage(&counts).is_ok(), "{convention:?} {total}");
            }
            let counts = Counts { total: Some(wrong), ..counts };
            let found = convention.to_usage(&counts);
            assert!(matches!(found, Err(UsageInvalid::TotalDisagrees { .. })), "{convention:?}");
        }
    }

    #[test]
    fn contradictions_are_errors_and_never_clamped() {
        let base = Counts { prompt: 10, completion: 10, ..Counts::default() };
        let inclusive = |counts: Counts| Convention::Inclusive.to_usage(&counts);
        let cache = inclusive(Counts { cached: 6, cache_write_5m: 5, ..base });
        assert!(matches!(cache, Err(UsageInvalid::CacheOverPrompt { .. })));
        let reasoning = inclusive(Counts { reasoning: 11, ..base });
        assert!(matches!(reasoning, Err(UsageInvalid::ReasoningOverCompletion { .. })));
        for total in [Counts { total: Some(21), ..base }, Counts { prompt: u64::MAX, total: Some(9), ..base }]
        {
            assert!(matches!(inclusive(total), Err(UsageInvalid::TotalDisagrees { .. })));
        }
        assert!(inclusive(base).is_ok(), "an absent total is another state than a wrong one");
        assert_eq!(cache.unwrap_err().code(), "usage_invalid");
    }

    proptest! {
        #[test]
        fn every_token_is_counted_exactly_once(
            prompt in 0_u64..1000, cached in 0_u64..1000, cache_write_5m in 0_u64..1000,
            completion in 0_u64..1000, reasoning in 0_u64..1000,
        ) {
            let counts = Counts { prompt, cached, cache_write_5m, completion, reasoning, ..Counts::default() };
            match Convention::Inclusive.to_usage(&counts) {
                Ok(usage) => {
                    prop_assert_eq!(usage.total_input(), prompt);
                    prop_assert_eq!(usage.output + usage.reasoning, completion);
                }
                Err(_) => prop_assert!(cached + cache_write_5m > prompt || reasoning > completion),
            }
            if let Ok(usage) = Convention::ThoughtsOutside.to_usage(&counts) {
                prop_assert_eq!(usage.total_input(), prompt);
                prop_assert_eq!(usage.output, completion);
            }
            let outside = Convention::CachesOutside.to_usage(&Counts { reasoning: 0, ..counts }).unwrap();
            prop_assert_eq!(outside.total_input(), prompt + cached + cache_write_5m);
        }
    }
}
