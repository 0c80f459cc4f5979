//! Runs that end before their answer does: each reaches the provider as a hang-up, keeps what was said,
//! books it, and holds nothing.

use crate::world::{FakeProvider, Reply, Script, World, eventually};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};

const FIRST: &str = "The first line of it.\n";

/// A model that says one line and then nothing for ever.
fn talking() -> Script {
    Script::new().always(Reply::sse().text(FIRST).gate("rest").text("The rest.").end(100, 10))
}

/// A model that took the request and has said nothing.
fn silent() -> Script {
    Script::new().always(Reply::sse().gate("rest").text("The rest.").end(100, 10))
}

/// The run is over as it should be after a cancel, and the provider was told.
#[track_caller]
fn was_cancelled(world: &World, fake: &FakeProvider) -> Value {
    fake.wait_for_hangups_blocking(1);
    eventually("the run is booked", || world.only_run()["status"] != "running");
    let run = world.only_run();
    assert_eq!(run["status"], "cancelled", "{run}");
    world.is_sound();
    run
}

#[test]
fn ctrl_c_keeps_what_was_said_states_the_bill_and_is_exit_130() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    running.signal(Signal::SIGINT);
    let out = running.finish();
    assert_eq!(out.code, 130, "{out}");
    assert_eq!(out.stdout, FIRST, "the partial answer, with one newline");
    assert!(out.stderr.contains("₽"), "the bill is stated: {out}");
    let run = was_cancelled(&world, &fake);
    let attempt = &world.json(["explain", "--json"])["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["usage"]["quality"]),
        (&"cancelled".into(), &"estimated".into())
    );
    assert_eq!(attempt["review"], true);
    assert!(run["cost_micro_rub"].as_i64().unwrap() > 0, "what was said is charged: {run}");
}

#[test]
fn ctrl_c_before_the_first_word_is_exit_130_too() {
    let world = World::new();
    let fake = world.lab(silent());
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    running.wait_for("attempt.started");
    fake.wait_at_gate_blocking("rest");
    running.signal(Signal::SIGINT);
    let out = running.finish();
    assert_eq!(out.code, 130, "{out}");
    assert_eq!(out.lines().last().unwrap()["answer"], "", "{out}");
    was_cancelled(&world, &fake);
}

#[test]
fn a_cancelled_stream_still_ends_with_its_result() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "-o", "stream-json", "Tell me a story"]).start();
    running.wait_for("first line");
    running.signal(Signal::SIGINT);
    let out = running.finish();
    assert_eq!(out.code, 130, "{out}");
    let last = out.lines().pop().unwrap();
    assert_eq!((&last["type"], &last["status"]), (&"result".into(), &"cancelled".into()));
    assert_eq!(last["error"]["kind"], "cancelled");
    assert_eq!(last["answer"].as_str().unwrap().trim_end(), FIRST.trim_end());
    was_cancelled(&world, &fake);
}

#[test]
fn sigterm_is_exit_143() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    running.signal(Signal::SIGTERM);
    let out = running.finish();
    assert_eq!((out.code, out.stdout.as_str()), (143, FIRST), "{out}");
    was_cancelled(&world, &fake);
}

#[test]
fn a_killed_client_takes_its_run_with_it() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    running.signal(Signal::SIGKILL);
    assert_eq!(running.finish().code, -9);
    was_cancelled(&world, &fake);
}

#[test]
fn a_reader_that_has_enough_cancels_the_run_quietly() {
    let world = World::new();
    let fake = world.lab(talking());
    let (running, reader) = world.plyrum(["ask", "Tell me a story"]).start_into_pipe();
    fake.wait_at_gate_blocking("rest");
    drop(reader); // the model is silent: nothing will be written that could fail
    let out = running.finish();
    assert_eq!(out.code, 0, "{out}");
    assert!(!out.stderr.contains("error"), "quietly: {out}");
    was_cancelled(&world, &fake);
}

#[test]
fn head_takes_a_line_of_a_talkative_model_and_the_rest_is_not_bought() {
    let world = World::new();
    let endless = Reply::sse().text("A line.\n").gate("go").step(endless_text()).end(1, 1);
    let fake = world.talkative_lab(Script::new().always(endless));
    let (running, reader) = world.plyrum(["ask", "Talk for ever"]).start_into_pipe();
    let mut lines = BufReader::new(reader);
    let mut line = String::new();
    fake.wait_at_gate_blocking("go");
    fake.release("go");
    lines.read_line(&mut line).unwrap();
    drop(lines);
    let out = running.finish();
    assert_eq!((out.code, line.as_str()), (0, "A line.\n"), "{out}");
    was_cancelled(&world, &fake);
}

/// More text than anybody waits for.
fn endless_text() -> plyrum_fake_provider::Step {
    let chunk =
        r#"{"choices":[{"index":0,"delta":{"content":"and so on and so on\n"},"finish_reason":null}]}"#;
    plyrum_fake_provider::Step::Repeat { text: format!("data: {chunk}\n\n"), count: 10_000_000 }
}

