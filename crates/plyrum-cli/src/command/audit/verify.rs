//! `plyrum audit verify`.

use super::of_audit;
use crate::command::{Outcome, ledger, of_ledger, paths};
use crate::out;
use crate::sanitize::clean;
use crate::text::{say, told};
use plyrum_audit::{Anchor, VerifyReport, Witness};
use plyrum_ledger::LedgerReader;
use plyrum_protocol::{Fault, view};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hash that the last record must have
    #[arg(long, value_name = "HASH")]
    expect_head: Option<String>,
    /// Check an export, or a copied directory of files, instead: by itself, without the ledger
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let head = args.expect_head.as_deref();
    let verdict = match &args.file {
        Some(path) => of_copy(path, head)?,
        None => verdict(head)?,
    };
    if args.json {
        out::print_json(&verdict)?;
    } else if verdict.ok {
        out::print(&format!("{}\n", intact(&verdict)))?;
    } else {
        let problem = verdict.problem.clone().unwrap_or_default();
        let broken = say!("audit-broken", records = verdict.records, problem = &*told(&problem));
        out::print(&clean(&format!("{broken}\n")))?;
    }
    Ok(if verdict.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn intact(verdict: &view::AuditVerdict) -> String {
    let (records, files) = (verdict.records, verdict.files);
    let head = verdict.head.clone().unwrap_or_else(|| say!("audit-no-head"));
    match verdict.first_seq {
        Some(first) if first > 1 => {
            say!("audit-ok-from", records = records, files = files, first = first, head = head)
        }
        _ => say!("audit-ok", records = records, files = files, head = head),
    }
}

/// The verdict, with what the ledger knows of the log.
pub(crate) fn verdict(expect_head: Option<&str>) -> Result<view::AuditVerdict, Fault> {
    verdict_telling(expect_head, &mut |_| {})
}

/// The same, and tells how many records were read so far, now and then.
pub(crate) fn verdict_telling(
    expect_head: Option<&str>,
    told: &mut dyn FnMut(u64),
) -> Result<view::AuditVerdict, Fault> {
    let paths = paths()?;
    // The witness is asked before the log is read, and what the outbox gave out after it: a daemon may be writing.
    let reader = ledger(&paths)?;
    let mut known = reader.as_ref().map(witness).transpose()?;
    let mut verify = |known: &Option<Witness>| {
        let report = plyrum_audit::verify_telling(&paths.audit_dir(), expect_head, known.as_ref(), told);
        report.map_err(|e| of_audit(&e))
    };
    let mut report = verify(&known)?;
    if !report.ok {
        // Files may have been retired meanwhile.
        let now = reader.as_ref().map(witness).transpose()?;
        let floor = |known: &Option<Witness>| known.as_ref().and_then(|known| known.floor.clone());
        if floor(&now) != floor(&known) {
            known = now;
            report = verify(&known)?;
        }
    }
    // Asked after the log was read: who writes it has forgotten its end before.
    let closed = reader.as_ref().map(LedgerReader::audit_closed).transpose().map_err(|e| of_ledger(&e))?;
    let added = closed.flatten().is_some_and(|hash| report.ok && hash != report.head.hash);
    let added = added.then(|| say!("audit-forged"));
    let older = older_ledger(reader.as_ref(), &report)?.or(added);
    Ok(shown(report, older))
}

fn older_ledger(reader: Option<&LedgerReader>, report: &VerifyReport) -> Result<Option<String>, Fault> {
    Ok(match (reader, report.last_outbox) {
        (Some(reader), told) => {
            let gap = reader.outbox_gap(told.unwrap_or(0)).map_err(|e| of_ledger(&e))?;
            gap.map(|gap| gap.to_string())
        }
        (None, Some(told)) => Some(say!("audit-no-ledger", n = told.to_string())),
        (None, None) => None,
    })
}

fn witness(reader: &LedgerReader) -> Result<Witness, Fault> {
    let anchor = reader.audit_head().map_err(|e| of_ledger(&e))?;
    let floor = reader.audit_floor().map_err(|e| of_ledger(&e))?;
    Ok(Witness {
        anchor: anchor.map(|head| Anchor { seq: head.seq, hash: head.hash }),
        floor: floor.map(|floor| Anchor { seq: floor.seq, hash: floor.hash }),
    })
}

fn of_copy(path: &Path, expect_head: Option<&str>) -> Result<view::AuditVerdict, Fault> {
    let report = if path.is_dir() {
        plyrum_audit::verify(path, expect_head, None)
    } else {
        plyrum_audit::verify_file(path, expect_head)
    };
    Ok(shown(report.map_err(|e| of_audit(&e))?, None))
}

fn shown(report: VerifyReport, older: Option<String>) -> view::AuditVerdict {
    let problem = report.problem.map(|problem| {
        let record =
            problem.seq.map(|seq| format!(" ({})", say!("audit-record", seq = seq))).unwrap_or_default();
        format!("{}:{}{record}: {}", problem.file, problem.line, problem.what)
    });
    view::AuditVerdict {
        ok: report.ok && older.is_none(),
        records: report.records,
        files: report.files,
        first_seq: Some(report.first_seq).filter(|_| report.records > 0),
        head: Some(report.head.hash).filter(|_| report.records > 0),
        problem: problem.or(older),
    }
}
