//! The data card of the weights: what they were learned from and what they reach, as it is written beside them.

use super::rows::Pack;
use plyrum_protocol::view::RouterReport;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What does not change with the figures.
const SOURCES: &str = include_str!("card_sources.md");

/// The card of a file of weights.
pub fn card(pack: &Pack, report: &RouterReport, file: &[u8]) -> String {
    let mut card = String::from("# Weights of the router: data card\n\n");
    card.push_str("Written by `scripts/train-router.sh DATA_DIR`; change `crates/plyrum-bench/src/router/card_sources.md` and run it again.\n\n");
    let sha = super::sha256(file);
    let _ = writeln!(
        card,
        "`router.bin`: {} bytes, SHA-256 `{sha}`, named `{}` in decisions.\n",
        file.len(),
        report.weights
    );
    card.push_str(SOURCES);
    card.push_str("\n## Rows\n\n| file or source | rows | learned from | scored |\n|---|---:|---:|---:|\n");
    for (name, (all, learned)) in counts(pack) {
        let _ = writeln!(card, "| {name} | {all} | {learned} | {} |", all - learned);
    }
    card.push_str("\n## Input files\n\n| file | SHA-256 |\n|---|---|\n");
    for file in &report.files {
        let _ = writeln!(card, "| `{}` | `{}` |", file.name, file.sha256);
    }
    figures(&mut card, report);
    confused(&mut card, report);
    card
}

fn counts(pack: &Pack) -> BTreeMap<String, (usize, usize)> {
    let intents = pack.intents.iter().map(|row| (format!("intent: {}", row.prompt.source), &row.prompt));
    let mmlu = pack.mmlu.iter().map(|row| ("routing: mmlu".to_owned(), &row.prompt));
    let gsm8k = pack.gsm8k.iter().map(|row| ("routing: gsm8k".to_owned(), &row.prompt));
    let nine = pack.nine.iter().map(|row| ("routing: nine_models".to_owned(), &row.prompt));
    let risk = pack.risk.iter().map(|row| (format!("risk: {}", row.prompt.source), &row.prompt));
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (name, prompt) in intents.chain(mmlu).chain(gsm8k).chain(nine).chain(risk) {
        let count = counts.entry(name).or_default();
        count.0 += 1;
        count.1 += usize::from(prompt.place.learned);
    }
    counts
}

/// Times are of a machine and stay out: the card is the same wherever it is written.
fn figures(card: &mut String, report: &RouterReport) {
    card.push_str(
        "\n## Figures\n\nShares of one. All on rows that the measured weights did not learn from.\n\n",
    );
    card.push_str("| figure | value | rows | aim |\n|---|---:|---:|---|\n");
    for figure in report.figures.iter().filter(|figure| !figure.name.starts_with("latency")) {
        let aim = match (figure.at_least, figure.at_most) {
            (Some(least), _) => format!("≥ {least:.4}{}", missed(figure.reached())),
            (None, Some(most)) => format!("≤ {most:.4}{}", missed(figure.reached())),
            (None, None) => String::new(),
        };
        let _ = writeln!(card, "| `{}` | {:.4} | {} | {aim} |", figure.name, figure.value, figure.rows);
    }
    card.push('\n');
    for note in &report.notes {
        let _ = writeln!(card, "- {note}");
    }
}

fn missed(reached: Option<bool>) -> &'static str {
    if reached == Some(false) { ", **missed**" } else { "" }
}

fn confused(card: &mut String, report: &RouterReport) {
    card.push_str("\n## What is taken for what\n\n| on | was | taken for | rows |\n|---|---|---|---:|\n");
    for pair in &report.confused {
        let _ = writeln!(card, "| {} | {} | {} | {} |", pair.on, pair.was, pair.taken_for, pair.rows);
    }
}
