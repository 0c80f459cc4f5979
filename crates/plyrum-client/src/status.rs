//! How the daemon of a home is, whatever state it is in: asked within a bound, never started for it.

use crate::connection::HELLO_WITHIN;
use crate::launch::{Reached, reach};
use crate::{Holder, fault, is_held};
use plyrum_config::Paths;
use plyrum_protocol::view::{DaemonState, DaemonStatus};
use plyrum_protocol::{ErrorKind, Fault, Hello};
use std::time::Duration;
use tokio::time::Instant;

/// Between two looks at a daemon that has the lock and does not listen.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks the daemon how it is; where it cannot say, the lock tells.
pub async fn status(paths: &Paths, ours: &Hello) -> Result<DaemonStatus, Fault> {
    let of_lock = |state| {
        let holder = Holder::of(paths);
        let state = match (state, &holder) {
            (DaemonState::NotListening, None) if !is_held(paths) => DaemonState::Stopped,
            (DaemonState::NotListening, Some(holder)) if holder.ending => DaemonState::Draining,
            (state, _) => state,
        };
        DaemonStatus {
            running: state == DaemonState::Stuck,
            pid: holder.map(|holder| holder.pid),
            build: None,
            active_runs: 0,
            audit_problem: None,
            audit_broken: None,
            state,
        }
    };
    let began = Instant::now();
    loop {
        let found = match reach(paths, ours).await? {
            Reached::Client(mut client) => match client.status().await {
                Err(fault) if fault.kind == ErrorKind::DaemonUnreachable => of_lock(DaemonState::Stuck),
                answered => return answered,
            },
            Reached::Silent => of_lock(DaemonState::Stuck),
            Reached::Nobody => of_lock(DaemonState::NotListening),
        };
        // One that starts or ends is given the time that one that answers has: what is told then is a fault.
        if found.state != DaemonState::NotListening || began.elapsed() >= HELLO_WITHIN {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await; // the other one comes up or ends: nothing to wait on
    }
}

/// What is wrong with a daemon in this state. `None`: nothing.
pub fn trouble(status: &DaemonStatus) -> Option<Fault> {
    match status.state {
        DaemonState::Stuck => Some(fault::stuck(status.pid, HELLO_WITHIN)),
        DaemonState::NotListening => Some(fault::deaf(status.pid)),
        DaemonState::Running | DaemonState::Draining | DaemonState::Stopped => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek as _, Write as _};

    #[tokio::test(start_paused = true)]
    async fn one_that_has_the_lock_and_does_not_listen_is_a_fault_unless_it_is_ending() {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("p"));
        paths.prepare().unwrap();
        let state = async || {
            let status = status(&paths, &Hello::of_this_build()).await.unwrap();
            (status.state, trouble(&status).map(|fault| fault.hint.unwrap_or_default()))
        };
        assert_eq!(state().await, (DaemonState::Stopped, None));
        let mut lock = std::fs::File::create(paths.lock_path()).unwrap();
        lock.try_lock().unwrap();
        write!(lock, "{}", std::process::id()).unwrap();
        let (deaf, hint) = state().await;
        assert_eq!(deaf, DaemonState::NotListening);
        assert!(hint.unwrap().contains("--force"));
        std::fs::write(paths.lock_path(), "").unwrap();
        let (unseen, hint) = state().await;
        assert_eq!(unseen, DaemonState::NotListening, "somebody has it, whom nobody sees");
        assert!(!hint.unwrap().contains("--force"), "there is nobody to kill");
        lock.rewind().unwrap();
        write!(lock, "{}", std::process::id()).unwrap();
        writeln!(lock, " ending").unwrap();
        assert_eq!(state().await, (DaemonState::Draining, None));
    }
}
