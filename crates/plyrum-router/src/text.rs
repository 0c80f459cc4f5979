//! The prompt as rules see it: small letters, single spaces, words.

use crate::bits::Bits;
use crate::spelling::Words;

/// Bytes of a prompt that are read: its beginning and its end, where people put what they want.
const HEAD_BYTES: usize = 12 * 1024;
const TAIL_BYTES: usize = 4 * 1024;

/// Endings of files that hold code or what programs are told. Names of products that look like one (`node.js`) are not in it.
const OF_SOURCE: &[&str] = &[
    "py", "rs", "ts", "tsx", "jsx", "cpp", "cc", "java", "rb", "sh", "sql", "css", "php", "kt", "swift",
    "toml", "yaml", "yml",
];

/// A folded prompt.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// Small letters, `ё` as `е`, runs of white space as one space.
    pub(crate) folded: String,
    /// The words in `folded`: runs of letters and digits, apostrophes inside kept.
    words: Vec<Word>,
    /// How many of them begin with a digit.
    numbers: usize,
    triples: Triples,
    /// The same as it was typed, where a word of it was read as another.
    typed: Option<Box<Text>>,
}

/// Where a word stands, and its [`start`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) start: u32,
}

impl Word {
    /// The same word where what stood at a place `was` stands at `is`.
    pub(crate) const fn shifted(self, (is, was): (usize, usize)) -> Self {
        Self { from: self.from + is - was, to: self.to + is - was, start: self.start }
    }
}

/// The first four bytes of a word, padded with zeros: what tables of words are looked up by.
pub(crate) fn start(word: &str) -> u32 {
    let mut start = [0; 4];
    for (to, from) in start.iter_mut().zip(word.bytes()) {
        *to = from;
    }
    u32::from_le_bytes(start)
}

/// Which runs of three bytes a text has, by hash: most of what is looked for is not there, and this tells it without
/// another look at the text.
#[derive(Debug, Clone)]
struct Triples(Bits);

impl Triples {
    const BITS: usize = 1 << 16;

    fn of(text: &str) -> Self {
        let mut bits = Bits::none_of(Self::BITS);
        for place in Self::places(text) {
            bits.set(place);
        }
        Self(bits)
    }

    /// Whether the text may have these characters; if not, it has not.
    fn may_have(&self, part: &str) -> bool {
        Self::places(part).all(|place| self.0.has(place))
    }

    fn places(text: &str) -> impl Iterator<Item = usize> {
        // An odd multiplier near two to the 32 over the golden ratio: the upper bits are well spread.
        let place = |[a, b, c]: [u8; 3]| u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 16;
        text.as_bytes().array_windows().map(move |&run| place(run) as usize)
    }
}

impl Text {
    /// A prompt as it stands.
    #[cfg(test)]
    pub(crate) fn of(prompt: &str) -> Self {
        Self::meant(prompt, &Words::default())
    }

    /// A prompt with every word as it was meant, as far as words are known.
    pub(crate) fn meant(prompt: &str, known: &Words) -> Self {
        let mut folded = String::with_capacity(prompt.len().min(HEAD_BYTES + TAIL_BYTES) + 1);
        if prompt.len() <= HEAD_BYTES + TAIL_BYTES {
            fold(prompt, &mut folded);
        } else {
            let head = prompt.floor_char_boundary(HEAD_BYTES);
            let tail = prompt.ceil_char_boundary(prompt.len() - TAIL_BYTES);
            fold(prompt.get(..head).unwrap_or_default(), &mut folded);
            folded.push(' ');
            fold(prompt.get(tail..).unwrap_or_default(), &mut folded);
        }
        let words = words(&folded);
        match known.read(&folded, &words) {
            None => Self::new(folded, words, None),
            Some((meant, places)) => Self::new(meant, places, Some(Box::new(Self::new(folded, words, None)))),
        }
    }

    fn new(folded: String, words: Vec<Word>, typed: Option<Box<Self>>) -> Self {
        let begins_with_digit = |word: &&Word| (word.start & 0xff).wrapping_sub(u32::from(b'0')) < 10;
        let numbers = words.iter().filter(begins_with_digit).count();
        let triples = Triples::of(&folded);
        Self { folded, words, numbers, triples, typed }
    }

    /// The same as it was typed, where a word of it was read as another.
    pub(crate) fn typed(&self) -> Option<&Self> {
        self.typed.as_deref()
    }

