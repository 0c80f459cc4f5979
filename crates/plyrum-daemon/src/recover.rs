//! After a crash: the ledger has resolved what was held and closed what was running; here the transcripts
//! of those runs get their `run.finished`, with the ledger's figures.

use crate::recorder::{Kind, Recorder};
use crate::{clock, ids};
use plyrum_ledger::{Attempt, Ledger, Recovery};
use plyrum_protocol::{
    AttemptId, AttemptOutcome, AttemptResult, CallId, ErrorKind, Fault, Frame, FrameBody, ResultTag, Role,
    RunId, RunResult, RunStatus, SessionId, StepId, Timestamp, ToolOutcome, UsageView,
};
use plyrum_sessions::{SessionLog, Tombstone};
use serde_json::json;
use std::path::Path;

/// Sessions that are looked through for a run whose end was booked but not told.
const MAX_LOOKED_AT: usize = 64;

/// Ends what the last life left open. Returns how many runs were ended.
pub(crate) async fn finish_transcripts(
    sessions: &Path,
    ledger: &Ledger,
    recorder: &Recorder,
    recovery: &Recovery,
) -> usize {
    // Runs that wait for a person go on.
    let parked: Vec<String> = match ledger.parked().await {
        Ok(parked) => parked.into_iter().map(|parked| parked.approval.run).collect(),
        Err(e) => {
            crate::log::line(&format!("runs that wait for an approval cannot be read: {e}"));
            Vec::new()
        }
    };
    let is_abandoned = |run: &RunId| !parked.iter().any(|parked| parked == run.as_str());
    let mut open: Vec<SessionId> =
        recovery.interrupted.iter().filter_map(|run| SessionId::new(run.session.clone()).ok()).collect();
    open.extend(latest(sessions));
    open.sort();
    open.dedup();
    let mut ended = 0;
    for session in open {
        match finish_session(sessions, ledger, recorder, &session, is_abandoned).await {
            Ok(count) => ended += count,
            Err(e) => crate::log::line(&format!("session {session} cannot be ended properly: {e}")),
        }
    }
    ended
}

/// Takes away what deletions that were cut off have left, and puts them on record.
pub(crate) async fn finish_deletions(sessions: &Path, recorder: &Recorder) {
    let stones = match plyrum_sessions::cut_off_deletions(sessions) {
        Ok(stones) => stones,
        Err(e) => return crate::log::line(&format!("a session cannot be deleted to the end: {e}")),
    };
    if stones.is_empty() {
        return;
    }
    for stone in &stones {
        record_deletion(recorder, stone);
    }
    if recorder.flushed().await.is_ok() {
        for stone in &stones {
            match plyrum_sessions::end_deletion(sessions, &stone.session) {
                Ok(()) => crate::log::line(&format!("session {} was deleted to the end", stone.session)),
                Err(e) => crate::log::line(&format!("session {}: {e}", stone.session)),
            }
        }
    }
}

/// A deletion on record: by whom, and the hash of what it was.
pub(crate) fn record_deletion(recorder: &Recorder, stone: &Tombstone) {
    let body = json!({
        "session": stone.session, "bytes": stone.bytes, "sha256": stone.sha256, "client": stone.client,
    });
    recorder.record(Kind::SessionDeleted, body);
}

fn latest(sessions: &Path) -> Vec<SessionId> {
    let Ok(mut known) = plyrum_sessions::list(sessions) else { return Vec::new() };
    known.sort_by_key(|s| std::cmp::Reverse(s.modified));
    known.into_iter().take(MAX_LOOKED_AT).map(|s| s.id).collect()
}

/// Ends the transcripts of a session's unfinished runs, of those that nobody else will end.
pub(crate) async fn finish_session(
    sessions: &Path,
    ledger: &Ledger,
    recorder: &Recorder,
    session: &SessionId,
    is_abandoned: impl Fn(&RunId) -> bool,
) -> std::io::Result<usize> {
    let mut unfinished = match plyrum_sessions::unfinished_runs(sessions, session) {
        // Deleted, or its daemon died between the books and the log: nobody was told anything.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        unfinished => unfinished?,
    };
    unfinished.retain(|(run, _)| is_abandoned(run));
    if unfinished.is_empty() {
        return Ok(0);
    }
    let log = SessionLog::open_existing(sessions, session)?;
    for (run, last_seq) in &unfinished {
        let mut seq = *last_seq;
        for call in begun_calls(sessions, ledger, session, run).await? {
            let body = json!({"run": run, "call": call, "outcome": "interrupted"});
            recorder.record(Kind::ToolExecuted, body);
            seq += 1;
            log.append_frame(&Frame {
                body: interrupted(call),
                run: run.clone(),
                seq: Some(seq),
                at: clock::now(),
            })?;
        }
        let result = result_of(ledger, run, session).await;
        let body = FrameBody::RunFinished { result: Box::new(result) };
        log.append_frame(&Frame { body, run: run.clone(), seq: Some(seq + 1), at: clock::now() })?;
    }
    log.sync()?;
    Ok(unfinished.len())
}

