//! `plyrum completions`: what the shell completes.

use super::Outcome;
use crate::out;
use clap::CommandFactory as _;
use clap_complete::Shell;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plyrum completions bash > ~/.local/share/bash-completion/completions/plyrum
  plyrum completions fish > ~/.config/fish/completions/plyrum.fish
  plyrum completions zsh  > \"${fpath[1]}/_plyrum\"")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::args::Args::command(), "plyrum", &mut script);
    out::print(&String::from_utf8(script).unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}
