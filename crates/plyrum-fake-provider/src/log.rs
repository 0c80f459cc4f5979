//! What the server has seen, shared with the test: requests, hang-ups, gates reached and released. One mutex
//! and one condition variable; asynchronous callers wait on a blocking thread, which also keeps a paused
//! tokio clock from running ahead of the sockets.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// How long a test waits for something before it fails, real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Requests remembered; later ones are answered and forgotten.
const REQUESTS_KEPT: usize = 100_000;

/// Bytes of bodies remembered; requests beyond are remembered without theirs.
const BODIES_KEPT: usize = 512 * 1024 * 1024;

/// Gates remembered, and the longest name of one; a gate beyond stays shut.
const GATES_KEPT: usize = 10_000;
const GATE_NAME: usize = 1024;

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, `CONNECT` …
    pub method: String,
    /// The request target, as sent.
    pub path: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
    /// Which connection it came over, counted from 0: equal numbers mean that it was reused.
    pub connection: u64,
}

impl Request {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The model asked for: the `model` of the body, or the one that Gemini has in its path.
    pub fn model(&self) -> Option<String> {
        let in_path = || self.path_alone().rsplit_once("/models/")?.1.split_once(':').map(|(model, _)| model);
        let body = self.json();
        body.get("model").and_then(|model| model.as_str()).or_else(in_path).map(str::to_owned)
    }

    /// The request on one line of JSON; a body that is no text has signs in place of what is none.
    pub fn line(&self) -> String {
        let sign = |chunk: &std::str::Utf8Chunk<'_>| if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        let body: String = self.body.utf8_chunks().flat_map(|chunk| [chunk.valid(), sign(&chunk)]).collect();
        let (method, path, headers) = (&self.method, &self.path, &self.headers);
        serde_json::json!({ "method": method, "path": path, "headers": headers, "body": body }).to_string()
    }

    /// The path without its query.
    pub fn path_alone(&self) -> &str {
        self.path.split_once('?').map_or(&*self.path, |(path, _)| path)
    }

    /// The query, empty if there is none.
    pub fn query(&self) -> &str {
        self.path.split_once('?').map_or("", |(_, query)| query)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) requests: Vec<Request>,
    /// Bytes of the bodies of these.
    pub(crate) body_bytes: usize,
    /// Tokens given out.
    pub(crate) tokens: u64,
    pub(crate) connections: u64,
    pub(crate) hangups: usize,
    pub(crate) reached: BTreeSet<String>,
}

/// Where requests are written as they come.
#[derive(Clone)]
pub(crate) struct Copied(pub(crate) Arc<Mutex<dyn Write + Send>>);

impl Copied {
    fn request(&self, request: &Request) {
        let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who reads it may have gone: that is no reason not to answer.
        let _ = writeln!(to, "{}", request.line()).and_then(|()| to.flush());
    }
}

impl fmt::Debug for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copied")
    }
}

#[derive(Debug)]
pub(crate) struct Log {
    seen: Mutex<Seen>,
    copied: Option<Copied>,
    changed: Condvar,
    open_gates: watch::Sender<BTreeSet<String>>,
}

impl Log {
    pub(crate) fn new(copied: Option<Copied>) -> Self {
        Self {
            seen: Mutex::default(),
            copied,
            changed: Condvar::new(),
            open_gates: watch::Sender::new(BTreeSet::new()),
        }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen());
        self.changed.notify_all();
    }

    pub(crate) fn request(&self, mut request: Request) {
        self.copied.iter().for_each(|copied| copied.request(&request));
        self.note(|seen| {
            if seen.requests.len() < REQUESTS_KEPT {
                if seen.body_bytes.saturating_add(request.body.len()) > BODIES_KEPT {
                    request.body = Vec::new();
                }
                seen.body_bytes += request.body.len();
                seen.requests.push(request);
            }
        });
    }

    pub(crate) fn release(&self, gate: &str) {
        self.open_gates.send_modify(|gates| {
            if gates.len() < GATES_KEPT && gate.len() <= GATE_NAME {
                gates.insert(gate.to_owned());
            }
        });
    }

    /// Returns once the gate is open.
    pub(crate) async fn pass(&self, gate: &str) {
        self.note(|seen| {
            seen.reached.insert(gate.to_owned());
        });
        let mut gates = self.open_gates.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = gates.wait_for(|gates| gates.contains(gate)).await;
    }

    /// Blocks until `look` finds something.
    ///
    /// # Panics
    /// After 20 seconds, saying what was waited for: a test that hangs says nothing.
    pub(crate) fn wait<T>(&self, what: &str, look: impl Fn(&Seen) -> Option<T>) -> T {
        let (seen, _) = self
            .changed
            .wait_timeout_while(self.seen(), PATIENCE, |seen| look(seen).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        match look(&seen) {
            Some(found) => found,
            None => panic!(
                "fake provider: waited {} s for {what}; saw {} requests, {} hang-ups, gates {:?}",
                PATIENCE.as_secs(),
                seen.requests.len(),
                seen.hangups,
                seen.reached,
            ),
        }
    }
}
