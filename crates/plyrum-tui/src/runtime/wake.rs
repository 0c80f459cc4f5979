//! What the loop waits on: the keyboard, messages of other threads, and signals. Nothing is polled, so a screen on which
//! nothing happens takes no time of the processor.

use crate::app::Message;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Something that no key and no message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// The window has another size.
    Resized,
    /// We are to end, with this exit code.
    Terminated { code: u8 },
    /// We are to stop for a while.
    Stopped,
}

/// Signals, and what they mean.
const SIGNALS: [(i32, Happened); 5] = [
    (SIGWINCH, Happened::Resized),
    (SIGTERM, Happened::Terminated { code: 143 }),
    (SIGHUP, Happened::Terminated { code: 129 }),
    (SIGINT, Happened::Terminated { code: 130 }),
    (SIGTSTP, Happened::Stopped),
];

/// The waiting end.
#[derive(Debug)]
pub(super) struct Wake {
    woken: UnixStream,
    flags: Vec<(Arc<AtomicBool>, Happened)>,
    elsewhere: Arc<AtomicBool>,
}

/// Tells signals that somebody else has the terminal: what its keys say then is not said to us.
#[derive(Debug, Clone)]
pub(super) struct Elsewhere {
    is_elsewhere: Arc<AtomicBool>,
    of_keys: Vec<Arc<AtomicBool>>,
}

impl Elsewhere {
    /// Does something that has the terminal. Ctrl+z stops us with it; ctrl+c is not ours.
    pub(super) fn during<T>(&self, what: impl FnOnce() -> T) -> T {
        self.is_elsewhere.store(true, Ordering::SeqCst);
        let done = what();
        self.is_elsewhere.store(false, Ordering::SeqCst);
        for flag in &self.of_keys {
            flag.store(false, Ordering::SeqCst);
        }
        done
    }
}

impl Wake {
    /// Both ends: one to wait at, one to wake with.
    pub(super) fn new() -> io::Result<(Self, UnixStream)> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let elsewhere = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_default(SIGTSTP, Arc::clone(&elsewhere))?;
        let mut flags = Vec::new();
        for (signal, happened) in SIGNALS {
            let flag = Arc::new(AtomicBool::new(false));
            // The flag is set before the waker wakes: they are called in this order.
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            signal_hook::low_level::pipe::register(signal, waker.try_clone()?)?;
            flags.push((flag, happened));
        }
        Ok((Self { woken, flags, elsewhere }, waker))
    }

    /// What tells the signals of keys that they are not for us.
    pub(super) fn elsewhere(&self) -> Elsewhere {
        let of_keys =
            self.flags.iter().zip(SIGNALS).filter(|(_, (signal, _))| [SIGINT, SIGTSTP].contains(signal));
        Elsewhere {
            is_elsewhere: Arc::clone(&self.elsewhere),
            of_keys: of_keys.map(|((flag, _), _)| Arc::clone(flag)).collect(),
        }
    }

    /// Waits for a key, a message, a signal, or the time; says which signals came.
    pub(super) fn wait(&mut self, patience: Option<Duration>) -> io::Result<Vec<Happened>> {
        let timeout = match patience {
            None => PollTimeout::NONE,
            // Upwards: a wait that ends a little early would only be repeated.
            Some(time) => {
                PollTimeout::try_from(time + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX)
            }
        };
        let keyboard = io::stdin();
        let mut watched = [
            PollFd::new(keyboard.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.woken.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
        let gone = watched
            .first()
            .and_then(PollFd::revents)
            .is_some_and(|seen| seen.intersects(PollFlags::POLLHUP | PollFlags::POLLNVAL));
        let mut buffer = [0; 256];
        while matches!((&self.woken).read(&mut buffer), Ok(1..)) {}
        let mut happened: Vec<Happened> = self
            .flags
            .iter()
            .filter_map(|(flag, happened)| flag.swap(false, Ordering::Relaxed).then_some(*happened))
            .collect();
        if gone {
            happened.push(Happened::Terminated { code: 129 });
        }
        Ok(happened)
    }
}

/// The waking end: sends messages to the loop. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    messages: mpsc::Sender<Message>,
    waker: Arc<UnixStream>,
}

impl Teller {
    pub(super) fn new(messages: mpsc::Sender<Message>, waker: UnixStream) -> Self {
        Self { messages, waker: Arc::new(waker) }
    }

    /// Tells the loop; waits where it has a lot to do. Whether it is still there.
    pub(super) async fn tell(&self, message: Message) -> bool {
        let is_there = self.messages.send(message).await.is_ok();
        self.wake();
        is_there
    }

    fn wake(&self) {
        // A full pipe wakes as well as one byte more would.
        let _woken_already = (&*self.waker).write(&[0]);
    }
}
