//! Writes weights down as `weights/file.rs` reads them.

use super::Linear;
use crate::grams::BUCKETS;
use crate::sight::LANGUAGES;
use crate::signs::SIGNS;
use crate::spelling::Words;
use crate::weights::{EXAM_HEADS, EXAM_SHIFT, Facts, MAGIC, WORK_HEADS, sizes};

/// A learned model and the head where its first one goes.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The model.
    pub model: &'a Linear,
    /// Where its heads begin.
    pub at: usize,
}

/// All of a file but its magic and hash.
pub fn body(work: &[Placed<'_>], exam: &[Placed<'_>], facts: &Facts, words: &Words) -> Vec<u8> {
    let mut body = Vec::new();
    for size in sizes() {
        body.extend(size.to_le_bytes());
    }
    put_facts(&mut body, facts);
    let hashes = words.hashes();
    put_count(&mut body, hashes.len());
    body.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    put_table(&mut body, work, WORK_HEADS, 0);
    put_table(&mut body, exam, EXAM_HEADS, EXAM_SHIFT);
    body
}

/// The file of a body, given the SHA-256 of the body.
pub fn seal(body: &[u8], hash: &[u8]) -> Vec<u8> {
    [MAGIC, hash, body].concat()
}

fn put(body: &mut Vec<u8>, value: i64) {
    body.extend(i32::try_from(value).unwrap_or(i32::MAX).to_le_bytes());
}

fn put_count(body: &mut Vec<u8>, count: usize) {
    put(body, i64::try_from(count).unwrap_or(i64::MAX));
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    put_count(body, text.len());
    body.extend(text.as_bytes());
}

fn put_ints(body: &mut Vec<u8>, list: &[i64]) {
    put_count(body, list.len());
    for &value in list {
        put(body, value);
    }
}

fn put_facts(body: &mut Vec<u8>, facts: &Facts) {
    put(body, facts.sharpness_milli);
    put(body, facts.unknown_under_milli);
    put(body, facts.field_from_milli);
    put(body, facts.caution_from_milli);
    put_count(body, facts.subjects.len());
    for (name, gap) in &facts.subjects {
        put_text(body, name);
        put(body, *gap);
    }
    put_count(body, facts.tasks.len());
    for (name, scores) in &facts.tasks {
        put_text(body, name);
        put_ints(body, scores);
    }
    put_count(body, facts.models.len());
    for name in &facts.models {
        put_text(body, name);
    }
    for steps in &facts.hardness {
        put_ints(body, steps);
    }
}

/// The weight of a head of the table, or nothing where no model has it.
fn find<'a>(models: &[Placed<'a>], head: usize) -> Option<(&'a Linear, usize)> {
    models
        .iter()
        .find(|placed| (placed.at..placed.at + placed.model.heads).contains(&head))
        .map(|placed| (placed.model, head - placed.at))
}

fn put_table(body: &mut Vec<u8>, models: &[Placed<'_>], heads: usize, shift: u32) {
    let columns: Vec<Option<(&Linear, usize)>> = (0..heads).map(|head| find(models, head)).collect();
    let steps: Vec<f32> =
        columns.iter().map(|column| column.map_or(0.0, |(model, head)| step(model, head))).collect();
    for (column, step) in columns.iter().zip(&steps) {
        let scale = column.map_or(0.0, |(model, _)| model.gram_scale);
        put(body, (f64::from(step * scale) * f64::from(1 << 24)).round() as i64);
    }
    for language in 0..LANGUAGES {
        for column in &columns {
            let bias = column.map_or(0.0, |(model, head)| at(&model.bias, model.heads, language, head));
            put(body, (f64::from(bias) * f64::from(1 << 16)).round() as i64);
        }
    }
    for sign in 0..SIGNS {
        for column in &columns {
            let weight = column
                .map_or(0.0, |(model, head)| at(&model.signs, model.heads, sign, head) * model.sign_scale);
            let weight = (weight * 1024.0).round().clamp(-32_767.0, 32_767.0) as i16;
            body.extend(weight.to_le_bytes());
        }
    }
    for bucket in 0..BUCKETS >> shift {
        for (column, step) in columns.iter().zip(&steps) {
            let weight = column.map_or(0.0, |(model, head)| at(&model.grams, model.heads, bucket, head));
            let weight = if *step > 0.0 { (weight / step).round().clamp(-127.0, 127.0) as i8 } else { 0 };
            body.extend(weight.to_le_bytes());
        }
    }
}

fn at(weights: &[f32], heads: usize, row: usize, head: usize) -> f32 {
    weights.get(row * heads + head).copied().unwrap_or(0.0)
}

/// What one step of 127 is worth: a few weights of thousands may be cut, so that the others keep their shape.
fn step(model: &Linear, head: usize) -> f32 {
    let mut sizes: Vec<f32> =
        model.grams.iter().skip(head).step_by(model.heads).map(|weight| weight.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    let kept = sizes.len() - 1 - sizes.len() / 4096;
    sizes.get(kept).copied().unwrap_or(0.0) / 127.0
}
