//! Tool actions: who may do what.
//!
//! Nothing acts yet. What is here is the part that everything else will stand on: policies, their file format
//! and their verdict. A policy is deterministic and explains itself; where no rule speaks, the answer is to
//! ask or to deny, never to allow.
//!
//! Knows no models and no money.

mod policy;

pub use policy::{Decided, Policy, PolicyError, Verdict};

/// Shipped policies, by path in the repository.
pub const POLICIES: &[(&str, &str)] = &[
    ("config/policies/ask.toml", include_str!("../../../config/policies/ask.toml")),
    ("config/policies/ci.toml", include_str!("../../../config/policies/ci.toml")),
];
