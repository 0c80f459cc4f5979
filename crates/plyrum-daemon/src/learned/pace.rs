//! How long whole answers of a model take lately. Kept in memory: after a restart nothing is known, and nothing is claimed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most models that are remembered; more are not timed.
const MAX_MODELS: usize = 1024;
/// One answer counts an eighth.
const SHARE: u64 = 8;

/// Moving means by model.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<String, u64>>);

impl Pace {
    /// A whole answer of this model took so long.
    pub(crate) fn note(&self, model: &str, ms: u64) {
        let mut means = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mean) = means.get_mut(model) {
            *mean = (*mean * (SHARE - 1) + ms) / SHARE;
        } else if means.len() < MAX_MODELS {
            means.insert(model.to_owned(), ms);
        }
    }

    /// What one takes, in milliseconds; none where none was seen.
    pub(crate) fn of(&self, model: &str) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_slowly_and_nothing_is_claimed_of_others() {
        let pace = Pace::default();
        assert_eq!(pace.of("a"), None);
        pace.note("a", 800);
        pace.note("a", 1600);
        assert_eq!((pace.of("a"), pace.of("b")), (Some(900), None));
        (0..MAX_MODELS + 5).for_each(|at| pace.note(&at.to_string(), 1));
        assert_eq!(pace.0.lock().unwrap().len(), MAX_MODELS);
    }
}
