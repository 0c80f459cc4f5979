//! `plyrum policy`: what a policy would say, without running anything, and the user's own rules. Works without a
//! daemon.

mod add;
mod here;
mod remove;
mod test;

use super::{Outcome, paths};
use crate::out;
use crate::sanitize::cell;
use crate::table::{left, table};
use crate::text::{say, told};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::policies::{PoliciesError, policies, user_rules};
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

/// What is wrong with policies or rules, as the user meets it.
fn of_policies(error: &PoliciesError) -> Fault {
    let kind = match error {
        PoliciesError::Unknown { .. } => ErrorKind::NotFound,
        PoliciesError::Broken(_) => ErrorKind::Config,
        PoliciesError::Unreadable(error) => return plyrum_client::of_config(error),
        PoliciesError::Storage { .. } => ErrorKind::Storage,
        PoliciesError::TooLarge(_) => ErrorKind::Usage,
    };
    Fault::new(kind, error.to_string()).hint(error.hint())
}

fn list() -> Outcome {
    let known = policies(&paths()?).map_err(|e| of_policies(&e))?;
    let cells = known.values().map(|p| {
        vec![p.policy.name.clone(), told(&p.policy.description).into_owned(), told(&p.from).into_owned()]
    });
    let heads = [left(say!("col-policy")), left(say!("col-description")), left(say!("col-from"))];
    out::print(&table(&heads, &cells.collect::<Vec<_>>()))?;
    let (path, rules) = user_rules(&paths()?).map_err(|e| of_policies(&e))?;
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
    let heads = [
        left(say!("col-rule")),
        left(say!("col-verdict")),
        left(say!("col-matches")),
        left(say!("col-why")),
        left(say!("col-at")),
    ];
    out::print(&format!("\n{}", table(&heads, &cells.collect::<Vec<_>>())))?;
    Ok(ExitCode::SUCCESS)
}
