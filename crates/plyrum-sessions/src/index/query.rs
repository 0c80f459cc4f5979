//! What somebody types, as an expression of FTS5.
//!
//! Words must all occur, in any form; `"words in quotes"` must follow each other; `-word` must not occur;
//! `word*` is the beginning of one. A word with signs in it (`read_to_string`, `std::fs`) is a phrase. Nothing
//! that is typed is an operator of FTS5: every part is quoted.

use super::words::{Stems, fold, words};

/// Parts beyond these are ignored.
const PARTS_MAX: usize = 32;

/// A parsed query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// What must occur: phrases of stems.
    pub(super) wanted: Vec<Phrase>,
    /// What must not.
    unwanted: Vec<Phrase>,
}

/// Words that follow each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Their stems; as they stand, where the phrase is open.
    pub(super) stems: Vec<String>,
    /// The last one is only the beginning of a word.
    pub(super) is_open: bool,
}

impl Query {
    pub(super) fn parse(text: &str, stems: &Stems) -> Self {
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() && query.wanted.len() + query.unwanted.len() < PARTS_MAX {
            let negative = rest.strip_prefix('-').filter(|after| !after.starts_with(char::is_whitespace));
            rest = negative.unwrap_or(rest);
            let (part, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
            };
            rest = after.trim_start();
            let phrase = Phrase::of(part, stems);
            if !phrase.stems.is_empty() {
                if negative.is_some() { &mut query.unwanted } else { &mut query.wanted }.push(phrase);
            }
        }
        query
    }

    /// The expression, with words that the scope must have. `None` where nothing is looked for.
    pub(super) fn expression(&self, scope: &[String]) -> Option<String> {
        if self.wanted.is_empty() {
            return None;
        }
        let all = |phrases: &[Phrase], with: &str| {
            phrases.iter().map(Phrase::quoted).collect::<Vec<_>>().join(with)
        };
        let mut expression = format!("({})", all(&self.wanted, " AND "));
        for word in scope {
            expression = format!("({expression} AND scope : \"{word}\")");
        }
        if !self.unwanted.is_empty() {
            expression = format!("{expression} NOT ({})", all(&self.unwanted, " OR "));
        }
        Some(expression)
    }
}

impl Phrase {
    fn of(part: &str, stems: &Stems) -> Self {
        let is_open = part.ends_with('*');
        let places = words(part).filter_map(|place| part.get(place));
        let stem = |word: &str| if is_open { Some(fold(word)) } else { stems.of(word) };
        Self { stems: places.filter_map(stem).collect(), is_open }
    }

    /// Beginnings of words are looked for among the words as they stand: a stem may be shorter than what is typed.
    fn quoted(&self) -> String {
        let words = self.stems.join(" ");
        if self.is_open { format!("forms : \"{words}\"*") } else { format!("text : \"{words}\"") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str) -> Option<String> {
        Query::parse(text, &Stems::new()).expression(&[])
    }

    #[test]
    fn words_phrases_beginnings_and_exclusions() {
        for (typed, expected) in [
            ("routers", "(text : \"router\")"),
            ("Деньги считаются", "(text : \"деньг\" AND text : \"счита\")"),
            ("\"exact words\" -никогда", "(text : \"exact word\") NOT (text : \"никогд\")"),
            ("std::fs марш*", "(text : \"std fs\" AND forms : \"марш\"*)"),
            ("a - b", "(text : \"a\" AND text : \"b\")"),
            ("\"never closed", "(text : \"never close\")"),
        ] {
            assert_eq!(expression(typed).as_deref(), Some(expected), "{typed}");
        }
        for nothing in ["", "  ", "-only", "?! \"\" *"] {
            assert_eq!(expression(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn nothing_that_is_typed_is_an_operator() {
        for typed in ["a OR b", "NEAR(a b)", "text:x", "^x", "a) AND (b", "x\" OR \"y", "{a b} : c"] {
            let expression = expression(typed).unwrap();
            let outside: String = expression.split('"').step_by(2).collect();
            let allowed = ["text", "forms", "AND", "NOT", "OR", ":", "(", ")", "*", " "];
            let left = allowed.iter().fold(outside, |left, word| left.replace(word, ""));
            assert!(left.is_empty(), "{typed}: {expression}");
        }
    }

    #[test]
    fn a_scope_must_have_all_of_its_words() {
        let query = Query::parse("a -b", &Stems::new());
        let scoped = query.expression(&["p3".to_owned(), "s4".to_owned()]).unwrap();
        assert_eq!(scoped, "(((text : \"a\") AND scope : \"p3\") AND scope : \"s4\") NOT (text : \"b\")");
    }
}
