//! `plyrum bench moa --data DIR`: policies replayed on recorded answers, as a table; predictions as the data's description
//! wants them.

use super::predictions;
use crate::command::Outcome;
use crate::fault::wrong_use;
use crate::out;
use crate::table::{left, right, table};
use crate::text::{say, told, words};
use plyrum_bench::moa::{ARMS, Asked, PANELS, Pack, replay};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::Fault;
use plyrum_protocol::view::{MoaArm, MoaCell, MoaReport};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Directory of recorded answers: policies are replayed on them
    #[arg(long, value_name = "DIR", required_unless_present = "report", conflicts_with = "report")]
    data: Option<PathBuf>,
    /// Directory for what each policy answered, as JSON Lines
    #[arg(long, value_name = "DIR", requires = "data")]
    predictions: Option<PathBuf>,
    /// Only this panel; may be given again
    #[arg(long, value_name = "NAME", requires = "data")]
    panel: Vec<String>,
    /// Only this policy; may be given again
    #[arg(long, value_name = "NAME", requires = "data")]
    arm: Vec<String>,
    /// A report made by scripts/cost-report.sh
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let Some(data) = &args.data else {
        return args
            .report
            .as_ref()
            .map_or(Ok(ExitCode::SUCCESS), |path| super::report::run(path, args.json));
    };
    known(&args.panel, PANELS.iter().map(|panel| panel.name))?;
    known(&args.arm, ARMS.iter().map(|arm| arm.name()))?;
    let pack = Pack::read(data).map_err(|e| wrong_use(e.to_string()).hint(say!("hint-bench-data")))?;
    let asked = Asked { panels: args.panel.clone(), arms: args.arm.clone() };
    let (report, answers) = replay(&pack, &asked);
    if let Some(dir) = &args.predictions {
        predictions::write(dir, "moa.jsonl", &answers)?;
    }
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Names that somebody asked for are names that there are.
fn known<'a>(asked: &[String], names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Fault> {
    let Some(unknown) = asked.iter().find(|name| names.clone().all(|known| known != name.as_str())) else {
        return Ok(());
    };
    let all = names.collect::<Vec<_>>().join(", ");
    Err(wrong_use(say!("fault-bench-name", name = unknown)).hint(say!("hint-bench-names", names = all)))
}

fn text(report: &MoaReport) -> String {
    let cells: Vec<String> = report.cells.iter().map(cell).collect();
    let mut parts = vec![cells.join("\n")];
    if !report.kept.is_empty() {
        parts.push(kept(report));
    }
    if !report.drawn.is_empty() {
        parts.push(drawn(report));
    }
    if !report.quorum.is_empty() {
        parts.push(quorum(report));
    }
    parts.push(calibration(report));
    let reading = report.reading.iter().map(|row| format!("{} {}/{}", row.task, row.alike, row.texts));
    parts.push(say!("bench-reading", tasks = reading.collect::<Vec<_>>().join(", ")));
    let notes: Vec<String> = report.assumptions.iter().map(|note| format!("- {}\n", told(note))).collect();
    parts.push(notes.concat());
    parts.join("\n")
}

fn cell(cell: &MoaCell) -> String {
    let mut best = cell.best.clone();
    best.dedup();
    let title = say!(
        "bench-cell",
        panel = &cell.panel,
        task = &cell.task,
        questions = cell.questions,
        best = best.join(", "),
        oracle = points(cell.oracle)
    );
    let head = [
        left(say!("col-arm")),
        right(say!("col-accuracy")),
        right(say!("col-over-best")),
        right(say!("col-interval")),
        right(say!("col-over-vote")),
        right(say!("col-calls")),
        right(say!("col-chars")),
        right(say!("col-cost")),
        right(say!("col-p50")),
        right(say!("col-p95")),
    ];
    let rows: Vec<Vec<String>> = cell.arms.iter().map(row).chain([oracle(cell)]).collect();
    format!("{title}\n{}", table(&head, &rows))
}

fn row(arm: &MoaArm) -> Vec<String> {
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), points);
    let interval = match (arm.over_best_low, arm.over_best_high) {
        (Some(low), Some(high)) => format!("{} … {}", signed(low), signed(high)),
        _ => "–".to_owned(),
    };
    vec![
        arm.arm.clone(),
        shown(arm.accuracy),
        arm.over_best.map_or_else(|| "–".to_owned(), signed),
        interval,
        arm.over_vote.map_or_else(|| "–".to_owned(), signed),
        points(arm.calls),
        words().decimal(&format!("{:.0}", arm.chars)),
        rubles(arm.cost_micro_rub),
        words().count(arm.p50_ms),
        words().count(arm.p95_ms),
    ]
}

