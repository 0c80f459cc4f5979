//! Mount points for what is protected and not there: without one, a command could create `.git` or `.envrc`
//! itself. They exist on the host while a command runs, and must be gone afterwards, crash or no crash.
//!
//! Each is made in four steps: a note, an empty thing under a name of our own, the note again with the thing's
//! identity, and a rename that replaces nothing. It is taken away by its identity, never by its name.
//! Commands that run at once in one workspace share mount points: taking one away uncovers it in every
//! sandbox. Two daemons on one workspace do not know of each other; then a command can lose this protection
//! for names that were missing.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::note::{Identity, Note};
use super::places::Protected;

const ENDING: &str = "mountpoint";

/// The mount points of every command of this process.
#[derive(Debug)]
pub(crate) struct MountPoints {
    notes: PathBuf,
    held: Mutex<HashMap<PathBuf, Held>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Held {
    users: usize,
    note: Note,
    file: PathBuf,
}

/// Those of one command. Dropping it takes away what no other command uses.
#[derive(Debug)]
pub(crate) struct Guard {
    points: Arc<MountPoints>,
    used: Vec<PathBuf>,
}

impl MountPoints {
    /// Notes go to `state_dir`.
    pub(crate) fn new(state_dir: &Path) -> Arc<Self> {
        let next = AtomicU64::new(0);
        Arc::new(Self { notes: notes_in(state_dir), held: Mutex::default(), next })
    }

    /// Makes what is missing. Blocks on the file system.
    pub(crate) fn make(self: &Arc<Self>, protected: &[Protected]) -> io::Result<Guard> {
        fs::create_dir_all(&self.notes)?;
        let mut guard = Guard { points: Arc::clone(self), used: Vec::new() };
        let mut held = self.lock();
        for wanted in protected {
            if let Some(held) = held.get_mut(&wanted.path) {
                held.users += 1;
            } else if !wanted.made || fs::symlink_metadata(&wanted.path).is_ok() {
                continue;
            } else if let Some(made) = self.make_one(wanted)? {
                held.insert(wanted.path.clone(), made);
            } else {
                continue;
            }
            guard.used.push(wanted.path.clone());
        }
        drop(held);
        Ok(guard)
    }

