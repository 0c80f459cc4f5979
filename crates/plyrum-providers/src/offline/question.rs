//! Reads a question: what kind of answer it wants, how long, and which words matter in it.

use super::wording::{
    ASKING, CODE, COUNTED, DEFINITION_PHRASES, FRAME, LIST, SUMMARY, SUMMARY_PHRASES, THINGS, WRITING,
};
use super::words;

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the text says, in short.
    Summary,
    /// What the thing is, or is for.
    Definition,
    /// Something in particular.
    Specific,
}

/// The sort of fact looked for, which some sentences show by their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    When,
    Number,
    Reason,
    Person,
    Failure,
    Other,
}

/// The language to say our own words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Russian,
}

/// A question, read.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) fact: Fact,
    /// The words that say what is looked for; empty for "what is this?".
    pub(super) focus: Vec<String>,
    /// Commands and code are welcome in the answer.
    pub(super) wants_code: bool,
    /// A list is wanted.
    pub(super) wants_list: bool,
    /// A number of sentences or points that was asked for.
    pub(super) count: Option<usize>,
    /// The request is to write, translate or change something: quoting cannot do that.
    pub(super) beyond_quoting: bool,
    pub(super) language: Language,
}

const NUMBERS: &[(&str, usize)] = &[
    ("one", 1),
    ("single", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("ten", 10),
    ("одном", 1),
    ("одно", 1),
    ("одним", 1),
    ("двух", 2),
    ("два", 2),
    ("двумя", 2),
    ("трех", 3),
    ("три", 3),
    ("тремя", 3),
    ("четырех", 4),
    ("пяти", 5),
    ("пять", 5),
    ("шести", 6),
    ("семи", 7),
    ("десяти", 10),
];
/// Most sentences or points a question may ask for.
const MAX_COUNT: usize = 20;

impl Question {
    pub(super) fn read(text: &str) -> Self {
        let folded = words::folded_words(text);
        let joined = folded.join(" ");
        let lower = text.to_lowercase();
        let has = |list: &str| folded.iter().any(|word| begins(word, list));
        let phrase =
            |list: &str| list.split('|').any(|words| joined.contains(words) || lower.contains(words));
        let fact = fact(&folded, &joined);
        let mut focus = focus(&folded);
        if fact == Fact::Reason && !focus.is_empty() {
            focus.push("reason".to_owned()); // sentences that name one answer "why" in other words
        }
        let summary = has(SUMMARY) || phrase(SUMMARY_PHRASES) || folded.is_empty();
        let about_a_thing = phrase("о чем|про что") && has(THINGS);
        let kind = if about_a_thing {
            Kind::Definition
        } else if summary {
            Kind::Summary
        } else if phrase(DEFINITION_PHRASES) {
            Kind::Definition
        } else if focus.is_empty() {
            Kind::Summary
        } else {
            Kind::Specific
        };
        Self {
            kind,
            fact,
            wants_code: has(CODE),
            wants_list: has(LIST),
            count: count(&folded),
            beyond_quoting: !summary && folded.iter().take(3).any(|word| is_one_of(word, WRITING)),
            language: language(text),
            focus,
        }
    }
}

/// Whether a line is a question or a request that quoting can answer.
pub(super) fn asks(line: &str) -> bool {
    let folded = words::folded_words(line);
    let Some(first) = folded.first() else { return false };
    !is_one_of(first, WRITING)
        && (line.ends_with('?')
            || is_one_of(first, ASKING)
            || folded.iter().any(|word| begins(word, SUMMARY)))
}

/// Whether the word is on a list.
fn is_one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Whether the word begins as one on a list.
fn begins(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|start| word.starts_with(start))
}

