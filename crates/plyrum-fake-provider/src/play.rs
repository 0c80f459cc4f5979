//! One connection: requests in, scripted replies out, and an eye on the client all the time, so that a
//! hang-up is seen at whatever step it comes.

use std::io::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http;
use crate::log::{Log, Request};
use crate::script::{Framing, Reply, Script, Step};

#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) log: Arc<Log>,
}

/// What becomes of the connection after a step or a reply.
#[derive(PartialEq)]
enum Then {
    GoOn,
    Close,
    HungUp,
}

impl Stage {
    /// Serves one connection until either side ends it.
    pub(crate) async fn serve(self, mut socket: TcpStream, connection: u64) {
        // Errors here are the client's going away; a reply cut short was noted as a hang-up.
        let _ = socket.set_nodelay(true);
        let mut buffer = Vec::new();
        while let Ok(Some(request)) = http::read_request(&mut socket, &mut buffer, connection).await {
            let reply = self.reply_to(request);
            match self.play(&mut socket, &reply).await {
                Ok(Then::GoOn) => {}
                Ok(Then::Close) => return,
                Ok(Then::HungUp) | Err(_) => return self.log.note(|seen| seen.hangups += 1),
            }
        }
    }

    fn reply_to(&self, request: Request) -> Reply {
        if let Some(gate) = request.path.strip_prefix("/_fake/release/") {
            self.log.release(gate);
            return Reply::json("{}");
        }
        let scripted = request.method == "CONNECT"
            || (request.method == "POST" && request.path.ends_with("/chat/completions"));
        let model = request.model();
        let known = format!("{} {}", request.method, request.path);
        self.log.request(request);
        if scripted {
            self.script.lock().unwrap_or_else(PoisonError::into_inner).take(model.as_deref())
        } else {
            let body = serde_json::json!({ "error": { "message": format!("fake provider: no such thing: {known}") } });
            Reply::error(404, &body.to_string())
        }
    }

    async fn play(&self, socket: &mut TcpStream, reply: &Reply) -> Result<Then> {
        for step in &reply.before {
            match self.step(socket, Framing::Close, step).await? {
                Then::GoOn => {}
                end => return Ok(end),
            }
        }
        if reply.head {
            socket.write_all(&http::head(reply)).await?;
        }
        for step in &reply.steps {
            match self.step(socket, reply.framing, step).await? {
                Then::GoOn => {}
                end => return Ok(end),
            }
        }
        if reply.framing == Framing::Chunked {
            socket.write_all(b"0\r\n\r\n").await?;
        }
        socket.flush().await?;
        Ok(if reply.framing == Framing::Close { Then::Close } else { Then::GoOn })
    }

    async fn step(&self, socket: &mut TcpStream, framing: Framing, step: &Step) -> Result<Then> {
        if let Some(bytes) = step.body() {
            socket.write_all(&http::frame(framing, &bytes)).await?;
            return Ok(Then::GoOn);
        }
        match step {
            Step::Repeat { text, count } => {
                let framed = http::frame(framing, text.as_bytes());
                for _ in 0..*count {
                    socket.write_all(&framed).await?;
                }
            }
            Step::Raw(text) => socket.write_all(text.as_bytes()).await?,
            Step::Gate(name) => return Ok(until(socket, self.log.pass(name)).await),
            Step::DelayMs(ms) => {
                return Ok(until(socket, tokio::time::sleep(Duration::from_millis(*ms))).await);
            }
            Step::Stall => return Ok(until(socket, std::future::pending()).await),
            Step::Reset => {
                socket.set_zero_linger()?;
                return Ok(Then::Close);
            }
            Step::Fin => return Ok(Then::Close),
            // Every other step has body bytes and was written above.
            _ => {}
        }
        Ok(Then::GoOn)
    }
}

/// Waits for `event` or for the client to hang up, whichever comes first.
async fn until(socket: &mut TcpStream, event: impl Future<Output = ()>) -> Then {
    let mut byte = [0_u8; 1];
    tokio::select! {
        biased;
        // A client has nothing to say during a reply: whatever it does now is the end.
        _ = socket.read(&mut byte) => Then::HungUp,
        () = event => Then::GoOn,
    }
}
