//! The server seen from a bare socket: what a test scripts is what comes, byte for byte.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not know as such here")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};

use plyrum_fake_provider::{FakeProvider, Framing, Reply, Script, Step};

fn post(fake: &FakeProvider, model: &str) -> TcpStream {
    let mut socket = TcpStream::connect(fake.address()).unwrap();
    write_request(&mut socket, model);
    socket
}

fn write_request(socket: &mut TcpStream, model: &str) {
    let body = format!(r#"{{"model":"{model}"}}"#);
    let length = body.len();
    write!(
        socket,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Key: 1\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
}

/// Reads until the text appears; gives everything read so far.
fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    while !seen.windows(text.len()).any(|window| window == text.as_bytes()) {
        let n = socket.read(&mut piece).unwrap();
        assert!(n > 0, "ended before {text:?}: {:?}", seen.escape_ascii().to_string());
        seen.extend_from_slice(&piece[..n]);
    }
    String::from_utf8(seen).unwrap()
}

/// What one request gets, on a connection of its own.
fn reply(fake: &FakeProvider, model: &str) -> String {
    let mut socket = post(fake, model);
    socket.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn each_request_is_copied_as_it_came_on_a_line_of_json() {
    let (to, mut from) =
        std::os::unix::net::UnixStream::pair().map(|(to, from)| (to, BufReader::new(from))).unwrap();
    let script = Script::new().always(Reply::json("{}"));
    let fake = plyrum_fake_provider::Setup::new(script).copied_to(to).spawn();
    reply(&fake, "fast");
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&told["method"], &told["path"]), (&"POST".into(), &"/v1/chat/completions".into()));
    assert_eq!(told["headers"][1], serde_json::json!(["x-key", "1"]));
    assert_eq!(told["body"], r#"{"model":"fast"}"#);
}

#[test]
fn replies_go_by_model_first_and_then_by_order() {
    let fake = FakeProvider::spawn(
        Script::new()
            .then(Reply::json("first"))
            .for_model("slow", Reply::json("slow once"))
            .for_model("slow", Reply::json("slow always"))
            .then(Reply::json("second")),
    );
    for (model, body) in [
        ("fast", "first"),
        ("slow", "slow once"),
        ("slow", "slow always"),
        ("slow", "slow always"),
        ("fast", "second"),
        ("fast", "no reply left"),
    ] {
        let text = reply(&fake, model);
        assert!(text.contains(body), "{model}: {text}");
    }
    let always = FakeProvider::spawn(Script::new().always(Reply::json("again")));
    assert!(reply(&always, "x").contains("again") && reply(&always, "y").contains("again"));
}

#[test]
fn requests_are_logged_with_headers_body_and_connection() {
    let fake = FakeProvider::spawn(Script::new().always(Reply::json("{}")));
    let mut socket = post(&fake, "a");
    read_until(&mut socket, "{}");
    write_request(&mut socket, "b");
    read_until(&mut socket, "{}");
    let _other = post(&fake, "c");
    let requests = fake.wait_for_requests_blocking(3);
    let models: Vec<_> = requests.iter().map(|request| request.model().unwrap()).collect();
    assert_eq!(models, ["a", "b", "c"]);
    assert_eq!(requests.iter().map(|request| request.connection).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!((requests[0].header("x-key"), requests[0].header("x-other")), (Some("1"), None));
    assert_eq!(fake.connections(), 2);
}

#[test]
fn a_gate_holds_a_reply_until_it_is_released() {
    let fake =
        FakeProvider::spawn(Script::new().then(Reply::sse().text("one").gate("g").text("two").end(1, 2)));
    let mut socket = post(&fake, "m");
    let head = read_until(&mut socket, "one");
    fake.wait_at_gate_blocking("g");
    assert!(!head.contains("two"));
    fake.release("g");
    let rest = read_until(&mut socket, "0\r\n\r\n");
    let at = |text: &str| rest.find(text).unwrap_or_else(|| panic!("no {text:?} in {rest}"));
    assert!(at("two") < at("stop") && at("stop") < at("total_tokens") && at("total_tokens") < at("[DONE]"));
    assert_eq!(fake.hangups(), 0);
}

#[test]
fn a_client_that_goes_away_at_a_gate_or_a_stall_is_seen() {
    for reply in [Reply::sse().gate("never"), Reply::sse().stall(), Reply::sse().first(Step::Stall)] {
        let fake = FakeProvider::spawn(Script::new().then(reply));
        let socket = post(&fake, "m");
        fake.wait_for_requests_blocking(1);
        assert_eq!(fake.hangups(), 0);
        drop(socket);
        fake.wait_for_hangups_blocking(1);
    }
}

#[test]
fn framings_end_as_they_say() {
    let text = |framing| {
        let fake =
            FakeProvider::spawn(Script::new().then(Reply::sse().framing(framing).body("abc").body("de")));
        reply(&fake, "m").split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    assert_eq!(text(Framing::Chunked), "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(text(Framing::Length), "abcde");
    assert_eq!(text(Framing::Close), "abcde");
}

#[test]
fn broken_ends_are_broken() {
    let fake = FakeProvider::spawn(
        Script::new()
            .then(Reply::sse().body("abc").fin())
            .then(Reply::sse().gate("read").reset())
            .then(Reply::bare().step(Step::Raw("HTTP/1.1 200".to_owned()))),
    );
    assert!(reply(&fake, "m").ends_with("3\r\nabc\r\n"), "FIN without the last chunk");
    let mut socket = post(&fake, "m");
    read_until(&mut socket, "\r\n\r\n");
    fake.release("read");
    let error = socket.read(&mut [0; 16]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(reply(&fake, "m"), "HTTP/1.1 200");
}

#[test]
fn a_line_of_100_mb_is_sent_without_being_stored() {
    let line = Step::Repeat { text: "x".repeat(1024 * 1024), count: 100 };
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().framing(Framing::Close).step(line)));
    let mut socket = post(&fake, "m");
    let bytes = std::io::copy(&mut socket, &mut std::io::sink()).unwrap();
    assert!(bytes > 100 * 1024 * 1024);
}

#[test]
fn other_paths_take_no_reply() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::json("mine")));
    let mut socket = TcpStream::connect(fake.address()).unwrap();
    write!(socket, "GET /v1/models HTTP/1.1\r\n\r\n").unwrap();
    assert!(read_until(&mut socket, "no such thing").starts_with("HTTP/1.1 404"));
    assert!(reply(&fake, "m").contains("mine"));
}

