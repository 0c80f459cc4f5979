//! `plyrum policy`: what a policy would say to a command, without running anything. Works without a daemon.

use super::{Outcome, paths};
use crate::table::{Lean, table};
use crate::{fault, out};
use plyrum_config::{Diagnostic, read_bounded};
use plyrum_protocol::{ErrorKind, Fault, view};
use plyrum_tools::{POLICIES, Policy};
use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::Path;
use std::process::ExitCode;

/// Largest policy file, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All policies: the shipped ones, and yours over them
    List,
    /// The verdict on a command; exit 0 whatever it is
    Test {
        /// The policy
        #[arg(long, value_name = "NAME", default_value = "ask")]
        policy: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
        /// One JSON string a line on standard input, one JSON verdict a line
        #[arg(long, conflicts_with = "command")]
        batch: bool,
        /// The command, word by word
        #[arg(last = true, value_name = "CMD")]
        command: Vec<String>,
    },
}

/// A policy with its file.
struct Sourced {
    policy: Policy,
    origin: String,
}

pub(crate) fn run(command: &Command) -> Outcome {
    let policies = load()?;
    match command {
        Command::List => {
            let cells = policies
                .values()
                .map(|p| vec![p.policy.name.clone(), p.policy.description.clone(), p.origin.clone()]);
            let left = |name| (name, Lean::Left);
            out::print(&table(
                &[left("policy"), left("description"), left("from")],
                &cells.collect::<Vec<_>>(),
            ))?;
        }
        Command::Test { policy, json, batch, command } => {
            let chosen = policies.get(policy).ok_or_else(|| unknown(policy, &policies))?;
            if *batch {
                return test_batch(chosen);
            }
            if command.is_empty() {
                return Err(fault::wrong_use("no command to test").hint("plyrum policy test -- git status"));
            }
            let verdict = verdict(chosen, command);
            if *json {
                out::print_json(&verdict)?;
            } else {
                out::print(&crate::sanitize::clean(&format!("{}: {}\n", verdict.verdict, verdict.reason)))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A batch line is a command line; only plain words are told apart here, everything else is one word that no
/// rule names.
fn test_batch(chosen: &Sourced) -> Outcome {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| fault::wrong_use(format!("cannot read standard input: {e}")))?;
        let command: String = serde_json::from_str(&line)
            .map_err(|e| fault::wrong_use(format!("a line of standard input is no JSON string: {e}")))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || " -_./=:,@+%".contains(c);
        let words: Vec<String> = if command.chars().all(plain) {
            command.split_ascii_whitespace().map(str::to_owned).collect()
        } else {
            vec![command]
        };
        out::print_json(&verdict(chosen, &words))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verdict(chosen: &Sourced, command: &[String]) -> view::PolicyVerdict {
    let decided = chosen.policy.decide(command);
    view::PolicyVerdict {
        verdict: decided.verdict.as_str().to_owned(),
        rule: decided.rule,
        file: chosen.origin.clone(),
        line: decided.line,
        reason: decided.reason,
    }
}

fn unknown(name: &str, known: &BTreeMap<String, Sourced>) -> Fault {
    let hint = match plyrum_config::nearest(name, known.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? plyrum policy list shows all"),
        None => "plyrum policy list shows all".to_owned(),
    };
    Fault::new(ErrorKind::NotFound, format!("there is no policy `{name}`")).hint(hint)
}

/// Shipped policies, and the user's own over them by name.
fn load() -> Result<BTreeMap<String, Sourced>, Fault> {
    let mut policies = BTreeMap::new();
    for (path, text) in POLICIES {
        take(&mut policies, Path::new(path), text, "built in")?;
    }
    let dir = paths()?.config_dir.join("policies");
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(policies) };
    let mut files: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).take(256).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    for path in files {
        let file = read_bounded(&path, MAX_BYTES).map_err(|e| plyrum_client::of_config(&e))?;
        if let Some(file) = file {
            take(&mut policies, &path, &file.text, &path.display().to_string())?;
        }
    }
    Ok(policies)
}

fn take(
    policies: &mut BTreeMap<String, Sourced>,
    path: &Path,
    text: &str,
    origin: &str,
) -> Result<(), Fault> {
    let policy = Policy::parse(text).map_err(|e| {
        let problem = Diagnostic::from_span(path, text, e.span, &e.message);
        Fault::new(ErrorKind::Config, problem.to_string()).hint("correct the file")
    })?;
    policies.insert(policy.name.clone(), Sourced { policy, origin: origin.to_owned() });
    Ok(())
}
