//! What is asked, when it is not what it should be: bounded, UTF-8, named.

use crate::world::{FakeProvider, Reply, Script, World, lab_config};

#[test]
fn standard_input_that_is_not_utf_8_is_exit_2_with_the_place() {
    let world = World::new();
    let out = world.plyrum(["ask", "What is it?"]).stdin(b"abc\xff\xfe".to_vec()).run();
    out.fails_telling(2, ["standard input", "UTF-8", "byte 3", "hint: "]);
    assert_eq!(world.daemons(), [0; 0]);
}

#[test]
fn standard_input_over_16_mib_is_exit_2_with_the_limit() {
    let world = World::new();
    let out = world.plyrum(["ask", "What is it?"]).stdin(vec![b'a'; (16 << 20) + 1]).run();
    out.fails_telling(2, ["16 MiB", "hint: "]);
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn an_endless_standard_input_ends_at_the_limit() {
    let world = World::new();
    world.sh("exec \"$PLYRUM\" ask 'What is it?' < /dev/zero").run().fails_telling(2, ["16 MiB"]);
}

#[test]
fn three_megabytes_of_text_are_answered_offline() {
    let world = World::new();
    let mut text = "The mill stands by the river and grinds. ".repeat(75_000);
    text.push_str("\n\nThe lighthouse keeper is called Anselm.\n");
    assert!(text.len() > 3_000_000);
    let out = world.plyrum(["ask", "What is the lighthouse keeper called?"]).stdin(text).run();
    out.answers("Anselm");
    world.is_sound();
}

#[test]
fn nothing_to_ask_is_exit_2() {
    let world = World::new();
    for out in [
        world.plyrum(["ask"]).run(),
        world.plyrum(["ask", "   "]).run(),
        world.plyrum(["ask"]).stdin("\n \n").run(),
        world.plyrum(["ask", ""]).stdin("").run(),
    ] {
        out.fails_telling(2, ["nothing to ask", "hint: "]);
    }
    assert_eq!(world.daemons(), [0; 0]);
}

#[test]
fn a_directory_a_missing_file_and_a_binary_are_named() {
    let world = World::new();
    world.file("binary", b"\x7fELF\0\xff");
    world.plyrum(["ask", "-f", "..", "What is it?"]).run().fails_telling(2, ["..", "directory"]);
    world.plyrum(["ask", "-f", "none.txt", "What is it?"]).run().fails_telling(2, ["none.txt"]);
    world.plyrum(["ask", "-f", "binary", "What is it?"]).run().fails_telling(2, ["binary", "UTF-8"]);
}

#[test]
fn a_prompt_larger_than_the_models_context_is_exit_1_with_the_limit() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Never.", 1, 1)));
    let text = "A sentence of seven words is here. ".repeat(30_000);
    let out = world.plyrum(["ask", "-m", "lab/fast", "--json", "Summarise it"]).stdin(text).run();
    out.fails_telling(1, ["128000", "hint: "]);
    assert_eq!(out.json()["error"]["kind"], "context_too_long");
    assert_eq!(fake.requests().len(), 0);
    world.is_sound();
}

#[test]
fn a_long_prompt_on_standard_input_reaches_the_model_whole() {
    let world = World::new();
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("Read.", 9, 2)));
    world.config(&lab_config(&fake.base_url(), "", "").replace("128000", "2000000"));
    let text = format!("{}END-OF-TEXT", "Слово за словом. ".repeat(20_000));
    world.plyrum(["ask"]).stdin(text.clone()).run().answers("Read.");
    let request = fake.requests()[0].json();
    let sent: String =
        request["messages"].as_array().unwrap().iter().filter_map(|m| m["content"].as_str()).collect();
    assert!(sent.contains(&text), "{} of {} bytes", sent.len(), text.len());
}

#[test]
fn a_byte_order_mark_is_no_text_and_control_characters_are_no_crash() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Read.", 9, 2)));
    world.plyrum(["ask"]).stdin("\u{feff}What is it?\0\u{7}\u{1b}[2J").run().answers("Read.");
    assert!(!fake.requests()[0].json().to_string().contains('\u{feff}'));
    world.plyrum(["transcript", "show", "last"]).run().ok();
    assert!(!world.plyrum(["transcript", "show", "last"]).run().stdout.contains('\u{1b}'));
}

#[test]
fn hostile_lengths_of_answers_are_bounded() {
    let world = World::new();
    let chunk = format!(
        r#"{{"choices":[{{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}}]}}"#,
        "x".repeat(60_000)
    );
    let step = plyrum_fake_provider::Step::Repeat { text: format!("data: {chunk}\n\n"), count: 100_000 };
    let fake = world.talkative_lab(Script::new().always(Reply::sse().step(step)));
    let out = world.plyrum(["ask", "Talk for ever"]).run();
    out.fails_telling(1, ["longer than", "hint: "]);
    assert!(out.stdout.len() < 2_000_000, "{} bytes", out.stdout.len());
    fake.wait_for_hangups_blocking(1);
    world.is_sound();
}

#[test]
fn a_provider_that_does_not_keep_to_the_limit_it_was_sent_is_ended() {
    let world = World::new();
    let step = plyrum_fake_provider::Step::Repeat {
        text: format!("data: {}\n\n", r#"{"choices":[{"index":0,"delta":{"content":"and so on "}}]}"#),
        count: 1_000_000,
    };
    let fake = world.lab(Script::new().always(Reply::sse().step(step)));
    let out = world.plyrum(["ask", "Talk for ever"]).run();
    out.fails_telling(1, ["1000 tokens", "hint: "]);
    assert!(out.stdout.starts_with("and so on and so on"), "{out}");
    fake.wait_for_hangups_blocking(1);
    world.is_sound();
}
