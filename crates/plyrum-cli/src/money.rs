//! Money and counts as people read them live with the other words.

pub(crate) use plyrum_words::money::{Lang, count, seconds};
