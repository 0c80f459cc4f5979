//! One connection: handshake, calls, and the stream of frames between them.

use crate::fault;
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::StreamCommon;
use plyrum_protocol::{Decoder, Fault, Frame, Hello, Incoming, Method, Outgoing, RequestId, agree};
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A daemon that is alive answers its hello at once; longer than this means that it is stuck.
const HELLO_WITHIN: Duration = Duration::from_secs(5);
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
    /// What the daemon said of itself.
    pub daemon: Hello,
}

impl Client {
    /// Exchanges hellos on a fresh stream. The peer must be this user.
    /// `Ok(None)`: the daemon was ending and closed the stream before its hello.
    pub(crate) async fn greet(stream: Stream, ours: &Hello) -> Result<Option<Self>, Fault> {
        check_peer(&stream)?;
        let mut client = Self {
            stream,
            decoder: Decoder::new(),
            arrived: VecDeque::new(),
            frames: VecDeque::new(),
            next_id: 1,
            buffer: vec![0; 32 * 1024],
            daemon: ours.clone(),
        };
        let greeting = async {
            client.send(&Outgoing::notification("hello", ours)).await?;
            client.message().await
        };
        let hello = match tokio::time::timeout(HELLO_WITHIN, greeting).await {
            Ok(Ok(hello)) => hello,
            Ok(Err(_)) => return Ok(None),
            Err(_) => {
                let message = format!("the daemon does not answer within {} s", HELLO_WITHIN.as_secs());
                return Err(fault::unreachable(message));
            }
        };
        client.daemon = match (&hello.method, &hello.params) {
            (Some(method), Some(params)) if method == "hello" => {
                serde_json::from_str(params.get()).map_err(|e| fault::garbled(&e.to_string()))?
            }
            _ => return Err(fault::garbled("no hello")),
        };
        Ok(Some(client))
    }

    /// Checks that both sides speak a common version. `status`, `drain` and `stop` need none.
    pub fn require_common_version(&self) -> Result<u32, Fault> {
        agree(&Hello::of_this_build(), &self.daemon).map_err(|e| fault::incompatible(&e))
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

    /// Waits for the reply to a call. Cancel-safe.
    pub async fn reply<M: Method>(&mut self, id: RequestId) -> Result<M::Reply, Fault> {
        loop {
            let message = self.message().await?;
            if message.id == Some(id) {
                return read_reply::<M>(message);
            }
            self.keep(message)?;
        }
    }

    /// The next frame. Cancel-safe.
    pub async fn event(&mut self) -> Event {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Event::Frame(Box::new(frame));
            }
            let Ok(message) = self.message().await else { return Event::Gone };
            if self.keep(message).is_err() {
                return Event::Gone;
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
        loop {
            if let Some(message) = self.arrived.pop_front() {
                return Ok(message);
            }
            let read = self.stream.read(&mut self.buffer).await.map_err(|e| fault::lost(&e.to_string()))?;
            let (chunk, _) = self.buffer.split_at(read);
            if chunk.is_empty() {
                return Err(fault::lost("it was closed"));
            }
            let (arrived, mut broken) = (&mut self.arrived, None);
            self.decoder
                .push(chunk, |line| match serde_json::from_slice(line) {
                    Ok(message) => arrived.push_back(message),
                    Err(e) => broken = Some(e.to_string()),
                })
                .map_err(|e| fault::garbled(&e.to_string()))?;
            if let Some(why) = broken {
                return Err(fault::garbled(&why));
            }
        }
    }
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
