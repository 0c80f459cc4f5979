//! The one sanitiser between untrusted text and a terminal: control characters and escape sequences are
//! taken out, whatever wrote them (a model, a file name, an error message).
//!
//! It keeps `\n` and `\t`. Characters that reorder or hide text (bidirectional controls, zero-width spaces, tags) go
//! too; joiners stay where writing needs them: behind a letter or an emoji. A sequence is swallowed to its end; one that never ends is given up at the next
//! newline, so hostile text cannot hide what follows.

/// Removes control sequences from text that arrives in pieces.
#[derive(Debug, Default)]
pub struct Sanitizer {
    state: State,
    /// The last character that was kept.
    last: char,
}

/// Whether a character only changes how others are shown: it reorders, hides, or is a message to programs.
const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether a character joins or separates its neighbours (ZWJ, ZWNJ).
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte, as in `ESC ( B`.
    Intermediate,
    /// In a control sequence (CSI), until its final byte.
    Csi,
    /// In a control string (OSC, DCS, APC, PM, SOS), until BEL or ST.
    Str,
    /// In a control string after ESC.
    StrEscape,
}

impl Sanitizer {
    /// The safe part of the next piece.
    pub fn push(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            self.take(c, &mut out);
        }
        out
    }

    fn take(&mut self, c: char, out: &mut String) {
        if c == '\n' {
            self.state = State::Text;
        }
        self.state = match (self.state, c) {
            (State::Text, '\u{1b}') => State::Escape,
            (_, '\u{9b}') => State::Csi,
            (_, '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}') => State::Str,
            (State::Text, c) => {
                self.keep(c, out);
                State::Text
            }
            (State::Escape, '[') => State::Csi,
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Str,
            (State::Escape | State::Intermediate, ' '..='/') => State::Intermediate,
            (State::Escape, '\u{1b}') => State::Escape,
            (State::Escape | State::Intermediate, _) => State::Text,
            (State::Csi, '\u{20}'..='\u{3f}') => State::Csi,
            (State::Csi | State::StrEscape, '\u{1b}') => State::Escape,
            (State::Csi, _) => State::Text,
            (State::Str, '\u{1b}') => State::StrEscape,
            // A terminal leaves a control string at CAN and SUB: what follows is text, and is shown.
            (State::Str | State::StrEscape, '\u{18}' | '\u{1a}') => State::Text,
            (State::Str, '\u{7}' | '\u{9c}') | (State::StrEscape, '\\') => State::Text,
            (State::Str | State::StrEscape, _) => State::Str,
        };
    }

    fn keep(&mut self, c: char, out: &mut String) {
        let joins_nothing = is_joiner(c) && (self.last.is_ascii() || is_joiner(self.last));
        let kept = c == '\n' || c == '\t' || !(c.is_control() || is_hidden(c) || joins_nothing);
        if kept {
            self.last = c;
            out.push(c);
        }
    }
}

/// A whole text, made safe.
pub fn clean(text: &str) -> String {
    Sanitizer::default().push(text)
}

