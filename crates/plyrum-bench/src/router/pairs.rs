//! When the strong model is needed, and which of nine models to pick.

use super::learn::{subject_gaps, task_scores};
use super::measure::{Ranking, best, half_width, mean, ranking};
use super::recipe;
use super::report::Note as _;
use super::rows::{NineRow, Pack, PairRow};
use plyrum_protocol::view::RouterReport;
use plyrum_router::Weights;
use std::collections::BTreeSet;

/// Groups that subjects are left out in.
const GROUPS: usize = 10;

pub(super) fn measure(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    exams(pack, weights, report);
    word_problems(pack, weights, report);
    left_out(pack, report);
    picks(pack, weights, report);
}

/// How much a question needs the strong model, by its text.
pub(super) fn exam_need(weights: &Weights<'_>, row: &PairRow) -> f64 {
    let sight = &row.prompt.sight;
    number(weights.exam_gap(&weights.heads(sight), &weights.exam.scores(sight)))
}

/// The same of a word problem.
pub(super) fn word_need(weights: &Weights<'_>, row: &PairRow) -> f64 {
    number(weights.heads(&row.prompt.sight).word_problem_gap())
}

#[expect(clippy::cast_precision_loss, reason = "scores lie far below the bits of a double")]
fn number(score: i64) -> f64 {
    score as f64
}

fn ranked(rows: &[&PairRow], need: impl Fn(&PairRow) -> f64) -> Vec<(f64, f64)> {
    rows.iter().map(|row| (need(row), f64::from(row.gap()))).collect()
}

fn exams(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    let learned: Vec<&PairRow> = pack.mmlu.iter().filter(|row| row.prompt.place.learned).collect();
    let rows: Vec<&PairRow> = pack.mmlu.iter().filter(|row| !row.prompt.place.learned).collect();
    let means = subject_gaps(&learned);
    let table = |row: &PairRow| means.get(&row.domain).copied().map_or(0.0, f64::from);
    let given = |row: &PairRow| {
        let heads = weights.heads(&row.prompt.sight);
        weights.exam_gap_of(&heads, &row.domain).map_or(0.0, number)
    };
    let by_table = ranking(&ranked(&rows, table));
    ways("pair.mmlu", &rows, report);
    way("pair.mmlu.domain_means", &ranked(&rows, table), report);
    let text = ranked(&rows, |row| exam_need(weights, row));
    way("pair.mmlu.text", &text, report);
    aim("pair.mmlu.text.apgr", 0.67, report);
    way("pair.mmlu.given_subject", &ranked(&rows, given), report);
    aim("pair.mmlu.given_subject.apgr", by_table.apgr.max(0.67), report);
    at_half("pair.mmlu", &rows, &text, &ranked(&rows, table), report);
}

fn word_problems(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    let rows: Vec<&PairRow> = pack.gsm8k.iter().filter(|row| !row.prompt.place.learned).collect();
    ways("pair.gsm8k", &rows, report);
    let text = ranked(&rows, |row| word_need(weights, row));
    way("pair.gsm8k.text", &text, report);
    aim("pair.gsm8k.text.apgr", 0.60, report);
    // One domain: its mean is the same for every question.
    let table = ranked(&rows, |_| 0.0);
    way("pair.gsm8k.domain_means", &table, report);
    at_half("pair.gsm8k", &rows, &text, &table, report);
}

fn way(name: &str, rows: &[(f64, f64)], report: &mut RouterReport) {
    let Ranking { apgr, cpt50, cpt80 } = ranking(rows);
    report.add(format!("{name}.apgr"), apgr, rows.len());
    report.add(format!("{name}.cpt50"), cpt50, rows.len());
    report.add(format!("{name}.cpt80"), cpt80, rows.len());
}

fn aim(name: &str, least: f64, report: &mut RouterReport) {
    if let Some(figure) = report.figures.iter_mut().find(|figure| figure.name == name) {
        figure.at_least = Some(least);
    }
}

/// What needs no router.
fn ways(name: &str, rows: &[&PairRow], report: &mut RouterReport) {
    report.add(format!("{name}.always_best"), mean(rows.iter().map(|row| f64::from(row.strong))), rows.len());
    report.add(
        format!("{name}.always_cheapest"),
        mean(rows.iter().map(|row| f64::from(row.weak))),
        rows.len(),
    );
    way(&format!("{name}.oracle"), &ranked(rows, |row| f64::from(row.gap())), report);
    way(&format!("{name}.random"), &ranked(rows, |_| 0.0), report);
}

