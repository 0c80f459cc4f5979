//! Whether the audit can be written, for those who must know before they spend money.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Room that the audit's file system must have left: a refused run is better than one whose records wait.
const MIN_FREE_BYTES: u128 = 1024 * 1024;

/// Shared by the writer, who knows, and everybody who asks.
#[derive(Debug, Default)]
pub(super) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Why nothing can be written.
    trouble: Option<String>,
    /// How the chain was found broken: on record, so no trouble.
    broken: Option<String>,
    /// The file that is written, by what it is on the disk.
    file: Option<(PathBuf, u64, u64)>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the writer could not write when it last tried.
    pub(super) fn last(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Why nothing new may be begun: that, a file that was taken away, or too little room. What is under way is
    /// written as long as it fits.
    pub(super) fn trouble(&self, dir: &Path) -> Option<String> {
        let state = self.lock();
        state.trouble.clone().or_else(|| state.in_place().err()).or_else(|| room(dir).err())
    }

    pub(super) fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }

    pub(super) fn set_broken(&self, what: &str) {
        self.lock().broken = Some(what.to_owned());
    }

    /// The writer has tried.
    pub(super) fn set(&self, trouble: Option<String>) {
        self.lock().trouble = trouble;
    }

    /// The writer writes this file now.
    pub(super) fn set_file(&self, path: Option<PathBuf>) {
        let known = path.and_then(|path| {
            let about = std::fs::symlink_metadata(&path).ok()?;
            Some((path, about.dev(), about.ino()))
        });
        self.lock().file = known;
    }

    /// Whether a look from outside finds nothing wrong: two calls to the system, no wait for the writer.
    pub(super) fn looks_well(&self, dir: &Path) -> bool {
        self.trouble(dir).is_none()
    }
}

impl State {
    fn in_place(&self) -> Result<(), String> {
        let Some((path, dev, ino)) = &self.file else { return Ok(()) };
        match std::fs::symlink_metadata(path) {
            Ok(about) if (about.dev(), about.ino()) == (*dev, *ino) => Ok(()),
            _ => Err(format!("{} is not where it was, or another file is in its place", path.display())),
        }
    }
}

/// Whether there is room for records of more runs. A file system that tells nothing has room.
fn room(dir: &Path) -> Result<(), String> {
    let Ok(about) = nix::sys::statvfs::statvfs(dir) else { return Ok(()) };
    let (blocks, free) = (u128::from(about.blocks()), u128::from(about.blocks_available()));
    let free_bytes = free.saturating_mul(u128::from(about.fragment_size()));
    if blocks == 0 || free_bytes >= MIN_FREE_BYTES {
        return Ok(());
    }
    Err(format!("{} has {free_bytes} bytes of room left, {MIN_FREE_BYTES} are needed", dir.display()))
}
