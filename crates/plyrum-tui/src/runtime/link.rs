//! The connection that runs live on: prompts go out, frames come in, and when the daemon is gone it is looked for, or
//! started, until it is there again. What was asked for meanwhile waits in its queue and is not lost.

use super::wake::Teller;
use super::withdrawn::Withdrawn;
use crate::app::{Message, Order, Reply};
use plyrum_client::{Client, Enclosed, Event, Launch, connect_or_start, upload};
use plyrum_config::Paths;
use plyrum_protocol::{
    ApprovalAnswer, ApprovalReply, Attach, Cancel, CancelReason, Compact, ErrorKind, Fault, Hello,
    MAX_PROMPT_BYTES, Owner, RunAttach, RunCancel, RunDropStep, RunFinishNow, RunId, RunRef, RunSubmit,
    StepId, StepRef, Submit, Submitted,
};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Wait before the daemon is looked for again, doubling up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted less than this is no sign that the next one will: a daemon that drains takes connections too.
const STEADY: Duration = Duration::from_secs(5);
/// Calls that wait for a connection.
const WAITING: usize = 256;
/// Turns that a summary leaves as they are.
const KEEP_TURNS: u32 = 4;

/// What is asked of a run's connection.
#[derive(Debug)]
pub(super) enum Call {
    Submit(Box<Order>),
    Attach { run: RunId, after_seq: u64, approve: Option<String> },
    Cancel { run: RunId, reason: CancelReason },
    FinishNow(RunId),
    Drop { run: RunId, step: StepId },
    Answer(Box<ApprovalReply>),
}

/// How to get to the daemon, and what to say to it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) paths: Paths,
    pub(super) hello: Hello,
    pub(super) launch: Launch,
    pub(super) workspace: Option<String>,
    pub(super) client: String,
    pub(super) new_id: fn() -> Result<String, Fault>,
}

impl Way {
    pub(super) async fn connect(&self) -> Result<Client, Fault> {
        let client = connect_or_start(&self.paths, &self.hello, &self.launch).await?;
        client.require_common_version()?;
        Ok(client)
    }

    /// The folder that files are named from.
    pub(super) fn root(&self) -> PathBuf {
        self.workspace.as_ref().map(PathBuf::from).unwrap_or_default()
    }
}

/// What the connection works on.
struct Desk {
    calls: mpsc::Receiver<Call>,
    /// Calls that came while there was no connection; at most [`WAITING`].
    waiting: VecDeque<Call>,
    /// The call that is made, or was under way when the connection broke. Then it is made again: a submit with the same id
    /// starts nothing twice.
    current: Option<Current>,
    withdrawn: Withdrawn,
    teller: Teller,
}

struct Current {
    call: Prepared,
    /// It may have arrived: the connection broke behind it.
    was_sent: bool,
}

/// The screen is gone.
struct Gone;

impl Desk {
    async fn tell(&self, message: Message) -> Result<(), Gone> {
        if self.teller.tell(message).await { Ok(()) } else { Err(Gone) }
    }

    /// The next call, also one that came while there was no connection.
    async fn next(&mut self) -> Option<Call> {
        match self.waiting.pop_front() {
            Some(call) => Some(call),
            None => self.calls.recv().await,
        }
    }

    /// Gives orders back that were withdrawn and never went out.
    async fn give_back_withdrawn(&mut self) -> Result<(), Gone> {
        while self.waiting.len() < WAITING
            && let Ok(call) = self.calls.try_recv()
        {
            self.waiting.push_back(call);
        }
        let mut given_back = Vec::new();
        for call in std::mem::take(&mut self.waiting) {
            match call {
                Call::Submit(order) if self.withdrawn.take(order.ticket) => given_back.push(order),
                call => self.waiting.push_back(call),
            }
        }
        let is_withdrawn = |current: &mut Current| match &current.call {
            Prepared::Submit { ticket, .. } => !current.was_sent && self.withdrawn.take(*ticket),
            _ => false,
        };
        if let Some(Current { call: Prepared::Submit { order, .. }, .. }) = self.current.take_if(is_withdrawn)
        {
            given_back.push(order);
        }
        for order in given_back {
            self.tell(Message::Reply(not_sent(order))).await?;
        }
        Ok(())
    }

    /// Looks for the daemon, or starts it. Whoever takes something back meanwhile does not wait for that.
    async fn connected(&mut self, way: &Way) -> Result<Result<Client, Fault>, Gone> {
        let connecting = way.connect();
        tokio::pin!(connecting);
        loop {
            self.give_back_withdrawn().await?;
            tokio::select! {
                connected = &mut connecting => return Ok(connected),
                () = self.withdrawn.heard() => {}
            }
        }
    }

