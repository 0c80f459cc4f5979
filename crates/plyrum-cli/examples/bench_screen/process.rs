//! What the kernel knows of a process.

use std::fs;
use std::time::Duration;

/// Kilobytes by a line of `status`: `VmHWM`, `VmRSS`.
pub(super) fn memory_mib(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    number(&status, name) as f64 / 1024.0
}

/// What all threads did so far.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub(super) time: Duration,
    pub(super) switches: u64,
}

impl Work {
    pub(super) fn of(pid: u32) -> Self {
        let (mut nanos, mut switches) = (0, 0);
        for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
            let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            // Nanoseconds on a processor, user and system: `stat` counts only in hundredths of a second.
            nanos += read("schedstat").split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
            let status = read("status");
            switches += number(&status, "voluntary_ctxt_switches");
        }
        Self { time: Duration::from_nanos(nanos), switches }
    }

    pub(super) fn since(self, before: Self) -> Self {
        Self {
            time: self.time.saturating_sub(before.time),
            switches: self.switches.saturating_sub(before.switches),
        }
    }
}

fn number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
