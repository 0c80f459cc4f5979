//! Streams: the words of a script as each wire has them.

use plyrum_fake_provider::{Counts, Fault, Reply, Script, Step};
use serde_json::json;

use crate::{WIRES, golden, post, serving, streamed};

/// Every word that an answer can have.
pub(crate) fn full() -> Reply {
    Reply::sse()
        .reasoning("Hm")
        .reasoning("m.")
        .text("Привет, ")
        .text("world")
        .step(Step::Call {
            index: 0,
            id: "call-1".to_owned(),
            name: "read".to_owned(),
            arguments: r#"{"n":1}"#.to_owned(),
        })
        .finish("tool_calls")
        .counts(Counts { input: 7, output: 5, cache_read: 2, cache_write: 1, reasoning: 3 })
        .done()
}

#[test]
fn a_full_answer_is_written_as_each_wire_has_it() {
    for wire in WIRES {
        let got = streamed(wire, full());
        let kind = if wire.0 == "ollama" { "application/x-ndjson" } else { "text/event-stream" };
        assert!(got.says(&format!("content-type: {kind}")), "{}", got.head);
        assert!(got.says("transfer-encoding: chunked"), "{}", got.head);
        golden(&format!("{}.stream", wire.0), &got.body);
    }
}

#[test]
fn an_answer_of_words_is_an_answer_on_every_wire() {
    for wire in WIRES {
        let body = streamed(wire, Reply::answer("one two", 3, 2)).body;
        assert!(body.contains("\"one \"") && body.contains("\"two\""), "{}: {body}", wire.0);
        let reason = match wire.0 {
            "openai-responses" => "event: response.completed",
            "anthropic" => r#""stop_reason":"end_turn""#,
            "gemini" => r#""finishReason":"STOP""#,
            "ollama" => r#""done_reason":"stop""#,
            _ => r#""finish_reason":"stop""#,
        };
        assert!(body.contains(reason), "{}: {body}", wire.0);
    }
}

#[test]
fn reasons_of_stopping_are_translated_and_other_words_pass() {
    let table = [
        ("openai-chat", ["stop", "length", "tool_calls", "content_filter"]),
        ("gigachat", ["stop", "length", "function_call", "blacklist"]),
        ("openai-responses", ["completed", "max_output_tokens", "completed", "content_filter"]),
        ("anthropic", ["end_turn", "max_tokens", "tool_use", "refusal"]),
        ("gemini", ["STOP", "MAX_TOKENS", "STOP", "SAFETY"]),
        ("ollama", ["stop", "length", "stop", "content_filter"]),
    ];
    for (wire, (name, words)) in WIRES.into_iter().zip(table) {
        assert_eq!(wire.0, name);
        for (reason, word) in ["stop", "length", "tool_calls", "content_filter"].iter().zip(words) {
            let body = streamed(wire, Reply::sse().text("a").finish(reason).done()).body;
            assert!(body.contains(&format!("\"{word}\"")), "{name} {reason}: {body}");
        }
        let body = streamed(wire, Reply::sse().finish("eos").done()).body;
        assert!(body.contains("\"eos\""), "{name}: {body}");
    }
}

#[test]
fn an_error_comes_in_the_middle_of_a_stream_in_the_words_of_the_wire() {
    for wire in WIRES {
        let got = streamed(wire, Reply::sse().text("Hel").fails(Fault::Overloaded, "too busy"));
        assert_eq!(got.status(), 200);
        let (before, after) = got.body.split_once("Hel").unwrap();
        assert!(!before.contains("too busy") && after.contains("too busy"), "{}: {}", wire.0, got.body);
        let sign = match wire.0 {
            "openai-chat" => r#""code":"server_is_overloaded""#,
            "openai-responses" => "event: error\n",
            "anthropic" => r#""type":"overloaded_error""#,
            "gemini" => r#""status":"UNAVAILABLE""#,
            "gigachat" => r#""status":503"#,
            _ => "\n{\"error\":\"too busy\"}\n",
        };
        assert!(after.contains(sign), "{}: {after}", wire.0);
    }
}

