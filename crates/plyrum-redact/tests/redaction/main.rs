//! What redaction promises, as claims: nothing known survives, shapes are found, prose is left alone,
//! chunking does not matter, and redacting twice changes nothing.

#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]
#![expect(clippy::format_push_string, clippy::format_collect, reason = "tests: building texts, not speed")]

mod corpus;
mod false_hits;
mod fuzz;
mod generate;
mod known;
mod latency;
mod recall;
mod records;
mod shapes;
mod splits;
