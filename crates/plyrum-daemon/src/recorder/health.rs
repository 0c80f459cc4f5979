//! Whether the audit can be written, for those who must know before they spend money.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Room that the audit's file system must have left: a refused run is better than one whose records wait.
const MIN_FREE_BYTES: u128 = 1024 * 1024;

/// A writer that is at one thing for longer hangs.
const HANGS_AFTER: Duration = Duration::from_secs(15);

/// Shared by the writer, who knows, and everybody who asks.
#[derive(Debug, Default)]
pub(super) struct Health {
    state: Mutex<State>,
    drain_is_due: AtomicBool,
}

/// A file: its path, device and inode.
type Place = (PathBuf, u64, u64);

#[derive(Debug, Default)]
struct State {
    /// Why nothing can be written.
    trouble: Option<String>,
    /// How the chain was found broken: on record, so no trouble.
    broken: Option<String>,
    /// The file that is written, by what it is on the disk.
    file: Option<Place>,
    /// Since when the writer is at one thing.
    busy_since: Option<Instant>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the writer could not write when it last tried.
    pub(super) fn last(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Why nothing new may be begun: that, a writer that hangs, a file that was taken away, or too little room.
    /// What is under way is written as long as it fits.
    pub(super) fn trouble(&self, dir: &Path) -> Option<String> {
        // Not held while the disk is asked, which may hang: the writer wants it as well.
        let (trouble, file, busy_since) = {
            let state = self.lock();
            (state.trouble.clone(), state.file.clone(), state.busy_since)
        };
        trouble
            .or_else(|| hangs(busy_since, Instant::now()))
            .or_else(|| file.and_then(|file| in_place(&file).err()))
            .or_else(|| room(dir).err())
    }

    /// The writer begins with something, or has nothing to do.
    pub(super) fn set_busy(&self, since: Option<Instant>) {
        self.lock().busy_since = since;
    }

    /// Whoever asks for a drain finds no room to say so.
    pub(super) fn drain_is_due(&self) {
        self.drain_is_due.store(true, Ordering::Release);
    }

    /// Whether somebody did.
    pub(super) fn take_due_drain(&self) -> bool {
        self.drain_is_due.swap(false, Ordering::AcqRel)
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

/// Lives as long as the writer's thread: however that ends, nothing more is written.
pub(super) struct Alive(pub(super) Arc<Health>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.set(Some("its writer is gone".to_owned()));
    }
}

fn hangs(busy_since: Option<Instant>, now: Instant) -> Option<String> {
    let busy = now.saturating_duration_since(busy_since?);
    (busy > HANGS_AFTER).then(|| format!("its writer has not got on for {} s", busy.as_secs()))
}

fn in_place((path, dev, ino): &Place) -> Result<(), String> {
    match std::fs::symlink_metadata(path) {
        Ok(about) if (about.dev(), about.ino()) == (*dev, *ino) => Ok(()),
        _ => Err(format!("{} is not where it was, or another file is in its place", path.display())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_hangs_or_is_gone_is_trouble() {
        let (dir, health) = (tempfile::tempdir().unwrap(), Arc::new(Health::default()));
        let began = Instant::now();
        assert_eq!(hangs(None, began), None);
        assert_eq!(hangs(Some(began), began + HANGS_AFTER), None);
        assert!(hangs(Some(began), began + HANGS_AFTER * 2).unwrap().contains("30 s"));
        let alive = Alive(Arc::clone(&health));
        health.set_busy(Some(began));
        assert!(health.looks_well(dir.path()));
        let thread = std::thread::spawn(move || {
            let _alive = alive;
            panic!("a fault of ours");
        });
        assert!(thread.join().is_err());
        assert_eq!(health.trouble(dir.path()).as_deref(), Some("its writer is gone"));
        assert!(!health.looks_well(dir.path()));
    }

    #[test]
    fn a_drain_that_found_no_room_is_due_once() {
        let health = Health::default();
        health.drain_is_due();
        assert_eq!((health.take_due_drain(), health.take_due_drain()), (true, false));
    }
}
