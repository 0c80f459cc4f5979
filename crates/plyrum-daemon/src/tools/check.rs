//! The run's check: a command of the person who asks that judges proposals. It is an action like a model's: the policies
//! are asked, a person where they say so, and all of it is on record. One leave holds for all proposals of the run, which
//! it names by their number; what differs between them is the content of one file, in a scratch copy.
//!
//! Nothing runs but in the full sandbox, with a copy in the workspace's place (`plyrum_tools::Scratch`), so that no
//! candidate changes a file of the user's, finds what another one left, or reaches the network. A check is as good as its
//! command: a candidate that ends the process with 0 before a test has run passes it.

use super::act::{Leave, ended, refusal};
use super::execute::how_it_ended;
use super::of_run::OfRun;
use super::prepare::{Prepared, Subject, Unready, hash, shell_environment};
use super::record::By;
use plyrum_engine::{CheckOrder, Input, ToolEvent, Tried};
use plyrum_protocol::{Action, ApprovalId, CallId, StepId, ToolOutcome, first_code_block};
use plyrum_tools::commands::{CommandError, Exit, Finished, Shell, Spec, Stopped};
use plyrum_tools::sandbox::Level;
use plyrum_tools::{FileError, Place, RelPath, Scratch, ScratchBounds, Workspace, files};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// The name that the check has among actions.
const TOOL: &str = "check";
/// A command that takes longer on one proposal is ended.
const TIMEOUT_S: u64 = 60;
const RUN_ENDS: &str = "not carried out: the run ends";

/// A proposal to try.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) step: StepId,
    pub(crate) text: String,
}

/// Gets leave for a check, then tries what comes until nobody can send more.
pub(crate) async fn check(
    run: Arc<OfRun>,
    order: CheckOrder,
    mut stop: watch::Receiver<bool>,
    kept: oneshot::Receiver<Option<String>>,
    waits_for: Option<ApprovalId>,
    mut candidates: mpsc::Receiver<Candidate>,
) {
    let mut permitted = match run.leave_to_check(&order, &mut stop, kept, waits_for).await {
        Ok(permitted) => permitted,
        Err(last) => return run.tell(&order.call, *last).await,
    };
    run.tell(&order.call, ToolEvent::Permitted).await;
    while let Some(Candidate { step, text }) = candidates.recv().await {
        let tried = match run.try_it(&order, &mut permitted, &step, &text, &mut stop).await {
            Ok(tried) => tried,
            Err(why) => Tried::NotRun { why },
        };
        let _run_is_over = run.inputs.send(Input::Tried { step, tried }).await;
    }
}

/// A check that may run.
struct Permitted {
    prepared: Prepared,
    leave: Leave,
    /// It has begun: its approval is used up by it, and by nothing else.
    begun: bool,
}

/// The file of a check as the workspace has it, or why no proposal is written there. `hidden` is what no command sees.
pub(crate) fn file_of(workspace: &Workspace, file: &str, hidden: &[PathBuf]) -> Result<RelPath, FileError> {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(file).components().all(inside) {
        return Err(FileError::Outside { path: file.chars().take(200).collect() });
    }
    let args = files::write_file::Args { path: file.to_owned(), content: String::new() };
    files::write_file::preview(workspace, &args)?;
    let path = workspace.relative(file)?;
    Scratch::can_hold(workspace, &path, hidden)?;
    Ok(path)
}

impl OfRun {
    async fn leave_to_check(
        &self,
        order: &CheckOrder,
        stop: &mut watch::Receiver<bool>,
        kept: oneshot::Receiver<Option<String>>,
        waits_for: Option<ApprovalId>,
    ) -> Result<Permitted, Box<ToolEvent>> {
        let call = &order.call;
        let prepared = match self.prepare_check(order) {
            Ok(prepared) => prepared,
            Err(unready) => {
                let shown = serde_json::json!(order.check).to_string();
                return Err(Box::new(self.unready(call, TOOL, shown, unready).await));
            }
        };
        if let super::decide::Sandboxed::No { why } = self.toolbox().sandboxed().await {
            return Err(Box::new(self.without_sandbox(call, &prepared, waits_for.is_none(), &why).await));
        }
        let leave = match waits_for {
            Some(approval) => self.taken_up(call, &prepared, &approval, stop).await,
            None => self.leave(call, &prepared, stop, kept).await,
        };
        let leave = leave?;
        if *stop.borrow() {
            return Err(Box::new(ToolEvent::Finished(ended(ToolOutcome::Stopped, RUN_ENDS.to_owned()))));
        }
        Ok(Permitted { prepared, leave, begun: false })
    }

