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

    /// Why nothing new may be begun: that, or too little room. What is under way is written as long as it fits.
    pub(super) fn trouble(&self, dir: &Path) -> Option<String> {
        self.last().or_else(|| room(dir).err())
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
        let state = self.lock();
        let in_place = state.file.as_ref().is_none_or(|(path, dev, ino)| {
            std::fs::symlink_metadata(path).is_ok_and(|about| (about.dev(), about.ino()) == (*dev, *ino))
        });
        state.trouble.is_none() && in_place && room(dir).is_ok()
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
