//! Claims that were once not kept: late readers, dying daemons, full disks, blocked pipes.

use crate::world::{LAB_KEY, Reply, Script, World, eventually, waits_for_its_reader};
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};

const FIRST: &str = "The first line of it.\n";

fn talking() -> Script {
    Script::new().always(Reply::sse().text(FIRST).gate("rest").text("The rest.").end(100, 10))
}

/// Text that was dropped for a slow reader is never printed once the attempt is over.
#[test]
fn a_reader_that_comes_late_still_gets_the_whole_answer() {
    let world = World::new();
    let lines: Vec<String> =
        (0..6000).map(|n| format!("Строка {n} — and some more words to fill it up.\n")).collect();
    let reply = lines.iter().fold(Reply::sse(), |reply, line| reply.text(line)).gate("end").end(1, 1);
    let fake = world.talkative_lab(Script::new().always(reply));
    let (running, mut reader) = world.plyrum(["ask", "Talk a lot"]).start_into_pipe();
    fake.wait_at_gate_blocking("end");
    fake.release("end");
    eventually("the run is over", || world.only_run()["status"] != "running");
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(running.finish().code, 0);
    assert!(text == lines.concat(), "{} of {} lines, exit 0", text.lines().count(), lines.len());
}

/// The provider's raw usage JSON goes into the ledger as it is.
#[test]
fn a_key_in_a_providers_usage_block_is_masked() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let usage = serde_json::json!({"prompt_tokens": 9, "completion_tokens": 2, "account": LAB_KEY});
    let reply = Reply::sse().text("I see.").finish("stop").usage_json(usage).done();
    let _fake = world.lab_with_key(Script::new().always(reply));
    world.plyrum(["ask", "Hello there"]).run().ok();
    for name in ["data/ledger.sqlite", "data/ledger.sqlite-wal"] {
        let bytes = fs::read(world.home().join(name)).unwrap_or_default();
        assert!(
            !bytes.windows(LAB_KEY.len()).any(|window| window == LAB_KEY.as_bytes()),
            "{name} holds the key"
        );
    }
}

/// The client reconnects to the socket of the daemon
/// that is just dying and is reset: it then reports no run, `failed`, cost 0, and starts no daemon.
#[test]
fn the_client_of_a_killed_daemon_gets_the_end_of_its_run_from_the_next_daemon() {
    let world = World::new();
    let _fake = world.lab(talking());
    for _ in 0..10 {
        let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
        running.wait_for("first line");
        world.kill_daemon();
        let out = running.finish();
        out.fails(1);
        let last = out.lines().pop().unwrap();
        assert_eq!((&last["type"], &last["status"]), (&"result".into(), &"interrupted".into()), "{out}");
        assert!(last["cost_micro_rub"].as_i64().unwrap() > 0, "{out}");
        let runs = world.json(["runs", "list", "--json"]);
        assert_eq!((&runs[0]["run"], &runs[0]["cost_micro_rub"]), (&last["run"], &last["cost_micro_rub"]));
        world.is_sound();
    }
}

/// P3b → crashes.rs. Whatever ends the client, a partial answer ends with its newline.
#[test]
fn the_partial_answer_of_a_killed_daemon_ends_with_one_newline() {
    let world = World::new();
    let _fake = world.lab(talking());
    for _ in 0..10 {
        let running = world.plyrum(["ask", "Tell me a story"]).start();
        running.wait_for("first line");
        world.kill_daemon();
        assert_eq!(running.finish().stdout, FIRST);
    }
}

/// A starter that finds the lock taken waits for a socket and never tries the lock again.
#[test]
fn a_client_that_comes_while_a_daemon_is_ending_gets_a_new_one() {
    let world = World::new();
    world.file_of_home("run/daemon.lock", "");
    let ending = File::options().write(true).open(world.home().join("run/daemon.lock")).unwrap();
    ending.lock().unwrap(); // as a daemon does that has closed its socket and still books
    let running = world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").start();
    let waits = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        switches.and_then(|n| n.trim().parse::<u32>().ok()).is_some_and(|n| n > 20)
    };
    eventually("a daemon waits beside it", || world.daemons().iter().any(waits));
    drop(ending);
    running.finish().answers("here");
}

/// A client that is blocked in a write to a full pipe sees no signal.
#[test]
fn ctrl_c_ends_a_client_whose_reader_does_not_read() {
    let world = World::new();
    let text = format!("{}\n", "A long line of words. ".repeat(400));
    let reply = (0..40).fold(Reply::sse(), |reply, _| reply.text(&text)).gate("rest").end(1, 1);
    let fake = world.talkative_lab(Script::new().always(reply));
    let (running, reader) = world.plyrum(["ask", "Talk a lot"]).start_into_pipe();
    fake.wait_at_gate_blocking("rest");
    waits_for_its_reader(running.pid());
    running.signal(Signal::SIGINT);
    let out = running.finish();
    drop(reader);
    assert_eq!(out.code, 130, "{out}");
    assert!(out.stderr.contains("cancelled"), "who pressed it hears what became of the run: {out}");
    fake.wait_for_hangups_blocking(1);
    world.is_sound();
}