#[test]
fn a_shell_pipeline_with_head_is_exit_0() {
    let world = World::new();
    let fake =
        world.lab(Script::new().always(Reply::sse().text(FIRST).text("And").gate("rest").end(100, 10)));
    let out = world.sh("{ \"$PLYRUM\" ask 'Tell me a story'; echo \"exit $?\" >&2; } | head -n 1").run();
    assert_eq!(out.ok(), FIRST);
    assert!(out.stderr.contains("exit 0"), "{out}");
    was_cancelled(&world, &fake);
}

#[test]
fn a_closed_standard_output_is_no_crash() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("Nobody hears it.", 9, 4)));
    let out = world.sh("exec \"$PLYRUM\" ask 'Is anybody there?' >&-").run();
    assert_eq!(out.code, 0, "{out}");
    world.is_sound();
}

#[test]
fn a_full_standard_output_is_told_and_ends_the_run() {
    let world = World::new();
    let fake = world.lab(talking());
    let out = world.sh("exec \"$PLYRUM\" ask 'Tell me a story' >/dev/full").run();
    out.fails_telling(1, ["standard output"]);
    was_cancelled(&world, &fake);
}

#[test]
fn a_detached_run_goes_on_and_attach_shows_all_of_it() {
    let world = World::new();
    let fake = world.lab(talking());
    let out = world.plyrum(["ask", "--detach", "Tell me a story"]).run();
    let run = out.ok().trim().to_owned();
    fake.wait_at_gate_blocking("rest");
    assert_eq!(world.only_run()["status"], "running");
    assert_eq!(world.json(["daemon", "status", "--json"])["active_runs"], 1);
    let attached = world.plyrum(["runs", "attach", &run]).start();
    attached.wait_for("first line");
    fake.release("rest");
    let live = attached.finish();
    assert_eq!(live.ok().lines().count(), live.lines().len());

    let types = |frames: &[Value]| -> Vec<String> {
        let kinds = frames.iter().filter_map(|frame| frame["type"].as_str());
        kinds.filter(|kind| *kind != "delta").map(str::to_owned).collect()
    };
    let seen = live.lines();
    let numbers: Vec<u64> = seen.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    assert_eq!(seen.last().unwrap()["type"], "run.finished");
    assert_eq!(seen.last().unwrap()["result"]["answer"], format!("{FIRST}The rest."));

    let replayed = world.plyrum(["runs", "attach", "last"]).run();
    replayed.ok();
    assert_eq!(types(&replayed.lines()), types(&seen), "a finished run is replayed from its log");
    assert_eq!(fake.hangups(), 0);
    assert_eq!(world.only_run()["status"], "succeeded");
    world.is_sound();
}

#[test]
fn a_detached_run_says_so_in_json() {
    let world = World::new();
    let fake = world.lab(talking());
    let result = world.json(["ask", "--detach", "--json", "Tell me a story"]);
    assert_eq!((&result["type"], &result["status"]), (&"result".into(), &"detached".into()));
    assert!(result["run"].is_string() && result["session"].is_string(), "{result}");
    fake.release("rest");
}

#[test]
fn another_client_can_cancel_a_run_and_both_are_told() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "--json", "Tell me a story"]).start();
    fake.wait_at_gate_blocking("rest");
    world.plyrum(["runs", "cancel", "last"]).run().ok();
    let out = running.finish();
    out.fails(1);
    assert_eq!(out.json()["error"]["kind"], "cancelled_elsewhere");
    was_cancelled(&world, &fake);
    world.plyrum(["runs", "cancel", "last"]).run().fails(2);
}

#[test]
fn stopping_the_daemon_cancels_and_books_what_runs() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    world.plyrum(["daemon", "stop"]).run().ok();
    let out = running.finish();
    out.fails(1);
    assert_eq!(out.stdout, FIRST);
    was_cancelled(&world, &fake);
    assert_eq!(world.daemons(), [0; 0]);
}

#[test]
fn a_slow_reader_misses_nothing_and_reads_nothing_twice() {
    let world = World::new();
    let lines: Vec<String> =
        (0..6000).map(|n| format!("Строка {n} — and some more words to fill it up.\n")).collect();
    let reply =
        lines.iter().fold(Reply::sse(), |reply, line| reply.text(line)).text(".").gate("end").end(1, 1);
    let fake = world.talkative_lab(Script::new().always(reply));
    let (running, reader) = world.plyrum(["ask", "Talk a lot"]).start_into_pipe();
    fake.wait_at_gate_blocking("end"); // all was sent, far more than the pipe and the client's queue hold
    let mut reader = BufReader::new(reader);
    for line in &lines {
        let mut read = String::new();
        reader.read_line(&mut read).unwrap();
        assert_eq!(&read, line);
    }
    fake.release("end");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!((running.finish().code, rest.as_str()), (0, ".\n"));
}