    /// None where someone else was faster.
    fn make_one(&self, wanted: &Protected) -> io::Result<Option<Held>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!(".plyrum-mount-{}-{number}", std::process::id());
        let file = self.notes.join(format!("{}-{number}.{ENDING}", std::process::id()));
        let mut note =
            Note { path: wanted.path.clone(), temporary: wanted.path.with_file_name(name), identity: None };
        note.write(&file)?;
        let made = (|| {
            if wanted.folder {
                fs::create_dir(&note.temporary)?;
            } else {
                fs::File::create_new(&note.temporary)?;
            }
            note.identity = Some(Identity::of_empty(&note.temporary)?);
            note.write(&file)?;
            rename_to_nothing(&note.temporary, &note.path)
        })();
        match made {
            Ok(()) => Ok(Some(Held { users: 1, note, file })),
            Err(error) => {
                unmake(&note, &file);
                if error.kind() == io::ErrorKind::AlreadyExists { Ok(None) } else { Err(error) }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.points.lock();
        for path in &self.used {
            let Some(mine) = held.get_mut(path) else { continue };
            mine.users -= 1;
            if mine.users == 0 {
                unmake(&mine.note, &mine.file);
                held.remove(path);
            }
        }
    }
}

/// Takes away mount points that a crash left behind; to be called when the daemon starts, before any command.
/// Returns how many were taken away. What is no longer empty, or is not what was made, stays.
pub fn clean_up_leftovers(state_dir: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(notes_in(state_dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut gone = 0;
    for entry in entries {
        let file = entry?.path();
        let Some(note) = Note::read(&file).filter(|_| file.extension().is_some_and(|e| e == ENDING)) else {
            fs::remove_file(&file)?;
            continue;
        };
        gone += usize::from(unmake(&note, &file));
    }
    Ok(gone)
}

fn notes_in(state_dir: &Path) -> PathBuf {
    state_dir.join("mount-points")
}

/// Moves the point to our own name, looks at it there, and removes it or moves it back.
fn unmake(note: &Note, file: &Path) -> bool {
    let is_ours = |path: &Path| Identity::of_empty(path).is_ok_and(|found| Some(found) == note.identity);
    if is_ours(&note.path)
        && rename_to_nothing(&note.path, &note.temporary).is_ok()
        && !is_ours(&note.temporary)
    {
        // Written to in between. Where its name was taken too, it stays beside it under ours.
        let _ = rename_to_nothing(&note.temporary, &note.path);
        let _ = fs::remove_file(file);
        return false;
    }
    let gone = remove_empty(&note.temporary);
    let _ = fs::remove_file(file);
    gone
}

fn remove_empty(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir(path).is_ok(),
        Ok(found) if found.is_file() && found.len() == 0 => fs::remove_file(path).is_ok(),
        _ => false,
    }
}

#[cfg(target_os = "linux")]
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn rename_to_nothing(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    fn wanted(root: &Path) -> Vec<Protected> {
        [(".git", true), (".envrc", false), ("kept", false)]
            .map(|(name, folder)| Protected { path: root.join(name), folder, made: true })
            .to_vec()
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn setting() -> (tempfile::TempDir, tempfile::TempDir) {
        let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("kept"), "").unwrap();
        (root, state)
    }

    #[test]
    fn the_last_command_takes_them_away_and_nothing_else() {
        let (root, state) = setting();
        let points = MountPoints::new(state.path());
        let first = points.make(&wanted(root.path())).unwrap();
        let second = points.make(&wanted(root.path())).unwrap();
        drop(first);
        assert_eq!(names(root.path()), [".envrc", ".git", "kept"]);
        drop(second);
        assert_eq!(names(root.path()), ["kept"]);
        assert!(names(&notes_in(state.path())).is_empty());
    }

    #[test]
    fn what_someone_used_meanwhile_stays() {
        let (root, state) = setting();
        let guard = MountPoints::new(state.path()).make(&wanted(root.path())).unwrap();
        fs::write(root.path().join(".envrc"), "mine").unwrap();
        fs::write(root.path().join(".git/HEAD"), "mine").unwrap();
        drop(guard);
        assert_eq!(names(root.path()), [".envrc", ".git", "kept"]);
    }

    #[test]
    fn a_crash_at_any_step_leaves_nothing_after_the_next_start() {
        let (root, state) = setting();
        std::mem::forget(MountPoints::new(state.path()).make(&wanted(root.path())).unwrap());
        assert_eq!(names(root.path()), [".envrc", ".git", "kept"]);
        assert_eq!(clean_up_leftovers(state.path()).unwrap(), 2);
        assert_eq!(names(root.path()), ["kept"]);

        let temporary = root.path().join(".plyrum-mount-1-1");
        let note = Note { path: root.path().join("kept"), temporary: temporary.clone(), identity: None };
        note.write(&notes_in(state.path()).join(format!("1.{ENDING}"))).unwrap();
        fs::create_dir(&temporary).unwrap();
        fs::write(notes_in(state.path()).join("torn"), "x").unwrap();
        assert_eq!(clean_up_leftovers(state.path()).unwrap(), 1);
        assert_eq!(names(root.path()), ["kept"]);
        assert_eq!(clean_up_leftovers(state.path()).unwrap(), 0);
        assert!(names(&notes_in(state.path())).is_empty());
    }

    #[test]
    fn an_empty_file_of_another_inode_is_not_ours() {
        let (root, state) = setting();
        std::mem::forget(MountPoints::new(state.path()).make(&wanted(root.path())).unwrap());
        fs::rename(root.path().join("kept"), root.path().join(".envrc")).unwrap();
        assert_eq!(clean_up_leftovers(state.path()).unwrap(), 1);
        assert_eq!(names(root.path()), [".envrc"]);
    }
}
