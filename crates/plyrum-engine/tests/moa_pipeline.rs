//! The whole Mixture-of-Agents pipeline as stories: `cargo test -p plyrum-engine moa_pipeline`.
//!
//! Proposers are attempts 1, 2, 3 … in order of rank, and the combining step's own attempt comes after
//! them. A proposal costs 0.0034 RUB here.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

#[path = "moa_pipeline/mod.rs"]
mod moa_pipeline;
mod world;
