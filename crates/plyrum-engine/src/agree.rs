//! When two answers are the same: discrete answers by their normalised value, prose by shared phrases.

use std::collections::BTreeSet;

/// Words of a phrase that is compared.
const PHRASE: usize = 3;
/// Phrases shared by near-duplicates, in percent of all (Jaccard index; Broder 1997 calls it resemblance).
const NEAR_PERCENT: usize = 90;
/// Longest text that is an answer as a whole, in characters.
const SHORT: usize = 60;

/// The answer in a text, normalised so that equal answers are equal: what follows "answer:" on its last such
/// line, what a last `\boxed{}` holds, a short text as a whole, else the last number. `None` where no
/// answer can be told from the words around it.
pub(crate) fn answer(text: &str) -> Option<String> {
    let text = text.trim();
    let marked = text.lines().rev().find_map(after_marker);
    let found = boxed(text).or(marked).or_else(|| (text.chars().count() <= SHORT).then_some(text));
    match found {
        Some(found) => Some(normal(found)).filter(|value| !value.is_empty()),
        None => last_number(text),
    }
}

fn after_marker(line: &str) -> Option<&str> {
    const MARKERS: [&str; 6] = ["answer:", "answer is", "ответ:", "ответ —", "result:", "итог:"];
    let lower = line.to_lowercase();
    let (at, marker) = MARKERS.iter().filter_map(|m| lower.rfind(m).map(|at| (at, m))).max()?;
    // Lower case may change lengths (İ): then the place is not the same, and the line is not used.
    (lower.len() == line.len())
        .then(|| line.get(at + marker.len()..))
        .flatten()
        .map(str::trim)
        .filter(|r| !r.is_empty())
}

fn boxed(text: &str) -> Option<&str> {
    let (_, rest) = text.rsplit_once("\\boxed{")?;
    rest.split_once('}').map(|(inside, _)| inside)
}

fn last_number(text: &str) -> Option<String> {
    let digit_or_sign = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let word = text.split(|c: char| !digit_or_sign(c)).rfind(|w| w.chars().any(|c| c.is_ascii_digit()))?;
    Some(normal(word))
}

