//! How each head is learned: which rows, how much each counts, how fast.
//!
//! Settings were chosen by figures on sources, subjects and folds that were left out, never on what is scored.

use super::rows::{IntentRow, NineRow, PairRow, RiskRow};
use plyrum_protocol::{Intent, Language, OutputKind};
use plyrum_router::train::{EXAM_SHIFT, Example, Linear, Loss, Settings, fit};
use plyrum_router::{FIELDS, Sight};
use std::collections::BTreeMap;

/// Intents that can be named.
pub(super) const INTENTS: usize = Intent::ALL.len() - 1;

const BASE: Settings =
    Settings { epochs: 8, rate: 0.1, decay: 1e-4, dropped: 64, blind: 32, grams: 1.0, signs: 1.0, shift: 0 };
/// Often without grams: what signs say must hold by itself, for styles that were never seen.
const INTENT: Settings = Settings { blind: 100, grams: 1.5, ..BASE };
const CAUTION: Settings = Settings { rate: 0.05, decay: 1e-3, signs: 0.5, ..BASE };
/// Few grams and small steps: the outcome of one question is mostly chance.
const EXAM_REST: Settings = Settings { epochs: 6, rate: 0.01, decay: 1e-3, blind: 16, grams: 0.3, ..BASE };
/// Hardly any grams and smaller steps still: only what holds in any field.
const ANY_EXAM: Settings = Settings { rate: 0.003, grams: 0.05, ..EXAM_REST };
const WORD_PROBLEM: Settings =
    Settings { epochs: 10, rate: 0.01, decay: 1e-3, blind: 16, signs: 0.5, ..BASE };
const EXAM: Settings = Settings { epochs: 12, dropped: 128, blind: 8, grams: 3.0, shift: EXAM_SHIFT, ..BASE };

/// The most that one row counts beside the mean.
const MAX_WEIGHT: f32 = 6.0;
/// How much a question of an exam counts for its field, beside a prompt of our own.
const EXAM_FIELD_WEIGHT: f32 = 0.2;

fn one_hot(count: usize, at: usize) -> Vec<f32> {
    (0..count).map(|place| if place == at { 1.0 } else { 0.0 }).collect()
}

/// A prompt as it is, and with typing errors for half as much.
fn seen_twice(row: &IntentRow) -> [(&Sight, f32); 2] {
    [(&row.prompt.sight, 1.0), (&row.mistyped, 0.5)]
}

/// The intents.
pub(super) fn intents(rows: &[&IntentRow]) -> Linear {
    let weights = intent_weights(rows);
    let examples: Vec<Example<'_>> = rows
        .iter()
        .zip(weights)
        .flat_map(|(row, weight)| {
            seen_twice(row).map(|(sight, share)| Example {
                sight,
                weight: weight * share,
                target: one_hot(INTENTS, row.label),
            })
        })
        .collect();
    fit(&examples, INTENTS, Loss::Softmax, &INTENT)
}

/// A large source counts by the root of its size; labels of a language count nearly alike, in Russian wholly: there
/// the pack has two labels only, and the script must not give them away.
fn intent_weights(rows: &[&IntentRow]) -> Vec<f32> {
    let mut by_source: BTreeMap<(usize, &str, Language), f32> = BTreeMap::new();
    for row in rows {
        *by_source.entry((row.label, &row.prompt.source, row.language)).or_default() += 1.0;
    }
    let mut weights: Vec<f32> = rows
        .iter()
        .map(|row| {
            let key = (row.label, row.prompt.source.as_str(), row.language);
            1.0 / by_source.get(&key).copied().unwrap_or(1.0).sqrt()
        })
        .collect();
    let mut by_label: BTreeMap<(usize, Language), f32> = BTreeMap::new();
    for (row, weight) in rows.iter().zip(&weights) {
        *by_label.entry((row.label, row.language)).or_default() += weight;
    }
    for (row, weight) in rows.iter().zip(&mut weights) {
        let whole = by_label.get(&(row.label, row.language)).copied().unwrap_or(1.0);
        // The square root of the root: a quarter of the imbalance stays.
        *weight *= if row.language == Language::Ru { 1.0 } else { whole.sqrt().sqrt() } / whole;
    }
    level(rows, weights)
}

