//! What all parts of the daemon share: the stores, the living runs, and the configuration as last read.

use crate::clock;
use crate::context::{Context, Shared};
use crate::flushes::Flushes;
use crate::lanes::Lanes;
use crate::learned::Learned;
use crate::ollama::{self, Ollama};
use crate::recorder::{Loads, Recorder, loaded_files};
use crate::runs::Runs;
use crate::sessions::Sessions;
use crate::tools::Toolbox;
use crate::visitors::Visitors;
use plyrum_catalog::Day;
use plyrum_config::Paths;
use plyrum_ledger::Ledger;
use plyrum_protocol::{ErrorKind, Fault};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Most project configurations that are kept ready.
const MAX_CONTEXTS: usize = 16;

/// Shared by every connection and run.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) paths: Paths,
    pub(crate) ledger: Ledger,
    pub(crate) recorder: Recorder,
    pub(crate) runs: Runs,
    /// Limits and breakers of providers, whatever the configuration.
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) ollama: Arc<Ollama>,
    pub(crate) learned: Arc<Learned>,
    pub(crate) sessions: Sessions,
    pub(crate) late: Late,
    pub(crate) visitors: Arc<Visitors>,
    pub(crate) flushes: Flushes,
    pub(crate) install_key: [u8; 32],
    pub(crate) toolbox: Toolbox,
    loads: Loads,
    contexts: Mutex<BTreeMap<Option<PathBuf>, Arc<Context>>>,
    phase: watch::Sender<Phase>,
}

/// Runs whose bookings wait for room on the disk.
#[derive(Debug, Default)]
pub(crate) struct Late {
    runs: std::sync::Mutex<BTreeMap<String, usize>>,
}

impl Late {
    /// A booking of this run waits until the guard is dropped.
    pub(crate) fn enter<'a>(&'a self, run: &str) -> LateBooking<'a> {
        *self.lock().entry(run.to_owned()).or_default() += 1;
        LateBooking { late: self, run: run.to_owned() }
    }

    /// The run is left to the next daemon: nobody ends it here.
    pub(crate) fn leave(&self, run: &str) {
        *self.lock().entry(run.to_owned()).or_default() += 1;
    }

    pub(crate) fn contains(&self, run: &str) -> bool {
        self.lock().contains_key(run)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, usize>> {
        self.runs.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// See [`Late::enter`].
#[derive(Debug)]
pub(crate) struct LateBooking<'a> {
    late: &'a Late,
    run: String,
}

impl Drop for LateBooking<'_> {
    fn drop(&mut self) {
        let mut runs = self.late.lock();
        if let Some(count) = runs.get_mut(&self.run) {
            *count -= 1;
            if *count == 0 {
                runs.remove(&self.run);
            }
        }
    }
}

/// Where the daemon is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Takes everything.
    Open,
    /// Takes no new run and ends when the last one is over.
    Draining,
    /// Ends now.
    Stopping,
}

impl Daemon {
    pub(crate) fn new(paths: Paths, ledger: Ledger, recorder: Recorder, install_key: [u8; 32]) -> Self {
        let (phase, _) = watch::channel(Phase::Open);
        let learned = Arc::new(Learned::open(&paths));
        Self {
            sessions: Sessions::new(&paths),
            toolbox: Toolbox::new(&paths),
            paths,
            ledger,
            recorder,
            runs: Runs::default(),
            lanes: Arc::default(),
            ollama: Arc::default(),
            learned,
            late: Late::default(),
            visitors: Arc::default(),
            flushes: Flushes::default(),
            install_key,
            loads: Loads::default(),
            contexts: Mutex::default(),
            phase,
        }
    }

    /// The configuration that holds in a workspace, read again where a file has changed or a day has begun.
    pub(crate) async fn context(&self, workspace: Option<&str>) -> Result<Arc<Context>, Fault> {
        let context = if let Ok(context) = self.read(workspace).await {
            context
        } else {
            // The configuration may name a model that only a look finds.
            self.ollama.look(&self.paths).await;
            self.read(workspace).await?
        };
        if !context.catalog.providers.values().any(ollama::is_shipped) {
            return Ok(context);
        }
        self.ollama.look(&self.paths).await;
        self.read(workspace).await // the same, unless the look found other models
    }

    pub(crate) fn shared(&self) -> Shared {
        let (lanes, ollama) = (Arc::clone(&self.lanes), Arc::clone(&self.ollama));
        Shared { lanes, ollama, learned: Arc::clone(&self.learned) }
    }

