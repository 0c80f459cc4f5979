//! The server seen from a bare socket, wire by wire: streams, whole answers, routes, and faults of transport.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not know as such here")]

mod binary;
mod dialects;
mod faults;
mod routes;
mod whole;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use plyrum_fake_provider::FakeProvider;

/// What a request got.
#[derive(Debug)]
struct Got {
    head: String,
    /// Without the framing.
    body: String,
}

impl Got {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn says(&self, header: &str) -> bool {
        self.head.lines().any(|line| line == header)
    }
}

fn send(fake: &FakeProvider, line: &str, headers: &str, body: &str) -> TcpStream {
    let mut socket = TcpStream::connect(fake.address()).unwrap();
    let length = body.len();
    write!(socket, "{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n{body}").unwrap();
    socket
}

/// Everything that comes for a request on a connection of its own, as it comes.
fn raw(fake: &FakeProvider, line: &str, headers: &str, body: &str) -> Vec<u8> {
    let mut socket = send(fake, line, headers, body);
    socket.shutdown(Shutdown::Write).unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    bytes
}

fn ask(fake: &FakeProvider, line: &str, headers: &str, body: &str) -> Got {
    let bytes = String::from_utf8(raw(fake, line, headers, body)).unwrap();
    let (head, body) = bytes.split_once("\r\n\r\n").unwrap();
    let chunked = head.contains("transfer-encoding: chunked");
    Got { head: head.to_owned(), body: if chunked { unchunked(body) } else { body.to_owned() } }
}

fn get(fake: &FakeProvider, path: &str) -> Got {
    ask(fake, &format!("GET {path}"), "", "")
}

fn post(fake: &FakeProvider, path: &str, body: &str) -> Got {
    ask(fake, &format!("POST {path}"), "", body)
}

fn unchunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        let (chunk, rest) = rest.split_at_checked(size).unwrap_or((rest, ""));
        text.push_str(chunk);
        body = rest.strip_prefix("\r\n").unwrap_or(rest);
    }
    text
}

/// Each wire with the path of its streams.
const WIRES: [(&str, &str); 6] = [
    ("openai-chat", "/v1/chat/completions"),
    ("gigachat", "/api/v1/chat/completions"),
    ("openai-responses", "/v1/responses"),
    ("anthropic", "/v1/messages"),
    ("gemini", "/v1beta/models/m:streamGenerateContent?alt=sse"),
    ("ollama", "/api/chat"),
];

/// A server that speaks this wire, GigaChat's being told from OpenAI's by its tokens.
fn serving(wire: &str, script: plyrum_fake_provider::Script) -> FakeProvider {
    let setup = plyrum_fake_provider::Setup::new(script);
    let setup = if wire == "gigachat" { setup.oauth(plyrum_fake_provider::OAuth::new()) } else { setup };
    setup.spawn()
}

/// What one reply looks like as a stream of this wire.
fn streamed((wire, path): (&str, &str), reply: plyrum_fake_provider::Reply) -> Got {
    post(
        &serving(wire, plyrum_fake_provider::Script::new().then(reply)),
        path,
        r#"{"model":"m","stream":true}"#,
    )
}

/// What one reply looks like to a request for no stream.
fn unstreamed((wire, path): (&str, &str), reply: plyrum_fake_provider::Reply) -> Got {
    let path = path.replace(":streamGenerateContent?alt=sse", ":generateContent");
    post(
        &serving(wire, plyrum_fake_provider::Script::new().then(reply)),
        &path,
        r#"{"model":"m","stream":false}"#,
    )
}

/// Compares with `tests/golden/NAME`; `PLYRUM_BLESS=1` writes it instead. JSON at the end of a line has its
/// names sorted: their order is that of a feature which other crates can switch on.
fn golden(name: &str, text: &str) {
    let text: String = text.split_inclusive('\n').map(sorted_line).collect();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("PLYRUM_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(text, expected, "{name}");
}

fn sorted_line(line: &str) -> String {
    let (before, rest) = line.split_at(line.find('{').unwrap_or(line.len()));
    let (json, end) = rest.split_at(rest.trim_end().len());
    match serde_json::from_str(json) {
        Ok(value) => format!("{before}{}{end}", sorted(&value)),
        Err(_) => line.to_owned(),
    }
}

fn sorted(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name:?}:{}", sorted(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        serde_json::Value::Array(values) => {
            format!("[{}]", values.iter().map(sorted).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