#[test]
fn ctrl_c_does_not_wait_for_a_repeat() {
    let world = World::new();
    let busy = Reply::error(503, "{}").header("retry-after", "120");
    let fake = world.lab(Script::new().always(busy));
    let running = world.plyrum(["ask", "-o", "stream-json", "Hello there"]).start();
    running.wait_for("attempt.retried");
    running.signal(Signal::SIGINT);
    let out = running.finish();
    assert_eq!(out.code, 130, "{out}");
    assert_eq!(fake.requests().len(), 1);
    assert_eq!(world.only_run()["status"], "cancelled");
    world.is_sound();
}

/// A provider that serves one request at a time, with one run that has the place.
fn busy_lab(world: &World) -> (FakeProvider, crate::world::Running) {
    let fake = FakeProvider::spawn(talking());
    world.config(&crate::world::lab_config(&fake.base_url(), "max_concurrency = 1", ""));
    let first = world.plyrum(["ask", "Tell me a story"]).start();
    first.wait_for("first line");
    (fake, first)
}

#[test]
fn a_run_that_waits_for_its_turn_costs_nothing_when_it_is_cancelled() {
    let world = World::new();
    let (fake, first) = busy_lab(&world);
    let second = world.plyrum(["ask", "-o", "stream-json", "Tell me another"]).start();
    second.wait_for("attempt.started");
    second.signal(Signal::SIGINT);
    let out = second.finish();
    assert_eq!(out.code, 130, "{out}");
    assert_eq!(out.lines().last().unwrap()["cost_micro_rub"], 0, "{out}");
    fake.release("rest");
    first.finish().answers("The rest.");
    assert_eq!(fake.requests().len(), 1, "what was cancelled before its turn was never sent");
    world.is_sound();
}

#[test]
fn a_run_that_waits_for_its_turn_is_released_by_recovery() {
    let world = World::new();
    let (fake, first) = busy_lab(&world);
    world.plyrum(["ask", "--detach", "Tell me another"]).run().ok();
    eventually("it holds money", || {
        world.json(["runs", "list", "--json"]).as_array().map(Vec::len) == Some(2)
    });
    world.plyrum(["runs", "attach", "last"]).start().wait_for("attempt.started");
    world.kill_daemon();
    first.finish().fails(1);
    world.plyrum(["daemon", "start"]).run().ok();
    let runs = world.json(["runs", "list", "--json"]);
    assert_eq!((&runs[0]["status"], &runs[0]["cost_micro_rub"]), (&"interrupted".into(), &0.into()));
    assert!(runs[1]["cost_micro_rub"].as_i64().unwrap() > 0, "{runs}");
    assert_eq!(fake.requests().len(), 1);
    world.is_sound();
}

#[test]
fn leaving_an_attached_view_leaves_the_run() {
    let world = World::new();
    let fake = world.lab(talking());
    world.plyrum(["ask", "--detach", "Tell me a story"]).run().ok();
    let attached = world.plyrum(["runs", "attach", "last"]).start();
    attached.wait_for("first line");
    attached.signal(Signal::SIGINT);
    attached.finish();
    fake.release("rest");
    eventually("the run ends", || world.only_run()["status"] != "running");
    assert_eq!(world.only_run()["status"], "succeeded");
    assert_eq!(fake.hangups(), 0);
}

#[test]
fn a_daemon_that_is_asked_by_its_system_to_end_books_what_runs() {
    let world = World::new();
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    running.wait_for("first line");
    let daemon = nix::unistd::Pid::from_raw(world.daemon_pid().unwrap());
    nix::sys::signal::kill(daemon, Signal::SIGTERM).unwrap();
    running.finish().fails(1);
    eventually("it has ended", || world.daemons().is_empty());
    was_cancelled(&world, &fake);
}

/// A daemon that does not answer is no reason to die of the signal itself, without a last line.
#[test]
fn a_signal_before_the_run_has_begun_ends_the_command_with_a_result() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("Never asked.", 100, 10)));
    world.plyrum(["daemon", "start"]).run().ok();
    let daemon = nix::unistd::Pid::from_raw(world.daemon_pid().unwrap());
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        nix::sys::signal::kill(daemon, Signal::SIGSTOP).unwrap();
        let running = world.plyrum(["ask", "-v", "-o", "stream-json", "Hello there"]).start();
        eventually("it heeds signals", || heeds(running.pid(), signal));
        running.signal(signal);
        let out = running.finish();
        nix::sys::signal::kill(daemon, Signal::SIGCONT).unwrap();
        out.fails_telling(code, ["before the run had begun"]);
        assert_eq!(out.lines().last().unwrap()["status"], "cancelled", "{out}");
    }
    world.is_sound();
}

/// Whether a process catches a signal, as the kernel tells it.
fn heeds(pid: nix::unistd::Pid, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    caught & (1 << (signal as u32 - 1)) != 0
}