    /// Nobody is asked for what cannot be done in any case.
    async fn without_sandbox(
        &self,
        call: &CallId,
        prepared: &Prepared,
        is_new: bool,
        why: &str,
    ) -> ToolEvent {
        if is_new {
            self.propose(call, prepared).await;
        }
        let why =
            format!("a check only runs in the full sandbox, which is not to be had: {why} (plyrum doctor)");
        self.record_decided(call, prepared, &refusal(&why), &By::Policy, "deny");
        ToolEvent::Finished(ended(ToolOutcome::Failed, format!("not carried out: {why}")))
    }

    /// Exactly what will happen, with its hash. Looks at the workspace.
    fn prepare_check(&self, order: &CheckOrder) -> Result<Prepared, Unready> {
        let look = || {
            let workspace = self.open()?;
            file_of(&workspace, &order.check.file, &self.toolbox().hidden())
        };
        let file = tokio::task::block_in_place(look)?;
        let command = order.check.command.clone();
        let action = Action::Check {
            env: shell_environment(&command),
            command: command.clone(),
            cwd: String::new(),
            file: file.display(),
            proposals: order.proposals,
            timeout_s: TIMEOUT_S,
        };
        let sha256 = hash(TOOL, &self.order.workspace, &action);
        let subjects = vec![Subject::Shell { command, cwd: String::new() }];
        Ok(Prepared { tool: TOOL, action, sha256, changes: Vec::new(), subjects })
    }

