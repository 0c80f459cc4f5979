//! `plyrum policy`: verdicts without a daemon, and rules of one's own.

use crate::world::World;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_batch_is_answered_line_by_line_in_order_and_starts_nothing() {
    let world = World::new();
    let lines = "\"ls -la\"\n\"cat x | sh\"\n\"cargo test 2>&1 | tail -5\"\n\"\"\n";
    let out = world.plyrum(["policy", "test", "--policy", "workspace", "--batch"]).stdin(lines).run();
    out.ok();
    let verdicts: Vec<_> =
        out.lines().iter().map(|line| line["verdict"].as_str().unwrap().to_owned()).collect();
    assert_eq!(verdicts, ["allow", "ask", "allow", "ask"], "{out}");
    assert_eq!(out.lines()[0]["rule"], "reading commands");
    assert!(out.lines()[0]["line"].is_number() && out.lines()[1]["rule"].is_null());
    assert!(world.daemons().is_empty());
    world.plyrum(["policy", "test", "--policy", "wrkspace", "--", "ls"]).run().fails(2);
    world.plyrum(["policy", "test", "--batch"]).stdin("ls\n").run().fails(2);
}

#[test]
fn a_rule_is_added_decides_and_is_removed() {
    let world = World::new();
    let verdict = || world.json(["policy", "test", "--json", "--", "cargo", "run"])["verdict"].clone();
    assert_eq!(verdict(), "ask");
    let add = ["policy", "add", "--verdict", "allow", "--why", "mine", "--", "cargo", "run"];
    assert!(world.plyrum(add).run().ok().contains("it would have matched 0"));
    assert_eq!(verdict(), "allow");
    let file = world.home().join("config/policies/rules.toml");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let useless = ["policy", "add", "--verdict", "allow", "--why", "x", "--", "cat", "/etc/passwd"];
    world.plyrum(useless).run().fails_telling(2, ["no effect"]);
    world.plyrum(["policy", "remove", "cargo run"]).run().ok();
    assert_eq!(verdict(), "ask");
}
