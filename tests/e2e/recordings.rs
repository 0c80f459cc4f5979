//! `ask --record`, the wire `replay`, and `plyrum replay`: what was answered once answers again, without a network.

use crate::mixtures;
use crate::world::{FakeProvider, LAB_KEY, Reply, Script, World, conforms, lab_config};
use serde_json::json;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The configuration with a cassette in the place of the lab.
fn replayed(cassette: &Path, more: &str) -> String {
    let lab = "kind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let replay = format!("kind = \"replay\"\nfile = \"{}\"\n{more}", cassette.display());
    let config = lab_config("http://127.0.0.1:1/v1", "", "");
    assert!(config.contains(lab), "{config}");
    config.replace(lab, &replay)
}

#[test]
fn what_was_recorded_answers_the_same_prompt_without_a_network_and_is_booked_as_recorded() {
    let world = World::new();
    let fake = world.lab(
        Script::new().then(Reply::error(503, "").header("retry-after", "0")).always(Reply::answer(
            "Раз, два, three.",
            12,
            5,
        )),
    );
    let first = world.json(["ask", "--json", "--record", "a.cassette", "Count"]);
    assert_eq!(first["attempts"].as_array().unwrap().len(), 2, "{first}");
    let cassette = world.beside("work/a.cassette");
    assert_eq!(cassette.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(fake.requests().len(), 2);
    drop(fake);

    let played = world.json(["replay", "--json", "a.cassette"]);
    conforms("replay", &played);
    let ends =
        |at: usize| (played["exchanges"][at]["status"].clone(), played["exchanges"][at]["end"].clone());
    assert_eq!([ends(0), ends(1)], [(503.into(), "server".into()), (200.into(), "finished".into())]);
    assert_eq!(played["exchanges"][1]["answer"], "Раз, два, three.");
    assert_eq!(played["exchanges"][1]["usage"]["input"], 12);
    let shown = world.plyrum(["replay", "a.cassette"]).run();
    for word in
        ["fast-1 · openai-chat · status 200", "Раз, два, three.", "output 5", "2 exchanges: the same events"]
    {
        assert!(shown.ok().contains(word), "{word}: {shown}");
    }
    let shown = world.plyrum(["replay", "a.cassette"]).env("LANG", "ru_RU.UTF-8").run();
    assert!(shown.ok().contains("2 обмена: события одни и те же"), "{shown}");

    world.config(&replayed(&cassette, ""));
    let again = world.json(["ask", "--json", "Count"]);
    for field in ["answer", "usage", "cost_micro_rub", "status"] {
        assert!(!first[field].is_null(), "{field}");
        assert_eq!(again[field], first[field], "{field}");
    }
    assert_eq!(again["attempts"].as_array().unwrap().len(), 2, "the refusal is played, too: {again}");
    let other = world.plyrum(["ask", "Something else"]).run();
    other.fails(1);
    assert!(other.stderr.contains("has no exchange for what was asked"), "{other}");
    world.is_sound();
}

#[test]
fn no_key_is_in_a_cassette_and_the_answer_says_where_it_was() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let (head, tail) = LAB_KEY.split_at(9);
    let echo = Reply::sse().text("Your key is ").text(head).text(tail).text(".").end(3, 4);
    let _fake = world.lab_with_key(Script::new().always(echo));
    let asked = world.json(["ask", "--json", "--record", "k.cassette", "What is my key?"]);
    let text = std::fs::read_to_string(world.beside("work/k.cassette")).unwrap();
    assert!(!text.contains(LAB_KEY) && !text.contains(tail), "{text}");
    let played = world.json(["replay", "--json", "k.cassette"]);
    assert_eq!(played["exchanges"][0]["answer"], asked["answer"]);
    assert!(asked["answer"].as_str().unwrap().contains("«redacted:"), "{asked}");
}

#[test]
fn a_file_that_cannot_be_recorded_to_refuses_the_run_before_anything_is_sent() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Yes.", 1, 1)));
    world.file("notes.md", "# mine\n");
    let own = world.home().join("data/x.cassette").display().to_string();
    for (file, why) in [
        ("notes.md", "line 1 is no line of a cassette"),
        ("nowhere/x.cassette", "No such file"),
        (own.as_str(), "it lies among Plyrum's own files"),
    ] {
        let refused = world.plyrum(["ask", "--record", file, "Hello"]).run();
        refused.fails(2);
        assert!(refused.stderr.contains("cannot record to") && refused.stderr.contains(why), "{refused}");
    }
    assert_eq!(fake.requests().len(), 0);
    assert_eq!(std::fs::read_to_string(world.beside("work/notes.md")).unwrap(), "# mine\n");
    let offline = world.plyrum(["ask", "-m", "offline/lead", "--record", "o.cassette", "Hello"]).run();
    offline.fails(2);
    assert!(offline.stderr.contains("nothing can be recorded"), "{offline}");
    assert!(!world.beside("work/o.cassette").exists());
    world.plyrum(["ask", "--record", "x.cassette", "Hello"]).run().ok();
    world.plyrum(["ask", "--record", "x.cassette", "Hello again"]).run().ok();
    assert_eq!(world.json(["replay", "--json", "x.cassette"])["exchanges"].as_array().unwrap().len(), 2);
}

#[test]
fn an_answer_that_is_cancelled_is_recorded_as_far_as_it_came() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::sse().text("half ").stall()));
    let running = world.plyrum(["ask", "--record", "c.cassette", "--timeout", "1s", "Hello"]).start();
    assert_ne!(running.finish().code, 0);
    let played = world.json(["replay", "--json", "c.cassette"]);
    let exchange = &played["exchanges"][0];
    assert_eq!(
        (&exchange["recorded"], &exchange["end"], &exchange["answer"]),
        (&json!("left"), &json!("cut"), &json!("half ")),
        "{played}"
    );
}

