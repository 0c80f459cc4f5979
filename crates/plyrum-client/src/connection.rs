//! One connection: handshake, calls, and the stream of frames between them.

use crate::fault;
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::StreamCommon;
use plyrum_protocol::{
    DaemonStatus, Decoder, Empty, ErrorKind, Fault, Frame, FrameBody, Hello, Incoming, Incompatible, Method,
    Outgoing, RequestId, agree, view,
};
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// A daemon that is alive answers its hello and protocol 0 at once; longer than this means that it is stuck.
pub(crate) const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// Longest wait for any other reply: a submit may have to wait for the commands that bring keys.
const REPLY_WITHIN: Duration = Duration::from_mins(1);
/// After this much silence a follower asks whether the daemon is still there.
const QUIET: Duration = Duration::from_secs(20);
/// Most messages that may wait here unread; the daemon's own queue per client is smaller.
const MAX_WAITING: usize = 8 * 1024;

/// A frame with the exact JSON that the daemon sent.
#[derive(Debug, Clone)]
pub struct FrameLine {
    /// The frame's JSON on one line, without a newline.
    pub json: String,
    /// The frame, where this build knows its type.
    pub frame: Option<Frame>,
}

impl FrameLine {
    /// The same without the first `skip` bytes of a delta's text, which were shown before ([`Step::Show`]).
    ///
    /// [`Step::Show`]: crate::Step::Show
    #[must_use]
    pub fn after(mut self, skip: usize) -> Self {
        let Some(Frame { body: FrameBody::Delta { text, offset, .. }, .. }) = &mut self.frame else {
            return self;
        };
        if skip > 0 {
            *text = text.get(skip..).unwrap_or_default().to_owned();
            *offset += skip as u64;
            if let Some(json) = self.frame.as_ref().and_then(|frame| plyrum_protocol::to_line(frame).ok()) {
                self.json = json;
            }
        }
        self
    }
}

/// Something that arrived.
#[derive(Debug, Clone)]
pub enum Event {
    /// A frame of a run that this client follows.
    Frame(Box<FrameLine>),
    /// The daemon is gone.
    Gone,
}

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    decoder: Decoder,
    /// Complete messages that nobody has looked at.
    arrived: VecDeque<Incoming>,
    /// Frames that arrived while a reply was awaited.
    frames: VecDeque<FrameLine>,
    next_id: RequestId,
    buffer: Vec<u8>,
    /// When something last arrived.
    heard: Instant,
    /// When a silent daemon was asked whether it is there.
    asked: Option<Instant>,
    /// What the daemon said of itself.
    pub daemon: Hello,
}

/// What came of a greeting.
pub(crate) enum Greeted {
    /// It answered.
    Client(Box<Client>),
    /// It hung up before its hello: it was ending.
    HungUp,
    /// It is there and does not answer.
    Silent,
}

impl Client {
    /// Exchanges hellos on a fresh stream. The peer must be this user.
    pub(crate) async fn greet(stream: Stream, ours: &Hello) -> Result<Greeted, Fault> {
        check_peer(&stream)?;
        let mut client = Self {
            stream,
            decoder: Decoder::new(),
            arrived: VecDeque::new(),
            frames: VecDeque::new(),
            next_id: 1,
            buffer: vec![0; 32 * 1024],
            heard: Instant::now(),
            asked: None,
            daemon: ours.clone(),
        };
        let greeting = async {
            // One that turns us away may have hung up already; what it said is there to be read.
            let _hung_up = client.send(&Outgoing::notification("hello", ours)).await;
            client.hear().await
        };
        let hello = match tokio::time::timeout(HELLO_WITHIN, greeting).await {
            Ok(Ok(hello)) => hello,
            Ok(Err(Unheard::Lost(_))) => return Ok(Greeted::HungUp),
            Ok(Err(Unheard::Garbled(fault))) => return Err(fault),
            Err(_) => return Ok(Greeted::Silent),
        };
        client.daemon = match (&hello.method, &hello.params) {
            (Some(method), Some(params)) if method == "hello" => {
                serde_json::from_str(params.get()).map_err(|e| fault::garbled(&e.to_string()))?
            }
            _ => return Err(hello.error.and_then(|e| e.data).unwrap_or_else(|| fault::garbled("no hello"))),
        };
        Ok(Greeted::Client(Box::new(client)))
    }

    /// The daemon about itself, whatever its version. Bounded: a daemon that greets may still be stuck.
    pub async fn status(&mut self) -> Result<view::DaemonStatus, Fault> {
        let asked = self.call::<DaemonStatus>(&Empty {});
        tokio::time::timeout(HELLO_WITHIN, asked)
            .await
            .unwrap_or_else(|_| Err(fault::stuck(None, HELLO_WITHIN)))
    }

    /// Checks that both sides speak a common version. `status`, `drain` and `stop` need none.
    pub fn require_common_version(&self) -> Result<u32, Fault> {
        self.agreed().map_err(|e| {
            Fault::new(ErrorKind::VersionMismatch, e.to_string())
                .hint("plyrum daemon drain lets its runs end and makes room for this version")
        })
    }

    /// The version that both sides speak.
    pub(crate) fn agreed(&self) -> Result<u32, Incompatible> {
        agree(&Hello::of_this_build(), &self.daemon)
    }

