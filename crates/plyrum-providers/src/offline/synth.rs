//! Merges proposals by sentence support: what several proposals say stays, and so does what one alone says
//! where the given text says it word for word; what only one proposal says goes.
//!
//! Discrete answers are counted, code and structured answers are chosen whole and never mixed: half of one
//! program and half of another is no program.

use std::collections::BTreeMap;

use super::document::{Document, Source};
use super::index::{Index, best_first, likeness, real};
use super::select;
use super::words::{self, Lexicon, Term};

/// Proposals merged; further ones are not looked at.
const MAX_PROPOSALS: usize = 64;
/// Sentences compared with each other.
const MAX_UNITS: usize = 1500;
/// Sentences of the given texts that quotes are looked up in.
const MAX_QUOTED: usize = 20_000;
/// Sentences this alike say the same.
const SAME: f64 = 0.45;
/// Letters of an answer that is compared as a whole ("42", "Paris").
const MAX_DISCRETE_LETTERS: usize = 60;

/// One answer from several, with the texts that they are about. `None` when there is nothing to merge.
pub(super) fn merge(proposals: &[&str], texts: &[Source<'_>]) -> Option<String> {
    let proposals: Vec<&str> = proposals
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .take(MAX_PROPOSALS)
        .collect();
    let first = *proposals.first()?;
    if proposals.len() == 1 {
        return Some(first.to_owned());
    }
    if proposals.iter().all(|text| text.chars().count() <= MAX_DISCRETE_LETTERS) {
        return Some(most_given(&proposals).to_owned());
    }
    let best = most_supported(&proposals);
    let whole = proposals.get(best).copied().unwrap_or(first);
    if proposals.iter().any(|text| is_structured(text)) {
        return Some(whole.to_owned());
    }
    Some(supported_sentences(&proposals, best, texts).unwrap_or_else(|| whole.to_owned()))
}

/// The answer given most often, the first of equals.
fn most_given<'a>(proposals: &[&'a str]) -> &'a str {
    let mut votes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (at, text) in proposals.iter().enumerate() {
        let words = words::folded_words(text).join(" ");
        let key = if words.is_empty() { (*text).to_owned() } else { words };
        votes.entry(key).or_insert((0, at)).0 += 1;
    }
    let winner = votes
        .into_values()
        .max_by_key(|&(count, first)| (count, usize::MAX - first))
        .map_or(0, |(_, first)| first);
    proposals.get(winner).copied().unwrap_or_default()
}

fn is_structured(text: &str) -> bool {
    text.contains("```") || text.starts_with(['{', '[', '|']) || text.starts_with("diff --git")
}

/// The proposal most like the others.
fn most_supported(proposals: &[&str]) -> usize {
    let mut lexicon = Lexicon::new();
    let terms: Vec<Vec<Term>> = proposals
        .iter()
        .map(|text| {
            let mut terms = lexicon.terms(text);
            terms.sort_unstable();
            terms.dedup();
            terms
        })
        .collect();
    let support = |at: usize| {
        let others = (0..terms.len()).filter(|&other| other != at);
        others
            .map(|other| {
                terms.get(at).zip(terms.get(other)).map_or(0.0, |(one, other)| likeness(one, other, |_| 1.0))
            })
            .sum()
    };
    let scores: Vec<f64> = (0..terms.len()).map(support).collect();
    best_first(&scores).first().copied().unwrap_or(0)
}

