//! Whether a run may act, and where: a folder, a policy that holds there, somebody to ask.

use super::client_name;
use crate::clock;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::driver::convert;
use crate::project;
use crate::resolve::is_told_how_to_act;
use crate::tools::Order;
use plyrum_protocol::{Asking, ErrorKind, Fault, Submit, SubmitOptions};
use plyrum_tools::policies;
use std::path::{Path, PathBuf};

/// How the run may act: in the client's folder, by its policy, which must exist. None where there is no folder, and for
/// summaries.
pub(super) fn of(daemon: &Daemon, context: &Context, submit: &Submit) -> Result<Option<Order>, Fault> {
    let policy = submit.options.approve.clone().unwrap_or_else(|| context.settings.defaults.approve.clone());
    let Some(workspace) = submit.workspace.as_deref().filter(|_| submit.compact.is_none()) else {
        return Ok(None);
    };
    let folder = Path::new(workspace);
    if !folder.is_absolute() {
        return Ok(None);
    }
    let now = clock::now().millis() / 1000;
    let Ok(root) = PathBuf::from(project::of(workspace)).canonicalize() else { return Ok(None) };
    for name in std::iter::once(&policy).chain(&context.settings.narrowing.policies) {
        policies::layered(&daemon.paths, name, &root, now).map_err(|e| convert::policies(&e))?; // a policy that is not there, or broken, is told now
    }
    let client = client_name(&submit.client, context);
    let own =
        [&daemon.paths.config_dir, &daemon.paths.data_dir, &daemon.paths.state_dir, &daemon.paths.run_dir];
    let is_inside = |dir: &&PathBuf| dir.canonicalize().is_ok_and(|dir| dir.starts_with(&root));
    if own.iter().any(is_inside) {
        return own_files_inside(&submit.options, &root);
    }
    let plan_mode = submit.options.plan_mode;
    Ok(Some(Order { workspace: root, policy, asking: submit.options.asking, plan_mode, client }))
}

/// A model that could write Plyrum's own files could write itself a policy: nothing is offered there, and whoever has
/// asked for it is told.
fn own_files_inside(options: &SubmitOptions, root: &Path) -> Result<Option<Order>, Fault> {
    let is_wanted = is_told_how_to_act(options) || options.plan_mode || options.asking == Asking::Defer;
    if !is_wanted {
        return Ok(None);
    }
    let message = format!("{} holds Plyrum's own files, so no model acts in it", root.display());
    Err(Fault::new(ErrorKind::Config, message).hint("ask from the folder of a project"))
}