    /// Waits before the daemon is looked for again.
    async fn rest(&mut self, pause: &mut Duration) -> Result<(), Gone> {
        let until = Instant::now() + *pause;
        *pause = (*pause * 2).min(LAST_PAUSE);
        loop {
            self.give_back_withdrawn().await?;
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Ok(()),
                () = self.withdrawn.heard() => {}
            }
        }
    }
}

/// An order that was withdrawn in time.
fn not_sent(order: Box<Order>) -> Reply {
    let ticket = order.ticket;
    let fault = Fault::new(ErrorKind::Cancelled, "the prompt was taken back before it was sent");
    Reply::Submitted { ticket, outcome: Err((fault, order)), is_again: false }
}

/// Keeps the connection for as long as the screen is there.
pub(super) async fn keep(way: Way, calls: mpsc::Receiver<Call>, withdrawn: Withdrawn, teller: Teller) {
    let mut desk = Desk { calls, waiting: VecDeque::new(), current: None, withdrawn, teller };
    let Err(Gone) = connections(&way, &mut desk).await;
}

/// One connection after the other.
async fn connections(way: &Way, desk: &mut Desk) -> Result<Infallible, Gone> {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut client = match desk.connected(way).await? {
            Ok(client) => client,
            Err(fault) => {
                desk.tell(Message::Disconnected(fault)).await?;
                desk.rest(&mut pause).await?;
                continue;
            }
        };
        let began = Instant::now();
        desk.tell(Message::Connected { build: client.daemon.build.clone() }).await?;
        serve(way, &mut client, desk).await?;
        let gone = Fault::new(ErrorKind::DaemonUnreachable, "the daemon is gone");
        desk.tell(Message::Disconnected(gone)).await?;
        if began.elapsed() < STEADY {
            desk.rest(&mut pause).await?;
        } else {
            pause = FIRST_PAUSE;
        }
    }
}

/// A call with everything that it needs, so that it can be made again.
#[derive(Debug, Clone)]
enum Prepared {
    Submit { ticket: u64, submit: Box<Submit>, enclosed: Vec<Enclosed>, order: Box<Order> },
    Attach { run: RunId, attach: Attach },
    Cancel(Cancel),
    FinishNow(RunRef),
    Drop(StepRef),
    Answer(Box<ApprovalReply>),
}

/// Makes calls and passes frames on until the daemon is gone.
async fn serve(way: &Way, client: &mut Client, desk: &mut Desk) -> Result<(), Gone> {
    loop {
        desk.give_back_withdrawn().await?;
        if let Some(mut current) = desk.current.take() {
            let call = current.call.clone();
            match carry_out(client, call, current.was_sent, &desk.withdrawn).await {
                Ok(Some(reply)) => desk.tell(Message::Reply(reply)).await?,
                Ok(None) => {}
                Err(Broken) => {
                    current.was_sent = true;
                    desk.current = Some(current);
                    return Ok(());
                }
            }
        }
        let withdrawn = desk.withdrawn.clone();
        tokio::select! {
            event = client.event() => match event {
                Event::Frame(line) => desk.tell(Message::Frame(line)).await?,
                Event::Gone => return Ok(()),
            },
            call = desk.next() => match call {
                None => return Err(Gone),
                Some(call) => match prepare(way, call).await {
                    Ok(call) => desk.current = Some(Current { call, was_sent: false }),
                    Err(refused) => desk.tell(Message::Reply(refused)).await?,
                },
            },
            () = withdrawn.heard() => {}
        }
    }
}

async fn prepare(way: &Way, call: Call) -> Result<Prepared, Reply> {
    Ok(match call {
        Call::Submit(order) => {
            let ticket = order.ticket;
            match submission(way, &order).await {
                Ok((submit, enclosed)) => {
                    Prepared::Submit { ticket, submit: Box::new(submit), enclosed, order }
                }
                Err(fault) => {
                    return Err(Reply::Submitted { ticket, outcome: Err((fault, order)), is_again: false });
                }
            }
        }
        Call::Attach { run, after_seq, approve } => {
            let attach = Attach { run: run.as_str().to_owned(), after_seq, approve };
            Prepared::Attach { run, attach }
        }
        Call::Cancel { run, reason } => Prepared::Cancel(Cancel { run: run.as_str().to_owned(), reason }),
        Call::FinishNow(run) => Prepared::FinishNow(RunRef { run: run.as_str().to_owned() }),
        Call::Drop { run, step } => Prepared::Drop(StepRef { run: run.as_str().to_owned(), step }),
        Call::Answer(reply) => Prepared::Answer(reply),
    })
}

