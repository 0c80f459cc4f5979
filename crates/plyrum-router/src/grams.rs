//! The prompt as weights see it: hashed words, pairs of words and character grams of its beginning and its end.
//!
//! Folded text only, so that case, spacing and ё/е do not matter; digits all count as one digit, so that numbers
//! have a shape and no value. Each gram counts once. Cyrillic and Latin letters hash apart by themselves: what is
//! learned of one alphabet says nothing about the other.

use crate::text::{Text, is_of_words};

/// Number of buckets that grams fall into.
pub(crate) const BUCKETS: usize = 1 << 16;
/// Bytes of the folded text that are read at either end: a wish stands there, what it is about between.
const HEAD_BYTES: usize = 900;
const TAIL_BYTES: usize = 500;
/// Letters of a word that are read.
const MAX_LETTERS: usize = 20;
/// The shortest character gram.
const SHORTEST: usize = 3;
/// Seeds of the kinds of grams, so that equal letters of two kinds fall apart.
const WORD: u64 = 0x51;
const PAIR: u64 = 0x52;
const FIRST: u64 = 0x53;
const LAST: u64 = 0x54;
const LETTERS: u64 = 0x55;
/// An odd multiplier with well spread bits (of `SplitMix64`).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which buckets a prompt falls into, in rising order: of whole words, and of pieces of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grams {
    /// Buckets of words, pairs and the first and last words.
    pub words: Vec<u16>,
    /// Buckets of character grams.
    pub letters: Vec<u16>,
}

impl Grams {
    pub(crate) fn of(text: &Text) -> Self {
        let (mut words, mut letters) = (Seen::new(), Seen::new());
        let mut reader = Reader { words: &mut words, letters: &mut letters, last: 0, tokens: 0 };
        let folded = text.folded.as_str();
        if folded.len() <= HEAD_BYTES + TAIL_BYTES {
            reader.read(folded);
        } else {
            let head = folded.floor_char_boundary(HEAD_BYTES);
            let tail = folded.ceil_char_boundary(folded.len() - TAIL_BYTES);
            reader.read(folded.get(..head).unwrap_or_default());
            reader.last = 0;
            reader.read(folded.get(tail..).unwrap_or_default());
        }
        let last = reader.last;
        words.add(spread(LAST, last));
        Self { words: words.buckets(), letters: letters.buckets() }
    }
}

/// Buckets that were met.
struct Seen {
    bits: Vec<u64>,
    /// Times that one was met: never fewer than buckets.
    met: usize,
}

impl Seen {
    fn new() -> Self {
        Self { bits: vec![0; BUCKETS / 64], met: 0 }
    }

    fn add(&mut self, hash: u64) {
        let bucket = hash >> 48;
        if let Some(word) = self.bits.get_mut((bucket / 64) as usize) {
            *word |= 1 << (bucket % 64);
        }
        self.met += 1;
    }

    fn buckets(&self) -> Vec<u16> {
        let mut buckets = Vec::with_capacity(self.met.min(BUCKETS));
        for (at, &word) in self.bits.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                let bucket = at * 64 + left.trailing_zeros() as usize;
                buckets.push(u16::try_from(bucket).unwrap_or(0));
                left &= left - 1;
            }
        }
        buckets
    }
}

struct Reader<'a> {
    words: &'a mut Seen,
    letters: &'a mut Seen,
    /// Hash of the last token; 0 before the first.
    last: u64,
    /// Tokens so far.
    tokens: usize,
}

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        let mut word = [0u32; MAX_LETTERS];
        let mut length = 0;
        for letter in text.chars() {
            if is_of_words(letter) {
                if let Some(slot) = word.get_mut(length) {
                    *slot = if letter.is_ascii_digit() { u32::from(b'0') } else { u32::from(letter) };
                    length += 1;
                }
                continue;
            }
            self.end(word.get(..length).unwrap_or_default());
            length = 0;
            if letter != ' ' {
                self.token(spread(WORD, u64::from(u32::from(letter))));
            }
        }
        self.end(word.get(..length).unwrap_or_default());
    }

    /// A word is over.
    fn end(&mut self, word: &[u32]) {
        if word.is_empty() {
            return;
        }
        let hash = word.iter().fold(WORD, |hash, &letter| spread(hash, u64::from(letter)));
        self.token(hash);
        let bounded = |at: usize| match at.checked_sub(1) {
            None => 1,
            Some(at) => word.get(at).copied().unwrap_or(2),
        };
        // With its two bounds a word has `len + 2` places.
        for start in 0..(word.len() + 2).saturating_sub(SHORTEST - 1) {
            let gram =
                (0..SHORTEST).fold(LETTERS, |hash, step| spread(hash, u64::from(bounded(start + step))));
            self.letters.add(gram);
            if start + SHORTEST < word.len() + 2 {
                let longer = spread(gram, u64::from(bounded(start + SHORTEST)));
                self.letters.add(longer);
                if start + SHORTEST + 1 < word.len() + 2 {
                    self.letters.add(spread(longer, u64::from(bounded(start + SHORTEST + 1))));
                }
            }
        }
    }

    /// A word or a mark, alone and with the one before it.
    fn token(&mut self, hash: u64) {
        self.words.add(hash);
        self.words.add(spread(spread(PAIR, self.last), hash));
        if self.tokens == 0 {
            self.words.add(spread(FIRST, hash));
        }
        self.tokens += 1;
        self.last = hash;
    }
}

/// One more piece in a hash; the upper bits are well spread.
pub(crate) const fn spread(hash: u64, piece: u64) -> u64 {
    let mixed = (hash ^ piece).wrapping_mul(SPREAD);
    mixed ^ (mixed >> 29)
}
