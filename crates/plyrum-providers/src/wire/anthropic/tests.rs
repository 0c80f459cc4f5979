//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use super::*;
use crate::ErrorClass;
use crate::wire::End;
use crate::wire::golden::{decode, golden, show};

golden!(Anthropic, "anthropic");

/// A stream of these events.
fn stream(events: &[&str]) -> Vec<u8> {
    events.iter().flat_map(|data| format!("event: x\ndata: {data}\n\n").into_bytes()).collect()
}

const BEGIN: &str = r#"{"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}"#;

#[test]
fn an_answer_that_is_cut_reports_no_usage_since_its_beginning_counts_no_output() {
    let text = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"half"}}"#;
    let bytes = stream(&[BEGIN, text]);
    let shown = show(&decode(&Anthropic, [bytes.as_slice()], End::Clean));
    assert_eq!(shown, "answer \"half\"\ncut: the stream ended without a stop_reason or message_stop\n");
}

#[test]
fn a_thought_that_is_too_long_is_not_carried_and_still_shown() {
    let begin = r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#;
    let piece = "x".repeat(512 * 1024);
    let delta = format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"thinking_delta","thinking":"{piece}"}}}}"#
    );
    let signed =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s=="}}"#;
    let end = r#"{"type":"content_block_stop","index":0}"#;
    for (pieces, carried) in [(1, 1), (3, 0)] {
        let mut events = vec![BEGIN, begin];
        events.extend(std::iter::repeat_n(delta.as_str(), pieces));
        events.extend([signed, end]);
        let bytes = stream(&events);
        let found = decode(&Anthropic, [bytes.as_slice()], End::Clean);
        let thoughts = found.iter().filter(|event| matches!(event, StreamEvent::Thought(_))).count();
        assert_eq!(thoughts, carried);
        let shown = found.iter().filter(|event| matches!(event, StreamEvent::Delta { .. })).count();
        assert_eq!(shown, pieces);
    }
}

#[test]
fn errors_have_the_classes_of_their_types() {
    for (kind, status, class) in [
        ("invalid_request_error", 400, ErrorClass::Rejected),
        ("authentication_error", 401, ErrorClass::Auth),
        ("billing_error", 402, ErrorClass::Quota),
        ("permission_error", 403, ErrorClass::Auth),
        ("not_found_error", 404, ErrorClass::Rejected),
        ("request_too_large", 413, ErrorClass::TooLarge),
        ("rate_limit_error", 429, ErrorClass::RateLimited),
        ("api_error", 500, ErrorClass::Server),
        ("timeout_error", 504, ErrorClass::Timeout),
        ("overloaded_error", 529, ErrorClass::Overloaded),
    ] {
        let body =
            format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"why"}},"request_id":"req_1"}}"#);
        let refused = Anthropic.refusal(status, &body);
        assert_eq!(refused.class, class, "{kind}");
        assert!(refused.message.ends_with("why"), "{}", refused.message);
        let bytes = stream(&[BEGIN, &body]);
        let events = decode(&Anthropic, [bytes.as_slice()], End::Clean);
        let Some(StreamEvent::Closed(crate::Close::Failed(error))) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!(error.class, class, "{kind} in a stream");
    }
    let long = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 214000 tokens > 200000 maximum"}}"#;
    assert_eq!(Anthropic.refusal(400, long).class, ErrorClass::TooLarge);
    let credit = r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#;
    assert_eq!(Anthropic.refusal(400, credit).class, ErrorClass::Quota);
}
