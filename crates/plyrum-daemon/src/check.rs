//! What a submit says of a check, looked at before anything is written or held: whether it can be run at all, and where.

use crate::context::Context;
use crate::project;
use crate::tools::file_of;
use plyrum_protocol::{Check, ErrorKind, Fault, MAX_CHECK_COMMAND_BYTES, StepKind, Submit};
use plyrum_tools::{Scratch, ScratchBounds, Workspace};
use std::path::{Path, PathBuf};

/// The check that a submit asks for, if it can be carried out. `hidden` is what no command sees. Blocks on the disk.
pub(crate) fn taken(context: &Context, submit: &Submit, hidden: &[PathBuf]) -> Result<Option<Check>, Fault> {
    let Some(check) = submit.options.check.clone() else { return Ok(None) };
    if submit.compact.is_some() {
        return Err(usage("a summary is a text, and no check judges it"));
    }
    if submit.options.schema.is_some() {
        // What does not fit is written anew, and what is written anew was never tried.
        return Err(usage("a check judges code and a schema wants JSON, so one run has one of them")
            .hint("leave --schema or --check away"));
    }
    if submit.options.plan_mode {
        return Err(usage("a run that only plans carries nothing out, a check neither")
            .hint("leave --plan-mode or --check away"));
    }
    if check.command.trim().is_empty() {
        return Err(
            usage("the command of the check is empty").hint("--check \"CMD\": exit 0 means that it passes")
        );
    }
    if check.command.len() > MAX_CHECK_COMMAND_BYTES || check.command.contains('\0') {
        let message = format!(
            "the command of the check has {} bytes; at most {MAX_CHECK_COMMAND_BYTES} are taken, and no NUL",
            check.command.len()
        );
        return Err(usage(message).hint("write it into a script of the workspace"));
    }
    if [&check.command, &check.file].into_iter().any(|text| context.redactor.redact(text) != text.as_str()) {
        return Err(usage("the check holds what looks like a secret, which is passed to no command")
            .hint("let the command read it from a file"));
    }
    let folder = submit.workspace.as_deref().filter(|folder| Path::new(folder).is_absolute());
    let Some(folder) = folder else {
        return Err(usage("a check needs a folder to run in").hint("ask from the folder of a project"));
    };
    let wrong = |e: plyrum_tools::FileError| {
        usage(format!("the file of --check-file cannot be used: {}", e.for_model()))
            .hint("name a file inside the workspace, relative to it, that a model may write")
    };
    let workspace = Workspace::open(Path::new(&project::of(folder))).map_err(wrong)?;
    file_of(&workspace, &check.file, hidden).map_err(wrong)?;
    // Found out while proposals are tried, it would be too late: they are paid by then.
    Scratch::fits(&workspace, hidden, ScratchBounds::default(), &|| false).map_err(|e| {
        usage(format!("no proposal can be tried here: {}", e.for_model()))
            .hint("ask from the folder of a smaller project; `.git`, `target`, caches and installed dependencies do not count")
    })?;
    Ok(Some(check))
}

/// A check judges what a step selects from: other plans have nothing for it.
pub(crate) fn of_a_plan_that_selects<'a>(
    plan: &plyrum_engine::Plan,
    known: impl Iterator<Item = &'a plyrum_engine::Plan>,
) -> Result<(), Fault> {
    if selects(plan) {
        return Ok(());
    }
    let names: Vec<&str> = known.filter(|plan| selects(plan)).map(|plan| plan.name.as_str()).collect();
    let message =
        format!("the plan `{}` selects no proposal, so there is nothing that a check could judge", plan.name);
    Err(usage(message).hint(format!("plans that select: {}; without --plan one is taken", names.join(", "))))
}

fn selects(plan: &plyrum_engine::Plan) -> bool {
    plan.steps.last().is_some_and(|step| step.kind == StepKind::Select)
}

fn usage(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::Usage, message)
}
