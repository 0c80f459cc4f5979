//! Mixtures replayed: on a pack made up here, and on the real one where it is.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]
#![allow(clippy::float_cmp, clippy::print_stderr, reason = "figures are rounded; what is skipped is said")]

use plyrum_bench::moa::{Asked, Pack, Prediction, replay};
use plyrum_protocol::view::{MoaArm, MoaCell, MoaReport};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Members of the panel `near5`.
const NEAR: [&str; 5] = [
    "gpt-4o-2024-05-13",
    "claude-3-5-sonnet-20240620",
    "Mistral-Large-2",
    "Meta-Llama-3.1-70B-Instruct",
    "deepseek-v2.5-0908",
];

/// Sixty invented questions whose answer is their number. A member is wrong where `wrong` says so, and each in its own way.
fn made_up(wrong: impl Fn(usize, usize) -> bool) -> tempfile::TempDir {
    let dir = tempfile::TempDir::new().unwrap();
    let moa = dir.path().join("moa");
    std::fs::create_dir(&moa).unwrap();
    let (mut questions, mut answers) = (String::new(), String::new());
    for number in 0..60 {
        let id = format!("gsm-{number:04}");
        writeln!(questions, r#"{{"task":"gsm","id":"{id}","prompt":"What is {number}?","gold":"{number}"}}"#)
            .unwrap();
        let said = NEAR.iter().enumerate().map(|(member, model)| {
            let is_wrong = wrong(member, number);
            let answer = if is_wrong { 1000 * (member + 1) + number } else { number };
            format!(r#""{model}":["{answer}",{},100]"#, u8::from(!is_wrong))
        });
        let said = said.collect::<Vec<_>>().join(",");
        writeln!(answers, r#"{{"task":"gsm","id":"{id}","models":{{{said}}}}}"#).unwrap();
    }
    let timing = r#"{"provider":"a","model":"llama-2-70b-chat","n":0,"ttft_ms":100.0,"total_ms":900.4,"out_tokens":150,"fault":null}"#;
    std::fs::write(moa.join("questions.jsonl"), questions).unwrap();
    std::fs::write(moa.join("answers.jsonl"), answers).unwrap();
    std::fs::write(moa.join("latency.jsonl"), format!("{timing}\n")).unwrap();
    std::fs::write(moa.join("texts_sample.jsonl"), "").unwrap();
    dir
}

fn near(dir: &Path, arms: &[&str]) -> (MoaReport, Vec<Prediction>) {
    let arms = arms.iter().map(ToString::to_string).collect();
    replay(&Pack::read(dir).unwrap(), &Asked { panels: vec!["near5".to_owned()], arms })
}

fn arm<'a>(cell: &'a MoaCell, name: &str) -> &'a MoaArm {
    cell.arms.iter().find(|arm| arm.arm == name).unwrap()
}

#[test]
fn those_who_agree_are_two_calls_and_as_right_as_all() {
    let dir = made_up(|_, _| false);
    let (report, predictions) = near(dir.path(), &["best", "vote", "weighed", "auto"]);
    let cell = &report.cells[0];
    assert!(report.kept.is_empty(), "a vote of those who are always right gains nothing");
    assert_eq!((cell.questions, cell.oracle), (60, 100.0));
    assert_eq!(
        (arm(cell, "vote").calls, arm(cell, "weighed").calls, arm(cell, "auto").calls),
        (5.0, 2.0, 2.0)
    );
    assert_eq!(arm(cell, "auto").right, Some(60));
    assert_eq!(arm(cell, "auto").p50_ms, 900, "both are asked at once");
    assert_eq!(predictions.len(), 4 * 60);
    assert!(predictions.iter().all(|made| made.answer.as_deref()
        == Some(made.id.trim_start_matches("gsm-").trim_start_matches('0')).map(|id| if id.is_empty() {
            "0"
        } else {
            id
        })));
}

#[test]
fn a_vote_of_near_equals_finds_what_each_alone_misses() {
    // Each is wrong on every fifth question, and never two on the same.
    let dir = made_up(|member, number| number % 5 == member);
    let (report, _) = near(dir.path(), &["best", "vote", "auto", "moa"]);
    let [of_task, of_all] = &report.kept[..] else { panic!("{:?}", report.kept) };
    assert_eq!((of_task.task.as_str(), of_all.task.as_str(), of_all.panels), ("gsm", "all", 1));
    assert!(of_all.vote_over_best > 5.0 && of_all.kept_percent > 60.0 && of_all.calls < 5.0, "{of_all:?}");
    let cell = &report.cells[0];
    assert_eq!(arm(cell, "best").right, Some(48));
    assert_eq!((arm(cell, "vote").right, arm(cell, "auto").right), (Some(60), Some(60)));
    let auto = arm(cell, "auto");
    assert!(auto.over_best_low.unwrap() > 5.0 && auto.calls < 3.5, "{auto:?}");
    assert_eq!(
        (arm(cell, "moa").right, arm(cell, "moa").accuracy),
        (None, None),
        "no aggregator was recorded"
    );
    assert!(arm(cell, "moa").cost_micro_rub > arm(cell, "best").cost_micro_rub);
}

#[test]
fn a_weak_panel_is_not_asked_for_its_opinion() {
    // One is always right, four are wrong on most.
    let dir = made_up(|member, number| member > 0 && number % 10 != member);
    let (report, _) = near(dir.path(), &["best", "vote", "auto"]);
    let cell = &report.cells[0];
    assert_eq!((arm(cell, "best").right, arm(cell, "auto").right), (Some(60), Some(60)));
    assert_eq!(arm(cell, "auto").calls, 1.0);
}

#[test]
fn the_same_pack_gives_the_same_report() {
    let dir = made_up(|member, number| (number * 7 + member * 3) % 4 == 0);
    let arms = ["best", "fast", "cascade", "auto", "self-moa"];
    assert_eq!(near(dir.path(), &arms), near(dir.path(), &arms));
}

#[test]
fn near_equals_are_drawn_where_everything_is_asked_for() {
    let dir = made_up(|member, number| number % 5 == member);
    let (report, _) = replay(&Pack::read(dir.path()).unwrap(), &Asked::default());
    let drawn = &report.drawn[0];
    assert_eq!((drawn.panels, drawn.vote_wins, drawn.auto_loses), (2, 2, 0), "the five, in either half");
    assert!(drawn.vote_over_best > 5.0 && drawn.auto_over_best > 5.0 && drawn.auto_calls < 3.5, "{drawn:?}");
    assert!(near(dir.path(), &["auto"]).0.drawn.is_empty(), "a part was asked for");
}

#[test]
fn what_a_host_refuses_is_asked_again_and_costs_nothing() {
    let dir = made_up(|_, _| false);
    let timings = dir.path().join("moa/latency.jsonl");
    let ok = std::fs::read_to_string(&timings).unwrap();
    let refused = r#"{"provider":"a","model":"llama-2-70b-chat","n":1,"ttft_ms":null,"total_ms":null,"out_tokens":null,"fault":"rate_limited"}"#;
    let (calm, _) = near(dir.path(), &["best", "vote"]);
    std::fs::write(&timings, format!("{ok}{ok}{refused}\n")).unwrap();
    let (rough, _) = near(dir.path(), &["best", "vote"]);
    let [calm, rough] = [&calm, &rough].map(|report| arm(&report.cells[0], "best").clone());
    assert!(calm.refused == 0 && rough.refused > 5, "{rough:?}");
    assert_eq!((rough.attempts, rough.asked), (calm.attempts, calm.asked), "a repeat is no new call");
    let lost = rough.asked - rough.right.unwrap();
    assert!(lost <= 6, "three tries: one in 27 is refused for good, {lost} were");
    assert!(rough.cost_micro_rub <= calm.cost_micro_rub && rough.p95_ms > calm.p95_ms, "{rough:?}");
}

/// The real pack, if it is there.
fn real() -> Option<PathBuf> {
    let named = std::env::var_os("PLYRUM_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let dir = named.unwrap_or(beside);
    let is_there = dir.join("moa/answers.jsonl").is_file();
    if !is_there {
        eprintln!("SKIPPED: no data pack in {} (PLYRUM_DATA names another directory)", dir.display());
    }
    is_there.then_some(dir)
}

#[test]
fn on_real_answers_auto_never_loses_and_keeps_what_a_full_vote_gains() {
    let Some(dir) = real() else { return };
    let arms = ["best", "vote", "cascade", "auto", "self-moa"].map(str::to_owned).to_vec();
    let (report, _) = replay(&Pack::read(&dir).unwrap(), &Asked { panels: Vec::new(), arms });
    for cell in &report.cells {
        let (auto, vote) = (arm(cell, "auto"), arm(cell, "vote"));
        let name = format!("{} {}", cell.panel, cell.task);
        assert!(auto.over_best_high.unwrap() >= 0.0, "{name}: {auto:?}");
        assert!(auto.calls < 3.6, "{name}: {auto:?}");
        assert_eq!(arm(cell, "self-moa").calls, 4.0, "{name}: three samples and who reads them");
        assert!(auto.refused > 0, "{name}: recorded refusals are met");
        assert_eq!(vote.calls.fract(), 0.0, "{name}: a full vote asks everybody");
    }
    let all =
        report.kept.iter().find(|row| (row.policy.as_str(), row.task.as_str()) == ("auto", "all")).unwrap();
    assert!(all.panels >= 10 && all.kept_percent >= 90.0, "{:?}", report.kept);
    let cascade = report.cells.iter().find(|c| c.panel == "cascade3" && c.task == "gsm").unwrap();
    let cascade = arm(cascade, "cascade");
    assert!(cascade.over_best.unwrap() >= -0.5 && cascade.calls <= 2.15, "{cascade:?}");
    assert_eq!(report.quorum.len(), 5);
    for quorum in &report.quorum {
        eprintln!("{quorum:?}");
    }
    assert!(report.quorum[0].p95_saved_percent >= 25.0, "{:?}", report.quorum[0]);
}
