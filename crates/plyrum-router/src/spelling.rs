//! Words as they were meant: a word that nobody writes, but whose neighbour by one slip of the fingers many do, is read as
//! that neighbour.
//!
//! A router that knows words by their letters loses a wish when two of them change places ("trasnlate", «переведит»). What
//! is a word is told by a set of hashes of words that several prompts have, learned with the weights and part of their
//! file. A slip is two neighbours swapped behind the first letter, a letter that stands twice, or a double letter that stands
//! once. A letter left out and a wrong one are none: few words of Russian are known, and a third of those that are not would be
//! taken for another («тогда» for «когда», "accept" for "accent"). A word that is known stays, one with two neighbours stays,
//! and so do what has a digit and what rules look for: nothing here corrects, it only reads, no text that anybody gets is
//! changed, and risk is looked for in what was typed, too.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use crate::bits::Bits;
use crate::cues::{OPENERS, Spread, words_of};
use crate::grams::spread;
use crate::reading::ASKS_HOW;
use crate::text::{Word, start};
use crate::{domain, intent_cues, output, risk};

/// Letters of a word that may be read as another.
const LETTERS: std::ops::RangeInclusive<usize> = 4..=20;
/// Letters of a typed word from which one may be double or single by mistake: of a shorter word too little is left to know it by.
const LETTERS_OF_DOUBLE: usize = 5;

/// Which words are known.
#[derive(Debug, Default)]
pub struct Words {
    hashes: HashSet<u32, BuildHasherDefault<Spread>>,
    /// Which hashes may be there: most of what is tried is no word, and this tells it at once.
    may_be: Filter,
}

/// Bits of a place in the filter of words: sixteen kilobytes, which stay in the nearest cache.
const FILTER_BITS: u32 = 17;

impl Words {
    /// The set of words with these hashes.
    pub fn new(hashes: impl IntoIterator<Item = u32>) -> Self {
        let mut words = Self { hashes: hashes.into_iter().collect(), ..Self::default() };
        for &hash in &words.hashes {
            words.may_be.add(hash);
        }
        words
    }

    /// The hashes, rising.
    pub fn hashes(&self) -> Vec<u32> {
        let mut hashes: Vec<u32> = self.hashes.iter().copied().collect();
        hashes.sort_unstable();
        hashes
    }