/// A text for one cell of a table: safe, and on one line.
pub fn cell(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::visible::escaped;

    #[test]
    fn sequences_are_removed_and_text_stays() {
        for (hostile, safe) in [
            ("a\u{1b}[31mred\u{1b}[0m b", "ared b"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]52;c;aGk=\u{1b}\\x", "x"),
            ("\u{9b}2Jx\u{9d}0;t\u{9c}y", "xy"),
            ("\u{1b}(Bx\u{1b}=y\u{1b}7z", "xyz"),
            ("a\rb\u{8}c\u{7f}d\u{0}e", "abcde"),
            ("Привет\tмир\n", "Привет\tмир\n"),
            ("\u{1b}]never ends\nnext line", "\nnext line"),
            ("\u{1b}\u{1b}[31mx", "x"),
            ("\u{1b}P1$r\u{1b}[31m\u{1b}\\x", "x"),
        ] {
            assert_eq!(clean(hostile), safe, "{hostile:?}");
        }
    }

    #[test]
    fn every_class_of_hostile_text_is_disarmed() {
        for (hostile, safe) in [
            ("50%\r100%\r", "50%100%"),
            ("rm\u{8}\u{8}ls", "rmls"),
            ("a\u{7}\u{b}\u{c}\u{e}\u{f}\u{11}\u{13}b", "ab"),
            ("a\u{85}\u{84}\u{8d}b", "ab"),
            ("\u{1b}[6n\u{1b}[c\u{1b}[>0q\u{1b}Zx", "x"),
            ("\u{1b}[?1049h\u{1b}[?2004l\u{1b}[=5ux", "x"),
            ("\u{1b}[38;2;1;2;3mx\u{1b}[38:2::1:2:3my", "xy"),
            ("\u{1b}]8;;https://a.b\u{7}x\u{1b}]8;;\u{7}", "x"),
            ("\u{1b}]0;a\u{9c}x", "x"),
            ("\u{1b}_Gpayload\u{1b}\\x\u{1b}^pm\u{1b}\\y\u{1b}Xsos\u{1b}\\z", "xyz"),
            ("\u{90}+q\u{9c}x\u{98}y\u{9c}z\u{9e}a\u{9c}b\u{9f}c\u{9c}d", "xzbd"),
            ("\u{1b}]52;c;never\nx\u{1b}P never\ny\u{1b}[1;\nz", "\nx\ny\nz"),
            ("\u{1b}]0;a\u{18}x\u{1b}P\u{1a}y", "xy"),
            ("\u{1b}[\u{1b}[31mx", "x"),
            ("\u{1b}[31\u{1b}]0;t\u{7}x", "x"),
            ("п\u{1b}[31mр", "пр"),
            ("\u{1b}", ""),
            ("\u{1b}cx\u{1b}#8y\u{1b}%Gz", "xyz"),
            ("a\u{202e}b\u{2066}c\u{2069}d\u{200f}e\u{61c}f", "abcdef"),
            ("a\u{200b}b\u{2060}c\u{feff}d\u{ad}e\u{e0041}f\u{2028}g", "abcdefg"),
            ("a\u{200d}b \u{200d}c", "ab c"),
            (
                "👩\u{200d}👧 می\u{200c}خواهم e\u{301} ❤\u{fe0f}",
                "👩\u{200d}👧 می\u{200c}خواهم e\u{301} ❤\u{fe0f}",
            ),
        ] {
            assert_eq!(clean(hostile), safe, "{hostile:?}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "\u{1b}",
                "[",
                "]",
                "P",
                "_",
                "^",
                "X",
                "\\",
                "\u{7}",
                "\u{9c}",
                "\u{9b}",
                "\u{9d}",
                "\u{90}",
                "\n",
                "\r",
                "\t",
                "m",
                "31;",
                "\u{18}",
                "\u{200d}",
                "\u{202e}",
                "\u{e0041}",
                "👩",
                "я",
                " ",
            ])
            .prop_map(str::to_owned),
            ".{0,3}",
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_foreign_comes_through(text in hostile()) {
            let safe = clean(&text);
            let is_foreign = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_hidden(c);
            prop_assert!(!safe.contains(is_foreign), "{:?}", safe);
            prop_assert_eq!(clean(&safe), safe.clone());
            prop_assert!(!cell(&text).contains(char::is_control));
            prop_assert!(!escaped(&text).contains(|c: char| c != '\n' && c != '\t' && (c.is_control() || is_hidden(c) || is_joiner(c))));
        }

        #[test]
        fn a_new_line_is_always_shown(text in hostile(), next in "[ -~а-я]{0,20}") {
            let shown = clean(&format!("{text}\n{next}"));
            prop_assert!(shown.ends_with(&next), "{shown:?}");
        }

        #[test]
        fn pieces_make_the_whole(text in hostile(), at in any::<prop::sample::Index>()) {
            let characters: Vec<char> = text.chars().collect();
            let (first, second) = characters.split_at(at.index(characters.len() + 1));
            let mut pieces = Sanitizer::default();
            let joined = [first, second].map(|piece| pieces.push(&piece.iter().collect::<String>())).concat();
            prop_assert_eq!(joined, clean(&text));
        }
    }

    #[test]
    fn borders_of_pieces_change_nothing() {
        let hostile = "a\u{1b}[38;5;196mred\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\ б\u{9b}1mв";
        let mut pieces = Sanitizer::default();
        let joined: String = hostile.chars().map(|c| pieces.push(&c.to_string())).collect();
        assert_eq!(joined, clean(hostile));
    }
}