    /// Makes a call and waits for its reply; frames that arrive meanwhile are kept in order.
    pub async fn call<M: Method>(&mut self, params: &M::Params) -> Result<M::Reply, Fault> {
        let id = self.request::<M>(params).await?;
        self.reply::<M>(id).await
    }

    /// Sends a call without waiting, so that several can be under way.
    pub async fn request<M: Method>(&mut self, params: &M::Params) -> Result<RequestId, Fault> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&Outgoing::request(id, M::NAME, params)).await?;
        Ok(id)
    }

    /// Waits for the reply to a call, a minute at most. Cancel-safe.
    pub async fn reply<M: Method>(&mut self, id: RequestId) -> Result<M::Reply, Fault> {
        tokio::time::timeout(REPLY_WITHIN, self.any_reply::<M>(id))
            .await
            .unwrap_or_else(|_| Err(fault::stuck(None, REPLY_WITHIN)))
    }

    async fn any_reply<M: Method>(&mut self, id: RequestId) -> Result<M::Reply, Fault> {
        loop {
            let message = self.message().await?;
            if message.id == Some(id) {
                return read_reply::<M>(message);
            }
            self.keep(message)?;
        }
    }

    /// The next frame. A daemon that is silent for long is asked whether it is there, since a run may well be
    /// silent; where it does not answer it counts as gone. Cancel-safe.
    pub async fn event(&mut self) -> Event {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Event::Frame(Box::new(frame));
            }
            let patience = match self.asked {
                None => self.heard + QUIET,
                Some(asked) => asked + HELLO_WITHIN,
            };
            match tokio::time::timeout_at(patience, self.message()).await {
                Ok(Ok(message)) => {
                    if self.keep(message).is_err() {
                        return Event::Gone;
                    }
                }
                Ok(Err(_)) => return Event::Gone,
                Err(_) if self.asked.is_some() => return Event::Gone,
                Err(_) => {
                    self.asked = Some(Instant::now());
                    if self.request::<DaemonStatus>(&Empty {}).await.is_err() {
                        return Event::Gone;
                    }
                }
            }
        }
    }

    fn keep(&mut self, message: Incoming) -> Result<(), Fault> {
        if message.method.as_deref() != Some("frame") {
            return Ok(()); // a late reply, or a notification of a newer daemon
        }
        let params = message.params.ok_or_else(|| fault::garbled("a frame without content"))?;
        if self.frames.len() >= MAX_WAITING {
            return Err(fault::garbled("more frames than agreed"));
        }
        let json = String::from(Box::<str>::from(params));
        self.frames.push_back(FrameLine { frame: serde_json::from_str(&json).ok(), json });
        Ok(())
    }

    async fn send<T: serde::Serialize>(&mut self, message: &Outgoing<'_, T>) -> Result<(), Fault> {
        let line = message.to_line().map_err(|e| fault::garbled(&e.to_string()))?;
        self.stream.write_all(line.as_bytes()).await.map_err(|e| fault::lost(&e.to_string()))
    }

    async fn message(&mut self) -> Result<Incoming, Fault> {
        self.hear().await.map_err(|unheard| match unheard {
            Unheard::Lost(fault) | Unheard::Garbled(fault) => fault,
        })
    }

    async fn hear(&mut self) -> Result<Incoming, Unheard> {
        loop {
            if let Some(message) = self.arrived.pop_front() {
                return Ok(message);
            }
            let lost = |why: &str| Unheard::Lost(fault::lost(why));
            let read = self.stream.read(&mut self.buffer).await.map_err(|e| lost(&e.to_string()))?;
            let (chunk, _) = self.buffer.split_at(read);
            if chunk.is_empty() {
                return Err(lost("it was closed"));
            }
            (self.heard, self.asked) = (Instant::now(), None);
            let (arrived, mut broken) = (&mut self.arrived, None);
            self.decoder
                .push(chunk, |line| match serde_json::from_slice(line) {
                    Ok(message) => arrived.push_back(message),
                    Err(e) => broken = Some(e.to_string()),
                })
                .map_err(|e| Unheard::Garbled(fault::garbled(&e.to_string())))?;
            if let Some(why) = broken {
                return Err(Unheard::Garbled(fault::garbled(&why)));
            }
        }
    }
}

/// Why nothing was heard.
enum Unheard {
    Lost(Fault),
    Garbled(Fault),
}

fn read_reply<M: Method>(message: Incoming) -> Result<M::Reply, Fault> {
    if let Some(error) = message.error {
        return Err(error.data.unwrap_or_else(|| fault::garbled(&error.message)));
    }
    let result = message.result.as_deref().map_or("null", RawValue::get);
    serde_json::from_str(result).map_err(|e| fault::garbled(&format!("{}: {e}", M::NAME)))
}

fn check_peer(stream: &Stream) -> Result<(), Fault> {
    let ours = nix::unistd::Uid::effective().as_raw();
    let theirs = stream.peer_creds().ok().and_then(|c| c.euid());
    if theirs == Some(ours) {
        return Ok(());
    }
    Err(fault::unreachable("the socket is served by another user: not talking to it"))
}
