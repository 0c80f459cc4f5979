//! The runner: checks a spec, builds its sandbox, follows it to its end, and cleans up behind it whether or
//! not anyone still waits.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::unix::pipe;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};

use super::follow::{self, Followed};
use super::process::{self, Plan, Tree};
use super::spawner::Spawner;
use super::{Chunk, CommandError};
use crate::Scratch;
use crate::sandbox::{Config, FAILED, Instead, Level, MARK, MountGuard, MountPoints, Places};

/// What is to run.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The program and its arguments: of [`Run::words`](super::Run::words) or
    /// [`Shell::words`](super::Shell::words).
    pub argv: Vec<OsString>,
    /// The only folder that the command may change.
    pub workspace: PathBuf,
    /// Where it starts, relative to the workspace.
    pub cwd: PathBuf,
    /// Environment variables beside the allowed ones; those that look like keys are left out.
    pub env: Vec<(OsString, OsString)>,
    /// Whether it may use the network.
    pub network: bool,
    /// Files and folders of the workspace that it does not see, relative to it.
    pub masked: Vec<PathBuf>,
    /// Whether it may write in the workspace.
    pub writable: bool,
    /// After this it is ended.
    pub timeout: Duration,
    /// The lowest level at which it may run.
    pub level: Level,
}

/// Why a command was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Its time was over.
    TimedOut,
    /// Someone asked for it, or no one waited any more.
    Cancelled,
    /// More output than [`MAX_OUTPUT_BYTES`](super::MAX_OUTPUT_BYTES).
    TooMuchOutput,
    /// More processes and threads than the limit.
    TooManyProcesses,
    /// More memory than the limit.
    TooMuchMemory,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself. What a signal ended has 128 and the signal's number, as in shells.
    Code(i32),
    /// The sandbox itself was ended by a signal from outside.
    Signal(i32),
    /// It was ended.
    Stopped(Stopped),
}

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// From the start of the sandbox to the end of the last process.
    pub ms: u64,
    /// The two ends of its output, each at most [`KEPT_BYTES`](super::KEPT_BYTES).
    pub output: String,
    /// Whether something between the two was left out.
    pub cut: bool,
    /// Bytes of output in all.
    pub output_bytes: u64,
    /// The level it ran at.
    pub level: Level,
}

/// Executes commands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    level: Level,
    bubblewrap: Option<PathBuf>,
    points: Arc<MountPoints>,
    spawner: Spawner,
}

/// What is shown to a command beside what its spec says.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// A program of ours that is to be seen wherever it lies.
    pub(crate) program: Option<PathBuf>,
    /// In the workspace's place.
    pub(crate) instead: Option<Instead>,
}

/// A command ready to be started.
struct Prepared {
    command: Command,
    pipe: pipe::Receiver,
    guard: MountGuard,
    level: Level,
}

impl Runner {
    /// A runner at the level that [`probe`](crate::sandbox::probe) found. One for each daemon: runners do not
    /// know of each other's mount points.
    pub fn new(config: Config, level: Level) -> Result<Self, CommandError> {
        let points = MountPoints::new(&config.state_dir);
        let level = level.min(config.max_level);
        let spawner = Spawner::start().map_err(CommandError::io("starting a thread for commands"))?;
        let bubblewrap = crate::sandbox::find_bubblewrap();
        Ok(Self { inner: Arc::new(Inner { config, level, bubblewrap, points, spawner }) })
    }

    /// The level to be had.
    pub fn level(&self) -> Level {
        self.inner.level
    }

    /// Runs a command to its end. `stop` ends it when it turns true; so does dropping this future, and in both
    /// cases everything that the command started ends too. `output` gets pieces as they come; a receiver that
    /// is slow does not hold the command up, and one that is gone is not missed.
    pub async fn execute(
        &self,
        spec: Spec,
        stop: watch::Receiver<bool>,
        output: mpsc::Sender<Chunk>,
    ) -> Result<Finished, CommandError> {
        self.execute_shown(spec, Shown::default(), stop, output).await
    }

    /// The same with a scratch copy in the workspace's place: under the workspace's own path the command finds the copy, and
    /// nothing of the workspace but what the copy was lent. Only the full sandbox can do that.
    pub async fn execute_in(
        &self,
        scratch: &Scratch,
        spec: Spec,
        stop: watch::Receiver<bool>,
        output: mpsc::Sender<Chunk>,
    ) -> Result<Finished, CommandError> {
        let instead = Instead { folder: scratch.folder().to_owned(), lent: scratch.lent().to_vec() };
        let shown = Shown { instead: Some(instead), ..Shown::default() };
        self.execute_shown(Spec { level: Level::Full, ..spec }, shown, stop, output).await
    }

    pub(crate) async fn execute_shown(
        &self,
        spec: Spec,
        shown: Shown,
        stop: watch::Receiver<bool>,
        output: mpsc::Sender<Chunk>,
    ) -> Result<Finished, CommandError> {
        // A task of its own, so that mount points go after the last process even where no one waits.
        let (waiting, abandoned) = watch::channel(());
        let this = self.clone();
        let task = tokio::spawn(async move { this.drive(spec, shown, stop, abandoned, output).await });
        let ended = task.await;
        drop(waiting);
        ended.unwrap_or_else(|error| {
            Err(CommandError::Io { what: "following the command", error: io::Error::other(error) })
        })
    }

