//! Carrying out what was allowed.

use super::act::ended;
use super::call::Call;
use super::decide::Decision;
use super::of_run::{Kept, OfRun, open_journal};
use super::prepare::{Prepared, Subject, changes_nothing};
use plyrum_engine::{ToolEvent, ToolResult};
use plyrum_protocol::{Action, CallId, ChangedFile, ToolOutcome};
use plyrum_redact::RedactStream;
use plyrum_tools::commands::{Chunk, CommandError, Exit, Finished, Shell, Spec, Stopped};
use plyrum_tools::sandbox::Level;
use plyrum_tools::{FileError, Place, SnapshotBounds, Verdict, Workspace, files, secrets_below};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Pieces of output that wait to be shown; a command that writes faster waits.
const MAX_CHUNKS: usize = 64;

/// Who confirmed an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// A policy, of exactly what it read.
    ByPolicy,
    /// A person, of the words as they stand.
    ByPerson,
}

const NOT_PROVEN: &str = "not carried out: files changed between the decision and its execution, so that it may not be what was \
allowed any more. Call it again.";

/// Whether a call may change the workspace.
pub(super) fn changes(call: &Call) -> bool {
    match call {
        Call::Write(_) | Call::Patch(_) | Call::Run(_) | Call::Shell(_) => true,
        Call::Read(_) | Call::List(_) | Call::Search(_) | Call::Fetch(_) | Call::Todo(_) => false,
    }
}

impl OfRun {
    /// The level at which a command will run.
    pub(super) async fn level_of(&self, call: &Call) -> Option<String> {
        let is_command = matches!(call, Call::Run(_) | Call::Shell(_));
        if is_command { Some(self.toolbox().yard().await.probed.level.to_string()) } else { None }
    }

