//! How long models take to their first token lately, so that a slow one is not taken for a silent one. Kept in memory: after
//! a restart nothing is known, and nothing is claimed.
//!
//! An attempt that another one was quicker than is counted with the time that it was waited for: left out, the slow ones
//! would be missing from what is known of slowness.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Most models that are remembered; more are not timed.
const MAX_MODELS: usize = 1024;
/// Times that are kept of a model, the latest.
const WINDOW: usize = 64;
/// Fewer say nothing of the slowest.
const KNOWN_FROM: usize = 20;

/// The latest times by model, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct FirstTokens(Mutex<HashMap<String, VecDeque<u64>>>);

impl FirstTokens {
    /// The first token of this model took so long, or did not come for so long.
    pub(crate) fn note(&self, model: &str, ms: u64) {
        let mut models = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !models.contains_key(model) && models.len() >= MAX_MODELS {
            return;
        }
        let times = models.entry(model.to_owned()).or_default();
        if times.len() >= WINDOW {
            times.pop_front();
        }
        times.push_back(ms);
    }

    /// What nineteen of twenty took at most; none where too few were seen.
    pub(crate) fn p95_ms(&self, model: &str) -> Option<u64> {
        let models = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = models.get(model).filter(|times| times.len() >= KNOWN_FROM)?;
        let mut sorted: Vec<u64> = times.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 95).div_ceil(100).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_twenty_is_known_from_twenty_on_and_only_of_the_latest() {
        let times = FirstTokens::default();
        (1..20).for_each(|ms| times.note("a", ms));
        assert_eq!(times.p95_ms("a"), None);
        times.note("a", 20);
        assert_eq!((times.p95_ms("a"), times.p95_ms("b")), (Some(19), None));
        (0..64).for_each(|_| times.note("a", 7));
        assert_eq!(times.p95_ms("a"), Some(7), "what is older is forgotten");
        assert_eq!(times.0.lock().unwrap()["a"].len(), WINDOW);
    }

    #[test]
    fn so_many_models_are_timed_and_no_more() {
        let times = FirstTokens::default();
        (0..MAX_MODELS + 5).for_each(|at| times.note(&at.to_string(), 1));
        assert_eq!(times.0.lock().unwrap().len(), MAX_MODELS);
    }
}
