//! Intents: on known sources, on sources never seen, on our own test prompts.

use super::learn::left_out_each;
use super::measure::{best, macro_f1, mean, share};
use super::recipe;
use super::report::Note as _;
use super::rows::{IntentRow, Pack};
use plyrum_protocol::view::{RouterConfused, RouterReport};
use plyrum_protocol::{Intent, Language};
use plyrum_router::{Sight, Weights, read_by};
use std::collections::BTreeMap;

/// Confused pairs that are listed.
const LISTED: usize = 8;

/// A row and what was found.
type Found<'a> = (&'a IntentRow, usize);

/// What the weights say of a prompt: the intent, and its chance in thousandths.
pub(super) fn guess(weights: &Weights<'_>, sight: &Sight) -> (usize, i64) {
    let chances = weights.intents(&weights.heads(sight));
    let found = best(&chances);
    (found, (chances.get(found).copied().unwrap_or(0) * 1000) >> 16)
}

pub(super) fn measure(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    known(pack, weights, report);
    own(pack, weights, report);
    unseen(pack, report);
    strangers(pack, report);
    nonsense(weights, report);
}

fn scored(pack: &Pack) -> impl Iterator<Item = &IntentRow> {
    pack.intents.iter().filter(|row| !row.prompt.place.learned)
}

fn known(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    let rows: Vec<&IntentRow> = scored(pack).filter(|row| row.own.is_none()).collect();
    let found = all(&rows, |row| guess(weights, &row.prompt.sight).0);
    report.add("intent.known_sources.accuracy", accuracy(&found), found.len()).at_least(0.83);
    report.add("intent.known_sources.macro_f1", f1(&found), found.len());
    rules(&rows, "intent.known_sources", report);
    naming(&rows, weights, "intent.known_sources", report);
    confused(&found, "known sources", report);
}

fn own(pack: &Pack, weights: &Weights<'_>, report: &mut RouterReport) {
    for (name, language, aim) in [("en", Language::En, 0.65), ("ru", Language::Ru, 0.60)] {
        let rows: Vec<&IntentRow> =
            scored(pack).filter(|row| row.own.is_some() && row.language == language).collect();
        let found = all(&rows, |row| guess(weights, &row.prompt.sight).0);
        let group = format!("intent.own_test.{name}");
        report.add(format!("{group}.accuracy"), accuracy(&found), found.len()).at_least(aim);
        report.add(format!("{group}.macro_f1"), f1(&found), found.len());
        rules(&rows, &group, report);
        naming(&rows, weights, &group, report);
        for (label, intent) in Intent::ALL.iter().take(recipe::INTENTS).enumerate() {
            let of: Vec<Found<'_>> = found.iter().copied().filter(|(row, _)| row.label == label).collect();
            report.add(format!("{group}.recall.{intent}"), accuracy(&of), of.len());
        }
        confused(&found, if name == "en" { "own test, English" } else { "own test, Russian" }, report);
    }
}

/// Each source of the pack left out once.
fn unseen(pack: &Pack, report: &mut RouterReport) {
    let rows: Vec<&IntentRow> =
        pack.intents.iter().filter(|row| row.own.is_none() || row.prompt.place.learned).collect();
    let found: Vec<Found<'_>> =
        left_out_each(&rows).into_iter().map(|(row, scores)| (row, best(&scores))).collect();
    let english: Vec<Found<'_>> =
        found.iter().copied().filter(|(row, _)| row.language == Language::En).collect();
    let group = "intent.unseen_sources.en";
    report.add(format!("{group}.accuracy"), accuracy(&english), english.len()).at_least(0.65);
    report.add(format!("{group}.macro_f1"), f1(&english), english.len());
    let mut by_source: BTreeMap<&str, Vec<Found<'_>>> = BTreeMap::new();
    for &(row, label) in &found {
        by_source.entry(&row.prompt.source).or_default().push((row, label));
    }
    let english_rows: Vec<&IntentRow> = english.iter().map(|(row, _)| *row).collect();
    report.add(
        format!("{group}.mean_of_sources"),
        mean(by_source.values().map(|found| accuracy(found))),
        by_source.len(),
    );
    rules(&english_rows, group, report);
    words_alone(&rows, group, report);
    let russian: Vec<Found<'_>> =
        found.iter().copied().filter(|(row, _)| row.language == Language::Ru).collect();
    report.add("intent.unseen_sources.ru.accuracy", accuracy(&russian), russian.len());
    for (source, found) in by_source {
        report.add(format!("intent.unseen_sources.source.{source}"), accuracy(&found), found.len());
    }
    confused(&english, "sources never seen", report);
}

/// The same without what the cues of the rules say: these were written with a look at the sources.
fn words_alone(rows: &[&IntentRow], group: &str, report: &mut RouterReport) {
    let plain: Vec<IntentRow> = rows.iter().map(|row| row.without_cues()).collect();
    let plain: Vec<&IntentRow> = plain.iter().collect();
    let found = left_out_each(&plain).into_iter().filter(|(row, _)| row.language == Language::En);
    let found: Vec<bool> = found.map(|(row, scores)| best(&scores) == row.label).collect();
    let right = found.iter().filter(|right| **right).count();
    report.add(format!("{group}.words_alone"), share(right, found.len()), found.len());
}

