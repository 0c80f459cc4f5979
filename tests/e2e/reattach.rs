//! Following a run over the real socket through connections that break: at every frame, at every piece of text.

use crate::world::{Reply, Script, Wire, World, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PIECES: [&str; 5] = ["One ", "два ", "three ", "четыре ", "five."];

/// What a client has of a run, whatever connections it came through.
#[derive(Default)]
struct Seen {
    seqs: Vec<u64>,
    texts: BTreeMap<String, String>,
    finished: bool,
}

impl Seen {
    fn take(&mut self, frame: &Value) {
        if let Some(seq) = frame["seq"].as_u64() {
            self.seqs.push(seq);
        }
        if frame["type"] == "delta" {
            let text = self.texts.entry(frame["attempt"].to_string()).or_default();
            let offset = usize::try_from(frame["offset"].as_u64().unwrap()).unwrap();
            assert!(offset <= text.len(), "a gap before {frame}");
            let skip = text.len() - offset; // an attach brings the open text from its beginning
            text.push_str(frame["text"].as_str().unwrap().get(skip..).unwrap_or_default());
        }
        self.finished |= frame["type"] == "run.finished";
    }

    fn text(&self) -> &str {
        self.texts.values().next().map_or("", String::as_str)
    }

    fn attach(&self, world: &World, run: &str) -> Wire {
        let mut wire = Wire::greeting(world, 1, 1);
        wire.ask(1, "run/attach", &json!({"run": run, "after_seq": self.seqs.last().copied().unwrap_or(0)}));
        wire
    }

    #[track_caller]
    fn is_whole(&self, answer: &str) {
        assert!(self.seqs.iter().copied().eq(1..=self.seqs.len() as u64), "{:?}", self.seqs);
        assert!(self.finished);
        assert_eq!(self.text(), answer);
    }
}

fn detached(world: &World) -> String {
    world.plyrum(["ask", "--detach", "Count for me"]).run().ok().trim().to_owned()
}

/// The provider says a piece and waits; the client reads up to that piece and loses its connection.
#[test]
fn a_connection_that_breaks_at_every_piece_of_text_loses_nothing() {
    let world = World::new();
    let gates = ["one", "two", "three", "four", "five"];
    let reply =
        PIECES.iter().zip(gates).fold(Reply::sse(), |reply, (text, gate)| reply.text(text).gate(gate));
    let fake = world.lab(Script::new().then(reply.end(9, 5)));
    let run = detached(&world);
    let mut seen = Seen::default();
    for (at, gate) in gates.iter().enumerate() {
        fake.wait_at_gate_blocking(gate);
        let so_far = PIECES.iter().take(at + 1).copied().collect::<String>();
        let mut wire = seen.attach(&world, &run);
        while seen.text() != so_far.trim_end() && seen.text() != so_far {
            seen.take(&wire.frame());
        }
        drop(wire);
        if at + 1 < gates.len() {
            fake.release(gate);
        }
    }
    let mut wire = seen.attach(&world, &run);
    fake.release("five");
    while !seen.finished {
        seen.take(&wire.frame());
    }
    seen.is_whole(&PIECES.concat());
    world.is_sound();
}

/// One frame a connection: of the run as long as it lives, then of its transcript.
#[test]
fn a_connection_for_every_frame_gives_the_whole_run() {
    let world = World::new();
    let reply = Reply::sse().text("All of ").gate("rest").text("it.").end(9, 5);
    let fake = world.lab(Script::new().then(reply));
    let run = detached(&world);
    fake.wait_at_gate_blocking("rest");
    let mut seen = Seen::default();
    // Attached to a living run: durable frames first, each once; then the text that is open.
    loop {
        let frame = seen.attach(&world, &run).frame();
        seen.take(&frame);
        if frame["type"] == "delta" {
            break;
        }
    }
    fake.release("rest");
    eventually("the run ends", || world.only_run()["status"] == "succeeded");
    while !seen.finished {
        let frame = seen.attach(&world, &run).frame();
        seen.take(&frame);
    }
    assert!(seen.seqs.iter().copied().eq(1..=seen.seqs.len() as u64), "{:?}", seen.seqs);
    // And after the end, from every frame on.
    for after in 0..=seen.seqs.len() {
        let mut wire = Wire::greeting(&world, 1, 1);
        wire.ask(1, "run/attach", &json!({"run": run, "after_seq": after}));
        let rest: Vec<u64> =
            (after..seen.seqs.len()).map(|_| wire.frame()["seq"].as_u64().unwrap()).collect();
        assert!(
            rest.iter().copied().eq(after as u64 + 1..=seen.seqs.len() as u64),
            "after {after}: {rest:?}"
        );
    }
}

#[test]
fn a_detached_run_is_followed_from_other_terminals_and_survives_them_all() {
    let world = World::new();
    let fake =
        world.lab(Script::new().then(Reply::sse().text("Slow").gate("rest").text(" and steady.").end(9, 5)));
    let run = detached(&world);
    fake.wait_at_gate_blocking("rest");
    let followers: Vec<_> = (0..3).map(|_| world.plyrum(["runs", "attach", &run]).start()).collect();
    for follower in &followers {
        follower.wait_for("Slow");
    }
    let [killed, interrupted, stays] = followers.try_into().ok().unwrap();
    killed.signal(nix::sys::signal::Signal::SIGKILL);
    interrupted.signal(nix::sys::signal::Signal::SIGINT);
    killed.finish();
    interrupted.finish();
    assert_eq!(world.only_run()["status"], "running", "followers come and go");
    fake.release("rest");
    let out = stays.finish();
    assert!(out.ok().contains("and steady."), "{out}");
    assert_eq!(world.only_run()["status"], "succeeded");
}

#[test]
fn a_client_that_is_gone_takes_its_own_run_with_it() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::sse().text("Slow").gate("never")));
    let running = world.plyrum(["ask", "How do you work?"]).start();
    fake.wait_at_gate_blocking("never");
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.finish();
    fake.wait_for_hangups_blocking(1);
    eventually("the run ends", || world.only_run()["status"] == "cancelled");
    world.is_sound();
}

/// It takes nothing for 30 s while its run has more to say than the socket holds: it counts as gone, and so does its run.
#[test]
fn a_client_that_is_frozen_is_let_go_and_takes_its_own_run_with_it() {
    let world = World::new();
    let much = "more than a socket holds ".repeat(24 * 1024);
    let fake = world.talkative_lab(Script::new().then(Reply::sse().text(&much).gate("never")));
    world.plyrum(["daemon", "start"]).run().ok();
    let mut frozen = Wire::greeting(&world, 1, 1);
    frozen.ask(1, "run/submit", &json!({"run": "00000000000000aa", "prompt": "Talk", "client": "test"}));
    fake.wait_at_gate_blocking("never");
    eventually_slowly(|| world.only_run()["status"] == "cancelled");
    assert!(world.log().contains("a client was let go: it took nothing for 30 s"), "{}", world.log());
    fake.wait_for_hangups_blocking(1);
    world.is_sound();
}

/// As [`eventually`], for what takes the daemon's 30 s.
fn eventually_slowly(is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed().as_secs() < 60, "the run of a frozen client goes on");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