/// Makes the mean weight of each language one.
fn level(rows: &[&IntentRow], mut weights: Vec<f32>) -> Vec<f32> {
    for &language in Language::ALL {
        let is = |row: &&&IntentRow| row.language == language;
        let count = rows.iter().filter(is).map(|_| 1.0).sum::<f32>();
        let sum: f32 = rows.iter().zip(&weights).filter(|(row, _)| is(row)).map(|(_, weight)| weight).sum();
        for (row, weight) in rows.iter().zip(&mut weights) {
            if is(&row) {
                *weight = (*weight * count / sum).min(MAX_WEIGHT);
            }
        }
    }
    weights
}

/// Shapes of the answer, from our own rows.
pub(super) fn outputs(rows: &[&IntentRow]) -> Linear {
    let count = OutputKind::ALL.len();
    let examples: Vec<Example<'_>> = rows
        .iter()
        .filter_map(|row| Some((row, row.own.as_ref()?.output)))
        .flat_map(|(row, output)| {
            seen_twice(row).map(|(sight, weight)| Example { sight, weight, target: one_hot(count, output) })
        })
        .collect();
    fit(&examples, count, Loss::Softmax, &BASE)
}

/// Fields of knowledge, from our own rows and from the subjects of exams.
pub(super) fn fields(rows: &[&IntentRow], exams: &[&PairRow]) -> Linear {
    let own = rows.iter().filter_map(|row| {
        let own = row.own.as_ref()?;
        let target = (0..FIELDS.len()).map(|at| if own.fields.contains(&at) { 1.0 } else { 0.0 }).collect();
        Some(Example { sight: &row.prompt.sight, weight: 1.0, target })
    });
    let exams = exams.iter().filter_map(|row| {
        let (is, near) = subject_fields(&row.domain)?;
        let target = FIELDS.iter().map(|field| {
            if is == *field {
                1.0
            } else if near.contains(field) {
                f32::NAN
            } else {
                0.0
            }
        });
        Some(Example { sight: &row.prompt.sight, weight: EXAM_FIELD_WEIGHT, target: target.collect() })
    });
    let examples: Vec<Example<'_>> = own.chain(exams).collect();
    fit(&examples, FIELDS.len(), Loss::Logistic, &BASE)
}

/// The field of an exam's subject, and fields that it may touch too.
fn subject_fields(subject: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match subject {
        "abstract_algebra" | "college_mathematics" | "elementary_mathematics" | "high_school_mathematics" => {
            ("math", &["education"])
        }
        "high_school_statistics" => ("math", &["data"]),
        "econometrics" => ("finance", &["data", "math"]),
        "formal_logic" | "logical_fallacies" | "moral_disputes" | "moral_scenarios" | "philosophy"
        | "world_religions" => ("philosophy", &["history", "law", "language"]),
        "anatomy"
        | "clinical_knowledge"
        | "college_medicine"
        | "human_aging"
        | "medical_genetics"
        | "professional_medicine"
        | "virology"
        | "human_sexuality" => ("medicine", &["science", "psychology"]),
        "nutrition" => ("medicine", &["food", "science"]),
        "astronomy"
        | "college_biology"
        | "college_chemistry"
        | "college_physics"
        | "conceptual_physics"
        | "high_school_biology"
        | "high_school_chemistry"
        | "high_school_physics" => ("science", &["math", "medicine", "engineering"]),
        "electrical_engineering" => ("engineering", &["science", "math"]),
        "college_computer_science" | "high_school_computer_science" => ("programming", &["math", "data"]),
        "machine_learning" => ("data", &["programming", "math"]),
        "computer_security" => ("security", &["programming"]),
        "high_school_macroeconomics" | "high_school_microeconomics" | "professional_accounting" => {
            ("finance", &["business", "politics", "math"])
        }
        "business_ethics" | "management" | "marketing" | "public_relations" => {
            ("business", &["finance", "law", "psychology"])
        }
        "high_school_european_history"
        | "high_school_us_history"
        | "high_school_world_history"
        | "prehistory" => ("history", &["politics", "geography"]),
        "high_school_geography" => ("geography", &["politics", "history"]),
        "high_school_government_and_politics" | "us_foreign_policy" | "security_studies" => {
            ("politics", &["law", "history", "security"])
        }
        "international_law" | "jurisprudence" | "professional_law" => ("law", &["politics", "philosophy"]),
        "high_school_psychology" | "professional_psychology" | "sociology" => {
            ("psychology", &["medicine", "politics", "education"])
        }
        _ => return None,
    })
}

