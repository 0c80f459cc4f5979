//! `sessions resume`: go on in a session.

use super::call;
use crate::args::Args as All;
use crate::command::{ask, workspace};
use crate::fault;
use crate::out;
use crate::sanitize::cell;
use crate::text::{say, shortened};
use clap::Parser as _;
use plyrum_protocol::{Fault, SessionRef, SessionResume};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Without a prompt the session becomes the latest one: `plyrum ask -c` goes on in it.")]
pub(crate) struct Args {
    /// A session or run: an id, its beginning, or `last`
    id: String,
    /// Ask this in it, as `plyrum ask -s ID` does
    prompt: Vec<String>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if args.prompt.is_empty() {
        return mark(&args.id).unwrap_or_else(|fault| fault::tell(&fault));
    }
    let words = ["plyrum", "ask", "--session", &args.id, "--"].into_iter().map(str::to_owned);
    match All::try_parse_from(words.chain(args.prompt.iter().cloned())) {
        Ok(All { command: Some(crate::args::Command::Ask(args)), .. }) => ask::run(&args),
        Ok(_) => fault::tell(&fault::wrong_use(say!("fault-not-a-prompt"))),
        Err(usage) => fault::usage(&usage),
    }
}

fn mark(id: &str) -> Result<ExitCode, Fault> {
    let detail = call::<SessionResume>(&SessionRef { session: id.to_owned(), workspace: workspace() })?;
    let title = shortened(&cell(&detail.row.title), 60);
    out::err(&say!("sessions-resumed", session = detail.row.session.as_str(), title = title));
    Ok(ExitCode::SUCCESS)
}
