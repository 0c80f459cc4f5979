//! The connection that runs live on: prompts go out, frames come in, and when the daemon is gone it is looked for, or
//! started, until it is there again. What was asked for meanwhile waits in its queue and is not lost.

use super::wake::Teller;
use crate::app::{Message, Order, Reply};
use plyrum_client::{Client, Event, Launch, connect_or_start};
use plyrum_config::Paths;
use plyrum_protocol::{
    ApprovalAnswer, ApprovalReply, Attach, AttachmentId, AttachmentPiece, AttachmentPut, Cancel,
    CancelReason, Compact, ErrorKind, Fault, Hello, MAX_PIECE_BYTES, MAX_PROMPT_BYTES, Owner, RunAttach,
    RunCancel, RunDropStep, RunFinishNow, RunId, RunRef, RunSubmit, StepId, StepRef, Submit, Submitted,
};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Wait before the daemon is looked for again, doubling up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted less than this is no sign that the next one will: a daemon that drains takes connections too.
const STEADY: Duration = Duration::from_secs(5);
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

/// Keeps the connection for as long as the screen is there.
pub(super) async fn keep(way: Way, mut calls: mpsc::Receiver<Call>, teller: Teller) {
    let mut pause = FIRST_PAUSE;
    // What was under way when the connection broke is asked again: a submit with the same id starts nothing twice.
    let mut again: Option<Prepared> = None;
    loop {
        let mut client = match way.connect().await {
            Ok(client) => client,
            Err(fault) => {
                if !teller.tell(Message::Disconnected(fault)).await {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
                continue;
            }
        };
        let began = Instant::now();
        if !teller.tell(Message::Connected { build: client.daemon.build.clone() }).await {
            return;
        }
        match serve(&way, &mut client, &mut calls, &teller, &mut again).await {
            Ended::ByUs => return,
            Ended::ByDaemon => {
                let gone = Fault::new(ErrorKind::DaemonUnreachable, "the daemon is gone");
                if !teller.tell(Message::Disconnected(gone)).await {
                    return;
                }
                if began.elapsed() < STEADY {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LAST_PAUSE);
                } else {
                    pause = FIRST_PAUSE;
                }
            }
        }
    }
}

enum Ended {
    ByUs,
    ByDaemon,
}

/// A call with everything that it needs, so that it can be made again.
#[derive(Debug, Clone)]
enum Prepared {
    Submit { ticket: u64, submit: Box<Submit>, texts: Vec<(String, String)>, order: Box<Order> },
    Attach { run: RunId, attach: Attach },
    Cancel(Cancel),
    FinishNow(RunRef),
    Drop(StepRef),
    Answer(Box<ApprovalReply>),
}

async fn serve(
    way: &Way,
    client: &mut Client,
    calls: &mut mpsc::Receiver<Call>,
    teller: &Teller,
    again: &mut Option<Prepared>,
) -> Ended {
    loop {
        if let Some(call) = again.take() {
            let kept = call.clone();
            match carry_out(client, call).await {
                Ok(Some(reply)) => {
                    if !teller.tell(Message::Reply(reply)).await {
                        return Ended::ByUs;
                    }
                }
                Ok(None) => {}
                Err(Broken) => {
                    *again = Some(kept);
                    return Ended::ByDaemon;
                }
            }
        }
        tokio::select! {
            event = client.event() => match event {
                Event::Frame(line) => {
                    if !teller.tell(Message::Frame(line)).await {
                        return Ended::ByUs;
                    }
                }
                Event::Gone => return Ended::ByDaemon,
            },
            call = calls.recv() => match call {
                None => return Ended::ByUs,
                Some(call) => match prepare(way, call).await {
                    Ok(prepared) => *again = Some(prepared),
                    Err(refused) => {
                        if !teller.tell(Message::Reply(refused)).await {
                            return Ended::ByUs;
                        }
                    }
                },
            },
        }
    }
}

async fn prepare(way: &Way, call: Call) -> Result<Prepared, Reply> {
    Ok(match call {
        Call::Submit(order) => {
            let ticket = order.ticket;
            match submission(way, &order).await {
                Ok((submit, texts)) => Prepared::Submit { ticket, submit: Box::new(submit), texts, order },
                Err(fault) => return Err(Reply::Submitted { ticket, outcome: Err((fault, order)) }),
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

/// An order as the daemon takes it, with the texts that go along.
pub(super) async fn submission(way: &Way, order: &Order) -> Result<(Submit, Vec<(String, String)>), Fault> {
    let (root, names) = (way.root(), order.files.clone());
    let read = tokio::task::spawn_blocking(move || super::files::read(&root, &names)).await;
    let mut texts = read.map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))??;
    texts.extend(order.texts.iter().cloned());
    let mut prompt = order.prompt.clone();
    if prompt.len() > MAX_PROMPT_BYTES {
        texts.insert(0, ("prompt".to_owned(), std::mem::take(&mut prompt)));
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
    Ok((submit, texts))
}

/// The connection broke in the middle.
struct Broken;

async fn carry_out(client: &mut Client, call: Prepared) -> Result<Option<Reply>, Broken> {
    match call {
        Prepared::Submit { ticket, submit, texts, order } => {
            let outcome = match unless_broken(submit_with(client, *submit, texts).await)? {
                Ok(Submitted::Receipt(receipt)) => Ok(receipt),
                Ok(Submitted::Planned(_)) => {
                    Err((Fault::new(ErrorKind::Internal, "the daemon only planned the run"), order))
                }
                Err(fault) => Err((fault, order)),
            };
            Ok(Some(Reply::Submitted { ticket, outcome }))
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
    texts: Vec<(String, String)>,
) -> Result<Submitted, Fault> {
    for (nth, (name, text)) in texts.into_iter().enumerate() {
        let attachment = AttachmentId::new(format!("a{nth}"))
            .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
        let mut rest = text.as_str();
        loop {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(MAX_PIECE_BYTES));
            let piece = AttachmentPiece {
                attachment: attachment.clone(),
                name: name.clone(),
                text: piece.to_owned(),
            };
            client.call::<AttachmentPut>(&piece).await?;
            if more.is_empty() {
                break;
            }
            rest = more;
        }
        submit.attachments.push(attachment);
    }
    client.call::<RunSubmit>(&submit).await
}
