//! What the system is asked for at the start: keys stay in this process's memory, and many runs may be open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Open files that are asked for: a run has its log and up to as many connections as its plan has steps.
const OPEN_FILES: u64 = 64 * 1024;

/// No image of the memory is ever written, nobody of this user reads it, and as many files may be open as the
/// system allows. What is refused is logged and lived with.
pub(crate) fn set() {
    told("keep the memory out of core files", setrlimit(Resource::RLIMIT_CORE, 0, 0));
    #[cfg(target_os = "linux")]
    told("keep the memory to itself", nix::sys::prctl::set_dumpable(false));
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        let wanted = hard.min(OPEN_FILES);
        if soft < wanted { setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) } else { Ok(()) }
    });
    told("open many files", raised);
}

fn told(what: &str, done: nix::Result<()>) {
    if let Err(errno) = done {
        crate::log::line(&format!("the system does not let the daemon {what}: {errno}"));
    }
}
