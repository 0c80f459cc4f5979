//! Words as they were meant: a word that nobody writes, but whose neighbour by one slip of the fingers many do, is read as
//! that neighbour.
//!
//! A router that knows words by their letters loses a wish when two of them change places ("trasnlate", «переведит»). What
//! is a word is told by a set of hashes of words that several prompts have, learned with the weights and part of their
//! file. A slip is two neighbours swapped, a letter too many, a letter left out, or another letter instead (Damerau 1964,
//! who found four of five misspellings to be one of these). A word that is known stays, one with two neighbours stays, and
//! so do what has a digit and what rules look for: nothing here corrects, it only reads, and no text that anybody gets is
//! changed.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use crate::cues::{Spread, words_of};
use crate::grams::spread;
use crate::text::{Word, start};
use crate::{domain, intent_cues, output, risk};

/// Letters of a word that may be read as another.
const LETTERS: std::ops::RangeInclusive<usize> = 4..=20;
/// Letters of a typed word from which one may be too many or another: of a shorter word too little is left to know it by.
const LETTERS_OF_WRONG: usize = 5;

/// Words that are not known and looked at, at most: who writes more of them does not mistype, but writes what nobody else does.
const TRIED: usize = 32;

/// Which words are known.
#[derive(Debug, Default)]
pub struct Words {
    hashes: HashSet<u32, BuildHasherDefault<Spread>>,
    /// Which hashes may be there: most of what is tried is no word, and this tells it at once.
    may_be: Filter<WORD_BITS>,
    /// What may be left of a known word without one letter: only there thirty letters are tried.
    rests: Filter<REST_BITS>,
}

/// Bits of a place in the filter of words: sixteen kilobytes, which stay in the nearest cache.
const WORD_BITS: u32 = 17;
/// Bits of a place in the filter of what is left of them: eight times as many.
const REST_BITS: u32 = 20;

impl Words {
    /// Bytes of what [`Words::rests`] tells.
    pub const REST_BYTES: usize = 1 << (REST_BITS - 3);

    /// The set of words with these hashes, and what may be left of them without one letter.
    pub fn new(hashes: impl IntoIterator<Item = u32>, rests: &[u8]) -> Self {
        let mut words = Self { hashes: hashes.into_iter().collect(), ..Self::default() };
        for &hash in &words.hashes {
            words.may_be.add(hash);
        }
        for (slot, bytes) in words.rests.0.iter_mut().zip(rests.as_chunks().0) {
            *slot = u64::from_le_bytes(*bytes);
        }
        words
    }

    /// The hashes, rising.
    pub fn hashes(&self) -> Vec<u32> {
        let mut hashes: Vec<u32> = self.hashes.iter().copied().collect();
        hashes.sort_unstable();
        hashes
    }

    /// The filter of what is left of words without one letter, as bytes.
    pub fn rests(&self) -> Vec<u8> {
        self.rests.0.iter().flat_map(|bits| bits.to_le_bytes()).collect()
    }

    /// How many.
    #[cfg(feature = "train")]
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// One more word; nothing, if it could not be known.
    #[cfg(any(test, feature = "train"))]
    pub(crate) fn add(&mut self, word: &str) {
        let Some(hash) = hash_of(word) else { return };
        self.hashes.insert(hash);
        self.may_be.add(hash);
        for [before, after] in Typed::of(word).cuts().array_windows() {
            self.rests.add(before.with(0, 1, after));
        }
    }

    fn has(&self, hash: u32) -> bool {
        self.may_be.has(hash) && self.hashes.contains(&hash)
    }

