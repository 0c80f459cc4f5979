//! What scripts read: every `--json` has the shape of its published schema, with and without content.

use crate::world::{Reply, Script, World, conforms};
use serde_json::Value;

/// Commands with a published shape.
const SHAPES: [(&[&str], &str); 16] = [
    (&["usage", "--json"], "usage"),
    (&["usage", "--by", "day", "--json"], "usage"),
    (&["usage", "--by", "hour", "--since", "2d", "--tz", "Europe/Moscow", "--json"], "usage"),
    (&["balance", "show", "--json"], "balance"),
    (&["runs", "list", "--json"], "runs"),
    (&["daemon", "status", "--json"], "daemon-status"),
    (&["plans", "list", "--json"], "plans"),
    (&["personas", "list", "--json"], "personas"),
    (&["prices", "list", "--all", "--json"], "price-list"),
    (&["models", "list", "--json"], "models"),
    (&["config", "show", "--json"], "config"),
    (&["config", "check", "--json"], "checks"),
    (&["doctor", "--json"], "checks"),
    (&["ledger", "reconcile", "--json"], "checks"),
    (&["audit", "verify", "--json"], "audit-verdict"),
    (&["route", "--json", "Write a poem about rain"], "decision"),
];

fn json(world: &World, args: &[&str]) -> Value {
    let words: Vec<String> = args.iter().map(|word| format!("'{word}'")).collect();
    let out = world.sh(&format!("exec \"$PLYRUM\" {}", words.join(" "))).run();
    out.ok();
    out.json()
}

#[test]
fn every_shape_holds_in_an_empty_home() {
    let world = World::new();
    for (args, schema) in SHAPES {
        conforms(schema, &json(&world, args));
    }
}

#[test]
fn every_shape_holds_after_good_and_bad_runs() {
    let world = World::new();
    let script = Script::new()
        .then(Reply::answer("A good one.", 100, 10))
        .then(Reply::error(400, "{}"))
        .then(Reply::sse().text("Half of").fin())
        .then(Reply::error(503, "{}").header("retry-after-ms", "0"))
        .always(Reply::answer("A good one.", 100, 10));
    let _fake = world.lab(script);
    for _ in 0..4 {
        world.plyrum(["ask", "Hello there"]).run();
    }
    for (args, schema) in SHAPES {
        conforms(schema, &json(&world, args));
    }
    for run in json(&world, &["runs", "list", "--json"]).as_array().unwrap() {
        let id = run["run"].as_str().unwrap();
        conforms("explain", &json(&world, &["explain", id, "--json"]));
        conforms("result", &json(&world, &["runs", "show", id, "--json"]));
        conforms("transcript", &json(&world, &["transcript", "show", id, "--json"]));
    }
    conforms("dry-run", &json(&world, &["ask", "--dry-run", "--json", "Hello there"]));
    let usage = json(&world, &["usage", "--json"]);
    assert_eq!((&usage["total"]["runs"], &usage["total"]["attempts"]), (&4.into(), &5.into()));
}

#[test]
fn reading_commands_start_no_daemon_and_write_nothing() {
    let world = World::new();
    for args in [
        ["usage", "--json"],
        ["runs", "list"],
        ["balance", "show"],
        ["audit", "verify"],
        ["ledger", "reconcile"],
        ["config", "show"],
        ["doctor", "--json"],
    ] {
        world.plyrum(args).run().ok();
    }
    assert_eq!(world.daemons(), [0; 0]);
    assert!(!world.home().exists(), "the home was created by a command that only reads");
}

#[test]
fn lists_as_text_are_tables_for_people() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("A good one.", 100, 10)));
    world.plyrum(["ask", "Hello there"]).run().ok();
    for (args, word) in [
        (["runs", "list"], "succeeded"),
        (["models", "list"], "lab/fast"),
        (["personas", "list"], "reviewer"),
        (["plans", "list"], "direct"),
        (["balance", "show"], "metered"),
        (["daemon", "status"], "running"),
        (["usage", "--by=role"], "answer"),
        (["route", "Write a poem"], "intent"),
        (["transcript", "show"], "A good one."),
        (["audit", "verify"], "ok"),
    ] {
        assert!(world.plyrum(args).run().ok().contains(word), "{args:?}");
    }
}

#[test]
fn no_reader_is_no_error_for_commands_that_list() {
    let world = World::new();
    let (running, reader) = world.plyrum(["config", "show"]).start_into_pipe();
    drop(reader);
    assert_eq!(running.finish().code, 0);
}
