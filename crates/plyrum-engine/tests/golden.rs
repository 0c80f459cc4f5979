//! Golden frame logs: everything that a client sees of two stories, byte for byte, in
//! `snapshots/engine/*.jsonl`. A change there is a change of what clients, transcripts and the audit read.
//! `UPDATE_SNAPSHOTS=1` writes them anew.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

mod world;

use plyrum_engine::{FailureClass, Limits, RunSpec};
use plyrum_protocol::StepKind;
use std::path::Path;
use world::story::{Event, Event::*, at, play};

fn check(name: &str, spec: &RunSpec, story: &[Event]) {
    let told = play(spec, story);
    let log: String =
        told.score.frames.iter().map(|frame| plyrum_protocol::to_line(frame).unwrap() + "\n").collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/engine").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &log).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(log.lines()).find(|(golden, now)| golden != now);
    assert!(
        golden == log,
        "{} differs (UPDATE_SNAPSHOTS=1 rewrites it), first at {differs:#?}",
        path.display()
    );
}

#[test]
fn a_retry_and_an_answer() {
    let spec = world::spec(world::direct(&["lab/a"]), Limits::default(), 7);
    let story = [
        Waits(40),
        Fails(FailureClass::Overloaded),
        WaitsForTheRun,
        Waits(250),
        Thinks("hm"),
        Says("При"),
        Waits(30),
        Says("вет\n"),
        Uses(30, 4),
        Ends,
    ];
    check("direct-retry.jsonl", &spec, &story);
}

#[test]
fn a_mixture_with_a_fallback_and_a_cut_proposal() {
    let propose = |name| world::step(name, StepKind::Propose, &[], &["lab/a", "lab/b"]);
    let lead = world::step("lead", StepKind::Aggregate, &["one", "two"], &["lab/c"]);
    let mut spec = world::spec(vec![propose("one"), propose("two"), lead], Limits::default(), 7);
    "mixture".clone_into(&mut spec.plan);
    let story = [
        Waits(100),
        at(1, Fails(FailureClass::Auth)),
        at(2, Says("two, and")),
        at(3, Says("one")),
        Waits(50),
        at(2, Breaks),
        at(3, Uses(30, 1)),
        at(3, Ends),
        Waits(200),
        Says("both"),
        Uses(90, 1),
        Ends,
    ];
    check("mixture-degraded.jsonl", &spec, &story);
}
