//! `kill -9` at any point: the client is told, the next start resolves everything, the books prove it.

use crate::world::{Reply, Script, World, eventually};
use serde_json::Value;

const FIRST: &str = "The first line of it.\n";

fn talking() -> Script {
    Script::new().always(Reply::sse().text(FIRST).gate("rest").text("The rest.").end(100, 10))
}

#[test]
fn a_daemon_killed_in_the_middle_is_told_and_what_was_held_is_resolved() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    assert!(world.kill_daemon());
    let out = running.finish();
    out.fails(1);
    assert!(out.stdout.starts_with(FIRST.trim_end()), "what was said stays said: {out}");
    fake.wait_for_hangups_blocking(1);

    world.plyrum(["daemon", "start"]).run().ok();
    assert_eq!(world.only_run()["status"], "interrupted");
    let attempt = &world.json(["explain", "last", "--json"])["attempts"][0];
    assert_eq!((&attempt["usage"]["quality"], &attempt["review"]), (&"estimated".into(), &true.into()));
    assert!(
        attempt["cost_micro_rub"].as_i64().unwrap() > 0,
        "a request that was sent may have to be paid: {attempt}"
    );
    world.is_sound();
    assert_eq!(fake.requests().len(), 1, "a request found sent is never sent again");
}

#[test]
fn a_stream_of_a_killed_daemon_ends_with_a_result_that_says_interrupted() {
    let world = World::new();
    let _fake = world.lab(talking());
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    running.wait_for("first line");
    world.kill_daemon();
    let out = running.finish();
    out.fails(1);
    let lines = out.lines();
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "result");
    assert_eq!(last["error"]["kind"], "interrupted");
    let numbers: Vec<u64> = lines.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    world.plyrum(["daemon", "start"]).run().ok();
    assert_eq!(world.json(["runs", "show", "--json"])["status"], "interrupted");
}

#[test]
fn a_detached_run_of_a_killed_daemon_is_resolved_by_the_next_one() {
    let world = World::new();
    let fake = world.lab(talking());
    world.plyrum(["ask", "--detach", "Tell me a story"]).run().ok();
    fake.wait_at_gate_blocking("rest");
    world.kill_daemon();
    world.plyrum(["daemon", "start"]).run().ok();
    assert_eq!(world.only_run()["status"], "interrupted");
    world.is_sound();
    let frames = world.plyrum(["runs", "attach", "last"]).run().lines();
    assert_eq!(frames.iter().filter(|frame| frame["type"] == "run.finished").count(), 1);
    assert_eq!(frames.last().unwrap()["result"]["status"], "interrupted");
}

#[test]
fn reading_commands_start_no_daemon_after_a_crash() {
    let world = World::new();
    let fake = world.lab(talking());
    world.plyrum(["ask", "--detach", "Tell me a story"]).run().ok();
    fake.wait_at_gate_blocking("rest");
    world.kill_daemon();
    for args in [
        ["runs", "list"],
        ["balance", "show"],
        ["audit", "verify"],
        ["usage", "--json"],
        ["transcript", "show"],
    ] {
        world.plyrum(args).run().ok();
    }
    assert_eq!(world.daemons(), [0; 0]);
}

/// All of its text comes at once, and then nothing: the count does not wait for more text.
#[test]
fn what_a_provider_said_before_it_fell_silent_is_charged_after_a_crash() {
    let world = World::new();
    let fake = world.lab(talking());
    world.plyrum(["ask", "--detach", "Tell me a story"]).run().ok();
    fake.wait_at_gate_blocking("rest");
    let run = world.only_run()["run"].as_str().unwrap().to_owned();
    let reader = plyrum_ledger::LedgerReader::open(&world.home().join("data/ledger.sqlite")).unwrap();
    eventually("the received bytes are noted", || reader.attempts_of(&run).unwrap()[0].received_bytes > 0);
    world.kill_daemon();
    world.plyrum(["daemon", "start"]).run().ok();
    let usage = world.json(["explain", &run, "--json"])["attempts"][0]["usage"].clone();
    let bytes = u64::try_from(FIRST.len()).unwrap();
    assert_eq!(usage["output"], bytes.div_ceil(3), "{usage}");
    world.is_sound();
}