/// Who always chooses a member that is right, where there is one: what no policy can pass.
fn oracle(cell: &MoaCell) -> Vec<String> {
    let best = cell.arms.iter().find(|arm| arm.over_best == Some(0.0)).and_then(|arm| arm.accuracy);
    let over_best = best.map_or_else(|| "–".to_owned(), |best| signed(cell.oracle - best));
    let nothing = std::iter::repeat_n("–".to_owned(), 7);
    ["oracle".to_owned(), points(cell.oracle), over_best].into_iter().chain(nothing).collect()
}

/// Rubles with all six places, so that the points of a column stand under each other.
fn rubles(cost: MicroRub) -> String {
    let micro = cost.get();
    let whole = format!(
        "{}{}.{:06}",
        if micro < 0 { "-" } else { "" },
        micro.unsigned_abs() / 1_000_000,
        micro.unsigned_abs() % 1_000_000
    );
    format!("{} ₽", words().decimal(&whole))
}

fn kept(report: &MoaReport) -> String {
    let head = [
        left(say!("col-arm")),
        left(say!("col-task")),
        right(say!("col-panels")),
        right(say!("col-vote-over-best")),
        right(say!("col-calls")),
        right(say!("col-over-best")),
        right(say!("col-calls")),
        right(say!("col-kept")),
    ];
    let rows = report.kept.iter().map(|row| {
        vec![
            row.policy.clone(),
            told(&row.task).into_owned(),
            row.panels.to_string(),
            signed(row.vote_over_best),
            points(row.vote_calls),
            signed(row.over_best),
            points(row.calls),
            words().decimal(&format!("{:.1} %", row.kept_percent)),
        ]
    });
    format!("{}\n{}", say!("bench-kept"), table(&head, &rows.collect::<Vec<_>>()))
}

fn drawn(report: &MoaReport) -> String {
    let head = [
        left(say!("col-task")),
        right(say!("col-panels")),
        right(say!("col-vote-wins")),
        right(say!("col-vote-over-best")),
        right(say!("col-auto-over-best")),
        right(say!("col-calls")),
        right(say!("col-auto-loses")),
    ];
    let rows = report.drawn.iter().map(|row| {
        vec![
            row.task.clone(),
            row.panels.to_string(),
            row.vote_wins.to_string(),
            signed(row.vote_over_best),
            signed(row.auto_over_best),
            points(row.auto_calls),
            row.auto_loses.to_string(),
        ]
    });
    format!("{}\n{}", say!("bench-drawn"), table(&head, &rows.collect::<Vec<_>>()))
}

fn quorum(report: &MoaReport) -> String {
    let head = [
        left(say!("col-size")),
        right(say!("col-all-p50")),
        right(say!("col-all-p95")),
        right(say!("col-quorum-p50")),
        right(say!("col-quorum-p95")),
        right(say!("col-p95-saved")),
        right(say!("col-late")),
    ];
    let rows = report.quorum.iter().map(|row| {
        vec![
            told(&row.size).into_owned(),
            words().count(row.all_p50_ms),
            words().count(row.all_p95_ms),
            words().count(row.quorum_p50_ms),
            words().count(row.quorum_p95_ms),
            words().decimal(&format!("{:.1} %", row.p95_saved_percent)),
            points(row.late),
        ]
    });
    format!("{}\n{}", say!("bench-quorum"), table(&head, &rows.collect::<Vec<_>>()))
}

fn calibration(report: &MoaReport) -> String {
    let head = [
        left(say!("col-domain")),
        left(say!("col-made-from")),
        right(say!("col-too-weak")),
        right(say!("col-min-members")),
        left(say!("col-shipped")),
    ];
    let rows = report.calibration.iter().map(|row| {
        let shipped = if row.is_shipped { say!("word-yes") } else { say!("word-no") };
        vec![
            row.domain.clone(),
            told(&row.made_from).into_owned(),
            row.too_weak_milli.to_string(),
            row.min_members.to_string(),
            shipped,
        ]
    });
    format!("{}\n{}", say!("bench-calibration"), table(&head, &rows.collect::<Vec<_>>()))
}

fn points(value: f64) -> String {
    words().decimal(&format!("{value:.2}"))
}

fn signed(value: f64) -> String {
    words().decimal(&format!("{value:+.2}"))
}