/// An order as the daemon takes it, with what goes along.
pub(super) async fn submission(way: &Way, order: &Order) -> Result<(Submit, Vec<Enclosed>), Fault> {
    let (root, names) = (way.root(), order.files.clone());
    let read = tokio::task::spawn_blocking(move || super::files::read(&root, &names)).await;
    let mut enclosed = read.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))??;
    enclosed.extend(order.texts.iter().map(|(name, text)| Enclosed::text(name, text)));
    let mut prompt = order.prompt.clone();
    if prompt.len() > MAX_PROMPT_BYTES {
        enclosed.insert(0, Enclosed::text("prompt", std::mem::take(&mut prompt)));
    }
    let id = (way.new_id)()?;
    let run = RunId::new(id).map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
    let submit = Submit {
        run,
        session: order.session.as_ref().map(|session| session.as_str().to_owned()),
        prompt,
        attachments: Vec::new(),
        options: order.options.clone(),
        workspace: way.workspace.clone(),
        client: way.client.clone(),
        // It goes on when this screen is gone: what was paid for is not lost.
        owner: Owner::Detached,
        dry_run: false,
        compact: order.is_compaction.then_some(Compact { keep_turns: KEEP_TURNS }),
    };
    Ok((submit, enclosed))
}

/// The connection broke in the middle.
struct Broken;

async fn carry_out(
    client: &mut Client,
    call: Prepared,
    was_sent: bool,
    withdrawn: &Withdrawn,
) -> Result<Option<Reply>, Broken> {
    match call {
        Prepared::Submit { ticket, submit, enclosed, order } => {
            if was_sent && withdrawn.has(ticket) {
                // Nobody knows whether it arrived. Where it did, it ends, and its receipt is got by its id.
                let cancel = Cancel { run: submit.run.as_str().to_owned(), reason: CancelReason::Interrupt };
                let cancelled = unless_broken(client.call::<RunCancel>(&cancel).await)?;
                if cancelled.is_err_and(|fault| fault.kind == ErrorKind::NotFound)
                    && !has_run(client, &submit.run).await?
                {
                    withdrawn.take(ticket);
                    return Ok(Some(not_sent(order)));
                }
            }
            let outcome = match unless_broken(submit_with(client, *submit, enclosed).await)? {
                Ok(Submitted::Receipt(receipt)) => Ok(receipt),
                Ok(Submitted::Planned(_)) => {
                    Err((Fault::new(ErrorKind::Internal, "the daemon only planned the run"), order))
                }
                Err(fault) => Err((fault, order)),
            };
            withdrawn.take(ticket);
            Ok(Some(Reply::Submitted { ticket, outcome, is_again: was_sent }))
        }
        Prepared::Attach { run, attach } => {
            let outcome = unless_broken(client.call::<RunAttach>(&attach).await)?;
            Ok(Some(Reply::Attached { run, outcome }))
        }
        Prepared::Answer(reply) => {
            let answered = unless_broken(client.call::<ApprovalAnswer>(&reply).await)?;
            Ok(Some(Reply::Answered(answered.map(Box::new))))
        }
        // That it is over already is fine: its last frame says so.
        Prepared::Cancel(cancel) => Ok(unless_over(unless_broken(client.call::<RunCancel>(&cancel).await)?)),
        Prepared::FinishNow(run) => Ok(unless_over(unless_broken(client.call::<RunFinishNow>(&run).await)?)),
        Prepared::Drop(step) => Ok(unless_over(unless_broken(client.call::<RunDropStep>(&step).await)?)),
    }
}

/// Whether the daemon knows a run, living or over.
async fn has_run(client: &mut Client, run: &RunId) -> Result<bool, Broken> {
    let attach = Attach { run: run.as_str().to_owned(), after_seq: u64::MAX, approve: None };
    Ok(unless_broken(client.call::<RunAttach>(&attach).await)?.is_ok())
}

fn unless_broken<T>(outcome: Result<T, Fault>) -> Result<Result<T, Fault>, Broken> {
    match outcome {
        Err(fault) if fault.kind == ErrorKind::DaemonUnreachable => Err(Broken),
        outcome => Ok(outcome),
    }
}

fn unless_over<T>(outcome: Result<T, Fault>) -> Option<Reply> {
    outcome.err().filter(|fault| fault.kind != ErrorKind::NotFound).map(Reply::Refused)
}

/// Uploads what goes along, then submits.
pub(super) async fn submit_with(
    client: &mut Client,
    mut submit: Submit,
    enclosed: Vec<Enclosed>,
) -> Result<Submitted, Fault> {
    submit.attachments = upload(client, enclosed).await?;
    client.call::<RunSubmit>(&submit).await
}

#[cfg(test)]
mod tests;
