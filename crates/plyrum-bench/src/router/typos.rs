//! Typing errors, in a fixed order that looks like chance.

/// Words of which one has a typing error.
const WORDS_PER_TYPO: usize = 12;
/// Letters of a word that is mistyped, at least.
const LETTERS: usize = 4;

/// Swaps two neighbouring letters inside one long word of every twelve; which word is first and which letters depends on the
/// text and on `variant`.
pub(super) fn mistype(text: &str, variant: usize) -> String {
    let words = text.split_whitespace().count();
    let seed = text.bytes().fold(variant, |seed, byte| seed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let mut wait = seed % WORDS_PER_TYPO.min(words.max(1));
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let mut letters: Vec<char> = piece.chars().collect();
        let long = letters.iter().take_while(|letter| letter.is_alphabetic()).count();
        if wait == 0 && long >= LETTERS {
            let at = 1 + seed % (long - 2);
            letters.swap(at, at + 1);
            wait = WORDS_PER_TYPO;
        }
        wait = wait.saturating_sub(1);
        out.extend(letters);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::mistype;

    #[test]
    fn one_word_of_a_short_wish_is_mistyped_and_none_is_lost() {
        let text = "please write another poem about winter seasides";
        let wrong = mistype(text, 0);
        assert_ne!(wrong, text);
        let changed = text.split(' ').zip(wrong.split(' ')).filter(|(one, other)| one != other).count();
        assert_eq!((changed, wrong.len()), (1, text.len()));
        assert_eq!(mistype("a b", 0), "a b");
    }
}
