//! Rules over a policy, questions about files and hosts, and what answers tell.

use crate::world::{World, policy, words};
use plyrum_tools::{Layer, Policy, Question, Rules, Verdict, strictest, unix_seconds};
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
    let home = plyrum_tools::Place { workspace: &world.root, home: Some(&world.root) };
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
    ] {
        std::fs::write(world.root.join(".git/config"), config).unwrap();
        assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Ask, "{config}");
    }
    std::fs::write(
        world.root.join(".git/config"),
        "[core]\n\tbare = false\n[extensions]\n\tworktreeConfig = true\n",
    )
    .unwrap();
    assert_eq!(world.shell(&workspace, "git status").verdict, Verdict::Allow);
}
