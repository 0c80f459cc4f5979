//! Faults below and around the answer: doors, deaf ports, paces, gzip, redirects.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plyrum_fake_provider::{DeafPort, Door, FakeProvider, Framing, Reply, Script, Setup, Step};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use crate::{WIRES, post, raw, send, streamed};

// A certificate of its own issue for 127.0.0.1 until 2126, and its key, which guards nothing: openssl req -x509
// -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=Fake provider test"
// -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out certificate.pem
const CERTIFICATE: &str = include_str!("../tls/certificate.pem");
const KEY: &str = include_str!("../tls/key.pem");

fn tls_client(fake: &FakeProvider, trusts: bool) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    if trusts {
        roots.add(CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(fake.address()).unwrap())
}

const REQUEST: &str = "POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";

#[test]
fn answers_come_over_tls_to_a_client_that_trusts_the_certificate() {
    let reply = Reply::answer("sealed", 1, 1).framing(Framing::Close);
    let script = Script::new().then(reply).then(Reply::sse().gate("read").reset());
    let fake = Setup::new(script).tls(CERTIFICATE, KEY).spawn();
    assert!(fake.base_url().starts_with("https://127.0.0.1:"));
    let mut socket = tls_client(&fake, true);
    socket.write_all(REQUEST.as_bytes()).unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap(); // a missing close_notify would be an error
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("sealed"), "{text}");

    let mut socket = tls_client(&fake, true);
    socket.write_all(REQUEST.as_bytes()).unwrap();
    assert!(socket.read(&mut [0; 1024]).unwrap() > 0);
    fake.release("read");
    let error = socket.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let error = tls_client(&fake, false).write_all(REQUEST.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(fake.requests().len(), 2);
}

#[test]
fn a_certificate_that_is_none_is_refused_at_once() {
    let here = ([127, 0, 0, 1], 0).into();
    let error = Setup::new(Script::new()).tls(CERTIFICATE, CERTIFICATE).listen(here).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_handshake_is_reset_hung_up_or_never_answered() {
    let knock = |door| {
        let fake = Setup::new(Script::new()).door(door).spawn();
        let mut socket = TcpStream::connect(fake.address()).unwrap();
        socket.write_all(b"\x16\x03\x01").unwrap();
        (fake, socket)
    };
    let (_reset, mut socket) = knock(Door::Reset);
    assert_eq!(socket.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (_fin, mut socket) = knock(Door::Fin);
    // Bytes that the server left unread make a reset of its hanging up, on some systems.
    assert!(
        socket
            .read(&mut [0; 1])
            .map_or_else(|error| error.kind() == ErrorKind::ConnectionReset, |read| read == 0)
    );
    let (silent, socket) = knock(Door::Silent);
    drop(socket);
    silent.wait_for_hangups_blocking(1);
    assert!(silent.requests().is_empty());
}

#[test]
fn a_deaf_port_neither_takes_nor_refuses_a_connection() {
    let deaf = DeafPort::open().unwrap();
    assert!(deaf.base_url().contains(&deaf.address().to_string()));
    for _ in 0..2 {
        let error = TcpStream::connect_timeout(&deaf.address(), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}

#[tokio::test]
async fn a_deaf_port_opens_inside_a_runtime() {
    assert!(DeafPort::open().is_ok());
}

#[test]
fn a_pace_sends_byte_by_byte() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().pace(2).body("héllo")));
    let start = Instant::now();
    let mut socket = send(&fake, "POST /v1/messages", "", "{}");
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"0\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
    let expected = b"\r\n\r\n1\r\nh\r\n1\r\n\xc3\r\n1\r\n\xa9\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n";
    assert!(bytes.ends_with(expected), "{}", bytes.escape_ascii());
    assert!(start.elapsed() >= Duration::from_millis(12));
}

#[test]
fn comments_come_for_ever_until_the_client_hangs_up() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::sse().every(1, ": wait\n\n")));
    let socket = send(&fake, "POST /v1/messages", "", "{}");
    let lines = BufReader::new(socket).lines().map(|line| line.unwrap()).filter(|line| line == ": wait");
    assert_eq!(lines.take(20).count(), 20);
    fake.wait_for_hangups_blocking(1);
}

#[test]
fn a_pause_between_repetitions_has_a_count_too() {
    let toml = r#"
        [[reply]]
        pace_ms = 1
        steps = [{ every = { pause_ms = 1, text = "ab", count = 3 } }, { text = "c" }]
    "#;
    let fake = FakeProvider::spawn(Script::from_toml(toml).unwrap());
    let mut socket = send(&fake, "POST /api/chat", "", "{}");
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n0\r\n\r\n") {
        let mut piece = [0; 512];
        let read = socket.read(&mut piece).unwrap();
        bytes.extend_from_slice(&piece[..read]);
    }
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(crate::unchunked(text.split_once("\r\n\r\n").unwrap().1).matches("ab").count(), 3);
}

/// What the system's own `gzip` makes of it, and whether it is content.
fn unpacked(bytes: &[u8]) -> (String, bool) {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    gzip.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = gzip.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[test]
fn gzip_is_real_and_bad_gzip_is_bad() {
    let long = "x".repeat(70_000);
    let packed = |reply: Reply| {
        let fake = FakeProvider::spawn(Script::new().then(reply.framing(Framing::Close).gzip()));
        let bytes = raw(&fake, "POST /v1/chat/completions", "", "{}");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        assert!(head.contains("content-encoding: gzip"), "{head}");
        unpacked(&bytes[end + 4..])
    };
    let plain = streamed(WIRES[0], Reply::answer(&long, 1, 1)).body;
    assert_eq!(packed(Reply::answer(&long, 1, 1)), (plain, true));
    assert_eq!(packed(Reply::sse()), (String::new(), true));
    assert!(!packed(Reply::sse().text("a").fin()).1);
}

#[test]
fn a_redirect_says_where_to() {
    let fake = FakeProvider::spawn(Script::new().then(Reply::redirect(307, "http://elsewhere.invalid/v1")));
    let got = post(&fake, "/v1/responses", "{}");
    assert_eq!((got.status(), got.body.as_str()), (307, ""));
    assert!(
        got.says("location: http://elsewhere.invalid/v1") && got.says("content-length: 0"),
        "{}",
        got.head
    );
}

#[test]
fn stalls_resets_and_half_lines_work_on_every_wire() {
    for (wire, path) in WIRES {
        let script = Script::new()
            .then(Reply::sse().text("a").gate("half").step(Step::Body("{\"ha".to_owned())).reset());
        let fake = crate::serving(wire, script);
        let mut socket = send(&fake, &format!("POST {path}"), "", r#"{"stream":true}"#);
        fake.wait_at_gate_blocking("half");
        assert!(socket.read(&mut [0; 4096]).unwrap() > 0);
        fake.release("half");
        let error = loop {
            match socket.read(&mut [0; 4096]) {
                Ok(read) => assert!(read > 0, "{wire}: ended like a good answer"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{wire}");
    }
}
