//! Following a run from any frame on: a living one through its hub, a finished one from its session's log.
//! A follower waits for `run.finished`, so whoever is attached gets one, whatever became of the log.

use super::Visitor;
use crate::clock;
use crate::hub::{CaughtUp, Progress};
use crate::recover;
use crate::runs::LiveRun;
use crate::serve::send;
use plyrum_ledger::{LedgerError, LedgerReader, RunRow};
use plyrum_protocol::{
    Attach, Attached, ErrorKind, Fault, Frame, FrameBody, Outgoing, RequestId, RunAttach, RunId, SessionId,
    Timestamp,
};

/// Attaches; the reply goes out before the first frame.
pub(super) async fn attach(visitor: &mut Visitor, id: RequestId, attach: Attach) {
    let found = match living(visitor, &attach.run) {
        Some(live) => Found::Living(live),
        None => match find(visitor, &attach.run).await {
            Ok(found) => found,
            Err(fault) => return visitor.answer::<RunAttach>(id, Err(fault)),
        },
    };
    match found {
        Found::Living(live) => {
            if let Some(policy) = &attach.approve {
                if let Err(fault) = known(visitor, policy) {
                    return visitor.answer::<RunAttach>(id, Err(fault));
                }
                live.hub.watch_with(&visitor.outbox, policy.clone());
            }
            let attached = Attached { run: live.hub.run.clone(), live: !live.hub.is_finished() };
            visitor.answer::<RunAttach>(id, Ok(attached));
            join(visitor, &live, attach.after_seq).await;
        }
        Found::Over { row, run, session } => match told(visitor, &row, &run, &session).await {
            Ok(frames) => {
                visitor.answer::<RunAttach>(id, Ok(Attached { run, live: false }));
                replay(visitor, &frames, attach.after_seq).await;
            }
            Err(fault) => visitor.answer::<RunAttach>(id, Err(fault)),
        },
    }
}

/// A client's policy counts only where there is such a policy.
fn known(visitor: &Visitor, policy: &str) -> Result<(), Fault> {
    let found = plyrum_tools::policies::layered(&visitor.daemon.paths, policy, std::path::Path::new("/"), 0);
    found.map(|_| ()).map_err(|e| crate::driver::convert::policies(&e))
}

/// A run that someone attaches to.
pub(super) enum Found {
    Living(LiveRun),
    Over { row: Box<RunRow>, run: RunId, session: SessionId },
}

/// Brings the client to where the run is, as fast as it reads.
async fn join(visitor: &Visitor, live: &LiveRun, after_seq: u64) {
    let mut progress = Progress::after(after_seq);
    while visitor.outbox.room().await {
        if live.hub.catch_up(&visitor.outbox, &mut progress, clock::now()) == CaughtUp::Whole {
            return;
        }
    }
}

/// Frames of a run that is over, as fast as the client reads.
async fn replay(visitor: &Visitor, frames: &[Frame], after_seq: u64) {
    for frame in frames.iter().filter(|frame| frame.seq.is_some_and(|seq| seq > after_seq)) {
        if !visitor.outbox.room().await {
            return;
        }
        send(&visitor.outbox, &Outgoing::notification("frame", frame));
    }
}

/// The living run of exactly this id: by far the most frequent, and known without the books.
fn living(visitor: &Visitor, asked: &str) -> Option<LiveRun> {
    visitor.daemon.runs.get(&RunId::new(asked).ok()?)
}

/// The run that an id, a prefix or `last` (the newest) names, living or not: every run is in the ledger.
pub(super) async fn find(visitor: &Visitor, asked: &str) -> Result<Found, Fault> {
    let mut row = row_of(visitor, asked).await?;
    let broken = |e: plyrum_protocol::InvalidId| Fault::new(ErrorKind::Internal, e.to_string());
    let run = RunId::new(row.run.clone()).map_err(broken)?;
    if let Some(live) = visitor.daemon.runs.get(&run) {
        return Ok(Found::Living(live));
    }
    if !row.status.is_final() {
        row = row_of(visitor, run.as_str()).await?; // it may have ended between the two looks
    }
    let session = SessionId::new(row.session.clone()).map_err(broken)?;
    Ok(Found::Over { row: Box::new(row), run, session })
}

async fn row_of(visitor: &Visitor, asked: &str) -> Result<RunRow, Fault> {
    let path = visitor.daemon.paths.ledger_path();
    let asked = asked.to_owned();
    let row = tokio::task::spawn_blocking(move || LedgerReader::open(&path)?.run_by_prefix(&asked)).await;
    row.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?.map_err(|e| {
        let kind = match e {
            LedgerError::AmbiguousRun { .. } => ErrorKind::Ambiguous,
            LedgerError::UnknownRun { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Storage,
        };
        Fault::new(kind, e.to_string()).hint("plyrum runs list")
    })
}

/// The durable frames of a run that is over, the last one `run.finished`.
pub(super) async fn told(
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
    let begun = Timestamp::from_millis(row.started_at);
    let read = || plyrum_sessions::frames_of_run_at(&dir, session, run, begun);
    let mut frames = match tokio::task::block_in_place(read) {
        Ok(frames) => frames,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            match tokio::task::block_in_place(|| plyrum_sessions::tombstone(&dir, session)) {
                Ok(Some(stone)) => return Err(crate::sessions::gone(&stone)),
                _ => Vec::new(), // its daemon died between the books and the log
            }
        }
        Err(e) => {
            let message = format!("session {session} cannot be read: {e}");
            return Err(Fault::new(ErrorKind::Storage, message));
        }
    };
    if !frames.iter().any(|frame| matches!(frame.body, FrameBody::RunFinished { .. })) {
        let seq = frames.iter().filter_map(|frame| frame.seq).max().unwrap_or(0) + 1;
        let result = recover::result_of(&visitor.daemon.ledger, run, session).await;
        let body = FrameBody::RunFinished { result: Box::new(result) };
        frames.push(Frame { body, run: run.clone(), seq: Some(seq), at: clock::now() });
    }
    Ok(frames)
}
