//! Two versions meet: what both speak is spoken, an idle daemon of another version makes room, a busy one is left
//! alone; and who does not know a field, a frame or a method lives with it.

use crate::world::{Peer, Reply, Script, Speaks, Wire, World, conforms, eventually};
use serde_json::{Value, json};

/// The protocol of this build.
const OURS: u32 = 1;
const OLDER: Speaks = Speaks { min: OURS - 1, max: OURS - 1, active_runs: 0 };
const NEWER: Speaks = Speaks { min: OURS + 1, max: OURS + 1, active_runs: 0 };
const OVERLAPS: Speaks = Speaks { min: OURS, max: OURS + 1, active_runs: 0 };

fn knows_nothing(_: &str, _: &Value) -> Option<(Value, Vec<Value>)> {
    None
}

#[test]
fn an_idle_daemon_of_another_version_is_replaced_without_a_word() {
    for speaks in [OLDER, NEWER] {
        let world = World::new();
        let peer = Peer::listen(&world, speaks, knows_nothing);
        world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
        assert_eq!(peer.asked(), ["daemon/status", "daemon/drain"]);
        assert!(peer.is_gone());
        assert_eq!(world.daemons().len(), 1);
        world.is_sound();
    }
}

#[test]
fn a_busy_daemon_of_another_version_is_left_alone_and_told_of() {
    for speaks in [OLDER, NEWER] {
        let world = World::new();
        let speaks = Speaks { active_runs: 3, ..speaks };
        let peer = Peer::listen(&world, speaks, knows_nothing);
        let theirs = format!("{0}..{0}", speaks.min);
        let told = ["1..1", theirs.as_str(), "9.9.9", "3 runs", "plyrum daemon drain"];
        for args in [["ask", "Are you there?"], ["daemon", "start"], ["plans", "list"]] {
            world.plyrum(args).run().fails_telling(7, told);
        }
        let status = world.json(["daemon", "status", "--json"]);
        assert_eq!((&status["running"], &status["active_runs"]), (&true.into(), &3.into()), "{status}");
        let doctor = world.plyrum(["doctor"]).run();
        assert!(doctor.stdout.contains("plyrum daemon drain"), "{doctor}");
        assert!(!peer.asked().iter().any(|method| method != "daemon/status"), "{:?}", peer.asked());
        assert!(!peer.is_gone());
    }
}

#[test]
fn what_both_speak_is_spoken_whatever_else_the_daemon_says() {
    let world = World::new();
    let frame = |body: Value| {
        let mut frame = body;
        frame["at"] = "2026-11-20T00:00:00.000Z".into();
        json!({"jsonrpc": "2.0", "method": "frame", "params": frame})
    };
    let peer = Peer::listen(&world, OVERLAPS, move |method, params| match method {
        "plan/list" => Some((json!({"rows": [], "next": null, "weather": "mild"}), vec![])),
        "run/submit" => {
            let run = &params["run"];
            let delta = json!({"type": "delta", "run": run, "step": "answer", "attempt": "a.1", "channel": "answer",
                "offset": 0, "text": "From another time.", "colour": "blue"});
            let result = json!({"type": "result", "schema": 7, "run": run, "session": "5e551011",
                "status": "succeeded", "answer": "From another time.", "structured": null, "plan": "direct", "model": "m",
                "usage": {"input": 1, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0, "output": 1,
                "reasoning": 0, "quality": "reported", "sparkles": 2}, "cost_micro_rub": 0, "attempts": [],
                "duration_ms": 1, "error": null, "applause": true});
            let frames = vec![
                json!({"jsonrpc": "2.0", "method": "greeting", "params": {"to": "all"}}),
                frame(json!({"type": "run.dreamt", "run": run, "seq": 1, "dream": "of sheep"})),
                frame(delta),
                frame(json!({"type": "run.finished", "run": run, "seq": 2, "result": result})),
            ];
            Some((
                json!({"run": run, "session": "5e551011", "offline": false, "keys_only_in_client": []}),
                frames,
            ))
        }
        // The unknown durable frame is a gap to this build, which asks again and is told the same.
        "run/attach" => {
            let run = &params["run"];
            Some((json!({"run": run, "live": true}), vec![]))
        }
        _ => None,
    });
    world.plyrum(["plans", "list", "--json"]).run().ok();
    world.plyrum(["ask", "When are you?"]).run().answers("From another time.");
    assert!(!peer.is_gone(), "{:?}", peer.asked());
}

#[test]
fn a_client_of_another_version_is_told_both_and_one_that_overlaps_is_served() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    for (min, max) in [(OURS - 1, OURS - 1), (OURS + 1, OURS + 1), (77, 78)] {
        let mut wire = Wire::greeting(&world, min, max);
        let status = wire.call(1, "daemon/status", &json!({"verbosity": 3}));
        assert_eq!(status["result"]["running"], true, "protocol 0 is for everybody: {status}");
        conforms("daemon-status", &status["result"]);
        let refused = wire.call(2, "plan/list", &json!({}));
        let fault = &refused["error"]["data"];
        assert_eq!(fault["kind"], "version_mismatch");
        let message = fault["message"].as_str().unwrap();
        assert!(message.contains("1..1") && message.contains(&format!("{min}..{max}")), "{message}");
        assert!(fault["hint"].as_str().unwrap().contains("daemon drain"), "{fault}");
    }
    let mut wire = Wire::greeting(&world, OURS, OURS + 1);
    wire.say("{\"jsonrpc\":\"2.0\",\"method\":\"greeting\",\"params\":{\"to\":\"all\"}}\n");
    let plans = wire.call(1, "plan/list", &json!({"after": null, "colour": "blue"}));
    assert!(plans["result"]["rows"].is_array(), "{plans}");
    let unknown = wire.call(2, "run/dream", &json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    assert_eq!(wire.call(3, "daemon/status", &json!({}))["result"]["running"], true, "it goes on");
}

#[test]
fn a_client_of_another_time_may_stop_a_daemon_and_drain_one() {
    let world = World::new();
    for method in ["daemon/stop", "daemon/drain"] {
        world.plyrum(["daemon", "start"]).run().ok();
        let mut wire = Wire::greeting(&world, 77, 78);
        assert_eq!(wire.call(3, method, &json!({}))["id"], 3);
        eventually("the daemon is gone", || world.daemons().is_empty());
    }
}

/// Of whatever version: a restart is an order, and what it costs is said.
#[test]
fn a_restart_of_a_busy_daemon_says_what_it_cancels_and_books_it() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::sse().text("Slow").gate("never")));
    world.plyrum(["ask", "--detach", "How do you work?"]).run().ok();
    fake.wait_at_gate_blocking("never");
    let first = world.daemon_pid();
    let out = world.plyrum(["daemon", "restart"]).run();
    out.ok();
    assert!(out.stderr.contains("1 run is cancelled and booked; plyrum daemon drain"), "{out}");
    assert_ne!(world.daemon_pid(), first);
    assert_eq!(world.only_run()["status"], "cancelled");
    world.is_sound();
}
