//! Words and their stems: what makes "маршрутизаторы" and "маршрутизатором" the same word to a search.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};

/// The longest word that is kept, in bytes of its stem: hashes and base64 are no words.
const WORD_MAX_BYTES: usize = 64;

/// Makes stems. A word is stemmed by its own script, since real text mixes both languages.
pub(super) struct Stems {
    english: Stemmer,
    russian: Stemmer,
}

impl Stems {
    pub(super) fn new() -> Self {
        Self { english: Stemmer::create(Algorithm::English), russian: Stemmer::create(Algorithm::Russian) }
    }

    /// The stem of a word, in lower case and with е for ё; none for what is too long to be one.
    pub(super) fn of(&self, word: &str) -> Option<String> {
        let word = fold(word);
        if word.len() > WORD_MAX_BYTES {
            return None;
        }
        let stem = if word.chars().any(is_cyrillic) {
            self.russian.stem(&word).into_owned()
        } else if word.bytes().all(|b| b.is_ascii_lowercase()) {
            self.english.stem(&word).into_owned()
        } else {
            word
        };
        Some(stem).filter(|stem| !stem.is_empty())
    }

    /// The stems of a text, and its words as they stand, with spaces between them; as many of the one as of the
    /// other.
    pub(super) fn of_text(&self, text: &str, out: &mut String, forms: &mut String) {
        out.clear();
        forms.clear();
        for place in words(text) {
            let word = text.get(place).unwrap_or_default();
            if let Some(stem) = self.of(word) {
                out.push_str(&stem);
                out.push(' ');
                forms.push_str(&fold(word));
                forms.push(' ');
            }
        }
    }
}

/// A word in lower case, with е for ё, without accents that stand by themselves.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ё' => folded.push('е'),
            '\u{306}' if folded.ends_with('и') => {
                folded.pop();
                folded.push('й');
            }
            '\u{300}'..='\u{36f}' => {}
            c => folded.push(c),
        }
    }
    folded
}

/// Where the words of a text are: runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let mut end = text.len();
        while let Some((at, c)) = chars.peek() {
            if !is_of_a_word(*c) {
                end = *at;
                break;
            }
            chars.next();
        }
        Some(start..end)
    })
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> String {
        let (mut out, mut forms) = (String::new(), String::new());
        Stems::new().of_text(text, &mut out, &mut forms);
        assert_eq!(out.matches(' ').count(), forms.matches(' ').count());
        out.trim_end().to_owned()
    }

    #[test]
    fn forms_of_a_word_have_one_stem_in_both_languages() {
        assert_eq!(stems("Routers, routing; ROUTER"), "router rout router");
        assert_eq!(stems("маршрутизатор Маршрутизаторы маршрутизатором"), ["маршрутизатор"; 3].join(" "));
        assert_eq!(stems("ёлка елки Ёлками"), ["елк"; 3].join(" "));
        assert_eq!(stems("мои\u{306} мой"), stems("мой мой"));
    }

    #[test]
    fn code_falls_into_its_words_and_rubbish_is_left_out() {
        assert_eq!(stems("std::fs::read_to_string(x2)"), "std fs read to string x2");
        assert_eq!(stems(&format!("a {} b", "x".repeat(65))), "a b");
        assert_eq!(stems("-- «» … \u{301}"), "");
    }
}
