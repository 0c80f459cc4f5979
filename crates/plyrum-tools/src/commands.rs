//! Commands: the tools `run` and `shell`, and the one way in which either is executed.
//!
//! A [`Runner`] belongs to a daemon and knows the sandbox; a [`Spec`] says what is to run. What comes back is
//! bounded in every direction: time, output kept, output streamed, output produced, processes.

mod error;
mod follow;
mod output;
mod process;
mod run;
mod runner;
mod shell;
mod spawner;

pub use error::CommandError;
pub use output::{Chunk, KEPT_BYTES, MAX_OUTPUT_BYTES, STREAMED_BYTES};
pub use run::{Run, resolve_timeout};
pub(crate) use runner::Shown;
pub use runner::{Exit, Finished, Runner, Spec, Stopped};
pub use shell::Shell;
