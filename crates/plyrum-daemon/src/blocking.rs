//! Work whose time grows with a text.
//!
//! Telling the runtime that a thread will be busy costs it a thread more and two switches between threads. That is right
//! for megabytes, and a waste for the usual prompt: most submits spent more on the switches than on the work.

/// A text of this many bytes is redacted and routed in less time than a switch of threads may take.
const SHORT_BYTES: u64 = 16 * 1024;

/// Does the work here where the text is short; else with another thread in this one's place meanwhile.
pub(crate) fn by_size<T>(bytes: u64, work: impl FnOnce() -> T) -> T {
    if bytes <= SHORT_BYTES { work() } else { tokio::task::block_in_place(work) }
}
