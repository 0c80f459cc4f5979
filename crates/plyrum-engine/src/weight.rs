//! What a voter's word counts: the log-odds that it is right.
//!
//! Among voters that err independently, the weighted plurality with these weights is right most often (Nitzan and Paroush
//! 1982); where a wrong answer is one of many, its maker's word counts more, since two that are wrong seldom say the
//! same. All integers: the same figures on every machine.

/// Wrong answers that voters spread over. On recorded answers to GSM8K and MATH any number from three to twelve chose
/// alike; two let one strong voter overrule four that agree.
const WRONG_ANSWERS: u64 = 7;
/// The least that a word counts: one that is heard where nobody else speaks.
const LEAST: i64 = 10;

/// The weight of a voter that is right in `quality` of a thousand cases, in thousandths of a bit:
/// `log2(7 q / (1 − q))`.
pub(crate) fn of(quality_milli: u32) -> i64 {
    let right = u64::from(quality_milli.clamp(1, 999));
    let wrong = 1000 - right;
    (log2_milli(right * WRONG_ANSWERS) - log2_milli(wrong)).max(LEAST)
}

/// Binary logarithm in thousandths, by repeated squaring of the mantissa in 32 fractional bits.
fn log2_milli(value: u64) -> i64 {
    const ONE: u64 = 1 << 32;
    const BITS: u32 = 16;
    let whole = value.max(1).ilog2();
    let mut mantissa = (u128::from(value.max(1)) << 32) >> whole;
    let mut fraction = 0_u64;
    for _ in 0..BITS {
        mantissa = (mantissa * mantissa) >> 32;
        fraction <<= 1;
        if mantissa >= u128::from(2 * ONE) {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    let milli = (u64::from(whole) << BITS | fraction) * 1000;
    i64::try_from((milli + (1 << (BITS - 1))) >> BITS).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_thousandth() {
        for (value, milli) in
            [(1, 0), (2, 1000), (3, 1585), (10, 3322), (999, 9964), (1000, 9966), (7000, 12773)]
        {
            assert_eq!(log2_milli(value), milli, "{value}");
        }
    }

    #[test]
    fn the_better_count_more_and_nobody_counts_nothing() {
        let weights: Vec<i64> = (0..=1000).map(of).collect();
        assert!(weights.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(weights.iter().all(|weight| *weight >= LEAST));
        assert_eq!([of(500), of(900), of(100)], [2807, 5977, LEAST]);
    }
}
