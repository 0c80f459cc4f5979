//! Retiring old files of the audit: looked at beside the writer, removed by it.

use super::Visitor;
use plyrum_audit::{AuditError, Retirable, retirable};
use plyrum_ledger::Retired;
use plyrum_protocol::{AuditPruneOrder, ErrorKind, Fault, view};

/// What goes, or has gone.
pub(super) async fn prune(visitor: &mut Visitor, order: AuditPruneOrder) -> Result<view::AuditPruned, Fault> {
    if order.before.parse::<jiff::civil::Date>().is_err() {
        let message = format!("`{}` is no date", order.before.chars().take(40).collect::<String>());
        return Err(Fault::new(ErrorKind::Usage, message).hint("use 2026-11-01"));
    }
    let daemon = &visitor.daemon;
    let (_, floor) = daemon.ledger.audit_witness().await.map_err(|e| crate::driver::convert::storage(&e))?;
    let (dir, before) = (daemon.paths.audit_dir(), order.before.clone());
    let look = move || {
        let mut retired = floor.map(|floor| floor.told).unwrap_or_default();
        let found = retirable(&dir, &before, |kind, body| note(&mut retired, kind, body))?;
        Ok((found, retired))
    };
    let looked = tokio::task::spawn_blocking(look).await;
    let looked: Result<(Retirable, Retired), AuditError> =
        looked.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    let (found, retired) = looked.map_err(|e| of_audit(&e))?;
    let mut reply = shown(&found, order.before);
    if !order.dry_run && !found.files.is_empty() {
        daemon.recorder.retire(found, retired).await.map_err(|why| {
            Fault::new(ErrorKind::Storage, format!("the audit log: {why}")).hint("plyrum doctor")
        })?;
        reply.done = true;
    }
    Ok(reply)
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
