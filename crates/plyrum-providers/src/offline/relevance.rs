//! How well each unit answers a particular question: BM25 over stems, with what stands around a sentence (its
//! headings, its paragraph) counted a little, and the form of the fact looked for.

use super::concepts;
use super::document::{Document, Kind, Unit};
use super::index::{Index, Matches, real};
use super::question::{self, Fact, Question};
use super::words::Term;

const TITLE_WEIGHT: f64 = 0.45;
const NEIGHBOUR_WEIGHT: f64 = 0.2;
const KIN_WEIGHT: f64 = 0.55;
/// Part of a question of three words or more that its best sentence must cover.
const MIN_COVERED: f64 = 0.3;
/// Letters that two stems must share to count as kin ("config" and "configur").
const MIN_SHARED_LETTERS: usize = 4;

/// How well units answer a question.
pub(super) struct Relevance {
    /// A score per unit; all zero when nothing in the text matches.
    pub(super) scores: Vec<f64>,
    /// Whether some unit answers enough of the question to be called an answer.
    pub(super) matched: bool,
}

/// Scores every unit against the question.
pub(super) fn of(document: &Document, index: &mut Index, question: &Question) -> Relevance {
    let matches = matches(index, question);
    if matches.is_empty() {
        return Relevance { scores: vec![0.0; document.units.len()], matched: false };
    }
    let weights = rarities(index, &matches, question.focus.len());
    let known: Vec<bool> =
        (0..weights.len()).map(|word| matches.values().any(|&(answers, _)| answers == word)).collect();
    // Words that the text does not have at all cannot tell its sentences apart; they only lower the confidence.
    let whole: f64 = weights.iter().zip(&known).filter(|&(_, known)| *known).map(|(weight, _)| weight).sum();
    let all: f64 = weights.iter().sum();
    let mut best_covered: f64 = 0.0;
    let average =
        (0..index.len()).map(|unit| real(index.terms(unit).len())).sum::<f64>() / real(index.len()).max(1.0);
    let titles: Vec<Vec<f64>> =
        index.titles.iter().map(|title| found(title, &matches, weights.len())).collect();
    let own: Vec<Vec<f64>> =
        (0..index.len()).map(|unit| found(index.terms(unit), &matches, weights.len())).collect();
    let direct: Vec<f64> = document
        .units
        .iter()
        .enumerate()
        .map(|(at, unit)| {
            let length = real(index.terms(at).len()) / average.max(1.0);
            let damp = 2.2 / (1.0 + 1.2 * (0.6 + 0.4 * length));
            let mut covered = 0.0;
            let mut score = 0.0;
            for (word, &weight) in weights.iter().enumerate() {
                let here = own.get(at).and_then(|own| own.get(word)).copied().unwrap_or(0.0);
                let above = title_match(document, unit, &titles, word) * TITLE_WEIGHT;
                let best = here.max(above);
                covered += best * weight;
                score += (here + 0.5 * above) * weight * damp;
            }
            if score <= 0.0 {
                return 0.0;
            }
            best_covered = best_covered.max(covered);
            let early = 0.02 / (1.0 + real(unit.place));
            let covered = covered / whole.max(1e-9);
            // A reason often shares few words with its "why"; other answers must cover the question.
            let share = if question.fact == Fact::Reason {
                0.25 + 0.75 * covered
            } else {
                0.15 + 0.85 * covered * covered
            };
            (score * share + early) * form(unit, question)
        })
        .collect();
    let scores = (0..direct.len()).map(|at| with_neighbours(document, &direct, at)).collect();
    Relevance { scores, matched: question.focus.len() < 3 || best_covered >= MIN_COVERED * all }
}

/// Which terms of the text answer which word of the question: the same stem, one that continues the other, or a
/// word of the same concept.
fn matches(index: &mut Index, question: &Question) -> Matches {
    let known = index.lexicon.stems().len();
    let mut matches = Matches::new();
    for (at, word) in question.focus.iter().enumerate() {
        let term = index.lexicon.term(word);
        let stem = usize::try_from(term)
            .ok()
            .and_then(|at| index.lexicon.stems().get(at))
            .cloned()
            .unwrap_or_default();
        let kin: Vec<&str> = concepts::kin(word).collect();
        let spelled = concepts::in_latin(&stem);
        for (number, other) in index.lexicon.stems().iter().take(known).enumerate() {
            let Ok(other_term) = Term::try_from(number) else { break };
            let weight = if other_term == term {
                1.0
            } else if kin.iter().any(|start| concepts::begins(other, start))
                || continues(&stem, other)
                || continues(&spelled, other)
            {
                KIN_WEIGHT
            } else {
                continue;
            };
            let entry = matches.entry(other_term).or_insert((at, weight));
            if entry.1 < weight {
                *entry = (at, weight);
            }
        }
    }
    matches
}

fn continues(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let rest = long.strip_prefix(short).map_or(usize::MAX, |rest| rest.chars().count());
    rest <= 5 && short.chars().count() >= MIN_SHARED_LETTERS
}

