//! Usage: the prompt without what was read from the cache.

use plyrum_billing_client::{Convention, Counts, Usage};

use crate::ReportedUsage;
use crate::wire::counts::{self, Object, count, required};

/// How this wire counts.
pub(super) const CONVENTION: Convention = Convention::PromptNetOfCache;

/// Reads a usage block.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, |_| None)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let counts = Counts {
        prompt: required(block, "prompt_tokens")?,
        cached: count(block, "precached_prompt_tokens")?.unwrap_or(0),
        completion: required(block, "completion_tokens")?,
        total: count(block, "total_tokens")?,
        ..Counts::default()
    };
    CONVENTION.to_usage(&counts).map_err(|error| error.to_string())
}
