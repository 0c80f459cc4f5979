//! Rules over a policy, questions about files and hosts, and what answers tell.

use crate::world::{World, policy, words};
use plyrum_tools::{Layer, Place, Policy, Question, Rules, Verdict, strictest, unix_seconds};
use std::sync::Arc;

fn over(policy: &Policy, layer: Layer, text: &str, now: &str) -> Policy {
    let rules = Rules::parse(text, "rules.toml", layer).unwrap();
    policy.with_rules(Arc::new(rules), unix_seconds(now).unwrap())
}

fn user(name: &str, text: &str) -> Policy {
    over(&policy(name), Layer::User, text, "2026-06-01")
}

const RUN: &str =
    "[[rule]]\ntool = \"command\"\nwords = [\"cargo\", \"run\"]\nverdict = \"allow\"\nwhy = \"mine\"\n";

#[test]
fn a_rule_of_the_user_turns_an_ask_into_an_allow_and_is_named() {
    let world = World::new();
    for name in ["ask", "workspace", "ci"] {
        let decided = world.shell(&user(name, RUN), "cargo run");
        assert_eq!(decided.verdict, Verdict::Allow, "{name}: {}", decided.reason);
        assert_eq!(
            (decided.rule.as_deref(), decided.file.as_str(), decided.line),
            (Some("cargo run"), "rules.toml", Some(1))
        );
        assert_ne!(world.shell(&user(name, RUN), "cargo run --release").verdict, Verdict::Allow);
    }
    let without = world.shell(&policy("workspace"), "cargo run");
    assert!(
        without.reason.contains("plyrum policy add --verdict allow --why … -- cargo run"),
        "{}",
        without.reason
    );
}

#[test]
fn rules_hold_in_a_copy_as_in_the_workspace_it_stands_for() {
    let world = World::new();
    let copy = tempfile::tempdir().unwrap();
    let copy = copy.path().canonicalize().unwrap();
    for name in ["only-here.x", "other.x"] {
        std::fs::write(copy.join(name), "").unwrap();
    }
    let in_copy = Place { copy: Some(&copy), ..world.place() };
    let rule = |verdict: &str, root: &std::path::Path| {
        let root = toml::Value::from(root.to_str().unwrap());
        format!(
            "[[rule]]\ntool = \"command\"\nwords = [\"mytest\", \"*\"]\nverdict = \"{verdict}\"\nwhy = \"mine\"\nscope = \"project\"\nproject = {root}\n"
        )
    };
    let allows = user("ask", &rule("allow", &world.root));
    let proven = allows.proven("mytest only-*.x", "", &in_copy);
    assert_eq!(
        proven.as_deref(),
        Some("/usr/bin/env 'mytest' 'only-here.x'"),
        "a pattern finds what the copy has"
    );
    assert_eq!(user("ask", &rule("allow", &copy)).proven("mytest only-*.x", "", &in_copy), None);
    let absolute = format!("mytest {}/x", world.root.display());
    assert!(allows.proven(&absolute, "", &in_copy).is_some(), "an absolute path leads into what is shown");
    assert_eq!(allows.proven(&format!("mytest {}/x", copy.display()), "", &in_copy), None);
    let build = "cargo test";
    assert!(policy("workspace").proven(build, "", &in_copy).is_some());
    let denies = rule("deny", &world.root).replace("\"mytest\", \"*\"", "\"cargo\", \"test\"");
    assert_eq!(user("workspace", &denies).proven(build, "", &in_copy), None, "what narrows holds as well");
}

#[test]
fn what_is_always_asked_no_rule_allows() {
    let world = World::new();
    for words in [
        r#"["python", "-c", "1"]"#,
        r#"["sh", "-c", "ls"]"#,
        r#"["cat", "/etc/passwd"]"#,
        r#"["cat", ".git/config"]"#,
        r#"["sudo", "ls"]"#,
        r#"["cd", "src"]"#,
        r#"["cat", "links/passwd"]"#,
        r#"["x", "--file=../y"]"#,
        r#"["x", "-f../y"]"#,
        r#"["env"]"#,
        r#"["python3.12", "-c", "1"]"#,
    ] {
        let rule =
            format!("[[rule]]\ntool = \"command\"\nwords = {words}\nverdict = \"allow\"\nwhy = \"mine\"\n");
        let argv: Vec<String> = serde_json::from_str(words).unwrap();
        let decided = world.run(&user("workspace", &rule), &argv);
        assert_eq!(decided.verdict, Verdict::Ask, "{words}");
        assert!(decided.reason.contains("every time"), "{}", decided.reason);
        assert_eq!(world.run(&user("ci", &rule), &argv).verdict, Verdict::Deny, "{words}");
    }
}

