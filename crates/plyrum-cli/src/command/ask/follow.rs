//! A run from its receipt to its end: frames, Ctrl-C, a reader that is gone, a daemon that dies.

use super::prompt::{Asking, Said};
use super::show::Show;
use crate::command::connected;
use crate::out::{Heeding, Reader};
use crate::text::say;
use plyrum_client::{Client, Event, Follower, FrameLine, Step};
use plyrum_config::Paths;
use plyrum_protocol::{
    Action, ApprovalAnswer, ApprovalId, ApprovalReply, ApprovalScope, Attach, CallId, Cancel, CancelReason,
    ErrorKind, Fault, FrameBody, RunAttach, RunCancel, RunId, RunResult, RunStatus,
};
use std::collections::HashMap;
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// A cancelled run books what it used and ends; longer than this means that the daemon is stuck.
const END_WITHIN: Duration = Duration::from_secs(30);
/// Longest wait for a signal that is known to have come.
const SIGNAL_WITHIN: Duration = Duration::from_secs(1);

/// Follows the run and says how the process should end.
pub(super) async fn to_the_end(
    paths: &Paths,
    client: Client,
    run: RunId,
    show: &Show,
    mut watch: Watch,
) -> Result<ExitCode, Fault> {
    let mut following = Following { client, follower: Follower::new(run.clone()), run };
    let mut cancelled: Option<CancelReason> = None;
    let mut asked = Asked::default();
    loop {
        tokio::select! {
            event = following.client.event() => match event {
                Event::Frame(line) => match following.take(&line, show, &mut asked).await? {
                    Taken::Shown => {}
                    Taken::Parked => return Ok(ExitCode::from(ErrorKind::Parked.exit_code())),
                    Taken::Finished(result) => {
                        let reader = show.finished(&result, cancelled)?;
                        if reader == Reader::Interrupted {
                            // However the run ended: its answer is cut off.
                            let reason = match cancelled {
                                Some(reason) => reason,
                                None => watch.signalled().await,
                            };
                            return Ok(ExitCode::from(code_of(reason)));
                        }
                        return Ok(exit_code(&result, cancelled));
                    }
                    Taken::NobodyReads if cancelled.is_none() => {
                        cancelled = Some(CancelReason::OutputClosed);
                        following.cancel(CancelReason::OutputClosed).await?;
                    }
                    // The signal that ended the wait for a reader is told there, too.
                    Taken::Interrupted if cancelled.is_none() => {
                        let reason = watch.signalled().await;
                        cancelled = Some(reason);
                        following.cancel(reason).await?;
                    }
                    Taken::NobodyReads | Taken::Interrupted => {}
                },
                Event::Gone => following.again(paths).await?,
            },
            said = asked.said() => {
                match said {
                    Some((approval, Said::Interrupt)) => {
                        drop(approval);
                        cancelled = Some(CancelReason::Interrupt);
                        following.cancel(CancelReason::Interrupt).await?;
                    }
                    Some((approval, said)) => following.answer(&approval, said).await?,
                    None => {} // the terminal is gone; so is this process soon
                }
            }
            reason = watch.next() => {
                if cancelled.is_some_and(|c| c != CancelReason::OutputClosed) {
                    let gone = Fault::new(ErrorKind::Cancelled, say!("fault-left-early"));
                    let _told = show.refused(&gone.hint(say!("hint-explain-bill", run = following.run.as_str())));
                    return Ok(ExitCode::from(code_of(reason))); // asked twice: leave at once
                }
                cancelled = Some(reason);
                following.cancel(reason).await?;
            }
            () = tokio::time::sleep(END_WITHIN), if cancelled.is_some() => {
                return Err(Fault::new(ErrorKind::DaemonUnreachable, say!("fault-does-not-end-run"))
                    .hint("plyrum daemon restart"));
            }
        }
    }
}

struct Following {
    client: Client,
    follower: Follower,
    run: RunId,
}

/// The question that is on the screen, and the actions that questions are about.
#[derive(Default)]
struct Asked {
    actions: HashMap<CallId, (String, Action)>,
    now: Option<(ApprovalId, Asking)>,
}

