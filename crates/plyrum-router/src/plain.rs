//! Wishes that their structure makes plain, whatever weights make of their words.
//!
//! Weights were learned from collections in which "list …" and "convert …" begin descriptions of commands, and «переведи» is
//! always a translation. What follows the verb tells better: an amount, a sentence, a file of source code.

use plyrum_protocol::Intent;

use crate::cues::beginning;
use crate::intent::{Guess, Scores, place};
use crate::text::Text;

/// What the structure of the prompt says instead of the guess; none where it says nothing.
pub(crate) fn instead(guess: Guess, text: &Text, evidence: &Scores) -> Option<Guess> {
    let instead = match guess.intent {
        // What is written into a file of source code is code, whatever the words are like.
        Intent::WriteCreative if text.names_source() => Some(Intent::CodeWrite),
        Intent::Translate | Intent::Shell if moves_an_amount(text) => {
            Some(if names_what_into(text) { Intent::Math } else { Intent::Unknown })
        }
        Intent::Shell if counts_things(text) && names_nothing_of_a_shell(evidence) => {
            Some(Intent::Brainstorm)
        }
        Intent::Shell | Intent::ExtractClassify if changes_a_sentence(text) => Some(Intent::RewriteEdit),
        Intent::Shell if adds_tests(text) => Some(Intent::CodeWrite),
        Intent::Shell if is_in_a_language(text) && names_nothing_of_a_shell(evidence) => {
            Some(Intent::CodeWrite)
        }
        _ => None,
    };
    instead.map(|intent| match intent {
        Intent::Unknown => Guess { intent, confidence_milli: 0 },
        intent => Guess { intent, ..guess },
    })
}

/// Whether the prompt tells to mend or change code, and does not ask about it.
pub(crate) fn mends(text: &Text) -> bool {
    const VERBS: &[&str] =
        &["fix", "repair", "refactor", "optimize", "исправь", "почини", "отрефактори", "оптимизируй"];
    !text.asks() && VERBS.contains(&text.word(beginning(text)))
}

/// "Convert 10 miles", «переведи 5000 рублей»: a verb of moving, and an amount right behind it.
fn moves_an_amount(text: &Text) -> bool {
    const VERBS: &[&str] =
        &["convert", "transfer", "переведи", "переведите", "перевести", "перечисли", "конвертируй"];
    let verb = beginning(text);
    VERBS.contains(&text.word(verb)) && is_number(text.word(verb + 1))
}

/// Into what an amount is converted: "to km", «в километры».
fn names_what_into(text: &Text) -> bool {
    let after = beginning(text) + 2;
    (after..text.len()).any(|at| ["to", "into", "in", "в"].contains(&text.word(at)) && at > after)
}

/// "List 5 fruits".
fn counts_things(text: &Text) -> bool {
    const VERBS: &[&str] = &["list", "name", "give", "назови", "перечисли"];
    let verb = beginning(text);
    VERBS.contains(&text.word(verb)) && is_number(text.word(verb + 1))
}

/// "Remove the comma from this sentence".
fn changes_a_sentence(text: &Text) -> bool {
    const VERBS: &[&str] =
        &["remove", "replace", "change", "shorten", "fix", "убери", "удали", "замени", "измени", "исправь"];
    const TEXTS: &[&str] = &[
        "sentence",
        "paragraph",
        "essay",
        "предложении",
        "предложения",
        "абзаце",
        "абзаца",
        "фразе",
        "фразы",
    ];
    VERBS.contains(&text.word(beginning(text))) && text.words().take(12).any(|word| TEXTS.contains(&word))
}

/// "Add a test for the parser".
fn adds_tests(text: &Text) -> bool {
    let verb = beginning(text);
    ["add", "write", "create", "добавь", "напиши"].contains(&text.word(verb))
        && (verb + 1..verb + 4).any(|at| ["test", "tests", "тест", "тесты"].contains(&text.word(at)))
}

/// "Remove duplicates from a list in python".
fn is_in_a_language(text: &Text) -> bool {
    const LANGUAGES: &[&str] = &[
        "python",
        "rust",
        "javascript",
        "js",
        "typescript",
        "java",
        "go",
        "kotlin",
        "ruby",
        "php",
        "swift",
        "c",
    ];
    let pairs = || (1..text.len()).map(|at| (text.word(at - 1), text.word(at)));
    !text.asks()
        && pairs().any(|(before, word)| ["in", "в", "на"].contains(&before) && LANGUAGES.contains(&word))
}

fn names_nothing_of_a_shell(evidence: &Scores) -> bool {
    evidence.small.get(place(Intent::Shell)).is_none_or(|&sum| sum == 0)
}

fn is_number(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::evidence;

    #[test]
    fn what_follows_the_verb_tells_what_is_wanted() {
        for (prompt, guessed, meant) in [
            ("Переведи 5000 рублей Ивану", Intent::Translate, Intent::Unknown),
            ("переведи 10 миль в километры", Intent::Translate, Intent::Math),
            ("convert 10 miles to km", Intent::Shell, Intent::Math),
            ("convert a.png to a.jpg", Intent::Shell, Intent::Shell),
            ("переведи на английский: 5 яблок", Intent::Translate, Intent::Translate),
            ("list 5 fruits", Intent::Shell, Intent::Brainstorm),
            ("list 5 largest files", Intent::Shell, Intent::Shell),
            ("remove the comma from this sentence: a, b", Intent::ExtractClassify, Intent::RewriteEdit),
            ("удали запятую в этом предложении", Intent::Shell, Intent::RewriteEdit),
            ("удали старые письма из папки", Intent::Shell, Intent::Shell),
            ("remove old kernels", Intent::Shell, Intent::Shell),
            ("write sum.py so that it passes", Intent::WriteCreative, Intent::CodeWrite),
            ("add a test for the parser", Intent::Shell, Intent::CodeWrite),
            ("удали дубликаты из списка в python", Intent::Shell, Intent::CodeWrite),
            ("list installed packages in python", Intent::Shell, Intent::Shell),
        ] {
            let text = Text::of(prompt);
            let guess = Guess { intent: guessed, confidence_milli: 700 };
            let told = instead(guess, &text, &evidence(&text, 0)).unwrap_or(guess);
            assert_eq!(told.intent, meant, "{prompt}");
        }
    }
}
