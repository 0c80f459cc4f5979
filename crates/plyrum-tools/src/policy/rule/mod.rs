//! A rule: what it names, what it says, and how long.
//!
//! A rule that asks or denies speaks about more than it names: about a command however it is called, and about a
//! command whose words name the path that no file tool may touch.

mod named;
mod read;
mod write;

pub(super) use read::PolicyText;
pub use read::{Layer, PolicyError, Rules};
pub use write::{NewRule, RemoveError, What, without_rule};

use super::command::Class;
use super::verdict::Verdict;
use super::wildcard;
use std::path::{Path, PathBuf};

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everywhere.
    Always,
    /// In one workspace.
    Project(PathBuf),
}

/// A checked rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: Option<String>,
    pub(super) tools: Vec<String>,
    pub(super) pattern: Pattern,
    /// Whether the command may use the network.
    pub(super) network: bool,
    pub(super) verdict: Verdict,
    pub(super) why: String,
    pub(super) scope: Scope,
    /// Second since 1970 from which on it holds no more.
    pub(super) until: Option<i64>,
    pub(super) line: u32,
}

/// What a rule names besides the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Everything that the tools do.
    Any,
    /// Commands of a class.
    Class(Class),
    /// A command word by word, or all that begin so.
    Words { words: Vec<String>, open: bool },
    /// Paths below the workspace.
    Path(String),
    /// Hosts: one, or all below `*.`.
    Host(String),
}

/// What is judged: one command, one file, one host.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    Command { tool: &'a str, argv: &'a [String], class: Option<Class> },
    File { tool: &'a str, writes: bool, path: &'a str },
    Host { host: &'a str, numeric: bool },
}

impl Rule {
    /// What an answer calls the rule.
    pub(super) fn told(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let tools = self.tools.join(", ");
        match &self.pattern {
            Pattern::Any => tools,
            Pattern::Class(class) => format!("{tools}: {} commands", class.as_str()),
            Pattern::Words { words, open } => format!("{}{}", words.join(" "), if *open { " …" } else { "" }),
            Pattern::Path(glob) => format!("{tools}: {glob}"),
            Pattern::Host(host) => format!("{tools}: {host}"),
        }
    }

    pub(super) fn holds(&self, workspace: &Path, now: i64) -> bool {
        let here = match &self.scope {
            Scope::Always => true,
            Scope::Project(root) => root == workspace,
        };
        here && self.until.is_none_or(|until| now < until)
    }

    pub(super) fn matches(&self, subject: &Subject<'_>) -> bool {
        if self.verdict > Verdict::Allow
            && let Subject::Command { argv, class, .. } = subject
            && let Pattern::Path(glob) = &self.pattern
        {
            let concerns = *class != Some(Class::Reading) || !self.tools.iter().all(|tool| writes(tool));
            return concerns && named::names(argv, glob);
        }
        self.tools.iter().any(|tool| self.is_about(tool, subject))
            && match (&self.pattern, subject) {
                (Pattern::Any, _) => true,
                (Pattern::Class(class), Subject::Command { class: found, .. }) => {
                    found.as_ref() == Some(class)
                }
                (Pattern::Words { words, open }, Subject::Command { argv, .. }) => {
                    (words.len() == argv.len() || *open && words.len() <= argv.len())
                        && words.iter().zip(*argv).all(|(pattern, word)| wildcard::word(pattern, word))
                }
                (Pattern::Path(glob), Subject::File { path, .. }) => wildcard::path(glob, path),
                (Pattern::Host(pattern), Subject::Host { host, numeric }) => {
                    host_matches(pattern, host, *numeric)
                }
                _ => false,
            }
    }

    /// What narrows does not depend on whether a command is given as words or as a string.
    fn is_about(&self, tool: &str, subject: &Subject<'_>) -> bool {
        let command = matches!(subject, Subject::Command { .. });
        subject.is_of(tool) || command && self.verdict > Verdict::Allow && matches!(tool, "run" | "shell")
    }

    /// More is more specific.
    pub(super) fn specificity(&self) -> usize {
        match &self.pattern {
            Pattern::Any => 0,
            Pattern::Class(_) => 1,
            Pattern::Words { words, open } => 2 + words.len() * 2 - usize::from(*open),
            Pattern::Path(glob) | Pattern::Host(glob) => 2 + glob.chars().filter(|c| *c != '*').count(),
        }
    }
}

impl Subject<'_> {
    fn is_of(&self, tool: &str) -> bool {
        match self {
            Self::Command { tool: own, .. } => tool == *own || tool == "command",
            Self::File { tool: own, writes, .. } => {
                tool == *own || tool == if *writes { "write" } else { "read" }
            }
            Self::Host { .. } => matches!(tool, "fetch_url" | "fetch"),
        }
    }
}

/// Tools that change files.
fn writes(tool: &str) -> bool {
    matches!(tool, "write" | "write_file" | "edit_file" | "apply_patch")
}

/// `*.example.org` is every host below it; an address is only ever matched by itself.
fn host_matches(pattern: &str, host: &str, numeric: bool) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => {
            !numeric && suffix.starts_with('.') && host.len() > suffix.len() && host.ends_with(suffix)
        }
        None => pattern == host,
    }
}