/// By most of the letters.
pub(super) fn language(text: &str) -> Language {
    let cyrillic = text.chars().filter(|letter| matches!(letter, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if cyrillic > latin { Language::Russian } else { Language::English }
}

fn focus(folded: &[String]) -> Vec<String> {
    let mut lexicon = words::Lexicon::new();
    let counted = count(folded).is_some();
    let mut focus: Vec<String> = Vec::new();
    for word in folded {
        let term = lexicon.term(word);
        let Some(stem) = usize::try_from(term).ok().and_then(|at| lexicon.stems().get(at)) else { continue };
        let is_wanted_count = counted && word.chars().all(|letter| letter.is_ascii_digit());
        let frames = is_one_of(stem, FRAME) || begins(word, SUMMARY);
        if !(frames || is_wanted_count || focus.contains(word)) {
            focus.push(word.clone());
        }
    }
    focus
}

fn fact(folded: &[String], joined: &str) -> Fact {
    let has = |list: &[&str]| folded.iter().any(|word| list.contains(&word.as_str()));
    let starts = |list: &[&str]| folded.iter().any(|word| list.iter().any(|start| word.starts_with(start)));
    if starts(&[
        "error",
        "fail",
        "crash",
        "panic",
        "broke",
        "wrong",
        "problem",
        "ошибк",
        "упал",
        "сбо",
        "сломал",
        "пада",
    ]) {
        Fact::Failure
    } else if has(&["when", "когда", "date", "year", "дата"]) || joined.contains("каком году")
    {
        Fact::When
    } else if joined.contains("how many")
        || joined.contains("how much")
        || has(&["сколько", "cost", "price", "стоит", "цена"])
    {
        Fact::Number
    } else if has(&["why", "почему", "зачем"]) || joined.contains("reason") {
        Fact::Reason
    } else if has(&["who", "кто", "whom", "кого", "author", "автор"]) {
        Fact::Person
    } else {
        Fact::Other
    }
}

/// "In two sentences", "3 пункта".
fn count(folded: &[String]) -> Option<usize> {
    let at = folded.iter().position(|word| begins(word, COUNTED))?;
    let before = folded.get(at.saturating_sub(3)..at)?;
    before.iter().rev().find_map(|word| {
        let named = NUMBERS.iter().find(|(name, _)| name == word).map(|&(_, number)| number);
        named.or_else(|| word.parse().ok()).filter(|number| (1..=MAX_COUNT).contains(number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: Kind, focus: &[&str]) {
        let question = Question::read(text);
        assert_eq!(
            (question.kind, question.focus.iter().map(String::as_str).collect::<Vec<_>>()),
            (kind, focus.to_vec()),
            "{text}"
        );
    }

    #[test]
    fn general_questions_have_no_focus() {
        for text in [
            "What is this project for?",
            "what is this",
            "What does this tool do?",
            "Что это такое?",
            "Для чего нужен этот проект?",
            "Что делает эта программа?",
        ] {
            check(text, Kind::Definition, &[]);
        }
        for text in [
            "Summarise",
            "summarize this text in 3 sentences",
            "TL;DR",
            "О чём это?",
            "Кратко",
            "Перескажи текст",
            "в чём суть?",
            "",
            "Give me the key points",
        ] {
            check(text, Kind::Summary, &[]);
        }
    }

    #[test]
    fn particular_questions_keep_what_they_look_for() {
        check("How do I install it?", Kind::Specific, &["install"]);
        check("What is the ledger?", Kind::Definition, &["ledger"]);
        check("Когда основан город?", Kind::Specific, &["основан", "город"]);
        check("Summarise the section on billing", Kind::Summary, &["section", "billing"]);
    }

    #[test]
    fn a_wanted_length_is_read() {
        assert_eq!(Question::read("Summarise in two sentences").count, Some(2));
        assert_eq!(Question::read("дай 3 главных пункта").count, Some(3));
        assert_eq!(Question::read("перескажи в одном предложении").count, Some(1));
        assert_eq!(Question::read("what happened in 1999").count, None);
    }

    #[test]
    fn writing_is_beyond_quoting() {
        assert!(Question::read("Translate this to French").beyond_quoting);
        assert!(Question::read("напиши стих").beyond_quoting);
        assert!(!Question::read("Write a summary of it").beyond_quoting);
    }
}