/// The wording of harmful wishes; contrast pairs count more than lists.
pub(super) fn caution(rows: &[&RiskRow]) -> Linear {
    let examples: Vec<Example<'_>> = rows
        .iter()
        .map(|row| Example {
            sight: &row.prompt.sight,
            weight: if row.prompt.source == "xstest" { 4.0 } else { 1.0 },
            target: vec![if row.harmful { 1.0 } else { 0.0 }],
        })
        .collect();
    fit(&examples, 1, Loss::Logistic, &CAUTION)
}

fn gaps<'a>(rows: &[&'a PairRow]) -> Vec<Example<'a>> {
    rows.iter()
        .map(|row| Example { sight: &row.prompt.sight, weight: 1.0, target: vec![row.gap()] })
        .collect()
}

/// What the form of an exam question adds to what its subject says of the strong model's gain. Words that tell the
/// subject are left out, or they would count twice.
pub(super) fn exam_rest(rows: &[&PairRow], means: &BTreeMap<String, f32>) -> Linear {
    let shapes: Vec<Sight> = rows.iter().map(|row| row.prompt.sight.by_shape()).collect();
    let examples: Vec<Example<'_>> = rows
        .iter()
        .zip(&shapes)
        .map(|(row, sight)| {
            let mean = means.get(&row.domain).copied().unwrap_or(0.0);
            Example { sight, weight: 1.0, target: vec![row.gap() - mean] }
        })
        .collect();
    fit(&examples, 1, Loss::Square, &EXAM_REST)
}

/// What a question of any field says of the strong model's gain.
pub(super) fn any_exam(rows: &[&PairRow]) -> Linear {
    fit(&gaps(rows), 1, Loss::Square, &ANY_EXAM)
}

/// What a word problem says of the strong model's gain.
pub(super) fn word_problem(rows: &[&PairRow]) -> Linear {
    fit(&gaps(rows), 1, Loss::Square, &WORD_PROBLEM)
}

/// The subject of an exam question, in the order of `names`.
pub(super) fn subjects(rows: &[&PairRow], names: &[String]) -> Linear {
    let named = rows.iter().map(|row| (&row.prompt.sight, row.domain.as_str()));
    classes(named.collect(), names)
}

/// The task that a prompt looks like, in the order of `names`.
pub(super) fn tasks(rows: &[&NineRow], names: &[String]) -> Linear {
    let named = rows.iter().map(|row| (&row.prompt.sight, row.task.as_str()));
    classes(named.collect(), names)
}

fn classes(rows: Vec<(&Sight, &str)>, names: &[String]) -> Linear {
    let examples: Vec<Example<'_>> = rows
        .into_iter()
        .map(|(sight, name)| {
            let target = names.iter().map(|known| if known == name { 1.0 } else { 0.0 }).collect();
            Example { sight, weight: 1.0, target }
        })
        .collect();
    fit(&examples, names.len(), Loss::Softmax, &EXAM)
}
