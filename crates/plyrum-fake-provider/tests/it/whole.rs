//! Answers as one JSON body, and refusals.

use std::fmt::Write as _;
use std::io::Read as _;

use plyrum_fake_provider::{Fault, Framing, Reply, Script};

use crate::dialects::full;
use crate::{WIRES, golden, post, raw, send, serving, streamed, unstreamed};

#[test]
fn a_full_answer_is_one_json_body_for_a_request_without_a_stream() {
    for wire in WIRES {
        let got = unstreamed(wire, full());
        assert!(got.says("content-type: application/json"), "{}", got.head);
        assert!(got.says(&format!("content-length: {}", got.body.len())), "{}", got.head);
        golden(&format!("{}.json", wire.0), &format!("{}\n", got.body));
    }
}

#[test]
fn a_whole_body_can_answer_a_request_for_a_stream() {
    for wire in WIRES {
        let got = streamed(wire, full().whole());
        assert!(got.says("content-type: application/json"), "{}", got.head);
        assert_eq!(got.json(), unstreamed(wire, full()).json(), "{}", wire.0);
    }
    let fake =
        serving("", Script::from_toml("[[reply]]\nshape = \"whole\"\nsteps = [{ text = \"a\" }]").unwrap());
    assert_eq!(post(&fake, "/api/chat", "{}").json()["message"]["content"], "a");
}

#[test]
fn gemini_without_alt_sse_is_a_list() {
    let fake = serving("gemini", Script::new().always(Reply::answer("a b", 1, 2)));
    let list = post(&fake, "/v1beta/models/m:streamGenerateContent", "{}").json();
    assert_eq!(list[0]["candidates"][0]["content"]["parts"][0]["text"], "a b");
    let one = post(&fake, "/v1beta/models/m:generateContent", "{}").json();
    assert_eq!(list[0], one);
}

#[test]
fn a_script_that_breaks_off_leaves_half_a_body() {
    for wire in WIRES {
        for reply in [Reply::sse().text("abc").fin(), Reply::sse().text("abc").finish("stop").fin()] {
            let got = unstreamed(wire, reply);
            let length = got.head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let length: usize = length.parse().unwrap();
            assert!(!got.body.is_empty() && got.body.len() < length, "{} of {length}: {}", wire.0, got.body);
        }
    }
}

#[test]
fn a_gate_holds_half_a_body_and_then_comes_the_rest() {
    let fake = serving("", Script::new().then(Reply::sse().text("abc").gate("g").end(1, 1)));
    let mut socket = send(&fake, "POST /v1/messages", "Connection: close\r\n", r#"{"stream":false}"#);
    fake.wait_at_gate_blocking("g");
    let mut bytes = vec![0; 4096];
    let read = socket.read(&mut bytes).unwrap();
    bytes.truncate(read);
    assert!(!bytes.ends_with(b"}"), "{}", bytes.escape_ascii());
    fake.release("g");
    while !bytes.ends_with(b"}}") && bytes.len() < 4096 {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
    let text = String::from_utf8(bytes).unwrap();
    let body: serde_json::Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["content"][0]["text"], "abc");
}

#[test]
fn an_error_among_the_words_is_the_whole_body() {
    for wire in WIRES {
        let got = unstreamed(wire, Reply::sse().text("abc").fails(Fault::Server, "it broke").done());
        assert_eq!(got.status(), 200);
        assert!(got.json().to_string().contains("it broke") && !got.body.contains("abc"), "{}", got.body);
    }
}

#[test]
fn framing_by_the_end_of_the_connection_stays_and_raw_bodies_stay_as_they_are() {
    let whole = unstreamed(WIRES[0], Reply::sse().framing(Framing::Close).text("abc").end(1, 1));
    assert!(whole.says("connection: close") && whole.json()["choices"][0]["message"]["content"] == "abc");
    let waiting = unstreamed(WIRES[0], Reply::sse().comment("wait").comment("wait").text("abc").end(1, 1));
    assert!(waiting.body.starts_with("\n\n{"), "{}", waiting.body);
    let own = unstreamed(WIRES[3], Reply::json(r#"{"mine":1}"#));
    assert_eq!(own.body, r#"{"mine":1}"#);
    let fake = serving("", Script::new().then(Reply::sse().stall()));
    let bytes = raw(&fake, "POST /v1/messages", "", r#"{"stream":false}"#);
    assert!(String::from_utf8(bytes).unwrap().ends_with("transfer-encoding: chunked\r\n\r\n"));
}

#[test]
fn refusals_have_the_shape_of_the_wire() {
    let faults = [
        (400, Fault::Invalid),
        (401, Fault::Unauthorized),
        (402, Fault::NoCredit),
        (403, Fault::Forbidden),
        (404, Fault::NotFound),
        (413, Fault::TooLarge),
        (429, Fault::RateLimited),
        (500, Fault::Server),
        (529, Fault::Overloaded),
        (504, Fault::Timeout),
    ];
    let mut table = String::new();
    for wire in WIRES {
        for (status, kind) in faults {
            let got = unstreamed(wire, Reply::refuses(status, kind, "no").header("retry-after", "7"));
            assert_eq!(got.status(), status);
            assert!(got.says("content-type: application/json") && got.says("retry-after: 7"), "{}", got.head);
            writeln!(table, "{} {status} {kind:?} {}", wire.0, got.body).unwrap();
        }
    }
    golden("refusals.txt", &table);
}
