//! A terminal of its own for a command: what it shows, and keys that are pressed when something is to be seen.

use super::World;
use super::shown::{Picture, Shown, Size};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;

/// Longer than a question waits for somebody who was writing.
const LOOKING_UP: std::time::Duration = std::time::Duration::from_millis(2_200);
/// Longer than a question has to be on the screen before it can be answered.
const READING: std::time::Duration = std::time::Duration::from_millis(600);

/// Longest wait for a picture.
const LOOKING: std::time::Duration = std::time::Duration::from_secs(20);

/// What no program writes here: everything before it has arrived when it has.
const ALL_READ: &str = "\u{0}";

/// A command at a terminal of its own.
pub(crate) struct Terminal {
    keys: File,
    seen: Arc<Mutex<Shown>>,
    child: Child,
    slave: OwnedFd,
    before: Termios,
    /// Bytes of what was seen that were waited for.
    from: usize,
}

impl Terminal {
    /// Starts a line of shell at a terminal of 80 columns and 24 lines.
    pub(crate) fn start(world: &World, line: &str) -> Self {
        Self::sized(world, line, (80, 24))
    }

    /// The same at a terminal of these columns and lines.
    pub(crate) fn sized(world: &World, line: &str, size: Size) -> Self {
        let (ws_col, ws_row) = size;
        let window = nix::pty::Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&window), None).unwrap();
        // What is started here has the terminal by its standard streams alone: a keyboard end that it inherited would keep
        // the terminal from ever hanging up.
        for end in [&pty.master, &pty.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let before = tcgetattr(&pty.slave).unwrap();
        let stdio = || pty.slave.try_clone().unwrap();
        // The terminal belongs to the command: `/dev/tty` is it.
        let mut command = world.command(&format!("exec setsid -cw sh -c '{line}'"));
        command.stdin(stdio()).stdout(stdio()).stderr(stdio()).env("TERM", "xterm-256color");
        let child = command.spawn().unwrap();
        let seen = Arc::new(Mutex::new(Shown::new(size)));
        let (mut screen, shown) = (File::from(pty.master.try_clone().unwrap()), Arc::clone(&seen));
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                shown.lock().unwrap().take(&buffer[..count]);
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
            to = seen.text.get(from..).and_then(|new| new.find(text)).map(|at| from + at + text.len());
            to.is_some()
        });
        self.from = to.unwrap();
    }

    /// Presses keys as a person does who has read what is to be seen: what comes sooner answers nothing, and that is not
    /// to be waited for in any other way.
    pub(crate) fn press(&self, keys: &str) {
        thread::sleep(READING);
        self.types_ahead(keys);
    }

    /// The same of a person who was writing something else and has looked up.
    pub(crate) fn press_after_writing(&self, keys: &str) {
        thread::sleep(LOOKING_UP);
        self.types_ahead(keys);
    }

    /// Presses keys at once.
    pub(crate) fn types_ahead(&self, keys: &str) {
        (&self.keys).write_all(keys.as_bytes()).unwrap();
    }

    /// What is to be seen now.
    pub(crate) fn picture(&self) -> Picture {
        self.seen.lock().unwrap().picture()
    }

    /// Every byte until now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// The modes that are switched on now, by their numbers.
    pub(crate) fn modes(&self) -> Vec<String> {
        self.seen.lock().unwrap().modes()
    }

    /// Waits until the picture is so; that picture.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Picture) -> bool) -> Picture {
        let mut picture = self.picture();
        let began = std::time::Instant::now();
        while !is_so(&picture) {
            assert!(
                began.elapsed() < LOOKING,
                "waited {} s until {what}; there is\n{picture}",
                LOOKING.as_secs()
            );
            thread::sleep(std::time::Duration::from_millis(2));
            picture = self.picture();
        }
        picture
    }

    /// Waits until this stands on the screen.
    #[track_caller]
    pub(crate) fn sees(&self, text: &str) -> Picture {
        self.until(&format!("`{text}` is on the screen"), |picture| picture.has(text))
    }

    /// Waits until this stands on the screen no more.
    #[track_caller]
    pub(crate) fn loses(&self, text: &str) -> Picture {
        self.until(&format!("`{text}` is gone from the screen"), |picture| !picture.has(text))
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, (columns, lines): Size) {
        self.seen.lock().unwrap().resize((columns, lines));
        let size = ["cols", &columns.to_string(), "rows", &lines.to_string()].map(str::to_owned);
        let set = Command::new("stty").args(size).stdin(self.slave.try_clone().unwrap()).status();
        assert!(set.unwrap().success());
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Whether the terminal's settings are what they were before.
    pub(crate) fn is_as_before(&self) -> bool {
        tcgetattr(&self.slave).unwrap() == self.before
    }

    /// Waits for the end of the command; its exit code, and everything that was to be seen. The terminal's settings are
    /// what they were.
    #[track_caller]
    pub(crate) fn ends(self) -> (i32, String) {
        let ended = self.waited();
        (ended.code, ended.text)
    }

    /// The same, with all that is left.
    #[track_caller]
    pub(crate) fn waited(mut self) -> Ended {
        let mut code = None;
        super::eventually("the command ends", || {
            code = self.child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1));
            code.is_some()
        });
        assert!(self.is_as_before(), "the terminal is left as it was");
        let mut end = File::from(self.slave.try_clone().unwrap());
        end.write_all(ALL_READ.as_bytes()).unwrap();
        super::eventually("everything is read", || self.seen.lock().unwrap().text.ends_with(ALL_READ));
        let seen = self.seen.lock().unwrap();
        let bytes = seen.bytes.strip_suffix(ALL_READ.as_bytes()).unwrap().to_vec();
        let text = seen.text.strip_suffix(ALL_READ).unwrap().to_owned();
        Ended { code: code.unwrap(), text, bytes, picture: seen.picture(), modes: seen.modes() }
    }
}

/// How a command left its terminal.
pub(crate) struct Ended {
    /// Exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Everything that was to be seen.
    pub(crate) text: String,
    /// The same as it came.
    pub(crate) bytes: Vec<u8>,
    /// What is to be seen now.
    pub(crate) picture: Picture,
    /// The modes that are still on.
    pub(crate) modes: Vec<String>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
