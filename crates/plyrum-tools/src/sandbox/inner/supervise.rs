//! A command's supervisor where there is no namespace to end with it: whatever the command leaves behind,
//! detached or not, comes to the supervisor as its child and is killed.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Stage;

/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Rounds of killing; each kills at least one generation.
const MAX_ROUNDS: usize = 10_000;

/// `confined readable… -- command…` or `free -- command…`.
pub(super) fn run(words: Vec<OsString>) -> Result<ExitCode, String> {
    let says = |what: &'static str| move |error: nix::Error| format!("{what}: {error}");
    let _ = nix::unistd::setsid();
    prctl::set_child_subreaper(true).map_err(says("becoming the supervisor"))?;
    prctl::set_pdeathsig(Signal::SIGTERM).map_err(says("following the daemon"))?;
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    signals.add(Signal::SIGTERM);
    signals.thread_block().map_err(says("blocking signals"))?;
    let child = start(words)?;
    let main = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let code = loop {
        match signals.wait().map_err(says("waiting"))? {
            Signal::SIGTERM => {
                let _ = killpg(main, Signal::SIGTERM);
                break wait_a_little(main).unwrap_or(128 + 15);
            }
            _ => {
                if let Some(code) = reap(main) {
                    break code;
                }
            }
        }
    };
    end_the_rest();
    Ok(ExitCode::from(code))
}

/// Its signal mask is emptied by the library.
fn start(words: Vec<OsString>) -> Result<Child, String> {
    let mut words = words.into_iter();
    let confined = words.next().is_some_and(|word| word == "confined");
    let mut command = if confined {
        // Ourselves, whatever became of our file.
        let mut command = Command::new("/proc/self/exe");
        command.args(prefix()).arg(Stage::Confine.word()).args(words);
        command
    } else {
        let mut words = words.skip_while(|word| word == OsStr::new("--"));
        let program = words.next().ok_or("a command is missing")?;
        let mut command = Command::new(program);
        command.args(words);
        command
    };
    command.process_group(0).spawn().map_err(|e| format!("starting the command: {e}"))
}

/// The words that brought us here, before the stage's own.
fn prefix() -> Vec<OsString> {
    std::env::args_os().skip(1).take_while(|word| word != Stage::Supervise.word()).collect()
}

/// Takes what has ended; the command's code if it is among them.
fn reap(main: Pid) -> Option<u8> {
    let mut code = None;
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        match status {
            WaitStatus::StillAlive => break,
            WaitStatus::Exited(pid, exit) if pid == main => code = u8::try_from(exit).ok(),
            WaitStatus::Signaled(pid, signal, _) if pid == main => {
                code = Some(u8::try_from(128 + signal as i32).unwrap_or(u8::MAX));
            }
            _ => {}
        }
    }
    code
}

fn wait_a_little(main: Pid) -> Option<u8> {
    let looks = GRACE.as_millis() / LOOK_EVERY.as_millis();
    (0..looks).find_map(|_| {
        thread::sleep(LOOK_EVERY);
        reap(main)
    })
}

/// Kills children until there are none: those of a killed child become ours.
fn end_the_rest() {
    for _ in 0..MAX_ROUNDS {
        for child in children() {
            let _ = kill(child, Signal::SIGKILL);
        }
        if waitpid(None, None).is_err() {
            return;
        }
    }
}

fn children() -> Vec<Pid> {
    let own = std::process::id();
    let listed = std::fs::read_to_string(format!("/proc/self/task/{own}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|word| word.parse().ok()).map(Pid::from_raw).collect()
}