/// Lower case, no thousands separators, no trailing zeros, no punctuation or markup around.
fn normal(text: &str) -> String {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '-');
    number(text).unwrap_or_else(|| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A number as it is compared. A comma before three digits parts thousands, another one is a decimal comma:
/// "1,500" is 1500 and "1,5" is 1.5.
fn number(text: &str) -> Option<String> {
    let bare = text.replace(['\u{a0}', '\u{202f}'], "");
    let (sign, digits) = bare.strip_prefix('-').map_or(("", bare.as_str()), |rest| ("-", rest));
    let groups: Vec<&str> = digits.split(',').collect();
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let by_thousands = |groups: &[&str]| {
        let (first, rest) = groups.split_first().unwrap_or((&"", &[]));
        all_digits(first) && first.len() <= 3 && rest.iter().all(|g| all_digits(g) && g.len() == 3)
    };
    let (whole, fraction) = match groups.as_slice() {
        [one] => one.split_once('.').unwrap_or((one, "0")),
        [whole, fraction] if !fraction.contains('.') && fraction.len() != 3 => (*whole, *fraction),
        [first @ .., last] => {
            let (last, fraction) = last.split_once('.').unwrap_or((last, "0"));
            let groups: Vec<&str> = first.iter().copied().chain([last]).collect();
            let joined = by_thousands(&groups).then(|| groups.concat())?;
            return all_digits(fraction).then(|| plain(sign, &joined, fraction));
        }
        [] => return None,
    };
    (all_digits(whole) && all_digits(fraction)).then(|| plain(sign, whole, fraction))
}

fn plain(sign: &str, whole: &str, fraction: &str) -> String {
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    match fraction.trim_end_matches('0') {
        "" if whole == "0" => "0".to_owned(),
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// Whether two of these texts give the same answer.
pub(crate) fn two_agree<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    texts.filter_map(answer).any(|value| !seen.insert(value))
}

/// Groups of equal answers, each with the places of its members; the largest group first, equal ones in
/// order of their best-ranked member. Texts without an answer stand alone.
pub(crate) fn votes(texts: &[&str]) -> Vec<Vec<usize>> {
    let answers: Vec<Option<String>> = texts.iter().map(|text| answer(text)).collect();
    group(texts.len(), |a, b| answers.get(a).is_some_and(|x| x.is_some() && answers.get(b) == Some(x)))
}

/// Groups of texts that say nearly the same in nearly the same words; of `discrete` answers only such that
/// give the same one, since a long text may differ in that alone.
pub(crate) fn near_duplicates(texts: &[&str], discrete: bool) -> Vec<Vec<usize>> {
    let answers: Vec<_> = texts.iter().map(|text| answer(text).filter(|_| discrete)).collect();
    let phrases: Vec<BTreeSet<Vec<String>>> = texts.iter().map(|text| phrases(text)).collect();
    group(texts.len(), |a, b| match (phrases.get(a), phrases.get(b)) {
        (Some(one), Some(two)) => is_near(one, two) && answers.get(a) == answers.get(b),
        _ => false,
    })
}

fn phrases(text: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    match words.as_slice() {
        [] => BTreeSet::from([vec![text.trim().to_owned()]]), // signs alone: as they are
        few if few.len() < PHRASE => BTreeSet::from([words]),
        many => many.windows(PHRASE).map(<[String]>::to_vec).collect(),
    }
}

fn is_near(a: &BTreeSet<Vec<String>>, b: &BTreeSet<Vec<String>>) -> bool {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    shared * 100 >= all * NEAR_PERCENT
}

fn group(count: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in 0..count {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same(*first, at))) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len())); // stable: equals stay in order of rank
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_answers_are_equal_however_they_are_written() {
        for (text, value) in [
            ("42", "42"),
            ("**42**", "42"),
            ("So we get 12 + 30.\nAnswer: 42.", "42"),
            ("The answer is 1,000.50", "1000.5"),
            ("Итак, 7 × 6.\nОтвет: 42", "42"),
            ("therefore \\boxed{42}", "42"),
            ("Paris.", "paris"),
            ("(B)", "b"),
            (
                "A long text that counts some apples, then adds them up and finds that there are 17 apples in all.",
                "17",
            ),
        ] {
            assert_eq!(answer(text).as_deref(), Some(value), "{text}");
        }
        assert_eq!(
            answer("A long text that says nothing that could be told apart from any other long text at all."),
            None
        );
    }

    #[test]
    fn the_largest_group_wins_and_rank_breaks_ties() {
        assert_eq!(votes(&["1", "2", "2.0", "3"]), vec![vec![1, 2], vec![0], vec![3]]);
        assert_eq!(votes(&["5", "4"]), vec![vec![0], vec![1]]);
        assert!(two_agree(["7", "Answer: 7"].into_iter()) && !two_agree(["7", "8"].into_iter()));
    }

    #[test]
    fn a_comma_is_read_as_it_is_meant() {
        for (text, value) in [
            ("1,500", "1500"),
            ("1,5", "1.5"),
            ("1.50", "1.5"),
            ("12,345,678.90", "12345678.9"),
            ("-0,50", "-0.5"),
            ("007", "7"),
            ("0,00", "0"),
            ("-0", "0"),
            ("1,2,3", "1,2,3"),
        ] {
            assert_eq!(answer(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn the_same_words_with_another_result_are_another_answer() {
        let words = "First we add the apples of the two baskets, then we take away the ones that were eaten, \
                     and so we get the number of apples that are left in the end of it all, which is ";
        let (one, two) = (format!("{words}17."), format!("{words}18."));
        assert_eq!(near_duplicates(&[&one, &two], true).len(), 2);
        assert_eq!(near_duplicates(&[&one, &two], false).len(), 1);
    }

    #[test]
    fn near_duplicates_are_merged_and_different_texts_are_not() {
        let a = "The daemon owns the keys, the money and the audit log of every run that it drives.";
        let b = "The daemon owns the keys, the money and the audit log of every run that it drives!";
        let c = "Clients connect over a local socket and hold nothing of their own.";
        assert_eq!(near_duplicates(&[a, c, b], false), vec![vec![0, 2], vec![1]]);
        assert_eq!(near_duplicates(&["🦀", "🦞", "🦀"], false), vec![vec![0, 2], vec![1]]);
    }
}
