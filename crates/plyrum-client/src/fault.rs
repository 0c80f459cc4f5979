//! Errors of finding and talking to the daemon, as the user meets them.

use plyrum_config::{ConfigError, Failure};
use plyrum_protocol::{ErrorKind, Fault, Incompatible};
use std::time::Duration;

/// A home or a file that cannot be used.
pub fn of_config(error: &ConfigError) -> Fault {
    let kind = match error.failure() {
        Failure::Config => ErrorKind::Config,
        Failure::Storage => ErrorKind::Storage,
    };
    Fault::new(kind, error.to_string()).hint(error.hint())
}

pub(crate) fn unreachable(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::DaemonUnreachable, message)
        .hint("plyrum daemon restart; plyrum daemon logs; plyrum doctor")
}

pub(crate) fn lost(why: &str) -> Fault {
    Fault::new(ErrorKind::DaemonUnreachable, format!("the connection to the daemon broke: {why}"))
        .hint("plyrum runs list shows what became of the run")
}

/// No version in common, and the daemon cannot make room now.
pub(crate) fn incompatible(error: &Incompatible, active_runs: u32) -> Fault {
    let runs = if active_runs == 1 { "1 run".to_owned() } else { format!("{active_runs} runs") };
    Fault::new(ErrorKind::VersionMismatch, format!("{error}, and it still has {runs} to finish"))
        .hint("plyrum daemon drain lets them end and makes room for this version; plyrum runs list")
}

/// It is alive and does not answer. `pid`: its process, where that is known.
pub(crate) fn stuck(pid: Option<u32>, within: Duration) -> Fault {
    let process = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
    let message =
        format!("the daemon{process} is alive but stuck: it does not answer within {} s", within.as_secs());
    Fault::new(ErrorKind::DaemonUnreachable, message).hint(REPLACE)
}

/// It has the lock and does not listen. `pid`: its process, where this system lets us see it.
pub(crate) fn deaf(pid: Option<u32>) -> Fault {
    let told = |who: &str| {
        let message = format!("{who} has the lock of this home and does not listen");
        Fault::new(ErrorKind::DaemonUnreachable, message)
    };
    match pid {
        Some(pid) => told(&format!("process {pid}")).hint(REPLACE),
        None => told("a process that cannot be seen from here")
            .hint("look for it in other containers and namespaces that share this home; plyrum daemon logs"),
    }
}

/// It has the lock, and books what its runs used. `pid`: its process.
pub(crate) fn ending(pid: u32) -> Fault {
    Fault::new(ErrorKind::DaemonUnreachable, format!("the daemon (process {pid}) is still ending"))
        .hint("ask again in a moment; plyrum daemon logs")
}

const REPLACE: &str =
    "plyrum daemon restart --force kills it and starts another, which books what it left; plyrum daemon logs";

pub(crate) fn garbled(what: &str) -> Fault {
    Fault::new(
        ErrorKind::DaemonUnreachable,
        format!("the daemon sent something that is not protocol: {what}"),
    )
    .hint("plyrum daemon restart")
}
