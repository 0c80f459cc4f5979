//! `plyrum bench moa --report FILE`: the table of a cost report.

use crate::command::Outcome;
use crate::fault::wrong_use;
use crate::money;
use crate::out;
use crate::table::{Lean, left, right, table};
use crate::text::{say, told, words};
use plyrum_protocol::view::{CostReplay, CostReport, ReplayArm};
use std::path::Path;
use std::process::ExitCode;

/// Prints a report made by `scripts/cost-report.sh`.
pub(super) fn run(path: &Path, json: bool) -> Outcome {
    let report = read(path)?;
    if json {
        out::print_json(&report)?;
    } else {
        out::print(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The report, if its sums hold together.
fn read(path: &Path) -> Result<CostReport, plyrum_protocol::Fault> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| {
        wrong_use(say!("fault-read", path = &shown, why = e.to_string())).hint(say!("hint-make-report"))
    })?;
    let report: CostReport = serde_json::from_str(&text)
        .map_err(|e| wrong_use(say!("fault-no-report", path = &shown, why = e.to_string())))?;
    match report.contradiction() {
        None => Ok(report),
        Some(why) => Err(wrong_use(say!("fault-report", path = &shown, why = why))),
    }
}

fn text(report: &CostReport) -> String {
    let rows: Vec<Vec<String>> = report
        .arms
        .iter()
        .map(|arm| {
            let tokens = |names: &[&str]| names.iter().filter_map(|name| arm.meters.get(*name)).sum::<u64>();
            vec![
                arm.arm.clone(),
                arm.runs.to_string(),
                arm.attempts.to_string(),
                money::count(tokens(&["input", "cache_read", "cache_write_5m", "cache_write_1h"])),
                money::count(tokens(&["output", "reasoning"])),
                words().rub(arm.cost_micro_rub),
                words().rub(arm.extra_over_direct_micro_rub),
                format!("{}/{}", arm.right, arm.asked),
            ]
        })
        .collect();
    let notes: String =
        report.assumptions.iter().map(|note| format!("- {note}\n")).collect::<Vec<_>>().concat();
    let total = words().rub(report.total.cost_micro_rub);
    let total = say!("bench-total", total = total, evidence = &report.evidence);
    let replay = report.replay.as_ref().map(replayed).unwrap_or_default();
    format!("{}\n{total}\n{notes}{replay}", table(&head(), &rows))
}

/// What both tables tell of a plan.
fn head() -> [(String, Lean); 8] {
    [
        left(say!("col-plan")),
        right(say!("col-runs")),
        right(say!("col-requests")),
        right(say!("col-input")),
        right(say!("col-output")),
        right(say!("col-cost")),
        right(say!("col-over-direct")),
        right(say!("col-right")),
    ]
}

/// The same plans on recorded answers, summed over panels and tasks.
fn replayed(replay: &CostReplay) -> String {
    let rows: Vec<Vec<String>> = replay.arms.iter().map(replayed_row).collect();
    let notes: Vec<String> = replay.assumptions.iter().map(|note| format!("- {}\n", told(note))).collect();
    format!("\n{}\n{}\n{}", say!("bench-replayed"), table(&head(), &rows), notes.concat())
}

fn replayed_row(arm: &ReplayArm) -> Vec<String> {
    let right = arm.right.map_or_else(|| "–".to_owned(), |right| format!("{right}/{}", arm.asked));
    vec![
        arm.arm.clone(),
        arm.asked.to_string(),
        arm.attempts.to_string(),
        money::count(arm.input_tokens),
        money::count(arm.output_tokens),
        words().rub(arm.cost_micro_rub),
        words().rub(arm.extra_over_direct_micro_rub),
        right,
    ]
}
