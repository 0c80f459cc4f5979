//! Policies as a user meets them: what is never allowed, what usually is, and how rules lie over each other.

#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]

mod bypasses;
mod corpus;
mod everyday;
mod hardening;
mod layers;
mod world;
