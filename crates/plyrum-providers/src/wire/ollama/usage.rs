//! Usage, from the counts of the last line to disjoint meters: all of the prompt, whether the server's cache had it or not, and
//! all that was generated, thoughts included.

use plyrum_billing_client::{Counts, Usage};

use super::Ollama;
use crate::ReportedUsage;
use crate::wire::Format as _;
use crate::wire::counts::{self, Object, count, required};

/// Reads the counts of a last line.
pub(super) fn report(raw: String) -> ReportedUsage {
    counts::report(raw, meters, |_| None)
}

fn meters(block: &Object<'_>) -> Result<Usage, String> {
    let counts = Counts {
        prompt: required(block, "prompt_eval_count")?,
        completion: count(block, "eval_count")?.unwrap_or(0),
        ..Counts::default()
    };
    Ollama.convention().to_usage(&counts).map_err(|error| error.to_string())
}
