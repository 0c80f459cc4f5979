//! Standard output carries only answers and data; notices go to standard error. Writing may find that
//! nobody reads any more: that is an answer to the question whether to go on, not a failure.

use crate::sanitize::clean;
use crate::text::{say, told};
use plyrum_protocol::{ErrorKind, Fault};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Reader {
    /// Go on.
    There,
    /// Stop: the pipe is closed.
    Gone,
    /// Not known: a signal came while nothing was read. The rest was not written.
    Interrupted,
}

/// Set by SIGINT and SIGTERM.
static SIGNALLED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
/// Whether a run is followed, which such a signal ends.
static HEEDED: AtomicBool = AtomicBool::new(false);
/// Whether a signal ended a wait for the reader of this run: there is no going on behind what it cut off.
static CUT_OFF: AtomicBool = AtomicBool::new(false);
/// A pipe or terminal that is ready takes this much without blocking (`PIPE_BUF` on Linux).
const PIECE: usize = 4096;
/// How long a reader that does not read is waited for before signals are looked at again, in milliseconds.
const LOOK_AGAIN_MS: u16 = 100;

/// While it lives, a signal ends the wait for a reader that does not read. A process may follow one run after another, and a
/// signal of one is none of the next.
#[derive(Debug)]
pub(crate) struct Heeding(());

impl Heeding {
    pub(crate) fn begin() -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        if SIGNALLED.get().is_none() {
            let flag = SIGNALLED.get_or_init(Arc::default);
            for signal in [SIGINT, SIGTERM] {
                signal_hook::flag::register(signal, Arc::clone(flag))?;
            }
        }
        SIGNALLED.get_or_init(Arc::default).store(false, Ordering::Relaxed);
        HEEDED.store(true, Ordering::Relaxed);
        Ok(Self(()))
    }
}

impl Drop for Heeding {
    fn drop(&mut self) {
        HEEDED.store(false, Ordering::Relaxed);
        CUT_OFF.store(false, Ordering::Relaxed);
    }
}

/// Writes to standard output and flushes. A reader that does not read is waited for, piece by piece, so that
/// Ctrl-C still ends the run. Behind what a signal cut off nothing more is written.
pub(crate) fn write(text: &str) -> io::Result<Reader> {
    let mut out = io::stdout().lock();
    if CUT_OFF.load(Ordering::Relaxed) {
        return Ok(Reader::Interrupted);
    }
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.len().min(PIECE));
        if !wait_for_room(&out) {
            CUT_OFF.store(true, Ordering::Relaxed);
            return Ok(Reader::Interrupted);
        }
        match out.write_all(piece).and_then(|()| out.flush()) {
            Ok(()) => rest = later,
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(Reader::Gone),
            Err(e) => return Err(e),
        }
    }
    Ok(Reader::There)
}

/// False where a signal came while the reader did not read.
fn wait_for_room(out: &io::StdoutLock<'_>) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    loop {
        let mut fds = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut fds, PollTimeout::from(LOOK_AGAIN_MS)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) | Err(_) => return true, // ready, or an error that the write itself will tell
        }
        let is_signalled = || SIGNALLED.get().is_some_and(|flag| flag.load(Ordering::Relaxed));
        if HEEDED.load(Ordering::Relaxed) && is_signalled() {
            return false;
        }
    }
}

/// Whether the reader of standard output is gone. Files and terminals never say so.
pub(crate) fn nobody_reads() -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let out = io::stdout();
    let mut fds = [PollFd::new(out.as_fd(), PollFlags::empty())];
    let _seen = poll(&mut fds, PollTimeout::ZERO);
    fds.iter()
        .any(|fd| fd.revents().is_some_and(|seen| seen.intersects(PollFlags::POLLERR | PollFlags::POLLHUP)))
}

/// Whether a line to standard error is written without waiting for anybody: it may go where nobody reads, too.
pub(crate) fn err_has_room() -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let err = io::stderr();
    let mut fds = [PollFd::new(err.as_fd(), PollFlags::POLLOUT)];
    poll(&mut fds, PollTimeout::ZERO) != Ok(0)
}

/// Writes a line to standard error. Where that is closed there is nobody to tell.
pub(crate) fn err(text: &str) {
    let _nobody_to_tell = writeln!(io::stderr().lock(), "{text}");
}

/// Something to know, on standard error.
pub(crate) fn notice(text: &str) {
    err(&clean(&say!("notice", text = &*told(text))));
}

/// The same, of less weight.
pub(crate) fn note(text: &str) {
    err(&clean(&say!("note", text = &*told(text))));
}

/// Something to do something about.
pub(crate) fn warning(text: &str) {
    err(&clean(&say!("warning", text = &*told(text))));
}

/// Whether standard error is a terminal.
pub(crate) fn err_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A command's whole output: text for people, or one line of JSON.
pub(crate) fn print(text: &str) -> Result<(), Fault> {
    match write(text) {
        Ok(Reader::There | Reader::Gone) => Ok(()), // `| head` has what it wanted
        Ok(Reader::Interrupted) => Err(Fault::new(ErrorKind::Cancelled, say!("fault-output-cut"))),
        Err(e) => Err(not_written(&e)),
    }
}

/// Standard output takes nothing more.
pub(crate) fn not_written(error: &io::Error) -> Fault {
    Fault::new(ErrorKind::Storage, say!("fault-stdout", why = error.to_string()))
}

/// A value as one line of JSON.
pub(crate) fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Fault> {
    let line = plyrum_protocol::to_line(value)
        .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-json", why = e.to_string())))?;
    print(&(line + "\n"))
}
