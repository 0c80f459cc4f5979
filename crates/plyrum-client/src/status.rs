//! How the daemon of a home is, whatever state it is in: asked within a bound, never started for it.

use crate::connection::HELLO_WITHIN;
use crate::launch::{Reached, reach};
use crate::{Holder, fault};
use plyrum_config::Paths;
use plyrum_protocol::view::{DaemonState, DaemonStatus};
use plyrum_protocol::{ErrorKind, Fault, Hello};

/// Asks the daemon how it is; where it cannot say, the lock tells.
pub async fn status(paths: &Paths, ours: &Hello) -> Result<DaemonStatus, Fault> {
    let of_lock = |state| {
        let pid = Holder::of(paths).map(|holder| holder.pid);
        DaemonStatus {
            running: state == DaemonState::Stuck,
            pid,
            build: None,
            active_runs: 0,
            audit_problem: None,
            audit_broken: None,
            state,
        }
    };
    match reach(paths, ours).await? {
        Reached::Client(mut client) => match client.status().await {
            Err(fault) if fault.kind == ErrorKind::DaemonUnreachable => Ok(of_lock(DaemonState::Stuck)),
            answered => answered,
        },
        Reached::Silent => Ok(of_lock(DaemonState::Stuck)),
        Reached::Nobody => match of_lock(DaemonState::NotListening) {
            nobody if nobody.pid.is_none() => Ok(DaemonStatus { state: DaemonState::Stopped, ..nobody }),
            holder => Ok(holder),
        },
    }
}

/// What is wrong with a daemon in this state. `None`: nothing.
pub fn trouble(status: &DaemonStatus) -> Option<Fault> {
    match status.state {
        DaemonState::Stuck => Some(fault::stuck(status.pid, HELLO_WITHIN)),
        DaemonState::NotListening => status.pid.map(fault::deaf),
        DaemonState::Running | DaemonState::Draining | DaemonState::Stopped => None,
    }
}
