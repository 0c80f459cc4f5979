//! Where sentences end, in English and Russian.
//!
//! A full stop ends a sentence less often than it seems: "т. е.", "ул. Ленина", "e.g. this", "Dr. Who",
//! "А. С. Пушкин", "v1.2". The general Unicode rule breaks at all of these, so the rule here is our own: a
//! mark ends a sentence when space and something other than a small letter follow, and the word before it is
//! not an abbreviation that wants its continuation. Abbreviations that may well end a sentence ("и т. д.",
//! "руб.", "etc.") need no list: a capital after them is a new sentence, a small letter is not.

use std::ops::Range;

/// Bytes of the longest piece handed on; longer runs are cut at spaces.
pub(super) const MAX_BYTES: usize = 700;

/// Abbreviations, in lower case and without the last dot, after which a sentence goes on whatever follows.
const OPEN: &[&str] = &[
    "dr",
    "mr",
    "mrs",
    "ms",
    "prof",
    "st",
    "sr",
    "jr",
    "rev",
    "gen",
    "col",
    "capt",
    "lt",
    "hon",
    "vs",
    "e.g",
    "i.e",
    "eg",
    "ie",
    "cf",
    "viz",
    "fig",
    "figs",
    "no",
    "nos",
    "vol",
    "pp",
    "ed",
    "eds",
    "al",
    "approx",
    "ca",
    "dept",
    "est",
    "ул",
    "пр-т",
    "просп",
    "пер",
    "бул",
    "наб",
    "пл",
    "им",
    "см",
    "ср",
    "напр",
    "рис",
    "табл",
    "стр",
    "гл",
    "акад",
    "проф",
    "доц",
    "канд",
    "тов",
    "гр",
    "обл",
    "респ",
    "пос",
    "дер",
    "корп",
    "стр-е",
    "тел",
    "т.е",
    "т.к",
    "т.н",
    "т.ч",
    "св",
    "зав",
    "зам",
    "ред",
    "изд",
    "вып",
    "ст",
];

/// The sentences of a text whose lines were already joined, without the spaces between them.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut marks = text.char_indices().peekable();
    while let Some((at, letter)) = marks.next() {
        if !is_end_mark(letter) {
            continue;
        }
        let mut end = at + letter.len_utf8();
        while let Some(&(at, next)) = marks.peek() {
            if !(is_end_mark(next) || is_closer(next)) {
                break;
            }
            end = at + next.len_utf8();
            marks.next();
        }
        if ends_here(text, start, at, end, letter) {
            push(text, start..end, &mut sentences);
            start = end;
        }
    }
    push(text, start..text.len(), &mut sentences);
    sentences
}

fn is_end_mark(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closer(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '»' | '”' | '’' | ')' | ']' | '*' | '_' | '`')
}

/// Whether a sentence that began at `start` ends with the mark at `at`, whose closers end at `end`.
fn ends_here(text: &str, start: usize, at: usize, end: usize, mark: char) -> bool {
    if matches!(mark, '。' | '！' | '？') {
        return true;
    }
    let rest = text.get(end..).unwrap_or_default();
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return false;
    }
    let next = rest
        .trim_start()
        .trim_start_matches(['"', '\'', '«', '“', '„', '(', '[', '*', '_', '`'])
        .chars()
        .next();
    let Some(next) = next else { return true };
    if next.is_lowercase() {
        return false;
    }
    if mark != '.' || end > at + 1 {
        return true;
    }
    !wants_more(text.get(start..at).unwrap_or_default(), next)
}

/// Whether the last word of `before` (its full stop left off) is an abbreviation that `next` continues.
fn wants_more(before: &str, next: char) -> bool {
    let mut words = before.split_whitespace().rev();
    let Some(last) = words.next() else { return false };
    let word = last.trim_start_matches(['(', '[', '"', '«', '“', '„', '*', '_', '`']);
    let previous = words.next().unwrap_or_default();
    if previous.is_empty() && !word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit()) {
        return true; // "1. First" at the very beginning
    }
    let lower = word.to_lowercase();
    if OPEN.contains(&lower.as_str()) {
        // "No." and "Ed." are words too: they are abbreviations only where a number or a name follows.
        return !matches!(lower.as_str(), "no" | "ed" | "st" | "ст" | "al" | "est") || next.is_numeric();
    }
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_alphabetic() => single_letter(letter, previous, next),
        _ => is_acronym(word),
    }
}

