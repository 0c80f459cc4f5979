//! What a session's log promises: order, nothing lost that was acknowledged, readers beside writers.
#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]

mod crashes;
mod log;
mod outline;
mod read;
mod search;
mod world;

use std::path::{Path, PathBuf};

use plyrum_protocol::{Fault, Frame, FrameBody, RunId, RunResult, RunStatus, SessionId, Timestamp};
use plyrum_redact::Redactor;
use plyrum_sessions::{Item, SessionLog, TextRole, read as read_log};

const SECRET: &str = "lab-key-0123456789";

fn redactor() -> Redactor {
    Redactor::new([3; 32], [("lab".to_owned(), SECRET.into())])
}

fn session() -> SessionId {
    SessionId::new("s-1").unwrap()
}

fn run(id: &str) -> RunId {
    RunId::new(id).unwrap()
}

fn accepted(id: &str, seq: u64) -> Frame {
    let body = FrameBody::RunAccepted {
        session: session(),
        persona: "default".into(),
        client: "ask «привет»\u{9b}".into(),
        prompt_sha256: "0".repeat(64),
        context: Vec::new(),
        compacts: None,
        pictures: Vec::new(),
        has_schema: false,
    };
    Frame { body, run: run(id), seq: Some(seq), at: Timestamp::from_millis(1_795_338_000_000) }
}

fn finished(id: &str, seq: u64) -> Frame {
    let fault = Fault::new(plyrum_protocol::ErrorKind::Internal, "x");
    let result = Box::new(RunResult::refused(Some(run(id)), RunStatus::Failed, fault));
    Frame { body: FrameBody::RunFinished { result }, ..accepted(id, seq) }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("s-1.jsonl")
}

/// The log's items as short words: `r1#2` for a frame, `user:text` for a text, `!` for a bad line.
fn shown(dir: &Path) -> Vec<String> {
    let show = |item| match item {
        Ok(Item::Frame(frame)) => format!("{}#{}", frame.run, frame.seq.unwrap()),
        Ok(Item::Text(text)) if text.role == TextRole::User => format!("user:{}", text.text),
        Ok(Item::Text(text)) => format!("{}:{}", text.name.unwrap_or_default(), text.text.len()),
        Ok(Item::Event(event)) => format!("{event:?}"),
        Err(_) => "!".to_owned(),
    };
    read_log(dir, &session()).unwrap().map(show).collect()
}

fn open(dir: &Path) -> SessionLog {
    SessionLog::open(dir, &session()).unwrap()
}
