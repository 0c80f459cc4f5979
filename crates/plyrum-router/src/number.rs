//! Integer arithmetic of scores: 16 bits after the point ([`UNIT`] is one), the same on every machine.

/// One.
pub(crate) const UNIT: i64 = 1 << 16;

/// `e` to the `x` for `x` up to zero; positive ones count as zero.
pub(crate) fn exp(x: i64) -> i64 {
    // 1 / ln 2.
    let doublings = (x.clamp(-40 * UNIT, 0) * 94_548) >> 16;
    let part = doublings & (UNIT - 1);
    // Two to the part by its first terms: right to one in five thousand.
    let cubic = 45_426 + ((part * (15_743 + ((part * 3_638 + ((part * part) >> 16) * 729) >> 16))) >> 16);
    let power = UNIT + ((part * cubic) >> 16);
    power >> (-(doublings >> 16)).min(40)
}

/// Chances in the order of the scores, together about one.
pub(crate) fn softmax(scores: &[i64]) -> Vec<i64> {
    let top = scores.iter().copied().max().unwrap_or(0);
    let mut chances: Vec<i64> = scores.iter().map(|&score| exp(score - top)).collect();
    let sum = chances.iter().sum::<i64>().max(1);
    for chance in &mut chances {
        *chance = *chance * UNIT / sum;
    }
    chances
}

/// The chance that a score stands for.
pub(crate) fn logistic(score: i64) -> i64 {
    let small = exp(-score.abs());
    let chance = small * UNIT / (UNIT + small);
    if score < 0 { chance } else { UNIT - chance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_near_the_true_ones() {
        for x in -300..=0_i32 {
            let (x, wanted) = (f64::from(x) / 30.0, (f64::from(x) / 30.0).exp());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "a test's figures"
            )]
            let found = exp((x * 65_536.0) as i64) as f64 / 65_536.0;
            assert!((found - wanted).abs() < 0.002, "{x}: {found} {wanted}");
        }
        assert_eq!(softmax(&[0, 0]), [UNIT / 2, UNIT / 2]);
        assert_eq!(logistic(0), UNIT / 2);
        assert!(logistic(5 * UNIT) > 64_000 && logistic(-5 * UNIT) < 1_000);
        assert_eq!(exp(-1000 * UNIT), 0);
    }
}