    /// How many.
    #[cfg(feature = "train")]
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// One more word; nothing, if it could not be known.
    #[cfg(feature = "train")]
    pub(crate) fn add(&mut self, word: &str) {
        let Some(hash) = hash_of(word) else { return };
        self.hashes.insert(hash);
        self.may_be.add(hash);
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
        let mut copied = 0;
        for (at, word) in words.iter().enumerate() {
            let text = folded.get(word.from..word.to).unwrap_or_default();
            if hash_of(text).is_none_or(|hash| self.has(hash)) {
                continue;
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
struct Filter(Bits);

impl Default for Filter {
    fn default() -> Self {
        Self(Bits::none_of(1 << FILTER_BITS))
    }
}

impl Filter {
    fn add(&mut self, hash: u32) {
        for place in Self::places(hash) {
            self.0.set(place);
        }
    }

    fn has(&self, hash: u32) -> bool {
        Self::places(hash).into_iter().all(|place| self.0.has(place))
    }

    fn places(hash: u32) -> [usize; 2] {
        let (upper, lower) = (hash >> (32 - FILTER_BITS), hash & ((1 << FILTER_BITS) - 1));
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
        .chain(
            [risk::ABOUT, risk::NEGATIONS, risk::TRANSLATES, risk::TELLS, risk::TOLD]
                .into_iter()
                .flatten()
                .copied(),
        )
        .chain([OPENERS, ASKS_HOW].into_iter().flatten().copied())
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
        if matches!(found, Found::None) && self.count >= LETTERS_OF_DOUBLE {
            found = self.twice_or_once(known);
        }
        if let Found::One(word) = found { Some(word) } else { None }
    }

    /// Two neighbours changed places.
    fn swapped(&self, known: &Words) -> Found {
        let mut found = Found::None;
        let pairs = self.letters().array_windows().zip(self.cuts().array_windows());
        for (at, (&[one, other], [before, _, after])) in pairs.enumerate().skip(1) {
            let swapped = value(other).wrapping_mul(BASE).wrapping_add(value(one));
            if known.has(before.with(swapped, BASE.wrapping_mul(BASE), after)) {
                found.add(self.with(at, &[other, one], at + 2));
            }
        }
        found
    }

    /// A letter stands twice ("writte"), or a double one once ("sumary").
    fn twice_or_once(&self, known: &Words) -> Found {
        let mut found = Found::None;
        let mut last = None;
        for (at, (&letter, [before, after])) in
            self.letters().iter().zip(self.cuts().array_windows()).enumerate()
        {
            if last.replace(letter) == Some(letter) && known.has(before.with(0, 1, after)) {
                found.add(self.with(at, &[], at + 1));
            }
            if known.has(before.with(value(letter), BASE, before)) {
                found.add(self.with(at, &[letter], at));
            }
        }
        found
    }

    fn with(&self, first: usize, others: &[char], rest: usize) -> String {
        let begin = self.letters().iter().take(first);
        begin.chain(others).chain(self.letters().iter().skip(rest)).copied().collect()
    }
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
    use crate::weights::Weights;

    fn known(words: &[&str]) -> Words {
        Words::new(words.iter().filter_map(|word| hash_of(word)))
    }

    #[test]
    fn one_slip_is_read_as_it_was_meant() {
        let words =
            known(&["list", "summary", "write", "translate", "переведите", "poem", "delegates", "deletes"]);
        for (typed, meant) in [
            ("lsit", "list"),
            ("Sumary of it", "summary of it"),
            ("summmary", "summary"),
            ("writte a peom", "write a poem"),
            ("wriite", "write"),
            ("trasnlate: Hello", "translate: hello"),
            ("Переевдите  текст", "переведите текст"),
            // Two slips, a first letter, one too few, another one, a digit, a short word, a word that is known.
            ("tarsnlaet", "tarsnlaet"),
            ("ilst", "ilst"),
            ("trnslate", "trnslate"),
            ("wrute", "wrute"),
            ("li5st", "li5st"),
            ("poe", "poe"),
            ("poem", "poem"),
            // Rules know it by its beginning.
            ("deletse", "deletse"),
        ] {
            assert_eq!(Text::meant(typed, &words).folded, meant, "{typed}");
        }
    }

    #[test]
    fn a_word_that_is_known_or_may_be_two_others_stays() {
        let words = known(&["form", "from", "able", "trial"]);
        for same in ["form", "from", "trial", "fram", "sable"] {
            assert_eq!(Text::meant(same, &words).folded, same);
        }
        assert_eq!(Text::meant("fomr", &words).folded, "form");
        let words = known(&["baced", "abecd", "abcde"]);
        assert_eq!(Text::meant("abced", &words).folded, "abced", "two neighbours");
    }

    #[test]
    fn ordinary_words_are_never_read_as_others() {
        let weights = Weights::shipped().expect("weights");
        let words = "тогда посему смотри дали упали ждали спать читать спорт видео папа папы снова слава свет жизнь брата север \
                     доказать наверно спросить вера кода измени можете сделай потом ударить кароль compost tory enver kevin \
                     dennis norman stuart studio generic optical accept reception preference witch commented crate usize \
                     jsonl dont donut wanna arts quiet trail casual";
        assert_eq!(Text::meant(words, &weights.words).folded, Text::of(words).folded);
    }

    #[test]
    fn what_is_meant_never_lowers_the_risk() {
        let weights = Weights::shipped().expect("weights");
        let wishes = ["delete all files", "удали все файлы", "переведи 5000 рублей", "deploy to production"];
        // Words that are read as ones that lower it.
        for (typed, meant) in [("exlpain", "explain"), ("почмеу", "почему"), ("wehn", "when")] {
            for wish in wishes {
                let risk = |first: &str| crate::read_by(Some(weights), &format!("{first} {wish}"), &[]).risk;
                let as_typed = crate::read_by(None, &format!("{typed} {wish}"), &[]).risk;
                assert!(risk(typed) >= as_typed, "{typed} {wish}");
                assert!(risk(meant) <= as_typed, "{meant} {wish}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn every_swap_behind_the_first_letter_of_a_lone_word_is_undone(
            word in "[a-z]{4,20}|[а-я]{4,20}", at in 0usize..19
        ) {
            let words = known(&[&word]);
            let mut letters: Vec<char> = word.chars().collect();
            let at = 1 + at % (letters.len() - 2);
            letters.swap(at, at + 1);
            let typed: String = letters.into_iter().collect();
            proptest::prop_assume!(!is_of_rules(&typed));
            proptest::prop_assert_eq!(Text::meant(&typed, &words).folded, Text::of(&word).folded);
        }

        #[test]
        fn nothing_but_words_changes(text in "[a-d 0-9.,!/-]{0,60}") {
            let words = known(&["abcd", "abba", "dcba", "abbcd"]);
            let read = Text::meant(&text, &words);
            let marks = |text: &str| text.replace(char::is_alphabetic, "");
            proptest::prop_assert_eq!(marks(&read.folded), marks(&Text::of(&text).folded));
            let again = Text::of(&read.folded);
            proptest::prop_assert!(read.words().eq(again.words()), "{}", read.folded);
        }
    }
}
