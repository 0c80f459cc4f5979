//! `plyrum undo`: files as they were before a run.

use super::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::text::{say, words};
use plyrum_protocol::{RunUndo, UndoOrder};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What was changed since by somebody else is left alone and named. Exit 1 where something was left."
)]
pub(crate) struct Args {
    /// The run (an id, its beginning, or `last`)
    run: String,
    /// Put back also what was changed since
    #[arg(long)]
    force: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let order = UndoOrder {
        run: args.run.clone(),
        overwrite: args.force,
        client: format!("plyrum undo {}", env!("CARGO_PKG_VERSION")),
    };
    let undone = runtime()?.block_on(async { connected(&paths).await?.call::<RunUndo>(&order).await })?;
    let code = if undone.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.json {
        out::print_json(&undone)?;
        return Ok(code);
    }
    let mut text = String::new();
    for (key, paths) in
        [("undo-restored", &undone.restored), ("undo-removed", &undone.removed), ("undo-left", &undone.left)]
    {
        for path in paths {
            text += &format!("{}\n", words().with(key, &[("path", path.into())]));
        }
    }
    if text.is_empty() {
        text = format!("{}\n", say!("undo-nothing", workspace = &undone.workspace));
    }
    out::print(&clean(&text))?;
    Ok(code)
}
