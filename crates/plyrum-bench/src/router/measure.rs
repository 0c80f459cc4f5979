//! Measures, as the data pack defines them.

use std::cmp::Ordering;

/// A share of two counts; nothing of nothing is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The mean of numbers.
pub(super) fn mean(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for number in numbers {
        sum += number;
        count += 1.0;
    }
    if count == 0.0 { 0.0 } else { sum / count }
}

/// Half of the 95 % interval of the mean of numbers, by the normal distribution: there are thousands of them.
pub(super) fn half_width(numbers: &[f64]) -> f64 {
    let middle = mean(numbers.iter().copied());
    let variance = mean(numbers.iter().map(|number| (number - middle).powi(2)));
    1.96 * (variance / mean_count(numbers.len().max(1))).sqrt()
}

/// The place of the greatest, the first of equals.
pub(super) fn best<T: PartialOrd + Copy>(scores: &[T]) -> usize {
    let mut best: Option<(usize, T)> = None;
    for (at, &score) in scores.iter().enumerate() {
        if best.is_none_or(|(_, top)| score > top) {
            best = Some((at, score));
        }
    }
    best.map_or(0, |(at, _)| at)
}

/// The mean of F1 over the labels that occur, of pairs (right, found).
pub(super) fn macro_f1(pairs: &[(usize, usize)]) -> f64 {
    let labels: std::collections::BTreeSet<usize> = pairs.iter().map(|pair| pair.0).collect();
    mean(labels.into_iter().map(|label| {
        let both = pairs.iter().filter(|&&(right, found)| right == label && found == label).count();
        let either = pairs.iter().filter(|pair| pair.0 == label).count()
            + pairs.iter().filter(|pair| pair.1 == label).count();
        share(2 * both, either)
    }))
}

/// Area under the ROC curve, of pairs (score, positive); ties count half.
pub(super) fn auc(rows: &[(f64, bool)]) -> f64 {
    let negatives: Vec<f64> = rows.iter().filter(|row| !row.1).map(|row| row.0).collect();
    let wins = rows.iter().filter(|row| row.1).flat_map(|&(score, _)| {
        negatives.iter().map(move |&other| match score.total_cmp(&other) {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        })
    });
    mean(wins)
}

/// The score above which at most a share of the negatives stands.
pub(super) fn threshold(rows: &[(f64, bool)], flagged: f64) -> f64 {
    let mut negatives: Vec<f64> = rows.iter().filter(|row| !row.1).map(|row| row.0).collect();
    negatives.sort_by(f64::total_cmp);
    let mut kept = negatives.len();
    while kept > 0 && share(negatives.len() - kept + 1, negatives.len()) <= flagged {
        kept -= 1;
    }
    kept.checked_sub(1).and_then(|last| negatives.get(last)).copied().unwrap_or(f64::MIN)
}

/// The share of positives above the threshold for a share of false flags.
pub(super) fn recall_at(rows: &[(f64, bool)], flagged: f64) -> f64 {
    let threshold = threshold(rows, flagged);
    let positives = rows.iter().filter(|row| row.1);
    mean(positives.map(|row| if row.0 > threshold { 1.0 } else { 0.0 }))
}

/// What a ranking of questions by need of the strong model is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranking {
    /// Area under the recovered gap over the share of strong calls; chance has a half.
    pub apgr: f64,
    /// The smallest share of strong calls that recovers half of the gap.
    pub cpt50: f64,
    /// The same for four fifths.
    pub cpt80: f64,
}

/// Ranks pairs (score, gap); ties are mixed evenly.
pub(super) fn ranking(rows: &[(f64, f64)]) -> Ranking {
    let mut rows = rows.to_vec();
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let whole: f64 = rows.iter().map(|row| row.1).sum();
    let step = 1.0 / mean_count(rows.len());
    let (mut ranking, mut found, mut at) = (Ranking { apgr: 0.0, cpt50: 1.0, cpt80: 1.0 }, 0.0, 0.0);
    for tied in rows.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let gain = tied.iter().map(|row| row.1).sum::<f64>() / whole;
        let width = step * mean_count(tied.len());
        ranking.apgr += width * (found + gain / 2.0);
        for (cpt, wanted) in [(&mut ranking.cpt50, 0.5), (&mut ranking.cpt80, 0.8)] {
            if found < wanted && found + gain >= wanted {
                *cpt = cpt.min(at + width * (wanted - found) / gain);
            }
        }
        found += gain;
        at += width;
    }
    ranking
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
fn mean_count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_those_of_hand_made_rows() {
        assert!((auc(&[(0.9, true), (0.5, false), (0.5, true), (0.1, false)]) - 0.875).abs() < 1e-9);
        assert!((macro_f1(&[(0, 0), (0, 1), (1, 1)]) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(best(&[1, 3, 3]), 1);
        assert!((half_width(&[0.0, 1.0].repeat(50)) - 0.098).abs() < 1e-9);
        assert!(half_width(&[]).abs() < 1e-9);
        let flags = [(0.1, false), (0.2, false), (0.3, false), (0.4, false), (0.35, true), (0.25, true)];
        assert!((recall_at(&flags, 0.25) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_ranking_is_a_half_by_chance_and_more_by_knowledge() {
        let tied = ranking(&[(0.0, 1.0), (0.0, 0.0)]);
        assert!((tied.apgr - 0.5).abs() < 1e-9 && (tied.cpt50 - 0.5).abs() < 1e-9, "{tied:?}");
        let known = ranking(&[(1.0, 1.0), (0.0, 0.0)]);
        assert!((known.apgr - 0.75).abs() < 1e-9 && (known.cpt80 - 0.4).abs() < 1e-9, "{known:?}");
    }
}