    /// Number of words.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The word at a place; empty past the end.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|word| self.folded.get(word.from..word.to)).unwrap_or_default()
    }

    /// The [`start`] of the word at a place; 0 past the end.
    pub(crate) fn start(&self, at: usize) -> u32 {
        self.words.get(at).map_or(0, |word| word.start)
    }

    /// All words in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.word(at))
    }

    /// Whether the folded text has these characters.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.triples.may_have(part) && self.folded.contains(part)
    }

    /// How many words are numbers.
    pub(crate) const fn numbers(&self) -> usize {
        self.numbers
    }

    /// Whether a file of source code is named, like `sum.py`.
    pub(crate) fn names_source(&self) -> bool {
        self.words.windows(2).any(|pair| match *pair {
            [Word { to: end, .. }, Word { from, to, .. }] => {
                from == end + 1
                    && self.folded.get(end..from) == Some(".")
                    && self.folded.get(from..to).is_some_and(|ending| OF_SOURCE.contains(&ending))
            }
            _ => false,
        })
    }

    /// Whether the prompt asks: it ends with a question mark, or has one.
    pub(crate) fn asks(&self) -> bool {
        self.has("?")
    }
}

/// Whether words consist of such: any letter or digit. The usual alphabets are told without a look into the tables of Unicode.
pub(crate) fn is_of_words(letter: char) -> bool {
    match letter {
        'а'..='я' | 'А'..='Я' => true,
        _ if letter.is_ascii() => letter.is_ascii_alphanumeric(),
        _ => letter.is_alphanumeric(),
    }
}

fn fold(text: &str, into: &mut String) {
    let mut space = false;
    for letter in text.chars() {
        if letter.is_whitespace() {
            space = !into.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            into.push(' ');
        }
        match letter {
            'ё' | 'Ё' => into.push('е'),
            '’' | 'ʼ' => into.push('\''),
            _ if letter.is_ascii() => into.push(letter.to_ascii_lowercase()),
            'а'..='я' => into.push(letter),
            _ => into.extend(letter.to_lowercase()),
        }
    }
}

fn words(folded: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(folded.len() / 6);
    let mut at = 0;
    while let Some((is_inside, bytes)) = letter_at(folded, at) {
        let from = at;
        at += bytes;
        if !is_inside {
            continue;
        }
        while let Some((is_inside, bytes)) = letter_at(folded, at) {
            let joins = !is_inside
                && folded.as_bytes().get(at) == Some(&b'\'')
                && letter_at(folded, at + 1).is_some_and(|(is_inside, _)| is_inside);
            if !is_inside && !joins {
                break;
            }
            at += bytes;
        }
        words.push(Word { from, to: at, start: start(folded.get(from..at).unwrap_or_default()) });
    }
    words
}

/// Whether the letter at a place is one of words, and how many bytes it has; `None` past the end. Letters of the usual alphabets
/// are told by their bytes.
#[inline]
fn letter_at(text: &str, at: usize) -> Option<(bool, usize)> {
    match text.as_bytes().get(at..)? {
        [byte, ..] if byte.is_ascii() => Some((byte.is_ascii_alphanumeric(), 1)),
        // а..п, р..я
        [0xd0, 0xb0..=0xbf, ..] | [0xd1, 0x80..=0x8f, ..] => Some((true, 2)),
        _ => other_letter_at(text, at),
    }
}

#[cold]
fn other_letter_at(text: &str, at: usize) -> Option<(bool, usize)> {
    text.get(at..)?.chars().next().map(|letter| (is_of_words(letter), letter.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spacing_are_folded_away() {
        let text = Text::of("  Don’t\n\nDELETE\tвсё, 3 files!");
        assert_eq!(text.folded, "don't delete все, 3 files!");
        assert_eq!(text.words().collect::<Vec<_>>(), ["don't", "delete", "все", "3", "files"]);
        assert_eq!(text.numbers(), 1);
    }

    #[test]
    fn a_huge_prompt_is_read_at_both_ends() {
        let text = Text::of(&format!("first {} last", "слово ".repeat(100_000)));
        assert_eq!((text.word(0), text.word(text.len() - 1)), ("first", "last"));
        assert!(text.folded.len() <= HEAD_BYTES + TAIL_BYTES + 1);
    }

    proptest::proptest! {
        #[test]
        fn what_the_triples_rule_out_is_not_there(text in "[a-d ё?.]{0,60}", part in "[a-d е?.]{0,5}") {
            let text = Text::of(&text);
            proptest::prop_assert_eq!(text.has(&part), text.folded.contains(&part));
        }
    }
}
