//! Usage: the family's overlapping counts under this wire's names.

use plyrum_billing_client::{Convention, Counts, Usage};

use crate::ReportedUsage;
use crate::wire::counts::{self, Object, cost, count, details, required};

/// How it counts.
pub(super) const CONVENTION: Convention = Convention::Inclusive;

/// Reads a usage block.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, cost)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let input_details = details(block, "input_tokens_details")?;
    let output_details = details(block, "output_tokens_details")?;
    let counts = Counts {
        prompt: required(block, "input_tokens")?,
        completion: required(block, "output_tokens")?,
        cached: count(&input_details, "cached_tokens")?.unwrap_or(0),
        cache_write_5m: count(&input_details, "cache_write_tokens")?.unwrap_or(0),
        reasoning: count(&output_details, "reasoning_tokens")?.unwrap_or(0),
        total: count(block, "total_tokens")?,
        ..Counts::default()
    };
    CONVENTION.to_usage(&counts).map_err(|error| error.to_string())
}
