//! Append-only files of whole lines, as the audit and the transcripts keep them.
//!
//! Such a file is private (0600 in a 0700 directory), grows by whole lines, and can be torn by a crash or a
//! full disk only behind its last durable line. What is common to all of them is here, so that it is right
//! once and tried by the same machinery: opening, writing, cutting a torn end off and setting it aside
//! ([`set_aside`]), and reading lines in bounded memory ([`Lines`]). What a line *means* is its owner's.
//!
//! Everything that changes the disk goes through [`Disk`]. The feature `testing` has a disk whose n-th call
//! fails and one that remembers every call, from which the states are made that a power cut could leave
//! behind ([`testing`]).

mod disk;
mod lines;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
mod torn;

pub use disk::{Disk, RealDisk, create_dir, write_all};
pub use lines::{Line, Lines};
pub use torn::{Aside, is_whole, set_aside, whole_end};

/// Cases of a property test: `PLYRUM_FUZZ_CASES`, or this many.
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub fn cases(usual: u32) -> u32 {
    std::env::var("PLYRUM_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
