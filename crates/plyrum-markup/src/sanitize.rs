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
    use super::*;

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
    fn borders_of_pieces_change_nothing() {
        let hostile = "a\u{1b}[38;5;196mred\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\ б\u{9b}1mв";
        let mut pieces = Sanitizer::default();
        let joined: String = hostile.chars().map(|c| pieces.push(&c.to_string())).collect();
        assert_eq!(joined, clean(hostile));
    }
}
