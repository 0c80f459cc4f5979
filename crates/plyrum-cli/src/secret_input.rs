//! A key that is typed or piped in: never an argument, which every process of the machine could read.

use crate::fault::wrong_use;
use crate::text::say;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use plyrum_protocol::{ErrorKind, Fault};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_usize};
use signal_hook::low_level::{emulate_default_handler, pipe};
use std::io::{self, IsTerminal as _, Read as _, Stdin, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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

/// The terminal as it was, again. What is still to be read goes: part of a key must not land in the shell.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back, and there is nobody to tell.
        let _ = tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.0);
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    Byte(u8),
    /// Nothing within the time that was given.
    Nothing,
    /// The terminal is gone, and has typed nothing.
    Gone,
    /// The program is told to end.
    Ended,
}

/// A byte of the terminal, or the signal that ends the program: the terminal must not stay silent behind it.
fn next(stdin: &Stdin, ending: &UnixStream, wait: PollTimeout) -> Result<Typed, Fault> {
    let mut byte = [0];
    loop {
        let mut waiting =
            [PollFd::new(ending.as_fd(), PollFlags::POLLIN), PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waiting, wait) {
            Err(Errno::EINTR) => continue,
            Ok(0) => return Ok(Typed::Nothing),
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
    /// Which one it was.
    signal: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Ending {
    fn heeded() -> io::Result<Self> {
        let (told, tell) = UnixStream::pair()?;
        let (signal, is_over) = (Arc::default(), Arc::default());
        for which in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            register_conditional_default(which, Arc::clone(&is_over))?;
            register_usize(which, Arc::clone(&signal), usize::try_from(which).unwrap_or_default())?;
            pipe::register(which, tell.try_clone()?)?;
        }
        Ok(Self { told, signal, is_over })
    }

    /// Ends the program as the signal does. A quit ends it too, but without a core, which would have the key in it.
    fn end(&self) -> io::Result<()> {
        let signal = i32::try_from(self.signal.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
        emulate_default_handler(if [SIGINT, SIGHUP].contains(&signal) { signal } else { SIGTERM })
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
    match line(|wait| next(&stdin, &ending.told, wait))? {
        Line::Key(bytes) => {
            writeln!(stderr).map_err(unreadable)?;
            String::from_utf8(bytes).map(Some).map_err(unreadable)
        }
        Line::CalledOff => {
            writeln!(stderr, "{}", say!("key-called-off")).map_err(unreadable)?;
            Ok(None)
        }
        Line::Gone => Ok(None),
        Line::Ended => {
            drop(restore);
            ending.end().map_err(unreadable)?;
            Ok(None)
        }
    }
}

/// What a line comes to.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Key(Vec<u8>),
    CalledOff,
    Gone,
    Ended,
}

/// How long the rest of a key's sequence may take. Esc alone has none.
const SEQUENCE_MS: u16 = 50;

/// A line, edited as little as a key needs.
fn line(mut next: impl FnMut(PollTimeout) -> Result<Typed, Fault>) -> Result<Line, Fault> {
    let mut line = Vec::new();
    loop {
        let byte = match next(PollTimeout::NONE)? {
            Typed::Byte(byte) => byte,
            Typed::Nothing => continue,
            Typed::Gone => return Ok(Line::Gone),
            Typed::Ended => return Ok(Line::Ended),
        };
        match byte {
            b'\r' | b'\n' => return Ok(Line::Key(line)),
            // Ctrl-C, Ctrl-D, Ctrl-\.
            3 | 4 | 28 => return Ok(Line::CalledOff),
            ESC => {
                if let Some(end) = sequence(&mut next)? {
                    return Ok(end);
                }
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
}

const ESC: u8 = 27;

/// Takes what an arrow, a mark of pasting or a key with Alt sends behind its Esc: no part of a key. Esc alone calls off.
fn sequence(next: &mut impl FnMut(PollTimeout) -> Result<Typed, Fault>) -> Result<Option<Line>, Fault> {
    let (mut taken, mut is_open) = (Vec::new(), true);
    while is_open {
        match next(SEQUENCE_MS.into())? {
            Typed::Byte(byte) => {
                // Another one begins, as with Alt and an arrow.
                if byte == ESC {
                    taken.clear();
                    continue;
                }
                taken.push(byte);
                is_open = match taken.as_slice() {
                    [b'[' | b'O'] | [b'[', b'['] => true,
                    [b'[', .., last] => !(0x40..=0x7e).contains(last) && taken.len() < LONGEST,
                    _ => false,
                };
            }
            Typed::Nothing if taken.is_empty() => return Ok(Some(Line::CalledOff)),
            Typed::Nothing => is_open = false,
            Typed::Gone => return Ok(Some(Line::Gone)),
            Typed::Ended => return Ok(Some(Line::Ended)),
        }
    }
    Ok(None)
}

/// Bytes of the longest sequence.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Types a text; `|` is a pause.
    fn line_of(text: &str) -> Line {
        let mut bytes = text.bytes();
        let typed = |wait| {
            Ok(match bytes.next() {
                Some(b'|') => Typed::Nothing,
                Some(byte) => Typed::Byte(byte),
                None if wait == SEQUENCE_MS.into() => Typed::Nothing,
                None => Typed::Gone,
            })
        };
        line(typed).unwrap()
    }

    #[test]
    fn sequences_of_keys_are_no_part_of_the_key() {
        for text in [
            "sk-1\n",
            "sk\u{1b}[D-1\n",
            "\u{1b}[200~sk-1\u{1b}[201~\r",
            "sk\u{1b}OA-\u{1b}[1;5C1\n",
            "sk\u{1b}f-1\n",
            "sk\u{1b}\u{1b}[A-1\n",
            "sk\u{1b}[[B-1\n",
            "wrong\u{15}sk-12\u{7f}\n",
            "sk\u{1b}[|-1\n",
        ] {
            assert_eq!(line_of(text), Line::Key(b"sk-1".to_vec()), "{text:?}");
        }
    }

    #[test]
    fn esc_alone_and_the_keys_that_interrupt_call_off() {
        for text in ["sk\u{1b}|-1\n", "sk\u{3}", "\u{4}", "sk\u{1c}", "sk\u{1b}"] {
            assert_eq!(line_of(text), Line::CalledOff, "{text:?}");
        }
        assert_eq!(line_of("sk-1"), Line::Gone);
    }
}