#[test]
fn a_cassette_is_read_without_a_daemon_and_what_is_none_is_told() {
    let world = World::new();
    let lines = [
        r#"{"v":1,"wire":"ollama","model":"m\u001b[31m","key":"k"}"#,
        r#"{"us":2000,"status":200,"headers":{}}"#,
        r#"{"us":3000,"text":"{\"message\":{\"content\":\"a\\u001b[2Jb\"},\"done\":false}\n"}"#,
        r#"{"us":9000,"text":"{\"done\":true,\"done_reason\":\"stop\"}\n"}"#,
        r#"{"us":9500,"end":"clean"}"#,
    ];
    world.file("m.cassette", lines.join("\n") + "\n");
    let shown = world.plyrum(["replay", "m.cassette"]).run();
    assert!(shown.ok().contains("first byte 3 ms · 9 ms\nab\n"), "{shown}");
    assert!(!shown.stdout.contains('\u{1b}'), "{shown}");
    world.plyrum(["replay", "--at-recorded-pace", "--seed", "7", "m.cassette"]).run().ok();
    world.file("none", "hello\n");
    let none = world.plyrum(["replay", "none"]).run();
    none.fails(2);
    assert!(none.stderr.contains("line 1 is no line of a cassette"), "{none}");
    assert!(!world.home().exists(), "reading a cassette made a home");
}

#[test]
fn a_cassette_that_is_missing_makes_its_models_unusable_and_says_so() {
    let world = World::new();
    world.config(&replayed(Path::new("gone.cassette"), "pace = 0.5\n"));
    let refused = world.plyrum(["ask", "Hello"]).run();
    assert!(refused.code != 0 && refused.stderr.contains("gone.cassette"), "{refused}");
    world.config(&replayed(Path::new("gone.cassette"), "pace = -1\n"));
    let refused = world.plyrum(["config", "check"]).run();
    assert!(
        refused.stdout.contains("pace must be 0 to 100") || refused.stderr.contains("pace must be 0 to 100"),
        "{refused}"
    );
}

#[test]
fn a_cassette_that_is_full_loses_the_recording_and_not_the_run() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("All of it.", 1, 1)));
    let head = "{\"v\":1,\"wire\":\"ollama\",\"model\":\"m\",\"key\":\"k\"}\n{\"us\":1,\"text\":\"";
    let end = "\"}\n{\"us\":2,\"end\":\"left\"}\n";
    let full = 64 * 1024 * 1024 - 100;
    let text = "x".repeat(full - head.len() - end.len());
    world.file("full.cassette", format!("{head}{text}{end}"));
    let asked = world.plyrum(["ask", "--record", "full.cassette", "Hello"]).run();
    assert!(asked.ok().contains("All of it."), "{asked}");
    let told = "what follows is not recorded: the cassette has reached 64 MiB";
    assert_eq!(asked.stderr.matches(told).count(), 1, "{asked}");
    assert_eq!(world.beside("work/full.cassette").metadata().unwrap().len(), full as u64);
    world.is_sound();
}

#[test]
fn a_mixture_that_was_recorded_answers_the_same_again_whichever_run_asks() {
    let world = World::new();
    let fake = mixtures::mixture(&world, None);
    let question = "Where is tea from?";
    let first = world.json(["ask", "--json", "--plan", "moa", "--record", "m.cassette", question]);
    assert_eq!(
        (&first["status"], &first["answer"]),
        (&"succeeded".into(), &"Tea came from the hills.".into())
    );
    drop(fake);
    let cassette = world.beside("work/m.cassette");
    world.config(&mixtures::config(&format!("kind = \"replay\"\nfile = \"{}\"", cassette.display())));
    for _ in 0..3 {
        let again = world.json(["ask", "--json", "--plan", "moa", question]);
        for field in ["status", "answer", "usage", "cost_micro_rub", "extra_over_direct_micro_rub"] {
            assert_eq!(again[field], first[field], "{field} of {again}");
        }
    }
    world.is_sound();
}

#[test]
fn a_run_with_tools_that_was_recorded_acts_and_answers_the_same_again() {
    let world = World::new();
    let script = Script::new()
        .then(Reply::calls(&[("c1", "read_file", "{\"path\":\"notes.txt\"}")], 50, 10))
        .then(Reply::answer("The notes say: buy tea.", 80, 6));
    let fake = FakeProvider::spawn(script);
    let config = lab_config(&fake.base_url(), "", "").replace("tools = false", "tools = true");
    world.config(&config);
    std::fs::write(world.beside("work/notes.txt"), "buy tea\n").unwrap();
    let ask = ["ask", "--json", "--approve", "read-only", "What do my notes say?"];
    let first = world.json([
        "ask",
        "--json",
        "--approve",
        "read-only",
        "--record",
        "t.cassette",
        "What do my notes say?",
    ]);
    assert_eq!(first["answer"], "The notes say: buy tea.");
    assert_eq!(fake.requests().len(), 2);
    drop(fake);
    let replay = replayed(&world.beside("work/t.cassette"), "").replace("tools = false", "tools = true");
    world.config(&replay);
    let again = world.json(ask);
    for field in ["status", "answer", "usage", "cost_micro_rub"] {
        assert_eq!(again[field], first[field], "{field} of {again}");
    }
    std::fs::write(world.beside("work/notes.txt"), "buy coffee\n").unwrap();
    let other = world.plyrum(ask).run();
    other.fails(1);
    assert!(other.stderr.contains("has no exchange for what was asked"), "another file was read: {other}");
    world.is_sound();
}