    async fn drive(
        self,
        spec: Spec,
        shown: Shown,
        stop: watch::Receiver<bool>,
        abandoned: watch::Receiver<()>,
        output: mpsc::Sender<Chunk>,
    ) -> Result<Finished, CommandError> {
        let timeout = spec.timeout;
        let inner = Arc::clone(&self.inner);
        let began = Instant::now();
        let runtime = tokio::runtime::Handle::current();
        let prepared = tokio::task::spawn_blocking(move || {
            let _inside = runtime.enter();
            inner.prepare(&spec, shown)
        });
        let prepared = prepared
            .await
            .map_err(|e| CommandError::Io { what: "preparing the command", error: io::Error::other(e) })??;
        let Prepared { command, pipe, guard, level } = prepared;
        let child = self
            .inner
            .spawner
            .spawn(command)
            .await
            .map_err(CommandError::io("starting the sandbox's helper"))?;
        let tree = Tree::of(&child, level);
        let limits = self.inner.config.limits;
        let followed = follow::follow(child, pipe, tree, timeout, limits, stop, abandoned, &output).await;
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Blocks for a few calls; nothing of the command runs any more.
        let _ = tokio::task::spawn_blocking(move || drop(guard)).await;
        finished(followed, ms, level)
    }
}

impl Inner {
    fn prepare(&self, spec: &Spec, shown: Shown) -> Result<Prepared, CommandError> {
        let level = self.level_for(spec)?;
        let guarded = spec.writable && level == Level::Full;
        let places = match shown.instead {
            Some(instead) => Places::find_instead(&self.config, &spec.workspace, &spec.cwd, instead)?,
            None => Places::find(&self.config, &spec.workspace, &spec.cwd, &spec.masked, guarded)?,
        };
        let mut environment = process::environment(&self.config, spec);
        let path = process::search_path(&environment);
        process::set_search_path(&mut environment, &path);
        process::check_program(&spec.argv, &places.cwd, &path)?;
        let empty = self.empty_file().map_err(CommandError::io("making a file in the state folder"))?;
        let guard = self
            .points
            .make(&places.protected)
            .map_err(CommandError::io("making mount points in the workspace"))?;
        let plan = Plan {
            config: &self.config,
            level,
            bubblewrap: self.bubblewrap.as_deref(),
            places: &places,
            spec,
            path: &path,
            empty: &empty,
            shown: shown.program.as_deref(),
        };
        let piped = CommandError::io("making a pipe");
        let (ours, theirs) = io::pipe().map_err(&piped)?;
        let also = theirs.try_clone().map_err(&piped)?;
        let command =
            process::finish(plan.command(), &places.cwd, environment, Stdio::from(theirs), Stdio::from(also));
        let pipe = pipe::Receiver::from_owned_fd(ours.into()).map_err(&piped)?;
        Ok(Prepared { command, pipe, guard, level })
    }

    /// The strongest level that can do what is asked.
    fn level_for(&self, spec: &Spec) -> Result<Level, CommandError> {
        let changes = spec.writable || spec.network;
        let level = if self.level == Level::Lower && changes { Level::None } else { self.level };
        if level >= spec.level {
            return Ok(level);
        }
        let why = if self.level == Level::Lower {
            "it only lets commands read, without a network"
        } else {
            "see `plyrum doctor`"
        };
        Err(CommandError::Level { needed: spec.level, offered: self.level, why })
    }

    fn empty_file(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.config.state_dir)?;
        let path = self.config.state_dir.join("empty");
        fs::OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(path)
    }
}

fn finished(followed: Followed, ms: u64, level: Level) -> Result<Finished, CommandError> {
    let Followed { status, stopped, output } = followed;
    let output_bytes = output.total;
    let (text, cut) = output.finish();
    let exit = match stopped {
        Some(stopped) => Exit::Stopped(stopped),
        None => exit_of(status),
    };
    if let Some(error) = failure_of_ours(exit, &text, level) {
        return Err(error);
    }
    Ok(Finished { exit, ms, output: text, cut, output_bytes, level })
}

fn exit_of(status: Option<ExitStatus>) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    let code = status.and_then(|status| status.code());
    let signal = status.and_then(|status| status.signal());
    code.map_or_else(|| Exit::Signal(signal.unwrap_or(0)), Exit::Code)
}

/// A command that imitates these lines is only told that it did not run.
fn failure_of_ours(exit: Exit, text: &str, level: Level) -> Option<CommandError> {
    let line = text.lines().next_back().unwrap_or_default();
    let reason = match exit {
        Exit::Code(code) if code == i32::from(FAILED) => line.strip_prefix(MARK)?,
        Exit::Code(1) if level == Level::Full => text.lines().next()?.strip_prefix("bwrap: ")?,
        _ => return None,
    };
    let missing =
        reason.strip_prefix("execvp ").and_then(|rest| rest.strip_suffix(": No such file or directory"));
    Some(match missing {
        Some(program) => CommandError::NotFound(program.into()),
        None => CommandError::Sandbox(reason.to_owned()),
    })
}
