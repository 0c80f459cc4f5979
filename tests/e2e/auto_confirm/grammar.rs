//! Scripts from a grammar of their own, hostile on purpose, against an execution oracle: a project in which everything
//! that is guarded holds a canary, a folder beside it and a home. What a policy allows is executed as the daemon would;
//! then nothing may have changed but what the policy lets change, and no canary may have been told.
//! `PLYRUM_GRAMMAR` sets how many scripts are generated.

use super::oracle::{self, CANARY, Dice, Yard, policy, tree};
use crate::world::skipped;
use plyrum_tools::commands::{Runner, Spec};
use plyrum_tools::sandbox::{Level, probe};
use plyrum_tools::{Place, Policy, Question, Verdict, only_reads, secrets_below};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Names in the project that hold it: keys, and what usually holds some.
const GUARDED: &[&str] = &[
    ".env",
    ".envrc",
    ".npmrc",
    ".netrc",
    ".git-credentials",
    "src/.envrc",
    "src/deep/.env.local",
    "docs/id_rsa",
];
/// Names that nobody may write.
const UNWRITTEN: &[&str] =
    &[".git", ".bashrc", ".envrc", ".npmrc", ".plyrum", ".vscode", ".netrc", ".git-credentials"];
/// Files of the project that are named like options.
const DASHED: &[&str] = &["-delete", "-i", "-exec", "--output=a.txt", "-rf", "-n"];

const READING: &[&str] = &[
    "cat",
    "head -n 3",
    "tail -n 2",
    "wc -l",
    "ls -la",
    "ls -R",
    "grep -rn x",
    "grep kanarek",
    "grep -rn kanarek .",
    "rg -uu kanarek",
    "rg --hidden x",
    "find . -name",
    "find src -type f",
    "sort",
    "uniq",
    "cut -c 1-3",
    "sed -n 1,3p",
    "sed s/x/y/",
    "file",
    "stat",
    "diff a.txt",
    "tree -a",
    "du -sh",
    "echo",
    "printf %s",
    "od -c",
    "base64",
    "nl",
    "tac",
    "tr x y",
    "git status --short",
    "git log --oneline -3",
    "git diff",
    "jq .",
    "pwd",
    "date",
    "true",
    "basename",
    "realpath",
    "strings",
    "cmp a.txt",
    "comm a.txt",
    "awk 1",
    "xxd",
    "sha256sum",
    "readlink",
];
const WRITING: &[&str] =
    &["mkdir -p", "touch", "cp a.txt", "cp -r src", "mv b.txt", "mv docs", "cp -t new", "touch -r a.txt"];