impl Asked {
    /// Takes a frame, in order and once.
    fn see(&mut self, body: &FrameBody, asks: bool) {
        match body {
            FrameBody::ToolProposed { call, tool, action, .. } if asks => {
                self.actions.insert(call.clone(), (tool.clone(), (**action).clone()));
            }
            FrameBody::ApprovalRequested { approval, call, ruling, verdict_if_rule, .. } if asks => {
                if let Some((tool, action)) = self.actions.get(call) {
                    let asking = Asking::begin(tool, action, ruling, verdict_if_rule.as_deref());
                    self.now = Some((approval.clone(), asking));
                }
            }
            FrameBody::ApprovalResolved { .. } => self.now = None,
            FrameBody::ToolFinished { call, .. } => {
                self.actions.remove(call);
                self.now = None;
            }
            FrameBody::RunFinished { .. } => self.now = None,
            _ => {}
        }
    }

    /// What the person says; never where nothing is asked.
    async fn said(&mut self) -> Option<(ApprovalId, Said)> {
        let Some((approval, asking)) = &mut self.now else { return std::future::pending().await };
        let (approval, said) = (approval.clone(), asking.said().await);
        self.now = None;
        said.map(|said| (approval, said))
    }
}

enum Taken {
    Shown,
    NobodyReads,
    /// A signal came while the reader did not read.
    Interrupted,
    /// The run waits for somebody else, and goes on without us.
    Parked,
    Finished(Box<RunResult>),
}

impl Taken {
    const fn by(reader: Reader) -> Self {
        match reader {
            Reader::There => Self::Shown,
            Reader::Gone => Self::NobodyReads,
            Reader::Interrupted => Self::Interrupted,
        }
    }
}

impl Following {
    async fn take(&mut self, line: &FrameLine, show: &Show, asked: &mut Asked) -> Result<Taken, Fault> {
        let skip = match self.follower.take(line) {
            Step::Show { skip } => skip,
            Step::Skip => return Ok(Taken::Shown),
            Step::Reattach { after_seq } => {
                self.attach(after_seq).await?;
                return Ok(Taken::Shown);
            }
        };
        let Some(frame) = &line.frame else {
            let reader = show.unknown(line)?; // a type of a newer daemon
            return Ok(Taken::by(reader));
        };
        let reader = if skip == 0 {
            show.frame(line, frame, skip)?
        } else {
            let rest = line.clone().after(skip); // what was shown before is in no line twice
            show.frame(&rest, rest.frame.as_ref().unwrap_or(frame), 0)?
        };
        asked.see(&frame.body, show.asks());
        if let FrameBody::RunParked { approval, resume } = &frame.body {
            show.parked(&self.run, approval, resume)?;
            return Ok(Taken::Parked);
        }
        if let FrameBody::RunFinished { result } = &frame.body {
            return Ok(Taken::Finished(result.clone()));
        }
        Ok(Taken::by(reader))
    }

    async fn attach(&mut self, after_seq: u64) -> Result<(), Fault> {
        let attach = Attach { run: self.run.as_str().to_owned(), after_seq, approve: None };
        self.client.call::<RunAttach>(&attach).await.map(|_| ())
    }

    /// The daemon is gone. A new one resolves what was held; its books say what became of the run.
    async fn again(&mut self, paths: &Paths) -> Result<(), Fault> {
        let interrupted = || {
            Fault::new(ErrorKind::Interrupted, say!("fault-daemon-died"))
                .hint(say!("hint-explain-cost", run = self.run.as_str()))
        };
        self.client = connected(paths).await.map_err(|fault| match fault.kind {
            ErrorKind::DaemonUnreachable => fault, // it is alive and stuck, or none comes up any more
            _ => interrupted(),
        })?;
        let after_seq = self.follower.last_seq();
        self.attach(after_seq).await.map_err(|_| {
            Fault::new(ErrorKind::Interrupted, say!("fault-daemon-died")).hint(say!("hint-runs-list"))
        })
    }

    /// What the person said. Somebody else may have been first, which the next frame tells.
    async fn answer(&mut self, approval: &ApprovalId, said: Said) -> Result<(), Fault> {
        let (approve, scope, reason, end) = match said {
            Said::Yes(scope) => (true, scope, None, false),
            Said::No { reason, end } => (false, ApprovalScope::Once, reason, end),
            Said::Interrupt => return Ok(()),
        };
        let client = format!("plyrum ask {}", env!("CARGO_PKG_VERSION"));
        let reply =
            ApprovalReply { approval: approval.as_str().to_owned(), approve, scope, reason, end, client };
        self.client.request::<ApprovalAnswer>(&reply).await.map(|_| ())
    }

