//! Language by letters: enough to choose the language of an answer, not to name every language.

use plyrum_protocol::Language;

/// Letters that are looked at.
const MAX_LETTERS: usize = 16 * 1024;

/// Russian from a quarter of Cyrillic letters on: people quote much Latin text in Russian questions.
/// Ukrainian and Serbian letters, other scripts and many Latin letters with marks are `other`.
pub(crate) fn of(prompt: &str) -> Language {
    let (mut russian, mut latin, mut marked, mut foreign) = (0usize, 0usize, 0usize, 0usize);
    if prompt.is_ascii() {
        let has_letters = prompt.bytes().any(|byte| byte.is_ascii_alphabetic());
        return if has_letters { Language::En } else { Language::Other };
    }
    let mut left = MAX_LETTERS;
    for letter in prompt.chars() {
        match letter {
            'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' => russian += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            _ if letter.is_ascii() || !letter.is_alphabetic() => continue,
            'À'..='ɏ' | 'Ḁ'..='ỿ' => marked += 1,
            _ => foreign += 1,
        }
        left -= 1;
        if left == 0 {
            break;
        }
    }
    let all = russian + latin + marked + foreign;
    if all == 0 || foreign * 25 > all {
        Language::Other
    } else if russian * 4 >= all {
        Language::Ru
    } else if marked * 12 > all {
        Language::Other
    } else {
        Language::En
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_tell_the_language() {
        for (prompt, language) in [
            ("What is this?", Language::En),
            ("Naïve café question about Java", Language::En),
            ("Что это?", Language::Ru),
            ("Объясни, что делает fn main() { println!(\"hi\") }", Language::Ru),
            ("Що це таке, як їхати до міста і чи є там їжа?", Language::Other),
            ("写一首关于春天的诗", Language::Other),
            ("viết cho tôi một lời quảng cáo về tư vấn sự kiện", Language::Other),
            ("2 + 2 =", Language::Other),
            ("", Language::Other),
        ] {
            assert_eq!(of(prompt), language, "{prompt}");
        }
    }
}
