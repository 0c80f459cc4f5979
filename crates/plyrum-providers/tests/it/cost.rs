//! What a delta costs on its way from the provider's socket to where the engine gets it: HTTP, events, JSON, redaction, and
//! the queue between them, as the daemon has it. Beside it in the same run, the bytes alone.

use super::{endpoint, request};
use plyrum_providers::{StreamEvent, connect};
use plyrum_redact::Redactor;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const DELTAS: u32 = 200_000;
/// What waits for the engine, as in the daemon.
const QUEUE: usize = 512;

#[test]
#[ignore = "measures: cargo test -p plyrum-providers --release --test it -- --ignored --nocapture cost_of_a_delta"]
fn cost_of_a_delta_from_the_socket_to_the_engine() {
    for round in 1..=3 {
        let (bytes, whole) = (bytes_alone(), as_the_daemon());
        println!(
            "round {round}: {:.2} us a delta ({:.2} us of it the bytes alone)",
            per_delta(whole),
            per_delta(bytes)
        );
    }
}

fn per_delta(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6 / f64::from(DELTAS)
}

fn as_the_daemon() -> Duration {
    let server = serve();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let provider =
            connect(plyrum_providers::Endpoint { key: None, ..endpoint(&format!("http://{server}/v1")) });
        let (to_engine, mut at_engine) = tokio::sync::mpsc::channel::<String>(QUEUE);
        let began = Instant::now();
        let mut events = provider.unwrap().open(request());
        let stream = tokio::spawn(async move {
            let mut redact = Redactor::new([7; 32], []).stream();
            while let Some(event) = events.next().await {
                if let StreamEvent::Delta { text, .. } = event {
                    to_engine.send(redact.push(&text)).await.unwrap();
                }
            }
            to_engine.send(redact.finish()).await.unwrap();
        });
        let mut text = String::new();
        while let Some(piece) = at_engine.recv().await {
            text.push_str(&piece);
        }
        let took = began.elapsed();
        stream.await.unwrap();
        assert_eq!(text.matches(" слово").count(), DELTAS as usize);
        took
    })
}

/// The same body read by a plain client, which looks at nothing.
fn bytes_alone() -> Duration {
    let began = Instant::now();
    let mut socket = TcpStream::connect(serve()).unwrap();
    socket.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").unwrap();
    let (mut buffer, mut bytes) = ([0; 16 * 1024], 0);
    loop {
        match socket.read(&mut buffer).unwrap() {
            0 => break,
            read => bytes += read,
        }
    }
    assert!(bytes > DELTAS as usize * 100);
    began.elapsed()
}

/// A server of one answer.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = BufReader::new(socket.try_clone().unwrap());
        let mut length = 0;
        loop {
            let mut line = String::new();
            head.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        head.read_exact(&mut vec![0; length]).unwrap();
        let chunk = r#"{"id":"chatcmpl-BQx3kq7dWn","object":"chat.completion.chunk","created":1760000000,"model":"gpt-x-2026-01-01","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" слово"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3xYz"}"#;
        let some = format!("data: {chunk}\n\n").repeat(100);
        socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
            .unwrap();
        for _ in 0..DELTAS / 100 {
            socket.write_all(some.as_bytes()).unwrap();
        }
        socket
            .write_all(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
            .unwrap();
    });
    address
}
