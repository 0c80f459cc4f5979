//! Disks for tests: one whose n-th call fails, and one that remembers every call, from which the states
//! are made that a power cut could have left behind.

mod crash;
mod dice;
mod flaky;
mod traced;

pub use crate::cases;
pub use crash::Crash;
pub use dice::Dice;
pub use flaky::{Fault, Flaky};
pub use traced::{Op, Trace, Traced};
