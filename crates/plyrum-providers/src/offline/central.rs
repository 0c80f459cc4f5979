//! Centrality as in TextRank: a sentence is central when central sentences are like it.
//!
//! Comparing all pairs is quadratic, so only [`MAX_CANDIDATES`] sentences take part: those whose words are the
//! text's frequent ones, the early ones first among equals.

use super::document::{Document, Kind};
use super::index::{Index, best_first, real};

/// Sentences compared with each other: at most a quarter of a million comparisons.
const MAX_CANDIDATES: usize = 500;
const ROUNDS: usize = 30;
const DAMPING: f64 = 0.85;

/// A score per unit, the best 1; zero for code and for what did not take part.
pub(super) fn scores(document: &Document, index: &Index) -> Vec<f64> {
    let mut scores = vec![0.0; document.units.len()];
    let candidates = candidates(document, index);
    let ranks = ranks(&candidates, index);
    let best = ranks.iter().copied().fold(0.0, f64::max);
    for (&unit, rank) in candidates.iter().zip(ranks) {
        if let Some(score) = scores.get_mut(unit) {
            *score = if best > 0.0 { rank / best } else { 0.0 };
        }
    }
    scores
}

fn candidates(document: &Document, index: &Index) -> Vec<usize> {
    let prose: Vec<usize> = (0..document.units.len())
        .filter(|&at| {
            document.units.get(at).is_some_and(|unit| !matches!(unit.kind, Kind::Code(_)))
                && index.terms(at).len() >= 2
        })
        .collect();
    if prose.len() <= MAX_CANDIDATES {
        return prose;
    }
    let weights: Vec<f64> = prose
        .iter()
        .map(|&at| {
            let terms = index.terms(at);
            let frequent = terms.iter().map(|&term| f64::from(index.count(term)).ln_1p()).sum::<f64>();
            let place = document.units.get(at).map_or(0, |unit| unit.place);
            frequent / (real(terms.len()) + 4.0) + 1.0 / (1.0 + real(place))
        })
        .collect();
    let mut chosen: Vec<usize> = best_first(&weights)
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter_map(|at| prose.get(at).copied())
        .collect();
    chosen.sort_unstable();
    chosen
}

fn ranks(candidates: &[usize], index: &Index) -> Vec<f64> {
    let links: Vec<Vec<f64>> = candidates
        .iter()
        .map(|&one| {
            candidates
                .iter()
                .map(|&other| if one == other { 0.0 } else { index.likeness(one, other) })
                .collect()
        })
        .collect();
    let sums: Vec<f64> = links.iter().map(|row| row.iter().sum()).collect();
    let mut ranks = vec![1.0; candidates.len()];
    for _ in 0..ROUNDS {
        ranks = links
            .iter()
            .map(|row| {
                let given: f64 = row
                    .iter()
                    .zip(&ranks)
                    .zip(&sums)
                    .filter(|&((link, _), _)| *link > 0.0)
                    .map(|((link, rank), sum)| link * rank / sum)
                    .sum();
                1.0 - DAMPING + DAMPING * given
            })
            .collect();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offline::document::Source;

    #[test]
    fn the_sentence_that_others_repeat_is_the_most_central() {
        let text = "Bees make honey. The weather was cold on Tuesday. Honey made by bees is sweet. Bees and honey interest farmers. Trains leave at noon.";
        let document = Document::read(&[Source { name: "a.txt", text }]);
        let index = Index::of(&document);
        let best = best_first(&scores(&document, &index));
        assert!(document.units[best[0]].text.contains("oney"));
        assert!(
            document.units[best[4]].text.starts_with("Trains")
                || document.units[best[4]].text.starts_with("The weather")
        );
    }
}
