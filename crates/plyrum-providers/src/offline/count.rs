//! How the offline provider counts tokens, and cuts at a token bound.
//!
//! The rule, in full: a run of letters, digits and underscores is one token, an ideograph or kana letter is
//! one token by itself, and every other visible character is one token. Spaces are free. So a count never
//! exceeds the text's bytes, and anyone can check a bill by hand. A conversation is the texts of its messages,
//! results of tools among them, and the names and arguments of its calls; ids and the offer of tools are free.

use crate::ChatMessage;

/// Tokens of a conversation.
pub(super) fn conversation(messages: &[ChatMessage]) -> u64 {
    let calls = messages.iter().flat_map(|message| &message.calls);
    let called = calls.flat_map(|call| [&call.name, &call.arguments]);
    messages.iter().map(|message| &message.content).chain(called).map(|text| tokens(text)).sum()
}

/// Tokens of a text.
pub(super) fn tokens(text: &str) -> u64 {
    let mut count = 0;
    each_start(text, |_| {
        count += 1;
        true
    });
    count
}

/// A prefix of at most `max` tokens, as long as whole words allow, and whether anything visible was left off.
/// Where the bound falls inside a run without spaces ("self-hosted"), the whole run goes, unless it is all there is.
pub(super) fn at_most(text: &str, max: u64) -> (&str, bool) {
    let mut count = 0;
    let mut cut = None;
    each_start(text, |at| {
        count += 1;
        if count > max {
            cut = Some(at);
        }
        cut.is_none()
    });
    match cut {
        Some(at) => (whole_words(text, at).trim_end(), true),
        None => (text, false),
    }
}

fn whole_words(text: &str, at: usize) -> &str {
    let (kept, left) = text.split_at_checked(at).unwrap_or((text, ""));
    let is_word = |letter: char| letter.is_alphanumeric() && !alone(letter);
    let run = left.split(char::is_whitespace).next().unwrap_or_default();
    let glued = run.contains(is_word) && kept.ends_with(|letter: char| !letter.is_whitespace());
    let back = if glued { kept.rfind(char::is_whitespace) } else { None };
    back.and_then(|at| kept.get(..at)).unwrap_or(kept)
}

/// Calls `start` with the byte offset of each token until it says `false`.
fn each_start(text: &str, mut start: impl FnMut(usize) -> bool) {
    let mut inside = false;
    for (at, letter) in text.char_indices() {
        let word = (letter.is_alphanumeric() || letter == '_') && !alone(letter);
        let begins = if word { !inside } else { !letter.is_whitespace() };
        inside = word;
        if begins && !start(at) {
            return;
        }
    }
}

/// Letters of scripts that write no spaces between words.
fn alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_marks_count_one_each() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("  \n"), 0);
        assert_eq!(tokens("Hello, world!"), 4);
        assert_eq!(tokens("Привет, мир — snake_case2"), 5);
        assert_eq!(tokens("東京 ok"), 3);
    }

    #[test]
    fn a_cut_is_never_inside_a_word() {
        assert_eq!(at_most("one two, three", 3), ("one two,", true));
        assert_eq!(at_most("one two  ", 2), ("one two  ", false));
        assert_eq!(at_most("a self-hosted tool", 2), ("a", true));
        assert_eq!(at_most("self-hosted", 1), ("self", true));
        assert_eq!(at_most("one", 0), ("", true));
        assert_eq!(at_most("", 0), ("", false));
    }

    proptest! {
        #[test]
        fn the_kept_part_has_no_more_tokens_than_allowed(text in "\\PC{0,80}", max in 0u64..20) {
            let (kept, cut) = at_most(&text, max);
            prop_assert!(text.starts_with(kept));
            prop_assert!(tokens(kept) <= max);
            prop_assert_eq!(cut, tokens(&text) > max);
            prop_assert!(tokens(&text) <= text.len() as u64);
        }
    }
}
