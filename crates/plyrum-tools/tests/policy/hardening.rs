//! A repository that is set up to run programs, read by a real git as [`plyrum_tools::hardened`] says.

use plyrum_tools::hardened;
use std::path::Path;
use std::process::{Command, Stdio};

fn git(root: &Path, words: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null"])
        .args(words)
        .current_dir(root);
    assert!(git.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success(), "{words:?}");
}

#[test]
fn reading_a_hostile_repository_runs_none_of_its_programs() {
    if Command::new("git").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("SKIPPED: there is no git");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("repo");
    std::fs::create_dir(&root).unwrap();
    git(&root, &["init", "-q", "."]);
    std::fs::write(root.join("a.txt"), "one\n").unwrap();
    std::fs::write(root.join(".gitattributes"), "*.txt diff=evil\n").unwrap();
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "one"]);
    std::fs::write(root.join("a.txt"), "two\n").unwrap();
    let marker = dir.path().join("ran");
    let program = dir.path().join("evil");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat /dev/null\n", marker.display()))
        .unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let evil = program.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "gpg.program",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "pager.log",
        "pager.diff",
        "pager.status",
    ] {
        git(&root, &["config", key, evil]);
    }
    git(&root, &["config", "log.showSignature", "true"]);
    std::fs::copy(&program, root.join(".git/hooks/post-index-change")).unwrap();

    let run = |words: &[&str], hard: bool| {
        let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (argv, env) = if hard { hardened(&argv) } else { (argv, Vec::new()) };
        let mut git = Command::new("git");
        git.args(&argv[1..]).envs(env).current_dir(&root);
        let output = git.stdin(Stdio::null()).output().unwrap();
        if hard {
            assert!(output.status.success(), "{argv:?}: {}", std::str::from_utf8(&output.stderr).unwrap());
        }
    };
    let commands: [&[&str]; 16] = [
        &["git", "status"],
        &["git", "status", "-s"],
        &["git", "diff"],
        &["git", "diff", "HEAD"],
        &["git", "log", "-p"],
        &["git", "log", "--oneline"],
        &["git", "show"],
        &["git", "blame", "a.txt"],
        &["git", "grep", "two"],
        &["git", "ls-files", "-m"],
        &["git", "stash", "list"],
        &["git", "reflog"],
        &["git", "branch", "-vv"],
        &["git", "describe", "--always", "--dirty"],
        &["git", "-C", ".", "diff", "--stat"],
        &["git", "--no-pager", "log", "-1", "-p"],
    ];
    for command in commands {
        run(command, true);
        let ran = std::fs::read_to_string(&marker).unwrap_or_default();
        assert!(ran.is_empty(), "{command:?} ran {ran}");
    }
    // The repository is as hostile as it looks.
    run(&["git", "diff"], false);
    assert!(marker.exists(), "the same without hardening runs nothing: the test tests nothing");
}

#[test]
fn other_programs_are_run_as_they_are() {
    let argv = ["ls".to_owned(), "-l".to_owned()];
    assert_eq!(hardened(&argv), (argv.to_vec(), Vec::new()));
    let (words, env) = hardened(&["git", "stash", "show", "-p"].map(str::to_owned));
    assert_eq!(words, ["git", "--no-pager", "stash", "show", "--no-ext-diff", "--no-textconv", "-p"]);
    assert!(env.iter().any(|(name, value)| name == "GIT_OPTIONAL_LOCKS" && value == "0"));
}
