//! What wires other than `openai-chat` put into a request's head, and read of a refusal: a server of one connection that
//! keeps what it was sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use plyrum_fake_provider::{Framing, OAuth, Reply, Script, Setup};
use plyrum_providers::{Endpoint, Lender, Manner, Wire};

use crate::{KEY, answer, ask, failure, outcome};

/// Answers one request with these bytes; gives the base URL and what was sent.
fn serve(response: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let (mut sent, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while !is_whole(&sent) {
            let read = socket.read(&mut buffer).unwrap();
            sent.extend_from_slice(buffer.get(..read).unwrap());
        }
        socket.write_all(response.as_bytes()).unwrap();
        String::from_utf8(sent).unwrap()
    });
    (base, server)
}

/// Whether all of a request is there, by its `content-length`.
fn is_whole(sent: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(sent) else { return false };
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn endpoint(wire: Wire, base: &str) -> Endpoint {
    Endpoint { key: Some(KEY.into()), ..Endpoint::new("lab", wire, base) }
}

#[tokio::test]
async fn gemini_is_asked_at_the_models_own_place_and_the_key_is_in_a_header_alone() {
    let stream = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Да\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n";
    for (streams, line) in [
        (true, "POST /g/v1beta/models/fast:streamGenerateContent?alt=sse HTTP/1.1"),
        (false, "POST /g/v1beta/models/fast:generateContent HTTP/1.1"),
    ] {
        let (base, server) = serve(response("200 OK", stream));
        let manner = Manner { streams, ..Manner::default() };
        let events = ask(Endpoint { manner, ..endpoint(Wire::Gemini, &format!("{base}/g/")) }).await;
        assert_eq!((answer(&events).as_str(), outcome(&events)), ("Да", "finished"), "{events:?}");
        let sent = server.join().unwrap();
        assert_eq!(sent.lines().next(), Some(line));
        assert!(sent.contains(&format!("\r\nx-goog-api-key: {KEY}\r\n")), "{sent}");
        assert_eq!(sent.matches(KEY).count(), 1, "{sent}");
    }
}

#[tokio::test]
async fn the_wait_that_gemini_asks_for_in_a_body_is_handed_on_unless_a_header_says_another() {
    let body = r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31s"}]}}"#;
    for (header, expected) in [("", 31_000), ("\r\nretry-after: 2", 2000)] {
        let status = format!("429 Too Many Requests{header}");
        let (base, server) = serve(response(&status, body));
        let events = ask(endpoint(Wire::Gemini, &base)).await;
        assert_eq!(outcome(&events), "rate_limited");
        assert_eq!(failure(&events).retry_after_ms, Some(expected), "{header}");
        server.join().unwrap();
    }
}

#[tokio::test]
async fn ollama_is_asked_for_lines_with_or_without_a_key() {
    let lines =
        "{\"message\":{\"content\":\"Да\"},\"done\":false}\n{\"done\":true,\"done_reason\":\"stop\"}\n";
    for key in [Some(KEY), None] {
        let (base, server) = serve(response("200 OK", lines));
        let events = ask(Endpoint { key: key.map(Into::into), ..endpoint(Wire::Ollama, &base) }).await;
        assert_eq!((answer(&events).as_str(), outcome(&events)), ("Да", "finished"), "{events:?}");
        let sent = server.join().unwrap();
        assert_eq!(sent.lines().next(), Some("POST /api/chat HTTP/1.1"));
        assert!(sent.contains("\r\naccept: application/x-ndjson, application/json\r\n"), "{sent}");
        assert_eq!(sent.contains(&format!("\r\nauthorization: Bearer {KEY}\r\n")), key.is_some(), "{sent}");
    }
}

#[tokio::test]
async fn a_token_that_breaks_off_on_its_way_is_a_connection_that_broke() {
    for (broken, end) in [
        (Reply::json(r#"{"access_"#).framing(Framing::Chunked).reset(), "reset"),
        (Reply::json(r#"{"access_"#).framing(Framing::Chunked).fin(), "reset"),
        (Reply::json(r#"{"access_"#), "protocol"),
        (Reply::json(&" ".repeat(70_000)), "protocol"),
    ] {
        let script = Script::new().for_path("/oauth", broken).for_path("/oauth", Reply::usual());
        let fake = Setup::new(script.always(Reply::answer("Да", 1, 1))).oauth(OAuth::new()).spawn();
        let lender = || Some(Lender { url: fake.oauth_url(), scope: "GIGACHAT_API_PERS".to_owned() });
        let endpoint = || Endpoint { lender: lender(), ..endpoint(Wire::GigaChat, &fake.base_url()) };
        let events = ask(endpoint()).await;
        assert_eq!(outcome(&events), end, "{events:?}");
        assert!(failure(&events).message.contains("no token was lent"), "{}", failure(&events));
        assert_eq!(answer(&ask(endpoint()).await), "Да", "a token that failed is not remembered");
    }
}
