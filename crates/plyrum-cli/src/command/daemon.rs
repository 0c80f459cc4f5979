//! `plyrum daemon`: the background process. `run` is the only place that names the daemon's crate.

use super::{Outcome, hello, paths, runtime};
use crate::{fault, out};
use plyrum_client::{Launch, connect, connect_or_start};
use plyrum_config::Paths;
use plyrum_protocol::{DaemonDrain, DaemonStatus, DaemonStop, Empty, ErrorKind, Fault, view};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A daemon that stops books what runs first; longer than this means that it is stuck.
const GONE_WITHIN: Duration = Duration::from_secs(40);

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
    Stop,
    /// Stop it and start it again, with this shell's environment
    Restart,
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

pub(crate) fn run(command: &Command) -> Outcome {
    let paths = paths()?;
    match command {
        Command::Run { detached } => return be(&paths, *detached),
        Command::Start => start(&paths)?,
        Command::Stop => end::<DaemonStop>(&paths)?,
        Command::Drain => end::<DaemonDrain>(&paths)?,
        Command::Restart => {
            end::<DaemonStop>(&paths)?;
            start(&paths)?;
        }
        Command::Status { json } => show_status(&paths, *json)?,
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

/// Asks the daemon to end and waits until its process is gone: the system lets its lock go then.
fn end<M>(paths: &Paths) -> Result<(), Fault>
where
    M: plyrum_protocol::Method<Params = Empty, Reply = Empty>,
{
    let asked = runtime()?.block_on(async {
        match connect(paths, &hello()).await? {
            Some(mut client) => {
                let id = client.request::<M>(&Empty {}).await?;
                // It may be gone before its reply is written: what counts is that the process ends.
                let _ended_first = client.reply::<M>(id).await;
                Ok(true)
            }
            None => Ok::<_, Fault>(false),
        }
    })?;
    if asked {
        wait_until_gone(paths, M::NAME == <DaemonDrain as plyrum_protocol::Method>::NAME)
    } else {
        Ok(())
    }
}

fn wait_until_gone(paths: &Paths, for_ever: bool) -> Result<(), Fault> {
    let Ok(lock) = File::open(paths.lock_path()) else { return Ok(()) };
    let began = Instant::now();
    while lock.try_lock_shared().is_err() {
        if !for_ever && began.elapsed() > GONE_WITHIN {
            return Err(Fault::new(ErrorKind::DaemonUnreachable, "the daemon does not end")
                .hint("plyrum daemon logs; the process id is in daemon.lock"));
        }
        std::thread::sleep(Duration::from_millis(5)); // another process's lock: there is nothing to be woken by
    }
    Ok(())
}

/// The daemon's own words, or that there is none.
pub(super) fn status(paths: &Paths) -> Result<view::DaemonStatus, Fault> {
    runtime()?.block_on(async {
        match connect(paths, &hello()).await? {
            Some(mut client) => client.call::<DaemonStatus>(&Empty {}).await,
            None => Ok(view::DaemonStatus {
                running: false,
                pid: None,
                build: None,
                active_runs: 0,
                audit_problem: None,
            }),
        }
    })
}

fn show_status(paths: &Paths, json: bool) -> Result<(), Fault> {
    let status = status(paths)?;
    if json {
        return out::print_json(&status);
    }
    if let Some(problem) = &status.audit_problem {
        out::err(&crate::sanitize::clean(&format!(
            "warning: the audit log cannot be written, so no run that may cost money starts: {problem}"
        )));
    }
    match (status.pid, status.build) {
        (Some(pid), Some(build)) => out::print(&format!(
            "running: process {pid}, version {build}, {} active runs\n",
            status.active_runs
        )),
        _ => out::print("not running; it starts by itself when it is needed\n"),
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
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(fault::wrong_use("there is no log yet")),
        Err(e) => Err(Fault::new(ErrorKind::Storage, format!("{}: {e}", path.display()))),
    }
}
