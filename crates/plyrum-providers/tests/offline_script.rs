//! What scripts make the offline provider say, and which mistakes in them are found.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use std::time::Duration;

use plyrum_billing_client::Usage;
use plyrum_providers::offline::{Offline, Script};
use plyrum_providers::{
    Channel, ChatMessage, ChatRequest, Close, ErrorClass, Provider, Role, Stop, StreamEvent, Timeouts,
    ToolCall,
};

fn request(content: &str) -> ChatRequest {
    ChatRequest {
        model: "script".to_owned(),
        messages: vec![ChatMessage::text(Role::User, content)],
        max_output_tokens: 100,
        temperature: None,
        stop: Vec::new(),
        attempt: String::new(),
        seed: 0,
        tools: Vec::new(),
        ..ChatRequest::default()
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

fn calls(events: &[StreamEvent]) -> Vec<ToolCall> {
    let calls = events.iter().filter_map(|event| match event {
        StreamEvent::Call(call) => Some(call.clone()),
        _ => None,
    });
    calls.collect()
}

fn counted(events: &[StreamEvent]) -> Option<Usage> {
    events.iter().find_map(|event| match event {
        StreamEvent::Usage(usage) => usage.usage.clone().ok(),
        _ => None,
    })
}

#[test]
fn calls_come_whole_after_the_deltas_of_their_arguments() {
    for (arguments, expected) in [
        ("", "{}"),
        (", arguments = { path = \"a b\", n = 1 }", r#"{"n":1,"path":"a b"}"#),
        (", arguments = '{\"path\": \"a'", r#"{"path": "a"#),
    ] {
        let provider =
            offline(&format!("[[turn]]\ntext = \"ok\"\ntool_calls = [{{ name = \"read\"{arguments} }}]\n"));
        let events = play(&provider, request("x"));
        assert_eq!(said(&events, Channel::ToolArgs), expected);
        assert_eq!(calls(&events), [ToolCall::new("call_1", "read", expected)]);
        let end = events.split_at(events.len() - 3).1;
        assert!(
            matches!(
                end,
                [
                    StreamEvent::Call(_),
                    StreamEvent::Usage(_),
                    StreamEvent::Closed(Close::Finished(Stop::ToolUse))
                ]
            ),
            "{end:?}"
        );
    }
}

#[test]
fn an_empty_text_of_arguments_is_no_delta_and_an_empty_object() {
    let provider = offline("[[turn]]\ntool_calls = [{ name = \"now\", arguments = \"\" }]\n");
    let events = play(&provider, request("x"));
    assert_eq!(said(&events, Channel::ToolArgs), "");
    assert_eq!(calls(&events), [ToolCall::new("call_1", "now", "{}")]);
}

#[test]
fn arguments_come_in_the_asked_pieces() {
    let provider = offline(
        "[[turn]]\nchunk_bytes = 2\ntool_calls = [{ name = \"a\", arguments = { n = 12 } }, { name = \"b\" }]\n",
    );
    let events = play(&provider, request("x"));
    let pieces: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Delta { channel: Channel::ToolArgs, text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(pieces, ["{\"", "n\"", ":1", "2}", "{}"]);
    assert_eq!(calls(&events).len(), 2);
}

#[test]
fn a_conversation_with_tools_goes_on_with_ids_of_its_own_and_is_counted() {
    let provider = offline(
        "[[turn]]\nmatch_tool = \"cloudy\"\ntext = \"rain\"\n\
         [[turn]]\nmatch = \"weather\"\nmatch_tool = \"try again\"\n\
         tool_calls = [{ name = \"look\" }, { id = \"call_1\", name = \"look\" }, { id = \"mine\", name = \"look\" }]\n\
         [[turn]]\nmatch = \"weather\"\ntool_calls = [{ name = \"look\", arguments = { where = \"up\" } }]\n",
    );
    let mut asked = request("weather");
    let first = play(&provider, asked.clone());
    assert_eq!(calls(&first), [ToolCall::new("call_1", "look", r#"{"where":"up"}"#)]);
    // look { "where" : "up" }: each word and mark is a token.
    assert_eq!(counted(&first), Some(Usage { input: 1, output: 1 + 9, ..Usage::default() }));

    asked.messages.push(ChatMessage::calling("", calls(&first)));
    asked.messages.push(ChatMessage::result("call_1", "please try again"));
    let second = play(&provider, asked.clone());
    let ids: Vec<String> = calls(&second).into_iter().map(|call| call.id).collect();
    assert_eq!(ids, ["call_2", "call_3", "mine"]);
    assert_eq!(counted(&second), Some(Usage { input: 1 + 10 + 3, output: 3 * 3, ..Usage::default() }));

    asked.messages.push(ChatMessage::calling("", calls(&second)));
    asked.messages.push(ChatMessage::result("call_2", "it is cloudy"));
    let third = play(&provider, asked.clone());
    assert_eq!(said(&third, Channel::Answer), "rain");
    assert_eq!(end(&third), &Close::Finished(Stop::EndTurn));
}

#[test]
fn a_turn_for_a_result_waits_until_a_result_is_the_last_word() {
    let script = "[[turn]]\nmatch_tool = \"a\"\ntext = \"result\"\n[[turn]]\ntext = \"none\"\n";
    let result = || ChatMessage::result("call_1", "abc");
    for (last, expected) in [
        (vec![], "none"),
        (vec![ChatMessage::text(Role::User, "abc")], "none"),
        (vec![result(), ChatMessage::text(Role::User, "x")], "none"),
        (vec![ChatMessage::result("call_1", "xyz")], "none"),
        (vec![result()], "result"),
    ] {
        let mut asked = request("x");
        asked.messages.extend(last);
        assert_eq!(said(&play(&offline(script), asked.clone()), Channel::Answer), expected, "{asked:?}");
    }
}

#[test]
fn a_turn_that_is_cut_tells_no_calls() {
    let calling = "tool_calls = [{ name = \"read\", arguments = { path = \"a\" } }]\n";
    for (fault, bound, arguments, usage) in [
        ("fault = \"reset\"\n", 100, r#"{"path":"a"}"#, None),
        ("fault = \"cut\"\n", 100, r#"{"path":"a"}"#, None),
        ("fault = \"stall\"\n", 100, r#"{"path":"a"}"#, None),
        ("fault = \"status:500\"\n", 100, "", None),
        ("", 5, r#"{"path""#, Some(5)),
        ("", 1, "", Some(1)),
        ("text = \"one two\"\n", 2, "", Some(2)),
        ("text = \"one two\"\n", 1, "", Some(1)),
    ] {
        let provider = offline(&format!("[[turn]]\n{fault}{calling}"));
        let events = play(&provider, ChatRequest { max_output_tokens: bound, ..request("x") });
        assert_eq!(calls(&events), [], "{fault}{bound}");
        assert_eq!(said(&events, Channel::ToolArgs), arguments, "{fault}{bound}");
        assert_eq!(counted(&events).map(|usage| usage.output), usage, "{fault}{bound}");
        assert_eq!(usage.is_some(), end(&events) == &Close::Finished(Stop::Length), "{fault}{bound}");
    }
}

#[test]
fn calls_without_usage_are_calls() {
    let provider = offline("[[turn]]\nfault = \"no_usage\"\ntool_calls = [{ name = \"read\" }]\n");
    let events = play(&provider, request("x"));
    assert_eq!((calls(&events).len(), counted(&events)), (1, None));
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
        ("[[turn]]\ntool_calls = [{ name = \"a\", arguments = 1 }]\n", "1", "neither a table nor a text"),
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
