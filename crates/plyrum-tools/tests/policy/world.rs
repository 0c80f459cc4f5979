//! A small project with what an attacker would like to have in one.

use crate::corpus::lay_out;
use plyrum_tools::{Decided, POLICIES, Place, Policy, Question, Verdict};
use std::path::PathBuf;

pub(crate) struct World {
    _dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        lay_out(&root);
        Self { _dir: dir, root }
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place { workspace: &self.root, copy: None, home: None }
    }

    pub(crate) fn shell(&self, policy: &Policy, command: &str) -> Decided {
        policy.decide(&Question::Shell { command, cwd: "" }, &self.place())
    }

    pub(crate) fn run(&self, policy: &Policy, argv: &[String]) -> Decided {
        policy.decide(&Question::Run { argv, cwd: "" }, &self.place())
    }
}

pub(crate) fn shipped() -> Vec<Policy> {
    POLICIES
        .iter()
        .map(|(file, text)| Policy::parse(text, file).unwrap_or_else(|e| panic!("{file}: {e}")))
        .collect()
}

pub(crate) fn policy(name: &str) -> Policy {
    shipped().into_iter().find(|policy| policy.name == name).unwrap()
}

pub(crate) fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

pub(crate) const ALLOW: Verdict = Verdict::Allow;
