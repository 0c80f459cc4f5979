//! `plyrum ledger`: the books proved and held against the audit log, without a daemon or beside one; and
//! their correction, which is the daemon's to write.

use super::{Outcome, audit, connected, ledger, of_ledger, paths, runtime};
use crate::out;
use crate::range::Wrong;
use crate::sanitize::clean;
use crate::text::{self, say, told, words};
use plyrum_audit::AuditError;
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_ledger::{AuditRecord, LedgerReader};
use plyrum_protocol::{Adjustment, ErrorKind, Fault, LedgerAdjust, view};
use serde_json::Value;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Prove the books, and that ledger and audit log tell the same; changes nothing
    Reconcile {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Correct the account: AMOUNT rubles more, or with a minus less
    Adjust {
        /// Rubles, like 12.50 or -3
        #[arg(value_name = "AMOUNT", value_parser = parse_rub, allow_negative_numbers = true)]
        amount: MicroRub,
        /// Why; kept with the entries for ever
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Your own id of this correction: a repeat of it corrects nothing
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::Reconcile { json } => reconcile(*json),
        Command::Adjust { amount, reason, id, json } => adjust(*amount, reason, id.as_deref(), *json),
    }
}

fn parse_rub(text: &str) -> Result<MicroRub, Wrong> {
    let amount = MicroRub::parse_rub(text)?;
    if amount == MicroRub::ZERO { Err("nothing to correct".into()) } else { Ok(amount) }
}

fn reconcile(json: bool) -> Outcome {
    let checks = checks(&paths()?)?;
    let report = view::Checks { ok: checks.iter().all(|check| check.ok), checks };
    if json {
        out::print_json(&report)?;
    } else {
        let line = |check: &view::Check| {
            format!("{} {}: {}\n", text::verdict(check.ok), told(&check.name), told(&check.detail))
        };
        out::print(&clean(&report.checks.iter().map(line).collect::<String>()))?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every proof of the books, of the audit log, and of the two against each other.
pub(crate) fn checks(paths: &Paths) -> Result<Vec<view::Check>, Fault> {
    let mut checks = Vec::new();
    if let Some(reader) = ledger(paths)? {
        checks.extend(reader.check().map_err(|e| of_ledger(&e))?.into_iter().map(shown));
        checks.extend(against_the_log(&reader, paths)?);
    }
    let verdict = audit::verdict(None)?;
    checks.push(view::Check {
        name: say!("ledger-log-intact"),
        ok: verdict.ok,
        detail: verdict.problem.unwrap_or_else(|| say!("ledger-log-verified", n = verdict.records)),
    });
    Ok(checks)
}

fn shown(check: plyrum_ledger::Check) -> view::Check {
    view::Check { name: check.name.to_owned(), ok: check.ok, detail: check.detail }
}

/// What can stop the walk through the log.
struct Stopped(Fault);

impl From<AuditError> for Stopped {
    fn from(error: AuditError) -> Self {
        Self(audit::of_audit(&error))
    }
}

fn against_the_log(reader: &LedgerReader, paths: &Paths) -> Result<Vec<view::Check>, Fault> {
    let mut comparison = reader.reconcile().map_err(|e| of_ledger(&e))?;
    let walked = plyrum_audit::each(&paths.audit_dir(), |record| {
        let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
        let seq = record.get("seq").and_then(Value::as_u64).unwrap_or(0);
        let body = record.get("body").unwrap_or(&Value::Null);
        let record = AuditRecord { seq, hash: text("hash"), kind: text("kind"), body };
        comparison.take(record).map_err(|e| Stopped(of_ledger(&e)))
    });
    walked.map_err(|Stopped(fault)| fault)?;
    let checks = comparison.finish().map_err(|e| of_ledger(&e))?;
    Ok(checks.into_iter().map(shown).collect())
}

fn adjust(amount: MicroRub, reason: &str, id: Option<&str>, json: bool) -> Outcome {
    if reason.trim().is_empty() {
        return Err(Fault::new(ErrorKind::Usage, say!("fault-reason-empty")).hint(say!("hint-reason")));
    }
    // Made here, so that a request which is sent again corrects nothing twice.
    let adjustment = id.map_or_else(crate::random::id, |id| Ok(id.to_owned()))?;
    let asked = Adjustment { adjustment, amount_micro_rub: amount, reason: reason.to_owned() };
    let paths = paths()?;
    let balance =
        runtime()?.block_on(async { connected(&paths).await?.call::<LedgerAdjust>(&asked).await })?;
    if json {
        out::print_json(&balance)?;
    } else {
        let rub = |amount| words().rub(amount);
        let corrected = say!(
            "ledger-corrected",
            amount = rub(amount),
            posted = rub(balance.posted_micro_rub),
            available = balance.available_micro_rub.map_or_else(|| say!("no-limit"), rub)
        );
        out::print(&format!("{corrected}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}
