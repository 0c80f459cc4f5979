//! What can be said on the command line.

use crate::command::{
    approvals, ask, audit, balance, bench, budget, completions, config, daemon, doctor, explain, feedback,
    ledger, lists, policy, prices, providers, replay, route, runs, screen, sessions, statusline, transcript,
    undo, usage,
};
use crate::russian;
use crate::text;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use plyrum_protocol::ErrorKind;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

/// The terminal AI workbench: one question or many models, exact cost, everything on the record.
#[derive(Debug, Parser)]
#[command(name = "plyrum", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES, after_long_help = long_help(str::to_owned), max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) screen: screen::Args,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  plyrum                            the screen: conversation, steps, approvals, usage
  plyrum ask \"How do I undo the last commit?\"
  cat README.md | plyrum ask \"What is this project for?\"
  plyrum usage --by model
  plyrum explain last

--help lists the exit codes.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask a question; the answer goes to standard output
    Ask(Box<ask::Args>),
    /// Show, follow and cancel runs
    #[command(subcommand)]
    Runs(runs::Command),
    /// Conversations: find, continue, copy, shorten and delete them
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// Show what was said in a session
    #[command(subcommand)]
    Transcript(transcript::Command),
    /// What was used and what it cost
    Usage(usage::Args),
    /// The account
    #[command(subcommand)]
    Balance(balance::Command),
    /// Limits that no request passes
    #[command(subcommand)]
    Budget(budget::Command),
    /// Explain what a run was charged, token class by token class
    Explain(explain::Args),
    /// The books: prove them, correct them
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// One line of figures for a prompt or a status bar
    Statusline(statusline::Args),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Questions about what models want to do
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// Allow an action that waits
    Approve(approvals::Approve),
    /// Do not allow an action that waits
    Deny(approvals::Deny),
    /// Put back the files that a run changed
    Undo(undo::Args),
    /// Say whether a run's answer was good
    Feedback(feedback::Args),
    /// Play what was recorded, without a daemon and without spending
    Replay(replay::Args),
    /// Show how a prompt would be routed, and why
    Route(route::Args),
    /// Policies: what may act
    #[command(subcommand)]
    Policy(policy::Command),
    /// Prices: which hold, what an import would change, what a request would cost
    #[command(subcommand)]
    Prices(prices::Command),
    /// Plans
    #[command(subcommand)]
    Plans(lists::Plans),
    /// Personas
    #[command(subcommand)]
    Personas(lists::Personas),
    /// Models
    #[command(subcommand)]
    Models(lists::Models),
    /// Providers: which there are, add one, give a key, try it
    #[command(subcommand)]
    Providers(providers::Command),
    /// Measured evidence
    #[command(subcommand)]
    Bench(bench::Command),
    /// The background daemon
    #[command(subcommand)]
    Daemon(daemon::Command),
    /// The configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Check that everything is as it should be
    Doctor(doctor::Args),
    /// What your shell completes
    Completions(completions::Args),
    /// The manual page: plyrum man | man -l -
    Man,
}

impl Args {
    /// What was said. Where programs are to read the output, everything is said in English from here on.
    pub(crate) fn understood(words: &[OsString]) -> Result<Self, clap::Error> {
        let parsed = Self::command().try_get_matches_from(words);
        let matches = parsed.map_err(|e| russian::of_user(e, words))?;
        if is_for_programs(&matches) {
            text::speak_to_programs();
        }
        Self::from_arg_matches(&matches).map_err(|e| e.format(&mut Self::command()))
    }
}

/// Whether JSON or CSV is asked for.
fn is_for_programs(mut matches: &ArgMatches) -> bool {
    while let Some((_, of_subcommand)) = matches.subcommand() {
        matches = of_subcommand;
    }
    let flag = |name| matches.try_get_one::<bool>(name).ok().flatten().is_some_and(|given| *given);
    let shape = |name| {
        let mut said = matches.try_get_raw(name).ok().flatten().into_iter().flatten();
        said.any(|said| said == "json" || said == "stream-json")
    };
    flag("json") || flag("csv") || shape("output_format") || shape("format")
}

/// `plyrum "two or more words"` and `… | plyrum word` are prompts; a single word at a terminal is a command,
/// so that a mistyped one is never paid for.
pub(crate) fn with_bare_prompt(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some(first) = words.get(1).map(|word| word.to_string_lossy().into_owned()) else { return words };
    let is_command = Args::command().get_subcommands().any(|c| c.get_name() == first) || first == "help";
    let is_sentence = first.split_whitespace().nth(1).is_some();
    let piped = !std::io::stdin().is_terminal() && is_a_pipe_or_file();
    if !first.starts_with('-') && !is_command && (is_sentence || piped) {
        words.insert(1, "ask".into());
    }
    words
}

/// Whether somebody gave us something to read. The null device is nothing.
fn is_a_pipe_or_file() -> bool {
    use nix::sys::stat::{SFlag, fstat};
    let kind = fstat(std::io::stdin()).map(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT);
    matches!(kind, Ok(SFlag::S_IFIFO | SFlag::S_IFREG | SFlag::S_IFSOCK))
}

/// What stands below the long help, in the words of a language.
pub(crate) fn long_help(said: impl Fn(&'static str) -> String) -> String {
    let (examples, codes) = (said(EXAMPLES), said("Exit codes:"));
    let mut text = format!("{examples}\n\n{codes}\n    0  {}\n", said("success"));
    let mut codes: Vec<u8> = ErrorKind::ALL.iter().map(|kind| kind.exit_code()).collect();
    codes.dedup();
    for code in codes {
        let kinds = ErrorKind::ALL.iter().filter(|kind| kind.exit_code() == code);
        for (nth, kind) in kinds.enumerate() {
            let shown = if nth == 0 { code.to_string() } else { String::new() };
            let _infallible = writeln!(text, "  {shown:>3}  {:<20} {}", kind.as_str(), said(kind.when()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn output_for_programs_is_told_from_output_for_people() {
        let asked = |line: &str| {
            is_for_programs(&Args::command().try_get_matches_from(line.split_whitespace()).unwrap())
        };
        for line in
            ["usage --csv", "ask --json x", "ask -o stream-json x", "plans list --json", "doctor --json"]
        {
            assert!(asked(&format!("plyrum {line}")), "{line}");
        }
        for line in ["usage", "ask x", "ask -o text x", "runs attach", "statusline --format {today}"] {
            assert!(!asked(&format!("plyrum {line}")), "{line}");
        }
    }

    #[test]
    fn a_sentence_is_a_prompt_and_a_mistyped_command_is_not() {
        let words = |text: &[&str]| text.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(with_bare_prompt(words(&["plyrum", "two words"]))[1], "ask");
        assert_eq!(with_bare_prompt(words(&["plyrum", "usage"]))[1], "usage");
        assert_eq!(with_bare_prompt(words(&["plyrum", "--version"]))[1], "--version");
    }
}
