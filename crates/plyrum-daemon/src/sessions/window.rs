//! Which turns of a long conversation are sent: the latest ones, but beginning at the same place for as long
//! as possible.
//!
//! A window that slides by one turn each time would give every request another beginning, and a provider's
//! prompt cache would never meet anything again: the whole history would be paid at the full price on each
//! prompt. So the window is cut rarely and deeply: while the turns fit below the *high* mark nothing is left
//! out; when they pass it, the oldest are left out until the rest is below the *low* mark. Where the cut is
//! depends on the turns alone, so every process finds the same one, and so does a restart.

/// Marks in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) high: u64,
    pub(super) low: u64,
}

impl Marks {
    /// The low mark is half of the high one.
    pub(super) const fn below(high: u64) -> Self {
        Self { high, low: high / 2 }
    }
}

/// The place of the first turn that is sent, by the sizes of all of them.
pub(super) fn begin(sizes: &[u64], marks: Marks) -> usize {
    let (mut begin, mut sum) = (0, 0_u64);
    for (at, size) in sizes.iter().enumerate() {
        sum = sum.saturating_add(*size);
        if sum > marks.high {
            while sum > marks.low && begin <= at {
                sum = sum.saturating_sub(sizes.get(begin).copied().unwrap_or_default());
                begin += 1;
            }
        }
    }
    begin
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_left_out_below_the_high_mark_and_much_at_once_above_it() {
        let marks = Marks::below(100);
        let begins: Vec<usize> = (0..=14).map(|turns| begin(&vec![10; turns], marks)).collect();
        assert_eq!(begins, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 6, 6]);
        assert_eq!(begin(&[10; 17], marks), 12, "and again five turns later");
        assert_eq!(begin(&[10, 10, 500], marks), 3, "a turn that is too large by itself is not sent");
        assert_eq!(begin(&[500, 10, 10], marks), 1);
    }

    proptest! {
        #[test]
        fn a_conversation_keeps_its_beginning_for_half_a_window_at_least(
            sizes in prop::collection::vec(1_u64..60, 1..200), high in 100_u64..1000,
        ) {
            let marks = Marks::below(high);
            let begins: Vec<usize> = (0..=sizes.len()).map(|turns| begin(&sizes[..turns], marks)).collect();
            let mut cuts = 0;
            for (turns, pair) in begins.windows(2).enumerate() {
                prop_assert!(pair[0] <= pair[1], "a turn that was left out comes back");
                cuts += u64::from(pair[0] != pair[1]);
                let sent: u64 = sizes[pair[1]..=turns].iter().sum();
                prop_assert!(sent <= marks.high);
            }
            // Between two cuts at least the difference of the marks, but for one turn, was said.
            let said: u64 = sizes.iter().sum();
            prop_assert!(cuts <= said / (marks.high - marks.low).saturating_sub(60).max(1) + 1, "{} cuts", cuts);
        }
    }
}
