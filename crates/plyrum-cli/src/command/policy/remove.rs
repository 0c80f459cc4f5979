//! `plyrum policy remove`.

use super::load::{broken, user_rules};
use super::rules_file;
use crate::command::Outcome;
use crate::out;
use crate::sanitize::clean;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::{RemoveError, without_rule};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule: its name, what it matches, or its number in `policy list`
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (path, _) = user_rules()?;
    let number = rules_file::change(&path, |text| {
        without_rule(text, &args.rule).map_err(|e| match e {
            RemoveError::Broken(e) => broken(&path, text, &e),
            RemoveError::Unknown(_) => {
                Fault::new(ErrorKind::NotFound, e.to_string()).hint("plyrum policy list")
            }
            RemoveError::Ambiguous(..) => {
                Fault::new(ErrorKind::Ambiguous, e.to_string()).hint("plyrum policy list")
            }
            RemoveError::Entangled(_) => Fault::new(ErrorKind::Config, e.to_string()),
        })
    })?;
    out::print(&clean(&format!("removed rule {number} from {}\n", path.display())))?;
    Ok(ExitCode::SUCCESS)
}
