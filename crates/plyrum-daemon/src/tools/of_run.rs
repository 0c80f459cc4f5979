//! What the tool calls of one run share.

use super::toolbox::Toolbox;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::driver::convert;
use crate::hub::Hub;
use plyrum_engine::{Input, ToolEvent};
use plyrum_protocol::{Asking, CallId, Fault};
use plyrum_tools::{Journal, Layer, Place, Policy, Rules, Snapshot, Workspace};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// How a run may act; kept with it when it waits for a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The folder that it works in.
    pub(crate) workspace: PathBuf,
    /// Name of its policy.
    pub(crate) policy: String,
    /// What happens where a person must be asked.
    pub(crate) asking: Asking,
    /// It looks and plans, and changes nothing.
    #[serde(default)]
    pub(crate) plan_mode: bool,
    /// The client that submitted it.
    pub(crate) client: String,
}

/// See the module's head.
pub(crate) struct OfRun {
    pub(super) daemon: Arc<Daemon>,
    pub(super) context: Arc<Context>,
    pub(super) hub: Arc<Hub>,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) order: Order,
    pub(super) home: Option<PathBuf>,
    /// One action at a time uses it.
    pub(super) kept: Arc<Mutex<Kept>>,
}

/// The run's journal, and the workspace as its last command left it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) journal: Option<Journal>,
    pub(super) snapshot: Option<Snapshot>,
}

impl OfRun {
    pub(crate) fn new(
        daemon: Arc<Daemon>,
        context: Arc<Context>,
        hub: Arc<Hub>,
        inputs: mpsc::Sender<Input>,
        order: Order,
    ) -> Self {
        let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
        Self { daemon, context, hub, inputs, order, home, kept: Arc::default() }
    }

    pub(super) fn toolbox(&self) -> &Toolbox {
        &self.daemon.toolbox
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place { workspace: &self.order.workspace, copy: None, home: self.home.as_deref() }
    }

    pub(super) fn run(&self) -> &str {
        self.hub.run.as_str()
    }

    pub(super) async fn tell(&self, call: &CallId, event: ToolEvent) {
        let _run_is_over = self.inputs.send(Input::Tool { call: call.clone(), event }).await;
    }

    pub(super) fn open(&self) -> Result<Workspace, plyrum_tools::FileError> {
        Workspace::open(&self.order.workspace)
    }

    /// Every policy that has a say, read now: the run's own, those that the project asks for, and those of clients
    /// that are attached; each with the rules of the user, of the project and of the conversation over it.
    pub(super) fn policies(&self) -> Result<Vec<Policy>, Fault> {
        let mut names = vec![self.order.policy.clone()];
        names.extend(self.context.settings.narrowing.policies.iter().cloned());
        names.extend(self.hub.policies());
        names.sort();
        names.dedup();
        let session = self.toolbox().session_rules(&self.hub.session);
        let now = crate::clock::now().millis() / 1000;
        let layered = |name: &String| {
            let policy =
                plyrum_tools::policies::layered(&self.daemon.paths, name, &self.order.workspace, now)
                    .map_err(|e| convert::policies(&e))?;
            let Some(text) = &session else { return Ok(policy) };
            let rules = Rules::parse(text, "approved for this session", Layer::User);
            Ok(rules.map_or(policy.clone(), |rules| policy.with_rules(Arc::new(rules), now)))
        };
        names.iter().map(layered).collect()
    }

    /// What is remembered of a run beside its journal.
    pub(super) fn journal_dir(&self) -> PathBuf {
        self.toolbox().undo_dir(self.run())
    }
}

/// Opens the run's journal, with a note of its workspace for whoever undoes it.
pub(super) fn open_journal(dir: &Path, workspace: &Path) -> Result<Journal, plyrum_tools::FileError> {
    let journal = Journal::open(dir)?;
    let note = dir.join(NOTE);
    if !note.exists()
        && let Err(e) = write_note(&note, workspace)
    {
        crate::log::line(&format!("{}: {e}", note.display()));
    }
    Ok(journal)
}

/// Names the workspace of a journal.
pub(super) const NOTE: &str = "workspace.json";

fn write_note(note: &Path, workspace: &Path) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(note)?;
    file.write_all(serde_json::json!({ "workspace": workspace }).to_string().as_bytes())?;
    file.sync_all()
}