/// What is written first; then come any words.
const WRITTEN: &[&str] = &["new", "x", "src/new", "docs", "a.txt", "new/deep"];
const PLAIN: &[&str] = &[
    "a.txt",
    "b.txt",
    "src",
    "src/main.rs",
    "new",
    "x",
    "docs/guide.md",
    ".",
    "README.md",
    "new/deep",
    "data.csv",
];
const QUOTED: &[&str] = &[
    "'a.txt'",
    "\"b.txt\"",
    "'my file.txt'",
    "''",
    "\"\"",
    "a'.'txt",
    "\"a\"'.txt'",
    "'$(id)'",
    "\\a.txt",
    "'*'",
];
const GLOBS: &[&str] = &[
    "*", "*.txt", "src/*", "?.txt", "[ab].txt", ".*", "*/*", "dashed/*", "links/*", "**", "[!a]*", "src/.*",
    "*rc",
];
const EXPANSIONS: &[&str] = &[
    "$HOME",
    "${HOME}/.ssh/id",
    "$(cat ../beside/secret)",
    "`cat ../beside/secret`",
    "~",
    "~/.ssh/id",
    "$((1+1))",
    "{a,b}.txt",
    "\"$(touch ../beside/hit)\"",
    "$'\\x61'",
    "!!",
    "<(id)",
];
const OUTSIDE: &[&str] = &[
    "../beside/secret",
    "/etc/passwd",
    "links/up",
    "links/secret",
    "src/../../beside/secret",
    "../beside",
    "..",
    "links/root/etc/hostname",
    "links/out",
    ".git/secret",
    ".envrc",
    "src/.envrc",
    ".env",
    "docs/id_rsa",
    ".npmrc",
    "../../home/.ssh/id",
];
const OPTIONS: &[&str] = &[
    "-delete",
    "-exec touch hit ;",
    "-fprint ../beside/hit",
    "--output=../beside/hit",
    "-o hit",
    "-i",
    "-w",
    "--pre cat",
    "-L",
    "--follow",
    "-R",
    "-f",
    "--files-from=.envrc",
    "--",
    "-",
    "-n",
    "-c",
    "--target-directory=../beside",
    "-S",
    "--suffix=/../../hit",
];
/// The first three are harmless.
const REDIRECTS: &[&str] = &[
    "2>&1",
    ">/dev/null",
    "2>/dev/null",
    "> hit",
    ">> .envrc",
    "> ../beside/hit",
    "< ../beside/secret",
    "<< x",
    "<<< x",
    ">| hit",
    "&> hit",
    ">&2",
    "2> .git/hooks/x",
    "<> hit",
    ">/dev/null/../hit",
];
/// The first four are plain.
const JOINTS: &[&str] = &[" && ", " || ", "; ", " | ", " & ", "\n", " |& ", "\r\n", " ;; ", " &&\n"];
/// What is put in front of a command.
const BEFORE: &[&str] = &[
    "A=1 ", "! ", "( ", "{ ", "time ", "env ", "command ", "exec ", "builtin ", "\\", "sudo ", "nice ",
    "\u{a0}",
];

/// A word, plain six times out of ten.
fn word(dice: &mut Dice) -> &'static str {
    match dice.roll(20) {
        0..=11 => dice.pick(PLAIN),
        12 | 13 => dice.pick(QUOTED),
        14 | 15 => dice.pick(GLOBS),
        16 => dice.pick(EXPANSIONS),
        17 => dice.pick(OUTSIDE),
        18 => dice.pick(OPTIONS),
        _ => dice.pick(DASHED),
    }
}

fn command(dice: &mut Dice) -> String {
    let mut words = Vec::new();
    let before = if dice.roll(24) == 0 { dice.pick(BEFORE) } else { "" };
    if dice.roll(3) == 0 {
        words.extend([dice.pick(WRITING), dice.pick(WRITTEN)]);
    } else {
        words.push(dice.pick(READING));
    }
    for _ in 0..dice.roll(3) {
        words.push(word(dice));
    }
    if dice.roll(6) == 0 {
        let of = if dice.roll(2) == 0 { &REDIRECTS[..3] } else { REDIRECTS };
        words.push(dice.pick(of));
    }
    before.to_owned() + &words.join(" ")
}

fn script(dice: &mut Dice) -> String {
    let mut text = command(dice);
    for _ in 0..[0, 0, 1, 1, 2][dice.roll(5)] {
        let of = if dice.roll(3) == 0 { JOINTS } else { &JOINTS[..4] };
        text.push_str(dice.pick(of));
        text.push_str(&command(dice));
    }
    text
}

/// The oracle's yard with more in it: a neighbour, files that are guarded, and files that are named like options.
struct Ground(Yard);

