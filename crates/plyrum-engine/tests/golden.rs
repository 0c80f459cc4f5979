//! Golden frame logs: everything that a client sees of some stories, byte for byte, in
//! `snapshots/engine/*.jsonl`. A change there is a change of what clients, transcripts and the audit read.
//! `UPDATE_SNAPSHOTS=1` writes them anew.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests: helpers fail by panicking")]

mod world;

use plyrum_billing_client::MicroRub;
use plyrum_engine::{FailureClass, FanOut, Limits, RunSpec};
use plyrum_protocol::{OutputKind, StepKind};
use std::path::Path;
use world::story::{Event, Event::*, at, play, proposes};

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
fn a_silent_model_and_the_other_one_that_answers() {
    let mut spec = world::spec(world::direct(&["lab/a", "lab/b"]), Limits::default(), 7);
    spec.limits.hedge_after_ms = [("lab/a".to_owned(), 1_500)].into();
    let story = [WaitsForTheRun, Waits(250), Says("При"), Waits(30), Says("вет\n"), Uses(30, 4), Ends];
    check("direct-hedged.jsonl", &spec, &story);
}

fn mixture(plan: &str, kind: StepKind) -> RunSpec {
    let propose = |name| world::step(name, StepKind::Propose, &[], &["lab/a", "lab/b"]);
    let mut steps = vec![propose("one"), propose("two"), propose("three")];
    steps.push(world::step("lead", kind, &["one", "two", "three"], &["lab/c"]));
    let mut spec = world::spec(steps, Limits::default(), 7);
    plan.clone_into(&mut spec.plan);
    spec
}

#[test]
fn a_mixture_with_a_fallback_and_a_cut_proposal() {
    let story = [
        Waits(100),
        at(1, Fails(FailureClass::Auth)),
        at(2, Says("two, and")),
        at(5, Says("one")),
        Waits(50),
        at(2, Breaks),
        at(3, CannotBeSent),
        at(5, Uses(30, 1)),
        at(5, Ends),
        Waits(200),
        Says("both"),
        Uses(90, 1),
        Ends,
    ];
    check("mixture-degraded.jsonl", &mixture("mixture", StepKind::Aggregate), &story);
}

#[test]
fn a_fast_mixture_with_a_late_proposal() {
    let mut story = vec![Waits(400)];
    story.extend(proposes(1, "The daemon owns the keys."));
    story.push(at(3, Says("The daemon, since")));
    story.extend(proposes(2, "Демон хранит ключи."));
    story.extend([Waits(100), at(3, Says(" it")), Waits(60)]);
    story.extend(proposes(4, "The daemon owns the keys, and nobody else."));
    check("moa-late.jsonl", &mixture("moa", StepKind::Aggregate), &story);
}

#[test]
fn a_vote_that_stops_when_two_agree() {
    let mut spec = mixture("vote", StepKind::Vote);
    spec.fan_out = FanOut::Thrifty;
    spec.decision.output_kind = OutputKind::Discrete;
    let mut story = vec![Waits(120)];
    story.extend(proposes(2, "6 × 7 makes it so.\nAnswer: 42"));
    story.push(Waits(30));
    story.extend(proposes(1, "42"));
    check("vote-agreed.jsonl", &spec, &story);
}

#[test]
fn a_weighed_vote_that_two_weak_ones_do_not_win() {
    let propose = |name, model| world::step(name, StepKind::Propose, &[], &[model]);
    let mut steps = vec![propose("one", "lab/a"), propose("two", "lab/b"), propose("three", "lab/d")];
    steps.push(world::step("lead", StepKind::Vote, &["one", "two", "three"], &["lab/a"]));
    let mut spec = world::spec(steps, Limits::default(), 7);
    "vote".clone_into(&mut spec.plan);
    spec.fan_out = FanOut::Thrifty;
    spec.decision.output_kind = OutputKind::Discrete;
    spec.decision.candidates =
        [("lab/a", 950), ("lab/b", 550), ("lab/d", 500)].map(|(m, q)| world::candidate(m, q)).to_vec();
    let mut story = vec![Waits(120)];
    story.extend(proposes(1, "Ответ: 42"));
    story.extend(proposes(2, "41"));
    story.push(Waits(30));
    story.extend(proposes(3, "Answer: 41"));
    check("vote-weighed.jsonl", &spec, &story);
}

#[test]
fn a_check_of_which_the_second_passes() {
    let spec = RunSpec { check: Some(world::check()), ..mixture("best-of-n", StepKind::Select) };
    let mut story = vec![Permits, Waits(120)];
    story.extend(proposes(1, "```python\ndef total(xs): return 0\n```"));
    story.extend(proposes(2, "```python\ndef total(xs): return sum(xs)\n```"));
    story.extend(proposes(3, "```python\ntotal = sum\n```"));
    story.extend([Waits(900), DoesNotPass(1), Waits(800), Passes]);
    check("best-of-n-checked.jsonl", &spec, &story);
}

#[test]
fn a_plan_that_shrinks_to_its_budget_and_then_to_the_wallet() {
    let mut spec = mixture("moa", StepKind::Aggregate);
    spec.limits.budget = Some(MicroRub::new(2_700_000));
    let mut story = vec![HasOnly(450_000), Waits(90)];
    story.extend(proposes(4, "Directly."));
    check("moa-shrunk.jsonl", &spec, &story);
}
