//! Deterministic numbers from a run's seed, for retry jitter and shuffles. `SplitMix64` (Steele, Lea, Flood
//! 2014): small, well mixed, and the same on every machine.

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `low..=high`. The modulo bias is below 2⁻⁵⁰ for the millisecond ranges used here.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low + self.next() % span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_the_range() {
        let draw = || {
            let mut r = Random::new(7);
            (0..100).map(|_| r.between(500, 8000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().iter().all(|n| (500..=8000).contains(n)));
    }
}
