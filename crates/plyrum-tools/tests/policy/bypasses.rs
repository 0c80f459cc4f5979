//! Classes of bypass, each with generated members: none may be allowed under any shipped policy.

use crate::corpus::{CLASSES, members};
use crate::world::{ALLOW, World, shipped};

#[test]
fn no_bypass_is_allowed_under_any_shipped_policy() {
    let world = World::new();
    let (mut total, mut allowed) = (0, Vec::new());
    let policies = shipped();
    for (class, templates, fillings) in CLASSES {
        let mut members = members(templates, fillings);
        let distinct: std::collections::BTreeSet<&String> = members.iter().collect();
        assert!(distinct.len() >= 10, "{class}: {} members", distinct.len());
        // Behind and before a harmless command, each is as it was.
        members.extend(
            members.clone().iter().flat_map(|member| [format!("ls && {member}"), format!("{member} | cat")]),
        );
        for member in &members {
            total += 1;
            for policy in &policies {
                let decided = world.shell(policy, member);
                if decided.verdict == ALLOW {
                    allowed.push(format!("{class} under {}: {member:?}", policy.name));
                }
            }
        }
    }
    println!("bypasses: {} classes, {total} members, {} allowed", CLASSES.len(), allowed.len());
    assert!(CLASSES.len() >= 40);
    assert!(allowed.is_empty(), "allowed:\n{}", allowed.join("\n"));
}

#[test]
fn the_same_words_without_a_shell_are_not_allowed_either() {
    let world = World::new();
    let policies = shipped();
    let (mut total, mut allowed) = (0, Vec::new());
    for (class, templates, fillings) in CLASSES {
        // As words these are plain arguments, `ls` of a file with a strange name.
        let as_words_harmless = [
            "expansions",
            "redirects to files",
            "harmless redirects gone wrong",
            "redirects from files",
            "half quoted and odd",
            "strange spaces",
            "NUL and controls",
            "background",
            "groups and control",
            "line breaks",
            "here-documents",
            "pipes into programs",
            "functions",
            "state of the shell",
            "patterns that leave or look like options",
            "tests that run code",
            "cd and then a relative path",
        ];
        if as_words_harmless.contains(class) {
            continue;
        }
        for member in members(templates, fillings) {
            let argv: Vec<String> = match plyrum_tools::recognise(&member) {
                Ok(commands) if commands.len() == 1 => commands[0].argv(),
                _ => continue,
            };
            total += 1;
            for policy in &policies {
                if world.run(policy, &argv).verdict == ALLOW {
                    allowed.push(format!("{class} under {}: {argv:?}", policy.name));
                }
            }
        }
    }
    println!("bypasses as words: {total} members, {} allowed", allowed.len());
    assert!(allowed.is_empty(), "allowed:\n{}", allowed.join("\n"));
}

#[test]
fn a_pattern_that_finds_an_option_is_asked_for() {
    let world = World::new();
    for policy in &shipped() {
        for command in ["ls *", "cat ?rf", "ls -- *", "ls [^a]*"] {
            let question = plyrum_tools::Question::Shell { command, cwd: "dashed" };
            assert_ne!(policy.decide(&question, &world.place()).verdict, ALLOW, "{command}");
        }
    }
}

#[test]
fn what_may_run_code_of_the_project_is_no_reading() {
    let world = World::new();
    let read_only = crate::world::policy("read-only");
    for command in [
        "cargo tree",
        "cargo metadata --no-deps --format-version 1",
        "cargo pkgid",
        "cargo locate-project",
        "cargo --version",
        "rustc --version",
        "rustc -vV",
        "rustup show",
        "rustup --version",
        "go list ./...",
        "go env",
        "go version",
        "mvn --version",
        "gradle --version",
        "yarn --version",
        "yarn list",
        "pnpm --version",
        "npm ls",
        "npm --version",
        "node --version",
        "java -version",
        "pytest --version",
        "shellcheck a.txt",
    ] {
        let question = plyrum_tools::Question::Shell { command, cwd: "" };
        assert!(!plyrum_tools::only_reads(&question, &world.place()), "{command}");
        assert_ne!(world.shell(&read_only, command).verdict, ALLOW, "{command}");
        assert_eq!(world.shell(&crate::world::policy("workspace"), command).verdict, ALLOW, "{command}");
    }
    for command in ["git --version", "python3 --version", "pip list", "readelf -h a.txt", "nm -C a.txt"] {
        assert_eq!(world.shell(&read_only, command).verdict, ALLOW, "{command}");
    }
}
