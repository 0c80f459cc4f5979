//! `plyrum audit search`.

use super::{Period, of_audit, shown};
use crate::command::{Outcome, ledger, nothing_yet, of_ledger, paths};
use crate::out;
use crate::range::within;
use crate::text::say;
use plyrum_audit::{Filter, RESULT_MAX};
use plyrum_config::Paths;
use plyrum_protocol::Fault;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the record must have somewhere: words as they read, or JSON as it is written
    text: Option<String>,
    /// Only records of this kind, like hold or run.finished; `run` finds all that begin with `run.`
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Only records of this tool
    #[arg(long, value_name = "T")]
    tool: Option<String>,
    /// Only records of this run: an id, its beginning, or `last`
    #[arg(long, value_name = "R")]
    run: Option<String>,
    #[command(flatten)]
    period: Period,
    /// At most this many, the last ones
    #[arg(short = 'n', long, default_value_t = 1000, value_parser = within(1..=10000_u16))]
    limit: u16,
    /// As one line of JSON: an array of the records
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let paths = paths()?;
    let (since, until) = args.period.bounds()?;
    let run = args.run.as_deref().map(|run| whole_id(run, &paths)).transpose()?;
    let (kind, tool, text) = (args.kind.clone(), args.tool.clone(), args.text.clone());
    let filter = Filter { kind, text, since, until, boot: None, run, tool };
    let limit = usize::from(args.limit).min(RESULT_MAX);
    let found = plyrum_audit::search(&paths.audit_dir(), &filter, limit).map_err(|e| of_audit(&e))?;
    if args.json {
        out::print(&format!("[{}]\n", found.lines.join(",")))?;
    } else {
        out::print(&found.lines.iter().flat_map(|line| [shown(line), "\n".to_owned()]).collect::<String>())?;
    }
    if found.more {
        out::notice(&say!("audit-only-last", limit = limit));
    }
    Ok(ExitCode::SUCCESS)
}

/// `last` is the run that began last; anything else is the beginning of ids, also of runs that left no trace in
/// the ledger.
fn whole_id(run: &str, paths: &Paths) -> Result<String, Fault> {
    if run != "last" {
        return Ok(run.to_owned());
    }
    let reader = ledger(paths)?.ok_or_else(nothing_yet)?;
    reader.run_by_prefix(run).map(|row| row.run).map_err(|e| of_ledger(&e))
}
