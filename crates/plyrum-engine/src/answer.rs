//! The answer in a text, read so that equal answers are equal however they are written.
//!
//! The shapes are those that models use when they are asked for a short answer: a JSON object with an `answer`, a
//! `\boxed{}`, a line that begins with "answer:", a short text as a whole, the last number of a long one. Numbers
//! are compared by value ("1,500" and "1500.0", `\frac{1}{2}` and "0.5"), words without regard to case. What a program
//! prints is compared as it stands.

mod bare;
mod counted;
mod number;
mod units;

pub(crate) use counted::Counted;

use bare::bare;
use number::number;
use std::borrow::Cow;

/// Longest text that is an answer as a whole, in characters.
const SHORT: usize = 60;

/// Longest answer in which a number is looked for, in bytes: a longer one is a text, and a hostile one of megabytes must not
/// take seconds.
const LONGEST_NUMBER: usize = 400;

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Neither case nor the way in which a number is written.
    Value,
    /// The same where a number is asked for: the last one of a long text is the answer.
    Number,
    /// Everything but quotes around it: what a program prints.
    Exact,
}

/// The answer in a text as votes compare it, for whoever measures that: of a program's output (`exact`) as it stands, else
/// by its value.
pub fn read_answer(text: &str, exact: bool) -> Option<String> {
    answer(text, if exact { Reading::Exact } else { Reading::Number }).map(|answer| answer.text)
}

/// An answer as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// In its normal form.
    pub(crate) text: String,
    /// The number that it is, where it is one.
    pub(crate) counted: Option<Counted>,
}

impl Answer {
    fn of(found: &str, reading: Reading) -> Self {
        if reading == Reading::Exact {
            return Self { text: unquoted(found.trim().trim_matches('*').trim()).to_owned(), counted: None };
        }
        let found = negated(of_unknown(found));
        let bare = bare(&found);
        if found.len() > LONGEST_NUMBER {
            return Self { text: in_words(bare), counted: None };
        }
        let counted = if bare.starts_with(['(', '[', '{']) { None } else { Counted::among(&found) };
        match (number(bare), counted) {
            (Some(value), counted) => {
                let counted = counted.filter(|counted| counted.value == value);
                Self { text: value.clone(), counted: Some(counted.unwrap_or_else(|| Counted::bare(value))) }
            }
            (None, Some(counted)) if counted.is_measure() => {
                Self { text: counted.value.clone(), counted: Some(counted) }
            }
            (None, counted) => Self { text: in_words(bare), counted },
        }
    }

    /// Whether two answers may mean the same.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        match (&self.counted, &other.counted) {
            (Some(one), Some(other)) => one.may_be(other),
            _ => self.text == other.text,
        }
    }
}

/// The answer in a text; `None` where none can be told from the words around it.
pub(crate) fn answer(text: &str, reading: Reading) -> Option<Answer> {
    let signed = if reading == Reading::Exact { Cow::Borrowed(text) } else { with_plain_minus(text) };
    let text = signed.trim();
    let json = in_json(text);
    if let (Reading::Exact, Some(value)) = (reading, &json) {
        // What is printed may be empty, or begin with a space.
        return Some(Answer { text: unquoted(value).to_owned(), counted: None });
    }
    let marked = || text.lines().rev().find_map(after_marker).map(str::to_owned);
    let short = || (text.chars().count() <= SHORT).then(|| text.to_owned());
    let found = json.or_else(|| boxed(text).map(str::to_owned)).or_else(marked).or_else(short);
    match found {
        Some(found) => Some(Answer::of(&found, reading)).filter(|answer| !answer.text.is_empty()),
        None if reading == Reading::Number => last_number(text),
        None => None,
    }
}

/// With the minus of a keyboard for the typographer's, and for a dash that stands right before digits and behind a space.
fn with_plain_minus(text: &str) -> Cow<'_, str> {
    if !text.contains(['−', '–']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let is_number = |next: &char| next.is_ascii_digit() || matches!(next, '$' | '€' | '₽' | '£');
        let is_sign = !before.is_alphanumeric() && letters.peek().is_some_and(is_number);
        plain.push(if letter == '−' || letter == '–' && is_sign { '-' } else { letter });
        before = letter;
    }
    Cow::Owned(plain)
}

/// The `answer` of the object in a text, whole or cut off.
fn in_json(text: &str) -> Option<String> {
    const KEY: &str = "\"answer\"";
    let at = text.rfind(KEY)?;
    let value = text.get(at + KEY.len()..)?.trim_start().strip_prefix(':')?.trim_start();
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<serde_json::Value>();
    match values.next() {
        Some(Ok(serde_json::Value::String(text))) => Some(text),
        // As it was written: its order and spaces are its author's.
        Some(Ok(other)) if !other.is_null() => value.get(..values.byte_offset()).map(str::to_owned),
        _ => None,
    }
}