#[test]
fn a_call_breaks_off_where_calls_come_in_pieces() {
    for wire in WIRES {
        let body = streamed(wire, Reply::sse().half_call("c", "read", r#"{"name":"a.txt"}"#).fin()).body;
        let in_pieces = matches!(wire.0, "openai-chat" | "openai-responses" | "anthropic");
        assert_eq!(body.contains(r#"{\"name\""#), in_pieces, "{}: {body}", wire.0);
        assert!(!body.contains("a.txt"), "{}: {body}", wire.0);
    }
}

#[test]
fn arguments_that_are_no_json_are_sent_on_every_wire() {
    for wire in WIRES {
        let body = streamed(wire, Reply::calls(&[("c", "read", "{oops")], 1, 1)).body;
        assert!(body.contains("\"{oops\""), "{}: {body}", wire.0);
    }
}

#[test]
fn nothing_is_said_before_the_first_word() {
    for wire in WIRES {
        assert_eq!(streamed(wire, Reply::sse().fin()).body, "", "{}", wire.0);
        let begun = streamed(wire, Reply::sse().begin().fin()).body;
        assert_eq!(begun.is_empty(), !matches!(wire.0, "openai-responses" | "anthropic"), "{begun}");
    }
}

#[test]
fn without_done_the_terminal_event_is_missing() {
    for (wire, terminal) in WIRES.into_iter().zip(["[DONE]", "[DONE]", "response.completed", "message_stop"])
    {
        let body = streamed(wire, Reply::sse().text("a").finish("stop").usage(1, 1)).body;
        assert!(!body.contains(terminal), "{}: {body}", wire.0);
    }
    let lines = streamed(WIRES[5], Reply::sse().text("a").finish("stop").usage(1, 1)).body;
    assert!(!lines.contains(r#""done":true"#), "{lines}");
}

#[test]
fn usage_as_json_stands_as_it_is_where_the_wire_keeps_it() {
    for wire in WIRES {
        let usage = json!({ "weird": -1 });
        let body = streamed(wire, Reply::sse().text("a").finish("stop").usage_json(usage).done()).body;
        assert!(body.contains(r#""weird":-1"#), "{}: {body}", wire.0);
        let without = streamed(wire, Reply::sse().text("a").finish("stop").done()).body;
        for field in [r#""usage":{"#, "usageMetadata", "eval_count"] {
            assert!(!without.contains(field), "{}: {without}", wire.0);
        }
    }
}

#[test]
fn anthropic_takes_usage_before_the_answer_and_more_than_once() {
    let usage = |n: u64| json!({ "output_tokens": n });
    let reply = Reply::sse().usage_json(usage(1)).text("a").usage_json(usage(9)).finish("stop").done();
    let body = streamed(("anthropic", "/v1/messages"), reply).body;
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("no {text} in {body}"));
    assert!(at("message_start") < at(r#"output_tokens":1"#) && at(r#"output_tokens":1"#) < at("text_delta"));
    assert!(at("text_delta") < at(r#"output_tokens":9"#) && at(r#"output_tokens":9"#) < at("end_turn"));
    assert_eq!(body.matches("event: message_delta").count(), 2, "{body}");
}

#[test]
fn reasoning_is_sealed_in_responses_only_for_a_client_that_asks() {
    let fake = serving("", Script::new().always(Reply::sse().reasoning("hm").text("a").end(1, 1)));
    let body = |request: &str| post(&fake, "/v1/responses", request).body;
    assert!(!body(r#"{"stream":true}"#).contains("encrypted_content"));
    assert!(body(r#"{"include":["reasoning.encrypted_content"]}"#).contains("encrypted_content"));
}

#[test]
fn events_and_comments_are_framed_as_the_wire_frames_them() {
    for wire in WIRES {
        let body = streamed(wire, Reply::sse().comment("wait").event("{}")).body;
        let expected = if wire.0 == "ollama" { "\n{}\n" } else { ": wait\n\ndata: {}\n\n" };
        assert_eq!(body, expected, "{}", wire.0);
    }
}

#[test]
fn words_are_read_from_files() {
    let toml = r#"
        [[reply]]
        steps = [
            "begin", { reasoning = "hm" }, { text = "a" },
            { half_call = { id = "c", name = "read", arguments = "{}" } },
            { error = { kind = "rate_limited", message = "slow" } },
        ]

        [[reply]]
        steps = [{ text = "a" }, { finish = "stop" }, { counts = { input = 4, reasoning = 2 } }, "done"]

        [[reply]]
        status = 402
        steps = [{ refusal = { kind = "no_credit", message = "pay" } }]
    "#;
    let fake = serving("anthropic", Script::from_toml(toml).unwrap());
    let next = || post(&fake, "/v1/messages", r#"{"stream":true}"#);
    assert!(next().body.contains("rate_limit_error"));
    let counted = next().body;
    assert!(
        counted.contains(r#""input_tokens":4"#) && counted.contains(r#""thinking_tokens":2"#),
        "{counted}"
    );
    let refused = next();
    assert_eq!((refused.status(), refused.json()["error"]["type"].as_str()), (402, Some("billing_error")));
}
