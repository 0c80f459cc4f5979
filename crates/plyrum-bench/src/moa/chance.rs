//! Chance that is the same on every machine: xorshift64 (Marsaglia 2003), seeded.

/// A row of numbers.
pub(super) struct Chance(u64);

impl Chance {
    /// `seed` is not nought: of that nothing else would come.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A place among so many; nought where there is none.
    pub(super) fn place(&mut self, count: usize) -> usize {
        usize::try_from((self.draw() >> 11) % count.max(1) as u64).unwrap_or(0)
    }
}
