//! `plyrum approvals list`, `approve`, `deny`: questions about tool actions, from any terminal.

use super::{Outcome, connected, paths, runtime};
use crate::sanitize::clean;
use crate::text::{say, told, words};
use crate::{action, out};
use plyrum_protocol::{
    ApprovalAnswer, ApprovalAnswered, ApprovalList, ApprovalQuery, ApprovalReply, ApprovalRow, ApprovalScope,
    ErrorKind, Fault,
};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Questions that wait for an answer, with the whole action of each
    List {
        /// Also those that are answered
        #[arg(long)]
        all: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plyrum approvals list              what waits, and what exactly would happen
  plyrum approve ID                  this once
  plyrum approve ID --always         and the same in this workspace from now on")]
pub(crate) struct Approve {
    /// The question (an id or its beginning)
    id: String,
    /// Allow the same in this session, until the daemon ends
    #[arg(long, conflicts_with = "always")]
    session: bool,
    /// Allow the same in this workspace from now on: a rule is saved
    #[arg(long)]
    always: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Deny {
    /// The question (an id or its beginning)
    id: String,
    /// Why not; the model is told
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// End the run
    #[arg(long)]
    end: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command) -> Outcome {
    let Command::List { all, json } = command;
    let rows = rows(*all)?;
    if *json {
        out::print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    if rows.is_empty() {
        out::err(&say!("approvals-none"));
        return Ok(ExitCode::SUCCESS);
    }
    let texts: Vec<String> = rows.into_iter().map(text).collect();
    out::print(&clean(&texts.join("\n")))?;
    Ok(ExitCode::SUCCESS)
}

fn text(row: ApprovalRow) -> String {
    let why = told(&row.why).into_owned();
    action::row(words(), &ApprovalRow { why, ..row })
}

fn rows(all: bool) -> Result<Vec<ApprovalRow>, Fault> {
    let paths = paths()?;
    runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            let page = client.call::<ApprovalList>(&ApprovalQuery { all, cursor }).await?;
            rows.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(rows);
            }
        }
    })
}

pub(crate) fn approve(args: &Approve) -> Outcome {
    let scope = match (args.session, args.always) {
        (true, _) => ApprovalScope::Session,
        (_, true) => ApprovalScope::Always,
        _ => ApprovalScope::Once,
    };
    answer(&reply(&args.id, true, scope, None, false), args.json)
}

pub(crate) fn deny(args: &Deny) -> Outcome {
    answer(&reply(&args.id, false, ApprovalScope::Once, args.reason.clone(), args.end), args.json)
}

fn reply(id: &str, approve: bool, scope: ApprovalScope, reason: Option<String>, end: bool) -> ApprovalReply {
    let client = format!("plyrum {} {}", if approve { "approve" } else { "deny" }, env!("CARGO_PKG_VERSION"));
    ApprovalReply { approval: id.to_owned(), approve, scope, reason, end, client }
}

fn answer(reply: &ApprovalReply, json: bool) -> Outcome {
    let paths = paths()?;
    let wants = reply.approve;
    let answered: ApprovalAnswered =
        runtime()?.block_on(async { connected(&paths).await?.call::<ApprovalAnswer>(reply).await })?;
    let row = &answered.approval;
    if json {
        out::print_json(&answered)?;
    }
    if let Some(note) = &answered.note {
        out::notice(note);
    }
    let stands = matches!(row.status.as_str(), "approved" | "executed") == wants;
    if !answered.first && !stands {
        let by = row.by.clone().unwrap_or_else(|| say!("approvals-deadline"));
        let (approval, status) = (row.approval.as_str(), action::status(words(), &row.status));
        let message = say!("fault-answered-before", approval = approval, status = status, by = by);
        return Err(Fault::new(ErrorKind::Failed, message).hint(say!("hint-first-answer")));
    }
    if !json {
        let (approval, status) = (row.approval.as_str(), action::status(words(), &row.status));
        let line = action::line(words(), &row.tool, &row.action);
        let text = say!("approvals-answered", status = status, approval = approval, action = line);
        out::print(&clean(&format!("{text}\n")))?;
    }
    Ok(ExitCode::SUCCESS)
}
