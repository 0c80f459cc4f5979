//! All weights, learned from the rows that may be learned from.

use super::measure::{best, share, threshold};
use super::recipe;
use super::rows::{IntentRow, NineRow, Pack, PairRow, Prompt, RiskRow};
use super::split::sha256_bytes;
use plyrum_protocol::Language;
use plyrum_router::train::{Linear, Placed, body, exp, seal, softmax};
use plyrum_router::{Facts, Heads, Sight, Weights, Words};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that the mean of a subject or task is pulled towards the mean of all with.
const PRIOR_ROWS: f32 = 20.0;
/// Steps of hardness.
const STEPS: usize = 40;
/// Groups of sources that confidence is measured on, each left out once.
const GROUPS: usize = 6;
/// Of the intents that are named, the share that should be right.
const NAMED_RIGHT: f64 = 0.75;
/// The chance from which a field is named: chosen on parts of our own training rows that were left out.
const FIELD_FROM_MILLI: i64 = 350;
/// Harmless wishes that the wording may flag, at most; half of what is promised, for prompts of other kinds.
const FALSE_FLAGS: f64 = 0.03;

/// Rows to learn from.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Words that are known.
    pub words: &'a Words,
    /// Prompts with intents.
    pub intents: Vec<&'a IntentRow>,
    /// Exam questions.
    pub mmlu: Vec<&'a PairRow>,
    /// Word problems.
    pub gsm8k: Vec<&'a PairRow>,
    /// Tasks of nine models.
    pub nine: Vec<&'a NineRow>,
    /// Wishes.
    pub risk: Vec<&'a RiskRow>,
}

impl<'a> Rows<'a> {
    /// Those rows of a pack that `may` be learned from.
    pub fn of(pack: &'a Pack, may: impl Fn(&Prompt) -> bool) -> Self {
        Self {
            words: &pack.words,
            intents: pack.intents.iter().filter(|row| may(&row.prompt)).collect(),
            mmlu: pack.mmlu.iter().filter(|row| may(&row.prompt)).collect(),
            gsm8k: pack.gsm8k.iter().filter(|row| may(&row.prompt)).collect(),
            nine: pack.nine.iter().filter(|row| may(&row.prompt)).collect(),
            risk: pack.risk.iter().filter(|row| may(&row.prompt)).collect(),
        }
    }
}

/// Learns all heads and writes the file of weights.
pub fn learn(rows: &Rows<'_>, models: &[String]) -> Vec<u8> {
    learn_all(rows, models, confidence(&rows.intents), caution_from(&rows.risk, &rows.intents))
}

/// The same for figures that only rank: how sure to be, which takes as long to find out as ten more fits, is not asked.
pub(super) fn learn_to_rank(rows: &Rows<'_>, models: &[String]) -> Vec<u8> {
    learn_all(rows, models, Confidence { sharpness_milli: 1000, unknown_under_milli: 0 }, 500)
}

fn learn_all(rows: &Rows<'_>, models: &[String], confidence: Confidence, caution_from_milli: i64) -> Vec<u8> {
    let subjects = subject_gaps(&rows.mmlu);
    let tasks = task_scores(&rows.nine, models.len());
    let names = |list: Vec<&String>| list.into_iter().cloned().collect::<Vec<String>>();
    let subject_names = names(subjects.keys().collect());
    let task_names = names(tasks.keys().collect());
    let heads = [
        (recipe::intents(&rows.intents), Heads::INTENTS),
        (recipe::outputs(&rows.intents), Heads::OUTPUTS),
        (recipe::fields(&rows.intents, &rows.mmlu), Heads::FIELDS),
        (recipe::caution(&rows.risk), Heads::CAUTION),
        (recipe::exam_rest(&rows.mmlu, &subjects), Heads::EXAM_REST),
        (recipe::word_problem(&rows.gsm8k), Heads::WORD_PROBLEM),
    ];
    let exams = [
        (recipe::subjects(&rows.mmlu, &subject_names), 0),
        (recipe::tasks(&rows.nine, &task_names), subject_names.len()),
    ];
    let mut facts = Facts {
        sharpness_milli: confidence.sharpness_milli,
        unknown_under_milli: confidence.unknown_under_milli,
        field_from_milli: FIELD_FROM_MILLI,
        caution_from_milli,
        subjects: subjects.into_iter().map(|(name, gap)| (name, ten_thousandths(gap))).collect(),
        tasks: tasks
            .into_iter()
            .map(|(name, scores)| (name, scores.into_iter().map(ten_thousandths).collect()))
            .collect(),
        models: models.to_vec(),
        hardness: [Vec::new(), Vec::new()],
    };
    let first = file(&heads, &exams, &facts, rows.words);
    if let Ok(weights) = Weights::read(&first) {
        facts.hardness = hardness(&weights, rows);
    }
    file(&heads, &exams, &facts, rows.words)
}

