//! What the record says of confirmations, and that what is said in a message, an answer or a rule holds afterwards.

use super::{
    acting, acting_in_a_sandbox, acting_with, ask, frames, frames_of, id, question, records, run, run_of,
    text, told, turn, write,
};
use crate::world::{World, conforms, eventually};
use serde_json::Value;
use std::fs;

const END: &str = "[[turn]]\ntext = \"Готово.\"\n";

fn shell(command: &str) -> String {
    format!("{{ name = \"shell\", arguments = {{ command = {} }} }}", serde_json::json!(command))
}

/// A field of each record, in order.
fn each<'a>(records: &'a [Value], field: &str) -> Vec<&'a str> {
    records.iter().map(|record| record[field].as_str().unwrap_or_default()).collect()
}

fn lines_of(world: &World, name: &str) -> usize {
    text(world, name).unwrap_or_default().lines().count()
}

#[test]
fn auto_confirm_headless_names_a_rule_that_does_allow_it() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]).repeat(2) + END));
    let out = ask(&world, "");
    conforms("result", &out.json());
    let message = out.json()["error"]["message"].as_str().unwrap().to_owned();
    let rule = message.split('`').find(|part| part.starts_with("plyrum policy add"));
    let rule = rule.unwrap_or_else(|| panic!("{message}"));
    let rule = rule.replace('…', "'as it said'").replacen("plyrum", "\"$PLYRUM\"", 1);
    world.sh(&rule).run().ok();
    let again = ask(&world, "");
    again.ok();
    conforms("result", &again.json());
    assert_eq!(text(&world, "a.txt").as_deref(), Some("x"));
    let run = run_of(&again);
    let decided = records(&world, &run, "tool.decided");
    assert_eq!(
        (each(&decided, "verdict"), each(&decided, "by")),
        (vec!["allow"], vec!["policy"]),
        "{decided:?}"
    );
    assert!(decided[0]["file"].as_str().unwrap().ends_with("rules.toml"), "{decided:?}");
    for kind in ["tool.proposed", "tool.executed"] {
        assert_eq!(decided[0]["sha256"], records(&world, &run, kind)[0]["sha256"], "{kind}");
    }
}

#[test]
fn auto_confirm_records_what_was_denied_and_that_it_was_not_executed() {
    let script = turn("", &[&write(".git/hooks/pre-commit", "x"), &write("ok.txt", "z")]) + END;
    let world = acting(&script);
    let out = ask(&world, "--approve workspace");
    out.ok();
    let run = run_of(&out);
    let decided = records(&world, &run, "tool.decided");
    assert_eq!(each(&decided, "verdict"), ["deny", "allow"], "{decided:?}");
    assert_eq!(each(&decided, "by"), ["policy", "policy"], "{decided:?}");
    assert_eq!(each(&decided, "policy"), ["built in", "workspace"], "{decided:?}");
    assert!(decided[0]["reason"].as_str().unwrap().contains("even when approved"), "{decided:?}");
    assert!(decided[1]["line"].is_number() && decided[1]["rule"] == "write files", "{decided:?}");
    let executed = records(&world, &run, "tool.executed");
    assert_eq!(each(&executed, "call"), [decided[1]["call"].as_str().unwrap()], "only what was allowed");
    assert_eq!(records(&world, &run, "tool.proposed").len(), 2);
}

#[test]
fn auto_confirm_records_under_ci_a_denial_and_no_question() {
    let world = acting(&(turn("", &[&run(&["curl", "https://example.org"])]) + END));
    let out = ask(&world, "--approve ci");
    out.ok();
    let run = run_of(&out);
    let decided = records(&world, &run, "tool.decided");
    assert_eq!(
        (each(&decided, "verdict"), each(&decided, "policy")),
        (vec!["deny"], vec!["ci"]),
        "{decided:?}"
    );
    assert!(
        records(&world, &run, "approval").is_empty() && records(&world, &run, "tool.executed").is_empty()
    );
}

#[test]
fn auto_confirm_defer_records_one_hash_from_the_question_to_the_execution() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
    let out = ask(&world, "--defer");
    conforms("result", &out.json());
    let (run, asked) = (run_of(&out), question(&world));
    conforms("approvals", &world.json(["approvals", "list", "--json"]));
    let message = out.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with(id(&asked)), "the result names its question: {out}");
    assert_eq!(asked["sha256"].as_str().map(str::len), Some(64), "{asked}");
    let beginning = id(&asked).trim_end_matches(char::is_numeric);
    world.plyrum(["approve", beginning]).run().ok();
    frames(&world, &run);
    for kind in ["tool.proposed", "tool.decided", "tool.executed", "approval.requested"] {
        let found = records(&world, &run, kind);
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert_eq!(found[0]["sha256"], asked["sha256"], "{kind}");
    }
}

