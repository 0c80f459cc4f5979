//! Conversations: what was said before reaches the model again, and only that.

use crate::world::{Reply, Script, World};
use serde_json::Value;

/// Roles and texts of a request, without the system prompt.
fn said(request: &Value) -> Vec<(String, String)> {
    let messages = request["messages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages.map(|m| (text(&m["role"]), text(&m["content"]))).filter(|(role, _)| role != "system").collect()
}

#[test]
fn a_continued_session_sends_what_was_said() {
    let world = World::new();
    let script =
        Script::new().then(Reply::answer("Nice to meet you.", 9, 4)).then(Reply::answer("Ann.", 9, 1));
    let fake = world.lab(script);
    world.plyrum(["ask", "My name is Ann."]).run().ok();
    world.plyrum(["ask", "-c", "What is my name?"]).run().answers("Ann.");
    let second = said(&fake.requests()[1].json());
    let roles: Vec<&str> = second.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert!(
        second[0].1.contains("My name is Ann.") && second[1].1.contains("Nice to meet you."),
        "{second:?}"
    );
    assert!(second[2].1.contains("What is my name?"), "{second:?}");

    let transcript = world.json(["transcript", "show", "last", "--json"]);
    assert_eq!(transcript["turns"].as_array().map(Vec::len), Some(2));
    let runs = world.json(["runs", "list", "--json"]);
    assert_eq!(runs[0]["session"], runs[1]["session"]);
}

#[test]
fn a_new_session_knows_nothing_of_the_last_one_and_an_id_finds_the_first() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Noted.", 9, 2)));
    let first = world.json(["ask", "--json", "My name is Ann."]);
    world.plyrum(["ask", "My name is Bob."]).run().ok();
    assert_eq!(said(&fake.requests()[1].json()).len(), 1);
    let session: String = first["session"].as_str().unwrap().chars().take(6).collect();
    world.plyrum(["ask", "-s", &session, "What is my name?"]).run().ok();
    let third = said(&fake.requests()[2].json());
    assert!(third[0].1.contains("Ann") && !third.iter().any(|(_, text)| text.contains("Bob")), "{third:?}");
}

#[test]
fn a_conversation_survives_the_daemon() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Noted.", 9, 2)));
    world.plyrum(["ask", "My name is Ann."]).run().ok();
    world.kill_daemon();
    world.plyrum(["ask", "-c", "What is my name?"]).run().ok();
    assert!(said(&fake.requests()[1].json())[0].1.contains("Ann"));
}

#[test]
fn a_failed_exchange_is_not_told_to_the_model_again() {
    let world = World::new();
    let script = Script::new()
        .then(Reply::answer("Noted.", 9, 2))
        .then(Reply::error(400, "{}"))
        .then(Reply::answer("Ann.", 9, 1));
    let fake = world.lab(script);
    world.plyrum(["ask", "My name is Ann."]).run().ok();
    world.plyrum(["ask", "-c", "This one fails."]).run().fails(1);
    world.plyrum(["ask", "-c", "What is my name?"]).run().answers("Ann.");
    let third = said(&fake.requests()[2].json());
    assert!(!third.iter().any(|(_, text)| text.contains("This one fails")), "{third:?}");
}

#[test]
fn a_persona_is_the_system_prompt() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Noted.", 9, 2)));
    let system = |n: usize| fake.requests()[n].json()["messages"][0]["content"].as_str().unwrap().to_owned();
    world.plyrum(["ask", "-p", "reviewer", "Look at this"]).run().ok();
    world.plyrum(["ask", "-p", "shell", "Look at this"]).run().ok();
    assert_ne!(system(0), system(1));
    let own = "+++\nname = \"pirate\"\ndescription = \"Speaks like one\"\n+++\nYou are a pirate called Longbeard.\n";
    world.file_of_home("config/personas/pirate.md", own);
    world.plyrum(["ask", "-p", "pirate", "Look at this"]).run().ok();
    assert!(system(2).contains("Longbeard"), "{}", system(2));
}

#[test]
fn two_runs_at_once_in_one_session_keep_apart() {
    let world = World::new();
    let slow = Reply::sse().text("Slow").gate("rest").text(" one.").end(9, 2);
    let script =
        Script::new().then(Reply::answer("Noted.", 9, 2)).then(slow).then(Reply::answer("Quick one.", 9, 2));
    let fake = world.lab(script);
    world.plyrum(["ask", "My name is Ann."]).run().ok();
    let slow = world.plyrum(["ask", "-c", "Who am I?"]).start();
    fake.wait_at_gate_blocking("rest");
    world.plyrum(["ask", "-c", "And now?"]).run().answers("Quick one.");
    fake.release("rest");
    slow.finish().answers("Slow one.");
    let transcript = world.json(["transcript", "show", "last", "--json"]);
    let answers: Vec<&str> =
        transcript["turns"].as_array().unwrap().iter().filter_map(|turn| turn["answer"].as_str()).collect();
    assert_eq!(answers, ["Noted.", "Slow one.", "Quick one."]);
    world.is_sound();
}

#[test]
fn a_torn_transcript_is_read_and_continued() {
    use std::io::Write as _;
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Noted.", 9, 2)));
    let first = world.json(["ask", "--json", "My name is Ann."]);
    world.plyrum(["daemon", "stop"]).run().ok();
    let path = world.home().join(format!("data/sessions/{}.jsonl", first["session"].as_str().unwrap()));
    std::fs::File::options().append(true).open(path).unwrap().write_all(b"{\"type\":\"run.acc").unwrap();
    world.plyrum(["transcript", "show"]).run().ok();
    world.plyrum(["ask", "-c", "What is my name?"]).run().ok();
    assert!(said(&fake.requests()[1].json())[0].1.contains("Ann"));
    assert_eq!(
        world.json(["transcript", "show", "last", "--json"])["turns"].as_array().map(Vec::len),
        Some(2)
    );
}
