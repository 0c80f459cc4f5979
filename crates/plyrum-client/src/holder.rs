//! The process that holds a home's lock: found and named, waited for, and, where a person wants it, killed.
//!
//! The lock is what counts; the process id in its file is information. A process is taken for the holder only
//! where the system's own table of locks says so, and it is spoken to through a descriptor of that very process
//! ([pidfd](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)), opened *before* the table is read: a
//! process that ended meanwhile, and whose number another one got, is never hit.
//!
//! The road not taken: `/proc/PID/fd`, which nobody but root may read of a process that keeps its memory to
//! itself, as the daemon does. And trying the lock before anything else: whoever tries it holds it for a moment,
//! in which a daemon that starts would find it taken. It is tried only where nobody listens and the table names
//! nobody, which is also how it looks for a holder in another process namespace.

use crate::fault;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{major, minor};
use plyrum_config::Paths;
use plyrum_protocol::{Fault, LockNote, MAX_LOCK_NOTE};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// The process that holds the lock of a home.
#[derive(Debug)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// It said that it is ending: it listens to nobody any more.
    pub ending: bool,
    process: OwnedFd,
}

impl Holder {
    /// Who holds this home's lock. `None`: nobody, or nobody that this system lets us see.
    pub fn of(paths: &Paths) -> Option<Self> {
        let lock = paths.lock_path();
        let LockNote { pid, ending } = note(&lock)?;
        let process = pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()?;
        (holds(pid, &lock) && is_ours(pid)).then_some(Self { pid, ending, process })
    }

    /// Waits until the process is gone. False: it was not in time.
    pub fn wait(&self, within: Duration) -> bool {
        let began = Instant::now();
        loop {
            let left = within.saturating_sub(began.elapsed());
            // Rounded up, so that the last wait is not a busy one.
            let left = PollTimeout::try_from(left.saturating_add(Duration::from_millis(1)))
                .unwrap_or(PollTimeout::MAX);
            let mut ended = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ended, left) {
                Ok(0) if began.elapsed() >= within => return false,
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Ends it at once, as the system would in need: whatever it was doing is for its successor to put right.
    pub fn kill(&self) -> Result<(), Fault> {
        match pidfd_send_signal(&self.process, Signal::KILL) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(e) => Err(fault::unreachable(format!("cannot kill process {}: {e}", self.pid))),
        }
    }
}

/// What the lock file says.
fn note(lock: &Path) -> Option<LockNote> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(lock).ok()?.take(MAX_LOCK_NOTE).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Whether somebody has this home's lock, whoever and wherever it is.
pub fn is_held(paths: &Paths) -> bool {
    let lock = fs::File::open(paths.lock_path());
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// Whether the system's table says that this process has the lock of this file.
fn holds(pid: u32, lock: &Path) -> bool {
    let Ok(file) = fs::metadata(lock) else { return false };
    let Ok(table) = fs::read_to_string("/proc/locks") else { return false };
    has_lock(&table, pid, (major(file.dev()), minor(file.dev())), file.ino())
}

/// The file is told by device and number. Some file systems (btrfs, overlay) show another device in the table than
/// in the file's own data: where no lock is on the file's device, its number is all there is.
fn has_lock(table: &str, pid: u32, device: (u64, u64), inode: u64) -> bool {
    let locks: Vec<Entry> =
        table.lines().filter_map(Entry::read).filter(|lock| lock.inode == inode).collect();
    let exact = locks.iter().any(|lock| lock.device == device);
    locks.iter().any(|lock| lock.pid == pid && (lock.device == device || !exact))
}

/// A lock that somebody has.
struct Entry {
    pid: u32,
    device: (u64, u64),
    inode: u64,
}

impl Entry {
    /// `1: FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF`; one that waits has `->` after its number.
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, file, ..] = words.as_slice() else { return None };
        let mut file = file.split(':');
        let mut hex = || file.next().and_then(|number| u64::from_str_radix(number, 16).ok());
        let device = (hex()?, hex()?);
        Some(Self { pid: pid.parse().ok()?, device, inode: file.next()?.parse().ok()? })
    }
}

