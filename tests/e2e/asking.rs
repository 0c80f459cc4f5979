//! What a newcomer does first: a text, a question, an answer, from a daemon that comes by itself.

use crate::world::{LAB_KEY, Wire, World, eventually, lab_config};
use serde_json::json;

const README: &str = "\
# Lumen

Lumen is a small tool that renames photos by the date they were taken. It never changes a picture itself.

## Install

Run the installer and restart the shell.
";

const README_RU: &str = "\
# Светлица

Светлица переименовывает фотографии по дате съёмки. Сами снимки она никогда не меняет.

## Установка

Запустите установщик и откройте терминал заново.
";

#[test]
fn a_piped_readme_is_answered_by_a_daemon_that_starts_by_itself() {
    let world = World::new();
    let first = world.plyrum(["ask", "What is this project for?"]).stdin(README).run();
    first.answers("renames photos");
    assert_eq!(first.stderr.matches("notice: ").count(), 1, "{first}");
    assert!(first.stderr.contains("offline"), "{first}");
    let daemon = world.daemon_pid().expect("a daemon was started");

    let second = world.plyrum(["ask", "What does it never change?"]).stdin(README).run();
    second.answers("picture");
    assert_eq!(world.daemon_pid(), Some(daemon), "the second call finds the first one's daemon");
    assert_eq!(world.daemons(), [daemon]);
    world.is_sound();
}

#[test]
fn a_russian_readme_and_question_get_a_russian_answer() {
    let world = World::new();
    let out = world.plyrum(["ask", "Для чего этот проект?"]).stdin(README_RU).run();
    out.answers("переименовывает фотографии");
    assert!(!out.stdout.contains("Lumen"), "{out}");
}

#[test]
fn a_sentence_without_a_command_is_asked() {
    let world = World::new();
    world.plyrum(["What is this project for?"]).stdin(README).run().answers("renames photos");
    assert_eq!(world.only_run()["status"], "succeeded");
}

#[test]
fn one_word_with_piped_text_is_asked() {
    let world = World::new();
    world.plyrum(["purpose?"]).stdin(README).run().answers("Lumen");
}

#[test]
fn without_words_standard_input_is_the_prompt() {
    let world = World::new();
    world.plyrum(["ask"]).stdin("What is 'Lumen'? Lumen is a tool that renames photos.").run().ok();
    let turn = &world.json(["transcript", "show", "last", "--json"])["turns"][0];
    assert_eq!(turn["prompt"], "What is 'Lumen'? Lumen is a tool that renames photos.");
    assert_eq!(turn["attachments"].as_array().map(Vec::len), Some(0));
}

#[test]
fn files_are_attached_by_name_beside_piped_text() {
    let world = World::new();
    world.file("readme.md", README);
    world.file("other.txt", "The cat sleeps.");
    let args = ["ask", "-f", "readme.md", "--file", "other.txt", "What is this project for?"];
    world.plyrum(args).stdin("A third text.").run().answers("renames photos");
    let turn = &world.json(["transcript", "show", "last", "--json"])["turns"][0];
    assert_eq!(turn["attachments"], serde_json::json!(["readme.md", "other.txt", "stdin"]));
}

#[test]
fn no_stdin_does_not_wait_for_a_pipe_that_stays_open() {
    let world = World::new();
    world.file("readme.md", README);
    let args = ["ask", "--no-stdin", "-f", "readme.md", "What is this project for?"];
    world.plyrum(args).silent_stdin().run().answers("renames photos");
}

#[test]
fn a_pipe_that_says_nothing_is_explained_and_given_up_in_time() {
    let world = World::new();
    let out = world.plyrum(["ask", "--timeout", "2s", "Hello there"]).silent_stdin().run();
    out.fails_telling(9, ["standard input", "--no-stdin"]);
}