    /// The folded text with every word as it was meant, and where its words stand; none where nothing changes.
    pub(crate) fn read(&self, folded: &str, words: &[Word]) -> Option<(String, Vec<Word>)> {
        if self.hashes.is_empty() {
            return None;
        }
        let mut meant = String::new();
        let mut places: Vec<Word> = Vec::new();
        let (mut copied, mut tried) = (0, 0);
        for (at, word) in words.iter().enumerate() {
            let text = folded.get(word.from..word.to).unwrap_or_default();
            if hash_of(text).is_none_or(|hash| self.has(hash)) {
                continue;
            }
            tried += 1;
            if tried > TRIED {
                break;
            }
            let instead = Typed::of(text).meant(self).filter(|_| !is_of_rules(text));
            let Some(instead) = instead else { continue };
            let shift = (meant.len(), copied);
            places.extend(words.get(places.len()..at).into_iter().flatten().map(|word| word.shifted(shift)));
            meant.push_str(folded.get(copied..word.from).unwrap_or_default());
            places.push(Word { from: meant.len(), to: meant.len() + instead.len(), start: start(&instead) });
            meant.push_str(&instead);
            copied = word.to;
        }
        if copied == 0 {
            return None;
        }
        let shift = (meant.len(), copied);
        places.extend(words.get(places.len()..).into_iter().flatten().map(|word| word.shifted(shift)));
        meant.push_str(folded.get(copied..).unwrap_or_default());
        Some((meant, places))
    }
}

/// Which hashes may be there: a Bloom filter of two places for each.
#[derive(Debug)]
struct Filter<const BITS: u32>(Vec<u64>);

impl<const BITS: u32> Default for Filter<BITS> {
    fn default() -> Self {
        Self(vec![0; (1 << BITS) / 64])
    }
}

impl<const BITS: u32> Filter<BITS> {
    fn add(&mut self, hash: u32) {
        for place in Self::places(hash) {
            if let Some(bits) = self.0.get_mut(place / 64) {
                *bits |= 1 << (place % 64);
            }
        }
    }

    fn has(&self, hash: u32) -> bool {
        let is_set = |place: usize| self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1);
        Self::places(hash).into_iter().all(is_set)
    }

    fn places(hash: u32) -> [usize; 2] {
        let (upper, lower) = (hash >> (32 - BITS), hash & ((1 << BITS) - 1));
        [upper as usize, lower as usize]
    }
}

/// Whether rules look for words that begin so: such a word is known in every form.
fn is_of_rules(word: &str) -> bool {
    static BEGINNINGS: LazyLock<Beginnings> = LazyLock::new(|| {
        let mut beginnings = Beginnings::new();
        for beginning in of_rules().filter_map(|word| word.strip_suffix('*')) {
            beginnings.entry(start(beginning)).or_default().push(beginning);
        }
        beginnings
    });
    BEGINNINGS.get(&start(word)).is_some_and(|some| some.iter().any(|beginning| word.starts_with(beginning)))
}

/// Beginnings of words by their [`start`], which all of them have.
type Beginnings = BTreeMap<u32, Vec<&'static str>>;

/// Words that rules look for, with the `*` of any ending.
pub(crate) fn of_rules() -> impl Iterator<Item = &'static str> {
    words_of(intent_cues::TABLE)
        .chain(words_of(output::TABLE))
        .chain(words_of(output::FORM_TABLE))
        .chain(words_of(risk::TABLE))
        .chain(words_of(domain::TABLE))
}

/// The hash of a word that could be known: of letters alone, neither short nor long. A polynomial of [`BASE`] over the letters'
/// values, so that what one letter changes of it is one product.
fn hash_of(word: &str) -> Option<u32> {
    let mut hash = 0u64;
    let mut add = |letter| hash = hash.wrapping_mul(BASE).wrapping_add(value(letter));
    let count = if word.is_ascii() {
        if !word.bytes().all(|letter| letter.is_ascii_alphabetic()) {
            return None;
        }
        word.bytes().for_each(|letter| add(char::from(letter)));
        word.len()
    } else {
        if !word.chars().all(is_letter) {
            return None;
        }
        word.chars().map(add).count()
    };
    LETTERS.contains(&count).then(|| short(hash))
}

fn is_letter(letter: char) -> bool {
    matches!(letter, 'a'..='z' | 'а'..='я') || letter.is_alphabetic()
}

/// An odd number without pattern.
const BASE: u64 = 0xd134_2543_de82_ef95;

/// A letter as a number without pattern.
const fn value(letter: char) -> u64 {
    spread(0x57, letter as u64)
}

const fn short(hash: u64) -> u32 {
    (spread(hash, 0) >> 32) as u32
}

