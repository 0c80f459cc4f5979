//! The daemon about itself: status, stop, drain. Protocol 0: these never change.

use super::Visitor;
use crate::daemon::Phase;
use plyrum_protocol::{Empty, Fault, view};

pub(super) async fn status(visitor: &mut Visitor, _: Empty) -> Result<view::DaemonStatus, Fault> {
    Ok(view::DaemonStatus {
        running: true,
        pid: Some(std::process::id()),
        build: Some(env!("CARGO_PKG_VERSION").to_owned()),
        audit_problem: visitor.daemon.recorder.trouble(),
        audit_broken: visitor.daemon.recorder.broken(),
        active_runs: u32::try_from(visitor.daemon.runs.busy()).unwrap_or(u32::MAX),
        state: match visitor.daemon.phase() {
            Phase::Open => view::DaemonState::Running,
            Phase::Draining | Phase::Stopping => view::DaemonState::Draining,
        },
    })
}

pub(super) async fn stop(visitor: &mut Visitor, _: Empty) -> Result<Empty, Fault> {
    visitor.daemon.advance(Phase::Stopping);
    Ok(Empty {})
}

pub(super) async fn drain(visitor: &mut Visitor, _: Empty) -> Result<Empty, Fault> {
    visitor.daemon.advance(Phase::Draining);
    Ok(Empty {})
}