    /// Carries it out. Whatever happens is in the result.
    pub(super) async fn execute(
        &self,
        id: &CallId,
        call: &Call,
        prepared: &Prepared,
        by: Confirmed,
        stop: &mut watch::Receiver<bool>,
    ) -> ToolResult {
        let began = Instant::now();
        let mut result = match call {
            Call::Run(_) | Call::Shell(_) => self.command(id, call, prepared, by, stop).await,
            Call::Fetch(args) => self.fetch(args, stop).await,
            Call::Todo(_) => ended(ToolOutcome::Ok, "the user sees the list".to_owned()),
            file => self.file(file, prepared, stop).await,
        };
        if result.ms == 0 {
            result.ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        result
    }

    /// The file tools block on the disk.
    async fn file(&self, call: &Call, prepared: &Prepared, stop: &watch::Receiver<bool>) -> ToolResult {
        let workspace = match self.open() {
            Ok(workspace) => workspace,
            Err(e) => return ended(ToolOutcome::Failed, e.for_model()),
        };
        let (call, changes, stop) = (call.clone(), prepared.changes.clone(), stop.clone());
        let (kept, dir) = (Arc::clone(&self.kept), self.journal_dir());
        let done = tokio::task::spawn_blocking(move || match &call {
            Call::Read(args) => files::read_file::execute(&workspace, args),
            Call::List(args) => files::list_dir::execute(&workspace, args),
            Call::Search(args) => files::search::execute(&workspace, args, &|| *stop.borrow()),
            Call::Write(args) => with_journal(&kept, &dir, &workspace, |journal| {
                files::write_file::execute(&workspace, args, &changes, journal)
            }),
            Call::Patch(args) => with_journal(&kept, &dir, &workspace, |journal| {
                files::apply_patch::execute(&workspace, args, &changes, journal)
            }),
            Call::Run(_) | Call::Shell(_) | Call::Fetch(_) | Call::Todo(_) => Ok(files::Outcome::default()),
        });
        match done.await {
            Ok(Ok(outcome)) => ToolResult {
                bytes: outcome.text.len() as u64,
                changed_files: changed(outcome.changed),
                ..ended(ToolOutcome::Ok, self.context.redactor.redact(&outcome.text).into_owned())
            },
            Ok(Err(e)) => {
                ended(ToolOutcome::Failed, self.context.redactor.redact(&e.for_model()).into_owned())
            }
            Err(e) => ended(ToolOutcome::Failed, format!("the tool broke: {e}")),
        }
    }

    async fn fetch(&self, args: &plyrum_tools::fetch::Args, stop: &watch::Receiver<bool>) -> ToolResult {
        // The first address was allowed as it stands; where it leads must be allowed by a rule.
        let may = |url: &str| self.may_follow(url);
        match self.toolbox().fetcher().execute(args, &may, stop.clone()).await {
            Ok(page) => {
                let cut = if page.cut { ", cut" } else { "" };
                let text =
                    format!("{} {} ({}{cut})\n\n{}", page.status, page.url, page.content_type, page.text);
                let text = self.context.redactor.redact(&text).into_owned();
                let outcome = if page.status < 400 { ToolOutcome::Ok } else { ToolOutcome::Failed };
                ToolResult { bytes: page.bytes, ..ended(outcome, text) }
            }
            Err(e) if *stop.borrow() => ended(ToolOutcome::Stopped, e.for_model()),
            Err(e) => ended(ToolOutcome::Failed, self.context.redactor.redact(&e.for_model()).into_owned()),
        }
    }

    fn may_follow(&self, url: &str) -> Result<(), String> {
        let policies = self.policies().map_err(|fault| fault.to_string())?;
        let subjects = vec![Subject::Fetch { url: url.to_owned() }];
        let action = Action::Fetch { url: url.to_owned(), max_bytes: None };
        let prepared = Prepared {
            tool: plyrum_tools::fetch::NAME,
            action,
            sha256: String::new(),
            changes: vec![],
            subjects,
        };
        let Decision { verdict, ruling } =
            super::decide::decide(&policies, &prepared, &self.place(), &super::decide::Sandboxed::Fully);
        if verdict == Verdict::Allow { Ok(()) } else { Err(ruling.reason) }
    }

    async fn command(
        &self,
        id: &CallId,
        call: &Call,
        prepared: &Prepared,
        by: Confirmed,
        stop: &mut watch::Receiver<bool>,
    ) -> ToolResult {
        let runner = match &self.toolbox().yard().await.runner {
            Ok(runner) => runner.clone(),
            Err(e) => return ended(ToolOutcome::Failed, e.to_string()),
        };
        // Follows links on the disk.
        let reads = tokio::task::block_in_place(|| changes_nothing(prepared, &self.place()));
        let Some(mut spec) = self.spec(call, &prepared.action, !reads) else {
            return ended(ToolOutcome::Failed, "this is no command".to_owned());
        };
        if by == Confirmed::ByPolicy {
            if let Call::Shell(shell) = call {
                match tokio::task::block_in_place(|| {
                    let cwd = shell.cwd.as_deref().unwrap_or_default();
                    self.proven(&shell.command, cwd, &self.place())
                }) {
                    Some(line) => spec.argv = Shell { command: line, ..shell.clone() }.words(),
                    None => return ended(ToolOutcome::Failed, NOT_PROVEN.to_owned()),
                }
            }
            if reads {
                spec.masked = tokio::task::block_in_place(|| secrets_below(&self.order.workspace));
            }
        }
        if !reads && let Err(e) = self.look_before(stop).await {
            return ended(ToolOutcome::Failed, e.for_model());
        }
        let (chunks, shown) = mpsc::channel(MAX_CHUNKS);
        let (finished, ()) = tokio::join!(runner.execute(spec, stop.clone(), chunks), self.show(id, shown));
        let changed_files = if reads { Ok(Vec::new()) } else { self.look_after().await };
        self.told(finished, changed_files)
    }

    /// The string as it can only do what all policies have allowed.
    pub(super) fn proven(&self, command: &str, cwd: &str, place: &Place<'_>) -> Option<String> {
        let policies = self.policies().ok()?;
        let mut lines = policies.iter().map(|policy| policy.proven(command, cwd, place));
        let first = lines.next()??;
        lines.all(|line| line.as_ref() == Some(&first)).then_some(first)
    }

    fn spec(&self, call: &Call, action: &Action, writable: bool) -> Option<Spec> {
        let (argv, cwd, env, timeout_s, network): (Vec<OsString>, _, _, _, _) = match (call, action) {
            (Call::Run(_), Action::Run { argv, cwd, env, timeout_s, network }) => {
                (argv.iter().map(OsString::from).collect(), cwd, env, *timeout_s, *network)
            }
            (Call::Shell(shell), Action::Shell { cwd, env, timeout_s, network, .. }) => {
                (shell.words(), cwd, env, *timeout_s, *network)
            }
            _ => return None,
        };
        Some(Spec {
            argv,
            workspace: self.order.workspace.clone(),
            cwd: PathBuf::from(cwd),
            env: env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            masked: Vec::new(),
            network,
            writable,
            timeout: Duration::from_secs(timeout_s),
            level: Level::None,
        })
    }

    /// Shows output as it comes, without secrets.
    async fn show(&self, id: &CallId, mut chunks: mpsc::Receiver<Chunk>) {
        let mut clean: Option<RedactStream> = Some(self.context.redactor.stream());
        while let Some(chunk) = chunks.recv().await {
            if let (Chunk::Text(text), Some(stream)) = (chunk, clean.as_mut()) {
                self.output(id, stream.push(&text)).await;
            }
        }
        if let Some(stream) = clean.take() {
            self.output(id, stream.finish()).await;
        }
    }

    async fn output(&self, id: &CallId, text: String) {
        if !text.is_empty() {
            self.tell(id, ToolEvent::Output { text }).await;
        }
    }

    /// Keeps what the command may change, so that it can be put back.
    async fn look_before(&self, stop: &watch::Receiver<bool>) -> Result<(), FileError> {
        let workspace = self.open()?;
        let (kept, dir, stop) = (Arc::clone(&self.kept), self.journal_dir(), stop.clone());
        blocking(move || {
            let mut kept = lock(&kept);
            let mut journal = take_journal(&mut kept, &dir, &workspace)?;
            let earlier = kept.snapshot.take();
            let bounds = SnapshotBounds::default();
            let seen = journal.before_command(&workspace, &bounds, earlier.as_ref(), &|| *stop.borrow());
            kept.journal = Some(journal);
            kept.snapshot = Some(seen?);
            Ok(())
        })
        .await
    }

    /// Enters what it changed. Not to be stopped: it must be known.
    async fn look_after(&self) -> Result<Vec<ChangedFile>, FileError> {
        let workspace = self.open()?;
        let (kept, dir) = (Arc::clone(&self.kept), self.journal_dir());
        blocking(move || {
            let mut kept = lock(&kept);
            let mut journal = take_journal(&mut kept, &dir, &workspace)?;
            let Some(before) = kept.snapshot.take() else { return Ok(Vec::new()) };
            let seen = journal.after_command(&workspace, &SnapshotBounds::default(), &before, &|| false);
            kept.journal = Some(journal);
            let observed = seen?;
            kept.snapshot = Some(observed.snapshot);
            Ok(changed(observed.changed))
        })
        .await
    }

    fn told(
        &self,
        finished: Result<Finished, CommandError>,
        changed_files: Result<Vec<ChangedFile>, FileError>,
    ) -> ToolResult {
        let (changed_files, note) = match changed_files {
            Ok(files) => (files, String::new()),
            Err(e) => (Vec::new(), format!("\n(what it changed could not be looked at: {})", e.for_model())),
        };
        let finished = match finished {
            Ok(finished) => finished,
            Err(e) => {
                return ToolResult { changed_files, ..ended(ToolOutcome::Failed, format!("{e}{note}")) };
            }
        };
        let (outcome, exit, how) = how_it_ended(finished.exit);
        let output = self.context.redactor.redact(&finished.output);
        let output = if output.is_empty() { "(no output)" } else { output.as_ref() };
        let note = note + &runs_code(&changed_files);
        ToolResult {
            outcome,
            exit,
            ms: finished.ms.max(1),
            bytes: finished.output_bytes,
            changed_files,
            text: format!("{how}\n{output}{note}"),
        }
    }
}

/// What a command made or changed deeper in the workspace, where no mount keeps it, that runs code by itself.
fn runs_code(changed: &[ChangedFile]) -> String {
    let guarded = |file: &&ChangedFile| plyrum_tools::runs_code(std::path::Path::new(&file.path));
    let names: Vec<&str> = changed.iter().filter(guarded).map(|file| file.path.as_str()).take(8).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "\n(note for the user: it changed {}, which may run code when git, an editor or a shell comes there; look at it \
         first, or undo)",
        names.join(", ")
    )
}

