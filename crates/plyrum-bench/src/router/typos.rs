//! Typing errors, in a fixed order that looks like chance.

/// Words of which one has a typing error.
const WORDS_PER_TYPO: usize = 12;
/// Letters of a word that is mistyped, at least.
const LETTERS: usize = 4;

/// What fingers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// Two neighbours change places.
    Swapped,
    /// A letter is left out.
    Left,
    /// A letter is typed twice.
    Doubled,
    /// The next letter of the alphabet stands instead.
    Wrong,
}

impl Slip {
    /// All, with a word for the report.
    pub(super) const ALL: [(&str, Self); 4] = [
        ("swapped", Self::Swapped),
        ("left_out", Self::Left),
        ("doubled", Self::Doubled),
        ("wrong_letter", Self::Wrong),
    ];

    /// One for a text, always the same.
    pub(super) fn of(text: &str) -> Self {
        Self::ALL.get(text.len() % Self::ALL.len()).map_or(Self::Swapped, |&(_, slip)| slip)
    }

    fn make(self, letters: &mut Vec<char>, at: usize) {
        match self {
            Self::Swapped => letters.swap(at, at + 1),
            Self::Left => {
                letters.remove(at);
            }
            Self::Doubled => letters.insert(at, letters[at]),
            Self::Wrong => letters[at] = next(letters[at]),
        }
    }
}

fn next(letter: char) -> char {
    match letter {
        'z' => 'a',
        'Z' => 'A',
        'я' => 'а',
        'Я' => 'А',
        'ё' | 'Ё' => 'ж',
        _ => char::from_u32(u32::from(letter) + 1).filter(|next| next.is_alphabetic()).unwrap_or(letter),
    }
}

/// A slip inside one long word of every twelve; which word is first and which letters depends on the text and on `variant`.
pub(super) fn mistype(text: &str, variant: usize, slip: Slip) -> String {
    let words = text.split_whitespace().count();
    let seed = text.bytes().fold(variant, |seed, byte| seed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let mut wait = seed % WORDS_PER_TYPO.min(words.max(1));
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let mut letters: Vec<char> = piece.chars().collect();
        let long = letters.iter().take_while(|letter| letter.is_alphabetic()).count();
        if wait == 0 && long >= LETTERS {
            slip.make(&mut letters, 1 + seed % (long - 2));
            wait = WORDS_PER_TYPO;
        }
        wait = wait.saturating_sub(1);
        out.extend(letters);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_of_a_short_wish_is_mistyped_and_none_is_lost() {
        let text = "please write another poem about winter seasides";
        for (name, slip) in Slip::ALL {
            let wrong = mistype(text, 0, slip);
            let changed = text.split(' ').zip(wrong.split(' ')).filter(|(one, other)| one != other).count();
            assert_eq!(changed, 1, "{name}: {wrong}");
            assert_eq!(mistype("a b", 0, slip), "a b");
        }
    }
}
