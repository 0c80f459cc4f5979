//! One daemon for each home, however many start it, and commands about it that can be repeated.

use crate::world::{FakeProvider, Reply, Script, Wire, World, conforms, eventually};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;

#[test]
fn twenty_clients_at_once_start_one_daemon_and_all_get_their_answer() {
    let world = World::new();
    let ask = |n: usize| {
        let text = format!("Item {n} is kept in room {n} of the archive.");
        world.plyrum(["ask", "--json", "Where is the item kept?"]).stdin(text).start()
    };
    let running: Vec<_> = (0..20).map(ask).collect();
    let mut runs = BTreeSet::new();
    for (n, run) in running.into_iter().enumerate() {
        let out = run.finish();
        out.ok();
        let result = out.json();
        assert!(result["answer"].as_str().unwrap().contains(&format!("room {n}")), "{out}");
        runs.insert(result["run"].as_str().unwrap().to_owned());
    }
    assert_eq!(runs.len(), 20);
    eventually("the other starters are gone", || world.daemons().len() <= 1);
    assert_eq!(world.daemons(), [world.daemon_pid().unwrap()]);
    assert_eq!(world.json(["runs", "list", "--json"]).as_array().map(Vec::len), Some(20));
    world.is_sound();
}

#[test]
fn start_stop_restart_and_status_can_be_repeated() {
    let world = World::new();
    let status = || {
        let status = world.json(["daemon", "status", "--json"]);
        conforms("daemon-status", &status);
        status
    };
    assert_eq!(status()["running"], false);
    world.plyrum(["daemon", "stop"]).run().ok();
    for _ in 0..2 {
        world.plyrum(["daemon", "start"]).run().ok();
    }
    let first = world.daemon_pid().unwrap();
    assert_eq!((&status()["running"], &status()["pid"]), (&true.into(), &first.into()));
    assert_eq!(world.daemons(), [first]);
    world.plyrum(["daemon", "restart"]).run().ok();
    let second = world.daemon_pid().unwrap();
    assert_ne!(first, second);
    for _ in 0..2 {
        world.plyrum(["daemon", "stop"]).run().ok();
        assert_eq!(world.daemons(), [0; 0], "stop returns when the process is gone");
    }
    assert_eq!(status()["running"], false);
    assert!(!world.home().join("run/plyrum.sock").exists(), "the socket is removed");
    world.plyrum(["daemon", "restart"]).run().ok();
    assert!(world.daemon_pid().is_some());
    world.plyrum(["daemon", "logs"]).run().ok();
}

#[test]
fn a_second_daemon_refuses_to_run_and_the_first_goes_on() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let first = world.daemon_pid().unwrap();
    world.plyrum(["daemon", "run"]).run().fails_telling(1, ["runs already", "hint: "]);
    assert_eq!(world.daemons(), [first]);
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().ok();
}

#[test]
fn a_daemon_in_the_foreground_serves_and_ends_well_with_ctrl_c() {
    let world = World::new();
    let daemon = world.plyrum(["daemon", "run"]).start();
    eventually("it listens", || world.plyrum(["daemon", "status", "--json"]).run().json()["running"] == true);
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().ok();
    daemon.signal(Signal::SIGINT);
    let out = daemon.finish();
    assert_eq!(out.code, 0, "{out}");
    world.is_sound();
}

/// Its terminal is closed in the middle of a run.
#[test]
fn a_daemon_in_the_foreground_settles_before_it_ends_with_its_terminal() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::sse().text("Slow").gate("never")));
    let daemon = world.plyrum(["daemon", "run"]).start();
    eventually("it listens", || world.plyrum(["daemon", "status", "--json"]).run().json()["running"] == true);
    world.plyrum(["ask", "--detach", "How do you work?"]).run().ok();
    fake.wait_at_gate_blocking("never");
    daemon.signal(Signal::SIGHUP);
    let out = daemon.finish();
    assert_eq!(out.code, 0, "{out}");
    assert_eq!(world.only_run()["status"], "cancelled");
    world.is_sound();
}

#[test]
fn a_stale_socket_is_replaced() {
    let world = World::new();
    world.file_of_home("run/note", "");
    drop(UnixListener::bind(world.home().join("run/plyrum.sock")).unwrap());
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().ok();
    assert_eq!(world.daemons().len(), 1);
}

#[test]
fn a_daemon_that_was_killed_is_replaced_without_a_word() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let first = world.daemon_pid();
    assert!(world.kill_daemon());
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().ok();
    assert!(world.daemon_pid().is_some() && world.daemon_pid() != first);
}

