//! How weights are learned: linear heads over grams and signs, by gradient steps in a fixed order.
//!
//! Not part of what decides: built with the feature `train` only. Sums are in one order and only of operations that
//! IEEE 754 defines to the bit (no library `exp`), so the same rows give the same weights on every machine.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "learning is in single precision, and what is rounded was clamped before"
)]

mod linear;
mod number;
mod pack;
mod words;

pub use linear::{Example, Linear, Loss, Settings, fit};
pub use number::{exp, softmax};
pub use pack::{Placed, body, seal};
pub use words::words;

/// Bits of a bucket's number that the second table leaves out.
pub const EXAM_SHIFT: u32 = crate::weights::EXAM_SHIFT;

/// The project's own labelled prompts: name of the file and its text.
pub const OWN_PROMPTS: &[(&str, &str)] = &[
    ("prompts.en.jsonl", include_str!("../../training/prompts.en.jsonl")),
    ("prompts.ru.jsonl", include_str!("../../training/prompts.ru.jsonl")),
];
