//! Pure: prompt, catalogue, health and budget give a decision with reasons.
//!
//! The router never calls anything and never guesses silently: the same input gives the same [`Decision`] on
//! every machine, scores are integers, every model that may not serve is listed with why, and an intent that
//! the rules do not see is `unknown`. These are hand-written rules ([`VERSION`]); what they reach on labelled
//! prompts is printed by `tests/intent_data.rs`. Letter case and spacing do not matter to a decision.
//!
//! Risk is caution only: it looks at what the prompt asks to *do*, and nothing here ever grants a permission.
//!
//! Reading order: [`RouteInput`] → `text` (folded words) → `cues` (how words are matched) → `intent`, `risk`,
//! `domain`, `output`, `language` (what the prompt is) → `candidate` (who may serve it) → [`route`].

mod candidate;
mod cues;
mod domain;
mod input;
mod intent;
mod intent_cues;
mod language;
mod measured;
mod output;
mod quality;
mod risk;
mod route;
mod text;

pub use candidate::points;
pub use input::{AttachmentFacts, Health, Needs, RouteInput};
pub use quality::Verdicts;
pub use route::{VERSION, route};