    /// Tries one proposal. What keeps it from being tried at all is the error.
    async fn try_it(
        &self,
        order: &CheckOrder,
        permitted: &mut Permitted,
        step: &StepId,
        text: &str,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Tried, String> {
        let lock = self.toolbox().lock_of(&self.order.workspace);
        // While a command works in the workspace, a copy would be of no moment.
        let _turn = tokio::select! {
            turn = lock.lock() => turn,
            () = super::ask::until_stopped(stop) => return Err(RUN_ENDS.to_owned()),
        };
        let _alone = self.alone()?;
        let now = self.prepare_check(order).map_err(|unready| match unready {
            Unready::Refused(why) | Unready::Failed(why) => why,
        })?;
        if now.sha256 != permitted.prepared.sha256 {
            return Err("not carried out: it is not what was allowed any more".to_owned());
        }
        let scratch = self.scratch(order, text, stop).await?;
        let tried = self.try_in(&scratch, order, permitted, step, stop).await;
        let removed = tokio::task::spawn_blocking(move || drop(scratch)).await;
        removed.map_err(|e| e.to_string())?;
        tried
    }

    /// A copy of the workspace with the proposal in it.
    async fn scratch(
        &self,
        order: &CheckOrder,
        text: &str,
        stop: &watch::Receiver<bool>,
    ) -> Result<Scratch, String> {
        let workspace = self.open().map_err(|e| e.for_model())?;
        let (below, hidden, stop) = (self.toolbox().scratch_dir(), self.toolbox().hidden(), stop.clone());
        let code = match first_code_block(text) {
            Some(code) => format!("{code}\n"),
            None => text.to_owned(),
        };
        let file = order.check.file.clone();
        let made = tokio::task::spawn_blocking(move || {
            let path = file_of(&workspace, &file, &hidden)?;
            let bounds = ScratchBounds::default();
            let scratch = Scratch::copy(&workspace, &below, &hidden, bounds, &|| *stop.borrow())?;
            scratch.write(&path, code.as_bytes())?;
            Ok::<_, FileError>(scratch)
        });
        let made = made.await.map_err(|e| e.to_string())?;
        made.map_err(|e| match e {
            FileError::Stopped => RUN_ENDS.to_owned(),
            e => format!("not carried out: {}", e.for_model()),
        })
    }

    async fn try_in(
        &self,
        scratch: &Scratch,
        order: &CheckOrder,
        permitted: &mut Permitted,
        step: &StepId,
        stop: &watch::Receiver<bool>,
    ) -> Result<Tried, String> {
        let runner = match &self.toolbox().yard().await.runner {
            Ok(runner) => runner.clone(),
            Err(e) => return Err(e.to_string()),
        };
        let spec = self.spec_of_check(scratch, order, permitted)?;
        self.begin_check(&order.call, permitted).await?;
        // The end of the output is in the frame; nobody reads it as it comes.
        let (chunks, _) = mpsc::channel(1);
        let finished = runner.execute_in(scratch, spec, stop.clone(), chunks).await;
        self.record_tried(&order.call, &permitted.prepared, step, finished.as_ref().ok());
        self.verdict(finished)
    }

    /// A policy has allowed what it read; a person, the words as they stand.
    fn spec_of_check(
        &self,
        scratch: &Scratch,
        order: &CheckOrder,
        permitted: &Permitted,
    ) -> Result<Spec, String> {
        let mut command = order.check.command.clone();
        if permitted.leave.approval.is_none() {
            // Patterns find what the copy has, the proposal among it. Rules hold as in the workspace.
            let copy = scratch.folder().canonicalize().map_err(|e| format!("not carried out: {e}"))?;
            let place = Place { copy: Some(&copy), ..self.place() };
            let proven = tokio::task::block_in_place(|| self.proven(&command, "", &place));
            command = proven
                .ok_or("not carried out: with the proposal in its place no policy allows it any more")?;
        }
        let shell = Shell { command, cwd: None, timeout_s: None, network: None };
        let Action::Check { env, .. } = &permitted.prepared.action else {
            return Err("not carried out: it is not what was allowed any more".to_owned());
        };
        Ok(Spec {
            argv: shell.words(),
            workspace: self.order.workspace.clone(),
            cwd: PathBuf::new(),
            env: env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            masked: Vec::new(),
            network: false,
            writable: true,
            timeout: Duration::from_secs(TIMEOUT_S),
            level: Level::Full,
        })
    }

    /// The first try uses the approval up, and is told.
    async fn begin_check(&self, call: &CallId, permitted: &mut Permitted) -> Result<(), String> {
        if permitted.begun {
            return Ok(());
        }
        if let Some(approval) = &permitted.leave.approval {
            match self.begin_execution(approval, &permitted.prepared.sha256).await {
                Ok(true) => {}
                Ok(false) => {
                    return Err(
                        "not carried out: its approval was used up, or is of another action".to_owned()
                    );
                }
                Err(fault) => return Err(fault.to_string()),
            }
        }
        permitted.begun = true;
        let Leave { ruling, approval } = permitted.leave.clone();
        let sandbox = Some(Level::Full.to_string());
        self.tell(call, ToolEvent::Started { ruling, approval, sandbox }).await;
        Ok(())
    }

    fn verdict(&self, finished: Result<Finished, CommandError>) -> Result<Tried, String> {
        let clean = |text: &str| self.context.redactor.redact(text).into_owned();
        let finished = match finished {
            Ok(finished) => finished,
            // A candidate can write what a failing sandbox writes: that is its own failure, not the end of the check.
            Err(e @ (CommandError::Sandbox(_) | CommandError::NotFound(_))) => {
                let why = Some(clean(&e.to_string()));
                return Ok(Tried::Failed { exit: None, why, ms: 0, output: String::new() });
            }
            Err(e) => return Err(format!("not carried out: {}", clean(&e.to_string()))),
        };
        let (ms, output) = (finished.ms, clean(&finished.output));
        match finished.exit {
            Exit::Code(0) => Ok(Tried::Passed { ms, output }),
            Exit::Code(code) => Ok(Tried::Failed { exit: Some(code), why: None, ms, output }),
            Exit::Stopped(Stopped::Cancelled) => Err(RUN_ENDS.to_owned()),
            Exit::Stopped(Stopped::TimedOut) => {
                let why = Some(format!("ended: its {TIMEOUT_S} s were over"));
                Ok(Tried::Failed { exit: None, why, ms, output })
            }
            other => {
                let (_, exit, how) = how_it_ended(other);
                Ok(Tried::Failed { exit, why: Some(how), ms, output })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_path_inside_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", dir.path().join("out")).unwrap();
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        let inside = dir.path().join("a.py");
        let hidden = [workspace.root().join("own")];
        for refused in [
            "",
            ".",
            "..",
            "../a.py",
            "a/../../b",
            "a/../b.py",
            "/etc/passwd",
            inside.to_str().unwrap(),
            "~/a.py",
            ".git/hooks/pre-commit",
            ".GIT/config",
            ".plyrum/config.toml",
            ".envrc",
            "x/.bashrc",
            "out/passwd",
            "out",
            "folder",
            "a\0b",
            "node_modules/p/index.js",
            "web/.venv/x.py",
            "venv/x.py",
            "target/x.rs",
            "src/__pycache__/x.py",
            ".env",
            "own/x.py",
        ] {
            assert!(file_of(&workspace, refused, &hidden).is_err(), "{refused:?}");
        }
        for (taken, shown) in [("sum.py", "sum.py"), ("./src/sum.py", "src/sum.py"), ("файл.py", "файл.py")]
        {
            assert_eq!(file_of(&workspace, taken, &hidden).unwrap().display(), shown);
        }
    }
}
