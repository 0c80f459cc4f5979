//! Mixtures replayed: recorded answers of real models through the real engine.
//!
//! Every question of the pack is asked under every policy: `plyrum_engine::Run` plans, holds, asks, waits, counts and stops
//! as it does in the daemon. Recorded is only what lies beyond a provider's edge: what a model answered, and how long
//! one took ([`world`]). What each model is expected to be worth comes from the other half of the questions, so that
//! no figure rests on the answers that it is about.
//!
//! What this cannot show: how good a synthesis is (no aggregator was recorded), several samples of one model, and today's
//! models. It shows mechanism: whether the vote, the early stop, the rule of `auto` and the cascade pay, on real and
//! really correlated errors.

mod arm;
mod bootstrap;
mod calibrate;
mod cell;
mod chance;
mod drawn;
mod kept;
mod pack;
mod panels;
mod prices;
mod quorum;
mod run;
mod spoken;
mod timing;
mod world;

pub use arm::{ARMS, Arm};
pub use pack::Pack;
pub use panels::{PANELS, Panel};

pub use run::{Asked, Prediction, replay};
