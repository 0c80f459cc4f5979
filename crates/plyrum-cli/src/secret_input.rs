//! A key that is typed or piped in: never an argument, which every process of the machine could read.

use crate::fault::wrong_use;
use crate::text::say;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use plyrum_protocol::{ErrorKind, Fault};
use signal_hook::consts::{SIGHUP, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::low_level::{emulate_default_handler, pipe};
use std::io::{self, IsTerminal as _, Read as _, Stdin, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest key, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Reads it: at a terminal one line that is not shown, else everything that comes. `None`: called off.
pub(crate) fn read(prompt: &str) -> Result<Option<String>, Fault> {
    let Some(text) = (if io::stdin().is_terminal() { typed(prompt)? } else { Some(piped()?) }) else {
        return Ok(None);
    };
    let key = text.trim();
    if key.is_empty() {
        return Err(wrong_use(say!("fault-key-empty")));
    }
    if key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong_use(say!("fault-key-blank")));
    }
    Ok(Some(key.to_owned()))
}

fn piped() -> Result<String, Fault> {
    let mut text = String::new();
    let limit = MAX_BYTES as u64 + 1;
    io::stdin().lock().take(limit).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > MAX_BYTES { Err(wrong_use(say!("fault-key-long"))) } else { Ok(text) }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unreadable<E: ToString>(error: E) -> Fault {
    Fault::new(ErrorKind::Failed, say!("fault-stdin", why = error.to_string()))
}

/// The terminal as it was, again.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back, and there is nobody to tell.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.0);
    }
}

/// What comes next.
enum Typed {
    Byte(u8),
    /// The terminal is gone, and has typed nothing.
    Gone,
    /// The program is told to end.
    Ended,
}

/// A byte of the terminal, or the signal that ends the program: the terminal must not stay silent behind it.
fn next(stdin: &Stdin, ending: &UnixStream) -> Result<Typed, Fault> {
    let mut byte = [0];
    loop {
        let mut waiting =
            [PollFd::new(ending.as_fd(), PollFlags::POLLIN), PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waiting, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            outcome => outcome.map_err(unreadable)?,
        };
        if waiting.first().and_then(PollFd::any).unwrap_or_default() {
            return Ok(Typed::Ended);
        }
        match nix::unistd::read(stdin.as_fd(), &mut byte) {
            Err(Errno::EINTR) => {}
            Ok(0) => return Ok(Typed::Gone),
            outcome => return outcome.map(|_| Typed::Byte(byte[0])).map_err(unreadable),
        }
    }
}

/// Signals that end the program, heeded while a key is typed; behind that they do again what they do by themselves.
struct Ending {
    /// Gets a byte with a signal.
    told: UnixStream,
    is_over: Arc<AtomicBool>,
}

impl Ending {
    fn heeded() -> io::Result<Self> {
        let (told, tell) = UnixStream::pair()?;
        let is_over = Arc::default();
        for signal in [SIGTERM, SIGHUP] {
            register_conditional_default(signal, Arc::clone(&is_over))?;
            pipe::register(signal, tell.try_clone()?)?;
        }
        Ok(Self { told, is_over })
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

fn typed(prompt: &str) -> Result<Option<String>, Fault> {
    let stdin = io::stdin();
    let ending = Ending::heeded().map_err(unreadable)?;
    let before = tcgetattr(&stdin).map_err(unreadable)?;
    let mut quiet = before.clone();
    // Signals too: interrupted, the terminal must be put back first.
    quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
    let restore = Restore(before);
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &quiet).map_err(unreadable)?;
    let mut stderr = io::stderr().lock();
    write!(stderr, "{prompt} ").and_then(|()| stderr.flush()).map_err(unreadable)?;
    let mut line = Vec::new();
    loop {
        let byte = match next(&stdin, &ending.told)? {
            Typed::Byte(byte) => byte,
            Typed::Gone => return Ok(None),
            Typed::Ended => {
                drop(restore);
                emulate_default_handler(SIGTERM).map_err(unreadable)?;
                return Ok(None);
            }
        };
        match byte {
            b'\r' | b'\n' => break,
            // Ctrl-C, Ctrl-D, Ctrl-\, Esc.
            3 | 4 | 27 | 28 => {
                writeln!(stderr).map_err(unreadable)?;
                return Ok(None);
            }
            // Ctrl-U and Ctrl-W, as the terminal's own line has them.
            21 | 23 => line.clear(),
            8 | 127 => {
                line.pop();
            }
            byte if line.len() < MAX_BYTES => line.push(byte),
            _ => return Err(wrong_use(say!("fault-key-long"))),
        }
    }
    writeln!(stderr).map_err(unreadable)?;
    String::from_utf8(line).map(Some).map_err(unreadable)
}
