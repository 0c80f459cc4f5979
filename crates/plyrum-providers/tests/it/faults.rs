//! The fault shapes of the design notes (numbers as there) that `openai-chat` can meet, before and after the
//! first text: every one has a defined end, and text that was sent is neither lost nor doubled.

use plyrum_fake_provider::{FakeProvider, Framing, Reply, Script, Step};
use plyrum_providers::Endpoint;

use crate::{answer, ask, endpoint, failure, outcome};

const ERROR: &str = r#"{"error":{"message":"upstream went away","code":502}}"#;

/// Asks once; gives the answer's text and the end.
async fn check(shape: &str, reply: Reply, text: &str, end: &str) {
    let fake = FakeProvider::spawn(Script::new().then(reply));
    let events = ask(endpoint(&fake.base_url())).await;
    assert_eq!((answer(&events).as_str(), outcome(&events)), (text, end), "{shape}: {events:?}");
    assert_eq!(fake.requests().len(), 1, "{shape}: one request, never a second");
}

#[tokio::test]
async fn refusals_by_status_12_to_27() {
    for (shape, status, body, end) in [
        ("12", 400, ERROR, "rejected"),
        ("12 too long", 400, r#"{"error":{"code":"context_length_exceeded"}}"#, "too_large"),
        ("13", 401, ERROR, "auth"),
        ("14", 402, ERROR, "quota"),
        ("14 by 429", 429, r#"{"error":{"code":"insufficient_quota"}}"#, "quota"),
        ("15", 403, ERROR, "auth"),
        ("16", 404, r#"{"error":{"code":"model_not_found"}}"#, "rejected"),
        ("17", 408, "", "timeout"),
        ("18", 413, "", "too_large"),
        ("19", 429, "", "rate_limited"),
        ("422", 422, ERROR, "rejected"),
        ("23", 500, ERROR, "server"),
        ("24", 502, "<html><h1>502 Bad Gateway</h1></html>", "server"),
        ("25", 503, "", "server"),
        ("26", 504, "", "timeout"),
        ("27", 529, r#"{"error":{"type":"overloaded_error"}}"#, "overloaded"),
    ] {
        let fake = FakeProvider::spawn(Script::new().then(Reply::error(status, body)));
        let events = ask(endpoint(&fake.base_url())).await;
        assert_eq!(outcome(&events), end, "{shape}");
        assert_eq!(failure(&events).status, Some(status), "{shape}");
        assert_eq!(events.len(), 1, "{shape}: a refusal was never opened");
    }
}

#[tokio::test]
async fn an_error_body_that_breaks_off_or_never_ends_still_has_its_status() {
    check("500, RST", Reply::error(500, "").framing(Framing::Chunked).body("oops").reset(), "", "server")
        .await;
    check("500, cut", Reply::error(500, "").framing(Framing::Chunked).body("oops").fin(), "", "server").await;
    let endless = Step::Repeat { text: "x".repeat(64 * 1024), count: 1600 };
    check("500, 100 MB", Reply { status: 500, ..Reply::sse() }.step(endless), "", "server").await;
}

#[tokio::test]
async fn a_name_that_is_unknown_1() {
    // Where the machine's own settings name a proxy, the proxy looks the name up, and this shape cannot be had.
    if ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .all(|name| std::env::var_os(name).is_none())
    {
        assert_eq!(outcome(&ask(endpoint("http://nowhere.invalid/v1")).await), "dns");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_2() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(outcome(&ask(endpoint(&format!("http://127.0.0.1:{port}/v1"))).await), "refused");
}

#[tokio::test]
async fn proxies_7_8() {
    for (shape, target, status, end) in [
        ("7", "http://api.invalid/v1", 407, "proxy"),
        ("7 tunnel", "https://api.invalid/v1", 407, "proxy"),
        ("8", "http://api.invalid/v1", 502, "server"),
        ("8 tunnel", "https://api.invalid/v1", 502, "proxy"),
    ] {
        let fake = FakeProvider::spawn(Script::new().then(Reply::error(status, "")));
        let proxy = Some(format!("http://{}", fake.address()));
        let events = ask(Endpoint { proxy, ..endpoint(target) }).await;
        assert_eq!(outcome(&events), end, "{shape}: {events:?}");
    }
}

#[tokio::test]
async fn broken_heads_10_11() {
    let raw = |text: &str| Reply::bare().step(Step::Raw(text.to_owned()));
    check("10 half headers, FIN", raw("HTTP/1.1 200 OK\r\ncontent-ty"), "", "reset").await;
    check("10 half headers, RST", raw("HTTP/1.1 200 OK\r\ncontent-ty").reset(), "", "reset").await;
    check("no answer at all", Reply::bare(), "", "reset").await;
    check("no HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"), "", "protocol").await;
    let big = "x".repeat(70 * 1024);
    check("11", Reply::answer("never read", 1, 1).header("x-big", &big), "", "protocol").await;
    let endless = Step::Repeat { text: "x".repeat(64 * 1024), count: 100 };
    check("11 endless", raw("HTTP/1.1 200 OK\r\nx-big: ").step(endless), "", "protocol").await;
}

#[tokio::test]
async fn bodies_that_are_no_stream_28_29_30() {
    let whole = r#"{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]}"#;
    check("28", Reply::json(whole), "whole", "finished").await;
    check("28 cut", Reply::json(whole).framing(Framing::Chunked).fin(), "", "reset").await;
    check("29", Reply::sse(), "", "protocol").await;
    check("29 length 0", Reply::sse().framing(Framing::Length), "", "protocol").await;
    check("29 close", Reply::sse().framing(Framing::Close), "", "protocol").await;
    check("30", Reply::sse().event(ERROR), "", "server").await;
    check("web page", Reply::json("<html>hello</html>"), "", "protocol").await;
}

#[tokio::test]
async fn errors_and_ends_after_text_31_32_38_39_48() {
    let half = || Reply::sse().text("half");
    check("31", half().event(ERROR), "half", "server").await;
    let call = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]}}]}"#;
    check("32", half().event(call).event(ERROR), "half", "server").await;
    check("38", half(), "half", "cut").await;
    check("38 close", half().framing(Framing::Close), "half", "cut").await;
    check("39", half().end(1, 1).stall(), "half", "finished").await;
    check("48 after [DONE]", half().end(1, 1).text(" and more"), "half", "finished").await;
}

