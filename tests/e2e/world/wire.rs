//! A bare connection to the daemon's socket: every byte is the test's own.

use super::World;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Longest wait for a line.
const LINE_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Wire(BufReader<UnixStream>);

impl Wire {
    /// A connection on which nothing was said.
    pub(crate) fn to(world: &World) -> Self {
        let stream = UnixStream::connect(world.home().join("run/plyrum.sock")).unwrap();
        stream.set_read_timeout(Some(LINE_WITHIN)).unwrap();
        Self(BufReader::new(stream))
    }

    /// A connection on which both said hello, this side as one that speaks these versions.
    pub(crate) fn greeting(world: &World, min: u32, max: u32) -> Self {
        let mut wire = Self::to(world);
        let hello = json!({"proto_min": min, "proto_max": max, "build": "test", "schema": 1, "mood": "fine"});
        wire.say(format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "method": "hello", "params": hello, "envelope": 2})
        ));
        assert_eq!(wire.line()["method"], "hello");
        wire
    }

    /// Sends these bytes; that the daemon has hung up already is for `line` to see.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _hung_up = self.0.get_mut().write_all(bytes.as_ref());
    }

    /// Asks, and waits for the reply; frames in between are passed over.
    pub(crate) fn call(&mut self, id: u64, method: &str, params: &Value) -> Value {
        self.ask(id, method, params);
        loop {
            let line = self.line();
            assert!(!line.is_null(), "no reply to {method}");
            if line["id"] == id {
                return line;
            }
        }
    }

    /// Asks without waiting.
    pub(crate) fn ask(&mut self, id: u64, method: &str, params: &Value) {
        self.say(format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})));
    }

    /// The next line; `Null` at the end.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        let _reset = self.0.read_line(&mut line);
        serde_json::from_str(&line).unwrap_or_default()
    }

    /// The next frame, past replies.
    pub(crate) fn frame(&mut self) -> Value {
        loop {
            let line = self.line();
            assert!(!line.is_null(), "no frame");
            if line["method"] == "frame" {
                return line["params"].clone();
            }
        }
    }

    /// The lines up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| Some(self.line()).filter(|line| !line.is_null())).collect()
    }
}