#[test]
fn scripts_are_read_from_toml_and_json() {
    let toml = r#"
        [[reply]]
        status = 429
        framing = "length"
        headers = { retry-after = "2" }
        steps = [{ body = "slow down" }]

        [[reply]]
        model = "lead"
        steps = [{ text = "Hel" }, { gate = "g" }, { repeat = { text = "lo", count = 1 } }, "done"]

        [[reply]]
        always = true
        before = [{ delay_ms = 1 }]
        steps = ["reset"]
    "#;
    let fake = FakeProvider::spawn(Script::from_toml(toml).unwrap());
    fake.release("g");
    let slow = reply(&fake, "m");
    assert!(
        slow.starts_with("HTTP/1.1 429") && slow.contains("retry-after: 2") && slow.ends_with("slow down")
    );
    let mut lead = post(&fake, "lead"); // not half closed: at a gate that would be a hang-up
    assert!(read_until(&mut lead, "[DONE]").contains("lo"));
    let json = r#"{"reply": [{"always": true, "steps": [{"usage": {"prompt_tokens": 3}}, "fin"]}]}"#;
    let fake = FakeProvider::spawn(Script::from_json(json).unwrap());
    assert!(reply(&fake, "m").contains(r#""usage":{"prompt_tokens":3}"#));
}

#[test]
fn calls_of_tools_are_sent_in_two_pieces_each() {
    let toml = r#"
        [[reply]]
        steps = [{ call = { id = "a", name = "read", arguments = "{}" } }, { finish = "tool_calls" }]
    "#;
    let fake = FakeProvider::spawn(Script::from_toml(toml).unwrap());
    let from_file = reply(&fake, "any");
    let fake = FakeProvider::spawn(Script::new().then(Reply::calls(
        &[("a", "read", "{}"), ("b", "list", "{\"n\":1}")],
        1,
        2,
    )));
    let built = reply(&fake, "any");
    for (text, calls) in [(from_file, 1), (built, 2)] {
        assert_eq!(text.matches(r#""name":"#).count(), calls, "{text}");
        assert_eq!(text.matches(r#""tool_calls":"#).count(), 2 * calls, "{text}");
        assert!(text.contains(r#""finish_reason":"tool_calls""#), "{text}");
    }
}

#[test]
fn a_mistake_in_a_script_is_named() {
    for (script, word) in [
        ("[[reply]]\nstatsu = 200", "statsu"),
        ("[[reply]]\nsteps = [{ txet = \"a\" }]", "txet"),
        ("replies = []", "replies"),
    ] {
        let error = Script::from_toml(script).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn the_binary_prints_its_address_and_serves() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plyrum-fake-provider"))
        .args(["--text", "by hand"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/v1")).unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    write_request(&mut socket, "m");
    let text = read_until(&mut socket, "[DONE]");
    assert!(text.contains("by ") && text.contains("hand"), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(start_paused = true)]
async fn waiting_does_not_let_a_paused_clock_run_ahead() {
    let fake = FakeProvider::start(Script::new().then(Reply::sse().stall())).await;
    let start = tokio::time::Instant::now();
    let address = fake.address();
    let client = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        write_request(&mut socket, "m");
    });
    fake.wait_for_requests(1).await;
    fake.wait_for_hangups(1).await;
    assert_eq!(start.elapsed(), std::time::Duration::ZERO);
    client.join().unwrap();
}
