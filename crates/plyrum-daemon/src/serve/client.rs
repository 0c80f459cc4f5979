//! One client: a task that reads requests and answers them in order, and a task that writes what waits in
//! the client's outbox. A client that does not read is never waited for; one that is gone takes the runs
//! that it owns with it.

use crate::daemon::Daemon;
use crate::handle::{self, Visitor};
use crate::outbox::{Next, Outbox};
use crate::recorder::Kind;
use crate::visitors::Seat;
use interprocess::local_socket::tokio::Stream;
use plyrum_protocol::{
    CancelReason, Decoder, ErrorKind, Fault, Frame, FrameBody, Hello, Incoming, Outgoing, RpcError, RunId,
};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// A client says hello at once.
const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// Longest stay of a client that is one too many: it asks, and goes.
const ON_DOORSTEP_WITHIN: Duration = Duration::from_secs(10);
/// Half a message is completed within this.
const REST_WITHIN: Duration = Duration::from_secs(30);
/// A client that takes nothing for this long is let go.
const PROGRESS_WITHIN: Duration = Duration::from_secs(30);
/// Bytes that a writer keeps for its next batch.
const KEPT_BUFFER: usize = 64 * 1024;
/// Requests of one client that may wait.
const MAX_REQUESTS: usize = 64;

/// Serves a client until it is gone, or until it has taken nothing for too long.
pub(super) async fn serve(daemon: Arc<Daemon>, stream: Stream, seat: Seat) {
    let stream = Arc::new(stream);
    let outbox = Outbox::default();
    let writer = tokio::spawn(write(Arc::clone(&stream), outbox.clone()));
    let mut visitor = Visitor::new(Arc::clone(&daemon), outbox.clone(), seat);
    send(&outbox, &Outgoing::notification("hello", Hello::of_this_build()));
    match seat {
        Seat::Inside => read(&stream, &mut visitor).await,
        Seat::Doorstep => {
            let _gone_or_sent_away = timeout(ON_DOORSTEP_WITHIN, read(&stream, &mut visitor)).await;
        }
    }
    outbox.close();
    for run in visitor.owned_runs() {
        if let Some(live) = daemon.runs.get(run) {
            let body = json!({"run": run, "reason": CancelReason::ClientGone, "by": "daemon"});
            daemon.recorder.record(Kind::RunCancelled, body);
            live.cancel(CancelReason::ClientGone).await;
        }
    }
    let _written_or_gone = timeout(PROGRESS_WITHIN, writer).await;
}

/// Reads and carries out requests until the client is gone or its writer gave it up. A request that is under
/// way is never dropped in the middle.
async fn read(stream: &Stream, visitor: &mut Visitor) {
    let outbox = visitor.outbox().clone();
    let mut decoder = Decoder::new();
    let mut buffer = vec![0; 16 * 1024];
    let mut lines: VecDeque<Vec<u8>> = VecDeque::new();
    loop {
        while let Some(line) = lines.pop_front() {
            if !outbox.room().await || !take(&line, visitor).await {
                return;
            }
        }
        let wait = match (visitor.has_greeted(), decoder.has_partial()) {
            (false, _) => Some(HELLO_WITHIN),
            (true, true) => Some(REST_WITHIN),
            (true, false) => None,
        };
        let mut reader = stream;
        let reading = async {
            tokio::select! {
                read = reader.read(&mut buffer) => read,
                () = outbox.closed() => Ok(0),
            }
        };
        let read = match wait {
            Some(limit) => timeout(limit, reading).await,
            None => Ok(reading.await),
        };
        let Ok(Ok(count)) = read else { return };
        let (chunk, _) = buffer.split_at(count);
        if chunk.is_empty() {
            return;
        }
        let mut too_many = false;
        let decoded = decoder.push(chunk, |line| {
            too_many |= lines.len() >= MAX_REQUESTS;
            lines.push_back(line.to_vec());
        });
        if let Err(e) = decoded {
            refuse(visitor, None, -32600, &e.to_string());
            return;
        }
        if too_many && lines.iter().map(Vec::len).sum::<usize>() > plyrum_protocol::MAX_LINE_BYTES {
            refuse(visitor, None, -32600, &format!("more than {MAX_REQUESTS} requests at once"));
            return;
        }
    }
}