#[test]
fn a_denial_stays_and_rules_narrow_whoever_writes_them() {
    let world = World::new();
    let deny = "name = \"p\"\ndescription = \"d\"\notherwise = \"ask\"\n[[rule]]\ntool = \"command\"\nwords = [\"cargo\"]\nopen = true\nverdict = \"deny\"\nwhy = \"no\"\n";
    let denying = over(&Policy::parse(deny, "p.toml").unwrap(), Layer::User, RUN, "2026-06-01");
    let decided = world.shell(&denying, "cargo run");
    assert_eq!((decided.verdict, decided.file.as_str(), decided.line), (Verdict::Deny, "p.toml", Some(4)));

    let narrow = "[[rule]]\nname = \"no tests\"\ntool = \"command\"\nwords = [\"cargo\", \"test\"]\nopen = true\nverdict = \"deny\"\nwhy = \"slow\"\n";
    for layer in [Layer::User, Layer::Project] {
        let narrowed = over(&policy("workspace"), layer, narrow, "2026-06-01");
        assert_eq!(world.shell(&narrowed, "ls && cargo test -q").rule.as_deref(), Some("no tests"));
        assert_eq!(world.shell(&narrowed, "cargo build").verdict, Verdict::Allow);
    }
    assert!(Rules::parse(RUN, "x", Layer::Project).unwrap_err().message.contains("only narrow"));
}

#[test]
fn a_project_s_ask_stands_against_a_user_s_allow() {
    let world = World::new();
    let ask = RUN.replace("allow", "ask");
    let both = over(&user("workspace", RUN), Layer::Project, &ask, "2026-06-01");
    assert_eq!(world.shell(&both, "cargo run").verdict, Verdict::Ask);
}

#[test]
fn rules_end_and_belong_to_projects() {
    let world = World::new();
    let dated = format!("{RUN}until = \"2026-06-01T12:00:00Z\"\n");
    for (now, verdict) in [("2026-06-01T11:59:59Z", Verdict::Allow), ("2026-06-01T12:00:00Z", Verdict::Ask)] {
        assert_eq!(
            world.shell(&over(&policy("workspace"), Layer::User, &dated, now), "cargo run").verdict,
            verdict
        );
    }
    for (root, verdict) in [(world.root.to_str().unwrap(), Verdict::Allow), ("/elsewhere", Verdict::Ask)] {
        let scoped = format!("{RUN}scope = \"project\"\nproject = \"{root}\"\n");
        assert_eq!(world.shell(&user("workspace", &scoped), "cargo run").verdict, verdict);
    }
}

