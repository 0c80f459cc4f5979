//! Another plyrum's daemon: listens on a world's socket and says what it is told to say, with fields, frames and
//! methods that this build does not know.

use super::World;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What a peer answers to a request: the reply, then whole messages.
pub(crate) type Answer = (Value, Vec<Value>);

/// A daemon of another version.
pub(crate) struct Peer {
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

/// How a peer is.
#[derive(Clone, Copy)]
pub(crate) struct Speaks {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) active_runs: u32,
}

impl Peer {
    /// Listens. `answer` is asked for everything but protocol 0. It ends when it is drained or stopped with no runs.
    pub(crate) fn listen(
        world: &World,
        speaks: Speaks,
        answer: impl Fn(&str, &Value) -> Option<Answer> + Send + 'static,
    ) -> Self {
        world.file_of_home("run/note", "");
        let path = world.home().join("run/plyrum.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let serving = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serve(stream.unwrap(), speaks, &log, &answer) == Goes::Away {
                    drop(listener);
                    return;
                }
            }
        });
        Self { asked, serving }
    }

    /// The methods that it was asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.serving.is_finished()
    }
}

#[derive(PartialEq, Eq)]
enum Goes {
    On,
    Away,
}

fn serve(
    stream: UnixStream,
    speaks: Speaks,
    asked: &Mutex<Vec<String>>,
    answer: &impl Fn(&str, &Value) -> Option<Answer>,
) -> Goes {
    let mut writer = stream.try_clone().unwrap();
    let mut say = |message: &Value| {
        let _hung_up = writeln!(writer, "{message}");
    };
    let Speaks { min, max, active_runs } = speaks;
    say(&json!({"jsonrpc": "2.0", "method": "hello", "params": {"proto_min": min, "proto_max": max,
        "build": "9.9.9", "schema": 7, "mood": "fine"}, "envelope": 2}));
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return Goes::On };
        let message: Value = serde_json::from_str(&line).unwrap();
        let (Some(id), Some(method)) = (message["id"].as_u64(), message["method"].as_str()) else { continue };
        asked.lock().unwrap().push(method.to_owned());
        let reply = |value: Value| json!({"jsonrpc": "2.0", "id": id, "result": value, "took": "1ms"});
        match method {
            "daemon/status" => say(&reply(json!({"running": true, "pid": 1, "build": "9.9.9",
                "active_runs": active_runs, "load": 3}))),
            "daemon/drain" | "daemon/stop" => {
                say(&reply(json!({})));
                if active_runs == 0 {
                    return Goes::Away;
                }
            }
            _ => match answer(method, &message["params"]) {
                Some((value, more)) => {
                    say(&reply(value));
                    more.iter().for_each(&mut say);
                }
                None => say(
                    &json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"}}),
                ),
            },
        }
    }
    Goes::On
}
