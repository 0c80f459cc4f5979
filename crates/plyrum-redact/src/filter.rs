//! Where a search is worth its while: a bitmap of hashed beginnings.
//!
//! Both passes look for hundreds of literal beginnings at once. Instead of walking an automaton, whose
//! every step waits for the one before, each position's next `N` bytes are hashed and looked up by
//! themselves: the processor does several at a time, and the table fits its fastest cache. A position that
//! passes is only *possible*; the caller compares.

/// Slots for each beginning, so that about one position in so many passes by chance.
const SLOTS_PER_BEGINNING: usize = 32;
const SLOTS_MIN: usize = 1 << 16;
const SLOTS_MAX: usize = 1 << 22;
/// Spreads neighbouring bytes over all bits (the golden ratio's).
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hashed first `N` bytes (at most 8) of what is searched for.
pub(crate) struct Filter<const N: usize> {
    bits: Vec<u64>,
    shift: u32,
    /// Or-ed to every byte first: 0x20 makes letters of both cases equal.
    fold: u64,
}

impl<const N: usize> Filter<N> {
    const MASK: u64 = u64::MAX >> (64 - 8 * N);

    /// `fold` is or-ed to every byte of the beginnings and of the text.
    pub(crate) fn new(fold: u8, beginnings: &[[u8; N]]) -> Self {
        let slots = (beginnings.len() * SLOTS_PER_BEGINNING).next_power_of_two();
        let slots = slots.clamp(SLOTS_MIN, SLOTS_MAX);
        let fold = u64::from_le_bytes([fold; 8]);
        let mut filter = Self { bits: vec![0; slots / 64], shift: 64 - slots.ilog2(), fold };
        for beginning in beginnings {
            let slot = filter.slot(widen(beginning));
            filter.bits[slot / 64] |= 1 << (slot % 64);
        }
        filter
    }

    /// The first position not before `from` at which one of the beginnings may stand in full.
    #[inline]
    pub(crate) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        let wide = |window: &[u8; 8]| self.passes(u64::from_le_bytes(*window));
        let full = rest.array_windows::<8>().position(wide);
        full.or_else(|| self.next_near_end(rest)).map(|at| from + at)
    }

    /// The same for the last few positions, with fewer than eight bytes behind them.
    fn next_near_end(&self, rest: &[u8]) -> Option<usize> {
        let from = rest.len().saturating_sub(7);
        let mut windows = rest.get(from..)?.array_windows::<N>();
        windows.position(|window| self.passes(widen(window))).map(|at| from + at)
    }

    #[inline]
    fn passes(&self, bytes: u64) -> bool {
        let slot = self.slot(bytes);
        self.bits.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    #[inline]
    fn slot(&self, bytes: u64) -> usize {
        let hash = ((bytes & Self::MASK) | (self.fold & Self::MASK)).wrapping_mul(MULTIPLIER) >> self.shift;
        usize::try_from(hash).unwrap_or_default()
    }
}

fn widen<const N: usize>(window: &[u8; N]) -> u64 {
    let mut wide = [0; 8];
    for (to, from) in wide.iter_mut().zip(window) {
        *to = *from;
    }
    u64::from_le_bytes(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_passes_wherever_it_stands_and_little_else_does() {
        let filter = Filter::new(0x20, &[*b"ghp_", *b"sk-a", *b"AKIA"]);
        let text = b"a ghp_ then GHP_ and sk-a, akia";
        let mut at = Vec::new();
        let mut from = 0;
        while let Some(next) = filter.next(text, from) {
            at.push(next);
            from = next + 1;
        }
        assert_eq!(at, [2, 12, 21, 27]);
        assert_eq!(filter.next(text, 28), None, "too short to stand in full");
        assert_eq!(filter.next(text, 99), None);
    }
}
