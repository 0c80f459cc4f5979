//! The `plyrum` binary: parse, run, exit code.
//!
//! Reading order: `args` (what can be said) → `command/*` (one file per command) → `out` (stdout carries
//! answers and data, stderr everything else) → `fault` (how an error is told).

mod args;
mod command;
mod fault;
mod money;
mod out;
mod random;
mod sanitize;
mod table;
mod text;

use args::Args;
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words = args::with_bare_prompt(std::env::args_os().collect());
    match Args::try_parse_from(words) {
        Ok(args) => command::run(args),
        Err(usage) => fault::usage(&usage),
    }
}
