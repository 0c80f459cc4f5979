//! Evidence: the router and the engine, measured on recorded data.
//!
//! The data is not part of the project: it is read from a directory that whoever measures names (`--data DIR`). What is
//! measured is what runs, the real router and the real engine; only what lies beyond a provider's HTTP edge is
//! recorded. Nothing here writes but the predictions that were asked for.

mod data;
pub mod moa;
pub mod router;

pub use data::{DataError, lines};
