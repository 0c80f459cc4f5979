//! Following a run from any frame on: a living one through its hub, a finished one from its session's log.

use super::Visitor;
use crate::clock;
use crate::serve::send;
use plyrum_ledger::{LedgerError, LedgerReader};
use plyrum_protocol::{Attach, Attached, ErrorKind, Fault, Outgoing, RequestId, RunAttach, RunId, SessionId};
use plyrum_sessions::Item;

/// Attaches; the reply goes out before the first frame.
pub(super) async fn attach(visitor: &mut Visitor, id: RequestId, attach: Attach) {
    let (run, session) = match find(visitor, &attach.run).await {
        Ok(found) => found,
        Err(fault) => return visitor.answer::<RunAttach>(id, Err(fault)),
    };
    if let Some(live) = visitor.daemon.runs.get(&run) {
        visitor.answer::<RunAttach>(id, Ok(Attached { run, live: !live.hub.is_finished() }));
        live.hub.attach(&visitor.outbox, attach.after_seq, clock::now());
    } else {
        visitor.answer::<RunAttach>(id, Ok(Attached { run: run.clone(), live: false }));
        replay(visitor, &run, &session, attach.after_seq);
    }
}

/// The run that an id, a prefix or `last` (the newest) names, living or not: every run is in the ledger.
async fn find(visitor: &Visitor, asked: &str) -> Result<(RunId, SessionId), Fault> {
    let path = visitor.daemon.paths.ledger_path();
    let asked = asked.to_owned();
    let row = tokio::task::spawn_blocking(move || LedgerReader::open(&path)?.run_by_prefix(&asked)).await;
    let row = row.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?.map_err(|e| {
        let kind = match e {
            LedgerError::AmbiguousRun { .. } => ErrorKind::Ambiguous,
            LedgerError::UnknownRun { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Storage,
        };
        Fault::new(kind, e.to_string()).hint("plyrum runs list")
    })?;
    let broken = |e: plyrum_protocol::InvalidId| Fault::new(ErrorKind::Internal, e.to_string());
    Ok((RunId::new(row.run).map_err(broken)?, SessionId::new(row.session).map_err(broken)?))
}

/// Sends the durable frames of a finished run. They pass as replies: the client asked for exactly these.
fn replay(visitor: &Visitor, run: &RunId, session: &SessionId, after_seq: u64) {
    let items =
        tokio::task::block_in_place(|| plyrum_sessions::read(&visitor.daemon.paths.sessions_dir(), session));
    let Ok(items) = items else { return crate::log::line(&format!("session {session} cannot be read")) };
    for item in items {
        if let Ok(Item::Frame(frame)) = item
            && frame.run == *run
            && frame.seq.is_some_and(|seq| seq > after_seq)
        {
            send(&visitor.outbox, &Outgoing::notification("frame", &frame));
        }
    }
}
