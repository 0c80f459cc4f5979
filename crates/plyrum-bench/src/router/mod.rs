//! The router measured on prompts, sources, subjects and tasks that it did not learn from; and its learning.
//!
//! Shipped weights learn from the prompts whose hash is even (`split`) and from the `train` rows of our own; all
//! others are scored. Where a source, a subject or a part is left out, weights are learned anew in memory: that is
//! why learning is a library here and not a program. It stays out of the router's own build (its feature `train`).
//!
//! Reading order: `rows` (what is read) → `split` → `recipe` (how a head is learned) → `learn` (all heads, one file)
//! → `intents`, `others`, `pairs`, `noise`, `typos` (figures) → `report`, `predict`, `card`.

mod card;
mod intents;
mod learn;
mod measure;
mod noise;
mod others;
mod pairs;
mod predict;
mod recipe;
mod report;
mod rows;
mod split;
mod typos;

pub use card::card;
pub use learn::{Rows, learn};
pub use predict::{Predictions, predict};
pub use rows::{Pack, RowError};
pub use split::sha256;

use plyrum_protocol::view::{RouterFile, RouterReport};
use plyrum_router::Weights;
use std::time::Duration;

/// What no figure here can show.
const NOTES: &[&str] = &[
    "nothing scored was trained on: prompts are split by the hash of their text, own prompts by their split",
    "parts.* and prediction files: five parts by hash, each predicted by weights that learned from the others",
    "rules were written with a look at half of the pack's prompts: unseen_sources is too good where rules decide",
    "own prompts for training and test are by the same hands: pack_to_own is the figure for strangers",
    "exam questions are old and public: they show that the gap is found, not how good models of today are",
    "harmful wishes are told apart by the style of their source: the contrast pairs (xstest) are the honest figure",
    "injections have a model of their own for the file of predictions, and are in no weights",
];

/// Measures weights on what they did not learn from.
pub fn measure(pack: &Pack, weights: &Weights<'_>) -> RouterReport {
    let files =
        pack.files.iter().map(|(name, sha256)| RouterFile { name: name.clone(), sha256: sha256.clone() });
    let mut report = RouterReport {
        schema: 1,
        weights: weights.name.clone(),
        figures: Vec::new(),
        confused: Vec::new(),
        notes: NOTES.iter().map(|note| (*note).to_owned()).collect(),
        files: files.collect(),
    };
    intents::measure(pack, weights, &mut report);
    others::measure(pack, weights, &mut report);
    pairs::measure(pack, weights, &mut report);
    noise::measure(pack, weights, &mut report);
    report
}

/// Adds how long decisions take, by a clock that tells the time passed.
pub fn time(pack: &Pack, clock: &dyn Fn() -> Duration, report: &mut RouterReport) {
    noise::time(pack, clock, report);
}

/// The weights that this program was built with.
pub fn shipped() -> Option<&'static Weights<'static>> {
    Weights::shipped()
}