#[test]
fn wrong_rules_are_refused_with_their_place() {
    for (text, says) in [
        ("tool = \"command\"\nverdict = \"allow\"\nwhy = \"x\"", "says what"),
        ("tool = \"command\"\nwords = []\nverdict = \"ask\"\nwhy = \"x\"", "at least one word"),
        (
            "tool = \"command\"\nwords = [\"a\"]\nopen = true\nverdict = \"allow\"\nwhy = \"x\"",
            "cannot be open",
        ),
        ("tool = \"command\"\nwords = [\"*\"]\nverdict = \"allow\"\nwhy = \"x\"", "in full"),
        ("tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \" \"", "why"),
        ("tool = \"command\"\nwords = [\"a\"]\npath = \"b\"\nverdict = \"ask\"\nwhy = \"x\"", "one of"),
        ("tool = []\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"", "names tools"),
        ("tool = \"read\"\npath = \"../x\"\nverdict = \"ask\"\nwhy = \"x\"", "stay in it"),
        ("tool = \"fetch\"\nhost = \"*\"\nverdict = \"allow\"\nwhy = \"x\"", "no host"),
        ("tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"\nuntil = \"soon\"", "no date"),
        (
            "tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"\nscope = \"session\"",
            "in memory",
        ),
        (
            "tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"\nmatch = [\"b\"]",
            "does not match",
        ),
        (
            "tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"\nno_match = [\"a\"]",
            "must not",
        ),
        (
            "tool = \"command\"\nwords = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"\nmatch = [\"a $b\"]",
            "expansion",
        ),
        ("tool = \"command\"\nword = [\"a\"]\nverdict = \"ask\"\nwhy = \"x\"", "word"),
    ] {
        let error = Rules::parse(&format!("[[rule]]\n{text}\n"), "x", Layer::User).unwrap_err();
        assert!(error.message.contains(says) && error.span.is_some(), "{text}: {error:?}");
    }
    let open = Policy::parse("name = \"p\"\ndescription = \"d\"\notherwise = \"allow\"\n", "x").unwrap_err();
    assert!(open.message.contains("asked for or denied") && open.span.is_some());
}

#[test]
fn file_tools_stay_inside_and_never_write_what_is_protected() {
    let world = World::new();
    let workspace = policy("workspace");
    let read = |path| workspace.decide(&Question::Read { tool: "read_file", path }, &world.place()).verdict;
    let write =
        |path| workspace.decide(&Question::Write { tool: "write_file", path }, &world.place()).verdict;
    assert_eq!(
        [read("src/main.rs"), read("."), read(".git/config"), read(".env")],
        [Verdict::Allow, Verdict::Allow, Verdict::Ask, Verdict::Ask]
    );
    assert_eq!([read("../secret.txt"), read("links/passwd"), read("/etc/passwd")], [Verdict::Deny; 3]);
    assert_eq!([write("src/new.rs"), write(".env")], [Verdict::Allow, Verdict::Ask]);
    for path in [
        ".git/hooks/x",
        "src/.envrc",
        ".GIT/x",
        "links/git/config",
        "../x",
        "links/etc/x",
        ".plyrum/policy.toml",
    ] {
        assert_eq!(write(path), Verdict::Deny, "{path}");
    }
    let home = Place { workspace: &world.root, copy: None, home: Some(&world.root) };
    assert_eq!(
        workspace.decide(&Question::Write { tool: "write_file", path: "x" }, &home).verdict,
        Verdict::Ask
    );
}

#[test]
fn hosts_are_asked_for_unless_a_rule_names_them() {
    let world = World::new();
    let rule = "[[rule]]\ntool = \"fetch_url\"\nhost = \"*.example.org\"\nverdict = \"allow\"\nwhy = \"docs\"\nmatch = [\"https://a.example.org/x\"]\nno_match = [\"https://example.org/\", \"https://a.example.org.evil.net/\"]\n";
    let policy = user("workspace", rule);
    let fetch = |url| policy.decide(&Question::Fetch { url }, &world.place()).verdict;
    assert_eq!(fetch("https://docs.example.org/a"), Verdict::Allow);
    for url in [
        "https://example.com/",
        "https://x@docs.example.org/",
        "https://docs.example.org@evil.net/",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "https://a.example.org\\@evil.net/",
    ] {
        assert_eq!(fetch(url), Verdict::Ask, "{url}");
    }
}

#[test]
fn the_strictest_of_several_policies_wins() {
    let world = World::new();
    let all = [policy("workspace"), policy("read-only"), policy("ci")];
    let argv = words("cargo test");
    let ask = |count: usize| {
        strictest(all.iter().take(count), &Question::Run { argv: &argv, cwd: "" }, &world.place())
    };
    assert_eq!(
        [ask(0).verdict, ask(1).verdict, ask(2).verdict],
        [Verdict::Ask, Verdict::Allow, Verdict::Ask]
    );
    assert!(ask(2).file.contains("read-only"));
    let outside = policy("workspace").decide(&Question::Run { argv: &argv, cwd: "../x" }, &world.place());
    assert_eq!(outside.verdict, Verdict::Ask);
}

#[test]
fn a_repository_whose_settings_run_programs_is_asked_for() {
    let world = World::new();
    let workspace = policy("workspace");
    assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Allow);
    for config in [
        "[filter \"x\"]\n\tclean = id\n",
        "[include]\n\tpath = /x\n",
        "[Core]\n worktree = /etc\n",
        "[core] worktree=/\n",
        "[core] [filter \"x\"]\n\tclean = id\n",
        "[core][filter \"x\"]\n\tclean = id\n",
        "[core] bare = false\n",
        "[remote \"a]\"][filter \"x\"]\n\tclean = id\n",
        "[core]\n\tbare = \\\n[filter \"x\"]\n\tclean = id\n",
        "[core]\n\tbare = false\\\n",
        "[filter.x]\n\tclean = id\n",
        "[FILTER \"x\"]\n\tclean = id\n",
        "[diff \"x\"]\n\ttextconv = id\n",
        "[merge \"x\"]\n\tdriver = id\n",
        "[includeIf \"gitdir:/\"]\n\tpath = x\n",
        "\u{feff}[filter \"x\"]\n\tclean = id\n",
        "[pretty]\n\tx = %G?\n",
    ] {
        std::fs::write(world.root.join(".git/config"), config).unwrap();
        assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Ask, "{config}");
    }
    std::fs::write(
        world.root.join(".git/config"),
        "[core]\n\tbare = false\n[extensions] # no\n\tworktreeConfig = true\n[remote \"origin\"]\n\turl = https://x/y\n\
         \tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"main\"]\n\tremote = origin\n; end\n",
    )
    .unwrap();
    assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Allow);
    // What only looks like a repository hides none above it, and a bare one is none of the project's.
    std::fs::create_dir(world.root.join("src/.git")).unwrap();
    assert_eq!(world.shell(&workspace, "git -C src status").verdict, Verdict::Allow);
    std::fs::write(world.root.join(".git/config"), "[filter \"x\"]\n\tclean = id\n").unwrap();
    assert_eq!(world.shell(&workspace, "git -C src status").verdict, Verdict::Ask);
    std::fs::write(world.root.join(".git/config"), "").unwrap();
    for common in [format!("../evil{}", "\n".repeat(70_000)), "x\n../evil".to_owned()] {
        std::fs::write(world.root.join(".git/commondir"), common).unwrap();
        assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Ask);
    }
    std::fs::remove_file(world.root.join(".git/commondir")).unwrap();
    for name in ["HEAD", "objects", "refs"] {
        assert_eq!(world.shell(&workspace, "git -C docs log").verdict, Verdict::Allow, "{name}");
        std::fs::write(world.root.join("docs").join(name), "").unwrap();
    }
    assert_eq!(world.shell(&workspace, "git -C docs log").verdict, Verdict::Ask);
    assert_eq!(world.shell(&workspace, "git log").verdict, Verdict::Allow);
}

