//! Where a command of this shell would run.

use crate::text::say;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::Place;
use std::path::{Path, PathBuf};

/// Where commands would run: the git work tree, else the working directory, and the latter below it.
pub(super) struct Here {
    pub(super) workspace: PathBuf,
    pub(super) cwd: String,
    home: Option<PathBuf>,
}

impl Here {
    pub(super) fn find() -> Result<Self, Fault> {
        let wrong =
            |e: std::io::Error| Fault::new(ErrorKind::Storage, say!("fault-cwd", why = e.to_string()));
        let dir = std::env::current_dir().and_then(|dir| dir.canonicalize()).map_err(wrong)?;
        let tree = dir.ancestors().find(|dir| dir.join(".git").symlink_metadata().is_ok());
        let workspace = tree.unwrap_or(&dir).to_owned();
        let cwd = dir.strip_prefix(&workspace).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
        Ok(Self { workspace, cwd, home })
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place { workspace: &self.workspace, copy: None, home: self.home.as_deref() }
    }
}