#[test]
fn a_mistyped_command_is_told_and_never_paid_for() {
    let world = World::new();
    let out = world.plyrum(["usge"]).run();
    out.fails_telling(2, ["usage"]);
    assert_eq!(out.stdout, "");
    assert_eq!(world.daemons(), [0; 0], "nothing was started for it");
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn help_and_version_succeed_and_help_lists_the_exit_codes() {
    let world = World::new();
    assert!(world.plyrum(["--version"]).run().ok().starts_with("plyrum "));
    let help = world.plyrum(["--help"]).run();
    for word in ["Exit codes", "provider_unavailable", "130", "Examples"] {
        assert!(help.ok().contains(word), "{help}");
    }
    assert!(world.plyrum(["ask", "-h"]).run().ok().contains("Examples"));
}

#[test]
fn wrong_flags_are_exit_2() {
    let world = World::new();
    let wrong: [&[&str]; 6] = [
        &["ask", "--max-cost", "-1", "x y"],
        &["ask", "--max-cost", "1e3", "x y"],
        &["ask", "--timeout", "soon", "x y"],
        &["ask", "-o", "xml", "x y"],
        &["ask", "-q", "-v", "x y"],
        &["usage", "--by", "moon"],
    ];
    for args in wrong {
        let line = args.join(" ");
        let out = world.sh(&format!("exec \"$PLYRUM\" {line}")).run();
        assert!(out.code == 2 && out.stdout.is_empty(), "{out}");
    }
    assert_eq!(world.daemons(), [0; 0]);
}

/// Every file of the home, but for the ledger, which the audit tells in its own time where it ends.
fn what_is_kept(world: &World) -> String {
    let line = "cd \"$PLYRUM_HOME\" && find data state run -type f ! -name '*.sqlite*' -exec sha256sum {} + | sort -k2";
    world.sh(line).run().ok().to_owned()
}

#[test]
fn dry_runs_while_somebody_types_leave_nothing_behind_and_keep_what_was_uploaded() {
    let world = World::new();
    let count = world.file("keys.log", "");
    let key = format!("echo asked >> {}; echo {LAB_KEY}", world.beside("work").join(count).display());
    let in_provider = format!("api_key = {{ command = [\"sh\", \"-c\", \"{key}\"] }}");
    world.config(&lab_config("http://127.0.0.1:9/v1", &in_provider, ""));
    std::os::unix::fs::symlink("/etc/hostname", world.beside("work/AGENTS.md")).unwrap();
    world.plyrum(["daemon", "start"]).run().ok();
    let mut wire = Wire::greeting(&world, 1, 1);
    let piece = json!({"attachment": "a1", "name": "tea.txt", "text": "Tea is green."});
    assert!(wire.call(1, "attachment/put", &piece)["error"].is_null());
    let workspace = world.beside("work");
    let mut plans = |id: u64, prompt: &str| {
        let submit = json!({
            "run": format!("0000000000000{id:03}"), "prompt": prompt, "attachments": ["a1"], "options": {},
            "workspace": workspace, "client": "test", "dry_run": true,
        });
        let reply = wire.call(id, "run/submit", &submit);
        assert_eq!(reply["result"]["type"], "dry_run", "{reply}");
    };
    plans(2, "What"); // may load a configuration, once
    eventually("the daemon has told what it found", || world.log().contains("sandbox: "));
    let before = what_is_kept(&world);
    for n in 3..40 {
        plans(n, &"What is this? ".repeat(usize::try_from(n).unwrap()));
    }
    assert_eq!(what_is_kept(&world), before);
    let asked = std::fs::read_to_string(world.beside("work/keys.log")).unwrap();
    assert!(asked.lines().count() <= 2, "the key is not asked for with each of them: {asked}");
    assert_eq!(world.json(["runs", "list", "--json"]), json!([]));
    assert_eq!(world.json(["usage", "--json"])["total"]["attempts"], 0);
}

#[test]
fn a_dry_run_tells_the_plan_and_books_nothing() {
    let world = World::new();
    let plan = world.json(["ask", "--dry-run", "--json", "What is this?"]);
    assert_eq!((&plan["type"], &plan["plan"]), (&"dry_run".into(), &"direct".into()));
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn the_first_code_block_is_extracted_and_no_code_block_is_an_error() {
    use crate::world::{Reply, Script};
    let world = World::new();
    let answer = "Try this:\n```sh\nls -l\n```\nor that.";
    let _fake = world.lab(Script::new().then(Reply::answer(answer, 5, 9)).then(Reply::answer("No.", 5, 1)));
    assert_eq!(world.plyrum(["ask", "-x", "List files please"]).run().ok(), "ls -l\n");
    world.plyrum(["ask", "-x", "List files please"]).run().fails_telling(1, ["no code block"]);
}

#[test]
fn control_sequences_of_a_model_reach_a_terminal_only_with_raw() {
    use crate::world::{Reply, Script};
    let world = World::new();
    let answer = "a\u{1b}[31mred\u{1b}]0;title\u{7} end";
    let _fake = world.lab(Script::new().always(Reply::answer(answer, 5, 9)));
    let cleaned = world.plyrum(["ask", "Say something red"]).run();
    assert!(!cleaned.ok().contains(['\u{1b}', '\u{7}']), "{cleaned}");
    assert!(cleaned.stdout.contains("red") && cleaned.stdout.contains("end"), "{cleaned}");
    assert_eq!(world.plyrum(["ask", "--raw", "Say something red"]).run().ok(), format!("{answer}\n"));
}

#[test]
fn a_shell_that_captures_the_answer_is_not_kept_by_the_daemon_that_it_started() {
    let world = World::new();
    let line =
        "x=$(printf 'Lumen renames photos.' | \"$PLYRUM\" ask 'What does Lumen do?') && echo \"got: $x\"";
    let out = world.sh(line).run();
    assert!(out.ok().starts_with("got: "), "{out}");
    assert!(out.stdout.contains("renames photos"), "{out}");
    eventually("its daemon lives", || world.daemons().len() == 1);
}

#[test]
fn words_that_are_not_utf_8_are_exit_2() {
    let world = World::new();
    let out = world.sh("exec \"$PLYRUM\" ask \"$(printf 'a \\377 b')\"").run();
    assert!(out.code == 2 && out.stderr.contains("UTF-8"), "{out}");
}

#[test]
fn how_long_a_model_thinks_is_asked_for_where_it_does_and_refused_where_nobody_would() {
    use crate::world::{FakeProvider, Reply, Script, lab_config};
    let world = World::new();
    let fake = FakeProvider::spawn(Script::new().always(Reply::answer("Thought out.", 5, 9)));
    let config = lab_config(&fake.base_url(), "", "");
    world.config(&config);
    let refused = world.plyrum(["ask", "--effort", "high", "Why?"]).run();
    refused.fails_telling(2, ["lab/fast does not think", "reasoning = true"]);
    assert_eq!(fake.requests().len(), 0);
    world.config(&config.replace("tools = false\n", "tools = false\nreasoning = true\n"));
    world.plyrum(["ask", "--effort", "high", "Why?"]).run().ok();
    world.plyrum(["ask", "Why?"]).run().ok();
    let efforts: Vec<_> =
        fake.requests().iter().map(|asked| asked.json()["reasoning_effort"].clone()).collect();
    assert_eq!(efforts, [serde_json::json!("high"), serde_json::Value::Null]);
    world.plyrum(["ask", "--effort", "huge", "Why?"]).run().fails(2);
}
