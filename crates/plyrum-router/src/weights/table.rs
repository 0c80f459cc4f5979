//! Weights of several heads, bucket by bucket.

use std::hint::black_box;

use crate::grams::BUCKETS;
use crate::sight::{LANGUAGES, Sight};
use crate::signs::SIGNS;

/// Bits of a bucket's number that the second table leaves out.
pub(crate) const EXAM_SHIFT: u32 = 2;

/// Weights of 8 bits whose sum 16 bits hold, whatever they are.
const IN_SIXTEEN_BITS: usize = 255;

/// A table of `HEADS` heads.
#[derive(Debug)]
pub struct Table<'a, const HEADS: usize> {
    /// Bits of a bucket's number that are left out.
    pub(super) shift: u32,
    /// By bucket, then head.
    pub(super) grams: &'a [[u8; HEADS]],
    /// What one step of a gram's weight is worth, 24 bits after the point.
    pub(super) steps: [i64; HEADS],
    /// By sign: 10 bits after the point.
    pub(super) signs: Vec<[i32; HEADS]>,
    /// By language: 16 bits after the point.
    pub(super) bias: Vec<[i32; HEADS]>,
}

impl<const HEADS: usize> Table<'_, HEADS> {
    /// Bytes of a table in a file.
    pub(super) const fn bytes(shift: u32) -> usize {
        HEADS * (4 + LANGUAGES * 4 + SIGNS * 2 + (BUCKETS >> shift))
    }

    /// The score of every head, 16 bits after the point.
    pub fn scores(&self, sight: &Sight) -> [i64; HEADS] {
        let mut grams = [0i64; HEADS];
        for buckets in [&sight.grams.words, &sight.grams.letters] {
            let (sum, count) = self.sum(buckets);
            // One over the root of the count, 16 bits after the point.
            let share = i64::try_from(((1u64 << 32) / count.max(1)).isqrt()).unwrap_or(0);
            for (total, part) in grams.iter_mut().zip(sum) {
                *total += i64::from(part) * share;
            }
        }
        let mut signs = [0i32; HEADS];
        for &(sign, value) in &sight.signs.0 {
            let Some(row) = self.signs.get(usize::from(sign)) else { continue };
            for (total, weight) in signs.iter_mut().zip(row) {
                *total += weight * i32::from(value);
            }
        }
        let bias = self.bias.get(sight.language).copied().unwrap_or([0; HEADS]);
        std::array::from_fn(|at| {
            let of = |part: &[i64; HEADS]| part.get(at).copied().unwrap_or(0);
            let grams = (of(&grams) * of(&self.steps)) >> 24;
            // Ten bits of the weight and four of the value: two more make sixteen.
            let signs = i64::from(signs.get(at).copied().unwrap_or(0)) << 2;
            grams + signs + i64::from(bias.get(at).copied().unwrap_or(0))
        })
    }

    /// Weights of all buckets together, and how many buckets there were.
    fn sum(&self, buckets: &[u16]) -> ([i32; HEADS], u64) {
        let mut narrow: Vec<u16> = buckets.iter().map(|&bucket| bucket >> self.shift).collect();
        narrow.dedup();
        let mut sum = [0i32; HEADS];
        for some in narrow.chunks(IN_SIXTEEN_BITS) {
            self.fetch(some);
            for (total, part) in sum.iter_mut().zip(self.sum_of_some(some)) {
                *total += i32::from(part);
            }
        }
        (sum, narrow.len() as u64)
    }

    /// Brings rows near: loads that wait for nothing else overlap, while those of the sum wait for each other's additions.
    fn fetch(&self, buckets: &[u16]) {
        let rows = buckets.iter().filter_map(|&bucket| self.grams.get(usize::from(bucket)));
        let ends = rows.map(|row| row.first().copied().unwrap_or(0) ^ row.last().copied().unwrap_or(0));
        black_box(ends.fold(0, |seen, end| seen ^ end));
    }

    /// The same of so few that 16 bits hold every sum: half as wide, so that all heads stay in registers.
    fn sum_of_some(&self, buckets: &[u16]) -> [i16; HEADS] {
        debug_assert!(buckets.len() <= IN_SIXTEEN_BITS);
        let mut sum = [0i16; HEADS];
        for &bucket in buckets {
            let Some(row) = self.grams.get(usize::from(bucket)) else { continue };
            for (total, &weight) in sum.iter_mut().zip(row) {
                *total += i16::from(weight.cast_signed());
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_many_extreme_weights_are_exact() {
        let rows = vec![[127u8, 0x80]; 4096]; // 127 and −128
        let table = Table { shift: 1, grams: &rows, steps: [0; 2], signs: Vec::new(), bias: Vec::new() };
        let buckets: Vec<u16> = (0..2000).collect();
        assert_eq!(table.sum(&buckets), ([127 * 1000, -128 * 1000], 1000), "two buckets to a row");
        assert_eq!(table.sum(&[]), ([0, 0], 0));
    }
}
