//! A key with what is held beside it, in one spelling: terminals report the same key in several ways.

use super::layout;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;

/// Named keys; the first name of a key is the one that is shown.
const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
];

const HELD: [(&str, KeyModifiers); 3] =
    [("ctrl", KeyModifiers::CONTROL), ("alt", KeyModifiers::ALT), ("shift", KeyModifiers::SHIFT)];

/// Keys from f1 to this one have names.
const LAST_FUNCTION_KEY: u8 = 24;

/// The character that a key types; none where it is let go, or where ctrl or alt makes it a chord.
#[must_use]
pub fn typed(key: &KeyEvent) -> Option<char> {
    let KeyCode::Char(c) = key.code else { return None };
    Chord::pressed(key).filter(|chord| chord.is_text()).map(|_| c)
}

/// A key and what is held with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Chord {
    code: KeyCode,
    held: KeyModifiers,
}

impl Chord {
    /// The chord of a key that goes down or is held; none for a key that is let go, and with keys that no binding knows.
    #[must_use]
    pub fn pressed(key: &KeyEvent) -> Option<Self> {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let is_known = key.kind != KeyEventKind::Release && known.contains(key.modifiers);
        is_known.then(|| Self::new(key.code, key.modifiers))
    }

    /// From its text: `ctrl+shift+p`, `alt+enter`, `G`, `?`, `é`, `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut held = KeyModifiers::NONE;
        while let Some((name, after)) = rest.split_once('+').filter(|(_, after)| !after.is_empty()) {
            let (_, modifier) = HELD.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            held |= *modifier;
            rest = after;
        }
        let code = named(rest).or_else(|| function_key(rest)).or_else(|| character(rest, held))?;
        Some(Self::new(code, held))
    }

    fn new(code: KeyCode, held: KeyModifiers) -> Self {
        let (code, held) = match code {
            KeyCode::BackTab => (KeyCode::Tab, held | KeyModifiers::SHIFT),
            // One byte stands for the three on most terminals.
            KeyCode::Char('/' | '7') if held.contains(KeyModifiers::CONTROL) => (KeyCode::Char('_'), held),
            code => (code, held),
        };
        match code {
            KeyCode::Char(c) => Self::of_char(c, held),
            code => Self { code, held },
        }
    }

    /// Of a letter, its case is the shift key; of another character, the character itself says it.
    fn of_char(c: char, held: KeyModifiers) -> Self {
        let small = lower(c);
        if small != c {
            return Self { code: KeyCode::Char(small), held: held | KeyModifiers::SHIFT };
        }
        let held = if is_letter(c) { held } else { held.difference(KeyModifiers::SHIFT) };
        Self { code: KeyCode::Char(c), held }
    }

    /// The chord that the same keys make on a Latin layout; none where it is the same.
    #[must_use]
    pub fn on_latin_layout(self) -> Option<Self> {
        let KeyCode::Char(c) = self.code else { return None };
        let latin = layout::latin(c, self.held.contains(KeyModifiers::SHIFT))?;
        Some(Self::new(KeyCode::Char(latin), self.held))
    }

    /// Whether it cannot be typed text.
    #[must_use]
    pub fn has_control_or_alt(self) -> bool {
        self.held.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    }

    /// Whether pressing it where text is written writes text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.has_control_or_alt()
    }

    /// Whether its key types a letter, of whatever alphabet.
    #[must_use]
    pub fn is_of_letter(self) -> bool {
        matches!(self.code, KeyCode::Char(c) if c.is_alphabetic())
    }

    /// The names of keys that have one.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    pub(super) const fn code(self) -> KeyCode {
        self.code
    }

    pub(super) fn is_plain(self) -> bool {
        self.held.is_empty()
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (KeyCode::Char(c), KeyModifiers::SHIFT) = (self.code, self.held) {
            return write!(f, "{}", c.to_uppercase());
        }
        for (name, modifier) in HELD {
            if self.held.contains(modifier) {
                write!(f, "{name}+")?;
            }
        }
        match self.code {
            KeyCode::F(number) => write!(f, "f{number}"),
            code => match (NAMED.iter().find(|(_, known)| *known == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(c)) => write!(f, "{c}"),
                (None, code) => write!(f, "{code}"),
            },
        }
    }
}

fn named(text: &str) -> Option<KeyCode> {
    NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, code)| *code)
}

fn function_key(text: &str) -> Option<KeyCode> {
    let number: u8 = text.strip_prefix(['f', 'F'])?.parse().ok()?;
    (1..=LAST_FUNCTION_KEY).contains(&number).then_some(KeyCode::F(number))
}

/// With ctrl, a capital is the same key: no terminal tells them apart unless shift is named.
fn character(text: &str, held: KeyModifiers) -> Option<KeyCode> {
    let mut characters = text.chars();
    let c = characters.next().filter(|c| !c.is_control() && !c.is_whitespace())?;
    let c = if held.contains(KeyModifiers::CONTROL) { lower(c) } else { c };
    characters.next().is_none().then_some(KeyCode::Char(c))
}

/// The small letter, where it is one character too.
fn lower(c: char) -> char {
    let mut small = c.to_lowercase();
    small.next().filter(|_| small.next().is_none()).unwrap_or(c)
}

fn is_letter(c: char) -> bool {
    c.to_uppercase().ne([c])
}
