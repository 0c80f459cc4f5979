//! What a command does, as far as its words tell: each known command has a grammar of its options and knows
//! which of its words are paths. A command of which anything is unknown is of no class.

mod awk;
mod below;
mod build;
mod find;
mod git;
mod git_config;
mod grammar;
mod guard;
mod hardened;
mod operands;
mod packages;
mod paths;
mod quick;
mod read;
mod search;
mod sed;
mod table;
mod write;

pub(super) use guard::guard;
pub use hardened::hardened;

use super::ground::Ground;
use serde::Deserialize;
use std::path::Path;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It reads files of the workspace, or what is public on the machine.
    Reading,
    /// It writes files whose paths its words name, all inside the workspace.
    Writing,
    /// It builds or tests the project with the project's own code.
    Building,
}

impl Class {
    /// The word used in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Writing => "writing",
            Self::Building => "building",
        }
    }
}

/// Where a command runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) ground: &'a Ground<'a>,
    /// The working directory below the root, real.
    pub(super) cwd: &'a Path,
}

/// The class of a command, or why it has none.
pub(super) fn classify(argv: &[String], at: &At<'_>) -> Result<Class, String> {
    let Some((program, args)) = argv.split_first() else { return Err("there is no command".to_owned()) };
    if program.is_empty() || program.contains('/') {
        return Err(format!(
            "`{program}` is a program by its path; only names of known programs are recognised"
        ));
    }
    if argv.iter().any(|word| word.contains(['\0', '\n', '\r'])) {
        return Err("a word has a line break or NUL".to_owned());
    }
    if let Some(class) = quick::version(program, args) {
        return Ok(class);
    }
    if program == "git" {
        return git::check(args, at).map(|()| Class::Reading);
    }
    if let Some(outcome) = read::special(program, args, at).or_else(|| search::check(program, args, at)) {
        return outcome.map(|()| Class::Reading);
    }
    if let Some(outcome) = packages::check(program, args, at) {
        return outcome;
    }
    if let Some(outcome) = write::special(program, args, at) {
        return outcome.map(|()| Class::Writing);
    }
    if let Some(outcome) = build::check(program, args, at) {
        return outcome.map(|()| Class::Building);
    }
    match table::reading(program) {
        Some(grammar) => {
            if table::RESPONSE_FILES.contains(&program.as_str()) {
                operands::no_response_file(args)?;
            }
            grammar.check(args, at).map(|_| Class::Reading)
        }
        None => Err(format!("`{program}` is no command whose effects are known")),
    }
}
