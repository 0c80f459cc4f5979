//! `plyrum daemon`: the background process. `run` is the only place that names the daemon's crate.

use super::{Outcome, hello, paths, runtime};
use crate::text::say;
use crate::{fault, out};
use plyrum_client::{Holder, Launch, Reached, connect_or_start};
use plyrum_config::Paths;
use plyrum_protocol::view::{self, DaemonState};
use plyrum_protocol::{DaemonDrain, DaemonStop, ENDS_WITHIN, Empty, ErrorKind, Fault};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A daemon that stops books what runs first; longer than this means that it is stuck.
const GONE_WITHIN: Duration = ENDS_WITHIN.saturating_add(Duration::from_secs(10));
/// Longest wait for the reply to an order to end: it may end first.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Between two tries to reach a daemon that has the lock and does not listen yet.
const LISTEN_EVERY: Duration = Duration::from_millis(50);
/// A killed process is gone at once, unless it waits for a device.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Be the daemon, in this terminal
    Run {
        /// Started by a client: own session, quiet
        #[arg(long, hide = true)]
        detached: bool,
    },
    /// Start it; returns when it is ready
    Start,
    /// Stop it: runs are cancelled and settled; returns when it is gone
    Stop(Force),
    /// Stop it and start it again, with this shell's environment
    Restart(Force),
    /// Stop it when the last run is over
    Drain,
    /// Whether it runs
    Status {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The end of its log
    Logs,
}

