//! Processes of one home, found and ended by id.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for a process to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// A command that takes INT and HUP as in a terminal. What was started in the background by a script, or under nohup,
/// ignores them, and so would its children; `env` gives the usual ways back, and becomes the program.
pub(super) fn with_usual_signals(program: &str) -> Command {
    if !ignores_some() {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,HUP", program]);
    command
}

/// Whether whoever started the tests has them ignore INT or HUP.
fn ignores_some() -> bool {
    let signals = [Signal::SIGINT, Signal::SIGHUP].map(|signal| 1_u64 << (signal as i32 - 1));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    signals.iter().any(|signal| mask & signal != 0)
}

/// Makes `dir` and what is missing above it up to `home`, 0700.
pub(super) fn private_dirs(home: &Path, dir: &Path) {
    for part in [home, dir] {
        DirBuilder::new().recursive(true).mode(0o700).create(part).unwrap();
    }
}

/// The daemon that the lock file names, if it lives. The lock itself is left alone: whoever tries it,
/// holds it for a moment, and a daemon that starts in that moment would find it taken.
pub(super) fn named_in(lock: &Path, home: &Path) -> Option<i32> {
    let pid = fs::read_to_string(lock).ok()?.split_whitespace().next()?.parse().ok()?;
    (is_daemon(pid) && is_of(pid, home)).then_some(pid)
}

/// Ends a process at once and waits until it is gone.
pub(super) fn kill_and_wait(pid: i32) {
    match kill(Pid::from_raw(pid), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(errno) => panic!("cannot kill {pid}: {errno}"),
    }
    eventually(&format!("process {pid} is gone"), || is_gone(pid));
}

/// Whether every thread has ended, and with the last one all that the process had open. Its entry may stay
/// until whoever started it looks.
fn is_gone(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    threads == 0 || (threads == 1 && state == Some('Z'))
}

/// Looks again and again until it is so. Only for what nothing can be waited on: other processes' lives.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < GONE_WITHIN, "waited {} s until {what}", GONE_WITHIN.as_secs());
        thread::sleep(Duration::from_millis(2));
    }
}

/// Processes whose environment names this home. A daemon keeps its environment to itself: nobody but root reads
/// it, so for others the one that has the lock is all that is found.
pub(super) fn of_home(home: &Path) -> Vec<i32> {
    let own = i32::try_from(std::process::id()).unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != own && is_of(*pid, home))
        .collect()
}

fn is_of(pid: i32, home: &Path) -> bool {
    let wanted = format!("PLYRUM_HOME={}", home.display());
    let environ = match fs::read(format!("/proc/{pid}/environ")) {
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => return has_lock(pid, home),
        environ => environ.unwrap_or_default(),
    };
    environ.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
}

/// Whether the system's table of locks gives this home's to it.
fn has_lock(pid: i32, home: &Path) -> bool {
    let Ok(lock) = fs::metadata(home.join("run/daemon.lock")) else { return false };
    let (pid, inode) = (pid.to_string(), format!(":{}", lock.ino()));
    let table = fs::read_to_string("/proc/locks").unwrap_or_default();
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(4) == Some(&pid.as_str()) && words.get(5).is_some_and(|file| file.ends_with(&inode))
    })
}

/// Whether it runs as `plyrum daemon run`.
pub(super) fn is_daemon(pid: i32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).skip(1).take(2).collect();
    words == [b"daemon".as_slice(), b"run".as_slice()]
}

/// Ends whatever is left of this home.
pub(super) fn kill_all_of_home(home: &Path) {
    for pid in of_home(home) {
        let _gone_already = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Runs `daemon stop`; false where it does not return in time.
pub(super) fn stop_daemon(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (done, waited) = channel();
    thread::spawn(move || done.send(child.wait()));
    let in_time = waited.recv_timeout(GONE_WITHIN).is_ok();
    if !in_time {
        let _gone_already = kill(pid, Signal::SIGKILL);
    }
    in_time
}

/// Waits until this client does nothing but wait for room in its output, and has looked for signals there: that is a `poll`, and
/// its waits for the daemon are none.
#[track_caller]
pub(crate) fn waits_for_its_reader(pid: Pid) {
    let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
    eventually("the client waits for its reader", || {
        let waits_in = read("wchan");
        waits_in.contains("poll") && !["ep_poll", "epoll"].iter().any(|other| waits_in.contains(other))
    });
    let waits = || {
        let status = read("status");
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.unwrap().trim().parse::<u64>().unwrap()
    };
    let before = waits();
    eventually("it has looked again", || waits() > before + 2);
}