/// Takes one message; false ends the connection.
async fn take(line: &[u8], visitor: &mut Visitor) -> bool {
    if line.is_empty() {
        return true;
    }
    let message: Incoming = match serde_json::from_slice(line) {
        Ok(message) => message,
        Err(e) => {
            refuse(visitor, None, -32700, &format!("not a message: {e}"));
            return false;
        }
    };
    let Some(method) = message.method else { return true }; // a reply to nothing
    let params = message.params.as_deref().map_or("{}", serde_json::value::RawValue::get);
    match message.id {
        None if method == "hello" => match serde_json::from_str::<Hello>(params) {
            Ok(hello) => visitor.greet(&hello),
            Err(e) => {
                refuse(visitor, None, -32602, &format!("hello: {e}"));
                return false;
            }
        },
        None => {}
        Some(id) => handle::request(visitor, id, &method, params).await,
    }
    true
}

/// Says why in place of a hello. What the socket does not take at once is left out: nobody waits for it.
pub(super) fn turn_away(stream: &Stream, why: &Fault) {
    use tokio::io::AsyncWrite as _;
    if let Ok(line) = Outgoing::<()>::refusal(None, RpcError::of(why.clone())).to_line() {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut writer = stream;
        let _taken_or_not = std::pin::Pin::new(&mut writer).poll_write(&mut context, line.as_bytes());
    }
}

fn refuse(visitor: &Visitor, id: Option<u64>, code: i32, message: &str) {
    let data = Some(Fault::new(ErrorKind::Internal, message));
    let error = RpcError { code, message: message.to_owned(), data };
    send(visitor.outbox(), &Outgoing::<()>::refusal(id, error));
}

/// Queues a message.
pub(crate) fn send<T: serde::Serialize>(outbox: &Outbox, message: &Outgoing<'_, T>) {
    match message.to_line() {
        Ok(line) => outbox.reply(line),
        Err(e) => crate::log::line(&format!("a reply cannot be written as JSON: {e}")),
    }
}

async fn write(stream: Arc<Stream>, outbox: Outbox) {
    let mut bytes = Vec::new();
    while let Next::Write { lines, missed } = outbox.next().await {
        bytes.clear();
        for line in &lines {
            bytes.extend_from_slice(line.as_bytes());
        }
        for line in missed.iter().filter_map(|(run, seq)| resync(run, *seq)) {
            bytes.extend_from_slice(line.as_bytes());
        }
        drop(lines);
        let written = write_all(&stream, &bytes).await;
        if written != Written::Whole {
            if written == Written::Frozen {
                crate::log::line(&format!(
                    "a client was let go: it took nothing for {} s",
                    PROGRESS_WITHIN.as_secs()
                ));
            }
            outbox.close();
            break;
        }
        bytes.shrink_to(KEPT_BUFFER);
    }
    let _peer_may_be_gone = (&*stream).shutdown().await;
}

fn resync(run: &RunId, from_seq: u64) -> Option<String> {
    let frame =
        Frame { body: FrameBody::Resync { from_seq }, run: run.clone(), seq: None, at: crate::clock::now() };
    Outgoing::notification("frame", &frame).to_line().ok()
}

/// Writes with progress within the limit, however long the whole takes.
async fn write_all(stream: &Stream, mut bytes: &[u8]) -> Written {
    let mut writer = stream;
    while !bytes.is_empty() {
        match timeout(PROGRESS_WITHIN, writer.write(bytes)).await {
            Ok(Ok(count)) if count > 0 => bytes = bytes.split_at(count).1,
            Ok(_) => return Written::Gone,
            Err(_) => return Written::Frozen,
        }
    }
    Written::Whole
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    /// The client hung up.
    Gone,
    /// It took nothing for too long.
    Frozen,
}
