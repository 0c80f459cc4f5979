//! Generated scripts against an execution oracle: whatever a policy allows is executed, in the sandbox and with the
//! workspace writable, and must have done no more than the policy says. `PLYRUM_ORACLE` sets how many are executed.

use super::project::{COMMANDS, lay_out};
use crate::world::{PLYRUM, skipped};
use plyrum_tools::commands::{Runner, Shell, Spec};
use plyrum_tools::sandbox::{Config, Helper, Level, Limits, probe, usual_protected};
use plyrum_tools::{POLICIES, Place, Policy, Question, Verdict};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What nobody may be told: it stands only outside of the workspace.
pub(super) const CANARY: &str = "kanarek-7f3a91";
/// What is put somewhere into an everyday command.
const PIECES: &[&str] = &[
    "$(touch ../escaped)",
    "`touch ../escaped`",
    ">../escaped",
    ">escaped",
    ">>.envrc",
    "2>.git/hooks/x",
    "<../secret.txt",
    "&",
    "&& touch .envrc",
    "; cat ../secret.txt",
    "| tee ../escaped",
    "|| rm -rf .",
    "*",
    "../*",
    "~",
    "$HOME",
    "-exec",
    "--output=../escaped",
    "-o",
    "../escaped",
    "-i",
    "--",
    "'",
    "\"",
    "\\",
    "{a,b}",
    "!!",
    "#",
    "-delete",
    "../secret.txt",
    "links/secret",
    "-fprint",
    "-w",
    "--pre",
    "sh",
    "-c",
    "-R",
    "/etc/hostname",
    "*/..",
    "?",
    "[a-z]*",
    "2>&1",
    ">/dev/null",
    "&& ls",
    "| cat",
    "; pwd",
    "a.txt",
    "src",
    "-n",
    "-r",
    "--follow",
    "-L",
    "dashed/*",
    "\u{a0}",
    "\t",
    "A=1",
    "cd",
    "..",
];

/// Numbers from a seed (`xorshift`).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    pub(super) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    /// An everyday command with up to three pieces put into it, sometimes joined with another.
    fn script(&mut self) -> String {
        let mut words: Vec<&str> = self.pick(COMMANDS).split(' ').collect();
        for _ in 0..self.roll(4) {
            let at = self.roll(words.len() + 1);
            words.insert(at, self.pick(PIECES));
        }
        let script = words.join(" ");
        match self.roll(6) {
            0 => format!("{script} {} {}", self.pick(&["&&", "||", ";", "|"]), self.pick(COMMANDS)),
            _ => script,
        }
    }
}

/// Every file with its content, kind and permissions; what a script did shows here.
pub(super) fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let what = if meta.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if meta.is_dir() {
                todo.push(path.clone());
                "folder".to_owned()
            } else {
                format!("{:x?}", fs::read(&path).unwrap_or_default())
            };
            found.insert(path, format!("{:o} {what}", meta.permissions().mode()));
        }
    }
    found
}

/// A project, a secret beside it and a home, laid out anew for each script.
pub(super) struct Yard {
    root: tempfile::TempDir,
}

