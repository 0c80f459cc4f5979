//! Putting back what a run changed, and entering what a command changed that a crash has cut off.

use super::of_run::NOTE;
use super::toolbox::Toolbox;
use plyrum_protocol::{ErrorKind, Fault, RunId, Undone};
use plyrum_tools::{ChangedSince, Journal, SnapshotBounds, Workspace};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Journals that are looked at after a start, the newest first.
const MAX_JOURNALS: usize = 64;

/// Beside a journal.
#[derive(Deserialize)]
struct Note {
    workspace: PathBuf,
}

/// Puts back what a run changed. Blocks.
pub(crate) fn undo(toolbox: &Toolbox, run: &RunId, since: ChangedSince) -> Result<Undone, Fault> {
    let dir = toolbox.undo_dir(run.as_str());
    let Some(root) = workspace_of(&dir) else {
        let message = format!("run {run} changed no files, or its journal is gone");
        return Err(
            Fault::new(ErrorKind::NotFound, message).hint("plyrum transcript show RUN tells what it did")
        );
    };
    let failed = |e: plyrum_tools::FileError| {
        Fault::new(ErrorKind::Failed, format!("run {run} cannot be undone: {e}")).hint("plyrum doctor")
    };
    let workspace = Workspace::open(&root).map_err(failed)?;
    let report = plyrum_tools::undo(&workspace, &dir, since).map_err(failed)?;
    let changed =
        |path: String| format!("{path}: changed since, left alone (--force puts it back all the same)");
    let mut left: Vec<String> = report.left_alone.into_iter().map(changed).collect();
    left.extend(report.failed.into_iter().map(|(path, why)| format!("{path}: {why}")));
    if report.uncovered > 0 {
        left.push(format!("{} changes by commands are not covered", report.uncovered));
    }
    if report.cut_off {
        left.push("a command was cut off by a crash; what it changed was left alone".to_owned());
    }
    let (restored, removed) = (report.restored, report.removed);
    Ok(Undone { run: run.clone(), workspace: root.display().to_string(), restored, removed, left })
}

fn workspace_of(dir: &Path) -> Option<PathBuf> {
    let note = std::fs::read_to_string(dir.join(NOTE)).ok()?;
    serde_json::from_str::<Note>(&note).ok().map(|note| note.workspace)
}

/// After a crash under a command, before people go on: what differs from the last look is that command's. Blocks.
pub(crate) fn catch_up(toolbox: &Toolbox) {
    let Ok(entries) = std::fs::read_dir(toolbox.undo_dirs()) else { return };
    let stamped = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
    };
    let mut dirs: Vec<_> = entries.filter_map(stamped).collect();
    dirs.sort();
    for (_, dir) in dirs.into_iter().rev().take(MAX_JOURNALS) {
        let Some(root) = workspace_of(&dir) else { continue };
        let caught = Journal::open(&dir).and_then(|mut journal| {
            if !journal.was_cut_off() {
                return Ok(0);
            }
            let workspace = Workspace::open(&root)?;
            journal.catch_up(&workspace, &SnapshotBounds::default(), &|| false)
        });
        match caught {
            Ok(0) => {}
            Ok(count) => {
                crate::log::line(&format!(
                    "{}: {count} changes of a command that was cut off",
                    dir.display()
                ));
            }
            Err(e) => crate::log::line(&format!("{}: {e}", dir.display())),
        }
    }
}
