//! Machine-readable output: every line is JSON, numbered without gaps, and the last line is the result.

use crate::world::{Out, Reply, Script, World, conforms};
use serde_json::Value;

/// Checks what holds of every stream and gives the frames and the result.
#[track_caller]
fn stream(out: &Out) -> (Vec<Value>, Value) {
    for line in out.stdout.lines() {
        assert!(line.starts_with("{\"type\":\""), "`type` is not first: {line}");
    }
    let mut frames = out.lines();
    let result = frames.pop().expect("at least the result");
    assert_eq!(result["type"], "result", "{out}");
    conforms("result", &result);
    for frame in &frames {
        conforms("frame", frame);
    }
    let numbers: Vec<u64> = frames.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    (frames, result)
}

#[test]
fn every_line_is_a_frame_and_the_last_repeats_the_result_of_run_finished() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::answer("The answer has six words here.", 40, 7)));
    let out = world.plyrum(["ask", "-o", "stream-json", "What is it?"]).run();
    out.ok();
    let (frames, result) = stream(&out);
    let finished = frames.last().unwrap();
    assert_eq!(finished["type"], "run.finished");
    assert_eq!(finished["result"], result);
    assert_eq!(result["answer"], "The answer has six words here.");
    assert_eq!(result["status"], "succeeded");

    let kinds: Vec<&str> =
        frames.iter().filter_map(|f| f["type"].as_str()).filter(|t| *t != "delta").collect();
    let expected = [
        "run.accepted",
        "run.routed",
        "run.planned",
        "hold.taken",
        "step.started",
        "attempt.started",
        "attempt.opened",
        "attempt.finished",
        "step.finished",
        "run.finished",
    ];
    assert_eq!(kinds, expected);
    let text: String = frames.iter().filter_map(|frame| frame["text"].as_str()).collect();
    assert_eq!(text, "The answer has six words here.");
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn deltas_join_by_their_byte_offsets() {
    let world = World::new();
    let _fake = world.lab(Script::new().then(Reply::answer("пять слов — не шесть, нет", 9, 12)));
    let out = world.plyrum(["ask", "-o", "stream-json", "Сколько слов?"]).run();
    let mut written = 0;
    for frame in stream(&out).0.iter().filter(|frame| frame["type"] == "delta") {
        assert_eq!(frame["offset"].as_u64(), Some(written), "{out}");
        assert!(frame["seq"].is_null(), "a delta is live and has no seq: {frame}");
        written += frame["text"].as_str().unwrap().len() as u64;
    }
    assert_eq!(written, "пять слов — не шесть, нет".len() as u64);
}

#[test]
fn json_is_the_result_alone_on_one_line() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("Line one.\nLine \u{1b}[2J two.", 5, 5)));
    for args in
        [["ask", "-o", "json", "Two lines please"], ["ask", "--json", "--no-stdin", "Two lines please"]]
    {
        let out = world.plyrum(args).run();
        out.ok();
        let result = out.json();
        conforms("result", &result);
        assert_eq!(result["answer"], "Line one.\nLine \u{1b}[2J two.");
        assert!(!out.stdout.contains('\u{1b}'), "JSON escapes control characters: {out}");
    }
}

#[test]
fn a_failure_before_there_is_a_run_has_the_shape_that_was_asked_for() {
    let world = World::new();
    for format in ["json", "stream-json"] {
        let out = world.plyrum(["ask", "-o", format, "-m", "no/such", "Hello there"]).run();
        out.fails_telling(2, ["no/such"]);
        let result = out.json();
        conforms("result", &result);
        assert_eq!((&result["status"], &result["run"]), (&"failed".into(), &Value::Null));
        assert_eq!(result["error"]["kind"], "not_found");
    }
}

#[test]
fn a_failure_of_the_provider_ends_the_stream_with_its_result() {
    let world = World::new();
    let _fake =
        world.lab(Script::new().then(Reply::error(400, r#"{"error":{"message":"no such dialect"}}"#)));
    let out = world.plyrum(["ask", "-o", "stream-json", "Hello there"]).run();
    out.fails_telling(1, ["no such dialect"]);
    let (_, result) = stream(&out);
    assert_eq!((&result["status"], &result["cost_micro_rub"]), (&"failed".into(), &0.into()));
    assert_eq!(result["error"]["kind"], "provider_rejected");
}

#[test]
fn reasoning_is_a_channel_of_its_own_and_no_part_of_the_answer() {
    let world = World::new();
    let reply = Reply::sse().reasoning("Let me think. ").text("Four.").end(9, 6);
    let _fake = world.lab(Script::new().always(reply));
    assert_eq!(world.plyrum(["ask", "Two plus two?"]).run().ok(), "Four.\n");
    let out = world.plyrum(["ask", "-o", "stream-json", "Two plus two?"]).run();
    let (frames, result) = stream(&out);
    assert_eq!(result["answer"], "Four.");
    let channel = |name: &str| -> String {
        let of_channel = frames.iter().filter(|frame| frame["channel"] == name);
        of_channel.filter_map(|frame| frame["text"].as_str()).collect()
    };
    assert_eq!((channel("reasoning").as_str(), channel("answer").as_str()), ("Let me think. ", "Four."));
}

#[test]
fn no_control_character_stands_bare_in_json() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::answer("a\u{7f}b\u{9b}31mc\u{1b}[0md\u{0}e", 5, 5)));
    for format in ["json", "stream-json"] {
        let out = world.plyrum(["ask", "-o", format, "Say it"]).run();
        assert!(!out.ok().contains(|c: char| c.is_control() && c != '\n'), "{format}: {:?}", out.stdout);
        assert_eq!(out.lines().pop().unwrap()["answer"], "a\u{7f}b\u{9b}31mc\u{1b}[0md\u{0}e");
    }
}
