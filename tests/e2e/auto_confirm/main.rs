//! Actions that are confirmed by a policy, by a person, or not at all, as a user meets them: the real binary, its
//! daemon, the sandbox and the record. The model is played from a script.

mod corpus;
mod deferred;
mod grammar;
mod headless;
mod oracle;
#[path = "../../../crates/plyrum-tools/tests/policy/corpus.rs"]
mod project;
mod recorded;
mod remembered;
mod restarts;
mod strictest;
mod terminal;
mod without_sandbox;

use crate::world::{Out, World, eventually, skipped};
use serde_json::Value;
use std::fs;

const MODEL: &str = r#"[models."offline/script"]
provider = "offline"
name = "script"
context_tokens = 100000
price = { currency = "RUB", input = "1", output = "2" }
"#;

/// A world whose model plays this script, with more lines of configuration.
pub(crate) fn acting_with(script: &str, config: &str) -> World {
    let world = World::new();
    world.config(&format!("{config}\n{MODEL}"));
    let path = world.beside("script.toml");
    fs::write(&path, script).unwrap();
    world.with_env("PLYRUM_OFFLINE_SCRIPT", path.to_str().unwrap())
}

pub(crate) fn acting(script: &str) -> World {
    acting_with(script, "")
}

/// The same where commands have to be confirmed by a policy. `None`, said loudly: there is no full sandbox here.
fn acting_in_a_sandbox(script: &str) -> Option<World> {
    let world = acting(script);
    let works = world.sh("bwrap --ro-bind / / --proc /proc --unshare-all true").run().code == 0;
    if !works {
        skipped("no command is confirmed by a policy here, since bubblewrap does not work");
    }
    works.then_some(world)
}

/// A turn that says this and calls these tools; TOML of each call.
pub(crate) fn turn(text: &str, calls: &[&str]) -> String {
    format!("[[turn]]\ntext = \"{text}\"\ntool_calls = [{}]\n", calls.join(", "))
}

pub(crate) fn run(words: &[&str]) -> String {
    format!("{{ name = \"run\", arguments = {{ argv = {words:?} }} }}")
}

pub(crate) fn write(path: &str, content: &str) -> String {
    // JSON's strings are strings of TOML too.
    let (path, content) = (serde_json::json!(path), serde_json::json!(content));
    format!("{{ name = \"write_file\", arguments = {{ path = {path}, content = {content} }} }}")
}

/// Asks the script; `more` are words of the command line.
fn ask(world: &World, more: &str) -> Out {
    world.sh(&format!("\"$PLYRUM\" ask -m offline/script --json {more} 'сделай'")).run()
}

fn run_of(out: &Out) -> String {
    out.json()["run"].as_str().unwrap().to_owned()
}

/// The frames of a run, once it is over.
fn frames(world: &World, run: &str) -> Vec<Value> {
    world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run().lines()
}

fn frames_of<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    frames.iter().filter(|frame| frame["type"] == kind).collect()
}

/// What the model was told of its calls, in order.
fn told(frames: &[Value]) -> Vec<&str> {
    frames_of(frames, "tool.finished").iter().filter_map(|frame| frame["text"].as_str()).collect()
}

/// Records of a kind that a run left, once the daemon has stopped and the record is whole.
fn records(world: &World, run: &str, kind: &str) -> Vec<Value> {
    world.plyrum(["daemon", "stop"]).run();
    let found = world.json(["audit", "search", "--json", "-n", "1000", "--run", run, "--kind", kind]);
    found.as_array().unwrap().iter().map(|record| record["body"].clone()).collect()
}

/// The one question that waits, as soon as it does.
#[track_caller]
pub(crate) fn question(world: &World) -> Value {
    let mut found = Value::Null;
    eventually("something is asked", || {
        let rows = world.json(["approvals", "list", "--json"]);
        found = rows.as_array().unwrap().first().cloned().unwrap_or(Value::Null);
        !found.is_null()
    });
    assert_eq!(found["status"], "pending", "{found}");
    found
}

pub(crate) fn id(question: &Value) -> &str {
    question["approval"].as_str().unwrap()
}

/// What stands in a file of the workspace.
pub(crate) fn text(world: &World, name: &str) -> Option<String> {
    fs::read_to_string(world.beside("work").join(name)).ok()
}
