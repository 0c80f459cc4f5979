//! Frame logs that the engine made, as a person sees them.

use super::*;
use plyrum_protocol::{AttemptId, RunStatus};

fn line(json: &str) -> FrameLine {
    FrameLine { json: json.to_owned(), frame: serde_json::from_str(json).ok() }
}

fn replay(log: &str, until: usize) -> Run {
    let mut run = Run::new(RunId::new("ab12").unwrap());
    for json in log.lines().take(until) {
        run.take(&line(json));
    }
    run
}

fn log(name: &str) -> String {
    let path = format!("{}/../../snapshots/engine/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn phases(run: &Run) -> Vec<(&str, Phase)> {
    run.steps.iter().map(|step| (step.id.as_str(), step.phase)).collect()
}

#[test]
fn a_mixture_shows_each_of_its_steps_and_the_text_that_stands_for_the_answer() {
    let log = log("moa-late");
    let planned = replay(&log, 4);
    assert!(planned.is_mixture() && planned.is_live());
    assert!(phases(&planned).iter().all(|(_, phase)| *phase == Phase::Waiting));
    let first = log.lines().position(|line| line.contains("\"provisional\"")).unwrap();
    let half = replay(&log, first + 1);
    assert_eq!(half.shown(), "The daemon owns the keys.");
    assert!(half.is_provisional());
    let whole = replay(&log, usize::MAX);
    assert_eq!(
        phases(&whole),
        [("one", Phase::Done), ("two", Phase::Done), ("three", Phase::Late), ("lead", Phase::Done)]
    );
    assert_eq!(whole.shown(), "The daemon owns the keys, and nobody else.");
    assert_eq!(whole.quorum, Some(Quorum { have: 2, of: 3, reason: "quorum".into() }));
    assert_eq!(whole.result.as_ref().map(|r| r.status), Some(RunStatus::Succeeded));
    assert!(!whole.is_provisional() && !whole.is_live());
}

#[test]
fn a_check_tells_what_it_found_of_each_proposal_that_it_tried() {
    let run = replay(&log("best-of-n-checked"), usize::MAX);
    let checked = run.notices.iter().filter_map(|notice| match notice {
        Notice::Checked { step, passed, exit, .. } => Some((step.as_str(), *passed, *exit)),
        _ => None,
    });
    assert_eq!(checked.collect::<Vec<_>>(), [("one", false, Some(1)), ("two", true, Some(0))]);
    assert_eq!(run.quorum, Some(Quorum { have: 3, of: 3, reason: "code_with_tests".into() }));
    assert_eq!(run.shown(), "```python\ndef total(xs): return sum(xs)\n```");
}

#[test]
fn what_was_seen_is_not_taken_twice_and_a_gap_asks_for_more() {
    let log = log("moa-late");
    let mut run = replay(&log, usize::MAX);
    let before = format!("{run:?}");
    for json in log.lines() {
        assert_eq!(run.take(&line(json)), Taken::Nothing, "{json}");
    }
    assert_eq!(format!("{run:?}"), before);
    let mut late = Run::new(RunId::new("ab12").unwrap());
    let third = log.lines().nth(2).unwrap();
    assert_eq!(late.take(&line(third)), Taken::Reattach { after_seq: 0 });
}

#[test]
fn every_golden_log_ends_with_every_step_over() {
    for name in ["direct-retry", "mixture-degraded", "direct-hedged", "moa-late", "moa-shrunk", "vote-agreed"]
    {
        let run = replay(&log(name), usize::MAX);
        assert!(!run.is_live(), "{name}");
        assert!(run.steps.iter().all(|step| step.phase.is_over()), "{name}: {:?}", phases(&run));
    }
}

#[test]
fn a_retry_begins_the_answer_anew_and_is_told() {
    let run = replay(&log("direct-retry"), usize::MAX);
    assert!(run.notices.iter().any(|notice| matches!(notice, Notice::Retried { .. })), "{:?}", run.notices);
    let log = log("direct-retry");
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(Some(run.shown()), last["result"]["answer"].as_str());
}

#[test]
fn a_second_model_beside_a_silent_one_is_told_and_the_one_that_speaks_is_shown() {
    let log = log("direct-hedged");
    let whole = replay(&log, usize::MAX);
    let hedged = Notice::Hedged { after_ms: 1_500, model: "lab/b".to_owned() };
    assert_eq!(whole.notices, [hedged]);
    let step = &whole.steps[0];
    assert_eq!((step.model.as_str(), step.text.as_str(), step.phase), ("lab/b", "Привет\n", Phase::Done));

    let until = log.lines().position(|line| line.contains("attempt.opened")).unwrap();
    let both = || replay(&log, until);
    let frame = |seq: usize, body: &str| {
        line(&format!(r#"{{{body},"run":"ab12","seq":{seq},"at":"1970-01-01T00:16:42.000Z"}}"#))
    };
    let mut first_speaks = both();
    first_speaks.take(&frame(until + 1, r#""type":"attempt.opened","attempt":"ab12.1","ttft_ms":1700"#));
    let step = &first_speaks.steps[0];
    assert_eq!((step.model.as_str(), step.try_number, step.phase), ("lab/a", 1, Phase::FirstToken));

    let failed = |attempt: &str| {
        format!(
            r#""type":"attempt.finished","attempt":"{attempt}","outcome":"failed","cost_micro_rub":0,"ms":9,"usage":{{"input":0,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0,"output":0,"reasoning":0,"quality":"missing"}}"#
        )
    };
    for (fails, goes_on) in [("ab12.1", "lab/b"), ("ab12.2", "lab/a")] {
        let mut run = both();
        assert_eq!(run.take(&frame(until + 1, &failed(fails))), Taken::Changed);
        let step = &run.steps[0];
        assert_eq!((step.model.as_str(), step.phase), (goes_on, Phase::Connecting), "{fails} has failed");
    }
}

#[test]
fn a_request_that_waits_is_queued_until_its_turn_and_a_notice_says_for_whom() {
    let mut run = Run::new(RunId::new("ab12").unwrap());
    let mut seq = 0;
    let mut take = |run: &mut Run, body: &str| {
        seq += 1;
        let json = format!(r#"{{{body},"run":"ab12","seq":{seq},"at":"1970-01-01T00:00:00Z"}}"#);
        assert_eq!(run.take(&line(&json)), Taken::Changed, "{json}");
        run.steps.first().map(|step| step.phase)
    };
    take(&mut run, r#""type":"step.started","step":"answer","kind":"answer","role":"answer""#);
    let started =
        r#""type":"attempt.started","step":"answer","attempt":"ab12.1","provider":"p","model":"m","try":1"#;
    assert_eq!(take(&mut run, started), Some(Phase::Connecting));
    let queued = r#""type":"attempt.queued","attempt":"ab12.1","provider":"p","limit":1"#;
    assert_eq!(take(&mut run, queued), Some(Phase::Queued));
    let admitted = r#""type":"attempt.admitted","attempt":"ab12.1","queued_ms":3000"#;
    assert_eq!(take(&mut run, admitted), Some(Phase::Connecting));
    take(&mut run, r#""type":"recording.failed","reason":"the disk is full""#);
    assert_eq!(
        run.notices,
        [
            Notice::Queued { provider: "p".to_owned(), limit: 1 },
            Notice::NotRecorded { reason: "the disk is full".to_owned() }
        ]
    );
}

#[test]
fn deltas_are_joined_by_their_offset() {
    let mut run = Run::new(RunId::new("ab12").unwrap());
    let durable = [
        r#"{"type":"step.started","step":"answer","kind":"answer","role":"answer","run":"ab12","seq":1,"at":"1970-01-01T00:00:00Z"}"#,
        r#"{"type":"attempt.started","step":"answer","attempt":"ab12.1","provider":"p","model":"m","try":1,"run":"ab12","seq":2,"at":"1970-01-01T00:00:00Z"}"#,
    ];
    for json in durable {
        assert_eq!(run.take(&line(json)), Taken::Changed);
    }
    let delta = |offset: u64, text: &str| {
        line(&format!(
            r#"{{"type":"delta","step":"answer","attempt":"ab12.1","channel":"answer","offset":{offset},"text":"{text}","run":"ab12","at":"1970-01-01T00:00:00Z"}}"#
        ))
    };
    run.take(&delta(0, "раз "));
    run.take(&delta(0, "раз два"));
    assert_eq!(run.answer, "раз два");
    assert_eq!(run.take(&delta(40, "!")), Taken::Reattach { after_seq: 2 });
    assert_eq!(run.steps[0].phase, Phase::Streaming);
    assert_eq!(run.step_of(&AttemptId::new("ab12.1").unwrap()).map(|s| s.text.as_str()), Some("раз два"));
}

#[test]
fn an_action_is_asked_for_allowed_run_and_over() {
    let mut run = Run::new(RunId::new("ab12").unwrap());
    let frames = [
        r#"{"type":"tool.proposed","call":"ab12.c1","step":"answer","tool":"run","action":{"kind":"run","argv":["ls"],"cwd":"","timeout_s":60,"network":false},"sha256":"aa","said":"Смотрю.","run":"ab12","seq":1,"at":"1970-01-01T00:00:00Z"}"#,
        r#"{"type":"approval.requested","approval":"ab12.a1","call":"ab12.c1","deadline":"1970-01-01T00:10:00Z","default":"denied","ruling":{"verdict":"ask","policy":"ask","reason":"it is new"},"verdict_if_rule":"[[rule]]","run":"ab12","seq":2,"at":"1970-01-01T00:00:00Z"}"#,
    ];
    for json in frames {
        assert_eq!(run.take(&line(json)), Taken::Changed, "{json}");
    }
    assert_eq!(run.items, [Item::Said("Смотрю.".into()), Item::Tool(0)]);
    assert_eq!(run.question().and_then(|tool| tool.rule.as_deref()), Some("[[rule]]"));
    let frames = [
        r#"{"type":"approval.resolved","approval":"ab12.a1","call":"ab12.c1","verdict":"approved","by":"plyrum","run":"ab12","seq":3,"at":"1970-01-01T00:00:00Z"}"#,
        r#"{"type":"tool.started","call":"ab12.c1","ruling":{"verdict":"ask","policy":"ask","reason":"it is new"},"approval":"ab12.a1","run":"ab12","seq":4,"at":"1970-01-01T00:00:00Z"}"#,
        r#"{"type":"tool.output","call":"ab12.c1","offset":0,"text":"a.txt\n","run":"ab12","at":"1970-01-01T00:00:00Z"}"#,
    ];
    for json in frames {
        assert_eq!(run.take(&line(json)), Taken::Changed, "{json}");
    }
    assert!(run.question().is_none());
    assert_eq!((run.tools[0].phase, run.tools[0].output.as_str()), (ToolPhase::Running, "a.txt\n"));
    run.take(&line(
        r#"{"type":"tool.finished","call":"ab12.c1","outcome":"ok","exit":0,"ms":12,"bytes":6,"changed_files":[],"text":"a.txt","run":"ab12","seq":5,"at":"1970-01-01T00:00:00Z"}"#,
    ));
    assert_eq!((run.tools[0].phase, run.tools[0].exit), (ToolPhase::Over, Some(0)));
}

#[test]
fn what_was_heard_of_an_answer_outlives_the_daemon_that_knows_of_none() {
    let log = log("direct-retry");
    let all = log.lines().count();
    let mut run = replay(&log, all - 1);
    let heard = run.answer.clone();
    assert!(!heard.is_empty() && run.is_live());
    let mut last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    last["result"]["status"] = "interrupted".into();
    last["result"]["answer"] = "".into();
    run.take(&line(&last.to_string()));
    assert!(!run.is_live());
    assert_eq!(run.shown(), heard);
}