fn file(heads: &[(Linear, usize)], exams: &[(Linear, usize)], facts: &Facts, words: &Words) -> Vec<u8> {
    let work: Vec<Placed<'_>> = heads.iter().map(|(model, at)| Placed { model, at: *at }).collect();
    let exam: Vec<Placed<'_>> = exams.iter().map(|(model, at)| Placed { model, at: *at }).collect();
    let body = body(&work, &exam, facts, words);
    seal(&body, &sha256_bytes(&body))
}

#[expect(clippy::cast_possible_truncation, reason = "means lie between minus one and one")]
fn ten_thousandths(mean: f32) -> i64 {
    (f64::from(mean) * 10_000.0).round() as i64
}

/// What the strong model gains by subject.
pub(super) fn subject_gaps(rows: &[&PairRow]) -> BTreeMap<String, f32> {
    let gaps = rows.iter().map(|row| (row.domain.as_str(), vec![row.gap()]));
    means(gaps.collect())
        .into_iter()
        .map(|(name, mean)| (name, mean.first().copied().unwrap_or(0.0)))
        .collect()
}

/// What every model scores by task.
pub(super) fn task_scores(rows: &[&NineRow], models: usize) -> BTreeMap<String, Vec<f32>> {
    debug_assert!(rows.iter().all(|row| row.scores.len() == models));
    means(rows.iter().map(|row| (row.task.as_str(), row.scores.clone())).collect())
}

/// Means by name, each pulled towards the mean of all.
fn means(rows: Vec<(&str, Vec<f32>)>) -> BTreeMap<String, Vec<f32>> {
    let width = rows.first().map_or(0, |row| row.1.len());
    let mut all = (vec![0.0; width], 0.0);
    let mut by_name: BTreeMap<String, (Vec<f32>, f32)> = BTreeMap::new();
    for (name, values) in rows {
        let one = by_name.entry(name.to_owned()).or_insert_with(|| (vec![0.0; width], 0.0));
        for (sums, count) in [&mut all, one].map(|pair| (&mut pair.0, &mut pair.1)) {
            sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
            *count += 1.0;
        }
    }
    let overall: Vec<f32> = all.0.iter().map(|sum| sum / all.1).collect();
    let pulled = |(sums, count): (Vec<f32>, f32)| {
        let pairs = sums.iter().zip(&overall);
        pairs.map(|(sum, mean)| (sum + PRIOR_ROWS * mean) / (count + PRIOR_ROWS)).collect()
    };
    by_name.into_iter().map(|(name, sums)| (name, pulled(sums))).collect()
}

/// Scores of the pack's rows, each source left out once; our own rows are always learned.
pub(super) fn left_out_each<'a>(rows: &[&'a IntentRow]) -> Vec<(&'a IntentRow, Vec<f32>)> {
    let sources: BTreeSet<&str> =
        rows.iter().filter(|row| row.own.is_none()).map(|row| row.prompt.source.as_str()).collect();
    let each = sources.into_iter().flat_map(|source| {
        let (unseen, known): (Vec<&IntentRow>, Vec<&IntentRow>) =
            rows.iter().partition(|row| row.prompt.source == source);
        let model = recipe::intents(&known);
        unseen.into_iter().map(move |row| (row, model.scores(&row.prompt.sight))).collect::<Vec<_>>()
    });
    each.collect()
}

/// How sure to be of an intent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confidence {
    sharpness_milli: i64,
    unknown_under_milli: i64,
}

/// Scores of rows whose source was left out, or whose part was, for sources of our own.
pub(super) fn left_out<'a>(rows: &[&'a IntentRow]) -> Vec<(&'a IntentRow, Vec<f32>)> {
    let sources: BTreeSet<&str> = rows.iter().map(|row| row.prompt.source.as_str()).collect();
    let group = |row: &IntentRow| {
        if row.own.is_some() {
            return usize::from(row.prompt.place.part);
        }
        sources.iter().position(|source| *source == row.prompt.source).unwrap_or(0) % GROUPS
    };
    (0..GROUPS)
        .flat_map(|held| {
            let known: Vec<&IntentRow> = rows.iter().copied().filter(|row| group(row) != held).collect();
            let model = recipe::intents(&known);
            let unseen = rows.iter().copied().filter(move |row| group(row) == held);
            unseen.map(move |row| (row, model.scores(&row.prompt.sight))).collect::<Vec<_>>()
        })
        .collect()
}

