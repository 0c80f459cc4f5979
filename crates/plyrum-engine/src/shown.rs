//! Untrusted text as it stands within a block: nothing in it can end the block, begin another one, act on a terminal
//! or hide.
//!
//! What could is written as `\u{…}` with the character's number, and so is the backslash of a `\u{` that stands in
//! the text, so that each shown text means exactly one. Markup of the answer's own (`</div>`, `<summary>`) stays as it
//! is: who puts one answer together copies it. The boundary is among what is escaped: it follows from the run's seed, which
//! some providers are sent, so that it is no secret.

use std::fmt::Write as _;

/// What stands at the end of a text that had to be cut.
const CUT: &str = " […]";
/// Names of the blocks that a message of ours is made of.
const BLOCKS: [&str; 5] = ["proposal", "attachment", "project-instructions", "json-schema", "answer-form"];

/// The text in at most `max_bytes`.
pub(crate) fn shown(text: &str, max_bytes: usize, boundary: &str) -> String {
    let text = text.trim();
    let mut out = String::with_capacity(text.len().min(max_bytes));
    let mut before = ' ';
    let mut room_for_cut = 0; // how much of it may stay where it has to be cut
    for (at, c) in text.char_indices() {
        if out.len() + CUT.len() <= max_bytes {
            room_for_cut = out.len();
        }
        let acts = is_hidden(c, before) || text.get(at..).is_some_and(|rest| begins(rest, boundary));
        push(&mut out, c, acts);
        before = c;
        if out.len() > max_bytes {
            out.truncate(room_for_cut);
            out.push_str(if CUT.len() <= max_bytes { CUT } else { "" });
            return out;
        }
    }
    out
}

fn push(out: &mut String, c: char, escaped: bool) {
    if escaped {
        let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// Whether here begins what must not stand in a block: a tag of ours, the boundary, or what looks like an escape.
fn begins(text: &str, boundary: &str) -> bool {
    match text.strip_prefix('<') {
        Some(tag) => is_a_block(tag),
        None => text.starts_with("\\u{") || starts(text, boundary),
    }
}

/// Whether a tag names a block, opening or closing, however it is spelt.
fn is_a_block(tag: &str) -> bool {
    let name = tag.trim_start_matches(|c: char| c == '/' || c == '\\' || c.is_whitespace());
    BLOCKS.iter().any(|block| starts(name, block))
}

fn starts(text: &str, word: &str) -> bool {
    !word.is_empty() && text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a character shows nothing of itself: it controls, reorders, joins, fills or is not assigned. Spaces of every
/// width are shown, and so is the selector that makes one sign an emoji.
fn is_hidden(c: char, before: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        '\u{2028}' | '\u{2029}' => true,
        c if c.is_control() => true,
        '\u{fe0f}' => is_filler(before) || before.is_ascii_alphanumeric() || before.is_whitespace(),
        // Behind a letter, so that marks, which belong to a text, are not taken for something strange.
        _ => is_filler(c) || !c.is_whitespace() && format!("a{c}").escape_debug().nth(1) == Some('\\'),
    }
}

/// Letters and marks that show nothing, as Unicode has them (`Default_Ignorable_Code_Point`), and the empty braille sign.
const fn is_filler(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDARY: &str = "00c0ffee00c0ffee";

    fn whole(text: &str) -> String {
        shown(text, usize::MAX, BOUNDARY)
    }

    /// What a reader of the blocks makes of a shown text.
    fn read(shown: &str) -> String {
        let mut parts = shown.split("\\u{");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |mut out, part| {
            let (number, rest) = part.split_once('}').expect("an escape ends");
            out.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
            out + rest
        })
    }

    #[test]
    fn markup_and_languages_of_an_answer_stay_as_they_are() {
        for text in [
            "<details><summary>x</summary></details>\n</div>\n\tif a < b && c </d>",
            "Привет, 世界。\u{3000}שלום, e\u{301}, 1\u{a0}000\u{202f}₽, ❤\u{fe0f} 🦀",
            r"\n \\ \u00e9 \x1b $\frac{1}{2}$",
        ] {
            assert_eq!(whole(text), text);
        }
    }

    #[test]
    fn what_acts_or_hides_is_written_by_its_number() {
        let cases = [
            ("a</proposal>", "a\\u{3c}/proposal>"),
            ("< / PROPOSAL >", "\\u{3c} / PROPOSAL >"),
            ("<\\/proposal>", "\\u{3c}\\/proposal>"),
            ("<attachment name=\"a\">", "\\u{3c}attachment name=\"a\">"),
            ("</project-instructions>", "\\u{3c}/project-instructions>"),
            ("\u{1b}[2J\u{9b}1m\r\0", "\\u{1b}[2J\\u{9b}1m\\u{d}\\u{0}"),
            (
                "a\u{202e}b\u{2066}c\u{200b}d\u{200d}e\u{feff}f",
                "a\\u{202e}b\\u{2066}c\\u{200b}d\\u{200d}e\\u{feff}f",
            ),
            ("a\u{e0041}\u{e0100}\u{3164}b", "a\\u{e0041}\\u{e0100}\\u{3164}b"),
            ("a\u{fe0f}❤\u{fe0f}\u{fe0f}", "a\\u{fe0f}❤\u{fe0f}\\u{fe0f}"),
            ("a\u{2028}b\u{2029}c\u{e000}", "a\\u{2028}b\\u{2029}c\\u{e000}"),
            ("\\u{1b}", "\\u{5c}u{1b}"),
            ("x 00C0ffee00c0ffee", "x \\u{30}0C0ffee00c0ffee"),
        ];
        for (text, expected) in cases {
            assert_eq!(whole(text), expected);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters_and_escapes() {
        assert_eq!(shown("\u{1b}\u{1b}\u{1b}\u{1b}", 20, BOUNDARY), "\\u{1b}\\u{1b} […]");
        assert_eq!(shown("яяяяяяя", 9, BOUNDARY), "я […]");
        assert_eq!(shown("abcdefgh", 7, BOUNDARY), "a […]");
        assert_eq!((shown("abc", 2, BOUNDARY), shown("abc", 0, BOUNDARY)), (String::new(), String::new()));
        assert_eq!(shown("abc", 3, BOUNDARY), "abc");
    }

    proptest! {
        #[test]
        fn every_text_is_read_back_and_none_acts(
            text in "(.|<|</|[pP]roposal|>|\n|\r|\\\\|u\\{|\\}|00c0ffee|\u{1b}|\u{202e}|\u{200b}|\u{fe0f}|\u{e0041}|я){0,30}"
        ) {
            let body = whole(&text);
            prop_assert_eq!(read(&body), text.trim());
            let lower = body.to_lowercase();
            prop_assert!(!lower.contains("</proposal") && !lower.contains("<proposal") && !lower.contains(BOUNDARY));
            prop_assert!(!body.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        }

        #[test]
        fn a_text_keeps_to_its_share(
            text in "(a|я|\n|</proposal>|<proposal|\u{1b}|\u{200b}|00c0ffee00c0ffee){0,40}", max in 0_usize..200
        ) {
            let body = shown(&text, max, BOUNDARY);
            prop_assert!(body.len() <= max);
            prop_assert!(whole(&text).starts_with(body.strip_suffix(CUT).unwrap_or(&body)));
        }
    }
}
