//! What the tools of all runs share: the sandbox as it was found, the page fetcher, a lock for each workspace, rules
//! that hold for a conversation, and who waits for which answer.

use super::decide::Sandboxed;
use plyrum_config::Paths;
use plyrum_ledger::Approval;
use plyrum_protocol::{ApprovalId, SessionId};
use plyrum_tools::CleanedUp;
use plyrum_tools::commands::{CommandError, Runner};
use plyrum_tools::fetch::Fetcher;
use plyrum_tools::sandbox::{Config, Level, Probed, probe};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::{OnceCell, oneshot};

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Toolbox {
    config: Config,
    yard: OnceCell<Yard>,
    fetcher: Fetcher,
    workspaces: Mutex<BTreeMap<PathBuf, Weak<tokio::sync::Mutex<()>>>>,
    waiting: Mutex<BTreeMap<ApprovalId, oneshot::Sender<Approval>>>,
    sessions: Mutex<BTreeMap<SessionId, String>>,
    undo_dir: PathBuf,
}

/// The sandbox, after its self-test.
#[derive(Debug)]
pub(super) struct Yard {
    pub(super) runner: Result<Runner, CommandError>,
    pub(super) probed: Probed,
}

impl Toolbox {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self {
            config: config(paths),
            yard: OnceCell::new(),
            fetcher: Fetcher::new(),
            workspaces: Mutex::default(),
            waiting: Mutex::default(),
            sessions: Mutex::default(),
            undo_dir: paths.state_dir.join("undo"),
        }
    }

    /// Takes away what commands of a crashed daemon left in workspaces.
    pub(crate) fn clean_up(&self) -> std::io::Result<usize> {
        plyrum_tools::sandbox::clean_up_leftovers(&self.config.state_dir)
    }

    /// Takes away the copies of workspaces that checks of a crashed daemon left. Blocks.
    pub(crate) fn clean_up_copies(&self) -> std::io::Result<CleanedUp> {
        plyrum_tools::clean_up_scratch(&self.scratch_dir())
    }

    /// Where copies lie that proposals are tried in. No command sees it.
    pub(super) fn scratch_dir(&self) -> PathBuf {
        self.config.state_dir.join("scratch")
    }

    /// What no command sees, as it lies on the disk.
    pub(crate) fn hidden(&self) -> Vec<PathBuf> {
        let asked = self.config.hidden.iter().chain([&self.config.state_dir]);
        asked.filter_map(|path| path.canonicalize().ok()).collect()
    }

    /// The sandbox; probed once.
    pub(super) async fn yard(&self) -> &Yard {
        self.yard
            .get_or_init(|| async {
                let probed = probe(&self.config).await;
                crate::log::line(&format!("sandbox: {}", probed.level));
                Yard { runner: Runner::new(self.config.clone(), probed.level), probed }
            })
            .await
    }

    /// Tests the sandbox before the first action needs it.
    pub(crate) async fn warm(&self) {
        self.yard().await;
    }

    /// Whether commands run in the full sandbox.
    pub(super) async fn sandboxed(&self) -> Sandboxed {
        let yard = self.yard().await;
        if let Err(e) = &yard.runner {
            return Sandboxed::No { why: e.to_string() };
        }
        if yard.probed.level == Level::Full {
            return Sandboxed::Fully;
        }
        let failed = yard.probed.details.iter().filter(|check| !check.ok).map(|check| check.detail.as_str());
        Sandboxed::No { why: failed.take(2).collect::<Vec<_>>().join("; ") }
    }

    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// One action at a time changes a workspace, so that each is told what it changed itself.
    pub(super) fn lock_of(&self, workspace: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = lock(&self.workspaces);
        locks.retain(|_, held| held.strong_count() > 0);
        if let Some(held) = locks.get(workspace).and_then(Weak::upgrade) {
            return held;
        }
        let fresh = Arc::new(tokio::sync::Mutex::new(()));
        locks.insert(workspace.to_owned(), Arc::downgrade(&fresh));
        fresh
    }

    /// Where a run's journal is.
    pub(super) fn undo_dir(&self, run: &str) -> PathBuf {
        self.undo_dir.join(run)
    }

    /// All journals.
    pub(super) fn undo_dirs(&self) -> &Path {
        &self.undo_dir
    }

    /// Waits for an answer from now on.
    pub(super) fn expect(&self, approval: &ApprovalId) -> oneshot::Receiver<Approval> {
        let (told, waits) = oneshot::channel();
        lock(&self.waiting).insert(approval.clone(), told);
        waits
    }

    /// Nobody waits for it any more.
    pub(super) fn forget(&self, approval: &ApprovalId) {
        lock(&self.waiting).remove(approval);
    }

    /// Tells who waits that a question is answered.
    pub(crate) fn answered(&self, approval: &ApprovalId, row: &Approval) {
        if let Some(told) = lock(&self.waiting).remove(approval) {
            let _gave_up = told.send(row.clone());
        }
    }

    /// Rules that hold for a conversation while this daemon lives.
    pub(super) fn session_rules(&self, session: &SessionId) -> Option<String> {
        lock(&self.sessions).get(session).cloned()
    }

    /// Adds one of them.
    pub(crate) fn add_session_rule(&self, session: &SessionId, block: &str) {
        let mut sessions = lock(&self.sessions);
        let rules = sessions.entry(session.clone()).or_default();
        rules.push_str(block);
        rules.push('\n');
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sandbox of this user: it hides everything of Plyrum's own.
fn config(paths: &Paths) -> Config {
    Config::of_user(paths, std::env::current_exe().unwrap_or_else(|_| PathBuf::from("plyrum")))
}