    /// Asks the daemon to end the run; that it is over already is fine.
    async fn cancel(&mut self, reason: CancelReason) -> Result<(), Fault> {
        let cancel = Cancel { run: self.run.as_str().to_owned(), reason };
        self.client.request::<RunCancel>(&cancel).await.map(|_| ())
    }
}

/// The end of a command that was told to end before its run had begun. What the daemon may have taken already
/// ends with this connection, unless it was to be left alone.
pub(super) fn left_early(show: &Show, reason: CancelReason, detached: bool) -> ExitCode {
    if reason != CancelReason::OutputClosed {
        let fault = Fault::new(ErrorKind::Cancelled, say!("fault-cancelled-early"));
        let hint = detached.then(|| say!("hint-taken-all-the-same"));
        let _code = show.refused(&Fault { hint, ..fault });
    }
    ExitCode::from(code_of(reason))
}

/// What can end the wait from outside. Made before anything is asked of the daemon, so that no signal falls
/// between a run's beginning and its being watched.
pub(super) struct Watch {
    interrupt: Signal,
    terminate: Signal,
    /// Says that nobody reads standard output any more.
    output: oneshot::Receiver<()>,
    _heeding: Heeding,
}

impl Watch {
    pub(super) fn new() -> Result<Self, Fault> {
        let deaf =
            |e: std::io::Error| Fault::new(ErrorKind::Internal, say!("fault-signals", why = e.to_string()));
        let listen = |kind| signal(kind).map_err(deaf);
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let heeding = Heeding::begin().map_err(deaf)?;
        Ok(Self { interrupt, terminate, output: watch_output(), _heeding: heeding })
    }

    /// The signal that ended a wait for the reader. It was sent; that it is told here takes a moment.
    async fn signalled(&mut self) -> CancelReason {
        tokio::time::timeout(SIGNAL_WITHIN, self.next()).await.unwrap_or(CancelReason::Interrupt)
    }

    /// A signal counts before an output that was closed: Ctrl-C ends a whole pipeline at once.
    pub(super) async fn next(&mut self) -> CancelReason {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => CancelReason::Interrupt,
            _ = self.terminate.recv() => CancelReason::Terminate,
            Ok(()) = &mut self.output, if !self.output.is_terminated() => CancelReason::OutputClosed,
        }
    }
}

/// Waits, in a thread that ends with the process, until the reader of standard output is gone: spending
/// must stop even while there is nothing to write. Files and terminals never report it.
fn watch_output() -> oneshot::Receiver<()> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let (gone, watched) = oneshot::channel();
    std::thread::spawn(move || {
        let output = std::io::stdout();
        let mut watched = [PollFd::new(output.as_fd(), PollFlags::empty())];
        while poll(&mut watched, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
        let broken = PollFlags::POLLERR | PollFlags::POLLHUP;
        if watched.iter().any(|fd| fd.revents().is_some_and(|seen| seen.intersects(broken))) {
            let _run_is_over = gone.send(());
        }
    });
    watched
}

fn code_of(reason: CancelReason) -> u8 {
    match reason {
        CancelReason::Terminate => 143,
        CancelReason::OutputClosed => 0,
        CancelReason::Interrupt | CancelReason::User | CancelReason::ClientGone | CancelReason::Shutdown => {
            ErrorKind::Cancelled.exit_code()
        }
    }
}

pub(in crate::command) fn exit_code(result: &RunResult, cancelled: Option<CancelReason>) -> ExitCode {
    match (result.status, cancelled, &result.error) {
        (RunStatus::Succeeded | RunStatus::Degraded, _, _) => ExitCode::SUCCESS,
        (RunStatus::Cancelled, Some(reason), _) => ExitCode::from(code_of(reason)),
        (_, _, Some(fault)) => ExitCode::from(fault.kind.exit_code()),
        (_, _, None) => ExitCode::from(ErrorKind::Failed.exit_code()),
    }
}