#[test]
fn a_daemon_that_does_not_answer_is_exit_7_and_not_waited_for_for_ever() {
    let world = World::new();
    world.file_of_home("run/note", "");
    let _deaf = UnixListener::bind(world.home().join("run/plyrum.sock")).unwrap();
    let out = world.plyrum(["ask", "Are you there?"]).run();
    out.fails_telling(7, ["hint: "]);
}

#[test]
fn draining_lets_what_runs_end_and_takes_nothing_new() {
    let world = World::new();
    let reply = Reply::sse().text("Slow").gate("rest").text(" and steady.").end(9, 4);
    let fake = world.lab(Script::new().then(reply));
    let running = world.plyrum(["ask", "How do you work?"]).start();
    fake.wait_at_gate_blocking("rest");
    let draining = world.plyrum(["daemon", "drain"]).start();
    eventually("it drains", || world.plyrum(["ask", "One more question"]).run().code == 7);
    fake.release("rest");
    running.finish().answers("Slow and steady.");
    draining.finish().ok();
    assert_eq!(world.daemons(), [0; 0]);
    world.is_sound();
}

#[test]
fn everything_is_private_whatever_the_umask() {
    let world = World::new();
    let line = "umask 000; printf 'Keep it private.' | \"$PLYRUM\" ask 'What to do with it?'";
    world.sh(line).run().ok();
    is_private(&world, 10);
}

/// Every artefact is the owner's alone; there are more than `least`.
#[track_caller]
fn is_private(world: &World, least: usize) {
    let mut seen = 0;
    let mut left = vec![world.home().to_owned()];
    while let Some(path) = left.pop() {
        let about = path.symlink_metadata().unwrap();
        let mode = about.permissions().mode() & 0o7777;
        let expected = if about.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} has mode {mode:o}", path.display());
        if about.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        seen += 1;
    }
    assert!(seen > least, "only {seen} files were looked at");
}