#[test]
fn auto_confirm_defer_records_who_denied_and_why() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END).repeat(2));
    let goes_on = run_of(&ask(&world, "--defer"));
    let asked = question(&world);
    world.plyrum(["deny", id(&asked), "--reason", "не сейчас"]).run().ok();
    let late = world.plyrum(["approve", id(&asked)]).run();
    assert!(late.code == 1 && late.stderr.contains("answered before"), "{late}");
    let seen = frames(&world, &goes_on);
    assert!(told(&seen)[0].contains("не сейчас"), "{seen:?}");
    let ends = run_of(&ask(&world, "--defer"));
    world.plyrum(["deny", id(&question(&world)), "--end"]).run().ok();
    let result = frames(&world, &ends).last().unwrap()["result"].clone();
    assert_eq!(
        (result["status"].as_str(), result["error"]["kind"].as_str()),
        (Some("failed"), Some("approval_denied"))
    );
    for run in [&goes_on, &ends] {
        let decided = records(&world, run, "tool.decided");
        assert_eq!(each(&decided, "verdict"), ["deny"], "{decided:?}");
        assert!(each(&decided, "by")[0].starts_with("plyrum deny"), "{decided:?}");
        assert_eq!(records(&world, run, "approval").len(), 2, "requested and resolved, never executed");
        assert!(records(&world, run, "tool.executed").is_empty());
    }
    assert_eq!(text(&world, "a.txt"), None);
    world.is_sound();
}

#[test]
fn auto_confirm_defer_past_its_deadline_is_a_denial_by_the_deadline_on_record() {
    let script = turn("", &[&write("a.txt", "x")]) + END;
    let world = acting_with(&script, "[defaults]\ndeferred_seconds = 1");
    let run = run_of(&ask(&world, "--defer"));
    let result = frames(&world, &run).last().unwrap()["result"].clone();
    assert_eq!(result["status"], "succeeded", "{result}");
    let decided = records(&world, &run, "tool.decided");
    assert_eq!(
        (each(&decided, "verdict"), each(&decided, "by")),
        (vec!["deny"], vec!["deadline"]),
        "{decided:?}"
    );
    assert!(records(&world, &run, "tool.executed").is_empty());
    world.is_sound();
}

#[test]
fn auto_confirm_is_not_widened_by_a_client_with_a_lax_policy_that_looks() {
    let slow = "[[turn]]\ntext = \"Сейчас, сейчас, сейчас, сейчас.\"\nchunk_bytes = 8\ndelay_ms = 150\n";
    let world = acting(&(slow.to_owned() + "tool_calls = [" + &write("b.txt", "y") + "]\n" + END));
    let run = run_of(&ask(&world, "--approve ask --detach --defer"));
    let attach = ["runs", "attach", &run, "-o", "stream-json", "--approve", "workspace"];
    let watching = world.plyrum(attach).start();
    watching.wait_for("Сейчас");
    let asked = question(&world);
    assert_eq!(text(&world, "b.txt"), None);
    world.plyrum(["deny", id(&asked)]).run().ok();
    let frames = watching.finish().lines();
    assert_eq!(frames_of(&frames, "approval.requested").last().unwrap()["ruling"]["policy"], "ask");
    assert_eq!(each(&records(&world, &run, "tool.decided"), "verdict"), ["deny"]);
    assert_eq!(text(&world, "b.txt"), None);
}

#[test]
fn auto_confirm_always_outlives_the_daemon_and_for_a_session_does_not() {
    let python =
        turn("", &[&run(&["python3", "tool.py"])]) + "[[turn]]\nmatch_tool = \"exit code\"\ntext = \"Да.\"\n";
    for (scope, code) in [("--always", 0), ("--session", 5)] {
        let Some(world) = acting_in_a_sandbox(&python.repeat(3)) else { return };
        world.file("tool.py", "print('привет')\n");
        let parked = ask(&world, "--approve workspace --defer");
        world.plyrum(["approve", id(&question(&world)), scope]).run().ok();
        let seen = frames(&world, &run_of(&parked));
        let session = seen[0]["session"].as_str().unwrap();
        world.plyrum(["daemon", "restart"]).run().ok();
        assert_eq!(ask(&world, &format!("--approve workspace -s {session}")).code, code, "{scope}");
        let rules = fs::read_to_string(world.home().join("config/policies/rules.toml")).unwrap_or_default();
        assert_eq!(rules.contains("tool.py"), code == 0, "{scope}: {rules}");
    }
}

