//! Limits that a stage sets on itself and everything after it inherits.

use std::ffi::OsStr;
use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Tasks of the whole user, not of one sandbox: a last barrier, far above what people run.
const TASKS: u64 = 16 * 1024;
/// The first to go when memory runs out.
const OUT_OF_MEMORY_SCORE: &str = "800";

/// `files,bytes,seconds`. There is no limit of address space: runtimes reserve terabytes that they never use.
pub(super) fn apply(limits: &OsStr) -> Result<(), String> {
    let text = limits.to_str().ok_or("limits are no text")?;
    let mut numbers = text.split(',').map(|word| word.parse::<u64>().map_err(|_| "limits are no numbers"));
    let mut next = || numbers.next().ok_or("a limit is missing")?;
    let (files, bytes, seconds) = (next()?, next()?, next()?);
    for (resource, limit) in [
        (Resource::RLIMIT_NOFILE, files),
        (Resource::RLIMIT_FSIZE, bytes),
        (Resource::RLIMIT_CPU, seconds),
        (Resource::RLIMIT_NPROC, TASKS),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_MEMLOCK, 8 << 20),
    ] {
        let (_, hard) = getrlimit(resource).map_err(|e| format!("reading a limit: {e}"))?;
        let limit = limit.min(hard);
        setrlimit(resource, limit, limit).map_err(|e| format!("setting a limit: {e}"))?;
    }
    // Some containers forbid it; the command then competes as any other.
    let _ = fs::write("/proc/self/oom_score_adj", OUT_OF_MEMORY_SCORE);
    nix::sys::prctl::set_no_new_privs().map_err(|e| format!("no_new_privs: {e}"))
}

/// Closes what the daemon's own parent may have left open in it.
pub(super) fn close_inherited() {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<i32> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|number| *number > 2) {
        // The listing's own is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}
