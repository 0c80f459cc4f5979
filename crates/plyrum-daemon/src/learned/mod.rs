//! What the daemon has learned of models: a person's verdicts on their answers, which last, and how long they take, which
//! does not.

mod feedback;
mod first_tokens;
mod pace;

pub(crate) use feedback::{Feedback, Given};
pub(crate) use first_tokens::FirstTokens;
pub(crate) use pace::Pace;

use plyrum_config::Paths;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) feedback: Feedback,
    pub(crate) pace: Pace,
    pub(crate) first_tokens: FirstTokens,
}

impl Learned {
    pub(crate) fn open(paths: &Paths) -> Self {
        Self { feedback: Feedback::open(paths.feedback_path()), ..Self::default() }
    }
}
