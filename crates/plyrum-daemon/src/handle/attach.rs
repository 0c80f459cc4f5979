//! Following a run from any frame on: a living one through its hub, a finished one from its session's log.
//! A follower waits for `run.finished`, so whoever is attached gets one, whatever became of the log.

use super::Visitor;
use crate::clock;
use crate::recover;
use crate::serve::send;
use plyrum_ledger::{LedgerError, LedgerReader, RunRow};
use plyrum_protocol::{
    Attach, Attached, ErrorKind, Fault, Frame, FrameBody, Outgoing, RequestId, RunAttach, RunId, SessionId,
};

/// Attaches; the reply goes out before the first frame.
pub(super) async fn attach(visitor: &mut Visitor, id: RequestId, attach: Attach) {
    let (row, run, session) = match find(visitor, &attach.run).await {
        Ok(found) => found,
        Err(fault) => return visitor.answer::<RunAttach>(id, Err(fault)),
    };
    if let Some(live) = visitor.daemon.runs.get(&run) {
        visitor.answer::<RunAttach>(id, Ok(Attached { run, live: !live.hub.is_finished() }));
        live.hub.attach(&visitor.outbox, attach.after_seq, clock::now());
    } else {
        match told(visitor, &row, &run, &session).await {
            Ok(frames) => {
                visitor.answer::<RunAttach>(id, Ok(Attached { run, live: false }));
                // They pass as replies: the client asked for exactly these.
                for frame in frames.iter().filter(|frame| frame.seq.is_some_and(|seq| seq > attach.after_seq))
                {
                    send(&visitor.outbox, &Outgoing::notification("frame", frame));
                }
            }
            Err(fault) => visitor.answer::<RunAttach>(id, Err(fault)),
        }
    }
}

/// The run that an id, a prefix or `last` (the newest) names, living or not: every run is in the ledger.
async fn find(visitor: &Visitor, asked: &str) -> Result<(RunRow, RunId, SessionId), Fault> {
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
    let run = RunId::new(row.run.clone()).map_err(broken)?;
    let session = SessionId::new(row.session.clone()).map_err(broken)?;
    Ok((row, run, session))
}

/// The durable frames of a run that is over, the last one `run.finished`.
async fn told(
    visitor: &Visitor,
    row: &RunRow,
    run: &RunId,
    session: &SessionId,
) -> Result<Vec<Frame>, Fault> {
    if !row.status.is_final() {
        // Between its first row in the books and its first frame, or given up and not swept yet.
        return Err(Fault::new(ErrorKind::Failed, format!("run {run} is neither alive nor over yet"))
            .hint("ask again in a moment"));
    }
    let dir = visitor.daemon.paths.sessions_dir();
    let mut frames = tokio::task::block_in_place(|| plyrum_sessions::frames_of(&dir, session, run))
        .map_err(|e| Fault::new(ErrorKind::Storage, format!("session {session} cannot be read: {e}")))?;
    if !frames.iter().any(|frame| matches!(frame.body, FrameBody::RunFinished { .. })) {
        let seq = frames.iter().filter_map(|frame| frame.seq).max().unwrap_or(0) + 1;
        let result = recover::result_of(&visitor.daemon.ledger, run, session).await;
        let body = FrameBody::RunFinished { result: Box::new(result) };
        frames.push(Frame { body, run: run.clone(), seq: Some(seq), at: clock::now() });
    }
    Ok(frames)
}
