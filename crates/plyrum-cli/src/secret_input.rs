//! A key that is typed or piped in: never an argument, which every process of the machine could read.

use crate::fault::wrong_use;
use crate::text::say;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use plyrum_protocol::{ErrorKind, Fault};
use std::io::{IsTerminal as _, Read as _, Write as _};

/// Longest key, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Reads it: at a terminal one line that is not shown, else everything that comes. `None`: called off.
pub(crate) fn read(prompt: &str) -> Result<Option<String>, Fault> {
    let Some(text) = (if std::io::stdin().is_terminal() { typed(prompt)? } else { Some(piped()?) }) else {
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
    std::io::stdin().lock().take(limit).read_to_string(&mut text).map_err(unreadable)?;
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
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &self.0);
    }
}

fn typed(prompt: &str) -> Result<Option<String>, Fault> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).map_err(unreadable)?;
    let mut quiet = before.clone();
    // Signals too: interrupted, the terminal must be put back first.
    quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
    let _restore = Restore(before);
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &quiet).map_err(unreadable)?;
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{prompt} ").and_then(|()| stderr.flush()).map_err(unreadable)?;
    let mut line = Vec::new();
    let mut bytes = stdin.lock().bytes();
    loop {
        // A terminal that is gone has typed nothing.
        let Some(byte) = bytes.next() else { return Ok(None) };
        match byte.map_err(unreadable)? {
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
