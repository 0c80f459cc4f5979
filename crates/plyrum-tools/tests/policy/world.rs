//! A small project with what an attacker would like to have in one.

use plyrum_tools::{Decided, POLICIES, Place, Policy, Question, Verdict};
use std::os::unix::fs::symlink;
use std::path::PathBuf;

pub(crate) struct World {
    _dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        for folder in
            ["src/deep", "tests", ".git/hooks", "docs", "evil", "dashed", "node_modules/x", "links", "build"]
        {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("../secret.txt"), "secret").unwrap();
        for file in [
            "README.md",
            "Cargo.toml",
            "package.json",
            "Makefile",
            "src/main.rs",
            "src/lib.rs",
            "src/deep/a.rs",
            "tests/test_a.py",
            ".git/config",
            ".git/HEAD",
            ".env",
            ".npmrc",
            ".envrc",
            "evil/.bashrc",
            "evil/.envrc",
            "dashed/-rf",
            "data.csv",
            "a.txt",
            "b.txt",
            "docs/guide.md",
            "data.json",
            "my file.txt",
        ] {
            std::fs::write(root.join(file), "x\n").unwrap();
        }
        for (target, name) in [
            ("/etc", "links/etc"),
            ("/etc/passwd", "links/passwd"),
            ("..", "links/up"),
            ("../..", "links/out"),
            ("../../secret.txt", "links/secret"),
            ("../.git", "links/git"),
            ("/", "links/root"),
            ("../.npmrc", "links/npm"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        Self { _dir: dir, root }
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place { workspace: &self.root, home: None }
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