#[test]
fn a_home_with_a_long_path_works_and_leaves_no_socket_behind() {
    let world = World::new();
    let home = world.beside(&"h".repeat(120)).display().to_string();
    let call = |args| world.plyrum::<2>(args).env("PLYRUM_HOME", &home);
    call(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
    let doctor = call(["doctor", "--json"]).run().json().to_string();
    let (_, socket) = doctor.split_once("socket ").unwrap();
    let socket = Path::new(socket.split('"').next().unwrap());
    assert!(socket.starts_with("/tmp") && socket.exists(), "{}", socket.display());
    assert_eq!(socket.parent().unwrap().symlink_metadata().unwrap().permissions().mode() & 0o777, 0o700);
    call(["daemon", "stop"]).run().ok();
    assert!(!socket.exists(), "the socket is removed");
    fs::remove_dir(socket.parent().unwrap()).unwrap();
}

#[test]
fn the_daemon_survives_its_starter_and_the_starters_directory() {
    let world = World::new();
    let fake: FakeProvider = world.lab(Script::new().always(Reply::answer("Still here.", 9, 4)));
    fs::create_dir(world.beside("gone")).unwrap();
    let line = format!(
        "cd '{0}' && \"$PLYRUM\" daemon start && cd / && rmdir '{0}'",
        world.beside("gone").display()
    );
    world.sh(&line).run().ok();
    world.plyrum(["ask", "Are you there?"]).run().answers("Still here.");
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_home_with_spaces_and_letters_of_the_world_works_and_so_does_a_relative_one() {
    let world = World::new();
    for home in [world.beside("мой дом").display().to_string(), "relative".to_owned()] {
        let call = |args| world.plyrum::<2>(args).env("PLYRUM_HOME", &home);
        call(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
        call(["audit", "verify"]).run().ok();
        call(["daemon", "stop"]).run().ok();
    }
}

#[test]
fn a_working_directory_that_is_gone_is_no_obstacle() {
    let world = World::new();
    let line = "mkdir gone && cd gone && rmdir ../gone && printf 'Yes, I am here.' | \"$PLYRUM\" ask 'Are you there?'";
    world.sh(line).run().answers("here");
}

#[test]
fn a_client_that_talks_nonsense_is_hung_up_on_and_harms_nobody() {
    let world = World::new();
    let fake =
        world.lab(Script::new().always(Reply::sse().text("Slow").gate("rest").text(" one.").end(9, 2)));
    let running = world.plyrum(["ask", "How do you work?"]).start();
    fake.wait_at_gate_blocking("rest");
    let too_long = vec![b'x'; 3 << 20];
    let nonsense: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\"\n",
        b"[[[[[[[[[[[[[[[[\n",
        b"\xff\xfe\n",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"params\":7}\n",
        &too_long,
    ];
    for bytes in nonsense {
        let mut wire = Wire::to(&world);
        wire.say(bytes);
        let said = wire.rest();
        assert_eq!(said[0]["method"], "hello");
        assert!(said.last().unwrap()["error"]["code"].is_i64(), "{said:?}");
    }
    fake.release("rest");
    running.finish().answers("Slow one.");
    world.is_sound();
}

#[test]
fn a_repeated_submit_of_the_same_id_gets_the_first_receipt_and_starts_nothing() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::answer("Once.", 9, 2)));
    world.plyrum(["daemon", "start"]).run().ok();
    let mut wire = Wire::greeting(&world, 1, 1);
    let submit = |id: u32| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"run/submit\",\"params\":{{\"run\":\"00000000000000aa\",\"session\":null,\"prompt\":\"Hello there\",\"attachments\":[],\"options\":{{}},\"workspace\":null,\"client\":\"test\",\"owner\":\"detached\",\"dry_run\":false}}}}\n"
        )
    };
    let reply = |wire: &mut Wire, id: u32| loop {
        let line = wire.line();
        assert!(!line.is_null(), "no reply to {id}");
        if line["id"] == id {
            return line["result"].clone();
        }
    };
    wire.say(submit(1));
    let first = reply(&mut wire, 1);
    wire.say(submit(2));
    let again = reply(&mut wire, 2);
    eventually("the run ends", || world.only_run()["status"] != "running");
    let mut other = Wire::greeting(&world, 1, 1);
    other.say(submit(3));
    let later = reply(&mut other, 3);
    for receipt in [&again, &later] {
        assert_eq!((&receipt["run"], &receipt["session"]), (&first["run"], &first["session"]), "{receipt}");
    }
    assert_eq!(first["run"], "00000000000000aa", "{first}");
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_daemon_that_nobody_needs_ends_itself_and_whoever_comes_then_gets_another() {
    let world = World::new();
    world.config("[daemon]\nidle_exit = \"1s\"\n");
    let config = world.json(["config", "show", "--json"]);
    let shown = |row: &&serde_json::Value| row["key"] == "daemon.idle_exit" && row["value"] == "\"1s\"";
    assert!(config.as_array().unwrap().iter().any(|row| shown(&row)), "{config}");
    // Each comes when the last one's daemon is about to end or has just ended, and none notices.
    for _ in 0..3 {
        world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
        eventually("the daemon ends itself", || world.daemons().is_empty());
    }
    assert!(world.log().contains("nobody came for 1 s"), "{}", world.log());
    assert!(!world.home().join("run/plyrum.sock").exists());
    world.is_sound();
}

#[test]
fn a_run_or_a_client_keeps_an_idle_daemon_alive() {
    let world = World::new();
    let fake =
        world.lab(Script::new().then(Reply::sse().text("Slow").gate("rest").text(" and steady.").end(9, 4)));
    let config = fs::read_to_string(world.home().join("config/config.toml")).unwrap();
    world.config(&format!("{config}\n[daemon]\nidle_exit = \"1s\"\n"));
    world.plyrum(["ask", "--detach", "How do you work?"]).run().ok();
    fake.wait_at_gate_blocking("rest");
    let first = world.daemon_pid().unwrap();
    let began = std::time::Instant::now();
    eventually("more than its time has passed", || began.elapsed().as_secs() >= 2);
    assert_eq!(world.daemons(), [first], "a run lives");
    fake.release("rest");
    let wire = Wire::greeting(&world, 1, 1);
    eventually("the run ends", || world.only_run()["status"] == "succeeded");
    let began = std::time::Instant::now();
    eventually("more than its time has passed", || began.elapsed().as_secs() >= 2);
    assert_eq!(world.daemons(), [first], "a client is there");
    drop(wire);
    eventually("it ends", || world.daemons().is_empty());
}

