//! Retiring old files of the audit: looked at beside the writer, removed by it.

use super::Visitor;
use plyrum_audit::{AuditError, Retirable, retirable};
use plyrum_ledger::{AuditFloor, Retired};
use plyrum_protocol::{AuditPruneOrder, ErrorKind, Fault, view};
use std::path::Path;

/// What goes, or has gone.
pub(super) async fn prune(visitor: &mut Visitor, order: AuditPruneOrder) -> Result<view::AuditPruned, Fault> {
    if order.before.parse::<jiff::civil::Date>().is_err() {
        let message = format!("`{}` is no date", order.before.chars().take(40).collect::<String>());
        return Err(Fault::new(ErrorKind::Usage, message).hint("use 2026-11-01"));
    }
    let daemon = &visitor.daemon;
    let (_, floor) = daemon.ledger.audit_witness().await.map_err(|e| crate::driver::convert::storage(&e))?;
    if let Some(floor) = floor.as_ref().filter(|_| !order.dry_run) {
        // An earlier removal may have stopped half way.
        daemon.recorder.remove_retired(floor.seq).await.map_err(|why| not_retired(&why))?;
    }
    let (dir, before) = (daemon.paths.audit_dir(), order.before.clone());
    let looked = tokio::task::spawn_blocking(move || look(&dir, &before, floor)).await;
    let looked: Result<(Retirable, Retired), AuditError> =
        looked.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    let (found, retired) = looked.map_err(|e| of_audit(&e))?;
    let mut reply = shown(&found, order.before);
    if !order.dry_run && !found.files.is_empty() {
        daemon.recorder.retire(found, retired).await.map_err(|why| not_retired(&why))?;
        reply.done = true;
    }
    Ok(reply)
}

/// The files that may go, and what they and all that went before have told of money. Records up to the floor
/// are counted there, also where their files are still here.
fn look(dir: &Path, before: &str, floor: Option<AuditFloor>) -> Result<(Retirable, Retired), AuditError> {
    let (counted, mut retired) = floor.map(|floor| (floor.seq, floor.told)).unwrap_or_default();
    let found = retirable(dir, before, |seq, kind, body| {
        if seq > counted {
            note(&mut retired, kind, body);
        }
    })?;
    Ok((found, retired))
}

fn not_retired(why: &str) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the audit log: {why}")).hint("plyrum doctor")
}

/// Adds a record to what is known of money that was told of.
fn note(retired: &mut Retired, kind: &str, body: &str) {
    if plyrum_ledger::OUTBOX_KINDS.contains(&kind)
        && let Ok(body) = serde_json::from_str(body)
    {
        retired.add(kind, &body);
    }
}

fn shown(found: &Retirable, before: String) -> view::AuditPruned {
    let row = |file: &plyrum_audit::FileSummary| view::AuditFile {
        file: file.file.clone(),
        first_seq: file.first_seq,
        last_seq: file.last_seq,
        records: file.records,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
    };
    view::AuditPruned {
        before,
        done: false,
        records: found.records(),
        bytes: found.bytes(),
        files: found.files.iter().map(row).collect(),
    }
}

fn of_audit(error: &AuditError) -> Fault {
    let hint = match error {
        AuditError::Broken { .. } => {
            "a tombstone would bless the break, so nothing is removed; keep a copy of the log and look: plyrum audit verify"
        }
        _ => "plyrum doctor",
    };
    Fault::new(ErrorKind::Storage, format!("the audit log: {error}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_audit::{AuditLog, Opening};
    use serde_json::json;

    #[test]
    fn what_a_removal_that_failed_has_left_is_not_counted_again() {
        let dir = tempfile::tempdir().unwrap();
        for day in ["2026-11-10", "2026-11-11", "2026-11-12"] {
            let redactor = plyrum_redact::Redactor::new([0; 32], []);
            let clock = Box::new(move || format!("{day}T00:00:00.000Z"));
            let opening = Opening { redactor, boot: "b", anchor: None, clock };
            let mut log = AuditLog::open(dir.path(), opening).unwrap();
            log.append("hold", &json!({"attempt": day, "outbox": 1})).unwrap();
        }
        let (first, told) = look(dir.path(), "2026-11-11", None).unwrap();
        let last = first.files.last().unwrap();
        // The ledger has the floor, and the file is still there.
        let floor = AuditFloor { seq: last.last_seq, hash: last.last_hash.clone(), told };
        let (again, told) = look(dir.path(), "2026-11-12", Some(floor)).unwrap();
        assert_eq!(again.files.len(), 2);
        assert_eq!(told, look(dir.path(), "2026-11-12", None).unwrap().1);
    }
}