/// "А. С. Пушкин", "д. 5", "т. Смит", "т. е. Смит" go on; "и т. д. Потом", "в 2020 г. Потом" and "am I. He" end.
fn single_letter(letter: char, previous: &str, next: char) -> bool {
    if letter.is_uppercase() {
        return letter != 'I';
    }
    if next.is_numeric() {
        return true; // "д. 5", "с. 12"
    }
    match letter {
        'г' => !previous.ends_with(|digit: char| digit.is_ascii_digit()),
        'д' | 'п' => previous != "т." && previous != "др.",
        'е' | 'к' | 'н' | 'ч' | 'т' => true,
        _ => false,
    }
}

/// "U.S" of "U.S. Army": single capitals with dots between.
fn is_acronym(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_uppercase) && letters.next().is_none()
        })
}

/// Adds a range without its outer spaces, in pieces of at most [`MAX_BYTES`].
fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let mut range = trimmed(text, range);
    while range.len() > MAX_BYTES {
        let piece = text.get(range.clone()).unwrap_or_default();
        let bound = piece.floor_char_boundary(MAX_BYTES);
        let head = piece.get(..bound).unwrap_or_default();
        let cut = head.rfind(char::is_whitespace).filter(|&cut| cut > 0).unwrap_or(bound);
        sentences.push(trimmed(text, range.start..range.start + cut));
        range = trimmed(text, range.start + cut..range.end);
    }
    if !range.is_empty() {
        sentences.push(range);
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = split(text).into_iter().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn plain_sentences_end_at_their_marks() {
        check("One here. Two there! Three? Four…", &["One here.", "Two there!", "Three?", "Four…"]);
        check("Первое. Второе! «Третье?» Да.", &["Первое.", "Второе!", "«Третье?»", "Да."]);
        check("He said \"Stop.\" Then left.", &["He said \"Stop.\"", "Then left."]);
    }

    #[test]
    fn english_abbreviations_do_not_end_a_sentence() {
        check(
            "Use tools, e.g. Cargo, with Dr. Who. Fine.",
            &["Use tools, e.g. Cargo, with Dr. Who.", "Fine."],
        );
        check(
            "Release v1.2 fixes node.js. See Fig. 3 there.",
            &["Release v1.2 fixes node.js.", "See Fig. 3 there."],
        );
        check(
            "The U.S. Army came. J. R. R. Tolkien wrote.",
            &["The U.S. Army came.", "J. R. R. Tolkien wrote."],
        );
        check(
            "Nuts, bolts, etc. are here. Nuts etc. We go.",
            &["Nuts, bolts, etc. are here.", "Nuts etc.", "We go."],
        );
        check("She said no. He left. See no. 5 too.", &["She said no.", "He left.", "See no. 5 too."]);
        check("So am I. He too.", &["So am I.", "He too."]);
    }

    #[test]
    fn russian_abbreviations_do_not_end_a_sentence() {
        check("Яблоки, т. е. Фрукты, и т. д. Потом ещё.", &["Яблоки, т. е. Фрукты, и т. д.", "Потом ещё."]);
        check(
            "Живёт на ул. Ленина, д. 5, в г. Москва. Да.",
            &["Живёт на ул. Ленина, д. 5, в г. Москва.", "Да."],
        );
        check("А. С. Пушкин родился в 1799 г. Он поэт.", &["А. С. Пушкин родился в 1799 г.", "Он поэт."]);
        check(
            "Стоит 100 руб. за штуку. Всего 5 тыс. руб. Дорого.",
            &["Стоит 100 руб. за штуку.", "Всего 5 тыс. руб.", "Дорого."],
        );
        check(
            "Лампы, свечи и т.п. Всё есть. См. Приложение.",
            &["Лампы, свечи и т.п.", "Всё есть.", "См. Приложение."],
        );
    }

    #[test]
    fn a_text_without_marks_is_cut_at_spaces() {
        let text = "слово ".repeat(1000);
        let pieces = split(&text);
        assert!(pieces.len() > 10);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.len() <= MAX_BYTES && text.get(piece.clone()).unwrap().ends_with("слово"))
        );
    }

    proptest! {
        #[test]
        fn sentences_are_in_order_and_cover_every_visible_letter(text in "[a-zA-Zа-яА-Я0-9 .!?…\"»)(\n]{0,300}") {
            let mut covered = String::new();
            let mut last = 0;
            for range in split(&text) {
                prop_assert!(range.start >= last);
                last = range.end;
                covered.push_str(text.get(range).unwrap());
            }
            let visible = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&covered), visible(&text));
        }
    }
}
