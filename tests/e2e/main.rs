//! Whole-program tests: the real binary, its daemon and a provider on real sockets, in homes of their own.
//!
//! They read as transcripts: a world, a command, what came out. What a lower layer can show is tested
//! there; here is what only the whole can show: exit codes, what is on which stream, one number for money
//! everywhere, and that nothing stays held, hung or leaked whatever dies when.
//!
//! Nothing sleeps to be in time: replies stand at gates, and the tests wait for what they name. Tests that
//! need what a machine may lack (mounting a disk) say loudly that they were skipped.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

mod answer_forms;
mod asking;
mod audit;
#[path = "auto_confirm/main.rs"]
mod auto_confirm;
mod books;
mod budgets;
mod checks;
mod clocks;
mod configuration;
mod conversations;
mod crashes;
mod daemon;
mod disk;
mod endings;
mod faults;
mod feedback;
mod frames;
mod hedges;
mod input;
mod languages;
mod limits;
mod mended;
mod mixtures;
mod money;
mod pictures;
mod places;
mod policies;
mod prices;
mod providers;
mod reattach;
mod recordings;
mod refused_calls;
mod screen;
mod secrets;
mod sessions;
mod shapes;
mod stuck;
mod typed_commands;
mod usage_more;
mod versions;
mod votes;
mod ways;
mod working_system_creation;
mod world;
