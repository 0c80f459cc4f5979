//! From a vendor's overlapping counts to disjoint meters.
//!
//! Vendors disagree on what contains what. Counting a part and its whole costs users five to ten times
//! the price, so the conversion is done in one place, it subtracts, and a contradiction is an error:
//! clamping a negative count to zero would turn a broken report into a plausible bill.
//!
//! [`Inclusive`] is the convention of OpenAI chat and Responses, OpenRouter, DeepSeek, xAI, Yandex and
//! whatever is compatible with them. The others are already disjoint, or nearly so, and their adapters
//! fill [`Usage`] directly:
//!
//! | source | what to fill in |
//! |---|---|
//! | Anthropic | `input_tokens` as it is (caches are outside of it); `cache_creation` split by its time to live; the usage of `message_delta` is cumulative: the last value, never a sum |
//! | Gemini | `input` = promptTokenCount − cachedContentTokenCount + toolUsePromptTokenCount; thoughts are outside of the candidates: `reasoning` = thoughts, `output` = candidates |
//! | GigaChat | `input` = `prompt_tokens` as it is (net of the cache); `cache_read` = `precached_prompt_tokens` |
//! | Ollama | `input` = prompt_eval_count, `output` = eval_count |

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// Counts as the OpenAI family reports them: cached and cache-writing tokens are inside `prompt`,
/// reasoning tokens are inside `completion`. An absent detail is zero; an absent total is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Inclusive {
    /// All input tokens.
    pub prompt: u64,
    /// Those of `prompt` that were read from a cache.
    pub cached: u64,
    /// Those of `prompt` that were written to a cache; charged as `cache_write_5m`.
    pub cache_write: u64,
    /// All output tokens.
    pub completion: u64,
    /// Those of `completion` that were spent on thinking.
    pub reasoning: u64,
    /// The provider's own total of prompt and completion, where it sends one.
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

impl Inclusive {
    /// The same tokens in disjoint meters: every token of prompt and completion exactly once.
    pub fn to_usage(&self) -> Result<Usage, UsageInvalid> {
        let Self { prompt, cached, cache_write, completion, reasoning, total } = *self;
        let input = prompt
            .checked_sub(cached)
            .and_then(|rest| rest.checked_sub(cache_write))
            .ok_or(UsageInvalid::CacheOverPrompt { prompt, cached, cache_write })?;
        let output = completion
            .checked_sub(reasoning)
            .ok_or(UsageInvalid::ReasoningOverCompletion { completion, reasoning })?;
        if let Some(total) = total
            && prompt.checked_add(completion) != Some(total)
        {
            return Err(UsageInvalid::TotalDisagrees { prompt, completion, total });
        }
        Ok(Usage {
            input,
            cache_read: cached,
            cache_write_5m: cache_write,
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

    #[test]
    fn parts_are_taken_out_of_their_wholes() {
        let counts = Inclusive {
            prompt: 1000,
            cached: 700,
            cache_write: 200,
            completion: 50,
            reasoning: 30,
            total: Some(1050),
        };
        let usage = counts.to_usage().unwrap();
        assert_eq!(
            (usage.input, usage.cache_read, usage.cache_write_5m, usage.cache_write_1h),
            (100, 700, 200, 0)
        );
        assert_eq!((usage.output, usage.reasoning), (20, 30));
    }

    #[test]
    fn contradictions_are_errors_and_never_clamped() {
        let base = Inclusive { prompt: 10, completion: 10, ..Inclusive::default() };
        let cache = Inclusive { cached: 6, cache_write: 5, ..base };
        let reasoning = Inclusive { reasoning: 11, ..base };
        let total = Inclusive { total: Some(21), ..base };
        let overflow = Inclusive { prompt: u64::MAX, total: Some(9), ..base };
        assert!(matches!(cache.to_usage(), Err(UsageInvalid::CacheOverPrompt { .. })));
        assert!(matches!(reasoning.to_usage(), Err(UsageInvalid::ReasoningOverCompletion { .. })));
        assert!(matches!(total.to_usage(), Err(UsageInvalid::TotalDisagrees { .. })));
        assert!(matches!(overflow.to_usage(), Err(UsageInvalid::TotalDisagrees { .. })));
        assert!(base.to_usage().is_ok(), "an absent total is another state than a wrong one");
        assert_eq!(cache.to_usage().unwrap_err().code(), "usage_invalid");
    }

    proptest! {
        #[test]
        fn every_token_is_counted_exactly_once(
            prompt in 0_u64..1000, cached in 0_u64..1000, cache_write in 0_u64..1000,
            completion in 0_u64..1000, reasoning in 0_u64..1000,
        ) {
            let counts = Inclusive { prompt, cached, cache_write, completion, reasoning, total: None };
            match counts.to_usage() {
                Ok(usage) => {
                    prop_assert_eq!(usage.total_input(), prompt);
                    prop_assert_eq!(usage.output + usage.reasoning, completion);
                }
                Err(_) => prop_assert!(cached + cache_write > prompt || reasoning > completion),
            }
        }
    }
}