#[test]
fn a_substitution_of_the_shell_returns_while_the_daemon_lives() {
    let world = World::new();
    let line = "x=$(printf 'Yes, I am here.' | \"$PLYRUM\" ask 'Are you there?' 2>err); echo \"got $x\"; \"$PLYRUM\" daemon status | cat";
    let out = world.sh(line).run();
    assert!(
        out.ok().contains("got ") && out.stdout.contains("here") && out.stdout.contains("running: process"),
        "{out}"
    );
    let pid = world.daemon_pid().unwrap();
    let holds = |what: &dyn Fn(&str) -> bool| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut open = open.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.display().to_string()));
        open.any(|path| what(&path))
    };
    assert!(!holds(&|path| path.ends_with("/err")));
    // Its own pipe to the sandbox that it tests is gone soon.
    eventually("it holds no pipe", || !holds(&|path| path.starts_with("pipe:")));
}

#[test]
fn everything_stays_private_after_every_command_and_every_accident() {
    let world = World::new();
    let line = "umask 000; export QUIET=-q
        printf 'Keep it private.' | \"$PLYRUM\" ask -q 'What to do with it?'
        printf 'Keep it private.' | \"$PLYRUM\" ask -q -c 'What to do with it now?'
        \"$PLYRUM\" balance top-up 10; \"$PLYRUM\" balance set-mode metered; \"$PLYRUM\" budget set --day 100
        \"$PLYRUM\" runs list; \"$PLYRUM\" usage; \"$PLYRUM\" audit verify; \"$PLYRUM\" doctor; \"$PLYRUM\" transcript show
        \"$PLYRUM\" daemon stop
        for log in \"$PLYRUM_HOME\"/data/sessions/*.jsonl \"$PLYRUM_HOME\"/data/audit/*.jsonl; do printf '{\"torn' >>\"$log\"; done
        head -c 5000000 /dev/zero | tr '\\0' 'x' >>\"$PLYRUM_HOME/state/daemon.log\"
        printf 'Keep it private.' | \"$PLYRUM\" ask -q -s last 'What to do with it then?'
        \"$PLYRUM\" daemon restart; exit 0";
    world.sh(line).run().ok();
    world.kill_daemon();
    world.sh("umask 000; exec \"$PLYRUM\" daemon start").run().ok();
    is_private(&world, 10);
}

/// A full house answers what everybody may ask, and ends in order, also where force is allowed.
#[test]
fn a_daemon_with_too_many_clients_is_asked_and_stopped_like_any_other() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let _inside: Vec<Wire> = (0..256).map(|_| Wire::greeting(&world, 1, 1)).collect();
    let status = world.json(["daemon", "status", "--json"]);
    assert_eq!((&status["state"], &status["pid"]), (&"running".into(), &world.daemon_pid().into()));
    let out = world.plyrum(["daemon", "stop", "--force"]).run();
    out.ok();
    assert!(!out.stderr.contains("killed") && world.log().ends_with("ended\n"), "{out} {}", world.log());
}

/// Nobody gets further than the door: that is no reason to kill it.
#[test]
fn by_force_a_daemon_that_turns_everybody_away_is_not_killed() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let _inside: Vec<Wire> = (0..256 + 16).map(|_| Wire::greeting(&world, 1, 1)).collect();
    let pid = world.daemon_pid();
    world.plyrum(["daemon", "stop", "--force"]).run().fails_telling(7, ["256 clients are connected"]);
    assert_eq!(world.daemon_pid(), pid);
    eventually("the doorstep is free again", || world.plyrum(["daemon", "status"]).run().code == 0);
}

#[test]
fn one_client_too_many_is_told_so_and_the_others_are_served() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let mut inside: Vec<Wire> = (0..256).map(|_| Wire::greeting(&world, 1, 1)).collect();
    world.plyrum(["ask", "Are you there?"]).run().fails_telling(7, ["256 clients are connected", "hint: "]);
    let status = inside[7].call(1, "daemon/status", &serde_json::json!({}));
    assert_eq!(status["result"]["running"], true);
    inside.pop();
    eventually("there is a place", || {
        world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().code == 0
    });
}

/// A client that asks and asks and reads no reply is not read from any more: it fills no memory.
#[test]
fn a_client_that_reads_no_replies_is_not_listened_to() {
    use std::io::Write as _;
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let mut deaf = std::os::unix::net::UnixStream::connect(world.home().join("run/plyrum.sock")).unwrap();
    deaf.set_write_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
    let hello = "{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"params\":{\"proto_min\":1,\"proto_max\":1,\"build\":\"test\",\"schema\":1}}\n";
    let ask = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"model/list\",\"params\":{}}\n".repeat(100);
    deaf.write_all(hello.as_bytes()).unwrap();
    let written = (0..10_000).take_while(|_| deaf.write_all(ask.as_bytes()).is_ok()).count();
    assert!(written < 10_000, "everything was taken");
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
}