/// What to do about a daemon that does not end.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Force {
    /// Kill it where it does not answer or does not end in time; the next start books what it left
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(command: &Command) -> Outcome {
    let paths = paths()?;
    match command {
        Command::Run { detached } => return be(&paths, *detached),
        Command::Start => start(&paths)?,
        Command::Stop(force) => stop(&paths, *force)?,
        Command::Drain => drain(&paths)?,
        Command::Restart(force) => {
            tell_what_is_cancelled(&paths);
            stop(&paths, *force)?;
            start(&paths)?;
        }
        Command::Status { json } => return show_status(&paths, *json),
        Command::Logs => logs(&paths)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn be(paths: &Paths, detached: bool) -> Outcome {
    use plyrum_daemon::Start;
    if !detached {
        plyrum_daemon::run(paths, Start::Foreground)?;
        return Ok(ExitCode::SUCCESS);
    }
    // The fault is told to the starter through our standard output; standard error is the log.
    match plyrum_daemon::run(paths, Start::Detached) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(fault) => Ok(ExitCode::from(fault.kind.exit_code())),
    }
}

fn start(paths: &Paths) -> Result<(), Fault> {
    runtime()?.block_on(async { connect_or_start(paths, &hello(), &Launch::this_program()?).await })?;
    Ok(())
}

/// Stops it, and waits until its process is gone: the system lets its lock go then.
fn stop(paths: &Paths, Force { force }: Force) -> Result<(), Fault> {
    match end::<DaemonStop>(paths, GONE_WITHIN) {
        Err(Unended::Hangs { holder: Some(holder), how, .. }) if force => kill(&holder, how),
        ended => ended.map_err(Fault::from),
    }
}

/// Stops it after its last run, however long that takes.
fn drain(paths: &Paths) -> Result<(), Fault> {
    end::<DaemonDrain>(paths, Duration::MAX).map_err(Fault::from)
}

/// How it hangs.
#[derive(Debug, Clone, Copy)]
enum How {
    /// It takes no order.
    Silent,
    /// It took one and goes on.
    Endless,
}

/// Why it was not ended.
enum Unended {
    /// It hangs: force may be used against this process, and against no other.
    Hangs { holder: Option<Holder>, how: How, fault: Fault },
    /// Something else, at which force is out of place: it is full, it is somebody else's, it talks nonsense.
    Refused(Fault),
}

impl From<Unended> for Fault {
    fn from(unended: Unended) -> Self {
        let (Unended::Hangs { fault, .. } | Unended::Refused(fault)) = unended;
        fault
    }
}

/// Asks the daemon to end and waits until its process is gone.
fn end<M>(paths: &Paths, within: Duration) -> Result<(), Unended>
where
    M: plyrum_protocol::Method<Params = Empty, Reply = Empty>,
{
    let began = Instant::now();
    let holder = Holder::of(paths); // before it is asked, and once: afterwards it may be another
    let told = loop {
        match (ask_to::<M>(paths).map_err(Unended::Refused)?, &holder) {
            (Asked::Told, _) => break true,
            (Asked::Silent, _) => {
                let fault = plyrum_client::silent(holder.as_ref());
                return Err(Unended::Hangs { holder, how: How::Silent, fault });
            }
            (Asked::Nobody, None) if !plyrum_client::is_held(paths) => return Ok(()),
            // It starts, and will listen; or it ends.
            (Asked::Nobody, Some(holder)) if holder.wait(LISTEN_EVERY) => return Ok(()),
            (Asked::Nobody, _) if began.elapsed() > within.min(GONE_WITHIN) => break false,
            (Asked::Nobody, Some(_)) => {}
            (Asked::Nobody, None) => std::thread::sleep(LISTEN_EVERY), // it cannot be seen from here
        }
    };
    let left = if told { within } else { Duration::ZERO }; // one that did not even listen had its time
    match holder {
        None => wait_for_lock(paths, left).map_err(Unended::Refused),
        Some(holder) if holder.wait(left) => Ok(()),
        Some(holder) => {
            Err(Unended::Hangs { fault: does_not_end(&holder), holder: Some(holder), how: How::Endless })
        }
    }
}

/// What came of an order.
enum Asked {
    /// It was given.
    Told,
    /// Nobody was there to take it.
    Nobody,
    /// Somebody is there, and does not answer.
    Silent,
}

fn ask_to<M>(paths: &Paths) -> Result<Asked, Fault>
where
    M: plyrum_protocol::Method<Params = Empty, Reply = Empty>,
{
    runtime()?.block_on(async {
        let mut client = match plyrum_client::reach(paths, &hello()).await? {
            Reached::Client(client) => client,
            Reached::Nobody => return Ok(Asked::Nobody),
            Reached::Silent => return Ok(Asked::Silent),
        };
        let Ok(id) = client.request::<M>(&Empty {}).await else { return Ok(Asked::Nobody) }; // it hung up
        // It may be gone before its reply is written: what counts is that the process ends.
        let _ended_first = tokio::time::timeout(ASKED_WITHIN, client.reply::<M>(id)).await;
        Ok(Asked::Told)
    })
}

fn does_not_end(holder: &Holder) -> Fault {
    let message = say!("fault-process-does-not-end", pid = holder.pid.to_string());
    Fault::new(ErrorKind::DaemonUnreachable, message).hint(say!("hint-force"))
}

/// Kills exactly the process that had this home's lock when it was asked to end.
fn kill(holder: &Holder, how: How) -> Result<(), Fault> {
    holder.kill()?;
    if !holder.wait(KILLED_WITHIN) {
        return Err(does_not_end(holder).hint(say!("hint-device")));
    }
    let pid = holder.pid.to_string();
    out::notice(&match how {
        How::Silent => say!("daemon-killed-silent", pid = pid),
        How::Endless => say!("daemon-killed-endless", pid = pid),
    });
    Ok(())
}

/// Where the system does not say who has the lock: until it can be taken.
fn wait_for_lock(paths: &Paths, within: Duration) -> Result<(), Fault> {
    let Ok(lock) = File::open(paths.lock_path()) else { return Ok(()) };
    let began = Instant::now();
    while lock.try_lock_shared().is_err() {
        if began.elapsed() > within {
            return Err(
                Fault::new(ErrorKind::DaemonUnreachable, say!("fault-does-not-end")).hint(say!("hint-lock"))
            );
        }
        std::thread::sleep(Duration::from_millis(5)); // another process's lock: there is nothing to be woken by
    }
    Ok(())
}

/// A restart does not wait for what runs: that is said, with what would.
fn tell_what_is_cancelled(paths: &Paths) {
    let Ok(view::DaemonStatus { active_runs: runs @ 1.., .. }) = status(paths) else { return };
    out::notice(&say!("daemon-cancels", n = runs));
}

/// How the daemon is, within a bound and whatever state it is in.
pub(super) fn status(paths: &Paths) -> Result<view::DaemonStatus, Fault> {
    runtime()?.block_on(plyrum_client::status(paths, &hello()))
}

fn show_status(paths: &Paths, json: bool) -> Outcome {
    let status = status(paths)?;
    if json {
        out::print_json(&status)?;
    } else {
        out::print(&format!("{}\n", in_words(&status)))?;
    }
    if let Some(problem) = &status.audit_problem {
        out::warning(&say!("daemon-audit-problem", problem = problem));
    }
    if let Some(what) = &status.audit_broken {
        out::warning(&say!("daemon-audit-broken", what = what));
    }
    plyrum_client::trouble(&status).map_or(Ok(ExitCode::SUCCESS), Err)
}

/// The status on one line.
pub(super) fn in_words(status: &view::DaemonStatus) -> String {
    let pid = status.pid.map_or_else(|| say!("unknown"), |pid| pid.to_string());
    let build = status.build.clone().unwrap_or_else(|| say!("unknown"));
    let runs = status.active_runs;
    match status.state {
        DaemonState::Running => say!("daemon-running", pid = pid, build = build, runs = runs),
        DaemonState::Draining if status.build.is_none() => say!("daemon-books", pid = pid),
        DaemonState::Draining => say!("daemon-draining", pid = pid, build = build, runs = runs),
        DaemonState::Stuck => say!("daemon-stuck", pid = pid),
        DaemonState::NotListening => say!("daemon-deaf", pid = pid),
        DaemonState::Stopped => say!("daemon-stopped"),
    }
}

/// Most of the log's end that is shown.
const LOG_BYTES: u64 = 16 * 1024;

fn logs(paths: &Paths) -> Result<(), Fault> {
    let path = paths.log_path();
    let read = || -> std::io::Result<String> {
        let mut file = File::open(&path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(LOG_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes.utf8_chunks().map(|chunk| chunk.valid()).collect())
    };
    match read() {
        Ok(text) => out::print(&crate::sanitize::clean(&text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(fault::wrong_use(say!("fault-no-log"))),
        Err(e) => {
            let message = say!("fault-file", path = path.display().to_string(), why = e.to_string());
            Err(Fault::new(ErrorKind::Storage, message))
        }
    }
}
