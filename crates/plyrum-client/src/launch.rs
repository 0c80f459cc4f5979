//! Finding the daemon, or starting it.
//!
//! The daemon is this same program, run as `plyrum daemon run --detached`. Its standard output is a pipe on
//! which it says `ready` once it listens (or finds that another one does), or a [`Fault`] as JSON; its
//! standard error is its log.
//! So the client neither guesses nor sleeps, and can show the log's last lines where it does not come up.

use crate::connection::{Greeted, HELLO_WITHIN};
use crate::{Client, Holder, fault, of_config, replace};
use interprocess::local_socket::tokio::{Stream, prelude::*};
use interprocess::local_socket::{GenericFilePath, ToFsName};
use plyrum_config::Paths;
use plyrum_protocol::{ENDS_WITHIN, ErrorKind, Fault, Hello};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Longest wait for a daemon that is starting. It may have to wait itself, for one that is ending.
const START_WITHIN: Duration = ENDS_WITHIN.saturating_add(Duration::from_secs(20));
/// What glibc's allocator is told (others do not look): one arena, since with one for each thread it keeps what each
/// of them once used, and buffers of their own pages, which go back to the system. Without it memory grew by a sixth in
/// 100 000 runs.
const ALLOCATOR: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "65536"), ("MALLOC_TRIM_THRESHOLD_", "65536")];
/// Between two tries to connect where too many wait already.
const PLACE_EVERY: Duration = Duration::from_millis(20);
/// Starts that are tried: a daemon that we found may have been about to end.
const MAX_STARTS: u32 = 3;
/// Longest first line of a daemon: `ready`, or why it cannot run.
const MAX_FIRST_WORDS: u64 = 16 * 1024;
/// How much of the log's end is shown when it does not come up.
const LOG_TAIL_BYTES: u64 = 2048;

/// How to start a daemon.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program: this one.
    pub program: PathBuf,
}

impl Launch {
    /// This very program.
    pub fn this_program() -> Result<Self, Fault> {
        let program = std::env::current_exe()
            .map_err(|e| fault::unreachable(format!("cannot find this program to start the daemon: {e}")))?;
        Ok(Self { program })
    }
}

/// Connects to a daemon that is there. `Ok(None)`: none is.
pub async fn connect(paths: &Paths, ours: &Hello) -> Result<Option<Client>, Fault> {
    match reach(paths, ours).await? {
        Reached::Client(client) => Ok(Some(*client)),
        Reached::Nobody => Ok(None),
        Reached::Silent => Err(silent(Holder::of(paths).as_ref())),
    }
}

/// What is said of a daemon that is there and does not answer.
pub fn silent(holder: Option<&Holder>) -> Fault {
    fault::stuck(holder.map(|holder| holder.pid), HELLO_WITHIN)
}

/// Who is behind the socket.
#[derive(Debug)]
pub enum Reached {
    /// A daemon that greeted.
    Client(Box<Client>),
    /// Nobody listens, or one that hung up since it was ending.
    Nobody,
    /// One that does not answer.
    Silent,
}

/// Connects and greets, within twice the time of a greeting.
pub async fn reach(paths: &Paths, ours: &Hello) -> Result<Reached, Fault> {
    paths.check().map_err(|e| of_config(&e))?;
    let socket = paths.socket_path();
    let wrong = |e: io::Error| fault::unreachable(format!("cannot connect to {}: {e}", socket.display()));
    let stream = match tokio::time::timeout(HELLO_WITHIN, dial(&socket)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(Reached::Nobody);
        }
        Ok(Err(e)) => return Err(wrong(e)),
        Err(_) => return Ok(Reached::Silent),
    };
    Ok(match Client::greet(stream, ours).await? {
        Greeted::Client(client) => Reached::Client(client),
        Greeted::HungUp => Reached::Nobody,
        Greeted::Silent => Reached::Silent,
    })
}

/// Connects; waits for a place where more clients wait than the system lets wait.
async fn dial(socket: &Path) -> io::Result<Stream> {
    loop {
        let name = socket.to_fs_name::<GenericFilePath>()?;
        match Stream::connect(name).await {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(PLACE_EVERY).await,
            connected => return connected,
        }
    }
}

/// Connects to a daemon that speaks this version, starting it where none is there. One of another version is
/// replaced where it is idle.
pub async fn connect_or_start(paths: &Paths, ours: &Hello, launch: &Launch) -> Result<Client, Fault> {
    paths.prepare().map_err(|e| of_config(&e))?;
    for _ in 0..=MAX_STARTS {
        match connect(paths, ours).await? {
            None => start(paths, launch).await?,
            Some(mut client) => match client.agreed() {
                Ok(_) => return Ok(client),
                Err(mismatch) => replace::make_room(paths, &mut client, &mismatch).await?,
            },
        }
    }
    match connect(paths, ours).await? {
        Some(client) if client.agreed().is_ok() => Ok(client),
        _ => Err(fault::unreachable("the daemon came up and went away again")),
    }
}

async fn start(paths: &Paths, launch: &Launch) -> Result<(), Fault> {
    let log_path = paths.log_path();
    let log = open_log(&log_path).map_err(|e| {
        of_config(&plyrum_config::ConfigError::Storage { path: log_path.clone(), action: "open", cause: e })
    })?;
    let began = log.metadata().map_or(0, |m| m.len());
    let mut command = tokio::process::Command::new(&launch.program);
    if let Some(home) = std::env::var_os("PLYRUM_HOME").and_then(|home| std::path::absolute(home).ok()) {
        command.env("PLYRUM_HOME", home); // the daemon's working directory is another
    }
    for (name, value) in ALLOCATOR {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let mut child = command
        .args(["daemon", "run", "--detached"])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|e| fault::unreachable(format!("cannot start {}: {e}", launch.program.display())))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(fault::unreachable("the daemon has no output"));
    };
    let mut said = String::new();
    let mut stdout = stdout.take(MAX_FIRST_WORDS);
    match tokio::time::timeout(START_WITHIN, stdout.read_to_string(&mut said)).await {
        Ok(Ok(_)) if said.trim() == "ready" => Ok(()),
        Ok(_) => Err(match serde_json::from_str(&said) {
            Ok(told) => with_holder(told, paths),
            Err(_) => fault::unreachable(with_log("the daemon did not come up".to_owned(), &log_path, began)),
        }),
        Err(_) => {
            let message = format!("the daemon did not come up within {} s", START_WITHIN.as_secs());
            Err(fault::unreachable(with_log(message, &log_path, began)))
        }
    }
}

/// Who has the lock, where the one that was started could not get it.
fn with_holder(told: Fault, paths: &Paths) -> Fault {
    match Holder::of(paths) {
        Some(holder) if told.kind == ErrorKind::DaemonUnreachable && holder.ending => {
            fault::ending(holder.pid)
        }
        Some(holder) if told.kind == ErrorKind::DaemonUnreachable => fault::deaf(Some(holder.pid)),
        _ => told,
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The message with what the daemon wrote since it was started.
fn with_log(message: String, path: &Path, began: u64) -> String {
    let tail = log_tail(path, began).unwrap_or_default();
    if tail.trim().is_empty() { message } else { format!("{message}:\n{}", tail.trim_end()) }
}

fn log_tail(path: &Path, began: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(began.max(length.saturating_sub(LOG_TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes.utf8_chunks().map(|c| c.valid()).collect())
}