/// One collection learned, the other scored.
fn strangers(pack: &Pack, report: &mut RouterReport) {
    let (own, others): (Vec<&IntentRow>, Vec<&IntentRow>) =
        pack.intents.iter().partition(|row| row.own.is_some());
    let model = recipe::intents(&others);
    for (name, language) in [("en", Language::En), ("ru", Language::Ru)] {
        let rows: Vec<&IntentRow> = own.iter().copied().filter(|row| row.language == language).collect();
        let found = all(&rows, |row| best(&model.scores(&row.prompt.sight)));
        report.add(format!("intent.pack_to_own.{name}.accuracy"), accuracy(&found), found.len());
    }
    let learned: Vec<&IntentRow> = own.into_iter().filter(|row| row.prompt.place.learned).collect();
    let english: Vec<&IntentRow> = others.into_iter().filter(|row| row.language == Language::En).collect();
    let model = recipe::intents(&learned);
    let found = all(&english, |row| best(&model.scores(&row.prompt.sight)));
    report.add("intent.own_to_pack.en.accuracy", accuracy(&found), found.len());
}

/// Letters without sense must not be work for a shell or a sum because they are Cyrillic.
fn nonsense(weights: &Weights<'_>, report: &mut RouterReport) {
    let words = nonsense_prompts();
    let named = words.iter().filter(|text| {
        let (found, chance) = guess(weights, &Sight::of(text, &weights.words));
        let intent = Intent::ALL.get(found);
        chance >= weights.facts.unknown_under_milli
            && intent.is_some_and(|intent| [Intent::Shell, Intent::Math].contains(intent))
    });
    report
        .add("intent.cyrillic_nonsense.shell_or_math", share(named.count(), words.len()), words.len())
        .at_most(0.05);
}

/// Made-up words of Russian syllables, in a fixed order.
pub(super) fn nonsense_prompts() -> Vec<String> {
    const SYLLABLES: &[&str] =
        &["бы", "кро", "зю", "лапе", "мхо", "ние", "ста", "вур", "ги", "шо", "тель", "дри"];
    let mut state = 7usize;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        (state >> 8) % below
    };
    let mut word = || {
        let count = 2 + next(3);
        (0..count).filter_map(|_| SYLLABLES.get(next(SYLLABLES.len())).copied()).collect::<String>()
    };
    (0..200).map(|at| (0..3 + at % 8).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
}

fn all<'a>(rows: &[&'a IntentRow], find: impl Fn(&IntentRow) -> usize) -> Vec<Found<'a>> {
    rows.iter().map(|row| (*row, find(row))).collect()
}

fn accuracy(found: &[Found<'_>]) -> f64 {
    share(found.iter().filter(|(row, label)| row.label == *label).count(), found.len())
}

fn f1(found: &[Found<'_>]) -> f64 {
    macro_f1(&found.iter().map(|(row, label)| (row.label, *label)).collect::<Vec<_>>())
}

/// What the rules alone reach on the same rows; what they leave `unknown` counts as wrong.
fn rules(rows: &[&IntentRow], group: &str, report: &mut RouterReport) {
    let right = rows.iter().filter(|row| row.prompt.sight.rules_say() == row.label).count();
    report.add(format!("{group}.rules_alone"), share(right, rows.len()), rows.len());
}

/// How many are named at all, and how many of those are right.
fn naming(rows: &[&IntentRow], weights: &Weights<'_>, group: &str, report: &mut RouterReport) {
    let guesses: Vec<(bool, i64)> = rows
        .iter()
        .map(|row| {
            let (found, chance) = guess(weights, &row.prompt.sight);
            (found == row.label, chance)
        })
        .collect();
    // As it is shown: with rules where they are sure, and `unknown` where nothing is.
    let shown: Vec<(usize, usize)> = rows
        .iter()
        .map(|row| {
            let intent = read_by(Some(weights), &row.prompt.text, &[]).intent;
            (row.label, Intent::ALL.iter().position(|&known| known == intent).unwrap_or(0))
        })
        .collect();
    let named = shown.iter().filter(|pair| pair.1 < recipe::INTENTS).count();
    let right = shown.iter().filter(|pair| pair.0 == pair.1).count();
    report.add(format!("{group}.shown_right"), share(right, rows.len()), rows.len());
    report.add(format!("{group}.named"), share(named, rows.len()), rows.len());
    report.add(format!("{group}.named_right"), share(right, named), named);
    report.add(format!("{group}.calibration_error"), calibration_error(&guesses), rows.len());
}

/// The mean distance of chance and share of right ones, over ten equal steps of chance.
fn calibration_error(guesses: &[(bool, i64)]) -> f64 {
    let steps = (0..10).map(|step| {
        let of: Vec<&(bool, i64)> = guesses.iter().filter(|guess| (guess.1 / 100).min(9) == step).collect();
        let chance = mean(of.iter().map(|guess| f64::from(i32::try_from(guess.1).unwrap_or(0)) / 1000.0));
        let right = share(of.iter().filter(|guess| guess.0).count(), of.len());
        (chance - right).abs() * share(of.len(), guesses.len())
    });
    steps.sum()
}

fn confused(found: &[Found<'_>], on: &'static str, report: &mut RouterReport) {
    let mut pairs: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (row, label) in found.iter().filter(|(row, label)| row.label != *label) {
        *pairs.entry((row.label, *label)).or_default() += 1;
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
    let name = |at: usize| Intent::ALL.get(at).map_or("?", |intent| intent.as_str());
    report.confused.extend(pairs.into_iter().take(LISTED).map(|((was, taken_for), rows)| RouterConfused {
        on: on.to_owned(),
        was: name(was).to_owned(),
        taken_for: name(taken_for).to_owned(),
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
    }));
}
