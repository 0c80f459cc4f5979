//! What scripts make the offline provider say, and which mistakes in them are found.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use std::time::Duration;

use plyrum_billing_client::Usage;
use plyrum_providers::offline::{Offline, Script};
use plyrum_providers::{
    Channel, ChatMessage, ChatRequest, Close, ErrorClass, Provider, Role, Stop, StreamEvent, Timeouts,
};

fn request(content: &str) -> ChatRequest {
    ChatRequest {
        model: "script".to_owned(),
        messages: vec![ChatMessage { role: Role::User, content: content.to_owned() }],
        max_output_tokens: 100,
        temperature: None,
        stop: Vec::new(),
        attempt: String::new(),
        seed: 0,
    }
}

fn offline(script: &str) -> Offline {
    let timeouts = Timeouts { idle_bytes: Duration::from_millis(2), ..Timeouts::default() };
    Offline::new().with_timeouts(&timeouts).with_script(Script::parse(script).unwrap())
}

fn play(provider: &Offline, request: ChatRequest) -> Vec<StreamEvent> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stream = provider.open(request);
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            events.push(event);
        }
        events
    })
}

fn said(events: &[StreamEvent], wanted: Channel) -> String {
    let pieces = events.iter().filter_map(|event| match event {
        StreamEvent::Delta { channel, text } if *channel == wanted => Some(text.as_str()),
        _ => None,
    });
    pieces.collect()
}

fn end(events: &[StreamEvent]) -> &Close {
    match events.last() {
        Some(StreamEvent::Closed(close)) => close,
        other => panic!("ends with {other:?}"),
    }
}

#[test]
fn turns_are_taken_in_order_and_once() {
    let provider = offline(
        "[[turn]]\nmatch = \"rain\"\ntext = \"wet\"\n[[turn]]\ntext = \"first\"\n[[turn]]\nmodel = \"script-b\"\ntext = \"other\"\n[[turn]]\ntext = \"second\"\n",
    );
    let texts =
        ["sun", "rain?", "sun"].map(|content| said(&play(&provider, request(content)), Channel::Answer));
    assert_eq!(texts, ["first", "wet", "second"]);
    let Close::Failed(error) = end(&play(&provider, request("sun"))).clone() else { panic!() };
    assert!(error.message.contains("no turn left"), "{}", error.message);
    let other = ChatRequest { model: "script-b".to_owned(), ..request("sun") };
    assert_eq!(said(&play(&provider, other), Channel::Answer), "other");
}

#[test]
fn a_turn_says_its_text_in_the_asked_pieces_with_its_usage() {
    let provider = offline(
        "[[turn]]\ntext = \"Привет, мир\"\nreasoning = \"hm\"\nchunk_bytes = 3\ndelay_ms = 1\nusage = { input = 7, output = 9 }\n",
    );
    let events = play(&provider, request("hi"));
    assert_eq!(events.first(), Some(&StreamEvent::Opened));
    assert_eq!(said(&events, Channel::Answer), "Привет, мир");
    assert_eq!(said(&events, Channel::Reasoning), "hm");
    assert!(events.len() >= 12);
    let usage = events.iter().find_map(|event| match event {
        StreamEvent::Usage(usage) => usage.usage.clone().ok(),
        _ => None,
    });
    assert_eq!(usage, Some(Usage { input: 7, output: 9, ..Usage::default() }));
    assert_eq!(end(&events), &Close::Finished(Stop::EndTurn));
}

#[test]
fn faults_end_a_turn_as_they_are_named() {
    let provider = offline(
        "[[turn]]\ntext = \"a\"\nfault = \"reset\"\n[[turn]]\nfault = \"status:503\"\nretry_after_ms = 5\n[[turn]]\nfault = \"cut\"\n[[turn]]\ntext = \"b\"\nfault = \"no_usage\"\n[[turn]]\nfault = \"stall\"\n",
    );
    let reset = play(&provider, request("x"));
    assert_eq!(said(&reset, Channel::Answer), "a");
    assert!(matches!(end(&reset), Close::Failed(error) if error.class == ErrorClass::Reset));
    let refused = play(&provider, request("x"));
    assert_eq!(refused.len(), 1, "nothing was opened");
    assert!(
        matches!(end(&refused), Close::Failed(error) if error.status == Some(503) && error.retry_after_ms == Some(5))
    );
    assert!(matches!(end(&play(&provider, request("x"))), Close::Cut { .. }));
    let silent = play(&provider, request("x"));
    assert!(!silent.iter().any(|event| matches!(event, StreamEvent::Usage(_))));
    assert_eq!(end(&silent), &Close::Finished(Stop::EndTurn));
    assert!(
        matches!(end(&play(&provider, request("x"))), Close::Failed(error) if error.class == ErrorClass::Timeout)
    );
}

#[test]
fn tool_calls_are_json_on_their_channel() {
    let provider =
        offline("[[turn]]\ntool_calls = [{ name = \"read\", arguments = { path = \"a\", n = 1 } }]\n");
    let events = play(&provider, request("x"));
    let call: serde_json::Value = serde_json::from_str(&said(&events, Channel::ToolArgs)).unwrap();
    assert_eq!(
        call,
        serde_json::json!({ "id": "call_1", "name": "read", "arguments": { "path": "a", "n": 1 } })
    );
    assert_eq!(end(&events), &Close::Finished(Stop::ToolUse));
}

#[test]
fn the_output_bound_holds_for_scripts_too() {
    let provider = offline("[[turn]]\ntext = \"one two three\"\n");
    let events = play(&provider, ChatRequest { max_output_tokens: 2, ..request("x") });
    assert_eq!(
        (said(&events, Channel::Answer).as_str(), end(&events)),
        ("one two", &Close::Finished(Stop::Length))
    );
}

#[test]
fn mistakes_are_found_where_they_stand() {
    for (script, at, words) in [
        ("[[turn]]\nfault = \"explode\"\n", "\"explode\"", "unknown fault"),
        ("[[turn]]\nfault = \"status:200\"\n", "\"status:200\"", "400 to 599"),
        ("[[turn]]\ntext = \"a\"\nfault = \"status:500\"\n", "\"a\"", "has no text"),
        ("[[turn]]\nchunk_bytes = 0\n", "0", "`chunk_bytes` is 0"),
        ("[[turn]]\ntxet = \"a\"\n", "txet", "unknown field"),
        ("[[turn]]\ntool_calls = [{ name = \"a b\" }]\n", "{ name = \"a b\" }", "tool's name"),
    ] {
        let error = Script::parse(script).unwrap_err();
        assert_eq!(error.span.and_then(|span| script.get(span)), Some(at), "{script}");
        assert!(error.message.contains(words), "{}", error.message);
    }
}

#[test]
fn a_script_model_without_a_script_says_how_to_give_one() {
    let events = play(&Offline::new(), request("x"));
    assert!(matches!(end(&events), Close::Failed(error) if error.message.contains("PLYRUM_OFFLINE_SCRIPT")));
}
