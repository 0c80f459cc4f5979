//! Predictions for every row of the pack, each by weights that learned nothing of its part: the files that the
//! pack's description defines.

use super::learn::{Rows, learn_to_rank, task_scores};
use super::measure::{best, half_width, mean, ranking};
use super::report::Note as _;
use super::rows::{NineRow, Pack, Prompt, RiskRow, RowError};
use super::split::PARTS;
use super::{intents, pairs, recipe};
use plyrum_protocol::Intent;
use plyrum_protocol::view::RouterReport;
use plyrum_router::Weights;
use serde_json::{Value, json};
use std::mem::take;

/// Lines of one file, each with its id.
type Lines = Vec<(String, Value)>;

/// Files of predictions by name, and what they reach.
#[derive(Debug)]
pub struct Predictions {
    /// Files by name, their lines in the order of ids.
    pub files: Vec<(&'static str, Vec<Value>)>,
    files_reached: Files,
}

impl Predictions {
    /// Adds what the predictions reach.
    pub fn reached(&self, report: &mut RouterReport) {
        self.files_reached.reached(report);
    }
}

/// Predicts every row of the pack.
pub fn predict(pack: &Pack) -> Result<Predictions, RowError> {
    let mut files = Files::default();
    for part in 0..PARTS {
        let learned = learn_to_rank(&Rows::of(pack, |prompt| is_learned(prompt, part)), &pack.models);
        let weights = Weights::read(&learned).map_err(RowError::Broken)?;
        files.part(pack, &weights, part);
        files.injections(pack, part);
    }
    let named = files.named().map(|(name, mut lines)| {
        lines.sort_by(|one, other| one.0.cmp(&other.0));
        (name, lines.into_iter().map(|(_, line)| line).collect())
    });
    Ok(Predictions { files: named.into(), files_reached: files })
}

/// Our own test rows are learned from by nothing at all.
fn is_learned(prompt: &Prompt, part: u8) -> bool {
    if prompt.source.starts_with("own_") { prompt.place.learned } else { prompt.place.part != part }
}

#[derive(Debug, Default)]
struct Files {
    intent: Lines,
    risk: Lines,
    mmlu: Lines,
    gsm8k: Lines,
    nine: Lines,
    injections: Lines,
    right: Vec<f64>,
    exam: Vec<(f64, f64)>,
    word: Vec<(f64, f64)>,
    picked: Vec<f64>,
    by_task: Vec<f64>,
}

impl Files {
    fn named(&mut self) -> [(&'static str, Lines); 6] {
        [
            ("intent.jsonl", take(&mut self.intent)),
            ("risk.jsonl", take(&mut self.risk)),
            ("mmlu.jsonl", take(&mut self.mmlu)),
            ("gsm8k.jsonl", take(&mut self.gsm8k)),
            ("nine_models.jsonl", take(&mut self.nine)),
            ("injections.jsonl", take(&mut self.injections)),
        ]
    }

    fn part(&mut self, pack: &Pack, weights: &Weights<'_>, part: u8) {
        let is = |prompt: &Prompt| prompt.place.part == part;
        for row in pack.intents.iter().filter(|row| row.own.is_none() && is(&row.prompt)) {
            let (found, _) = intents::guess(weights, &row.prompt.sight);
            let label = Intent::ALL.get(found).map_or("unknown", |intent| intent.as_str());
            self.intent.push(line(&row.prompt, "label", &json!(label)));
            self.right.push(if found == row.label { 1.0 } else { 0.0 });
        }
        for row in pack.risk.iter().filter(|row| is(&row.prompt)) {
            self.risk.push(line(&row.prompt, "score", &json!(weights.heads(&row.prompt.sight).caution())));
        }
        for row in pack.mmlu.iter().filter(|row| is(&row.prompt)) {
            let need = pairs::exam_need(weights, row);
            self.mmlu.push(line(&row.prompt, "score", &json!(need)));
            self.exam.push((need, f64::from(row.gap())));
        }
        for row in pack.gsm8k.iter().filter(|row| is(&row.prompt)) {
            let need = pairs::word_need(weights, row);
            self.gsm8k.push(line(&row.prompt, "score", &json!(need)));
            self.word.push((need, f64::from(row.gap())));
        }
        self.picks(pack, weights, part);
    }

    fn picks(&mut self, pack: &Pack, weights: &Weights<'_>, part: u8) {
        let (held, known): (Vec<&NineRow>, Vec<&NineRow>) =
            pack.nine.iter().partition(|row| row.prompt.place.part == part);
        let tasks = task_scores(&known, pack.models.len());
        for row in held {
            let picked = pairs::pick(weights, row);
            let score = |at: usize| row.scores.get(at).copied().map_or(0.0, f64::from);
            self.nine.push(line(&row.prompt, "model", &json!(pack.models.get(picked))));
            self.picked.push(score(picked));
            self.by_task.push(tasks.get(&row.task).map_or(0.0, |scores| score(best(scores))));
        }
    }

    /// Injected instructions have no head in the shipped weights: one is learned here for the file alone.
    fn injections(&mut self, pack: &Pack, part: u8) {
        let (held, known): (Vec<&RiskRow>, Vec<&RiskRow>) =
            pack.injections.iter().partition(|row| row.prompt.place.part == part);
        let model = recipe::caution(&known);
        for row in held {
            let score = model.scores(&row.prompt.sight).first().copied().unwrap_or(0.0);
            self.injections.push(line(&row.prompt, "score", &json!(score)));
        }
    }

    fn reached(&self, report: &mut RouterReport) {
        report.add("parts.intent.accuracy", mean(self.right.iter().copied()), self.right.len());
        report.add("parts.mmlu.text.apgr", ranking(&self.exam).apgr, self.exam.len());
        report.add("parts.gsm8k.text.apgr", ranking(&self.word).apgr, self.word.len());
        report.add("parts.nine_models.text", mean(self.picked.iter().copied()), self.picked.len());
        report.add("parts.nine_models.task_means", mean(self.by_task.iter().copied()), self.by_task.len());
        let over: Vec<f64> = self.picked.iter().zip(&self.by_task).map(|(one, other)| one - other).collect();
        report.add("parts.nine_models.text_over_task_means", mean(over.iter().copied()), over.len());
        report.add("parts.nine_models.text_over_task_means.half_width_95", half_width(&over), over.len());
    }
}

fn line(prompt: &Prompt, key: &str, value: &Value) -> (String, Value) {
    (prompt.id.clone(), json!({ "id": prompt.id, key: value }))
}
