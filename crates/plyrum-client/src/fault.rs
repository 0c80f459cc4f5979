//! Errors of finding and talking to the daemon, as the user meets them.

use plyrum_config::{ConfigError, Failure};
use plyrum_protocol::{ErrorKind, Fault, Incompatible};

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

pub(crate) fn incompatible(error: &Incompatible) -> Fault {
    Fault::new(ErrorKind::VersionMismatch, error.to_string()).hint("plyrum daemon restart")
}

pub(crate) fn garbled(what: &str) -> Fault {
    Fault::new(
        ErrorKind::DaemonUnreachable,
        format!("the daemon sent something that is not protocol: {what}"),
    )
    .hint("plyrum daemon restart")
}
