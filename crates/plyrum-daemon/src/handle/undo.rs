//! Putting back what a run's tools changed.

use super::Visitor;
use crate::recorder::Kind;
use crate::tools;
use plyrum_ledger::{LedgerError, LedgerReader};
use plyrum_protocol::{ErrorKind, Fault, RunId, UndoOrder, Undone};
use plyrum_tools::ChangedSince;
use serde_json::json;
use std::sync::Arc;

/// Undoes a run that is over.
pub(super) async fn undo(visitor: &mut Visitor, order: UndoOrder) -> Result<Undone, Fault> {
    let run = find(visitor, &order.run).await?;
    if visitor.daemon.runs.get(&run).is_some() {
        let message = format!("run {run} is still going on");
        return Err(Fault::new(ErrorKind::Failed, message).hint(format!("plyrum runs cancel {run}")));
    }
    let since = if order.overwrite { ChangedSince::Overwrite } else { ChangedSince::LeaveAlone };
    let (daemon, of) = (Arc::clone(&visitor.daemon), run.clone());
    let undone = tokio::task::spawn_blocking(move || tools::undo(&daemon.toolbox, &of, since)).await;
    let undone = undone.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))??;
    let body = json!({
        "run": run, "client": order.client.chars().filter(|c| !c.is_control()).take(80).collect::<String>(),
        "overwrite": order.overwrite, "restored": undone.restored.len(), "removed": undone.removed.len(), "left": undone.left.len(),
    });
    visitor.daemon.recorder.record(Kind::ToolUndone, body);
    Ok(undone)
}

async fn find(visitor: &Visitor, asked: &str) -> Result<RunId, Fault> {
    let (path, asked) = (visitor.daemon.paths.ledger_path(), asked.to_owned());
    let row = tokio::task::spawn_blocking(move || LedgerReader::open(&path)?.run_by_prefix(&asked)).await;
    let row = row.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?.map_err(|e| {
        let kind = match e {
            LedgerError::AmbiguousRun { .. } => ErrorKind::Ambiguous,
            LedgerError::UnknownRun { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Storage,
        };
        Fault::new(kind, e.to_string()).hint("plyrum runs list")
    })?;
    RunId::new(row.run).map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))
}
