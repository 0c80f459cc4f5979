//! Disks for tests: one whose n-th call fails, and one that remembers every call, from which the states
//! are made that a power cut could have left behind.

mod crash;
mod dice;
mod flaky;
mod traced;

use std::path::Path;

pub use crate::cases;
pub use crash::Crash;
pub use dice::Dice;
pub use flaky::{Fault, Flaky};
pub use traced::{Op, Trace, Traced};

/// Where thousands of small directories are made quickly: in memory, where the system has such a place.
pub fn quick_place() -> &'static Path {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory } else { Path::new("/tmp") }
}
