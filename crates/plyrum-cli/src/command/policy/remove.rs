//! `plyrum policy remove`.

use super::of_policies;
use crate::command::{Outcome, paths};
use crate::out;
use crate::sanitize::clean;
use crate::text::say;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::policies::{PoliciesError, broken, change, user_rules};
use plyrum_tools::{RemoveError, without_rule};
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule: its name, what it matches, or its number in `policy list`
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (path, _) = user_rules(&paths()?).map_err(|e| of_policies(&e))?;
    let number =
        change(&path, |text| without_rule(text, &args.rule).map_err(|e| Refused::Rule(e, text.to_owned())));
    let number = number.map_err(|refused| match refused {
        Refused::File(e) => of_policies(&e),
        Refused::Rule(e, text) => of_rule(&e, &path, &text),
    })?;
    let removed = say!("policy-removed", rule = number.to_string(), path = path.display().to_string());
    out::print(&clean(&format!("{removed}\n")))?;
    Ok(ExitCode::SUCCESS)
}

/// The file, or the rule in it.
enum Refused {
    File(PoliciesError),
    Rule(RemoveError, String),
}

impl From<PoliciesError> for Refused {
    fn from(error: PoliciesError) -> Self {
        Self::File(error)
    }
}

fn of_rule(error: &RemoveError, path: &Path, text: &str) -> Fault {
    let kind = match error {
        RemoveError::Broken(e) => return of_policies(&broken(path, text, e)),
        RemoveError::Unknown(_) => ErrorKind::NotFound,
        RemoveError::Ambiguous(..) => ErrorKind::Ambiguous,
        RemoveError::Entangled(_) => return Fault::new(ErrorKind::Config, error.to_string()),
    };
    Fault::new(kind, error.to_string()).hint("plyrum policy list")
}