/// A word that could be known, cut in two at every place.
struct Typed {
    letters: [char; *LETTERS.end()],
    cuts: [Cut; *LETTERS.end() + 1],
    count: usize,
}

/// What comes before a place, and what from it on.
#[derive(Clone, Copy)]
struct Cut {
    before: u64,
    after: u64,
    /// [`BASE`] to the power of the letters after it.
    power: u64,
}

impl Cut {
    /// The hash of what comes before this place, some letters, and what comes after another.
    const fn with(&self, others: u64, power: u64, after: &Self) -> u32 {
        let before = self.before.wrapping_mul(power).wrapping_add(others);
        short(before.wrapping_mul(after.power).wrapping_add(after.after))
    }
}

impl Typed {
    fn of(word: &str) -> Self {
        let mut letters = ['\0'; _];
        let mut cuts = [Cut { before: 0, after: 0, power: 1 }; _];
        let mut count = 0;
        let mut hash = 0u64;
        for (letter, (slot, cut)) in word.chars().zip(letters.iter_mut().zip(cuts.iter_mut().skip(1))) {
            hash = hash.wrapping_mul(BASE).wrapping_add(value(letter));
            (*slot, cut.before) = (letter, hash);
            count += 1;
        }
        let (mut hash, mut power) = (0u64, 1u64);
        for (cut, &letter) in cuts.iter_mut().zip(&letters).take(count).rev() {
            hash = value(letter).wrapping_mul(power).wrapping_add(hash);
            power = power.wrapping_mul(BASE);
            (cut.after, cut.power) = (hash, power);
        }
        Self { letters, cuts, count }
    }

    fn letters(&self) -> &[char] {
        self.letters.get(..self.count).unwrap_or_default()
    }

    fn cuts(&self) -> &[Cut] {
        self.cuts.get(..=self.count).unwrap_or_default()
    }

    /// The known word that is one slip away; none where no single one is.
    fn meant(&self, known: &Words) -> Option<String> {
        let mut found = self.swapped(known);
        if matches!(found, Found::None) && self.count >= LETTERS_OF_WRONG {
            found = self.too_many(known);
        }
        if matches!(found, Found::None) {
            found = self.another(known);
        }
        if let Found::One(word) = found { Some(word) } else { None }
    }

    /// Two neighbours changed places.
    fn swapped(&self, known: &Words) -> Found {
        let mut found = Found::None;
        let cuts = self.cuts().array_windows();
        for (at, (&[one, other], [before, _, after])) in self.letters().array_windows().zip(cuts).enumerate()
        {
            let swapped = value(other).wrapping_mul(BASE).wrapping_add(value(one));
            if known.has(before.with(swapped, BASE.wrapping_mul(BASE), after)) {
                found.add(self.with(at, &[other, one], at + 2));
            }
        }
        found
    }

    /// A letter too many.
    fn too_many(&self, known: &Words) -> Found {
        let mut found = Found::None;
        for (at, [before, after]) in self.cuts().array_windows().enumerate() {
            if known.has(before.with(0, 1, after)) {
                found.add(self.with(at, &[], at + 1));
            }
        }
        found
    }

    /// A letter left out, or another one instead.
    fn another(&self, known: &Words) -> Found {
        let mut found = Found::None;
        let is_rest = self.cuts().last().is_some_and(|end| known.rests.has(short(end.before)));
        let is_long = self.count >= LETTERS_OF_WRONG;
        for (at, before) in self.cuts().iter().enumerate() {
            if is_rest {
                self.try_letters(known, (at, before), (at, before), &mut found);
            }
            let after = self.cuts().get(at + 1);
            if let Some(after) = after.filter(|after| is_long && known.rests.has(before.with(0, 1, after))) {
                self.try_letters(known, (at, before), (at + 1, after), &mut found);
            }
        }
        found
    }

    /// Every letter between what comes before one place and what comes after another.
    fn try_letters(&self, known: &Words, before: (usize, &Cut), after: (usize, &Cut), found: &mut Found) {
        let alphabet = match self.letters().first() {
            Some('a'..='z') => &LATIN[..],
            Some('а'..='я') => &CYRILLIC[..],
            _ => return,
        };
        for &(letter, value) in alphabet {
            if known.has(before.1.with(value, BASE, after.1)) {
                found.add(self.with(before.0, &[letter], after.0));
            }
        }
    }

