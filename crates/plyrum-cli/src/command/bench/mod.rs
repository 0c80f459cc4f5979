//! `plyrum bench`: measured evidence. [`super::overhead`] measures the machine.

mod moa;
mod predictions;
mod report;
mod router;

use super::Outcome;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// What Plyrum adds on this machine, beside a plain HTTP client and the disk in the same run
    Overhead {
        /// Requests of each kind
        #[arg(long, default_value_t = 40)]
        rounds: u32,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// What each plan costs and how often it is right
    Moa(moa::Args),
    /// How often the router is right, on prompts that it was not trained on
    Router(router::Args),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Overhead { rounds, json } => super::overhead::run(*rounds, *json),
        Command::Moa(args) => moa::run(args),
        Command::Router(args) => router::run(args),
    }
}