#[test]
fn what_asks_or_denies_speaks_however_a_command_is_called_and_whatever_reads_the_file() {
    let world = World::new();
    for tool in ["run", "shell", "command"] {
        let rule = format!(
            "[[rule]]\ntool = \"{tool}\"\nwords = [\"cargo\", \"test\"]\nopen = true\nverdict = \"deny\"\nwhy = \"slow\"\n"
        );
        for layer in [Layer::User, Layer::Project] {
            let denying = over(&policy("workspace"), layer, &rule, "2026-06-01");
            assert_eq!(world.shell(&denying, "cargo test -q").verdict, Verdict::Deny, "{tool}");
            assert_eq!(world.run(&denying, &words("cargo test -q")).verdict, Verdict::Deny, "{tool}");
            assert_eq!(world.run(&denying, &words("cargo build")).verdict, Verdict::Allow, "{tool}");
        }
        // An `allow` speaks only about what it names.
        let one = RUN.replace("\"command\"", &format!("\"{tool}\""));
        let decided = world.run(&user("workspace", &one), &words("cargo run")).verdict;
        assert_eq!(decided == Verdict::Allow, tool != "shell", "{tool}");
    }
    let path = |tool: &str, glob: &str| {
        let rule = format!(
            "[[rule]]\ntool = \"{tool}\"\npath = \"{glob}\"\nverdict = \"deny\"\nwhy = \"private\"\n"
        );
        over(&policy("workspace"), Layer::Project, &rule, "2026-06-01")
    };
    let reading = path("read", "docs/**");
    for command in [
        "cat docs/guide.md",
        "cat ./docs/guide.md",
        "cat src/../docs/guide.md",
        "cat docs/*",
        "ls docs",
        "grep -rn x docs",
        "grep -f docs/guide.md a.txt",
        "grep --file=docs/guide.md a.txt",
        "cp docs/guide.md a.txt",
        "cp -r docs new",
        "git show HEAD:docs/guide.md",
        "wc -l a.txt docs/guide.md",
        "find . -name x",
    ] {
        assert_eq!(world.shell(&reading, command).verdict, Verdict::Deny, "{command}");
    }
    for command in ["cat a.txt", "ls src", "cargo test", "git status", "cat README.md | head"] {
        assert_eq!(world.shell(&reading, command).verdict, Verdict::Allow, "{command}");
    }
    let writing = path("write_file", "docs/**");
    assert_eq!(world.shell(&writing, "cat docs/guide.md").verdict, Verdict::Allow);
    assert_eq!(world.shell(&writing, "cp a.txt docs").verdict, Verdict::Deny);
    assert_eq!(world.shell(&writing, "touch docs/x").verdict, Verdict::Deny);
}

