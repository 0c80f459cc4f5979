//! A terminal that knows when each picture was complete.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a synchronized update.
const END: &[u8] = b"\x1b[?2026l";
/// Nothing takes so long that is still worth a figure.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came out, up to the end of a picture, and when that end came.
type Picture = (Instant, Vec<u8>);

pub(super) struct Terminal {
    keys: File,
    child: Child,
    pictures: Receiver<Picture>,
    parser: vt100::Parser,
    pub(super) began: Instant,
}

impl Terminal {
    pub(super) fn start(mut command: Command, columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        // A screen that inherits its own terminal's other end never learns that the terminal is gone.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        fcntl(&pty.slave, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        let stdio = || pty.slave.try_clone().unwrap();
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        let (tell, pictures) = channel();
        let screen = File::from(pty.master.try_clone().unwrap());
        thread::spawn(move || read(screen, |picture| tell.send(picture).is_ok()));
        let began = Instant::now();
        let child = command.spawn().unwrap();
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { keys: File::from(pty.master), child, pictures, parser, began }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Presses keys; when that was.
    pub(super) fn press(&mut self, keys: &str) -> Instant {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes()).unwrap();
        at
    }

    /// When the next picture was complete.
    pub(super) fn picture(&mut self) -> Instant {
        self.picture_within(PATIENCE).expect("a picture")
    }

    pub(super) fn picture_within(&mut self, patience: Duration) -> Option<Instant> {
        match self.pictures.recv_timeout(patience) {
            Ok((at, bytes)) => {
                self.parser.process(&bytes);
                Some(at)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the screen is gone: {}", self.text()),
        }
    }

    /// Takes pictures until none comes for so long.
    pub(super) fn rest(&mut self, quiet: Duration) {
        while self.picture_within(quiet).is_some() {}
    }

    /// Takes pictures until one is as it should be; when that was complete.
    pub(super) fn until(&mut self, is_so: impl Fn(&str) -> bool) -> Instant {
        let began = Instant::now();
        loop {
            let at = self.picture_within(PATIENCE);
            if let Some(at) = at.filter(|_| is_so(&self.text())) {
                return at;
            }
            assert!(began.elapsed() < PATIENCE, "waited in vain; the screen shows:\n{}", self.text());
        }
    }

    pub(super) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Where the cursor is: row, column.
    pub(super) fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }
}

/// No screen outlives its measurement.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

/// Reads to the end of the terminal; a picture goes on as soon as its last byte is there.
fn read(mut screen: File, mut tell: impl FnMut(Picture) -> bool) {
    let (mut buffer, mut held) = (vec![0; 64 * 1024], Vec::new());
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        let at = Instant::now();
        held.extend_from_slice(buffer.get(..count).unwrap());
        while let Some(end) = held.windows(END.len()).position(|bytes| bytes == END) {
            let picture = held.drain(..end + END.len()).collect();
            if !tell((at, picture)) {
                return;
            }
        }
    }
}
