//! Pure: prompt, catalogue, health and budget give a decision with reasons.
//!
//! The router never calls anything and never guesses silently: the same input gives the same [`Decision`] on
//! every machine, scores are integers, every model that may not serve is listed with why, and an intent that
//! is not clear is `unknown`. What a prompt is, is learned ([`Weights`], a file embedded, read as integers) where
//! that beats rules, and ruled where structure is sure; rules are what the weights see too. [`VERSION`] and the
//! hash of the weights stand in every decision; `weights/CARD.md` says what the weights come from and reach.
//! Letter case and spacing do not matter to a decision.
//!
//! Risk is caution only: it looks at what the prompt asks to *do*, wording can only raise it, and nothing here
//! ever grants a permission.
//!
//! Reading order: [`RouteInput`] → `text` (folded words, read as they were meant by `spelling`) → `cues` (how words are matched) → `grams`, `signs` (what
//! weights see) → `weights` → `intent`, `risk`, `domain`, `output`, `language` → [`Reading`] (what the prompt is) →
//! `candidate` (who may serve it) → [`route`]. `train` (a feature) is how weights are learned.
//!
//! [`Decision`]: plyrum_protocol::Decision

mod bits;
mod candidate;
mod cues;
mod domain;
mod grams;
mod input;
mod intent;
mod intent_cues;
mod language;
mod measured;
mod number;
mod output;
mod plain;
mod quality;
mod reading;
mod risk;
mod route;
mod sight;
mod signs;
mod spelling;
mod text;
#[cfg(feature = "train")]
pub mod train;
mod weights;

pub use candidate::points;
pub use grams::Grams;
pub use input::{AttachmentFacts, Health, Needs, RouteInput};
pub use quality::Verdicts;
pub use reading::{Reading, hardness, read, read_by, wants_action};
pub use route::{VERSION, route};
pub use sight::Sight;
pub use signs::Signs;
pub use spelling::Words;
pub use weights::{Broken, EXAM_HEADS, FIELDS, Facts, Heads, Table, WORK_HEADS, Weights};
