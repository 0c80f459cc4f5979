//! `plyrum policy`: what a policy would say, without running anything, and the user's own rules. Works without a
//! daemon.

mod add;
mod load;
mod remove;
mod rules_file;
mod test;

use super::Outcome;
use crate::out;
use crate::sanitize::cell;
use crate::table::{Lean, table};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All policies: the shipped ones, and yours over them; then your own rules
    List,
    /// The verdict on a command; exit 0 whatever it is
    Test(test::Args),
    /// Add a rule of your own; says what it would have matched
    Add(add::Args),
    /// Remove a rule of your own
    Remove(remove::Args),
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::List => list(),
        Command::Test(args) => test::run(args),
        Command::Add(args) => add::run(args),
        Command::Remove(args) => remove::run(args),
    }
}

fn list() -> Outcome {
    let left = |name| (name, Lean::Left);
    let policies = load::policies()?;
    let cells =
        policies.values().map(|p| vec![p.policy.name.clone(), p.policy.description.clone(), p.from.clone()]);
    out::print(&table(&[left("policy"), left("description"), left("from")], &cells.collect::<Vec<_>>()))?;
    let (path, rules) = load::user_rules()?;
    if rules.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let cells = rules.list().enumerate().map(|(at, (rule, verdict, why, line))| {
        vec![
            (at + 1).to_string(),
            verdict.as_str().to_owned(),
            cell(&rule),
            cell(why),
            format!("{}:{line}", path.display()),
        ]
    });
    let heads = [left("rule"), left("verdict"), left("matches"), left("why"), left("at")];
    out::print(&format!("\n{}", table(&heads, &cells.collect::<Vec<_>>())))?;
    Ok(ExitCode::SUCCESS)
}
