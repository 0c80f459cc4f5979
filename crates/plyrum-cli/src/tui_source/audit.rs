//! The record, as the screen shows it.

use crate::command::audit::{Summary, of_audit, verdict_telling};
use crate::command::usage::{now, period::moment};
use jiff::tz::TimeZone;
use plyrum_audit::{Filter, Follower};
use plyrum_config::Paths;
use plyrum_protocol::{Fault, view};
use plyrum_tui::screen::audit::{AuditFilter, AuditPage, AuditRow, AuditSource};
use std::sync::{Mutex, PoisonError};

/// The audit log.
#[derive(Debug)]
pub(super) struct Audit {
    paths: Paths,
    /// Behind the last record that was seen; none before the first look.
    follower: Mutex<Option<Follower>>,
}

impl Audit {
    pub(super) const fn new(paths: Paths) -> Self {
        Self { paths, follower: Mutex::new(None) }
    }
}

impl AuditSource for Audit {
    fn search(&self, filter: &AuditFilter, limit: usize) -> Result<AuditPage, Fault> {
        let since = filter.since.as_deref().map(|text| moment(text, &TimeZone::system(), now(), "since"));
        let filter = Filter {
            kind: filter.kind.clone(),
            text: filter.text.clone(),
            since: since.transpose()?.map(|time| format!("{time:.3}")),
            until: None,
            boot: None,
            run: filter.run.clone(),
            tool: filter.tool.clone(),
        };
        let found =
            plyrum_audit::search(&self.paths.audit_dir(), &filter, limit).map_err(|e| of_audit(&e))?;
        Ok(AuditPage { rows: found.lines.into_iter().rev().map(row).collect(), has_more: found.more })
    }

    fn has_grown(&self) -> Result<bool, Fault> {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(follower) = follower.as_mut() {
            return follower.look().map(|lines| !lines.is_empty()).map_err(|e| of_audit(&e));
        }
        let dir = self.paths.audit_dir();
        let last = plyrum_audit::tail(&dir, 1).map_err(|e| of_audit(&e))?;
        *follower = Some(Follower::behind(&dir, &last));
        Ok(true) // since when, nobody knows: it is read once more than needed
    }

    fn verify(&self, told: &mut dyn FnMut(u64)) -> Result<view::AuditVerdict, Fault> {
        verdict_telling(None, told)
    }
}

fn row(json: String) -> AuditRow {
    let Summary { seq, when, kind, run, rest } = Summary::of(&json);
    AuditRow { seq, when, kind, run, about: rest, json }
}
