//! What the audit keeps of tool actions: proposed, decided, executed. Names, hashes and who allowed it; commands as
//! they are, since they are what a reader looks for; never the contents of files.

use super::of_run::OfRun;
use super::prepare::Prepared;
use crate::recorder::Kind;
use plyrum_engine::ToolResult;
use plyrum_protocol::{Action, ApprovalId, CallId, Ruling, StepId, ToolOutcome};
use plyrum_tools::commands::{Exit, Finished};
use serde_json::{Value, json};

/// Longest command in a record, in bytes; its hash is of all of it.
const MAX_COMMAND: usize = 4 * 1024;
/// Most files that a record names.
const MAX_FILES: usize = 64;

impl OfRun {
    pub(super) fn record_proposed(&self, call: &CallId, prepared: &Prepared) {
        let mut body = json!({
            "run": self.run(), "session": self.hub.session, "call": call, "tool": prepared.tool, "sha256": prepared.sha256,
        });
        describe(&prepared.action, &mut body);
        self.daemon.recorder.record(Kind::ToolProposed, body);
    }

    pub(super) fn record_decided(
        &self,
        call: &CallId,
        prepared: &Prepared,
        ruling: &Ruling,
        by: &By<'_>,
        verdict: &str,
    ) {
        let (by, approval) = match by {
            By::Policy => ("policy".to_owned(), None),
            By::Person { approval, client } => ((*client).to_owned(), Some(*approval)),
        };
        let body = json!({
            "run": self.run(), "call": call, "tool": prepared.tool, "sha256": prepared.sha256, "verdict": verdict,
            "by": by, "client": self.order.client, "approval": approval, "policy": ruling.policy, "rule": ruling.rule,
            "file": ruling.file, "line": ruling.line, "reason": ruling.reason,
        });
        self.daemon.recorder.record(Kind::ToolDecided, body);
    }

    pub(super) fn record_executed(&self, call: &CallId, prepared: &Prepared, result: &ToolResult) {
        let body = json!({
            "run": self.run(), "call": call, "tool": prepared.tool, "sha256": prepared.sha256, "outcome": result.outcome,
            "exit": result.exit, "ms": result.ms, "bytes": result.bytes, "files": result.changed_files.len(),
            "changed_files": result.changed_files.iter().take(MAX_FILES).collect::<Vec<_>>(),
        });
        self.daemon.recorder.record(Kind::ToolExecuted, body);
    }

    /// A check ran on the proposal of a step; none: the command did not run.
    pub(super) fn record_tried(
        &self,
        call: &CallId,
        prepared: &Prepared,
        step: &StepId,
        finished: Option<&Finished>,
    ) {
        let exit = finished.and_then(|finished| match finished.exit {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) | Exit::Stopped(_) => None,
        });
        let outcome = if finished.is_some() { ToolOutcome::Ok } else { ToolOutcome::Failed };
        let body = json!({
            "run": self.run(), "call": call, "tool": prepared.tool, "sha256": prepared.sha256, "step": step,
            "outcome": outcome, "exit": exit, "ms": finished.map(|finished| finished.ms),
            "bytes": finished.map(|finished| finished.output_bytes), "files": 0, "changed_files": [],
        });
        self.daemon.recorder.record(Kind::ToolExecuted, body);
    }
}

/// Who decided.
pub(super) enum By<'a> {
    Policy,
    Person { approval: &'a ApprovalId, client: &'a str },
}

fn describe(action: &Action, body: &mut Value) {
    let mut set = |key: &str, value: Value| {
        if let Some(body) = body.as_object_mut() {
            body.insert(key.to_owned(), value);
        }
    };
    match action {
        Action::Read { path, .. } => set("path", json!(path)),
        Action::Write { changes } => {
            set("path", json!(changes.first().map(|change| &change.path)));
            set("paths", changes.iter().take(MAX_FILES).map(|change| json!(change.path)).collect());
            set("files", json!(changes.len()));
        }
        Action::Run { argv, cwd, network, .. } => {
            let mut left = MAX_COMMAND;
            let fits = |word: &&String| {
                left = left.saturating_sub(word.len() + 1);
                left > 0
            };
            set("argv", argv.iter().take_while(fits).map(|word| json!(word)).collect());
            set("cwd", json!(cwd));
            set("network", json!(network));
        }
        Action::Shell { command, cwd, network, .. } => {
            set("command", json!(command.get(..command.floor_char_boundary(MAX_COMMAND))));
            set("cwd", json!(cwd));
            set("network", json!(network));
        }
        Action::Check { command, cwd, file, proposals, .. } => {
            set("command", json!(command.get(..command.floor_char_boundary(MAX_COMMAND))));
            set("cwd", json!(cwd));
            set("network", json!(false));
            set("path", json!(file));
            set("proposals", json!(proposals));
        }
        Action::Fetch { url, .. } => set("url", json!(url)),
        Action::Todo { items } => set("items", json!(items.len())),
        Action::Invalid { .. } => {}
    }
}