/// The weight of each word of the question: how rare what matches it is. A word that nothing matches weighs as
/// much as a very rare one, so that sentences matching little of a question score low.
fn rarities(index: &Index, matches: &Matches, words: usize) -> Vec<f64> {
    let mut counts = vec![0u32; words];
    for (&term, &(word, weight)) in matches {
        if let Some(count) = counts.get_mut(word) {
            let with = if weight < 1.0 { index.count(term) / 2 } else { index.count(term) };
            *count = (*count).max(with.max(1));
        }
    }
    counts.into_iter().map(|count| index.rarity(count.max(1)).max(0.3)).collect()
}

/// How well the terms answer each word of the question.
fn found(terms: &[Term], matches: &Matches, words: usize) -> Vec<f64> {
    let mut best = Vec::new();
    for term in terms {
        if let Some(&(word, weight)) = matches.get(term) {
            if best.is_empty() {
                best.resize(words, 0.0);
            }
            if let Some(slot) = best.get_mut(word) {
                *slot = f64::max(*slot, weight);
            }
        }
    }
    best
}

fn title_match(document: &Document, unit: &Unit, titles: &[Vec<f64>], word: usize) -> f64 {
    let mut best: f64 = 0.0;
    let mut at = Some(unit.section);
    for step in 0..3u8 {
        let Some(here) = at else { break };
        let here_match = titles.get(here).and_then(|title| title.get(word)).copied().unwrap_or(0.0);
        best = best.max(here_match / f64::from(step + 1));
        at = document.sections.get(here).and_then(|section| section.parent);
    }
    best
}

/// A sentence is a little better when the one before or after it, in its paragraph, answers too.
fn with_neighbours(document: &Document, direct: &[f64], at: usize) -> f64 {
    let own = direct.get(at).copied().unwrap_or(0.0);
    if own <= 0.0 {
        return 0.0;
    }
    let paragraph = document.units.get(at).map(|unit| unit.paragraph);
    let beside = |other: Option<usize>| {
        let other = other.filter(|&other| document.units.get(other).map(|unit| unit.paragraph) == paragraph);
        other.and_then(|other| direct.get(other)).copied().unwrap_or(0.0)
    };
    own + NEIGHBOUR_WEIGHT * beside(at.checked_sub(1)).max(beside(at.checked_add(1))).min(own)
}

/// What a unit's form says about the fact looked for.
fn form(unit: &Unit, question: &Question) -> f64 {
    let text = unit.text.as_str();
    let kind = match &unit.kind {
        Kind::Code(_) if question.wants_code => 1.3,
        Kind::Code(_) => 0.0,
        Kind::Item(_) if question.wants_list => 1.2,
        Kind::Row => 0.95,
        _ => 1.0,
    };
    let holds = |list: &[&str]| {
        let lower = text.to_lowercase();
        list.iter().any(|word| lower.contains(word))
    };
    let digits = text.chars().any(|letter| letter.is_ascii_digit());
    let fact = match question.fact {
        Fact::When => 1.0 + f64::from(u8::from(digits)) * 0.4,
        Fact::Number => 1.0 + f64::from(u8::from(digits)) * 0.35,
        Fact::Reason if holds(&["reason", "причин"]) => 2.0,
        Fact::Reason
            if holds(&[
                "because",
                "since ",
                "due to",
                "so that",
                "therefore",
                "потому",
                "так как",
                "поскольку",
                "чтобы",
                "из-за",
                "поэтому",
            ]) =>
        {
            1.4
        }
        Fact::Person if names_someone(text) => 1.25,
        Fact::Failure
            if holds(&[
                "error",
                "fail",
                "panic",
                "fatal",
                "exception",
                "denied",
                "refused",
                "cannot",
                "ошибк",
                "сбой",
                "отказ",
                "не удал",
            ]) =>
        {
            1.5
        }
        _ => 1.0,
    };
    let asks = if text.ends_with('?') { 0.6 } else { 1.0 };
    let definition = if question.kind == question::Kind::Definition { defines(text, question) } else { 1.0 };
    kind * fact * asks * definition
}

/// "The ledger is …" answers "what is the ledger?" better than any sentence that only mentions it.
fn defines(text: &str, question: &Question) -> f64 {
    let opening: Vec<String> =
        super::words::folded_words(text.get(..text.floor_char_boundary(120)).unwrap_or_default());
    let shared = |word: &String| {
        question.focus.iter().any(|focus| {
            let letters = focus.chars().count().min(word.chars().count()).saturating_sub(2).max(3);
            focus.chars().take(letters).eq(word.chars().take(letters))
        })
    };
    let named = opening.iter().take(6).position(shared);
    let copula =
        ["is", "are", "means", "refers", "это", "является", "представляет", "называется", "называют"];
    let linked = opening.iter().take(9).any(|word| copula.contains(&word.as_str()))
        || text.get(..text.floor_char_boundary(80)).is_some_and(|text| text.contains(" — "));
    match named {
        Some(at) if linked => 1.6 - 0.05 * real(at),
        Some(_) => 1.1,
        None => 0.9,
    }
}

/// A capital inside the sentence.
fn names_someone(text: &str) -> bool {
    text.split_whitespace().skip(1).any(|word| word.chars().next().is_some_and(char::is_uppercase))
}
