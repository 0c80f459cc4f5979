//! A terminal of its own for a command: what it shows, and keys that are pressed when something is to be seen.

use super::World;
use nix::pty::openpty;
use nix::sys::termios::{Termios, tcgetattr};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;

/// Longer than a question has to be on the screen before it can be answered.
const READING: std::time::Duration = std::time::Duration::from_millis(600);

/// A command at a terminal of 80 columns and 24 lines.
pub(crate) struct Terminal {
    keys: File,
    seen: Arc<Mutex<String>>,
    child: Child,
    slave: OwnedFd,
    before: Termios,
    /// Bytes of what was seen that were waited for.
    from: usize,
}

impl Terminal {
    /// Starts a line of shell.
    pub(crate) fn start(world: &World, line: &str) -> Self {
        let size = nix::pty::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let before = tcgetattr(&pty.slave).unwrap();
        let stdio = || pty.slave.try_clone().unwrap();
        // The terminal belongs to the command: `/dev/tty` is it.
        let mut command = world.command(&format!("exec setsid -cw sh -c '{line}'"));
        command.stdin(stdio()).stdout(stdio()).stderr(stdio()).env("TERM", "xterm-256color");
        let child = command.spawn().unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let (mut screen, shown) = (File::from(pty.master.try_clone().unwrap()), Arc::clone(&seen));
        thread::spawn(move || {
            let (mut buffer, mut held) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                held.extend_from_slice(&buffer[..count]);
                let whole = match std::str::from_utf8(&held) {
                    Ok(text) => text.len(),
                    Err(e) => e.valid_up_to(), // half a character; the rest comes
                };
                let text = String::from_utf8(held.drain(..whole).collect()).unwrap();
                shown.lock().unwrap().push_str(&text);
            }
        });
        Self { keys: File::from(pty.master), seen, child, slave: pty.slave, before, from: 0 }
    }

    /// Waits until this is to be seen, behind what was waited for before.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) {
        let (seen, from, mut to) = (Arc::clone(&self.seen), self.from, None);
        super::eventually(&format!("the terminal shows `{text}`"), || {
            let seen = seen.lock().unwrap();
            to = seen.get(from..).and_then(|new| new.find(text)).map(|at| from + at + text.len());
            to.is_some()
        });
        self.from = to.unwrap();
    }

    /// Presses keys as a person does who has read what is to be seen: what comes sooner answers nothing, and that is not
    /// to be waited for in any other way.
    pub(crate) fn press(&mut self, keys: &str) {
        thread::sleep(READING);
        self.types_ahead(keys);
    }

    /// Presses keys at once.
    pub(crate) fn types_ahead(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end of the command; its exit code, and everything that was to be seen. The terminal's settings are
    /// what they were.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (i32, String) {
        let mut code = None;
        super::eventually("the command ends", || {
            code = self.child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1));
            code.is_some()
        });
        assert!(tcgetattr(&self.slave).unwrap() == self.before, "the terminal is left as it was");
        let seen = self.seen.lock().unwrap().clone();
        (code.unwrap(), seen)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