fn is_ours(pid: u32) -> bool {
    let owner = || -> io::Result<Option<u32>> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        Ok(line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()))
    };
    owner().is_ok_and(|uid| uid == Some(nix::unistd::Uid::effective().as_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write as _;

    fn home() -> (tempfile::TempDir, Paths) {
        let home = tempfile::TempDir::new().unwrap();
        let paths = Paths::under(&home.path().join("p"));
        paths.prepare().unwrap();
        (home, paths)
    }

    #[test]
    fn a_line_of_the_table_is_read_as_the_system_writes_it() {
        let line = "1: FLOCK  ADVISORY  WRITE 4242 fe:0a:1234 0 EOF";
        let device = (0xfe, 10);
        assert!(has_lock(line, 4242, device, 1234));
        assert!(!has_lock(line, 4243, device, 1234) && !has_lock(line, 4242, device, 1235));
        assert!(has_lock(line, 4242, (0, 41), 1234), "the file's own data name another device");
        let other = "2: FLOCK  ADVISORY  WRITE 77 00:29:1234 0 EOF";
        let both = format!("{line}\n{other}\n");
        assert!(has_lock(&both, 77, (0, 41), 1234) && has_lock(&both, 4242, device, 1234));
        assert!(!has_lock(&both, 4242, (0, 41), 1234), "a file of the same number on another device");
        for other in [
            "1: -> FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF",
            "1: FLOCK  ADVISORY  READ 4242 fe:00:1234 0 EOF",
            "1: POSIX  ADVISORY  WRITE 4242 fe:00:1234 0 EOF",
            "",
        ] {
            assert!(!has_lock(other, 4242, device, 1234), "{other}");
        }
    }

    #[test]
    fn a_file_that_names_a_process_without_a_lock_names_nobody() {
        let (_home, paths) = home();
        assert!(Holder::of(&paths).is_none(), "there is no file");
        for text in ["", "0", "-1", "many", &std::process::id().to_string()] {
            fs::write(paths.lock_path(), text).unwrap();
            assert!(Holder::of(&paths).is_none(), "{text}");
        }
    }

    #[test]
    fn who_holds_the_lock_is_found_and_not_gone() {
        let (_home, paths) = home();
        let mut lock = File::create(paths.lock_path()).unwrap();
        lock.try_lock().unwrap();
        writeln!(lock, "{}", std::process::id()).unwrap();
        let holder = Holder::of(&paths).unwrap();
        assert_eq!((holder.pid, holder.ending), (std::process::id(), false));
        assert!(!holder.wait(Duration::ZERO) && is_held(&paths));
        fs::write(paths.lock_path(), format!("{} ending\n", std::process::id())).unwrap();
        assert!(Holder::of(&paths).unwrap().ending);
    }

    #[test]
    fn a_holder_that_does_not_listen_to_anybody_is_killed_and_seen_to_be_gone() {
        let (_home, paths) = home();
        let lock = paths.lock_path();
        // `flock` keeps the lock in a descriptor that its command inherits; the command takes its place.
        let mut child = std::process::Command::new("flock")
            .arg("--no-fork")
            .arg(&lock)
            .args(["sh", "-c", "echo $$ > \"$0\"; echo ready; trap '' TERM; exec cat"])
            .arg(&lock)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        let holder = Holder::of(&paths).unwrap();
        assert_eq!(holder.pid, child.id());
        holder.kill().unwrap();
        assert!(holder.wait(Duration::from_secs(10)));
        child.wait().unwrap();
        assert!(Holder::of(&paths).is_none() && !is_held(&paths));
        holder.kill().unwrap(); // gone already: nobody is hit
    }
}
