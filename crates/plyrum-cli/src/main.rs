//! The `plyrum` binary: parse, run, exit code.
//!
//! Reading order: `args` (what can be said) → `command/*` (one file per command) → `out` (stdout carries
//! answers and data, stderr everything else) → `fault` (how an error is told), `russian` (help, in another language).

mod action;
mod args;
mod command;
mod fault;
mod language;
mod money;
mod out;
mod random;
mod range;
mod russian;
mod sanitize;
mod secret_input;
mod table;
mod text;
mod tui_source;
mod votes;

use args::Args;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else and with no thread: the sandbox executes this program again, inside itself.
    if std::env::args_os().nth(1).is_some_and(|word| word == "__sandbox") {
        return plyrum_tools::sandbox::inner_main(std::env::args_os().skip(2));
    }
    let words = args::with_bare_prompt(std::env::args_os().collect());
    match Args::understood(&words) {
        Ok(args) => command::run(args),
        Err(usage) => fault::usage(&usage),
    }
}