#[test]
fn auto_confirm_restart_keeps_the_question_and_one_of_twenty_answers_carries_it_out() {
    for how in ["kill", "restart"] {
        let counting = turn("", &[&run(&["sh", "-c", "echo x >> n.txt"])]);
        let Some(world) = acting_in_a_sandbox(&counting) else { return };
        let (run, asked) = (run_of(&ask(&world, "--defer")), question(&world));
        fs::write(world.beside("script.toml"), END).unwrap();
        if how == "kill" {
            assert!(world.kill_daemon());
        } else {
            world.plyrum(["daemon", "restart"]).run().ok();
        }
        // Where it was killed, the first of them starts the next daemon.
        let all: Vec<_> = (0..20).map(|_| world.plyrum(["approve", id(&asked), "--json"]).start()).collect();
        let outs: Vec<_> = all.into_iter().map(crate::world::Running::finish).collect();
        for out in &outs {
            out.ok();
        }
        assert_eq!(outs.iter().filter(|out| out.json()["first"] == true).count(), 1, "{how}");
        let seen = frames(&world, &run);
        assert_eq!(seen.last().unwrap()["result"]["status"], "succeeded", "{how}: {seen:?}");
        assert_eq!(lines_of(&world, "n.txt"), 1, "{how}: it was carried out once");
        let seqs: Vec<u64> = seen.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
        assert!(seqs.iter().zip(1..).all(|(seq, n)| *seq == n), "{how}: {seqs:?}");
        assert_eq!(frames_of(&seen, "run.finished").len(), 1, "{how}");
        let once =
            ["approval.requested", "approval.resolved", "approval.executed", "tool.executed", "tool.decided"];
        for kind in once {
            assert_eq!(records(&world, &run, kind).len(), 1, "{how}: {kind}");
        }
        world.is_sound();
    }
}

#[test]
fn auto_confirm_restart_after_a_kill_in_the_middle_of_a_command_does_not_run_it_again() {
    let once = turn("", &[&run(&["sh", "-c", "echo x >> n.txt; sleep 37.0417"])]);
    let Some(world) = acting_in_a_sandbox(&once) else { return };
    let (run, asked) = (run_of(&ask(&world, "--defer")), question(&world));
    world.plyrum(["approve", id(&asked)]).run().ok();
    eventually("the command has begun", || lines_of(&world, "n.txt") == 1);
    assert!(world.kill_daemon());
    world.plyrum(["approve", id(&asked)]).run().ok(); // it says the same, and carries nothing out
    let seen = frames(&world, &run);
    assert_eq!(seen.last().unwrap()["result"]["status"], "interrupted", "{seen:?}");
    assert_eq!(frames_of(&seen, "run.finished").len(), 1);
    assert_eq!(lines_of(&world, "n.txt"), 1, "it is not begun again");
    eventually("nothing of it runs on", || world.sh("pgrep -f '^sleep 37.0417$'").run().code != 0);
    assert_eq!(records(&world, &run, "approval.executed").len(), 1);
    world.is_sound();
}

#[test]
fn auto_confirm_without_a_sandbox_ends_headless_and_records_why() {
    let script = turn("", &[&write("a.txt", "x"), &run(&["ls"])]);
    let world = acting(&script).with_env("PLYRUM_SANDBOX", "none");
    let out = ask(&world, "--approve workspace");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (5, Some("approval_needed")), "{out}");
    let run = run_of(&out);
    let decided = records(&world, &run, "tool.decided");
    let says = |record: &Value| record["reason"].as_str().unwrap().contains("full sandbox");
    assert!(decided.iter().any(says), "{decided:?}");
    assert!(!each(&records(&world, &run, "tool.executed"), "tool").contains(&"run"));
}

/// With files that hold secrets, named and filled alike.
fn with_secrets(world: &World) {
    for name in [".env", ".envrc", ".npmrc", "plain.txt"] {
        world.file(name, format!("TOKEN=kanarek in {name}\n"));
    }
}

#[test]
fn auto_confirm_asks_before_a_command_finds_secrets_whether_or_not_it_also_writes() {
    for command in ["grep -rn kanarek .", "touch q && grep -rn kanarek .", "grep -rn kanarek .; mkdir q2"] {
        let world = acting(&(turn("", &[&shell(command)]) + END));
        with_secrets(&world);
        let out = ask(&world, "--approve workspace");
        assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (5, Some("approval_needed")), "{out}");
        assert!(records(&world, &run_of(&out), "tool.executed").is_empty());
        assert!(!world.beside("work/q").exists() && !world.beside("work/q2").exists());
    }
}

#[test]
fn auto_confirm_of_a_search_tells_no_secret() {
    let search = "{ name = \"search\", arguments = { pattern = \"kanarek\" } }";
    let world = acting(&(turn("", &[search]) + END));
    with_secrets(&world);
    let out = ask(&world, "--approve read-only");
    out.ok();
    let seen = frames(&world, &run_of(&out));
    let told = told(&seen)[0];
    assert!(told.contains("kanarek in plain.txt") && !told.contains("kanarek in ."), "{told}");
}