    fn with(&self, first: usize, others: &[char], rest: usize) -> String {
        let begin = self.letters().iter().take(first);
        begin.chain(others).chain(self.letters().iter().skip(rest)).copied().collect()
    }
}

const LATIN: [(char, u64); 26] = alphabet('a');
const CYRILLIC: [(char, u64); 32] = alphabet('а');

/// Letters in their order, with their values.
const fn alphabet<const COUNT: usize>(first: char) -> [(char, u64); COUNT] {
    let mut letters = [(first, 0); COUNT];
    let (mut at, mut code) = (0, first as u32);
    while at < COUNT {
        if let Some(letter) = char::from_u32(code) {
            letters[at] = (letter, value(letter));
        }
        (at, code) = (at + 1, code + 1);
    }
    letters
}

/// Known words one slip away.
enum Found {
    None,
    One(String),
    Several,
}

impl Found {
    fn add(&mut self, word: String) {
        *self = match std::mem::replace(self, Self::Several) {
            Self::None => Self::One(word),
            Self::One(known) if known == word => Self::One(known),
            _ => Self::Several,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    fn known(words: &[&str]) -> Words {
        let mut known = Words::default();
        for word in words {
            known.add(word);
        }
        Words::new(known.hashes(), &known.rests())
    }

    #[test]
    fn one_slip_is_read_as_it_was_meant() {
        let words =
            known(&["list", "summary", "write", "translate", "переведите", "poem", "delegates", "deletes"]);
        for (typed, meant) in [
            ("lsit", "list"),
            ("ilst", "list"),
            ("Sumary of it", "summary of it"),
            ("summmary", "summary"),
            ("writte a peom", "write a poem"),
            ("wriite", "write"),
            ("trasnlate: Hello", "translate: hello"),
            ("Пеерведите текст", "переведите текст"),
            // Two slips, a digit, a short word, a word that is known.
            ("tarsnlaet", "tarsnlaet"),
            ("li5st", "li5st"),
            ("poe", "poe"),
            ("poem", "poem"),
            // Rules know it by its beginning.
            ("deletest", "deletest"),
        ] {
            assert_eq!(Text::meant(typed, &words).folded, meant, "{typed}");
        }
    }

    #[test]
    fn a_word_that_is_known_or_may_be_two_others_stays() {
        let words = known(&["form", "from", "able", "trial", "house", "mouse"]);
        for same in ["form", "from", "trial", "fram", "rouse"] {
            assert_eq!(Text::meant(same, &words).folded, same);
        }
        assert_eq!(Text::meant("abel", &words).folded, "able");
        assert_eq!(Text::meant("fomr", &words).folded, "form");
        let words = known(&["baced", "abecd"]);
        assert_eq!(Text::meant("abced", &words).folded, "abced", "two neighbours");
    }

    proptest::proptest! {
        #[test]
        fn every_slip_in_a_lone_word_is_undone(
            word in "[a-z]{5,19}|[а-я]{5,19}", at in 0usize..19, slip in 0usize..4, letter in 0u32..26
        ) {
            let words = known(&[&word]);
            let mut letters: Vec<char> = word.chars().collect();
            let first = if letters[0].is_ascii() { 'a' } else { 'а' };
            let letter = char::from_u32(u32::from(first) + letter).unwrap();
            let at = at % (letters.len() - 1);
            match slip {
                0 => letters.swap(at, at + 1),
                1 => letters.insert(at, letter),
                2 => { letters.remove(at); }
                _ => letters[at] = letter,
            }
            let typed: String = letters.into_iter().collect();
            proptest::prop_assert_eq!(Text::meant(&typed, &words).folded, Text::of(&word).folded);
        }

        #[test]
        fn nothing_but_words_changes(text in "[a-d 0-9.,!/-]{0,60}") {
            let words = known(&["abcd", "abba", "dcba", "abbcd"]);
            let marks = |text: &str| text.replace(char::is_alphabetic, "");
            proptest::prop_assert_eq!(marks(&Text::meant(&text, &words).folded), marks(&Text::of(&text).folded));
        }
    }
}
