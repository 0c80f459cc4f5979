//! `plyrum audit prune`: retention. The daemon is the log's only writer, so it does it.

use crate::command::usage::{now, period::moment};
use crate::command::{Outcome, connected, paths, runtime};
use crate::out;
use crate::sanitize::clean;
use crate::text::say;
use jiff::tz::TimeZone;
use plyrum_protocol::{AuditPrune, AuditPruneOrder, view};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files go whose records all are older: a date (2026-11-01, in UTC as files are named), or a span back from now (90d)
    #[arg(long, value_name = "DATE")]
    before: String,
    /// Remove them; without it, only say which would go
    #[arg(long)]
    yes: bool,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let before = moment(&args.before, &TimeZone::UTC, now(), "--before")?.strftime("%Y-%m-%d").to_string();
    let order = AuditPruneOrder { before, dry_run: !args.yes };
    let paths = paths()?;
    let pruned = runtime()?.block_on(async { connected(&paths).await?.call::<AuditPrune>(&order).await })?;
    if args.json {
        out::print_json(&pruned)?;
    } else {
        out::print(&clean(&text(&pruned)))?;
        if !pruned.done && !pruned.files.is_empty() {
            out::err(&say!("audit-nothing-pruned"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn text(pruned: &view::AuditPruned) -> String {
    if pruned.files.is_empty() {
        return format!("{}\n", say!("audit-prune-none", before = &pruned.before));
    }
    let row = |file: &view::AuditFile| {
        let line = say!(
            "audit-prune-file",
            file = &file.file,
            first = file.first_seq,
            last = file.last_seq,
            bytes = file.bytes
        );
        format!("{line}\n")
    };
    let rows: String = pruned.files.iter().map(row).collect();
    let (files, records, bytes) = (pruned.files.len(), pruned.records, pruned.bytes);
    let sum = if pruned.done {
        say!("audit-pruned", files = files, records = records, bytes = bytes)
    } else {
        say!("audit-would-prune", files = files, records = records, bytes = bytes)
    };
    format!("{rows}{sum}\n")
}
