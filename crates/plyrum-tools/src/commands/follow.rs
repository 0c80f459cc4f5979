//! Following one running command: its output, its clock, its size, and whoever wants it to end.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::output::{MAX_OUTPUT_BYTES, Output};
use super::process::{Tree, TreeSize};
use super::{Chunk, Stopped};
use crate::sandbox::Limits;

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Between asking to end and ending.
const GRACE: Duration = Duration::from_secs(1);
/// After ending, until what we started is killed itself.
const LAST: Duration = Duration::from_secs(3);
/// What is still in the pipe after the end gets this long; someone who holds the pipe open does not hold us.
const DRAIN: Duration = Duration::from_millis(500);
/// How long processes that are being killed are waited for.
#[cfg(target_os = "linux")]
const LAST_PROCESS_SECONDS: i64 = 10;
/// How long a slow reader is waited for at the end.
const LAST_CHUNK: Duration = Duration::from_secs(1);

pub(super) struct Followed {
    pub(super) status: Option<ExitStatus>,
    pub(super) stopped: Option<Stopped>,
    pub(super) output: Output,
}

struct Following {
    tree: Tree,
    stopped: Option<Stopped>,
    /// The next, harder step of ending it.
    next: Option<(Instant, Step)>,
}

#[derive(Clone, Copy)]
enum Step {
    End,
    KillOuter,
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that is followed; called once")]
pub(super) async fn follow(
    mut child: Child,
    mut pipe: pipe::Receiver,
    tree: Tree,
    timeout: Duration,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    mut abandoned: watch::Receiver<()>,
    sender: &mpsc::Sender<Chunk>,
) -> Followed {
    #[cfg(target_os = "linux")]
    let watching = tokio::task::spawn_blocking(move || tree.watch());
    let mut output = Output::default();
    let mut following = Following { tree, stopped: None, next: None };
    let mut buffer = vec![0; 64 * 1024];
    let (mut reading, mut streaming) = (true, true);
    let (mut listening, mut waited_for) = (true, true);
    let mut status: Option<ExitStatus> = None;
    let mut drained_at = None;
    let deadline = sleep_until(Instant::now() + timeout);
    tokio::pin!(deadline);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counting: Option<tokio::task::JoinHandle<Option<TreeSize>>> = None;
    if *stop.borrow_and_update() {
        following.stop(Stopped::Cancelled);
    }
    while reading || status.is_none() {
        tokio::select! {
            read = pipe.read(&mut buffer), if reading => match read {
                Ok(0) | Err(_) => reading = false,
                Ok(length) => {
                    output.push(buffer.get(..length).unwrap_or_default());
                    if output.total > MAX_OUTPUT_BYTES {
                        following.stop_at_once(Stopped::TooMuchOutput);
                    }
                }
            },
            ended = child.wait(), if status.is_none() => {
                status = Some(ended.unwrap_or_default());
                drained_at = Some(Instant::now() + DRAIN);
            }
            () = &mut deadline, if following.stopped.is_none() => following.stop(Stopped::TimedOut),
            changed = stop.changed(), if listening => match changed {
                Ok(()) if *stop.borrow_and_update() => following.stop(Stopped::Cancelled),
                Ok(()) => {}
                Err(_) => listening = false,
            },
            _ = abandoned.changed(), if waited_for => {
                waited_for = false;
                following.stop(Stopped::Cancelled);
            }
            permit = sender.reserve(), if streaming && output.has_text() => match permit {
                Ok(permit) => { if let Some(chunk) = output.take_chunk() { permit.send(chunk) } }
                Err(_) => streaming = false,
            },
            _ = look.tick() => {
                if drained_at.is_some_and(|at| at <= Instant::now()) {
                    reading = false;
                }
                if following.next_step() {
                    let _ = child.start_kill();
                }
                if !output.has_text() && let Ok(permit) = sender.try_reserve()
                    && let Some(chunk) = output.take_chunk() {
                    permit.send(chunk);
                }
                if counting.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) && status.is_none() {
                    if let Some(counted) = counting.take() && let Ok(Some(size)) = counted.await {
                        if size.tasks > limits.processes {
                            following.stop_at_once(Stopped::TooManyProcesses);
                        }
                        if size.bytes > limits.memory_bytes {
                            following.stop_at_once(Stopped::TooMuchMemory);
                        }
                    }
                    counting = Some(tokio::task::spawn_blocking(move || tree.size()));
                }
            }
        }
    }
    #[cfg(target_os = "linux")]
    until_empty(watching).await;
    output.end();
    while let Some(chunk @ Chunk::Text(_)) = output.take_chunk() {
        let _ = tokio::time::timeout(LAST_CHUNK, sender.send(chunk)).await;
    }
    Followed { status, stopped: following.stopped, output }
}

/// bubblewrap tells of the end of its command, not of the last process that the command left behind: that is being
/// killed, and until then it could still write where a mount point is about to be taken away.
#[cfg(target_os = "linux")]
async fn until_empty(watching: tokio::task::JoinHandle<Option<std::os::fd::OwnedFd>>) {
    let Ok(Some(first)) = watching.await else { return };
    let wait = move || {
        let mut fds = [rustix::event::PollFd::new(&first, rustix::event::PollFlags::IN)];
        let timeout = rustix::event::Timespec { tv_sec: LAST_PROCESS_SECONDS, tv_nsec: 0 };
        while rustix::event::poll(&mut fds, Some(&timeout)) == Err(rustix::io::Errno::INTR) {}
    };
    let _ = tokio::task::spawn_blocking(wait).await;
}

impl Following {
    /// Asks first, ends after a while.
    fn stop(&mut self, why: Stopped) {
        if self.stopped.is_none() {
            self.stopped = Some(why);
            self.tree.ask_to_end();
            self.next = Some((Instant::now() + GRACE, Step::End));
        }
    }

    fn stop_at_once(&mut self, why: Stopped) {
        if self.stopped.is_none() {
            self.stopped = Some(why);
            self.tree.end();
            self.next = Some((Instant::now() + LAST, Step::KillOuter));
        }
    }

    /// Goes on with ending when it is time; true when what we started is to be killed itself.
    fn next_step(&mut self) -> bool {
        match self.next {
            Some((at, Step::End)) if at <= Instant::now() => {
                self.tree.end();
                self.next = Some((Instant::now() + LAST, Step::KillOuter));
                false
            }
            Some((at, Step::KillOuter)) if at <= Instant::now() => {
                self.next = None;
                true
            }
            _ => false,
        }
    }
}