/// Calls of a run that had begun and whose end nobody saw.
async fn begun_calls(
    sessions: &Path,
    ledger: &Ledger,
    session: &SessionId,
    run: &RunId,
) -> std::io::Result<Vec<CallId>> {
    let begun = ledger.run_totals(run.as_str()).await.map_or(0, |totals| totals.started_at);
    let frames = plyrum_sessions::frames_of_run_at(sessions, session, run, Timestamp::from_millis(begun))?;
    let mut open: Vec<CallId> = Vec::new();
    for frame in frames {
        match frame.body {
            FrameBody::ToolStarted { call, .. } => open.push(call),
            FrameBody::ToolFinished { call, .. } => open.retain(|other| *other != call),
            _ => {}
        }
    }
    Ok(open)
}

fn interrupted(call: CallId) -> FrameBody {
    FrameBody::ToolFinished {
        call,
        outcome: ToolOutcome::Stopped,
        exit: None,
        ms: 0,
        bytes: 0,
        changed_files: Vec::new(),
        text: "the daemon ended in the middle of it; plyrum undo knows what it changed".to_owned(),
    }
}

/// What the ledger knows of a run that nobody could finish.
pub(crate) async fn result_of(ledger: &Ledger, run: &RunId, session: &SessionId) -> RunResult {
    let fault = Fault::new(ErrorKind::Interrupted, "the daemon ended in the middle of the run")
        .hint("plyrum explain RUN shows what it cost; ask again");
    let mut result = RunResult::refused(Some(run.clone()), RunStatus::Interrupted, fault);
    result.tag = ResultTag::Result;
    result.session = Some(session.clone());
    if let Ok(totals) = ledger.run_totals(run.as_str()).await {
        result.plan.clone_from(&totals.plan);
        result.cost_micro_rub = totals.total.cost;
        result.unpriced = u32::try_from(totals.total.unpriced).unwrap_or(u32::MAX);
        let end = totals.ended_at.unwrap_or(totals.started_at);
        result.duration_ms = u64::try_from(end - totals.started_at).unwrap_or(0);
        result.usage.meters = totals.total.usage.clone();
    }
    let attempts = ledger.attempts_of(run.as_str()).await.unwrap_or_default();
    result.attempts = attempts.iter().filter_map(attempt).collect();
    if let Some(last) = result.attempts.last() {
        result.model.clone_from(&last.model);
        result.usage.quality = last.usage.quality;
    }
    result
}

fn attempt(row: &Attempt) -> Option<AttemptResult> {
    Some(AttemptResult {
        attempt: AttemptId::new(row.attempt.clone()).ok()?,
        step: StepId::new(row.step.clone()).ok()?,
        role: role(&row.role),
        provider: row.provider.clone(),
        model: row.model.clone(),
        outcome: match row.outcome? {
            plyrum_ledger::Outcome::Ok => AttemptOutcome::Ok,
            plyrum_ledger::Outcome::Cut => AttemptOutcome::Cut,
            plyrum_ledger::Outcome::Cancelled => AttemptOutcome::Cancelled,
            plyrum_ledger::Outcome::Failed => AttemptOutcome::Failed,
        },
        usage: UsageView { meters: row.usage.clone()?, quality: row.quality? },
        cost_micro_rub: row.cost.unwrap_or_default(),
        unpriced: row.cost.is_none(),
        ms: row.ms.unwrap_or(0),
        queued_ms: None,
        error: None,
    })
}

fn role(word: &str) -> Role {
    [Role::Answer, Role::Proposer, Role::Aggregator, Role::Judge, Role::Title, Role::Compact]
        .into_iter()
        .find(|role| role.as_str() == word)
        .unwrap_or(Role::Answer)
}

/// The key that redaction marks are made with: random, made once, 0600.
pub(crate) fn install_key(path: &Path) -> std::io::Result<[u8; 32]> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::read(path) {
        Ok(bytes) => bytes
            .try_into()
            .map_err(|_| std::io::Error::other(format!("{} does not have 32 bytes", path.display()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let key = ids::random::<32>()?;
            let fresh = path.with_extension("new");
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(&key)?;
            file.sync_all()?;
            std::fs::rename(fresh, path)?;
            Ok(key)
        }
        Err(e) => Err(e),
    }
}