#[test]
fn an_ordinary_project_is_searched_unasked_until_a_guarded_name_would_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    for folder in ["src/a/b/c/d/e/f/g", ".git/objects", ".git/refs", "target/debug"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in ["src/main.rs", "src/a/b/c/d/e/f/g/x.rs", ".git/HEAD", ".env", "README.md", ".git/x.py"] {
        std::fs::write(root.join(file), "x\n").unwrap();
    }
    for number in 0..6_000 {
        std::fs::write(root.join(format!("target/debug/{number}")), "").unwrap();
    }
    std::fs::write(root.join(".gitignore"), "/target\n*.log\n.env\n!.env.example\n").unwrap();
    let workspace = policy("workspace");
    let place = Place { workspace: &root, copy: None, home: None };
    let verdict = |command: &str| workspace.decide(&Question::Shell { command, cwd: "" }, &place).verdict;
    for command in [
        "grep -rn TODO src",
        "grep -rn TODO README.md src",
        "rg TODO",
        "rg -n TODO .",
        "rg -t rust TODO",
        "rg -g '*.rs' TODO",
        "rg -g '!docs' TODO",
        "rg -uu --files",
        "rg --hidden TODO src",
        "grep TODO .gitignore",
        "grep -rn --include='*.rs' --exclude-dir=target TODO .",
    ] {
        assert_eq!(verdict(command), Verdict::Allow, "{command}");
    }
    let reading = [
        "grep -rn TODO .",
        "grep -rn TODO target",
        "grep -rn --include='*.py' --exclude-dir=target TODO .",
        "rg -uu TODO",
        "rg --no-ignore TODO",
        "rg --hidden TODO",
        "rg TODO target",
        "rg -g '*' TODO",
        "rg -t json TODO",
    ];
    for command in reading {
        assert_eq!(verdict(command), Verdict::Ask, "{command}");
    }
    // What a file of the project takes in again is read, however well it is hidden.
    for (file, pattern) in [
        (".ignore", "!.env"),
        (".rgignore", "x\n!/.ENV"),
        ("src/../.gitignore", "!.*"),
        (".git/info/exclude", "!.git/"),
        (".ignore", "!*/"),
        (".ignore", "!\\.env"),
        (".ignore", "!target"),
    ] {
        let before = std::fs::read(root.join(file));
        std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        std::fs::write(root.join(file), pattern).unwrap();
        assert_eq!(verdict("rg TODO"), Verdict::Ask, "{file} {pattern}");
        match before {
            Ok(text) => std::fs::write(root.join(file), text).unwrap(),
            Err(_) => std::fs::remove_file(root.join(file)).unwrap(),
        }
        assert_eq!(verdict("rg TODO"), Verdict::Allow, "{file} {pattern}");
    }
    std::fs::write(root.join("src/id_rsa"), "x").unwrap();
    assert_eq!([verdict("rg TODO"), verdict("grep -rn TODO src")], [Verdict::Ask; 2]);
    std::fs::remove_file(root.join("src/id_rsa")).unwrap();
    // What is left out at the root is not left out below it, and nothing is in a repository of its own.
    std::fs::create_dir_all(root.join("src/target")).unwrap();
    std::fs::write(root.join("src/target/id_rsa"), "x").unwrap();
    assert_eq!(verdict("rg TODO"), Verdict::Ask);
    std::fs::write(root.join(".gitignore"), "target/\n").unwrap();
    assert_eq!(verdict("rg TODO"), Verdict::Allow);
    assert_eq!(verdict("rg TODO src"), Verdict::Allow);
    assert_eq!([verdict("rg -g '*' TODO src"), verdict("rg --hidden TODO src")], [Verdict::Ask; 2]);
    std::fs::create_dir_all(root.join("src/.git")).unwrap();
    assert_eq!([verdict("rg TODO"), verdict("rg TODO src")], [Verdict::Ask; 2]);
}
