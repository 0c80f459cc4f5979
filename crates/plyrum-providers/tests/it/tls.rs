//! Certificates (shapes 4, 5 and 6): a TLS server of one connection, with the test CA of `tests/tls`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use plyrum_providers::Endpoint;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{answer, ask, endpoint, failure, outcome};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"sealed\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Serves one connection in a thread of its own.
fn serve(with: impl FnOnce(TcpStream) + Send + 'static) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, std::thread::spawn(move || with(listener.accept().unwrap().0)))
}

fn serve_certificate(name: &str) -> (SocketAddr, JoinHandle<()>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_file(file(name)).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    serve(move |socket| {
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
        let mut buffer = [0; 16 * 1024];
        // A client that refuses the certificate ends this early: that is what some tests are about.
        if tls.read(&mut buffer).is_ok() && tls.write_all(RESPONSE.as_bytes()).is_ok() {
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    })
}

async fn ask_tls(address: SocketAddr, ca_file: Option<PathBuf>) -> Vec<plyrum_providers::StreamEvent> {
    ask(Endpoint { ca_file, ..endpoint(&format!("https://{address}/v1")) }).await
}

#[tokio::test]
async fn a_ca_file_makes_its_certificates_trusted() {
    let (address, server) = serve_certificate("good.pem");
    let events = ask_tls(address, Some(file("ca.pem"))).await;
    assert_eq!((answer(&events).as_str(), outcome(&events)), ("sealed", "finished"), "{events:?}");
    server.join().unwrap();
}

#[tokio::test]
async fn an_unknown_issuer_4_is_refused_by_name() {
    let (address, server) = serve_certificate("good.pem");
    let events = ask_tls(address, None).await;
    assert_eq!(outcome(&events), "tls", "{events:?}");
    assert!(failure(&events).message.contains("UnknownIssuer"), "{}", failure(&events));
    server.join().unwrap();
}

#[tokio::test]
async fn an_expired_certificate_5_is_refused_by_name() {
    let (address, server) = serve_certificate("expired.pem");
    let events = ask_tls(address, Some(file("ca.pem"))).await;
    assert_eq!(outcome(&events), "tls", "{events:?}");
    assert!(failure(&events).message.contains("expired"), "{}", failure(&events));
    server.join().unwrap();
}

#[tokio::test]
async fn a_handshake_that_breaks_6_has_a_class() {
    let (address, server) = serve(drop);
    assert!(matches!(outcome(&ask_tls(address, None).await), "reset" | "tls"));
    server.join().unwrap();
    let (address, server) = serve(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest);
    });
    assert_eq!(outcome(&ask_tls(address, None).await), "tls", "a server that speaks no TLS");
    server.join().unwrap();
}

#[tokio::test]
async fn a_ca_file_without_certificates_is_refused_at_once() {
    let error = plyrum_providers::connect(Endpoint {
        ca_file: Some(file("key.pem")),
        ..endpoint("https://127.0.0.1:1/v1")
    })
    .unwrap_err();
    assert_eq!(error.class, plyrum_providers::ErrorClass::Config, "{error}");
}
