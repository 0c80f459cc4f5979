//! One connection: requests in, scripted replies out, and an eye on the client all the time, so that a
//! hang-up is seen at whatever step it comes.

use std::io::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::dialect::{Asked, Dialect};
use crate::door::{Door, Socket};
use crate::http;
use crate::log::{Log, Request};
use crate::render::{Act, Scene, scene};
use crate::reply::{Framing, Reply};
use crate::routes::Routes;
use crate::script::Script;

#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) log: Arc<Log>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) door: Arc<Door>,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// What becomes of the connection after a step or a reply.
#[derive(PartialEq)]
enum Then {
    GoOn,
    Close,
    HungUp,
}

impl Stage {
    /// Receives one connection as the door says.
    pub(crate) async fn receive(self, mut socket: TcpStream, connection: u64) {
        // Errors here are the client's going away; a reply cut short was noted as a hang-up.
        let _ = socket.set_nodelay(true);
        let mut byte = [0_u8; 1];
        match (&*self.door, self.tls.clone()) {
            (_, Some(tls)) => {
                // A client that refuses the certificate ends this early: that is what some tests are about.
                if let Ok(socket) = tls.accept(socket).await {
                    self.serve(socket, connection).await;
                }
            }
            (Door::Reset, None) => {
                let _ = socket.read(&mut byte).await;
                let _ = socket.set_zero_linger();
            }
            (Door::Fin, None) => {
                let _ = socket.read(&mut byte).await;
            }
            (Door::Silent, None) => {
                let mut ignored = [0_u8; 1024];
                while socket.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
                self.log.note(|seen| seen.hangups += 1);
            }
            (Door::Plain | Door::Tls { .. }, None) => self.serve(socket, connection).await,
        }
    }

    /// Serves one connection until either side ends it.
    async fn serve(self, mut socket: impl Socket, connection: u64) {
        let mut buffer = Vec::new();
        while let Ok(Some(request)) = http::read_request(&mut socket, &mut buffer, connection).await {
            let scene = self.scene_for(request);
            match self.play(&mut socket, scene).await {
                Ok(Then::GoOn) => {}
                Ok(Then::Close) => return,
                Ok(Then::HungUp) | Err(_) => return self.log.note(|seen| seen.hangups += 1),
            }
        }
    }

    fn scene_for(&self, request: Request) -> Scene {
        if let Some(gate) = request.path.strip_prefix("/_fake/release/") {
            self.log.release(gate);
            return scene(Reply::json("{}"), Dialect::OpenAiChat, Asked::default());
        }
        let spoken = Dialect::of(request.path_alone(), self.routes.oauth.is_some());
        let asked = asked(&request, spoken);
        let reply = self.reply_to(&request, spoken);
        self.log.request(request);
        scene(reply, spoken.unwrap_or(Dialect::OpenAiChat), asked)
    }

    fn reply_to(&self, request: &Request, spoken: Option<Dialect>) -> Reply {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reply) = script.take_for_path(request.path_alone()).filter(|reply| !reply.usual) {
            return reply;
        }
        if request.method == "CONNECT" || (request.method == "POST" && spoken.is_some()) {
            return script.take(request.model().as_deref());
        }
        let token = || {
            let mut number = 0;
            self.log.note(|seen| {
                seen.tokens += 1;
                number = seen.tokens;
            });
            number
        };
        self.routes.answer(request, token).unwrap_or_else(|| {
            let known = format!("fake provider: no such thing: {} {}", request.method, request.path);
            Reply::error(404, &json!({ "error": { "message": known } }).to_string())
        })
    }

    async fn play(&self, socket: &mut impl Socket, scene: Scene) -> Result<Then> {
        for act in &scene.before {
            match self.act(socket, Framing::Close, None, act).await? {
                Then::GoOn => {}
                end => return Ok(end),
            }
        }
        if let Some(head) = &scene.head {
            socket.write_all(head).await?;
            socket.flush().await?;
        }
        for act in &scene.acts {
            match self.act(socket, scene.framing, scene.pace, act).await? {
                Then::GoOn => {}
                end => return Ok(end),
            }
        }
        if scene.framing == Framing::Chunked {
            socket.write_all(b"0\r\n\r\n").await?;
        }
        socket.flush().await?;
        if scene.framing == Framing::Close {
            socket.shutdown().await?;
            return Ok(Then::Close);
        }
        Ok(Then::GoOn)
    }

    async fn act(
        &self,
        socket: &mut impl Socket,
        framing: Framing,
        pace: Option<Duration>,
        act: &Act,
    ) -> Result<Then> {
        match act {
            Act::Body(bytes) => return body(socket, framing, pace, bytes).await,
            Act::Repeat { bytes, count, pause } => {
                for _ in 0..*count {
                    if let Some(pause) = pause
                        && until(socket, tokio::time::sleep(*pause)).await != Then::GoOn
                    {
                        return Ok(Then::HungUp);
                    }
                    match body(socket, framing, pace, bytes).await? {
                        Then::GoOn => {}
                        end => return Ok(end),
                    }
                }
            }
            Act::Raw(bytes) => {
                socket.write_all(bytes).await?;
                socket.flush().await?;
            }
            Act::Gate(name) => return Ok(until(socket, self.log.pass(name)).await),
            Act::Wait(time) => return Ok(until(socket, tokio::time::sleep(*time)).await),
            Act::Stall => return Ok(until(socket, std::future::pending()).await),
            Act::Reset => {
                socket.tcp().set_zero_linger()?;
                return Ok(Then::Close);
            }
            Act::Fin => return Ok(Then::Close),
        }
        Ok(Then::GoOn)
    }
}

/// What the writer of an answer must know of a request.
fn asked(request: &Request, spoken: Option<Dialect>) -> Asked {
    let body = request.json();
    let path = request.path_alone();
    let gemini = spoken == Some(Dialect::Gemini);
    let listed = gemini
        && path.ends_with(":streamGenerateContent")
        && !request.query().split('&').any(|field| field == "alt=sse");
    let whole = if gemini {
        listed || path.ends_with(":generateContent")
    } else {
        body.get("stream").and_then(Value::as_bool) == Some(false)
    };
    Asked { model: request.model().unwrap_or_default(), whole, listed, body, ahead: None }
}

/// Writes bytes of a body, all at once or at the pace.
async fn body(
    socket: &mut impl Socket,
    framing: Framing,
    pace: Option<Duration>,
    bytes: &[u8],
) -> Result<Then> {
    let Some(pace) = pace else {
        socket.write_all(&http::frame(framing, bytes)).await?;
        socket.flush().await?;
        return Ok(Then::GoOn);
    };
    for byte in bytes {
        if until(socket, tokio::time::sleep(pace)).await != Then::GoOn {
            return Ok(Then::HungUp);
        }
        socket.write_all(&http::frame(framing, &[*byte])).await?;
        socket.flush().await?;
    }
    Ok(Then::GoOn)
}

/// Waits for `event` or for the client to hang up, whichever comes first.
async fn until(socket: &mut impl Socket, event: impl Future<Output = ()>) -> Then {
    let mut byte = [0_u8; 1];
    tokio::select! {
        biased;
        // A client has nothing to say during a reply: whatever it does now is the end.
        _ = socket.read(&mut byte) => Then::HungUp,
        () = event => Then::GoOn,
    }
}
