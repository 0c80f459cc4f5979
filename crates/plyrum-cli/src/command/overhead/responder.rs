//! A server of the loopback that answers at once: what it takes is what the machine itself takes.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// The model that says one token.
pub(super) const SHORT: &str = "one";
/// The model that says [`DELTAS`].
pub(super) const LONG: &str = "many";
/// Tokens of a long answer.
pub(super) const DELTAS: u32 = 2000;
/// Longest request that is read.
const MAX_REQUEST: u64 = 4 << 20;

/// Starts one, for as long as the process lives.
pub(super) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (short, long) = (Arc::new(answer(1)), Arc::new(answer(DELTAS)));
    std::thread::Builder::new().name("responder".to_owned()).spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (short, long) = (Arc::clone(&short), Arc::clone(&long));
            let serving = move || {
                // A client that hangs up has what it wanted.
                let _ = serve(&stream, &short, &long);
            };
            if std::thread::Builder::new().spawn(serving).is_err() {
                return;
            }
        }
    })?;
    Ok(address)
}

fn answer(deltas: u32) -> Vec<u8> {
    let mut body = String::new();
    for n in 0..deltas {
        body.push_str(&format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word {n} \"}}}}]}}\n\n"
        ));
    }
    body.push_str("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    body.push_str(&format!(
        "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{deltas},\"total_tokens\":{}}}}}\n\n",
        deltas + 9
    ));
    body.push_str("data: [DONE]\n\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ";
    format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes()
}

fn serve(stream: &TcpStream, short: &[u8], long: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if (&mut reader).take(64 * 1024).read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = Vec::new();
        (&mut reader).take(length).take(MAX_REQUEST).read_to_end(&mut body)?;
        let long_asked = format!("\"model\":\"{LONG}\"");
        let wants_long = String::from_utf8(body).is_ok_and(|body| body.contains(&long_asked));
        let mut writer = stream;
        writer.write_all(if wants_long { long } else { short })?;
    }
}