    async fn read(&self, workspace: Option<&str>) -> Result<Arc<Context>, Fault> {
        let project = workspace.map(PathBuf::from).filter(|dir| has_project_files(dir));
        let day = Day::of_unix_millis(clock::now().millis());
        let mut contexts = self.contexts.lock().await;
        if let Some(context) = contexts.get(&project).filter(|c| !c.is_stale(&self.paths, day)) {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(
            Context::load(&self.paths, project.as_deref(), self.install_key, day, self.shared()).await?,
        );
        crate::log::set_redactor(context.redactor.for_records());
        self.recorder.set_redactor(context.redactor.for_records());
        let (read, paths) = (Arc::clone(&context), self.paths.clone());
        let files = tokio::task::spawn_blocking(move || loaded_files(&read, &paths)).await;
        let files = files.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
        for (kind, body) in self.loads.records(project.as_deref(), &context, files) {
            self.recorder.record(kind, body);
        }
        if contexts.len() >= MAX_CONTEXTS {
            contexts.clear();
        }
        contexts.insert(project, Arc::clone(&context));
        Ok(context)
    }

    /// Takes this for the configuration of whoever is in no project, as long as no file changes.
    #[cfg(test)]
    pub(crate) async fn put_context(&self, context: Context) {
        self.contexts.lock().await.insert(None, Arc::new(context));
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Goes on to a later phase; never back.
    pub(crate) fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let later = (*phase as u8) < (to as u8);
            if later {
                *phase = to;
            }
            later
        });
        for run in self.runs.all() {
            run.hub.leave_if_waiting(); // nobody may answer for days
        }
    }

    /// Waits until the daemon should end.
    pub(crate) async fn ending(&self) {
        self.reached(Phase::Draining).await;
        tokio::select! {
            () = self.runs.all_over() => {}
            () = self.reached(Phase::Stopping) => {}
        }
    }

    async fn reached(&self, phase: Phase) {
        let mut watch = self.phase.subscribe();
        let _sender_lives_in_self = watch.wait_for(|p| *p as u8 >= phase as u8).await;
    }
}

fn has_project_files(dir: &Path) -> bool {
    dir.is_absolute() && plyrum_config::project_paths(dir).iter().any(|path| path.exists())
}

/// A daemon over a home of its own, with books in memory.
#[cfg(test)]
pub(crate) async fn of_test(home: &Path) -> Daemon {
    let paths = Paths::under(home);
    paths.prepare().unwrap();
    let ledger = Ledger::open_in_memory().unwrap();
    let (dir, books) = (paths.audit_dir(), ledger.clone());
    let runtime = tokio::runtime::Handle::current();
    let redactor = plyrum_redact::Redactor::new([0; 32], []);
    let start = move || Recorder::start(&dir, redactor, "boot", books, runtime);
    let (recorder, _audit) = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    Daemon::new(paths, ledger, recorder, [0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    /// Each reading is a thread of its own, so that one that hangs fails the test and does not hang it.
    async fn reads(daemon: &Arc<Daemon>) -> Result<(), Fault> {
        let daemon = Arc::clone(daemon);
        let reading = tokio::spawn(async move { daemon.context(None).await.map(|_| ()) });
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("it hangs").unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_pipe_or_a_device_among_the_configuration_is_passed_over_or_refused_and_never_waited_for() {
        let home = tempfile::TempDir::new().unwrap();
        let daemon = Arc::new(of_test(&home.path().join("p")).await);
        let paths = daemon.paths.clone();
        for dir in [paths.personas_dir(), paths.plans_dir()] {
            std::fs::create_dir_all(&dir).unwrap();
            mkfifo(&dir.join("pipe"), Mode::S_IRWXU).unwrap();
            symlink("/dev/zero", dir.join("endless")).unwrap();
        }
        reads(&daemon).await.unwrap();
        let pipes = [
            paths.personas_dir().join("pipe.md"),
            paths.plans_dir().join("pipe.toml"),
            paths.config_file(),
            paths.prices_file(),
        ];
        for pipe in pipes {
            mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
            let fault = reads(&daemon).await.unwrap_err();
            assert!(fault.to_string().contains("not a regular file"), "{}: {fault}", pipe.display());
            std::fs::remove_file(&pipe).unwrap();
            reads(&daemon).await.unwrap();
        }
    }
}
