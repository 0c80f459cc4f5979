//! How sure a difference is: a paired bootstrap over questions (Efron 1979), seeded.

use super::chance::Chance;

/// Resamples.
const ROUNDS: u32 = 2000;

/// Mean of paired differences and its 95 % interval, in points (hundredths of the whole).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Of differences that are −1, 0 or 1 each.
pub(super) fn interval(differences: &[i8]) -> Interval {
    let count = differences.len().max(1);
    let mut chance = Chance::new(0x9e37_79b9_7f4a_7c15);
    let mut means: Vec<i64> = (0..ROUNDS)
        .map(|_| (0..count).map(|_| differences.get(chance.place(count)).copied().map_or(0, i64::from)).sum())
        .collect();
    means.sort_unstable();
    let at = |part: usize| means.get(means.len() * part / 1000).copied().unwrap_or(0);
    let sum: i64 = differences.iter().copied().map(i64::from).sum();
    Interval { mean: points(sum, count), low: points(at(25), count), high: points(at(975), count) }
}

/// So many of a count, in points, to a hundredth.
pub(super) fn points(sum: i64, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of questions")]
    let share = sum as f64 / count.max(1) as f64;
    rounded(share * 100.0)
}

/// To a hundredth, so that a report is the same wherever it is made.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_mean_and_narrows_with_more_questions() {
        let few: Vec<i8> = [1, 1, 0, 0, 0, 0, -1, 0, 0, 0].repeat(10);
        let many = few.repeat(20);
        let (few, many) = (interval(&few), interval(&many));
        assert_eq!((few.mean, many.mean), (10.0, 10.0));
        assert!(few.low < 0.5 && few.high > 19.0, "{few:?}");
        assert!(many.low > 7.0 && many.high < 13.0, "{many:?}");
        let none = interval(&[]);
        assert_eq!((none.mean, none.low, none.high), (0.0, 0.0, 0.0));
    }
}
