//! `plyrum audit`: the record of what happened, checked and read without a daemon.

use super::{Outcome, ledger, of_ledger, paths};
use crate::out;
use crate::sanitize::clean;
use plyrum_audit::AuditError;
use plyrum_protocol::{ErrorKind, Fault, view};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check that every record is where and what it was; repairs nothing
    Verify {
        /// The hash that the last record must have
        #[arg(long, value_name = "HASH")]
        expect_head: Option<String>,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The last records, as JSON lines
    Tail {
        /// At most this many
        #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10000))]
        limit: u16,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Verify { expect_head, json } => verify(expect_head.as_deref(), *json),
        Command::Tail { limit } => tail(*limit),
    }
}

pub(super) fn of_audit(error: &AuditError) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the audit log: {error}")).hint("plyrum doctor")
}

/// The verdict, with the head that the ledger anchored.
pub(super) fn verdict(expect_head: Option<&str>) -> Result<view::AuditVerdict, Fault> {
    let paths = paths()?;
    // The anchor is read before the log, and what the outbox gave out after it: a daemon may be writing.
    let reader = ledger(&paths)?;
    let anchor = match &reader {
        Some(reader) => reader.audit_head().map_err(|e| of_ledger(&e))?.map(|head| head.hash),
        None => None,
    };
    let report =
        plyrum_audit::verify(&paths.audit_dir(), expect_head, anchor.as_deref()).map_err(|e| of_audit(&e))?;
    let older = match (&reader, report.last_outbox) {
        (Some(reader), told) => {
            let gap = reader.outbox_gap(told.unwrap_or(0)).map_err(|e| of_ledger(&e))?;
            gap.map(|gap| gap.to_string())
        }
        (None, Some(told)) => {
            Some(format!("the log tells of {told} movements, and there is no ledger beside it"))
        }
        (None, None) => None,
    };
    Ok(view::AuditVerdict {
        ok: report.ok && older.is_none(),
        records: report.records,
        files: report.files,
        head: Some(report.head.hash).filter(|_| report.records > 0),
        problem: report
            .problem
            .map(|problem| {
                let record = problem.seq.map(|seq| format!(" (record {seq})")).unwrap_or_default();
                format!("{}:{}{record}: {}", problem.file, problem.line, problem.what)
            })
            .or(older),
    })
}

fn verify(expect_head: Option<&str>, json: bool) -> Outcome {
    let verdict = verdict(expect_head)?;
    if json {
        out::print_json(&verdict)?;
    } else if verdict.ok {
        let head = verdict.head.as_deref().unwrap_or("none");
        out::print(&format!("ok: {} records in {} files, head {head}\n", verdict.records, verdict.files))?;
    } else {
        let problem = verdict.problem.clone().unwrap_or_default();
        out::print(&clean(&format!("BROKEN after {} good records: {problem}\n", verdict.records)))?;
    }
    Ok(if verdict.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tail(limit: u16) -> Outcome {
    let records = plyrum_audit::tail(&paths()?.audit_dir(), usize::from(limit)).map_err(|e| of_audit(&e))?;
    for record in records {
        out::print_json(&record)?;
    }
    Ok(ExitCode::SUCCESS)
}
