//! `plyrum runs`: what ran, what runs, following and cancelling.

use super::ask::{Format, Show, Style, exit_code};
use super::{Outcome, connected, ledger, of_ledger, paths, runtime};
use crate::range::within;
use crate::table::{left, right, table};
use crate::text::{labelled, say, told, words};
use crate::{out, text};
use plyrum_client::{Client, Event, Follower, Step};
use plyrum_ledger::{ApprovalFilter, LedgerReader, RunRow, RunStatus as LedgerStatus};
use plyrum_protocol::{
    Attach, Cancel, CancelReason, ErrorKind, Fault, FrameBody, InvalidId, RunAttach, RunCancel, RunDropStep,
    RunFinishNow, RunId, RunRef, RunResult, RunStatus, SessionId, StepId, StepRef, Timestamp, view,
};
use std::io::IsTerminal as _;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The latest runs, newest first
    List {
        /// At most this many
        #[arg(short = 'n', long, default_value_t = 20, value_parser = within(1..=1000_u16))]
        limit: u16,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The result of a run
    Show {
        /// The run: an id, its beginning, or `last`
        #[arg(default_value = "last")]
        run: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Follow a run from its beginning, also one that another client started; Ctrl-C leaves it running
    Attach {
        /// The run: an id, its beginning, or `last`
        #[arg(default_value = "last")]
        run: String,
        /// The answer as text, or every frame as JSON lines (where nothing is said: text at a terminal, frames in a
        /// pipe)
        #[arg(short, long, value_name = "FORMAT")]
        output_format: Option<Format>,
        /// While this client is attached, this policy counts too: the strictest does
        #[arg(long, value_name = "POLICY")]
        approve: Option<String>,
    },
    /// Answer now, with the proposals that are there
    Finish {
        /// The run: an id, its beginning, or `last`
        run: String,
    },
    /// Go on without one proposal: it is hung up, what it used is booked, and it is not asked for again
    Drop {
        /// The run: an id, its beginning, or `last`
        run: String,
        /// The step, as `runs attach` names it
        step: String,
    },
    /// End a run
    Cancel {
        /// The run: an id, its beginning, or `last`
        run: String,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::List { limit, json } => list(*limit, *json),
        Command::Show { run, json } => show(run, *json),
        Command::Attach { run, output_format, approve } => attach(run, *output_format, approve.as_ref()),
        Command::Finish { run } => finish(run),
        Command::Drop { run, step } => drop_step(run, step),
        Command::Cancel { run } => cancel(run),
    }
}

/// The latest runs, the newest first.
pub(crate) fn latest(reader: &LedgerReader, limit: usize) -> Result<Vec<view::RunRow>, Fault> {
    let rows = reader.runs(limit, None).map_err(|e| of_ledger(&e))?;
    let filter = ApprovalFilter { pending_only: true, limit: 1000, ..ApprovalFilter::default() };
    let waiting = reader.approvals(&filter).map_err(|e| of_ledger(&e))?;
    let mut rows: Vec<view::RunRow> =
        rows.into_iter().map(row).collect::<Result<_, _>>().map_err(|e| of_id(&e))?;
    for row in rows.iter_mut().filter(|row| row.status == RunStatus::Running) {
        if waiting.iter().any(|approval| approval.run == row.run.as_str()) {
            row.status = RunStatus::Parked; // until somebody answers
        }
    }
    Ok(rows)
}

fn list(limit: u16, json: bool) -> Outcome {
    let rows = match ledger(&paths()?)? {
        None => Vec::new(),
        Some(reader) => latest(&reader, usize::from(limit))?,
    };
    if json {
        out::print_json(&rows)?;
    } else if rows.is_empty() {
        out::print(&format!("{}\n", say!("runs-none")))?;
    } else {
        out::print(&list_text(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list_text(rows: &[view::RunRow]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                text::short(row.run.as_str()),
                text::time(row.started_at),
                text::status(words(), row.status),
                row.plan.clone(),
                text::short(row.session.as_str()),
                words().charged(row.cost_micro_rub, row.unpriced as usize),
            ]
        })
        .collect();
    let head = [
        left(say!("col-run")),
        left(say!("col-started")),
        left(say!("col-status")),
        left(say!("col-plan")),
        left(say!("col-session")),
        right(say!("col-cost")),
    ];
    table(&head, &cells)
}

fn of_id(error: &InvalidId) -> Fault {
    Fault::new(ErrorKind::Internal, say!("fault-bad-row", why = error.to_string()))
}

fn row(row: RunRow) -> Result<view::RunRow, InvalidId> {
    Ok(view::RunRow {
        run: RunId::new(row.run)?,
        session: SessionId::new(row.session)?,
        status: status(row.status),
        plan: row.plan,
        started_at: Timestamp::from_millis(row.started_at),
        ended_at: row.ended_at.map(Timestamp::from_millis),
        cost_micro_rub: row.cost,
        unpriced: u32::try_from(row.unpriced).unwrap_or(u32::MAX),
    })
}

/// The ledger's word as the protocol's.
pub(super) const fn status(status: LedgerStatus) -> RunStatus {
    match status {
        LedgerStatus::Running => RunStatus::Running,
        LedgerStatus::Parked => RunStatus::Parked,
        LedgerStatus::Succeeded => RunStatus::Succeeded,
        LedgerStatus::Degraded => RunStatus::Degraded,
        LedgerStatus::Failed => RunStatus::Failed,
        LedgerStatus::Cancelled => RunStatus::Cancelled,
        LedgerStatus::Interrupted => RunStatus::Interrupted,
    }
}

fn show(run: &str, json: bool) -> Outcome {
    let paths = paths()?;
    let reader = ledger(&paths)?.ok_or_else(super::nothing_yet)?;
    let row = reader.run_by_prefix(run).map_err(|e| of_ledger(&e))?;
    let session = SessionId::new(row.session).map_err(|e| of_id(&e))?;
    let run = RunId::new(row.run).map_err(|e| of_id(&e))?;
    let dir = paths.sessions_dir();
    let begun = Timestamp::from_millis(row.started_at);
    let frames = plyrum_sessions::frames_of_run_at(&dir, &session, &run, begun).map_err(|e| {
        match plyrum_sessions::tombstone(&dir, &session) {
            Ok(Some(stone)) if e.kind() == std::io::ErrorKind::NotFound => super::transcript::gone(&stone),
            _ => Fault::new(ErrorKind::Storage, super::transcript::unreadable(&session, &e)),
        }
    })?;
    let result = frames.into_iter().rev().find_map(|frame| match frame.body {
        FrameBody::RunFinished { result } => Some(result),
        _ => None,
    });
    let Some(result) = result else {
        return Err(Fault::new(ErrorKind::Failed, say!("fault-not-finished", run = run.as_str()))
            .hint(format!("plyrum runs attach {run}")));
    };
    if json {
        out::print_json(&*result)?;
    } else {
        out::print(&crate::sanitize::clean(&result_text(&run, &session, &result)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn result_text(run: &RunId, session: &SessionId, result: &RunResult) -> String {
    let mut lines = vec![
        (say!("label-run"), run.to_string()),
        (say!("label-session"), session.to_string()),
        (say!("label-status"), text::status(words(), result.status)),
        (say!("label-plan"), result.plan.clone()),
        (say!("label-model"), result.model.clone()),
        (say!("label-cost"), words().charged(result.cost_micro_rub, result.unpriced as usize)),
    ];
    lines.extend(result.error.as_ref().map(|e| (say!("label-error"), told(&e.message).into_owned())));
    format!("{}\n{}\n", labelled(0, &lines), result.answer.trim_end())
}

fn attach(run: &str, format: Option<Format>, approve: Option<&String>) -> Outcome {
    let paths = paths()?;
    let at_terminal = std::io::stdout().is_terminal();
    let format = format.unwrap_or(if at_terminal { Format::Text } else { Format::StreamJson });
    runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let attach = Attach { run: run.to_owned(), after_seq: 0, approve: approve.cloned() };
        let attached = client.call::<RunAttach>(&attach).await?;
        follow(&mut client, attached.run, format, approve).await
    })
}

/// Shows the run as `ask` would. Leaving changes nothing: this client does not own it.
async fn follow(client: &mut Client, run: RunId, format: Format, approve: Option<&String>) -> Outcome {
    let show = Show::new(Style { format, ..Style::default() });
    let mut follower = Follower::new(run.clone());
    loop {
        let Event::Frame(line) = client.event().await else {
            let gone = Fault::new(ErrorKind::DaemonUnreachable, say!("fault-daemon-gone"));
            return Err(gone.hint("plyrum runs list"));
        };
        let skip = match follower.take(&line) {
            Step::Skip => continue,
            Step::Show { skip } => skip,
            Step::Reattach { after_seq } => {
                let approve = approve.cloned();
                client
                    .call::<RunAttach>(&Attach { run: run.as_str().to_owned(), after_seq, approve })
                    .await?;
                continue;
            }
        };
        let line = line.after(skip);
        let Some(frame) = &line.frame else {
            match show.unknown(&line)? {
                out::Reader::There => continue, // a type of a newer daemon
                out::Reader::Gone | out::Reader::Interrupted => return Ok(ExitCode::SUCCESS),
            }
        };
        let reader = show.frame(&line, frame, 0)?;
        match &frame.body {
            FrameBody::RunFinished { .. } if format == Format::StreamJson => return Ok(ExitCode::SUCCESS),
            FrameBody::RunFinished { result } => {
                let _whoever_reads = show.finished(result, None)?;
                return Ok(exit_code(result, None));
            }
            _ if reader != out::Reader::There => return Ok(ExitCode::SUCCESS),
            _ => {}
        }
    }
}

fn finish(run: &str) -> Outcome {
    let paths = paths()?;
    runtime()?.block_on(async {
        connected(&paths).await?.call::<RunFinishNow>(&RunRef { run: run.to_owned() }).await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn drop_step(run: &str, step: &str) -> Outcome {
    let step = StepId::new(step).map_err(|e| Fault::new(ErrorKind::Usage, e.to_string()))?;
    let paths = paths()?;
    runtime()?.block_on(async {
        connected(&paths).await?.call::<RunDropStep>(&StepRef { run: run.to_owned(), step }).await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn cancel(run: &str) -> Outcome {
    let paths = paths()?;
    runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let cancel = Cancel { run: run.to_owned(), reason: CancelReason::User };
        client.call::<RunCancel>(&cancel).await?;
        Ok(ExitCode::SUCCESS)
    })
}
