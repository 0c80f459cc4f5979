//! A session's log, written as the daemon writes it.

use std::path::Path;

use plyrum_protocol::{Fault, Frame, FrameBody, RunId, RunResult, RunStatus, SessionId, Timestamp};
use plyrum_redact::Redactor;
use plyrum_sessions::{Event, SessionLog, TextRole};
use tempfile::TempDir;

use crate::run;

pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) id: SessionId,
    runs: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), id: SessionId::new("s-1").unwrap(), runs: 0 }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn plain() -> Redactor {
        Redactor::new([0; 32], [])
    }

    /// The current session from here on is this one.
    pub(crate) fn switch(&mut self, id: &str) {
        self.id = SessionId::new(id).unwrap();
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_338_000_000 + i64::from(self.runs) * 1000)
    }

    pub(crate) fn event(&self, event: &Event) {
        let log = SessionLog::open(self.dir(), &self.id).unwrap();
        log.append_event(event, &Self::plain()).unwrap();
    }

    pub(crate) fn open(&self, project: Option<&str>) {
        self.event(&Event::Opened { at: self.now(), project: project.map(str::to_owned) });
    }

    pub(crate) fn ask(&mut self, prompt: &str, answer: &str) -> RunId {
        let run = self.begin(prompt);
        self.end(&run, answer);
        run
    }

    pub(crate) fn begin(&mut self, prompt: &str) -> RunId {
        self.runs += 1;
        let run = run(&format!("r{}", self.runs));
        let log = SessionLog::open(self.dir(), &self.id).unwrap();
        log.append_text(&run, TextRole::User, None, prompt, &Self::plain()).unwrap();
        let body = FrameBody::RunAccepted {
            session: self.id.clone(),
            persona: "default".into(),
            client: "test".into(),
            prompt_sha256: String::new(),
            context: Vec::new(),
            compacts: None,
            pictures: Vec::new(),
            has_schema: false,
        };
        log.append_frame(&Frame { body, run: run.clone(), seq: Some(1), at: self.now() }).unwrap();
        run
    }

    pub(crate) fn end(&self, run: &RunId, answer: &str) {
        let fault = Fault::new(plyrum_protocol::ErrorKind::Internal, "x");
        let mut result = RunResult::refused(Some(run.clone()), RunStatus::Succeeded, fault);
        (result.error, result.answer) = (None, answer.to_owned());
        let body = FrameBody::RunFinished { result: Box::new(result) };
        let log = SessionLog::open(self.dir(), &self.id).unwrap();
        log.append_frame(&Frame { body, run: run.clone(), seq: Some(2), at: self.now() }).unwrap();
    }
}