fn after_marker(line: &str) -> Option<&str> {
    const MARKERS: [&str; 7] = ["answer:", "answer is", "ответ:", "ответ —", "ответ –", "result:", "итог:"];
    let lower = line.to_lowercase();
    let at = MARKERS.iter().filter_map(|marker| Some(lower.rfind(marker)? + marker.len())).max()?;
    // Lower case may change lengths (İ): then the place is not the same, and the line is not used.
    (lower.len() == line.len()).then(|| line.get(at..)).flatten().map(str::trim).filter(|r| !r.is_empty())
}

/// What the last `\boxed{}` holds, braces within it included.
fn boxed(text: &str) -> Option<&str> {
    let (_, rest) = text.rsplit_once("\\boxed{")?;
    let mut depth = 1_usize;
    let end = rest.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.and_then(|(end, _)| rest.get(..end))
}

fn last_number(text: &str) -> Option<Answer> {
    let digit_or_sign = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '/');
    let word = text.split(|c: char| !digit_or_sign(c)).rfind(|w| w.chars().any(|c| c.is_ascii_digit()))?;
    Some(Answer::of(word.trim_matches(['.', ',', '/']), Reading::Value))
}

/// Words without regard to case and spaces, those between the numbers of a list included.
fn in_words(bare: &str) -> String {
    let text = bare.to_lowercase().replace('ё', "е").split_whitespace().collect::<Vec<_>>().join(" ");
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '(' | ')' | '[' | ']' | '.');
    let mut parts = text.split(", ");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let are_numbers = whole.ends_with(is_number) && part.starts_with(is_number);
        whole += if are_numbers { "," } else { ", " };
        whole += part;
    }
    whole
}

/// The value of one unknown: "x = 5" is 5.
fn of_unknown(text: &str) -> &str {
    let Some((name, value)) = text.split_once('=') else { return text };
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '$' | '*' | '`'));
    let name = name.trim_start_matches("\\(").trim_start_matches("\\[").trim_start();
    if name.chars().count() == 1 && name.chars().all(char::is_alphabetic) && !value.contains('=') {
        value
    } else {
        text
    }
}