/// Ten lives, each ended after a different number of lines of a run that streams at full speed.
#[test]
fn ten_kills_at_ten_points_leave_nothing_held_nothing_twice_and_a_whole_audit() {
    let world = World::new();
    let words = "one two three four five six seven eight nine ten ".repeat(20);
    let _fake = world.lab(Script::new().always(Reply::answer(&words, 300, 200)));
    for round in 0..10_usize {
        let running = world.plyrum(["ask", "-o", "stream-json", "Count for me"]).start();
        running.wait_for_lines(1 + (round * 7) % 10); // deltas may merge: a run has eleven lines at least
        world.kill_daemon();
        let out = running.finish();
        let last = out.lines().pop().unwrap();
        assert_eq!(last["type"], "result", "{out}");
        match out.code {
            0 => assert_eq!(last["status"], "succeeded", "{out}"),
            1 => assert_eq!(last["error"]["kind"], "interrupted", "{out}"),
            _ => panic!("{out}"),
        }
    }
    world.plyrum(["ask", "Count for me"]).run().ok();
    world.is_sound();
    let runs = world.json(["runs", "list", "--json"]);
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.len(), 11);
    let of_runs: i64 = runs.iter().filter_map(|run| run["cost_micro_rub"].as_i64()).sum();
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], of_runs);
    assert_eq!(world.json(["balance", "show", "--json"])["posted_micro_rub"], -of_runs);
    for run in runs {
        let frames = world.plyrum(["runs", "attach", run["run"].as_str().unwrap()]).run().lines();
        let ends = frames.iter().filter(|frame| frame["type"] == "run.finished").count();
        let numbers: Vec<u64> = frames.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
        assert!(ends == 1 && numbers.iter().copied().eq(1..=numbers.len() as u64), "{run}: {numbers:?}");
    }
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = world.plyrum(["audit", "tail", "-n", "10000"]).run().lines();
    let settles = records.iter().filter(|record| record["kind"] == "settle");
    let of_audit: i64 = settles.filter_map(|record| record["body"]["cost_micro_rub"].as_i64()).sum();
    assert_eq!(of_audit, of_runs);
    let outbox: Vec<u64> = records.iter().filter_map(|record| record["body"]["outbox"].as_u64()).collect();
    assert!(
        outbox.iter().copied().eq(1..=outbox.len() as u64),
        "carried over once each, in order: {outbox:?}"
    );
}

#[test]
fn a_client_survives_a_daemon_that_dies_while_it_waits_for_the_first_word() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::sse().gate("never")));
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    running.wait_for("attempt.started");
    fake.wait_at_gate_blocking("never");
    world.kill_daemon();
    let out = running.finish();
    out.fails(1);
    let result: Value = out.lines().pop().unwrap();
    assert_eq!(result["error"]["kind"], "interrupted");
    world.plyrum(["daemon", "start"]).run().ok();
    world.is_sound();
}

#[test]
fn a_torn_end_of_the_audit_is_mended_by_the_next_start() {
    use std::io::Write as _;
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a record.").run().ok();
    world.kill_daemon();
    let audit =
        std::fs::read_dir(world.home().join("data/audit")).unwrap().map(|entry| entry.unwrap().path());
    let file = audit.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    std::fs::File::options().append(true).open(file).unwrap().write_all(b"{\"v\":1,\"seq\":99").unwrap();
    world.plyrum(["ask", "What is it?"]).stdin("It is a record.").run().ok();
    world.is_sound();
}

#[test]
fn a_broken_ledger_is_told_and_left_as_it_is() {
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a record.").run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    let path = world.home().join("data/ledger.sqlite");
    let broken = vec![b'x'; 8192];
    std::fs::write(&path, &broken).unwrap();
    for args in [["ask", "Hello there"], ["usage", "--json"], ["daemon", "start"]] {
        world.plyrum(args).run().fails_telling(1, ["hint: "]);
    }
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains("FAIL ledger"), "{doctor}");
    assert_eq!(std::fs::read(&path).unwrap(), broken);
}
