//! `plyrum bench router --data DIR`: the shipped weights on prompts that they did not learn from, as a table; predictions
//! as the data's description wants them.

use super::predictions;
use crate::command::Outcome;
use crate::fault::wrong_use;
use crate::out;
use crate::table::{left, right, table};
use crate::text::{say, told, words};
use plyrum_bench::router::{Pack, RowError, measure, predict, shipped, time};
use plyrum_protocol::Fault;
use plyrum_protocol::view::{RouterFigure, RouterReport};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Directory of labelled prompts: the router is measured on those it did not learn from
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Directory for what the router said of each prompt, as JSON Lines
    #[arg(long, value_name = "DIR")]
    predictions: Option<PathBuf>,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let pack = Pack::read(&args.data).map_err(|e| unusable(&e))?;
    let weights = shipped().ok_or_else(|| wrong_use(say!("fault-no-weights")))?;
    let mut report = measure(&pack, weights);
    let start = Instant::now();
    time(&pack, &|| start.elapsed(), &mut report);
    if let Some(dir) = &args.predictions {
        let predicted = predict(&pack).map_err(|e| unusable(&e))?;
        for (name, rows) in &predicted.files {
            predictions::write(dir, name, rows)?;
        }
        predicted.reached(&mut report);
    }
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn unusable(why: &RowError) -> Fault {
    wrong_use(why.to_string()).hint(say!("hint-bench-data"))
}

fn text(report: &RouterReport) -> String {
    let figures = [
        left(say!("col-figure")),
        right(say!("col-value")),
        right(say!("col-rows")),
        left(say!("col-aim")),
        left(say!("col-reached")),
    ];
    let rows: Vec<Vec<String>> = report.figures.iter().map(row).collect();
    let taken = [
        left(say!("col-rows-of")),
        left(say!("col-was")),
        left(say!("col-taken-for")),
        right(say!("col-rows")),
    ];
    let confused: Vec<Vec<String>> = report
        .confused
        .iter()
        .map(|one| {
            vec![told(&one.on).into_owned(), one.was.clone(), one.taken_for.clone(), words().count(one.rows)]
        })
        .collect();
    let notes: Vec<String> = report.notes.iter().map(|note| format!("- {}\n", told(note))).collect();
    let title = say!("bench-weights", weights = &report.weights);
    [title, table(&figures, &rows), table(&taken, &confused), notes.concat()].join("\n")
}

fn row(figure: &RouterFigure) -> Vec<String> {
    let aim = match (figure.at_least, figure.at_most) {
        (Some(least), _) => format!("≥ {}", number(least)),
        (None, Some(most)) => format!("≤ {}", number(most)),
        (None, None) => String::new(),
    };
    let reached = match figure.reached() {
        Some(true) => say!("word-yes"),
        Some(false) => say!("word-no"),
        None => String::new(),
    };
    vec![figure.name.clone(), number(figure.value), words().count(figure.rows), aim, reached]
}

fn number(value: f64) -> String {
    words().decimal(&format!("{value:.4}"))
}