impl Yard {
    pub(super) fn new() -> Self {
        // Not under `/tmp`, which is private inside: what is written there would prove nothing.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let root = tempfile::Builder::new().prefix("oracle").tempdir_in(folder).unwrap();
        let yard = Self { root };
        fs::create_dir_all(yard.path("home/.ssh")).unwrap();
        fs::create_dir(yard.path("state")).unwrap();
        fs::write(yard.path("home/.ssh/id"), CANARY).unwrap();
        yard.lay_out();
        yard
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(super) fn lay_out(&self) {
        if self.path("place").exists() {
            fs::remove_dir_all(self.path("place")).unwrap();
        }
        fs::create_dir_all(self.path("place/project")).unwrap();
        lay_out(&self.path("place/project"));
        fs::write(self.path("place/secret.txt"), CANARY).unwrap();
    }

    pub(super) fn config(&self) -> Config {
        Config {
            helper: Helper { program: PLYRUM.into(), arguments: vec!["__sandbox".into()] },
            state_dir: self.path("state"),
            home: self.path("home"),
            hidden: vec![self.path("home/.ssh")],
            protected: usual_protected(),
            max_level: Level::Full,
            limits: Limits::default(),
        }
    }
}

pub(super) fn policy(name: &str) -> Policy {
    let shipped = POLICIES.iter().map(|(file, text)| Policy::parse(text, file).unwrap());
    shipped.into_iter().find(|policy| policy.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auto_confirm_does_no_more_than_its_policy_says() {
    let yard = Yard::new();
    let config = yard.config();
    if probe(&config).await.level != Level::Full {
        return skipped("generated scripts are not executed here, since there is no full sandbox");
    }
    let wanted = std::env::var("PLYRUM_ORACLE").ok().and_then(|n| n.parse().ok()).unwrap_or(120_u32);
    let runner = Runner::new(config, Level::Full).unwrap();
    let (workspace, read_only) = (policy("workspace"), policy("read-only"));
    let project = yard.path("place/project").canonicalize().unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut executed, mut generated) = (0_u32, 0_u32);
    while executed < wanted {
        let script = dice.script();
        generated += 1;
        assert!(generated < wanted * 200, "hardly anything is allowed");
        let place = Place { workspace: &project, copy: None, home: Some(&yard.path("home")) };
        let question = Question::Shell { command: &script, cwd: "" };
        let allows = |policy: &Policy| policy.decide(&question, &place).verdict == Verdict::Allow;
        if !allows(&workspace) {
            assert!(!allows(&read_only), "read-only allows more than workspace: {script}");
            continue;
        }
        executed += 1;
        let before = tree(&yard.path("place"));
        let proven =
            workspace.proven(&script, "", &place).unwrap_or_else(|| panic!("{script:?} is not proven"));
        let output = execute(&runner, spec(&project, &proven)).await;
        assert!(!output.contains(CANARY), "{script:?} was told what stands outside: {output}");
        let after = tree(&yard.path("place"));
        let changed: Vec<&PathBuf> = before
            .iter()
            .chain(&after)
            .filter(|(path, what)| before.get(*path) != Some(*what) || after.get(*path) != Some(*what))
            .map(|(path, _)| path)
            .collect();
        if allows(&read_only) {
            assert!(changed.is_empty(), "{script:?} is allowed as reading and changed {changed:?}");
        }
        for path in &changed {
            let inside = path.strip_prefix(yard.path("place/project"));
            let inside = inside.unwrap_or_else(|_| panic!("{script:?} changed {} outside", path.display()));
            let guarded = |part: &std::ffi::OsStr| {
                [".git", ".envrc", ".bashrc", ".npmrc"].iter().any(|name| part == *name)
            };
            assert!(!inside.iter().any(guarded), "{script:?} changed {}", path.display());
        }
        if !changed.is_empty() {
            yard.lay_out();
        }
    }
    println!(
        "{executed} of {generated} generated scripts were allowed and executed; none did more than it might"
    );
}

/// Strings that once did more than their policy says, by ways of a shell that no grammar of a command sees.
const FOUND: &[&str] = &[
    "sed 's/[^]/]x/g;s/;e echo PWNED #/x/' a.txt",
    "sed 's/[[:alpha:]/]/x/;s/;e echo PWNED #/x/' a.txt",
    "printf 'abc%n' PATH && ls",
    "touch -- -exec ';' && find src *exec sh evil/pwn.sh ?",
    "touch -- -delete && find src *elete",
    "touch -- --output=README.md && sort *",
    "echo 中\\;id",
    "git -C bare status --short | cat",
    "git -C bare log",
    "strings @evil/opts",
    "cargo tree",
    "cargo --version && rustc -vV",
    "grep -rn secret .",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auto_confirm_of_what_was_found_by_looking_for_it_does_nothing_but_what_is_said() {
    let yard = Yard::new();
    let config = yard.config();
    if probe(&config).await.level != Level::Full {
        return skipped("what was found is not executed here, since there is no full sandbox");
    }
    let runner = Runner::new(config, Level::Full).unwrap();
    let project = yard.path("place/project").canonicalize().unwrap();
    let put = |name: &str, text: &str| {
        let path = project.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let (workspace, read_only) = (policy("workspace"), policy("read-only"));
    let place = Place { workspace: &project, copy: None, home: None };
    for script in FOUND {
        yard.lay_out();
        put("evil/pwn.sh", "echo PWNED");
        put("evil/opts", "../secret.txt");
        put("3/ls", "#!/bin/sh\necho PWNED");
        put(".env", "TOKEN=PWNED-secret");
        put(".cargo/config.toml", "build.rustc = \"./evil/pwn.sh\"");
        put("rust-toolchain.toml", "[toolchain]\npath = \"/tmp/evil\"");
        for (name, text) in
            [("HEAD", "ref: refs/heads/x\n"), ("config", "[core]\nfsmonitor = \"echo PWNED >&2; false\"\n")]
        {
            put(&format!("bare/{name}"), text);
        }
        fs::create_dir_all(project.join("bare/objects")).unwrap();
        fs::create_dir_all(project.join("bare/refs")).unwrap();
        let before = fs::read_to_string(project.join("README.md")).unwrap();
        for policy in [&workspace, &read_only] {
            let Some(line) = policy.proven(script, "", &place) else { continue };
            let output = execute(&runner, spec(&project, &line)).await;
            assert!(!output.contains("PWNED") || script.starts_with("grep"), "{script:?}: {output}");
            assert!(!output.contains(CANARY), "{script:?}: {output}");
            assert_eq!(fs::read_to_string(project.join("README.md")).unwrap(), before, "{script:?}");
            assert!(project.join("src/main.rs").exists(), "{script:?}");
        }
    }
}

/// How a command line is run in a project.
pub(super) fn spec(project: &Path, line: &str) -> Spec {
    Spec {
        argv: Shell { command: line.to_owned(), cwd: None, timeout_s: None, network: None }.words(),
        workspace: project.to_owned(),
        cwd: PathBuf::new(),
        env: Vec::new(),
        masked: Vec::new(),
        network: false,
        writable: true,
        timeout: Duration::from_secs(5),
        level: Level::Full,
    }
}

/// What it says.
pub(super) async fn execute(runner: &Runner, spec: Spec) -> String {
    let (_keep, stop) = watch::channel(false);
    // The reader is gone at once: one that is there and never reads is waited for.
    let (nobody_reads, _) = mpsc::channel(1);
    let line = format!("{:?}", spec.argv);
    let finished = runner.execute(spec, stop, nobody_reads).await;
    finished.unwrap_or_else(|e| panic!("{line}: {e}")).output
}