/// With a sign for the word of it: "minus 5".
fn negated(text: &str) -> Cow<'_, str> {
    let word_and_rest = text.trim_start().split_once(' ');
    let is_number =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '€' | '₽' | '£'));
    match word_and_rest {
        Some((word, rest)) if is_in("minus negative минус", &word.to_lowercase()) && is_number(rest) => {
            Cow::Owned(format!("-{rest}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Without one pair of quotes or backquotes around it.
fn unquoted(text: &str) -> &str {
    ['"', '\'', '`'].into_iter().find_map(|q| text.strip_prefix(q)?.strip_suffix(q)).unwrap_or(text)
}

/// Whether a word is one of a list of words.
fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        answer(text, Reading::Number).map(|answer| answer.text)
    }

    #[test]
    fn equal_answers_are_equal_however_they_are_written() {
        for (text, expected) in [
            ("42", "42"),
            ("**42**", "42"),
            ("So we get 12 + 30.\nAnswer: 42.", "42"),
            ("**Answer:** 42", "42"),
            ("The answer is 1,000.50", "2001/2"),
            ("Итак, 7 × 6.\nОтвет: 42", "42"),
            ("therefore \\boxed{42}", "42"),
            ("so \\boxed{\\frac{1}{2}}.", "1/2"),
            ("{\"reasoning\": \"1 of 2\", \"answer\": \"0.5\"}", "1/2"),
            ("```json\n{\n  \"reasoning\": \"\",\n  \"answer\": 18\n}\n```", "18"),
            ("Answer: $18", "18"),
            ("Answer: 18 dollars", "18"),
            ("Answer: 75%", "75"),
            ("Ответ: 1 500 руб.", "1500"),
            ("Ответ – 42", "42"),
            ("Answer: x = 5", "5"),
            (".5", "1/2"),
            ("1 000", "1000"),
            ("1'500", "1500"),
            ("1’234’567.5", "2469135/2"),
            ("½", "1/2"),
            ("Answer: 1 1/2", "3/2"),
            ("-1 1/2 cups", "-3/2"),
            ("2½ hours", "5/2"),
            ("1\\frac{1}{2}", "3/2"),
            ("-\\frac{1}{2}", "-1/2"),
            ("\\dfrac{3}{4} cup", "3/4"),
            ("5km", "5"),
            ("€1,500", "1500"),
            ("-$5", "-5"),
            ("Answer: 12\\%", "12"),
            ("90^\\circ", "90"),
            ("it is 1 500 000 ₽", "1500000"),
            ("Answer: ± 5", "± 5"),
            ("≥ 5", "≥ 5"),
            ("1'5", "1'5"),
            ("\\frac{1}{2}\\pi", "\\frac{1}{2}\\pi"),
            ("Answer: Q(0).", "q(0)"),
            ("\\(5\\)", "5"),
            ("\\[ \\frac{1}{2} \\]", "1/2"),
            ("(1-a)(1+a)", "(1-a)(1+a)"),
            ("((B))", "b"),
            ("[1, 2]", "[1,2]"),
            ("(1,5)", "(1,5)"),
            ("[1, 2)", "[1,2)"),
            ("C++", "c++"),
            ("C#.", "c#"),
            ("\\boxed{\\text{(B)}}", "b"),
            ("\\textbf{B}", "b"),
            ("\\(x = 5\\)", "5"),
            ("minus 5", "-5"),
            ("Ответ: минус 5", "-5"),
            ("–$5", "-5"),
            ("1 / 2", "1/2"),
            ("1⁄2", "1/2"),
            ("1_000", "1000"),
            ("5 million", "5000000"),
            ("ёлка", "елка"),
            ("42)", "42"),
            ("(42", "42"),
            ("5√3", "5√3"),
            ("4 square units", "4"),
            ("Answer: -7", "-7"),
            ("Answer: −7", "-7"),
            ("Ответ: –7 °", "-7"),
            ("Ответ – 7", "7"),
            ("Answer: 0 − 7", "0 - 7"),
            ("A long text that counts what is owed, adds it up and finds a balance of −17 in all.", "-17"),
            ("Answer: -1, 2", "-1,2"),
            ("{\"answer\": 5\\sqrt{3}}", "answer\": 5\\sqrt{3}"),
            ("Paris.", "paris"),
            ("(B)", "b"),
            (
                "A long text that counts some apples, then adds them up and finds that there are 17 apples in all.",
                "17",
            ),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
        let nothing =
            "A long text that says nothing that could be told apart from any other long text at all.";
        assert_eq!(value(nothing), None);
        assert_eq!(value("{\"answer\": null}"), Some("answer\": null".to_owned()));
    }

    #[test]
    fn different_answers_are_never_the_same() {
        for (one, other) in [
            ("8 million", "8 billion"),
            ("[1,2]", "1.2"),
            ("(1,2]", "[1,2)"),
            (">5", "<5"),
            ("x != 5", "x = 5"),
            ("-x = 5", "x = 5"),
            ("C", "C++"),
            ("A", "A+"),
            ("5+", "5"),
            ("¬A", "A"),
            ("5 тыс.", "5 млн"),
            ("5 am", "5 pm"),
            ("100 BC", "100 AD"),
            ("5 km", "5 miles"),
            ("7 days ago", "7 days later"),
            ("$5", "5 euros"),
            ("5%", "5°"),
            ("± 5", "5"),
            ("1 1/2", "11/2"),
            (".5", "5"),
        ] {
            let read = |text| answer(text, Reading::Number).unwrap();
            assert!(!read(one).may_be(&read(other)), "{one}, {other}");
        }
        let prose = |city| {
            format!("{city} became the capital of the country when it was founded for this in the year 1913.")
        };
        assert_eq!(answer(&prose("Canberra"), Reading::Value), None, "no number was asked for");
    }

    #[test]
    fn a_comma_is_read_as_it_is_meant() {
        for (text, expected) in [
            ("1,500", "1500"),
            ("1,5", "3/2"),
            ("1.50", "3/2"),
            ("12,345,678.90", "123456789/10"),
            ("-0,50", "-1/2"),
            ("0,125", "1/8"),
            ("0,000", "0"),
            ("007", "7"),
            ("0,00", "0"),
            ("-0", "0"),
            ("1,2,3", "1,2,3"),
            ("2/0", "2/0"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_long_answer_is_compared_as_it_stands_and_at_once() {
        for piece in ["000 ", "1 1/2 ", "5 km ", "((", "\\frac{", "a, "] {
            let long = format!("Answer: {}", piece.repeat(300_000));
            let read = answer(&long, Reading::Number).unwrap();
            assert_eq!(read.counted, None);
        }
    }

    #[test]
    fn what_a_program_prints_differs_by_every_sign() {
        let exact = |text| answer(text, Reading::Exact).map(|answer| answer.text);
        assert_eq!(exact("{\"answer\": \"'aB'\"}").as_deref(), Some("aB"));
        assert_ne!(exact("Answer: aB"), exact("Answer: ab"));
        assert_ne!(exact("Answer: 5"), exact("Answer: 5.0"));
        assert_eq!(exact("[1, 2]").as_deref(), Some("[1, 2]"));
        assert_eq!(exact("{\"answer\": \"\"}").as_deref(), Some(""), "nothing is an output, too");
        assert_ne!(exact("{\"answer\": \"yes \"}"), exact("{\"answer\": \"yes\"}"));
    }
}