/// What is right when half of the calls go to the strong model.
fn at_half(
    name: &str,
    rows: &[&PairRow],
    text: &[(f64, f64)],
    table: &[(f64, f64)],
    report: &mut RouterReport,
) {
    let weak = mean(rows.iter().map(|row| f64::from(row.weak)));
    let right = |ranked: &[(f64, f64)]| {
        let mut ranked = ranked.to_vec();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
        let half = ranked.len() / 2;
        weak + mean(ranked.iter().enumerate().map(|(at, row)| if at < half { row.1 } else { 0.0 }))
    };
    let oracle = ranked(rows, |row| f64::from(row.gap()));
    let whole = mean(rows.iter().map(|row| f64::from(row.gap())));
    report.add(format!("{name}.half_strong.text"), right(text), rows.len());
    // Ties of one domain are taken as chance.
    let tied = table.windows(2).all(|pair| pair.first().map(|row| row.0) == pair.last().map(|row| row.0));
    let by_table = if tied { weak + whole / 2.0 } else { right(table) };
    report.add(format!("{name}.half_strong.domain_means"), by_table, rows.len());
    report.add(format!("{name}.half_strong.random"), weak + whole / 2.0, rows.len());
    report.add(format!("{name}.half_strong.oracle"), right(&oracle), rows.len());
}

/// Subjects left out in groups, and one set learned for the other.
fn left_out(pack: &Pack, report: &mut RouterReport) {
    let subjects: Vec<&String> =
        pack.mmlu.iter().map(|row| &row.domain).collect::<BTreeSet<_>>().into_iter().collect();
    let group = |row: &PairRow| subjects.iter().position(|name| **name == row.domain).unwrap_or(0) % GROUPS;
    let mut found = Vec::new();
    for held in 0..GROUPS {
        let (unseen, known): (Vec<&PairRow>, Vec<&PairRow>) =
            pack.mmlu.iter().partition(|row| group(row) == held);
        let model = recipe::any_exam(&known);
        let need = |row: &PairRow| first(&model.scores(&row.prompt.sight));
        // Where hard subjects are left out the others are easier: every group is told from its own middle.
        let middle = mean(known.iter().map(|row| need(row)));
        found.extend(ranked(&unseen, |row| need(row) - middle));
    }
    way("pair.leave_subjects_out.text", &found, report);
    aim("pair.leave_subjects_out.text.apgr", 0.57, report);
    let (mmlu, gsm8k): (Vec<&PairRow>, Vec<&PairRow>) =
        (pack.mmlu.iter().collect(), pack.gsm8k.iter().collect());
    let model = recipe::any_exam(&mmlu);
    way("pair.mmlu_to_gsm8k.text", &ranked(&gsm8k, |row| first(&model.scores(&row.prompt.sight))), report);
    aim("pair.mmlu_to_gsm8k.text.apgr", 0.57, report);
    let model = recipe::any_exam(&gsm8k);
    way("pair.gsm8k_to_mmlu.text", &ranked(&mmlu, |row| first(&model.scores(&row.prompt.sight))), report);
}

fn first(scores: &[f32]) -> f64 {
    scores.first().copied().map_or(0.0, f64::from)
}

/// The model that weights pick, by its place.
pub(super) fn pick(weights: &Weights<'_>, row: &NineRow) -> usize {
    best(&weights.model_scores(&weights.exam.scores(&row.prompt.sight)))
}

fn picks(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    let learned: Vec<&NineRow> = pack.nine.iter().filter(|row| row.prompt.place.learned).collect();
    let rows: Vec<&NineRow> = pack.nine.iter().filter(|row| !row.prompt.place.learned).collect();
    let score = |row: &NineRow, at: usize| row.scores.get(at).copied().map_or(0.0, f64::from);
    let by_model: Vec<f64> =
        (0..pack.models.len()).map(|at| mean(learned.iter().map(|row| score(row, at)))).collect();
    let single = best(&by_model);
    let tasks = task_scores(&learned, pack.models.len());
    let by_task = |row: &NineRow| tasks.get(&row.task).map_or(single, |scores| best(scores));
    let of = |find: &dyn Fn(&NineRow) -> f64| mean(rows.iter().map(|row| find(row)));
    let best_single = of(&|row| score(row, single));
    let task_means = of(&|row| score(row, by_task(row)));
    report.add("pick.nine_models.best_single", best_single, rows.len());
    report.add("pick.nine_models.task_means", task_means, rows.len());
    let mean_of = |row: &NineRow| mean(row.scores.iter().copied().map(f64::from));
    report.add("pick.nine_models.mean_of_models", of(&mean_of), rows.len());
    let oracle = |row: &NineRow| row.scores.iter().copied().map(f64::from).fold(0.0, f64::max);
    report.add("pick.nine_models.oracle", of(&oracle), rows.len());
    let picked = of(&|row| score(row, pick(weights, row)));
    report.add("pick.nine_models.text", picked, rows.len()).at_least(best_single + 0.019);
    report.add("pick.nine_models.text_over_task_means", picked - task_means, rows.len()).at_least(0.0);
    let over: Vec<f64> =
        rows.iter().map(|row| score(row, pick(weights, row)) - score(row, by_task(row))).collect();
    report.add("pick.nine_models.text_over_task_means.half_width_95", half_width(&over), rows.len());
}
