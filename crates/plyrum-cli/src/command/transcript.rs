//! `plyrum transcript`: what was said in a session, from its log, with or without a daemon.

use super::{Outcome, ledger, of_ledger, paths};
use crate::money::Lang;
use crate::out;
use crate::sanitize::clean;
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, FrameBody, RunId, RunStatus, SessionId, Timestamp, UsageView, view};
use plyrum_sessions::{Item, TextRole};
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Prompts and answers, oldest first
    Show {
        /// A session or run: an id, its beginning, or `last`
        #[arg(default_value = "last")]
        id: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    let Command::Show { id, json } = command;
    let paths = paths()?;
    let session = find(&paths, id)?;
    let transcript = read(&paths, session)?;
    if *json {
        out::print_json(&transcript)?;
    } else {
        out::print(&clean(&text(&transcript)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The session that an id names, directly or through one of its runs.
pub(super) fn find(paths: &Paths, asked: &str) -> Result<SessionId, Fault> {
    let mut known = plyrum_sessions::list(&paths.sessions_dir()).unwrap_or_default();
    known.sort_by_key(|session| session.modified);
    let none = || {
        Fault::new(ErrorKind::NotFound, format!("there is no session or run `{asked}`"))
            .hint("plyrum runs list")
    };
    if asked == "last" {
        return known.pop().map(|session| session.id).ok_or_else(super::nothing_yet);
    }
    let fits: Vec<SessionId> =
        known.into_iter().map(|session| session.id).filter(|id| id.as_str().starts_with(asked)).collect();
    match fits.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let reader = ledger(paths)?.ok_or_else(none)?;
            let row = reader.run_by_prefix(asked).map_err(|e| match e {
                plyrum_ledger::LedgerError::UnknownRun { .. } => none(),
                other => of_ledger(&other),
            })?;
            SessionId::new(row.session).map_err(|_| none())
        }
        [one, other, ..] => {
            let message = format!("`{asked}` fits several sessions: {one}, {other}");
            Err(Fault::new(ErrorKind::Ambiguous, message).hint("type more of the id"))
        }
    }
}

fn read(paths: &Paths, session: SessionId) -> Result<view::Transcript, Fault> {
    let broken = |e: std::io::Error| {
        Fault::new(ErrorKind::Storage, format!("session {session} cannot be read: {e}")).hint("plyrum doctor")
    };
    let mut turns: Vec<view::TranscriptTurn> = Vec::new();
    for item in plyrum_sessions::read(&paths.sessions_dir(), &session).map_err(broken)? {
        match item {
            Ok(Item::Text(text)) => {
                let turn = turn_of(&mut turns, &text.run);
                match text.role {
                    TextRole::User => turn.prompt = text.text,
                    TextRole::Attachment => turn.attachments.push(text.name.unwrap_or_default()),
                }
            }
            Ok(Item::Frame(frame)) => {
                let turn = turn_of(&mut turns, &frame.run);
                match frame.body {
                    FrameBody::RunAccepted { .. } => turn.at = Some(frame.at),
                    FrameBody::RunFinished { result } => {
                        turn.answer = result.answer;
                        turn.status = result.status;
                        turn.model = result.model;
                        turn.usage = result.usage;
                        turn.cost_micro_rub = result.cost_micro_rub;
                    }
                    _ => {}
                }
            }
            Err(e) => out::err(&clean(&format!("warning: a line of session {session} cannot be read: {e}"))),
        }
    }
    Ok(view::Transcript { session, turns })
}

fn turn_of<'a>(turns: &'a mut Vec<view::TranscriptTurn>, run: &RunId) -> &'a mut view::TranscriptTurn {
    let at = turns.iter().position(|turn| turn.run == *run).unwrap_or_else(|| {
        turns.push(view::TranscriptTurn {
            run: run.clone(),
            at: None,
            prompt: String::new(),
            attachments: Vec::new(),
            answer: String::new(),
            status: RunStatus::Running,
            model: String::new(),
            usage: UsageView::missing(),
            cost_micro_rub: MicroRub::ZERO,
        });
        turns.len() - 1
    });
    &mut turns[at]
}

fn text(transcript: &view::Transcript) -> String {
    let lang = Lang::of_environment();
    let mut text = format!("session {}\n", transcript.session);
    for turn in &transcript.turns {
        let at = turn.at.map(|at: Timestamp| crate::text::time(at)).unwrap_or_default();
        let _infallible = writeln!(text, "\n{at} · run {}", turn.run);
        let _infallible = writeln!(text, "You: {}", turn.prompt.trim_end());
        for attachment in &turn.attachments {
            let _infallible = writeln!(text, "  with {attachment}");
        }
        let _infallible = writeln!(text, "Answer: {}", turn.answer.trim_end());
        let (model, status) = (turn.model.as_str(), turn.status.as_str());
        let _infallible = writeln!(text, "Cost: {} · {model} · {status}", lang.rub(turn.cost_micro_rub));
    }
    text
}