/// For the model, and for the record.
pub(super) fn how_it_ended(exit: Exit) -> (ToolOutcome, Option<i32>, String) {
    match exit {
        Exit::Code(code) => (ToolOutcome::Ok, Some(code), format!("exit code {code}")),
        Exit::Signal(signal) => (ToolOutcome::Failed, None, format!("ended by signal {signal}")),
        Exit::Stopped(Stopped::TimedOut) => {
            let how = "ended: its time was over (timeout_s allows up to 1800 seconds)";
            (ToolOutcome::Stopped, None, how.to_owned())
        }
        Exit::Stopped(Stopped::Cancelled) => {
            (ToolOutcome::Stopped, None, "ended: the run was cancelled".to_owned())
        }
        Exit::Stopped(Stopped::TooMuchOutput) => {
            (ToolOutcome::Stopped, None, "ended: it wrote too much output".to_owned())
        }
        Exit::Stopped(Stopped::TooMuchMemory) => {
            (ToolOutcome::Stopped, None, "ended: it used too much memory".to_owned())
        }
        Exit::Stopped(Stopped::TooManyProcesses) => {
            (ToolOutcome::Stopped, None, "ended: it started too many processes".to_owned())
        }
    }
}

fn with_journal(
    kept: &Mutex<Kept>,
    dir: &std::path::Path,
    workspace: &Workspace,
    act: impl FnOnce(&mut plyrum_tools::Journal) -> Result<files::Outcome, FileError>,
) -> Result<files::Outcome, FileError> {
    let mut kept = lock(kept);
    let mut journal = take_journal(&mut kept, dir, workspace)?;
    let done = act(&mut journal);
    kept.journal = Some(journal);
    done
}

fn take_journal(
    kept: &mut MutexGuard<'_, Kept>,
    dir: &std::path::Path,
    workspace: &Workspace,
) -> Result<plyrum_tools::Journal, FileError> {
    kept.journal.take().map_or_else(|| open_journal(dir, workspace.root()), Ok)
}

fn changed(files: Vec<files::ChangedFile>) -> Vec<ChangedFile> {
    let changed = |file: files::ChangedFile| ChangedFile {
        path: file.path,
        before_sha256: file.before,
        after_sha256: file.after,
    };
    files.into_iter().map(changed).collect()
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(e) => Err(FileError::Io {
            what: "look at",
            path: "the workspace".to_owned(),
            source: std::io::Error::other(e),
        }),
    }
}
