//! A terminal's input, taken apart as a terminal does it (ECMA-48, and xterm's strings), and the closed list of what
//! Plyrum itself says to one.

/// A part of what a terminal is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// A character that is shown.
    Text(char),
    /// A control character: C0, DEL, C1.
    Control(char),
    /// `ESC [ …`. `prefix` and `middle` are NUL and empty where there are none.
    Csi { prefix: char, parameters: String, middle: String, end: char },
    /// A string: its introducer (`]`, `P`, `X`, `^`, `_`) and what it holds.
    String { kind: char, text: String },
    /// Any other escape sequence.
    Escape(String),
    /// Bytes that are no text.
    NoText(Vec<u8>),
}

/// Takes a stream apart.
pub(crate) fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let mut found = Vec::new();
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid().chars().peekable();
        while let Some(c) = rest.next() {
            found.push(match c {
                '\u{1b}' => escape(&mut rest),
                c if c.is_control() => Sequence::Control(c),
                c => Sequence::Text(c),
            });
        }
        if !chunk.invalid().is_empty() {
            found.push(Sequence::NoText(chunk.invalid().to_vec()));
        }
    }
    found
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(rest: &mut Rest<'_>) -> Sequence {
    match rest.next() {
        Some('[') => csi(rest),
        Some(kind @ (']' | 'P' | 'X' | '^' | '_')) => string(kind, rest),
        Some(c) => {
            let mut text = String::from(c);
            if (' '..='/').contains(&c) {
                text.extend(rest.next());
            }
            Sequence::Escape(text)
        }
        None => Sequence::Escape(String::new()),
    }
}

fn csi(rest: &mut Rest<'_>) -> Sequence {
    let prefix = rest.next_if(|c| ('<'..='?').contains(c)).unwrap_or('\0');
    let parameters = taken(rest, |c| ('0'..=';').contains(&c));
    let middle = taken(rest, |c| (' '..='/').contains(&c));
    let end = rest.next().unwrap_or('\0');
    Sequence::Csi { prefix, parameters, middle, end }
}

fn taken(rest: &mut Rest<'_>, fits: impl Fn(char) -> bool) -> String {
    std::iter::from_fn(|| rest.next_if(|c| fits(*c))).collect()
}

fn string(kind: char, rest: &mut Rest<'_>) -> Sequence {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '\u{7}' | '\u{9c}' => break,
            '\u{1b}' if rest.peek() == Some(&'\\') => {
                let _backslash = rest.next();
                break;
            }
            c => text.push(c),
        }
    }
    Sequence::String { kind, text }
}

/// The modes of `CSI ? n h` that the screen uses: cursor, alternate screen, bracketed paste, focus, one picture at a
/// time, mouse.
const MODES: [&str; 10] = ["25", "1049", "2004", "1004", "2026", "1000", "1002", "1003", "1006", "1015"];

/// Whether the screen itself says this. Strings (a notice, the clipboard) are not in it: who asks for one, allows it.
pub(crate) fn is_ours(sequence: &Sequence) -> bool {
    let Sequence::Csi { prefix, parameters, middle, end } = sequence else {
        return match sequence {
            // Nothing that turns or hides text, and nothing that is shown by nobody.
            Sequence::Text(c) => !is_deceiving(*c),
            Sequence::Control(c) => matches!(c, '\r' | '\n'),
            _ => false,
        };
    };
    middle.is_empty()
        && match (*prefix, *end) {
            ('\0', 'H') => parameters.split(';').count() == 2 && numbers(parameters).is_some(),
            ('\0', 'm') => numbers(parameters).is_some_and(|numbers| is_colour(&numbers)),
            ('\0', 'J') => parameters == "2",
            ('?', 'h' | 'l') => MODES.contains(&parameters.as_str()),
            ('>' | '<', 'u') => parameters == "1",
            _ => false,
        }
}

/// What in a stream the screen would not say by itself.
pub(crate) fn foreign(bytes: &[u8]) -> Vec<Sequence> {
    sequences(bytes).into_iter().filter(|sequence| !is_ours(sequence)).collect()
}

fn numbers(parameters: &str) -> Option<Vec<u16>> {
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse().ok() };
    parameters.split(';').map(number).collect()
}

/// Reset, emphasis, and the sixteen colours, also as their numbers among 256.
fn is_colour(numbers: &[u16]) -> bool {
    match numbers {
        [38 | 48, 5, colour, rest @ ..] => *colour < 16 && is_colour(rest),
        [0..=4 | 7 | 9 | 22..=24 | 27 | 29..=37 | 39..=47 | 49 | 59 | 90..=97 | 100..=107, rest @ ..] => is_colour(rest),
        rest => rest.is_empty(),
    }
}

/// Bidirectional controls, invisible characters, tags, separators of lines.
fn is_deceiving(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
