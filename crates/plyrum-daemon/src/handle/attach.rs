//! Following a run from any frame on: a living one through its hub, a finished one from its session's log.

use super::Visitor;
use crate::clock;
use crate::serve::send;
use plyrum_protocol::{Attach, Attached, ErrorKind, Fault, Outgoing, RequestId, RunAttach, RunId, SessionId};
use plyrum_sessions::Item;

/// Attaches; the reply goes out before the first frame.
pub(super) async fn attach(visitor: &mut Visitor, id: RequestId, attach: Attach) {
    if let Ok(live) = super::runs::find_live(visitor, &attach.run) {
        let reply = Attached { run: live.hub.run.clone(), live: !live.hub.is_finished() };
        visitor.answer::<RunAttach>(id, Ok(reply));
        live.hub.attach(&visitor.outbox, attach.after_seq, clock::now());
        return;
    }
    match finished(visitor, &attach.run).await {
        Ok((run, session)) => {
            visitor.answer::<RunAttach>(id, Ok(Attached { run: run.clone(), live: false }));
            replay(visitor, &run, &session, attach.after_seq);
        }
        Err(fault) => visitor.answer::<RunAttach>(id, Err(fault)),
    }
}

async fn finished(visitor: &Visitor, asked: &str) -> Result<(RunId, SessionId), Fault> {
    let path = visitor.daemon.paths.ledger_path();
    let asked = asked.to_owned();
    let row =
        tokio::task::spawn_blocking(move || plyrum_ledger::LedgerReader::open(&path)?.run_by_prefix(&asked));
    let row = row.await.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    let row = row.map_err(|e| Fault::new(ErrorKind::NotFound, e.to_string()).hint("plyrum runs list"))?;
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
