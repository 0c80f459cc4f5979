//! What a recorded model says in a replay, and whether that is right.
//!
//! Of most answers only the end was recorded, with the length of the whole. So the whole is as long, in words that mean
//! nothing and are each time others (two models, or two samples of one, do not write the same), and ends with the
//! recorded answer. What a run answers is read from its text again and held against the gold answer by the rule
//! of the pack's description, not by the engine's own reading.

use super::chance::Chance;
use super::pack::Question;

/// Syllables of words that mean nothing: no digits, no marks that an answer is looked for by.
const SYLLABLES: [&str; 32] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we",
    "xi", "yo", "zu", "bel", "cor", "dun", "fal", "gim", "hor", "jul", "kas", "lem", "mir", "nov", "pas",
];
/// Shortest text of a model that gave no answer: a short one would be read as an answer as a whole.
const LEAST_CHARS: u64 = 100;

/// A whole text of `chars` characters or a little more, which ends with this answer or has none.
pub(super) fn text(answer: Option<&str>, chars: u64, seed: u64) -> String {
    let end = answer.map(|answer| serde_json::json!({ "answer": answer }).to_string());
    let chars = if end.is_some() { chars } else { chars.max(LEAST_CHARS) };
    let room =
        usize::try_from(chars).unwrap_or(usize::MAX).saturating_sub(end.as_ref().map_or(0, String::len));
    let mut said = filler(room, seed);
    if let Some(end) = end {
        said.push('\n');
        said.push_str(&end);
    }
    said
}

fn filler(chars: usize, seed: u64) -> String {
    let mut said = String::with_capacity(chars + 16);
    let mut chance = Chance::new(seed | 1);
    while said.len() < chars {
        let random = chance.draw();
        for part in 0..2 + (random >> 60) % 2 {
            let at = usize::try_from((random >> (5 * part)) % 32).unwrap_or(0);
            said.push_str(SYLLABLES.get(at).copied().unwrap_or("na"));
        }
        said.push(' ');
    }
    said
}

/// The final answer of such a text.
pub(super) fn final_answer(text: &str) -> Option<String> {
    let last: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    Some(last.get("answer")?.as_str()?.to_owned())
}

/// Whether a normalised final answer is the gold one: numbers by value, what a program prints as it stands.
pub(super) fn is_right(question: &Question, answer: Option<&str>) -> bool {
    let Some(answer) = answer else { return false };
    if question.task == "crux" {
        return answer == question.gold;
    }
    match (answer.parse::<f64>(), question.gold.parse::<f64>()) {
        (Ok(said), Ok(gold)) => (said - gold).abs() <= f64::EPSILON * gold.abs(),
        _ => answer == question.gold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_engine::read_answer;

    #[test]
    fn a_text_is_as_long_as_recorded_and_says_its_answer_alone() {
        for (answer, chars) in [("42", 300), ("-0.5", 50), ("[1, 'a b']", 5000)] {
            let said = text(Some(answer), chars, 7);
            let over = said.chars().count() as u64 - chars.min(said.chars().count() as u64);
            assert!(over < 24, "{over} over {chars}");
            assert_eq!(final_answer(&said).as_deref(), Some(answer));
            assert_eq!(read_answer(&said, true).as_deref(), Some(answer), "as the engine reads it");
        }
        assert_ne!(text(Some("1"), 400, 1), text(Some("1"), 400, 2));
        let none = text(None, 10, 3);
        assert_eq!((final_answer(&none), read_answer(&none, false)), (None, None), "{none}");
    }

    #[test]
    fn right_is_what_the_pack_calls_right() {
        let asked = |task: &str, gold: &str| {
            let mut question = Question::named(task, "x");
            gold.clone_into(&mut question.gold);
            question
        };
        assert!(is_right(&asked("gsm", "70000"), Some("70000.0")));
        assert!(!is_right(&asked("gsm", "70000"), Some("70001")) && !is_right(&asked("gsm", "7"), None));
        assert!(is_right(&asked("crux", "'a'"), Some("'a'")) && !is_right(&asked("crux", "1"), Some("1.0")));
    }
}
