//! Words, stems and stop words of English and Russian, as numbers.
//!
//! Scoring compares sentences millions of times, so each word becomes the number of its stem once. The stem
//! follows the word's own script, because real text mixes both languages. Tables are bounded: text with more
//! different word forms than [`MAX_FORMS`] is random or machine-made, and its further words count as one.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

/// Different word forms that are told apart.
const MAX_FORMS: usize = 400_000;
/// Bytes of the longest word that is told apart (hashes and base64 are not words).
const MAX_WORD_BYTES: usize = 64;
/// Function words that the crate's lists leave out.
const MORE_STOP_WORDS: &str = "это этот эта эту этом этими также который которая которое которые которого которой \
     которых которому которым которыми является являются еще свой своя свое свои своего своей своих весь вся \
     все всё мне нам нами наш наша наши нашего нашей либо лишь ещё почему сколько кого кому чему эти would could may \
     might must shall us also etc whose upon within without per via";

/// Number of a stem. Two words with the same number are the same word to every scorer.
pub(super) type Term = u32;
/// The number of a function word: it takes part in no comparison.
pub(super) const STOP: Term = Term::MAX;
/// The number shared by words that are not told apart.
pub(super) const OTHER: Term = Term::MAX - 1;

static STOP_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lists = ["en", "ru"].into_iter().filter_map(stop_words::lookup).flatten().copied();
    lists.chain(MORE_STOP_WORDS.split_whitespace()).map(|word| word.replace('ё', "е")).collect()
});

/// Turns words into [`Term`]s. Numbers depend only on the order of the words seen.
pub(super) struct Lexicon {
    english: Stemmer,
    russian: Stemmer,
    forms: HashMap<String, Term>,
    by_stem: HashMap<String, Term>,
    stems: Vec<String>,
    lower: String,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        Self {
            english: Stemmer::create(Algorithm::English),
            russian: Stemmer::create(Algorithm::Russian),
            forms: HashMap::new(),
            by_stem: HashMap::new(),
            stems: Vec::new(),
            lower: String::new(),
        }
    }

    /// The term of one word as [`each_word`] gives it.
    pub(super) fn term(&mut self, word: &str) -> Term {
        if word.len() > MAX_WORD_BYTES {
            return OTHER;
        }
        fold(word, &mut self.lower);
        if let Some(&term) = self.forms.get(self.lower.as_str()) {
            return term;
        }
        if self.forms.len() >= MAX_FORMS {
            return OTHER;
        }
        let term = if STOP_WORDS.contains(self.lower.as_str()) { STOP } else { self.new_term() };
        self.forms.insert(self.lower.clone(), term);
        term
    }

    fn new_term(&mut self) -> Term {
        let word = self.lower.as_str();
        let stem = if word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '\'') {
            self.english.stem(word)
        } else if word.chars().all(|letter| matches!(letter, 'а'..='я')) {
            self.russian.stem(word)
        } else {
            word.into()
        };
        if let Some(&term) = self.by_stem.get(stem.as_ref()) {
            return term;
        }
        let term = Term::try_from(self.stems.len()).unwrap_or(OTHER);
        self.by_stem.insert(stem.to_string(), term);
        self.stems.push(stem.into_owned());
        term
    }

    /// The stems seen, by term.
    pub(super) fn stems(&self) -> &[String] {
        &self.stems
    }

    /// The terms of a text without function words, in order.
    pub(super) fn terms(&mut self, text: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        each_word(text, |word| match self.term(word) {
            STOP => {}
            term => terms.push(term),
        });
        terms
    }
}

/// Lower case, `ё` as `е`, one kind of apostrophe: the form in which words are compared.
fn fold(word: &str, into: &mut String) {
    into.clear();
    for letter in word.chars() {
        match letter {
            'ё' | 'Ё' => into.push('е'),
            '’' => into.push('\''),
            _ if letter.is_ascii() => into.push(letter.to_ascii_lowercase()),
            _ => into.extend(letter.to_lowercase()),
        }
    }
}

/// The folded words of a short text.
pub(super) fn folded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| {
        let mut lower = String::new();
        fold(word, &mut lower);
        words.push(lower);
    });
    words
}

/// Calls `found` with each word: a run of letters and digits, with an apostrophe between letters and a dot or
/// comma between digits kept inside (`don't`, `1.2`). Underscores and hyphens part words, so that
/// `max_output` is found by either half.
pub(super) fn each_word(text: &str, mut found: impl FnMut(&str)) {
    let mut start = None;
    let mut previous = ' ';
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map_or(' ', |&(_, next)| next);
        let inside = letter.is_alphanumeric()
            || (start.is_some()
                && match letter {
                    '\'' | '’' => previous.is_alphabetic() && next.is_alphabetic(),
                    '.' | ',' => previous.is_ascii_digit() && next.is_ascii_digit(),
                    _ => false,
                });
        match (start, inside) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found(text.get(from..at).unwrap_or_default());
                start = None;
            }
            _ => {}
        }
        previous = letter;
    }
    if let Some(from) = start {
        found(text.get(from..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        folded_words(text)
    }

    #[test]
    fn words_keep_their_inner_apostrophes_and_decimal_points() {
        assert_eq!(
            words("Don’t pay 1.5 USD, max_output-tokens."),
            ["don't", "pay", "1.5", "usd", "max", "output", "tokens"]
        );
        assert_eq!(words("Ёлка — 'зелёная'"), ["елка", "зеленая"]);
    }

    #[test]
    fn forms_of_one_word_share_a_term_in_both_languages() {
        let mut lexicon = Lexicon::new();
        assert_eq!(lexicon.term("billing"), lexicon.term("Billed"));
        assert_eq!(lexicon.term("проекта"), lexicon.term("Проектом"));
        assert_ne!(lexicon.term("проект"), lexicon.term("продукт"));
    }

    #[test]
    fn function_words_are_not_terms() {
        let mut lexicon = Lexicon::new();
        assert!(lexicon.terms("what is this for and with").is_empty());
        assert!(lexicon.terms("что это такое и для чего").len() <= 1);
    }
}