/// Sentences of the given texts, as they stand there, each with its place.
fn quotable(texts: &[Source<'_>]) -> BTreeMap<String, usize> {
    let units = Document::read(texts).units;
    units.into_iter().take(MAX_QUOTED).enumerate().map(|(place, unit)| (unit.text, place)).collect()
}

/// The sentences of the best proposal that another one or the given text supports, and supported ones it
/// lacks, in the order of the text, else at the place they have in their own proposal. `None` when that
/// would leave too little of it.
fn supported_sentences(proposals: &[&str], best: usize, texts: &[Source<'_>]) -> Option<String> {
    let quotable = quotable(texts);
    let sources: Vec<Source<'_>> = proposals.iter().map(|text| Source { name: "", text }).collect();
    let mut document = Document::read(&sources);
    document.units.truncate(MAX_UNITS);
    let index = Index::of(&document);
    let count = document.units.len();
    let source = |at: usize| document.units.get(at).map_or(0, |unit| unit.source);
    let says = |at: usize, other: usize| {
        let same_text = document
            .units
            .get(at)
            .zip(document.units.get(other))
            .is_some_and(|(one, other)| one.text == other.text);
        same_text || likeness(index.terms(at), index.terms(other), |_| 1.0) >= SAME
    };
    let supporters = |at: usize| {
        let mut found: Vec<usize> =
            (0..count).filter(|&other| source(other) != source(at) && says(at, other)).map(source).collect();
        found.dedup();
        found.len()
    };
    let support: Vec<usize> = (0..count).map(supporters).collect();
    let quoted = |at: usize| document.units.get(at).and_then(|unit| quotable.get(&unit.text)).copied();
    let is_supported =
        |at: usize| quoted(at).is_some() || support.get(at).is_some_and(|&support| support > 0);
    let mut kept: Vec<usize> = (0..count).filter(|&at| source(at) == best && is_supported(at)).collect();
    let whole: usize = (0..count).filter(|&at| source(at) == best).count();
    if kept.len() * 3 < whole || kept.is_empty() {
        return None;
    }
    let wanted = proposals.len().div_ceil(2);
    let strong = |at: usize| {
        quoted(at).is_some() || support.get(at).is_some_and(|&support| support + 1 >= wanted.max(2))
    };
    let mut missing: Vec<usize> = (0..count).filter(|&at| source(at) != best && strong(at)).collect();
    missing.sort_by_key(|&at| (usize::MAX - support.get(at).copied().unwrap_or(0), at));
    for at in missing {
        if !kept.iter().any(|&other| says(at, other)) {
            kept.push(at);
        }
    }
    let place = |at: usize| {
        let own = (0..count).filter(|&other| source(other) == source(at));
        let (all, before) =
            own.fold((0usize, 0usize), |(all, before), other| (all + 1, before + usize::from(other < at)));
        real(before) / real(all.max(1))
    };
    if kept.iter().all(|&at| quoted(at).is_some()) {
        kept.sort_by_key(|&at| quoted(at));
    } else {
        kept.sort_by(|&a, &b| place(a).total_cmp(&place(b)).then(a.cmp(&b)));
    }
    document.sources = 1;
    document.units.iter_mut().for_each(|unit| (unit.source, unit.section) = (0, 0));
    Some(select::render(&document, &sources, &kept, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discrete_answers_are_counted() {
        assert_eq!(merge(&["41", "42.", "42"], &[]).as_deref(), Some("42."));
        assert_eq!(merge(&["Paris", "Lyon"], &[]).as_deref(), Some("Paris"));
        assert_eq!(merge(&["Да", "нет", "да."], &[]).as_deref(), Some("Да"));
    }

    #[test]
    fn what_two_say_stays_and_what_one_says_goes() {
        let merged = merge(&[
            "The cache must be cleared after each deploy. The moon is made of green cheese tonight. Restart the server to load the new settings.",
            "Clear the cache after every deploy. Restart the server so that it loads new settings.",
            "After each deploy the cache must be cleared. Bananas are cheap this week at the local market.",
        ], &[])
        .unwrap();
        assert!(merged.contains("cache") && merged.contains("Restart the server"), "{merged}");
        assert!(!merged.contains("moon") && !merged.contains("Bananas"), "{merged}");
        assert_eq!(merged.matches("cache").count(), 1, "{merged}");
    }

    #[test]
    fn russian_proposals_merge_by_stems() {
        let merged = merge(&[
            "Кэш нужно очищать после каждого развёртывания. Луна сделана из зелёного сыра и висит низко.",
            "После развёртываний кэш очищают каждый раз. Сервер следует перезапустить для загрузки настроек.",
            "Нужно очистить кэш после развёртывания. Для загрузки настроек перезапустите сервер.",
        ], &[])
        .unwrap();
        assert!(merged.contains("эш") && !merged.contains("Луна"), "{merged}");
    }

    #[test]
    fn code_is_chosen_whole() {
        let one = "Use this:\n```py\nprint(sum(values))\n```";
        let merged = merge(
            &[
                "Something else entirely about cooking dinner for a family of four people today.",
                one,
                "Use this:\n```py\nprint(sum(numbers))\n```",
            ],
            &[],
        )
        .unwrap();
        assert!(merged.contains("```py\nprint(sum("), "{merged}");
    }

    #[test]
    fn a_quote_of_the_given_text_needs_no_second_voice() {
        let text =
            "The cache must be cleared after each deploy. A log of every deploy is kept for a year by law.";
        let proposals = [
            "The cache must be cleared after each deploy. The moon is made of green cheese tonight.",
            "The cache must be cleared after each deploy. A log of every deploy is kept for a year by law.",
        ];
        let merged = merge(&proposals, &[Source { name: "text", text }]).unwrap();
        assert_eq!(merged, text);
    }

    #[test]
    fn nothing_and_one_are_themselves() {
        assert_eq!(merge(&[], &[]), None);
        assert_eq!(merge(&["  "], &[]), None);
        assert_eq!(merge(&[" Only one. "], &[]).as_deref(), Some("Only one."));
    }
}