impl Ground {
    fn new() -> Self {
        let ground = Self(Yard::new());
        fs::write(ground.path("home/.bashrc"), CANARY).unwrap();
        ground.lay_out();
        ground
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn lay_out(&self) {
        self.0.lay_out();
        fs::create_dir(self.path("place/beside")).unwrap();
        fs::write(self.path("place/beside/secret"), CANARY).unwrap();
        let project = self.path("place/project");
        for name in GUARDED {
            fs::write(project.join(name), format!("x {CANARY}\n")).unwrap();
        }
        for name in DASHED {
            fs::write(project.join(name), "x\n").unwrap();
        }
    }

    fn all(&self) -> BTreeMap<PathBuf, String> {
        let mut all = tree(&self.path("place"));
        all.extend(tree(&self.path("home")));
        all
    }
}

/// What one execution did and told.
struct Did {
    output: String,
    changed: BTreeSet<PathBuf>,
}

/// As the daemon would, but for one thing: the workspace is writable even where a script is known to read only.
async fn execute(ground: &Ground, runner: &Runner, script: &str, proven: &str) -> Did {
    let (project, home) = (ground.path("place/project"), ground.path("home"));
    let place = Place { workspace: &project, copy: None, home: Some(&home) };
    let masks = only_reads(&Question::Shell { command: script, cwd: "" }, &place);
    let spec = Spec {
        masked: if masks { secrets_below(&project) } else { Vec::new() },
        env: vec![("HOME".into(), home.into())],
        ..oracle::spec(&project, proven)
    };
    let before = ground.all();
    let output = oracle::execute(runner, spec).await;
    let after = ground.all();
    let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
    Did { output, changed: before.keys().chain(after.keys()).filter(differs).cloned().collect() }
}

fn allows(policy: &Policy, script: &str, place: &Place<'_>) -> bool {
    policy.decide(&Question::Shell { command: script, cwd: "" }, place).verdict == Verdict::Allow
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auto_confirm_of_scripts_from_a_grammar_changes_and_tells_nothing_that_is_guarded() {
    let ground = Ground::new();
    if probe(&ground.0.config()).await.level != Level::Full {
        return skipped("scripts from a grammar are not executed here, since there is no full sandbox");
    }
    let wanted = std::env::var("PLYRUM_GRAMMAR").ok().and_then(|n| n.parse().ok()).unwrap_or(400_u32);
    let runner = Runner::new(ground.0.config(), Level::Full).unwrap();
    let (workspace, read_only) = (policy("workspace"), policy("read-only"));
    let (project, home) = (ground.path("place/project"), ground.path("home"));
    let place = Place { workspace: &project, copy: None, home: Some(&home) };
    let (mut dice, mut seen) = (Dice(0x0dd0_5eed_cafe_f00d), BTreeSet::new());
    let (mut executed, mut wrote, mut wrong) = (0_u32, 0_u32, Vec::new());
    for _ in 0..wanted {
        let script = script(&mut dice);
        let reads = allows(&read_only, &script, &place);
        if !allows(&workspace, &script, &place) {
            assert!(!reads, "read-only allows more than workspace: {script:?}");
            continue;
        }
        if !seen.insert(script.clone()) {
            continue;
        }
        let proven = workspace.proven(&script, "", &place);
        let proven = proven.unwrap_or_else(|| panic!("{script:?} is not proven"));
        let did = execute(&ground, &runner, &script, &proven).await;
        executed += 1;
        wrong.extend(complaint(&did, &script, reads, &project));
        if !did.changed.is_empty() {
            wrote += 1;
            ground.lay_out();
        }
    }
    println!("{wanted} scripts of a grammar, {executed} allowed and executed, {wrote} wrote");
    assert!(wrong.is_empty(), "{} did what they may not:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        executed * 10 >= wanted && wrote * 40 >= wanted,
        "{executed} and {wrote} of {wanted} prove little"
    );
}

/// What is wrong with what a script did, if anything is.
fn complaint(did: &Did, script: &str, reads: bool, project: &Path) -> Option<String> {
    if did.output.contains(CANARY) {
        return Some(format!("{script:?} was told what is guarded"));
    }
    if reads && !did.changed.is_empty() {
        return Some(format!("{script:?} only reads and changed {:?}", did.changed));
    }
    let guarded = |part: &OsStr| UNWRITTEN.iter().any(|name| part == *name);
    let forbidden =
        |path: &&PathBuf| path.strip_prefix(project).map_or(true, |inside| inside.iter().any(guarded));
    did.changed.iter().find(forbidden).map(|path| format!("{script:?} changed {}", path.display()))
}