/// The sharpness that makes chances of left-out rows likeliest, and the least chance above which enough are right.
fn confidence(rows: &[&IntentRow]) -> Confidence {
    let scored = left_out(rows);
    let likelihood = |sharpness: f32| -> f64 {
        scored
            .iter()
            .map(|(row, scores)| {
                f64::from(chances(scores, sharpness).get(row.label).copied().unwrap_or(0.0).max(1e-6)).ln()
            })
            .sum()
    };
    let steps: Vec<i64> = (4..=40).map(|step| step * 50).collect();
    let fits: Vec<f64> = steps.iter().map(|&step| likelihood(milli(step))).collect();
    let sharpness_milli = steps.get(best(&fits)).copied().unwrap_or(1000);
    let mut named: Vec<(f32, bool)> = scored
        .iter()
        .map(|(row, scores)| {
            let chances = chances(scores, milli(sharpness_milli));
            let found = best(&chances);
            (chances.get(found).copied().unwrap_or(0.0), found == row.label)
        })
        .collect();
    named.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut right, mut least) = (0, 1.0);
    for (at, &(chance, is)) in named.iter().enumerate() {
        right += usize::from(is);
        if share(right, at + 1) >= NAMED_RIGHT {
            least = chance;
        }
    }
    Confidence { sharpness_milli, unknown_under_milli: thousandths(least) }
}

fn milli(value: i64) -> f32 {
    f32::from(i16::try_from(value).unwrap_or(i16::MAX)) / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a chance")]
fn thousandths(chance: f32) -> i64 {
    (chance * 1000.0) as i64
}

fn chances(scores: &[f32], sharpness: f32) -> Vec<f32> {
    let mut chances: Vec<f32> = scores.iter().map(|score| score * sharpness).collect();
    softmax(&mut chances);
    chances
}

/// The chance above which hardly any harmless wish stands, on parts that were left out; everyday prompts of our own are
/// such wishes, and no part of what is learned.
fn caution_from(rows: &[&RiskRow], everyday: &[&IntentRow]) -> i64 {
    let everyday = || everyday.iter().filter(|row| row.own.is_some() && row.language == Language::En);
    let (mut scored, mut usual) = (Vec::new(), Vec::new());
    for part in 0..super::split::PARTS {
        let known: Vec<&RiskRow> = rows.iter().copied().filter(|row| row.prompt.place.part != part).collect();
        let model = recipe::caution(&known);
        let chance = |sight: &Sight| {
            let score = model.scores(sight).first().copied().unwrap_or(0.0);
            f64::from(1.0 / (1.0 + exp(-score)))
        };
        let held = rows.iter().filter(|row| row.prompt.place.part == part);
        scored.extend(held.map(|row| (chance(&row.prompt.sight), row)));
        let held = everyday().filter(|row| row.prompt.place.part == part);
        usual.extend(held.map(|row| (chance(&row.prompt.sight), false)));
    }
    // The strictest of the three kinds of harmless wishes decides.
    let kinds =
        [|row: &RiskRow| row.prompt.source == "xstest", |row: &RiskRow| row.prompt.source != "xstest"];
    let strictest = kinds.iter().map(|is| {
        let kind: Vec<(f64, bool)> =
            scored.iter().filter(|(_, row)| is(row)).map(|(score, row)| (*score, row.harmful)).collect();
        threshold(&kind, FALSE_FLAGS)
    });
    let strictest = strictest.chain([threshold(&usual, FALSE_FLAGS)]);
    #[expect(clippy::cast_possible_truncation, reason = "a chance")]
    let from = (strictest.fold(0.5, f64::max) * 1000.0).ceil() as i64;
    from.clamp(500, 1000)
}

/// Hardness at equal shares of the questions.
fn hardness(weights: &Weights<'_>, rows: &Rows<'_>) -> [Vec<i64>; 2] {
    let exam = |sight: &Sight| weights.exam_gap(&weights.heads(sight), &weights.exam.scores(sight));
    let word = |sight: &Sight| weights.heads(sight).word_problem_gap();
    let exams = rows.mmlu.iter().map(|row| exam(&row.prompt.sight)).collect();
    let words = rows.gsm8k.iter().map(|row| word(&row.prompt.sight)).collect();
    [quantiles(exams), quantiles(words)]
}

fn quantiles(mut gaps: Vec<i64>) -> Vec<i64> {
    gaps.sort_unstable();
    let at = |step: usize| gaps.get(gaps.len() * step / STEPS).copied();
    (0..STEPS).filter_map(at).collect()
}