#[tokio::test]
async fn connections_that_break_37_40() {
    check("37 before text", Reply::sse().reset(), "", "reset").await;
    check("40 before text", Reply::sse().comment("hi").fin(), "", "reset").await;
    check("40", Reply::sse().text("half").fin(), "half", "cut").await;
    let bad_chunk = Step::Raw("zz\r\n".to_owned());
    check("40 bad chunk size", Reply::sse().text("half").step(bad_chunk), "half", "protocol").await;
}

#[tokio::test]
async fn a_reset_after_text_37_loses_nothing_that_arrived() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().text("half").gate("read").reset()));
    let mut stream = crate::provider(&fake).open(crate::request());
    let mut events = vec![stream.next().await.unwrap(), stream.next().await.unwrap()];
    fake.release("read");
    events.extend(crate::all(stream).await);
    assert_eq!((answer(&events).as_str(), outcome(&events)), ("half", "reset"));
}

#[tokio::test]
async fn encodings_and_line_ends_41_42_43() {
    let chunk = r#"{"choices":[{"delta":{"content":"Жук"},"finish_reason":"stop"}]}"#;
    check("41", Reply::answer("x", 1, 1).header("content-encoding", "gzip"), "", "protocol").await;
    let bytes = format!("\u{feff}data:{chunk}\r\n\r\ndata: [DONE]\r\n\r\n").into_bytes();
    let split = bytes.iter().fold(Reply::sse(), |reply, byte| reply.bytes(&[*byte]));
    check("42, 43, one chunk a byte", split, "Жук", "finished").await;
    check("42 invalid", Reply::sse().text("half").bytes(b"data: \xD0\n\n"), "half", "protocol").await;
    check("43 lone CR", Reply::sse().body(&format!("data: {chunk}\r\rdata: [DONE]\r\r")), "Жук", "finished")
        .await;
}

#[tokio::test]
async fn a_line_of_100_mb_44_is_refused_early() {
    let line = Step::Repeat { text: "x".repeat(64 * 1024), count: 1600 };
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().text("half").body("data: ").step(line)));
    let events = ask(endpoint(&fake.base_url())).await;
    assert_eq!((answer(&events).as_str(), outcome(&events)), ("half", "protocol"));
    fake.wait_for_hangups(1).await;
}