/// The answer is there and paid for, but the caller has only its beginning: that is no success.
#[test]
fn ctrl_c_while_the_end_of_an_answer_is_not_read_is_no_success() {
    let world = World::new();
    let reply = Reply::sse().text(&"A long line of words. ".repeat(20_000)).gate("end").end(1, 1);
    let fake = world.talkative_lab(Script::new().always(reply));
    let (running, mut reader) = world.plyrum(["ask", "-q", "--json", "Talk a lot"]).start_into_pipe();
    fake.wait_at_gate_blocking("end");
    fake.release("end");
    eventually("the run is over", || world.only_run()["status"] == "succeeded");
    waits_for_its_reader(running.pid());
    running.signal(Signal::SIGINT);
    let out = running.finish();
    assert_eq!(out.code, 130, "{out}");
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.starts_with('{') && !text.ends_with('\n'), "nothing stands behind what was cut off");
    assert_eq!(fake.requests().len(), 1);
    world.is_sound();
}

/// The newline of a whole line waits for text behind it, so `head` never has its line.
#[test]
fn head_has_its_line_while_the_model_is_silent() {
    let world = World::new();
    let fake = world.lab(talking());
    let out = world.sh("{ \"$PLYRUM\" ask 'Tell me a story'; echo \"exit $?\" >&2; } | head -n 1").run();
    assert_eq!(out.ok(), FIRST);
    assert!(out.stderr.contains("exit 0"), "{out}");
    fake.wait_for_hangups_blocking(1);
}

/// What could not be booked is never tried again.
#[test]
fn a_disk_that_filled_up_in_the_middle_of_an_answer_is_booked_once_there_is_room() {
    let Some(world) = World::on_a_disk_of("8m") else { return };
    let script = Script::new()
        .then(Reply::sse().text(FIRST).gate("rest").text("The rest.").end(100, 10))
        .always(Reply::answer("There is room again.", 100, 10));
    let fake = world.lab(script);
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    fake.wait_at_gate_blocking("rest");
    let mut ballast = File::create(world.home().join("ballast")).unwrap();
    for size in [64 * 1024, 4096, 1] {
        while ballast.write_all(&vec![0; size]).is_ok() {}
    }
    fake.release("rest");
    running.finish();
    drop(ballast);
    fs::remove_file(world.home().join("ballast")).unwrap();
    world.plyrum(["ask", "Is there room?"]).run().answers("There is room again.");
    eventually("the first run is booked", || {
        world.json(["runs", "list", "--json"])[1]["status"] != "running"
    });
    assert!(world.json(["runs", "list", "--json"])[1]["cost_micro_rub"].as_i64().unwrap() > 0);
    world.is_sound();
}

/// A ledger that the very first daemon is just making (or died making) is told as broken:
/// "the ledger has schema 0, older than 1", exit 1, where nothing was ever booked.
#[test]
fn a_ledger_without_tables_is_one_where_nothing_was_booked() {
    let world = World::new();
    world.file_of_home("data/ledger.sqlite", "");
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
    world.json(["usage", "--json"]);
    world.plyrum(["doctor"]).run().ok();
    world.plyrum(["ask", "What is it?"]).stdin("It is a ledger.").run().answers("ledger");
}

/// A second signal leaves without a result in JSON and without the newline in text.
#[test]
fn a_second_signal_leaves_at_once_and_the_output_is_whole() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    fake.wait_at_gate_blocking("rest");
    running.wait_for("first line");
    let daemon = nix::unistd::Pid::from_raw(world.daemon_pid().unwrap());
    nix::sys::signal::kill(daemon, Signal::SIGSTOP).unwrap(); // it cannot end the run
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    let out = running.finish();
    nix::sys::signal::kill(daemon, Signal::SIGCONT).unwrap();
    assert!(out.code == 130 || out.code == 143, "{out}");
    assert_eq!(out.lines().pop().unwrap()["type"], "result", "{out}");
}

/// What was recorded after the last booking can be cut off unnoticed after a clean stop.
#[test]
fn the_very_last_record_of_a_clean_stop_is_anchored_too() {
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a record.").run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    let audit = fs::read_dir(world.home().join("data/audit")).unwrap().map(|entry| entry.unwrap().path());
    let file = audit.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let (before, _last) = text.trim_end().rsplit_once('\n').unwrap();
    fs::write(&file, format!("{before}\n")).unwrap();
    assert_eq!(world.plyrum(["audit", "verify"]).run().code, 1);
}
